"""A test that hangs must end the run, be named and say where it stood; CI would wait for it until its own end."""

import os
import subprocess
import sys

import pytest

from tools.project import ROOT

HANGS = "import time\n\ndef test_that_waits():\n    time.sleep(60)\n"


@pytest.mark.slow
def test_a_test_that_hangs_ends_the_run_and_is_named(tmp_path):
    (tmp_path / "test_hanging.py").write_text(HANGS, encoding="utf-8")
    code = "import sys; from tools.test import run_pytest; sys.exit(run_pytest(sys.argv[1:])[0])"
    options = ["-c", ROOT / "pyproject.toml", "-o", "faulthandler_timeout=2", tmp_path]
    environment = {**os.environ, "DLIA_STORE": str(tmp_path / "store")}
    run = subprocess.run(
        [sys.executable, "-c", code, *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
    )
    assert run.returncode == 1, run.stdout
    assert "test_hanging.py::test_that_waits" in run.stdout
    assert 'test_hanging.py", line 4 in test_that_waits' in run.stdout
    assert "1 failed" in run.stdout
