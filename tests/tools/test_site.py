"""A build that changes little takes little: nothing imports what takes seconds and is not needed."""

import sys
from subprocess import run

import pytest

from tools.project import ROOT

STEPS = {
    "site": "import tools.site",
    "decks": "import tools.slides",
    "names": "from book._ext.utils_links import documented_name; documented_name('utils.training.fit')",
    "demos": "from book._ext.live_pages import _write_modules; _write_modules(folder)",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_does_without_what_takes_seconds(step, tmp_path):
    start = "import pathlib, sys, tools; folder = pathlib.Path(sys.argv[1])"
    code = f"{start}; {STEPS[step]}; print(*(name for name, module in sys.modules.items() if module))"
    imported = run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert not {"torch", "matplotlib", "lark"} & set(imported.stdout.split())
