"""The table of what each lecture costs."""

import re

import nbformat
import pytest

from tools import costs
from tools.costs import PAGE, Row, cpu_seconds_of_tests, page_of
from tools.project import StepError, lectures

WITHIN = Row("04_challenges", False, 39.6, 866, None, 10.4, 8)
OVER = Row("08_convolutional_networks", False, 41, 753, 21, 11, 9)
DEEP = Row("19_generative_adversarial_networks", True, 59, 1424, 30, 12, 9)


def test_the_page_tells_each_lecture_the_median_and_who_is_over_its_budget():
    page = page_of([WITHIN, OVER, DEEP], "two cores")
    assert "| 04 challenges | 40 | 866 MB | trains nothing | 10 | 8 |" in page
    assert "| 08 convolutional networks | 41 | 753 MB | 21 | 11 | 9 |" in page
    assert "| 19 generative adversarial networks (deep) | 59 |" in page
    assert "Made by `make bench` on two cores." in page
    assert "The median is 41 CPU seconds. Over their budget: 08_convolutional_networks (41 of 40)." in page
    assert "None is over its budget." in page_of([WITHIN, DEEP], "two cores")


def test_the_page_in_the_book_tells_every_lecture_that_is_no_draft():
    """`make bench` writes it; a lecture is added with its costs."""
    told = re.findall(r"^\| (\d\d) (.+?)(?: \(deep\))? \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    metadata = {path.stem: nbformat.read(path, as_version=4).metadata["dlia"] for path in lectures()}
    finished = [stem for stem, about in metadata.items() if not about.get("draft")]
    assert [f"{number}_{name.replace(' ', '_')}" for number, name in told] == finished


BUSY = """
import subprocess, sys, time
def test_x():
    code = "import time\\nwhile time.process_time() < 1: pass\\ntime.sleep(0.5)"
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    time.sleep(2)
"""


@pytest.mark.slow
def test_the_seconds_of_a_browser_that_nobody_waits_for_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(costs, "ROOT", tmp_path)
    (tmp_path / "test_busy.py").write_text(BUSY)
    assert 1 <= cpu_seconds_of_tests("test_busy.py", name="test_x") < 10
    (tmp_path / "test_busy.py").write_text("def test_x():\n    assert False")
    with pytest.raises(StepError, match="the tests of test_x in test_busy.py failed"):
        cpu_seconds_of_tests("test_busy.py", name="test_x")
