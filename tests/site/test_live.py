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


@pytest.fixture
def lecture(site, open_page):
    def open_(stem, **options):
        return open_page(f"{site}/notebooks/{stem}.html", **options)

    return open_


def start(page, name, *, limit=20_000):
    """Scroll to a demo and wait until it is ready; return its root."""
    page.locator(f"#demo-{name}").scroll_into_view_if_needed()
    page.wait_for_selector(f'#demo-{name}[data-state="ready"]', timeout=limit)
    return page.locator(f"#demo-{name}")


@pytest.mark.parametrize("stem", STEMS)
def test_a_lecture_has_a_demo_and_an_explored_figure(lecture, stem):
    page = lecture(stem)
    assert page.locator(".live-demo").count() >= 1
    assert page.locator('.explore[data-state="ready"]').count() >= 1


@pytest.mark.parametrize(("stem", "name"), demos())
def test_a_demo_loads_nothing_until_it_is_seen_and_then_agrees_with_pytorch(lecture, stem, name):
    page = lecture(stem)
    root = page.locator(f"#demo-{name}")
    assert root.get_attribute("data-state") == "idle"
    assert root.get_attribute("aria-label")
    assert not [url for url in page.sent if url.endswith((".onnx", ".wasm"))]
    start(page, name)
    assert float(root.get_attribute("data-reference-error")) <= TOLERANCE
    assert [url for url in page.sent if url.endswith(".wasm")]


@pytest.mark.parametrize(("stem", "name"), demos())
def test_a_demo_is_ready_soon_after_the_first_touch(lecture, stem, name):
    page = lecture(stem)
    began = time.perf_counter()
    start(page, name)
    seconds = time.perf_counter() - began
    print(f"{name}: ready in {seconds:.2f} s")
    assert seconds < 10, "far more than the 2 s that a quiet machine needs"


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


def test_drawing_by_keyboard_alone_changes_the_scores(lecture):
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


def test_drawing_with_the_pointer_changes_the_maps(lecture):
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


def test_nothing_is_sent_while_a_reader_draws(lecture):
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
