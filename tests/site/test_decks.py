"""The decks: right size, quiet, with notes, and demos that work on a slide."""

import pytest

from tools.project import NOTEBOOKS, lectures

STEMS = [path.stem for path in lectures()]

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
def test_a_demo_works_inside_the_deck_and_keeps_its_keys(deck, stem, has_model):
    page = deck(stem)
    show(page, ".live-demo")
    page.wait_for_function("document.querySelector('.live-demo').dataset.state === 'ready'")
    root = page.locator(".live-demo").first
    assert not has_model(root) or float(root.get_attribute("data-reference-error")) <= 1e-4
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


CURRENT = ".slides > .present > .present"  # a deck's columns hold its slides


def turn(page, index):
    """Turn to a slide by its number, with all its fragments; start its demo."""
    page.evaluate("i => { const at = Reveal.getIndices(Reveal.getSlides()[i]); Reveal.slide(at.h, at.v, 99); }", index)
    if page.locator(f"{CURRENT} .live-demo").count():
        page.wait_for_selector(f'{CURRENT} .live-demo[data-state="ready"]')


SMALL = """
([part, smallest]) => [...document.querySelectorAll(`.slides > .present > .present ${part}`)]
  .flatMap(root => [root, ...root.querySelectorAll('*')])
  .filter(node => node.checkVisibility() && !node.closest('aside') && getComputedStyle(node).clipPath === 'none')
  .filter(node => [...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim()))
  .map(node => [node.textContent, parseFloat(getComputedStyle(node).fontSize) * Reveal.getScale()])
  .filter(([text, size]) => size < smallest)
"""


@pytest.mark.parametrize("stem", STEMS)
def test_the_last_row_can_read_code_and_demos(deck, stem):
    page = deck(stem)
    for index in range(page.evaluate("Reveal.getTotalSlides()")):
        turn(page, index)
        assert page.evaluate(SMALL, ["pre", 20]) == []
        assert page.evaluate(SMALL, [":is(.live-demo, .explore)", 16]) == []
    fonts = "[...document.querySelectorAll('.reveal, .live-demo')].map(node => getComputedStyle(node).fontFamily)"
    assert len(set(page.evaluate(fonts))) == 1


@pytest.mark.parametrize("stem", STEMS)
def test_code_in_a_deck_is_shown_as_typed_and_88_characters_fit_a_line(deck, stem):
    page = deck(stem)
    ligatures = "[...document.querySelectorAll('code, pre')].map(node => getComputedStyle(node).fontVariantLigatures)"
    assert set(page.evaluate(ligatures)) == {"none"}
    code = ".code_cell:not(:has(.quiz)) > .input pre"  # a deck hides the line that asks a question
    show(page, f".slides section {code}")
    height = "(node, n) => { node.textContent = 'm'.repeat(n); return node.clientHeight; }"
    block = page.locator(f"{CURRENT} {code}").first
    assert block.evaluate(height, 88) == block.evaluate(height, 1) < block.evaluate(height, 200)


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


@pytest.mark.parametrize("stem", STEMS)
def test_a_figure_is_as_large_as_its_slide_allows(deck, stem):
    assert deck(stem).evaluate(SMALLER_THAN_FITS) == []


@pytest.mark.parametrize("stem", STEMS)
def test_no_heading_carries_an_anchor_on_a_slide_or_in_the_notes(deck, stem):
    page = deck(stem)
    assert "¶" not in page.evaluate("document.querySelector('.slides').textContent")


def test_the_arithmetic_of_a_kernel_stands_in_one_row(deck):
    page = deck("08_convolutional_networks")
    show(page, ".live-demo[data-demo=kernel_explorer]")
    page.wait_for_selector(f'{CURRENT} .live-demo[data-state="ready"]')
    boxes = [term.bounding_box() for term in page.locator(f"{CURRENT} .live-term").all()]
    assert len(boxes) == 4
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 2
    assert boxes == sorted(boxes, key=lambda box: box["x"])


@pytest.mark.parametrize("stem", STEMS)
def test_slides_of_every_sort_are_accessible(deck, violations, stem):
    page = deck(stem)
    found = {}
    for part in ["h1", ".live-demo", ".quiz", ".explore", "img", ".input pre"]:
        show(page, f".slides section > :not(aside) {part}")
        if part == ".live-demo":
            page.wait_for_selector(f'{CURRENT} .live-demo[data-state="ready"]')
        if part == ".quiz":
            page.locator(f"{CURRENT} .quiz summary").first.click()
        found[part] = violations(page)
    assert not any(found.values()), found
