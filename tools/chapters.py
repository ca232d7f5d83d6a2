"""The pages of the built site as chapters of a book on paper or in a reader, where nothing can be clicked.

Code that only draws is left out. A demo is its picture, with the address where it lives; an explored figure is one of
its pictures. Solutions, and the answers to the questions, stand at the end of their chapter.
"""

import copy
import io
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import urldefrag

import yaml
from lxml import html
from lxml.html.builder import E
from PIL import Image

from tools.project import ROOT, SITE, StepError, address_of, settings

LEFT_OUT = ("headerlink", "hero-actions", "only-dark", "explore-controls", "explore-status")
PLAIN_WORDS = (None, "n", "nn", "o", "p", "w")  # words of code that need no colour, and so no element each
OF_THE_SCREEN = ("loading", "tabindex", "title", "data-state", "role", "aria-label")
LECTURE = re.compile(r"notebooks/(\d+)_")


@dataclass
class Chapter:
    """A page of the book: its name such as ``"book/data"``, the caption of its part, its title, its HTML."""

    name: str
    part: str
    title: str
    body: html.HtmlElement

    @property
    def key(self):
        """Its id in the book; all ids in it begin so."""
        return key_of(self.name)


def key_of(name):
    return name.replace("/", "-")


def table_of_contents():
    """Return the pages of the book in order: the caption of the part and the name of each."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [("", contents["root"])]
    for part in contents["parts"]:
        for chapter in part["chapters"]:
            names = [chapter["file"], *(section["file"] for section in chapter.get("sections", []))]
            pages += [(part["caption"], name) for name in names]
    return pages


def read_chapter(name, part="", *, site=SITE):
    """Return a page of the site as a chapter.

    Its pictures are named by their paths in the site, and each link is an address on the web until `bind` has seen it.

    Parameters
    ----------
    name : str
        Such as ``"notebooks/08_convolutional_networks"``.
    part : str
    site : Path

    Returns
    -------
    Chapter

    Raises
    ------
    StepError
        If the site has no such page.
    """
    path = site / f"{name}.html"
    if not path.is_file():
        raise StepError(f"the site has no page {name}.html; build it with: make book")
    [body] = html.fromstring(path.read_text(encoding="utf-8")).find_class("bd-article")
    body.make_links_absolute(address_of(f"{name}.html"))
    leave_out(body)
    for demo in body.find_class("live-demo"):
        show_demo(demo, address_of(f"{name}.html"))
    for explored in body.find_class("explore"):
        show_frame(explored, address_of(f"{name}.html"))
    name_parts(body, key_of(name))
    move_to_end(body, "Solutions", take_solutions(body))
    move_to_end(body, "Answers to the questions", take_answers(body))
    tidy(body)
    return Chapter(name, part, entitle(body, name), body)


def leave_out(body):
    """Drop what only a screen has, and the code that only draws."""
    drawing = [cell.find("details") for cell in body.find_class("tag_hide-input")]
    asking = [quiz.xpath("ancestor::div[contains(@class, 'cell ')]/div[1]")[0] for quiz in body.find_class("quiz")]
    marked = [element for name in LEFT_OUT for element in body.find_class(name)]
    for element in [*body.iter("script"), *drawing, *asking, *marked]:
        element.drop_tree()
    for word in body.xpath(".//pre//span"):
        if word.get("class") in PLAIN_WORDS:
            word.drop_tag()


def show_demo(demo, page):
    """Put a demo's picture, or its words if it has none, in its place."""
    [picture] = demo.find_class("live-preview") or demo.find_class("live-fallback")
    _show(demo, picture, "A live demo. Try it on the web page: ", page)


def show_frame(explored, page):
    """Put an explored figure's first picture in its place."""
    [picture] = explored.find_class("explore-frame")
    _show(explored, picture, "One of several pictures. Choose among them on the web page: ", page)


def _show(element, picture, words, page):
    address = f"{page}#{element.get('id')}"
    link = E.a(address, href=address)
    link.set("class", "on-the-web")
    picture.tail = None
    figure = E.figure(picture, E.figcaption(E.p(words, link)), id=element.get("id"))
    figure.set("class", "alive")
    figure.tail = element.tail
    element.getparent().replace(element, figure)


def name_parts(body, key):
    """Begin each id with the chapter's own, so that no two of the book are the same."""
    for element in body.xpath(".//*[@id]"):
        element.set("id", f"{key}--{element.get('id')}")
    body.set("id", key)


def take_solutions(body):
    """Take the solutions out; return one section for each exercise, that leads back to it."""
    sections = {}
    for cell in body.find_class("tag_solution"):
        exercise = cell.xpath("ancestor::section[1]")[0]
        anchor = f"{exercise.get('id')}--solution"
        if anchor not in sections:
            heading = _renamed(exercise.xpath("h2|h3|h4")[0], "h3")
            sections[anchor] = E.section(heading, _link("Back to the exercise", exercise.get("id")), id=anchor)
            cell.addprevious(_link("Solution at the end of the chapter", anchor))
        [details] = cell.iter("details")
        sections[anchor].extend(details.xpath("div"))
        cell.drop_tree()
    return list(sections.values())


