"""A lecture whose idea is broken on purpose must turn red."""

import re
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from tools.execute import threads_each
from tools.project import StepError, lectures
from tools.variants import SABOTAGES, run_copy, sabotaged

TRAINING = [path for path in lectures() if "optimizer" in path.read_text()]


@pytest.mark.parametrize("path", TRAINING, ids=[path.stem for path in TRAINING])
def test_a_broken_idea_turns_the_lecture_red(path):
    lecture = nbformat.read(path, as_version=4)

    def outcome(name):
        try:
            run_copy(sabotaged(lecture, SABOTAGES[name]), path.stem, threads=threads_each(len(SABOTAGES)))
        except StepError as error:
            return str(error)
        return "it stayed green"

    with ThreadPoolExecutor(len(SABOTAGES)) as pool:
        outcomes = dict(zip(SABOTAGES, pool.map(outcome, SABOTAGES), strict=True))
    for name, words in outcomes.items():
        print(f"{name}: {words.splitlines()[0]}")
        assert re.search(f"{path.stem} failed in cell .* with AssertionError", words), f"{name}: {words}"
