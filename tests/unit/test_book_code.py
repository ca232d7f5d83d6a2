"""The Python that the pages without a kernel show runs as it stands."""

import re

import pytest

from tools.project import ROOT

BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted((ROOT / "book").glob("*.md"))
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), flags=re.M | re.S))
]


def test_there_are_some():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_python_runs(block):
    exec(compile(block, "a block of a page", "exec"), {})


# MathJax fetches the extension of such a command when it meets one; the site has none of them, and then no formula of
# the page is set.
FETCHED = re.compile(
    r"\\\\?(?:boldsymbol|[bx]?cancel|cancelto|color|textcolor|f?colorbox|bbox|enclose|unicode|href|class|cssId|style"
    r"|verb|mathtip|texttip|toggle|bra|ket|braket|set|Bra|Ket|Braket|ce|pu|newenvironment)(?![A-Za-z])"
)


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted((ROOT / "book").glob("*.md"))],
    ids=lambda path: path.stem,
)
def test_mathematics_needs_no_extension(path):
    assert FETCHED.findall(path.read_text("utf-8")) == []
