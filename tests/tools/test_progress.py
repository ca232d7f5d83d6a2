"""What is said while the tests run, and how they are shared among the cores."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools.progress import NEVER_S, UNKNOWN_S, Progress, expected, read_durations
from tools.project import ROOT
from tools.sharing import ALONE, group_of

SABOTAGE = "tests/notebooks/test_sabotage.py::test_a[08]"


@pytest.fixture
def durations(tmp_path, monkeypatch):
    """The file of kept durations: of two tests, seconds."""
    monkeypatch.setenv("DLIA_STORE", str(tmp_path))
    file = tmp_path / ".durations.json"
    file.write_text(json.dumps({"a.py::one": 30, "a.py::two": 10}))
    return file


def test_expected_seconds_come_from_the_last_run_or_from_the_kind_of_test(durations):
    known = read_durations()
    assert expected("a.py::one", known) == 30
    assert expected("a.py::new", known) == UNKNOWN_S
    assert expected(SABOTAGE, known) == NEVER_S


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a": "b"}', "{"])
def test_a_damaged_file_of_durations_is_as_none(durations, text):
    durations.write_text(text)
    assert read_durations() == {}


def test_the_sentence_says_what_runs_how_far_it_is_and_what_is_left(durations):
    progress = Progress()
    assert progress.sentence(0) == "test: 0 of 0 done, 0.0 min, about 0.0 min left"
    progress.begin(["a.py::one", "a.py::two"])
    assert progress.sentence(20) == "test: 0 of 2 done, 0.3 min, just begun"
    progress.started("a.py::one")
    progress.report("a.py::one", SimpleNamespace(duration=28, failed=True))
    progress.finished("a.py::one")
    progress.started("a.py::two")
    # 30 of 40 expected seconds are done after 60 seconds, so 20 more are left
    assert progress.sentence(60) == "test: 1 of 2 done, 1 failed, 1.0 min, about 0.3 min left; runs a.py::two"
    progress.over.set()
    progress.save()
    assert json.loads(durations.read_text()) == {"a.py::one": 28, "a.py::two": 10}


def test_tests_of_a_file_stay_together_but_for_those_that_share_nothing():
    assert group_of("tests/unit/networks/test_lenet.py::test_a[1]") == group_of(
        "tests/unit/networks/test_lenet.py::test_b"
    )
    assert group_of(SABOTAGE) == SABOTAGE
    for file in ALONE:
        assert (ROOT / file).is_file()
        assert 'scope="module"' not in (ROOT / file).read_text(encoding="utf-8"), f"the tests of {file} share something"


TESTS = """
import os, time
import pytest

def test_quick(subtests):
    with subtests.test("a part that holds"):
        pass

@pytest.mark.slow
@pytest.mark.parametrize("i", range(3))
def test_slow(i):
    open(os.environ["SEEN"], "a").write(os.environ["PYTEST_XDIST_WORKER"] + " ")
    assert i < 2
"""


@pytest.mark.slow
def test_a_run_tells_failures_at_once_keeps_files_together_and_leaves_slow_ones_out(tmp_path, monkeypatch):
    for name in ("test_x.py", "test_y.py"):
        (tmp_path / name).write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    monkeypatch.setenv("DLIA_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", "pytest", "-p", "tools.progress", "-p", "tools.sharing", "-n", "2"]
    command += ["--dist", "loadscope", "--no-loadscope-reorder", "--rootdir", tmp_path, tmp_path]
    all_ = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "test: FAILED test_x.py::test_slow[2] (call)" in all_.stdout.splitlines(), "no letter stands before it"
    assert "2 failed, 6 passed" in all_.stdout
    assert sorted((tmp_path / "seen").read_text().split()) == ["gw0"] * 3 + ["gw1"] * 3
    assert len(json.loads((tmp_path / "store/.durations.json").read_text())) == 8
    quick = subprocess.run([*command, "--quick"], capture_output=True, text=True, cwd=tmp_path)
    assert "2 passed" in quick.stdout
    assert quick.returncode == 0
