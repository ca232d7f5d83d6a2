"""The decks: right size, quiet, with notes, and demos that work on a slide.

A deck is opened once, and asked one question after the other: first what must be so before anything is touched, then
what turns the slides and starts the demos, at the end what changes what stands on them.
"""

import nbformat
import pytest

from tests.site.visit import has_model, ready, turn_to, violations
from tools.project import NOTEBOOKS, lectures

STEMS = [path.stem for path in lectures()]
CURRENT = ".slides > .present > .present"  # a deck's columns hold its slides


@pytest.fixture
def deck(site, open_page):
    def open_(stem):
        page = open_page(f"{site}/slides/{stem}.html", width=1280, height=720)
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        return page

    return open_


@pytest.mark.parametrize("stem", STEMS)
def test_a_deck(deck, ask, stem):
    page = deck(stem)
    ask(a_deck_is_as_long_as_a_class_and_has_notes, page, draft=is_draft(stem))
    ask(no_heading_carries_an_anchor_on_a_slide_or_in_the_notes, page)
    ask(the_arrow_keys_turn_the_slides_and_no_demo_starts_before_its_slide, page)
    ask(a_figure_is_as_large_as_its_slide_allows, page)
    ask(the_last_row_can_read_code_and_demos, page)
    for part in ["h1", ".live-demo", ".quiz", ".explore", "img", ".input pre"]:
        ask(slides_of_every_sort_are_accessible, page, part=part)
    ask(nothing_overflows_and_every_slide_shows_something, page)
    ask(a_demo_works_inside_the_deck_and_keeps_its_keys, page)
    ask(code_in_a_deck_is_shown_as_typed_and_88_characters_fit_a_line, page)


def is_draft(stem):
    return nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).metadata.get("dlia", {}).get("draft", False)


def a_deck_is_as_long_as_a_class_and_has_notes(page, draft):
    slides = page.evaluate("Reveal.getTotalSlides()")
    notes = page.evaluate("Reveal.getSlides().filter(slide => slide.querySelector('aside.notes')).length")
    assert notes >= 1 if draft else notes >= slides / 2
    assert draft or 35 <= slides <= 75


def no_heading_carries_an_anchor_on_a_slide_or_in_the_notes(page):
    assert "¶" not in page.evaluate("document.querySelector('.slides').textContent")


def the_arrow_keys_turn_the_slides_and_no_demo_starts_before_its_slide(page):
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h + Reveal.getIndices().v") >= 1
    page.wait_for_timeout(500)
    shown = page.evaluate("document.querySelector('.present .live-demo') !== null")
    states = page.evaluate("[...document.querySelectorAll('.live-demo')].map(demo => demo.dataset.state)")
    assert shown or set(states) == {"idle"}


SMALLER_THAN_FITS = """
() => Reveal.getSlides().filter(slide => slide.querySelector('.output_png img')).map(slide => {
  const at = Reveal.getIndices(slide);
  Reveal.slide(at.h, at.v, 99);
  const top = document.querySelector('.slides').getBoundingClientRect().top, scale = Reveal.getScale();
  const boxes = selector => [...slide.querySelectorAll(selector)].map(node => node.getBoundingClientRect());
  const widths = [...slide.querySelectorAll('.output_png img')].map(image => {
    const box = image.getBoundingClientRect();
    return Math.min(box.width, box.height * image.naturalWidth / image.naturalHeight) / scale;
  });
  const bottom = Math.max(...boxes(':is(img, pre):not(aside *)').map(box => box.bottom - top)) / scale;
  return {title: slide.innerText.split('\\n')[0], width: Math.max(...widths), bottom};
}).filter(({width, bottom}) => width < 1120 && bottom < 650)
"""


def a_figure_is_as_large_as_its_slide_allows(page):
    assert page.evaluate(SMALLER_THAN_FITS) == []


SMALL = """
(parts) => parts.flatMap(([part, smallest]) =>
  [...document.querySelectorAll(`.slides > .present > .present ${part}`)]
    .flatMap(root => [root, ...root.querySelectorAll('*')])
    .filter(node => node.checkVisibility() && !node.closest('aside') && getComputedStyle(node).clipPath === 'none')
    .filter(node => [...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim()))
    .map(node => [node.textContent, parseFloat(getComputedStyle(node).fontSize) * Reveal.getScale()])
    .filter(([text, size]) => size < smallest))
"""

