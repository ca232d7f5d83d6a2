"""A lecture whose idea is broken on purpose must turn red."""

import nbformat
import pytest

from tools.project import StepError, lectures
from tools.variants import SABOTAGES, run_copy, sabotaged

TRAINING = [path for path in lectures() if "optimizer" in path.read_text()]


@pytest.mark.parametrize("path", TRAINING, ids=[path.stem for path in TRAINING])
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_broken_idea_turns_the_lecture_red(path, name):
    broken = sabotaged(nbformat.read(path, as_version=4), SABOTAGES[name])
    with pytest.raises(StepError, match=f"{path.stem} failed in cell .* with AssertionError") as failure:
        run_copy(broken, path.stem)
    print(str(failure.value).splitlines()[0])
