"""The PDF: of a small book, printed once, and of one lecture alone."""

import io
import re

import pytest
from pypdf import PdfReader

from tools.chapters import read_chapter
from tools.pdf import document_of_book, document_of_lecture, print_twice, printer
from tools.project import StepError, address_of

LECTURE = "notebooks/16_recurrent_networks"
PAGES = [("", "book/index"), ("Part III", LECTURE), ("Reference", "book/bibliography")]


@pytest.fixture(scope="module")
def print_(browser):
    with printer(browser) as made:
        yield made


@pytest.fixture(scope="module")
def book(print_):
    return PdfReader(io.BytesIO(print_(document_of_book(PAGES))))


@pytest.fixture(scope="module")
def words(book):
    return [" ".join(page.extract_text().split()) for page in book.pages]


def outline(reader, level=0):
    """Return the bookmarks of a level: title and page, from 1."""
    found, rest = [], [(0, reader.outline)]
    while rest:
        depth, entries = rest.pop(0)
        for entry in entries:
            if isinstance(entry, list):
                rest.append((depth + 1, entry))
            elif depth == level:
                found.append((entry.title, reader.get_destination_page_number(entry) + 1))
    return found


def tags(reader):
    """Return the structure that a screen reader sees: the kind and the text alternative of each element."""
    found, rest = [], [reader.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while rest:
        element = rest.pop().get_object()
        if isinstance(element, list):
            rest += element
        elif isinstance(element, dict) and "/S" in element:
            found.append((element["/S"], element.get("/Alt")))
            rest.append(element.get("/K", []))
    return found


def titles(names):
    return [read_chapter(name).title for name in names]


def test_it_has_a_title_a_language_and_tags(book):
    assert book.metadata.title == "Deep learning for image analysis"
    assert book.trailer["/Root"]["/Lang"].startswith("en")
    assert book.trailer["/Root"]["/MarkInfo"]["/Marked"]
    kinds = {kind for kind, _ in tags(book)}
    assert {"/Document", "/H1", "/H2", "/P", "/L", "/LI", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= kinds


def test_every_picture_and_formula_has_its_alternative(book):
    body = read_chapter(LECTURE).body
    alternatives = [alternative for kind, alternative in tags(book) if kind == "/Figure"]
    assert set(body.xpath(".//img/@alt")) <= set(alternatives)
    formulas = body.find_class("math")
    assert len(alternatives) >= len(formulas) + len(list(body.iter("img")))
    assert r"\mathbf h_t" in alternatives


def test_the_bookmarks_name_every_chapter_and_the_contents_tell_its_page(book, words):
    marked = outline(book)
    assert [title for title, _ in marked[2:]] == titles(name for _, name in PAGES)
    assert [title for title, _ in marked[:2]] == ["Deep learning for image analysis", "Contents"]
    for title, page in [*marked[2:], *outline(book, level=1)]:
        assert title in words[page - 1]
    listed = " ".join(words[1 : marked[2][1] - 1])
    for title, page in [*marked[2:], *(one for one in outline(book, level=1) if one[0] == "Solutions")]:
        assert f"{title} {page} " in f"{listed} "


def test_each_page_but_the_first_has_its_number_and_its_chapter(book, words):
    starts = outline(book)[2:]
    for number, text in enumerate(words, start=1):
        foot = [title for title, page in starts if page <= number][-1:]
        expected = str(number) + "".join(foot) if number > 1 else ""
        assert text.startswith(expected) or text.endswith(" ".join([*foot, str(number)])), text[:80]
    assert not words[0].endswith("1")


def test_solutions_come_after_the_last_section_of_their_lecture(book, words):
    sections = [title for title, _ in outline(book, level=1)]
    assert sections.index("Solutions") == sections.index("References") + 1
    pages = dict(outline(book, level=1))
    assert pages["References"] <= pages["Solutions"] < pages["Answers to the questions"]
    end = "".join(words[pages["Solutions"] - 1 :]).replace(" ", "")
    for code in read_chapter(LECTURE).body.xpath(
        ".//section[h2='Solutions']//div[contains(@class, 'cell_input')]//pre"
    ):
        first = code.text_content().strip().splitlines()[0]
        assert first.replace(" ", "") in end
    assert all(f"page {pages['Solutions']}" not in words[page] for page in range(2))


def test_no_tex_and_no_placeholder_is_left(words):
    text = " ".join(words)
    assert not re.search(r"\\[(\[]|\\(math|text|frac|left|begin)|@@|undefined", text)


def test_links_inside_lead_to_a_page_and_others_to_the_web(book):
    inside = outside = 0
    for page in book.pages:
        for link in page.get("/Annots", []):
            link = link.get_object()
            if "/A" in link and "/URI" in link["/A"]:
                assert re.match("https?://|mailto:", link["/A"]["/URI"])
                assert "127.0.0.1" not in link["/A"]["/URI"]
                outside += 1
            else:
                name = link.get("/Dest") or link["/A"]["/D"]
                assert str(name) in book.named_destinations
                inside += 1
    assert inside > 100
    assert outside > 100


def test_every_figure_of_the_lecture_is_printed(book):
    pages = dict(outline(book))
    first, after = pages["16 Recurrent networks"], pages["Bibliography"]
    drawn = [
        image for page in book.pages[first - 1 : after - 1] for image in page["/Resources"].get("/XObject", {}).values()
    ]
    pictures = {image.idnum for image in drawn if image.get_object()["/Subtype"] == "/Image"} if drawn else set()
    assert len(pictures) >= len(set(read_chapter(LECTURE).body.xpath(".//img/@src")))


def test_a_lecture_alone_leads_to_the_web_for_the_rest(print_):
    alone = PdfReader(io.BytesIO(print_(document_of_lecture("16_recurrent_networks"))))
    assert outline(alone)[0] == ("16 Recurrent networks", 1)
    assert alone.metadata.title == "16 Recurrent networks – Deep learning for image analysis"
    links = [link.get_object() for page in alone.pages for link in page.get("/Annots", [])]
    addresses = {link["/A"]["/URI"] for link in links if "/A" in link and "/URI" in link["/A"]}
    assert any(address.startswith(address_of("book/bibliography.html#")) for address in addresses)
    assert address_of("notebooks/16_recurrent_networks.html") in addresses


def test_what_does_not_come_is_named(browser, site):
    with pytest.raises(StepError, match=r"_images/lost\.png"):
        print_twice(browser.new_context(), f"{site}/paper.html", '<img src="_images/lost.png">')


def test_printing_asks_no_other_host(browser, site):
    asked, context = [], browser.new_context()
    context.on("request", lambda request: asked.append(request.url))
    print_twice(context, f"{site}/paper.html", document_of_lecture("16_recurrent_networks"))
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