TURN = """
(i) => {
  const at = Reveal.getIndices(Reveal.getSlides()[i]);
  Reveal.slide(at.h, at.v, 99);
  return document.querySelector(".slides > .present > .present .live-demo") !== null;
}
"""


def the_last_row_can_read_code_and_demos(page):
    """Turn to each slide, with all its fragments, and start its demo."""
    for index in range(page.evaluate("Reveal.getTotalSlides()")):
        if page.evaluate(TURN, index):
            ready(page, f"{CURRENT} .live-demo")
        assert page.evaluate(SMALL, [["pre", 20], [":is(.live-demo, .explore)", 16]]) == []
    fonts = "[...document.querySelectorAll('.reveal, .live-demo')].map(node => getComputedStyle(node).fontFamily)"
    assert len(set(page.evaluate(fonts))) == 1


def slides_of_every_sort_are_accessible(page, part):
    turn_to(page, f".slides section > :not(aside) {part}")
    if part == ".live-demo":
        ready(page, f"{CURRENT} .live-demo")
    if part == ".quiz":
        page.locator(f"{CURRENT} .quiz summary").first.click()
    assert violations(page) == []


OVERFLOW = """
() => Reveal.getSlides().map((slide, index) => {
  Reveal.slide(...Object.values(Reveal.getIndices(slide)).slice(0, 2));
  slide.querySelectorAll('.fragment').forEach(part => part.classList.add('visible'));
  slide.querySelectorAll('details').forEach(answer => { answer.open = true; });
  const scale = Reveal.getScale(), frame = document.querySelector('.slides').getBoundingClientRect();
  const boxes = [...slide.querySelectorAll('*')].filter(node => !node.closest('aside') && node.checkVisibility()
    && !node.closest('mjx-assistive-mml') && getComputedStyle(node).clipPath === 'none')
    .map(node => node.getBoundingClientRect()).filter(box => box.width && box.height);
  const bottom = Math.max(0, ...boxes.map(box => box.bottom - frame.top)) / scale;
  const right = Math.max(0, ...boxes.map(box => box.right - frame.left)) / scale;
  return {index, title: slide.innerText.split('\\n')[0], bottom, right};
}).filter(slide => slide.bottom > 720 || slide.right > 1280)
"""


def nothing_overflows_and_every_slide_shows_something(page):
    for demo in range(page.locator(".live-demo").count()):
        turn_to(page, f".live-demo >> nth={demo}")
        ready(page, f".live-demo >> nth={demo}")
    assert page.evaluate(OVERFLOW) == []
    empty = "() => Reveal.getSlides().filter(slide => !slide.innerText.trim() && !slide.querySelector('img')).length"
    assert page.evaluate(empty) == 0


def a_demo_works_inside_the_deck_and_keeps_its_keys(page):
    turn_to(page, ".live-demo")
    ready(page, ".live-demo")
    root = page.locator(".live-demo").first
    assert not has_model(root) or float(root.get_attribute("data-reference-error")) <= 1e-4
    before = page.evaluate("Reveal.getIndices()")
    control = root.locator("[tabindex='0'], select, input").first
    control.focus()
    control.press("ArrowRight")
    control.press("ArrowDown")
    assert page.evaluate("Reveal.getIndices()") == before, "an arrow key inside the demo turned the slide"


def code_in_a_deck_is_shown_as_typed_and_88_characters_fit_a_line(page):
    ligatures = "[...document.querySelectorAll('code, pre')].map(node => getComputedStyle(node).fontVariantLigatures)"
    assert set(page.evaluate(ligatures)) == {"none"}
    code = ".code_cell:not(:has(.quiz)) > .input pre"  # a deck hides the line that asks a question
    turn_to(page, f".slides section {code}")
    height = "(node, n) => { node.textContent = 'm'.repeat(n); return node.clientHeight; }"
    block = page.locator(f"{CURRENT} {code}").first
    assert block.evaluate(height, 88) == block.evaluate(height, 1) < block.evaluate(height, 200)


def test_the_arithmetic_of_a_kernel_stands_in_one_row(deck):
    page = deck("08_convolutional_networks")
    turn_to(page, ".live-demo[data-demo=kernel_explorer]")
    ready(page, f"{CURRENT} .live-demo")
    boxes = [term.bounding_box() for term in page.locator(f"{CURRENT} .live-term").all()]
    assert len(boxes) == 4
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 2
    assert boxes == sorted(boxes, key=lambda box: box["x"])
