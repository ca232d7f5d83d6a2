"""The notebooks that the rocket opens: the same code, and the text as it reads on the page."""

import re
from html import unescape
from itertools import pairwise

import nbformat
import pytest
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser

from tools.launch import LAUNCH
from tools.plain import plain_markdown
from tools.project import ROOT, SITE, StepError, address_of, lectures
from tools.student import student_copy

LECTURES = lectures()
each = pytest.mark.parametrize("path", LECTURES, ids=[path.stem for path in LECTURES])
EXTENSIONS = {"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"}
OF_MYST = {"myst_role", "colon_fence", "myst_target", "myst_line_comment", "myst_block_break", "substitution_inline"}


@pytest.fixture(scope="module")
def parser():
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), DocutilsRenderer)


def copy_of(path):
    return nbformat.read(LAUNCH / "notebooks" / path.name, as_version=4)


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


@each
def test_a_copy_has_the_lectures_code_and_installs_its_own_revision(path):
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    copied = [cell for cell in copy_of(path).cells if cell.cell_type == "code"]
    assert [cell.id for cell in copied] == [cell.id for cell in code]
    changed = [(old.source, new.source) for old, new in zip(code, copied, strict=True) if old.source != new.source]
    [(old, new)] = changed
    assert re.sub(r"(git\+https://\S+)@[0-9a-f]{40}$", r"\1", new, flags=re.MULTILINE) == old
    assert not any(cell.outputs or cell.execution_count for cell in copied)


@each
def test_no_role_and_no_directive_is_left(path, parser):
    for text in prose(copy_of(path)):
        tokens = list(parser.parse(text))
        tokens += [child for token in tokens for child in token.children or ()]
        assert not [token.content for token in tokens if token.type in OF_MYST], text
        assert not [token.info for token in tokens if token.type == "fence" and token.info.startswith("{")]


def visible(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


@each
def test_figures_have_the_numbers_and_captions_of_the_page(path):
    page = (SITE / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
    shown = re.findall(r'class="caption-number">(Figure [\d.]+) ', page)
    copied = [re.match(r"\*\*(Figure [\d.]+)\.\*\* .", text) for text in prose(copy_of(path))]
    assert [match[1] for match in copied if match] == shown != []
    cells = copy_of(path).cells
    for cell, below in pairwise(cells):
        if below.id.endswith("-caption"):
            assert below.id == f"{cell.id}-caption"
            assert cell.cell_type == "code"


@each
def test_each_number_from_the_run_is_marked_and_is_the_pages(path):
    page = visible((SITE / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8"))
    roles = sum(text.count("{glue:text}") for text in prose(nbformat.read(path, as_version=4)))
    captions = [
        cell.metadata.mystnb.figure.caption
        for cell in nbformat.read(path, as_version=4).cells
        if "figure" in cell.metadata.get("mystnb", {})
    ]
    roles += sum(text.count("{glue:text}") for text in captions)
    copied = "\n".join(prose(copy_of(path)))
    numbers = re.findall(r"<ins>(.*?)</ins>", copied)
    assert len(numbers) == roles + 1  # and the word that says what the mark means
    assert all(number in page for number in numbers[1:])


@each
def test_citations_have_authors_a_year_and_an_address(path):
    text = "\n".join(prose(copy_of(path)))
    cited = re.findall(r"\[([^\]]+?),? \(?(\d{4})\)?\]\((https?://[^)\s]+)\)", text)
    assert len(cited) >= 5
    assert not re.search(r"[{}\\]", "".join(authors for authors, _, _ in cited))
    assert sum("doi.org" in address for _, _, address in cited) > len(cited) / 2


@each
def test_links_into_the_site_lead_to_pages_that_are_there(path):
    site = re.escape(address_of(""))
    links = re.findall(rf"\({site}([^)#]*)(?:#([^)]*))?\)", "\n".join(prose(copy_of(path))))
    assert links
    for page, anchor in links:
        html = (SITE / page).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in html


def test_the_folder_has_what_binder_needs():
    for name in ("binder/postBuild", "binder/requirements.txt", "pyproject.toml", "setup.py", "constraints.txt"):
        assert (LAUNCH / name).read_bytes() == (ROOT / name).read_bytes()
    assert (LAUNCH / "binder/postBuild").stat().st_mode & 0o100
    assert (LAUNCH / "utils/assets/sets/fashion_mnist_train.npz").is_file()
    assert not list(LAUNCH.rglob("__pycache__"))


@each
def test_the_site_offers_the_copy_for_download(path):
    assert (SITE / "_sources/notebooks" / path.name).read_bytes() == (LAUNCH / "notebooks" / path.name).read_bytes()


def test_a_students_copy_has_no_captions_of_figures_that_only_solutions_draw():
    for path in LECTURES:
        cells = student_copy(copy_of(path)).cells
        drawn = {cell.id for cell in cells}
        assert all(cell.id.removesuffix("-caption") in drawn for cell in cells if cell.id.endswith("-caption"))


def test_what_nobody_decided_about_is_an_error():
    with pytest.raises(StepError, match=r"the role \{doc\}"):
        plain_markdown("See {doc}`intro`.", roles={"glue:text": None}, directives={})
    with pytest.raises(StepError, match=r"the directive \{note\}"):
        plain_markdown(":::{note}\nWords\n:::", roles={}, directives={})


def test_code_and_formulas_are_left_alone():
    text = "`` {role}`a` `` and ``{x}`` and $\\frac{a}{b}`$\n\n```python\nx = {a}`b`\n```"
    assert plain_markdown(text, roles={}, directives={}) == text
    roles = {"r": lambda content, before: content.upper() + str(len(before))}
    assert plain_markdown("`{r}` {r}`a` {r}`a`", roles=roles, directives={}) == "`{r}` A6 A9"
