"""Demos and explored figures on the built site, with no kernel."""

import json
import time

import pytest

from tools.project import EXECUTED, lectures

STEMS = [path.stem for path in lectures()]

TOLERANCE = 1e-4


def demos():
    for stem in STEMS:
        manifest = EXECUTED / stem / "live" / "manifest.json"
        names = json.loads(manifest.read_text()) if manifest.is_file() else {}
        yield from ((stem, name) for name in names)


DEMOS = list(demos())


@pytest.fixture
def lecture(site, open_page):
    def open_(stem, **options):
        return open_page(f"{site}/notebooks/{stem}.html", **options)

    return open_


@pytest.mark.parametrize("stem", STEMS)
def test_a_lecture_has_a_demo_and_an_explored_figure(lecture, stem):
    page = lecture(stem)
    assert page.locator(".live-demo").count() >= 1
    assert page.locator('.explore[data-state="ready"]').count() >= 1


@pytest.mark.parametrize(("stem", "name"), DEMOS)
def test_a_demo_waits_until_it_is_seen_is_ready_soon_and_agrees_with_pytorch(lecture, stem, name, start, has_model):
    page = lecture(stem)
    root = page.locator(f"#demo-{name}")
    assert root.get_attribute("data-state") == "idle"
    assert root.get_attribute("aria-label")
    assert not [url for url in page.sent if url.endswith((".onnx", ".wasm"))]
    by_button = root.get_attribute("data-start") == "touch"
    began = time.perf_counter()
    start(page, name)
    seconds = time.perf_counter() - began
    print(f"{name}: ready in {seconds:.2f} s")
    assert seconds < 10, "far more than the 2 s that a quiet machine needs"
    if has_model(root):
        assert float(root.get_attribute("data-reference-error")) <= TOLERANCE
        assert [url for url in page.sent if url.endswith(".wasm")]
    else:
        assert not [url for url in page.sent if url.endswith((".onnx", ".wasm"))]
    page.wait_for_timeout(200)  # whoever pressed its button goes on inside; whoever scrolls by is left alone
    assert root.evaluate("node => node.contains(document.activeElement)") == by_button
    assert page.evaluate("document.activeElement === document.body") != by_button


@pytest.mark.parametrize("stem", STEMS)
def test_a_slider_changes_the_picture_by_keyboard(lecture, stem):
    page = lecture(stem)
    for index in range(page.locator(".explore").count()):
        figure = page.locator(".explore").nth(index)
        picture = figure.locator("img")
        control = figure.locator("input[type=range], select").first
        control.focus()
        before, status = picture.get_attribute("src"), figure.locator(".explore-status").text_content()
        control.press("ArrowRight" if control.get_attribute("type") == "range" else "ArrowDown")
        page.wait_for_function(
            "([node, before]) => node.getAttribute('src') !== before", arg=[picture.element_handle(), before]
        )
        assert picture.evaluate("node => node.decode().then(() => node.naturalWidth)") > 50
        page.wait_for_function(
            "([node, status]) => node.textContent !== status",
            arg=[figure.locator(".explore-status").element_handle(), status],
        )
        assert picture.get_attribute("alt")


def test_without_scripts_the_page_still_shows_what_the_demo_is_and_the_first_frame(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/notebooks/08_convolutional_networks.html")
    assert page.locator(".live-demo").first.inner_text().strip()
    assert page.locator(".explore img").first.evaluate("node => node.naturalWidth") > 50
    context.close()


SCORES = "node => [...node.querySelectorAll('.live-score')].map(score => score.dataset.value).join()"


def test_drawing_by_keyboard_alone_changes_the_scores(lecture, start):
    page = lecture("08_convolutional_networks")
    root = start(page, "digits-feature-maps")
    pad = root.locator(".live-pad")
    before = root.evaluate(SCORES)
    assert len(before.split(",")) == 10
    assert sum(map(float, before.split(","))) == pytest.approx(1, abs=1e-3)
    pad.focus()
    for key in ["Space", "ArrowDown", "Space", "ArrowDown", "Space", "ArrowRight", "Space"] * 4:
        pad.press(key)
    page.wait_for_function(f"([node, before]) => ({SCORES})(node) !== before", arg=[root.element_handle(), before])


def test_drawing_with_the_pointer_changes_the_maps(lecture, start):
    page = lecture("08_convolutional_networks")
    root = start(page, "digits-feature-maps")
    pad = root.locator(".live-pad")
    maps = "node => [...node.querySelectorAll('canvas')].map(canvas => canvas.toDataURL()).join()"
    before = root.evaluate(maps)
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 10, steps=12)
    page.mouse.up()
    page.wait_for_timeout(300)
    after = root.evaluate(maps)
    changed = sum(one != other for one, other in zip(before.split(",data:"), after.split(",data:"), strict=True))
    assert changed > 5


