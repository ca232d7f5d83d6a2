"""The pages as chapters for paper: nothing that the pages show is lost, and every link inside the book has a place."""

import re

import pytest
from lxml import html

from tools.chapters import bind, contents, read_chapter, smaller, table_of_contents
from tools.formulas import as_mathml, typeset
from tools.project import SITE, StepError, address_of, lectures

LECTURES = [f"notebooks/{path.stem}" for path in lectures()]


@pytest.fixture(scope="module")
def book():
    chapters = [read_chapter(name, part) for part, name in table_of_contents()]
    bind(chapters)
    return {chapter.name: chapter for chapter in chapters}


def page_of(name):
    """Return the article of a page of the site, as it is."""
    [article] = html.parse(SITE / f"{name}.html").getroot().find_class("bd-article")
    return article


def test_the_book_has_every_lecture_in_its_order(book):
    assert [name for name in book if name.startswith("notebooks/")] == LECTURES


@pytest.mark.parametrize("name", LECTURES)
def test_every_picture_of_a_lecture_is_there_with_its_alternative(book, name):
    shown = [(img.get("src"), img.get("alt")) for img in book[name].body.iter("img")]
    dark = "//img[not(contains(@class, 'only-dark'))]"
    there = [(img.get("src").removeprefix("../"), img.get("alt")) for img in page_of(name).xpath(f".{dark}")]
    assert shown
    assert sorted(shown) == sorted(there)
    assert all(alt for _, alt in shown)


@pytest.mark.parametrize("name", LECTURES)
def test_solutions_and_answers_come_last_and_none_is_lost(book, name):
    body, page = book[name].body, page_of(name)
    sections = [section.find("h2").text_content() for section in body.xpath("section/section[h2]")]
    assert sections[-2:] == ["Solutions", "Answers to the questions"]
    solutions = body.xpath("section/section[h2='Solutions']")[0].text_content()
    for solution in page.find_class("tag_solution"):
        for code in solution.iter("pre"):
            assert code.text_content() in solutions
            assert body.text_content().count(code.text_content()) >= 1
    assert not body.find_class("tag_solution")
    answers = body.xpath("section/section[h2='Answers to the questions']")[0].text_content()
    reasons = page.xpath(".//details[@class='quiz-option']/p")
    assert reasons
    assert all(reason.text_content() in answers for reason in reasons)
    assert answers.count("Right.") >= len(page.find_class("quiz"))


def test_each_solution_has_the_name_of_its_exercise_and_they_lead_to_each_other(book):
    body = book["notebooks/16_recurrent_networks"].body
    solutions = body.xpath("section/section[h2='Solutions']/section")
    exercises = [body.xpath(f"//section[@id='{one.get('id').removesuffix('--solution')}']")[0] for one in solutions]
    assert [one.find("h3").text_content() for one in solutions] == [one.find("h3").text_content() for one in exercises]
    for solution, exercise in zip(solutions, exercises, strict=True):
        assert solution.xpath(f".//a[@href='#{exercise.get('id')}']")
        assert exercise.xpath(f".//a[@href='#{solution.get('id')}']")


def test_links_inside_the_book_have_their_place_and_all_others_are_addresses(book):
    ids = [
        element.get("id") for chapter in book.values() for element in chapter.body.xpath("descendant-or-self::*[@id]")
    ]
    assert len(ids) == len(set(ids))
    links = [link.get("href") for chapter in book.values() for link in chapter.body.iter("a")]
    inside = {link[1:] for link in links if link.startswith("#")}
    assert len(inside) > 500
    assert inside <= set(ids)
    assert all(re.match("https?://|mailto:", link) for link in links if link[0] != "#")
    pages = tuple(address_of(f"{name}.html") for name in book)
    assert all("#demo-" in link or "#explore-" in link for link in links if link.startswith(pages))


def test_a_demo_says_where_it_lives(book):
    for name in LECTURES:
        page = page_of(name)
        lives = [f"{address_of(name)}.html#{demo.get('id')}" for demo in page.xpath(".//*[@data-demo]")]
        told = [figure.xpath("string(figcaption//a/@href)") for figure in book[name].body.find_class("alive")]
        assert set(lives) <= set(told)


def test_code_that_draws_is_left_out_and_other_code_is_not(book):
    for name in LECTURES:
        shown = "\n".join(pre.text_content() for pre in book[name].body.iter("pre"))
        for cell in page_of(name).find_class("cell"):
            [code] = cell.xpath(".//div[contains(@class, 'cell_input')]//pre[1]")[:1] or [None]
            drawn = "tag_hide-input" in cell.get("class")
            if code is not None and not cell.find_class("quiz"):
                assert (code.text_content() in shown) != drawn


def test_nothing_is_left_that_needs_a_screen(book):
    for chapter in book.values():
        assert not chapter.body.xpath(".//script | .//button | .//input | .//select | .//details | .//fieldset")


def test_the_contents_list_every_chapter_and_the_sections_of_lectures(book):
    listed = contents(list(book.values()))
    links = {link.get("href"): link.text_content() for link in listed.iter("a")}
    assert [links[f"#{chapter.key}"] for chapter in book.values()] == [chapter.title for chapter in book.values()]
    assert links["#notebooks-16_recurrent_networks--solutions"] == "Solutions"
    assert [caption.text for caption in listed.find_class("part")][1].startswith("Part I.")


def test_a_page_that_is_not_built_is_named():
    with pytest.raises(StepError, match=r"no page book/nowhere\.html; build it with: make book"):
        read_chapter("book/nowhere")


def test_a_formula_that_mathjax_does_not_know_is_named():
    body = html.fromstring(r'<div><span class="math">\(x + \nosuchthing\)</span></div>')
    with pytest.raises(StepError, match=r"x \+ \\nosuchthing"):
        typeset([body], as_mathml)


def test_a_formula_becomes_mathml_with_its_tex():
    body = html.fromstring(r'<div><span class="math">\(\frac{a}{2}\)</span><div class="math">\[b^2\]</div></div>')
    typeset([body], as_mathml)
    inline, display = body.xpath(".//*[local-name()='math']")
    assert (inline.get("alttext"), display.get("alttext")) == (r"\frac{a}{2}", "b^2")
    assert (inline.get("display"), display.get("display")) == (None, "block")
    assert ["".join(one.itertext()).split() for one in (inline, display)] == [["a", "2"], ["b", "2"]]


def test_a_picture_is_never_larger_than_it_was():
    pictures = sorted((SITE / "_images").glob("*.png"))
    assert pictures
    kinds = set()
    for path in pictures[:40]:
        content, kind = smaller(path)
        assert len(content) <= path.stat().st_size
        assert content.startswith({"png": b"\x89PNG", "jpeg": b"\xff\xd8"}[kind])
        kinds.add(kind)
    assert kinds == {"png", "jpeg"}
