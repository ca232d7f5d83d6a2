"""Kept verdicts of the browser's tests: used as long as nothing that a test saw has changed, and no longer."""

import re
import subprocess
import sys

import pytest

from tools import verdicts
from tools.project import ROOT

pytestmark = pytest.mark.slow

PLUGIN = """
import os
from pathlib import Path
from tools import verdicts

verdicts.SITE = Path(os.environ["SMALL_BOOK"]) / "site"
verdicts.common_facts = lambda: os.environ.get("FACTS", "")
"""
CONFTEST = """
import threading

import pytest
from tools.verdicts import recording_server


@pytest.fixture(scope="session")
def site():
    http = recording_server()
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
"""
TESTS = """
import urllib.request


def get(address):
    return urllib.request.urlopen(address).read()


def test_one(site):
    assert get(f"{site}/a.html?v=1") != b"wrong"


def test_two(site):
    get(f"{site}/b.html")
"""
ALONE = """
import urllib.error
import urllib.request

import pytest


def test_what_is_missing(site):
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{site}/missing.html")


def test_without_the_site():
    pass
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the small book's tests; return how many passed, failed and were kept."""
    tests = {"conftest.py": CONFTEST, "test_small.py": TESTS, "test_pages.py": ALONE}
    files = {"site/a.html": "a", "site/b.html": "b", "small.py": PLUGIN}
    files |= {f"tests/site/{name}": text for name, text in tests.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("DLIA_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SMALL_BOOK", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    monkeypatch.setenv("FRESH", "0")
    monkeypatch.delenv("DLIA_BEGAN", raising=False)

    def run_(*arguments):
        command = [sys.executable, "-m", "pytest", "-p", "small", "-p", "tools.sharing", "-p", "tools.verdicts"]
        command += ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path, tmp_path / "tests", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        last = done.stdout.splitlines()[-1]
        return tuple(
            int((re.search(rf"(\d+) {word}", last) or [0, 0])[1]) for word in ("passed", "failed", "deselected")
        )

    return run_


def test_a_verdict_is_kept_while_nothing_that_was_seen_changes(run, tmp_path, monkeypatch):
    assert run() == (4, 0, 0)
    assert run() == (1, 0, 3), "what looks at more than the site's server always runs"
    (tmp_path / "site/unseen.html").touch()
    assert run() == (1, 0, 3)

    # the two tests of a group stand and fall together
    (tmp_path / "site/b.html").write_text("other")
    assert run() == (3, 0, 1)
    assert run() == (1, 0, 3)

    (tmp_path / "site/missing.html").touch()
    assert run() == (1, 1, 2)
    (tmp_path / "site/missing.html").unlink()
    assert run() == (1, 0, 3), "a verdict that failed is not kept, and the last good one still stands"

    monkeypatch.setenv("FACTS", "another browser")
    assert run() == (4, 0, 0)


def test_what_failed_runs_again_and_fresh_keeps_to_itself(run, tmp_path, monkeypatch):
    (tmp_path / "site/a.html").write_text("wrong")
    assert run() == (3, 1, 0)
    assert run() == (2, 1, 1)
    (tmp_path / "site/a.html").write_text("right")
    assert run() == (3, 0, 1)
    monkeypatch.setenv("FRESH", "1")
    assert run() == (4, 0, 0)


def test_workers_agree_about_what_is_kept(run):
    assert run("-n", "2", "--dist", "loadscope") == (4, 0, 0)
    assert run("-n", "2", "--dist", "loadscope")[0] == 1, "the two tests of a file ran in one worker, and were kept"


def test_the_package_that_a_test_compares_with_is_in_its_key(monkeypatch):
    monkeypatch.setattr(verdicts, "common_facts", str)
    name = "tests/site/test_photo_explainer.py"
    before = verdicts.key_of_group(name, [f"{name}::test_a"])
    true_digest = verdicts._digest
    changed = ROOT / "utils" / "networks" / "pretrained.py"
    monkeypatch.setattr(verdicts, "_digest", lambda file: "changed" if file == changed else true_digest(file))
    assert verdicts.key_of_group(name, [f"{name}::test_a"]) != before
    name = "tests/site/test_live.py"
    key = verdicts.key_of_group(name, [f"{name}::test_a"])
    monkeypatch.setattr(verdicts, "_digest", true_digest)
    assert verdicts.key_of_group(name, [f"{name}::test_a"]) == key, "it does not import that module"
