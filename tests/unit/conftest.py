"""What the unit tests share: running the demos' JavaScript in Node."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.project import ROOT


@pytest.fixture(scope="session")
def node():
    """The path of Node, the system's or the one that pip installed beside Python."""
    return shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent)) or "node"


@pytest.fixture
def run_node(tmp_path, node):
    """Run a script beside the demos' modules; return what it prints, read as JSON."""

    def run(script, **given):
        shutil.copytree(ROOT / "book" / "live", tmp_path, dirs_exist_ok=True)
        (tmp_path / "package.json").write_text('{"type": "module"}')
        (tmp_path / "given.json").write_text(json.dumps(given))
        start = (
            'import { readFileSync } from "node:fs";\nconst given = JSON.parse(readFileSync("given.json", "utf8"));\n'
        )
        (tmp_path / "run.js").write_text(start + script)
        done = subprocess.run([node, "run.js"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
