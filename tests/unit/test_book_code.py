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
