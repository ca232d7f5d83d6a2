"""The decks: right size, quiet, with notes, and demos that work on a slide."""

import pytest

from tools.project import NOTEBOOKS, lectures

STEMS = [path.stem for path in lectures()]

OVERFLOW = """
() => Reveal.getSlides().map((slide, index) => {
  Reveal.slide(...Object.values(Reveal.getIndices(slide)).slice(0, 2));
  slide.querySelectorAll('.fragment').forEach(part => part.classList.add('visible'));
  const scale = Reveal.getScale(), frame = document.querySelector('.slides').getBoundingClientRect();
  const boxes = [...slide.querySelectorAll('*')].filter(node => !node.closest('aside') && node.checkVisibility()
    && !node.closest('mjx-assistive-mml') && getComputedStyle(node).clipPath === 'none')
    .map(node => node.getBoundingClientRect()).filter(box => box.width && box.height);
  const bottom = Math.max(0, ...boxes.map(box => box.bottom - frame.top)) / scale;
  const right = Math.max(0, ...boxes.map(box => box.right - frame.left)) / scale;
  return {index, title: slide.innerText.split('\\n')[0], bottom, right};
}).filter(slide => slide.bottom > 720 || slide.right > 1280)
"""


@pytest.fixture
def deck(site, open_page):
    def open_(stem):
        page = open_page(f"{site}/slides/{stem}.html", width=1280, height=720)
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        return page

    return open_


def is_draft(stem):
    import nbformat

    return nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).metadata.get("dlia", {}).get("draft", False)


@pytest.mark.parametrize("stem", STEMS)
def test_a_deck_is_as_long_as_a_class_and_has_notes(deck, stem):
    page = deck(stem)
    slides = page.evaluate("Reveal.getTotalSlides()")
    notes = page.evaluate("Reveal.getSlides().filter(slide => slide.querySelector('aside.notes')).length")
    assert notes >= 1 if is_draft(stem) else notes >= slides / 2
    assert is_draft(stem) or 35 <= slides <= 75


@pytest.mark.parametrize("stem", STEMS)
def test_nothing_overflows_and_every_slide_shows_something(deck, stem):
    page = deck(stem)
    for demo in range(page.locator(".live-demo").count()):
        show(page, f".live-demo >> nth={demo}")
        page.wait_for_function(
            "index => document.querySelectorAll('.live-demo')[index].dataset.state === 'ready'", arg=demo
        )
    assert page.evaluate(OVERFLOW) == []
    empty = "() => Reveal.getSlides().filter(slide => !slide.innerText.trim() && !slide.querySelector('img')).length"
    assert page.evaluate(empty) == 0


def show(page, selector):
    """Turn to the slide that holds the first element that matches."""
    page.locator(selector).first.evaluate(
        "node => { const at = Reveal.getIndices(node.closest('section')); Reveal.slide(at.h, at.v, 99); }"
    )


@pytest.mark.parametrize("stem", STEMS)
def test_a_demo_works_inside_the_deck_and_keeps_its_keys(deck, stem):
    page = deck(stem)
    show(page, ".live-demo")
    page.wait_for_function("document.querySelector('.live-demo').dataset.state === 'ready'")
    root = page.locator(".live-demo").first
    assert float(root.get_attribute("data-reference-error")) <= 1e-4
    before = page.evaluate("Reveal.getIndices()")
    control = root.locator("[tabindex='0'], select, input").first
    control.focus()
    control.press("ArrowRight")
    control.press("ArrowDown")
    assert page.evaluate("Reveal.getIndices()") == before, "an arrow key inside the demo turned the slide"


@pytest.mark.parametrize("stem", STEMS)
def test_the_arrow_keys_turn_the_slides_and_no_demo_starts_before_its_slide(deck, stem):
    page = deck(stem)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h + Reveal.getIndices().v") >= 1
    page.wait_for_timeout(500)
    shown = page.evaluate("document.querySelector('.present .live-demo') !== null")
    states = page.evaluate("[...document.querySelectorAll('.live-demo')].map(demo => demo.dataset.state)")
    assert shown or set(states) == {"idle"}
