"""Demos on weak lines and plain servers, many at once, and under fingers; what cannot run says so in words.

On each lecture's page the demos are asked in test_pages.py.
"""

import re
import threading
from http.server import ThreadingHTTPServer
from urllib.parse import urlparse

import pytest

from tools.project import SITE
from tools.serve import Handler

LECTURE = "08_convolutional_networks"


def test_without_scripts_the_page_still_shows_what_the_demo_is_and_the_first_frame(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/notebooks/08_convolutional_networks.html")
    assert page.locator(".live-demo").first.inner_text().strip()
    assert page.locator(".explore img").first.evaluate("node => node.naturalWidth") > 50
    context.close()


def test_a_page_opened_as_a_file_says_how_to_serve_it(browser):
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


# ---------------------------------------------------------------- several at once, weak lines, plain servers

START_ALL = "document.querySelectorAll('.live-demo').forEach(demo => demo.dispatchEvent(new Event('click')))"
OFFERED = """
[...document.querySelectorAll('.live-demo')].every((demo) =>
  demo.dataset.state !== 'idle' || demo.querySelector('.live-button'))
"""
OVER = "[...document.querySelectorAll('.live-demo')].every(demo => ['ready', 'error'].includes(demo.dataset.state))"


def run_all(page):
    """Start all demos of a page in one moment; return what those say that cannot run."""
    page.wait_for_function(OFFERED)
    page.evaluate(START_ALL)
    page.wait_for_function(OVER, timeout=60_000)
    return page.locator(".live-demo > [role=alert]").all_inner_texts()


@pytest.mark.parametrize("address", [f"notebooks/{LECTURE}.html", f"slides/{LECTURE}.html?print-pdf"])
def test_all_demos_can_start_in_one_moment(site, open_page, address):
    assert run_all(open_page(f"{site}/{address}")) == []


@pytest.mark.parametrize("address", ["notebooks/05_history.html", "slides/05_history.html?print-pdf"])
def test_a_page_loads_the_modules_and_sheets_of_its_own_demos(site, open_page, address):
    page = open_page(f"{site}/{address}")
    assert run_all(page) == []
    names = set(page.evaluate("[...document.querySelectorAll('.live-demo')].map(demo => demo.dataset.demo)"))
    for kind in ("js", "css"):
        assert {found[1] for url in page.sent if (found := re.search(rf"/demos/(\w+)\.{kind}", url))} == names


def lose_first_requests(page):
    """Cut off whatever of the demos is asked for the first time; return the paths."""
    lost = []

    def lose(route):
        path = urlparse(route.request.url).path
        if path in lost:
            return route.continue_()
        lost.append(path)
        return route.abort("connectionreset")

    page.route(re.compile(r"/(live|demos|onnxruntime-web)/[^/]+$"), lose)
    return lost


def test_every_first_request_may_be_lost(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/notebooks/{LECTURE}.html", wait_until="networkidle")
    lost = lose_first_requests(page)
    assert run_all(page) == []
    kinds = {path.rpartition(".")[2] for path in lost}
    assert kinds == {"js", "css", "wasm", "json", "bin", "onnx"}
    context.close()


@pytest.mark.parametrize("part", ["*.json", "*.bin", "*.onnx", "*.wasm", "ort*.js", "feature_maps.js"])
def test_what_stays_lost_is_told_with_the_remedy(site, browser, part):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/notebooks/{LECTURE}.html", wait_until="networkidle")
    page.route(f"**/{part}*", lambda route: route.abort("connectionreset"))
    said = run_all(page)
    assert said
    for words in said:
        assert re.search(r"No connection to 127\.0\.0\.1:\d+ while loading .*\. Reload the page to try again\.", words)
        assert "fetch" not in words
    context.close()


class PlainHandler(Handler):
    """A server that knows the types in nginx's table of 2010 and no others."""

    KNOWN = ("html", "css", "js", "png", "jpg", "svg", "json")

    def guess_type(self, path):
        """Return the type of a file."""
        return super().guess_type(path) if str(path).endswith(self.KNOWN) else "application/octet-stream"


def test_demos_run_from_a_server_that_knows_few_types(browser):
    http = ThreadingHTTPServer(("127.0.0.1", 0), lambda *request: PlainHandler(*request, directory=str(SITE)))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{http.server_port}/notebooks/{LECTURE}.html", wait_until="networkidle")
    assert run_all(page) == []
    context.close()
    http.shutdown()


def test_a_fault_in_a_demos_code_is_told_with_its_place(site, browser):
    context = browser.new_context()
    page = context.new_page()
    told = []
    page.on("console", lambda message: message.type == "error" and told.append(message.text))

    def break_it(route):
        answer = route.fetch()
        head = "render({ model, el }) {"
        route.fulfill(response=answer, body=answer.text().replace(head, f"{head} el.no.way();"))

    page.route("**/demos/kernel_explorer.js", break_it)
    page.goto(f"{site}/notebooks/{LECTURE}.html", wait_until="networkidle")
    (said,) = run_all(page)
    assert "Cannot read properties of undefined" in said
    assert re.search(r"demos/kernel_explorer\.js:\d+:\d+", "".join(told))
    context.close()


# ---------------------------------------------------------------- fingers

STATE = """
stage => JSON.stringify(stage.dataset) + [...stage.querySelectorAll("canvas")].map((one) => one.toDataURL()).join()
"""
TOP = "node => node.parentElement.getBoundingClientRect().top"  # of what holds it
DRAGGED = {  # demo -> what of it a finger drags
    "03_tasks": {"tasks-round-trip": ".live-thing"},
    "04_challenges": {"challenge-lab": ".live-lab-picture"},
    "01_introduction": {"intro-summer": ".live-handle"},
    "02_datasets": {"datasets-filter": ".live-plot"},
    "05_history": {"history-timeline": ".live-lanes", "history-springs": ".live-part"},
    "07_perceptron_to_backprop": {"backprop-machine": ".live-pad", "backprop-xor": ".live-thing"},
    "08_convolutional_networks": {
        "digits-feature-maps": ".live-pad",
        "garments-feature-maps": ".live-pad",
        "kernel-explorer": ".live-window",
    },
    "09_learning_algorithms": {"learning-two-inputs": ".live-thing", "learning-race": ".live-thing"},
    "13_detection": {"detection-playground": ".live-body", "detection-scene": ".live-thing"},
    "14_segmentation_and_unet": {"segmentation-duel": ".live-pad", "segmentation-surgery": ".live-thing"},
    "15_metric_learning": {"triplet-margin": ".live-embedding"},
    "16_recurrent_networks": {"scene-captioner": ".live-thing"},
    "17_autoencoders": {"latent-plane": ".live-code-plane"},
    "18_variational_autoencoders": {"vae-plane": ".live-code-plane"},
}


@pytest.fixture
def phone(browser):
    """A page on a phone, with a finger for it: drag(element, across, down)."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    session = context.new_cdp_session(page)

    def drag(element, across, down):
        box = element.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for step in range(7):
            kind = "touchMove" if step else "touchStart"
            point = {"x": x + across * step / 6, "y": y + down * step / 6}
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
            page.wait_for_timeout(30)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(150)

    yield page, drag
    context.close()


@pytest.mark.parametrize("stem", DRAGGED)
def test_a_finger_drags_what_can_be_dragged_and_the_page_stays(site, phone, stem):
    page, drag = phone
    page.goto(f"{site}/notebooks/{stem}.html", wait_until="networkidle")
    assert run_all(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name, selector in DRAGGED[stem].items():
        stage = page.locator(f"#demo-{name} .live-stage")
        if name == "challenge-lab":
            stage.get_by_role("slider", name="Window").fill("0.6")
        handle = stage.locator(selector).first
        handle.evaluate("node => node.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(500)
        for across, down in [(0, -120), (0, 120), (60, 0)]:
            before, top = stage.evaluate(STATE), handle.evaluate(TOP)
            drag(handle, across, down)
            moved = handle.evaluate(TOP) - top  # the text above may have become shorter by a line or two
            assert abs(moved) < 50, f"{name}: the page moved"
            if down < 0:
                assert stage.evaluate(STATE) != before, f"{name}: nothing moved"


def test_without_its_window_the_lab_lets_a_finger_scroll_the_page(site, phone):
    page, drag = phone
    page.goto(f"{site}/notebooks/04_challenges.html", wait_until="networkidle")
    assert run_all(page) == []
    picture = page.locator("#demo-challenge-lab .live-lab-picture")
    picture.evaluate("node => node.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(500)
    before = page.evaluate("scrollY")
    drag(picture, 0, -120)
    assert page.evaluate("scrollY") > before + 40


def test_every_demo_that_follows_a_hand_is_dragged_here(site):
    """A demo whose code listens to a moving pointer stands in the table above."""
    modules = (SITE / "_static/live-modules/demos").glob("*.js")
    moving = {path.stem for path in modules if "pointermove" in path.read_text(encoding="utf-8")}
    dragged = set()
    for stem, names in DRAGGED.items():
        page = (SITE / f"notebooks/{stem}.html").read_text(encoding="utf-8")
        dragged |= {re.search(rf'data-demo="(\w+)"[^>]*id="demo-{name}"', page)[1] for name in names}
    assert moving == dragged