def test_nothing_is_sent_while_a_reader_draws(lecture, start):
    page = lecture("08_convolutional_networks")
    root = start(page, "garments-feature-maps")
    page.sent.clear()
    pad = root.locator(".live-pad")
    pad.focus()
    for _ in range(6):
        pad.press("Space")
        pad.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.sent == []


def test_a_page_opened_as_a_file_says_how_to_serve_it(browser):
    from tools.project import SITE

    context = browser.new_context()
    page = context.new_page()
    page.goto((SITE / "notebooks/08_convolutional_networks.html").as_uri())
    page.locator(".live-demo").first.scroll_into_view_if_needed()
    page.wait_for_selector('.live-demo[data-state="error"]')
    assert "http.server" in page.locator('.live-demo[data-state="error"] [role=alert]').first.inner_text()
    context.close()


def test_a_missing_model_is_told_in_words(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*.onnx", lambda route: route.fulfill(status=404, body=""))
    page.goto(f"{site}/notebooks/08_convolutional_networks.html")
    page.locator("#demo-digits-feature-maps").scroll_into_view_if_needed()
    page.wait_for_selector('#demo-digits-feature-maps[data-state="error"]')
    assert page.locator("#demo-digits-feature-maps [role=alert]").inner_text().strip()
    context.close()


def test_a_model_that_disagrees_with_pytorch_is_refused(site, browser):
    context = browser.new_context()
    page = context.new_page()

    def spoil(route):
        response = route.fetch()
        route.fulfill(response=response, body=b"\x3f" * len(response.body()))  # every number becomes 0.747

    page.route("**/_static/live/*.bin", spoil)
    page.goto(f"{site}/notebooks/08_convolutional_networks.html")
    page.locator("#demo-digits-feature-maps").scroll_into_view_if_needed()
    page.wait_for_selector('#demo-digits-feature-maps[data-state="error"]')
    assert page.locator("#demo-digits-feature-maps [role=alert]").inner_text().strip()
    context.close()


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_lecture_is_accessible_and_fits_before_and_while_its_demos_run(lecture, start, violations, stem, theme):
    page = lecture(stem, theme=theme)
    assert violations(page) == []  # as it opens
    names = [name for of, name in DEMOS if of == stem]
    for name in names:
        start(page, name)
    assert page.locator('.live-demo[data-state="ready"]').count() == len(names) >= 1
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, "the page is wider than the screen"


GREY = """
canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
  .every((value, i, all) => i % 4 === 3 || value === all[i - (i % 4)])
"""
PIXELS = """
canvas => {
  const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from({length: canvas.height}, (_, row) =>
    Array.from({length: canvas.width}, (_, column) => all[4 * (row * canvas.width + column)]));
}
"""


@pytest.fixture
def kernel_demo(lecture, start):
    """The demo of kernels: photograph, its close-up, response and its close-up, and a way to set the weights."""
    page = lecture("08_convolutional_networks")
    root = start(page, "kernel-explorer")

    def set_weights(weights):
        for box, weight in zip(root.locator(".live-weight").all(), weights, strict=True):
            box.fill(str(weight))
        page.wait_for_timeout(300)
        return root.locator(".live-window canvas").all()

    return root, set_weights


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1 / 9] * 9, "1.00: grey"), ([0, -1, 0, -1, 5, -1, 0, -1, 0], "1.00: grey"), ([0] * 8 + [2], "2.00: grey")],
)
def test_a_kernel_whose_weights_do_not_sum_to_zero_gives_a_picture_in_grey(kernel_demo, weights, words):
    root, set_weights = kernel_demo
    assert all(canvas.evaluate(GREY) for canvas in set_weights(weights))
    assert root.locator(".live-legend").inner_text().split() == ["≤", "0.00", "≥", "1.00"]
    assert words in root.inner_text()
    assert "grey" in root.locator(".live-window").nth(2).get_attribute("aria-label")