def take_answers(body):
    """Show each question with its options; return a section for each with the reasons."""
    sections = []
    for quiz in body.find_class("quiz"):
        place = f"{body.get('id')}--{quiz.get('data-quiz')}"
        question, options = _renamed(quiz.find("legend"), "p"), quiz.findall("details")
        asked = E.div(question, E.ol(*(_renamed(option.find("summary"), "li") for option in options), type="A"))
        asked.append(_link("Answer at the end of the chapter", f"{place}--answer"))
        asked.attrib.update({"class": "question", "id": place})
        asked.tail = quiz.tail
        quiz.getparent().replace(quiz, asked)
        reasons = E.ol(*(_renamed(option.find("p"), "li") for option in options), type="A")
        answer = E.section(copy.deepcopy(question), reasons, _link("Back to the question", place))
        answer.attrib.update({"class": "answer", "id": f"{place}--answer"})
        sections.append(answer)
    return sections


def move_to_end(body, title, sections):
    """Add a section at the end of a chapter, if there is anything for it."""
    if sections:
        anchor = f"{body.get('id')}--{title.lower().replace(' ', '-')}"
        body.find("section").append(E.section(E.h2(title), *sections, id=anchor))


def _renamed(element, tag):
    """Return a copy of an element under another tag, with nothing but its content."""
    new = copy.deepcopy(element)
    new.tag, new.tail = tag, None
    new.attrib.clear()
    return new


def _link(words, anchor):
    line = E.p(E.a(words, href=f"#{anchor}"))
    line.set("class", "to-and-fro")
    return line


def tidy(body):
    """Name pictures by their paths in the site, and drop the attributes that only a screen needs."""
    for picture in body.iter("img"):
        picture.set("src", picture.get("src").removeprefix(address_of("")))
    for element in body.iter():
        for name in OF_THE_SCREEN:
            element.attrib.pop(name, None)


def entitle(body, name):
    """Return the title of a chapter; a lecture's begins with its number, also where it stands."""
    [heading] = body.iter("h1")
    if lecture := LECTURE.match(name):
        heading.text = f"{lecture[1]} {heading.text}"
    elif name == table_of_contents()[0][1]:
        heading.text = "About this book"  # the cover has the title
    return heading.text_content().strip()


def bind(chapters, address=lambda key, anchor: f"#{anchor}"):
    """Let the links between the given chapters lead to their places in one book.

    Parameters
    ----------
    chapters : list of Chapter
    address : callable
        ``address(key, anchor)`` is the address of the anchor in the chapter of that key.
    """
    keys = {address_of(f"{chapter.name}.html"): chapter.key for chapter in chapters}
    for chapter in chapters:
        for link in chapter.body.xpath(".//a[not(@class='on-the-web')]"):
            page, fragment = urldefrag(link.get("href", ""))
            if page in keys:
                anchor = f"{keys[page]}--{fragment}" if fragment else keys[page]
                link.set("href", address(keys[page], anchor))
            elif not page and fragment:
                link.set("href", address(chapter.key, fragment))


def title_page():
    """Return the page that begins the book."""
    book, address = settings(), address_of("book/index.html")
    page = E.section(
        E.h1(book["title"]),
        E.p("Lecture notes of the course GNR-638, IIT Bombay"),
        E.p(f"{book['author']}, {book['copyright']}"),
        E.p("The interactive book: ", E.a(address, href=address)),
        E.p(
            "Here a live demo is a picture, with the address where it runs. Code that only draws is left out. "
            "Solutions and answers stand at the end of each chapter."
        ),
        E.p("Text CC BY 4.0, code MIT."),
    )
    page.set("class", "cover")
    return page


def contents(chapters):
    """Return the table of contents, as a list of lists of links: parts, chapters, the sections of lectures."""
    top, parts = E.ol(), {}
    for chapter in chapters:
        if chapter.part and chapter.part not in parts:
            caption, parts[chapter.part] = E.span(chapter.part), E.ol()
            caption.set("class", "part")
            top.append(E.li(caption, parts[chapter.part]))
        entry = E.li(E.a(chapter.title, href=f"#{chapter.key}"))
        sections = chapter.body.xpath("section/section[h2]") if LECTURE.match(chapter.name) else []
        if sections:
            links = [
                E.a(section.find("h2").text_content().strip(), href=f"#{section.get('id')}") for section in sections
            ]
            entry.append(E.ol(*map(E.li, links)))
        parts.get(chapter.part, top).append(entry)
    return top


@cache
def smaller(path):
    """Return a picture as JPEG, or as it is if it is a PNG that is smaller: its bytes, and ``"jpeg"`` or ``"png"``."""
    with Image.open(path) as image:
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    buffer = io.BytesIO()
    flat.convert("RGB").save(buffer, "jpeg", quality=85)
    as_jpeg, as_it_is = buffer.getvalue(), path.read_bytes()
    if path.suffix == ".png" and len(as_it_is) < len(as_jpeg):
        return as_it_is, "png"
    return as_jpeg, "jpeg"
