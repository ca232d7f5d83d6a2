"""A lecture whose idea is broken on purpose must turn red."""

import nbformat
import pytest

from tools.project import lectures
from tools.variants import SABOTAGES, run_variant, sabotaged, trains

TRAINING = [path for path in lectures() if trains(path)]


@pytest.mark.slow
@pytest.mark.parametrize("name", SABOTAGES)
@pytest.mark.parametrize("path", TRAINING, ids=[path.stem for path in TRAINING])
def test_a_broken_idea_turns_the_lecture_red(path, name):
    lecture = nbformat.read(path, as_version=4)
    outcome = run_variant(path, name, sabotaged(lecture, SABOTAGES[name]), expected="falls")
    print(f"{path.stem}, {name}: {outcome['cpu_seconds']:.0f} CPU s, {outcome['words'].splitlines()[0]}")
    assert outcome["outcome"] == "falls", outcome["words"]