def test_a_kernel_whose_weights_sum_to_zero_gives_signs_in_red_and_blue(kernel_demo):
    root, set_weights = kernel_demo
    photo, photo_zoom, response, response_zoom = set_weights([-0.333, 0.333, 0, -0.333, 0.333, 0, -0.333, 0.333, 0])
    assert photo.evaluate(GREY)
    assert not response.evaluate(GREY)
    assert "≤ −" in root.locator(".live-legend").inner_text()
    assert "sum to 0: red is above zero, blue below" in root.inner_text()
    assert "red" in root.locator(".live-window").nth(2).get_attribute("aria-label")


@pytest.mark.parametrize(("place", "down", "right"), [(0, -1, -1), (3, 0, -1), (7, 1, 0)])
def test_the_close_ups_show_where_a_single_weight_moves_the_picture(kernel_demo, place, down, right):
    root, set_weights = kernel_demo
    _, photo_zoom, _, response_zoom = set_weights([int(i == place) for i in range(9)])
    before, after = photo_zoom.evaluate(PIXELS), response_zoom.evaluate(PIXELS)
    assert len(before) == len(before[0]) == 9
    inner = range(1, 8)
    assert all(abs(after[row][column] - before[row + down][column + right]) <= 1 for row in inner for column in inner)
    assert before != after


LEGENDS = "node => [...node.querySelectorAll('.live-legend')].map(legend => legend.innerText).join()"


def test_the_colours_of_the_maps_keep_their_meaning_while_one_draws(lecture, start):
    page = lecture("08_convolutional_networks")
    root = start(page, "garments-feature-maps")
    first, verdict = root.evaluate(LEGENDS), root.locator(".live-verdict").inner_text()
    assert "dark: 0" in first
    assert "bright: ≥" in first
    pad = root.locator(".live-pad")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 10, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "([node, before]) => node.innerText !== before",
        arg=[root.locator(".live-verdict").element_handle(), verdict],
    )
    assert root.evaluate(LEGENDS) == first
    root.locator(".live-thumb").nth(12).click()
    page.wait_for_function(f"([node, before]) => ({LEGENDS})(node) !== before", arg=[root.element_handle(), first])
    root.get_by_role("button", name="Clear").click()
    page.wait_for_function(f"([node, first]) => ({LEGENDS})(node) === first", arg=[root.element_handle(), first])


def test_a_picked_example_shows_its_true_label(lecture, start):
    page = lecture("08_convolutional_networks")
    root = start(page, "garments-feature-maps")
    verdict = root.locator(".live-verdict")
    for index in (4, 12):
        thumb = root.locator(".live-thumb").nth(index)
        label = thumb.get_attribute("aria-label").partition(": ")[2]
        thumb.click()
        verdict.get_by_text(f"Picked: {label};").wait_for(timeout=5_000)
        assert "the network says: " in verdict.inner_text()
    root.get_by_role("button", name="Clear").click()
    page.wait_for_function("node => !node.innerText.includes('Picked')", arg=verdict.element_handle())


def test_the_drawing_pad_says_how_ink_is_counted(lecture, start):
    root = start(lecture("08_convolutional_networks"), "digits-feature-maps")
    assert "the ink counted in 64 blocks of 4 × 4" in root.inner_text()
