"""A demo that a test exports itself, put on a page in the place of the lecture's own."""

import json
from contextlib import contextmanager

import pytest

from tests.site.conftest import RENEW
from tests.site.visit import start, start_on_slide
from utils.live import demo, publishing, widget

TYPE_SIZES = """
node => [...node.querySelectorAll(".live-stage *")]
  .filter((part) => part.checkVisibility())
  .filter((part) => [...part.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
  .map((part) => parseFloat(getComputedStyle(part).fontSize))
"""
SEND = "html => { window.asSent = new DOMParser().parseFromString(html, 'text/html'); }"


def publish(folder, name, **call):
    """Export a demo as a lecture does; return its place on a page."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLIA_PUBLISH_DIR", str(folder))
        patch.setattr(publishing, "_published", {})
        patch.setattr(widget, "display", lambda output, raw: shown.append(output["text/html"]))
        demo(name, **call)
    return shown[0]


def put(page, folder, html, name):
    """Put the exported demo in the place of the page's own of that id, and start it anew."""

    def answer(route):
        file = folder / route.request.url.rpartition("/")[2]
        return route.fulfill(path=file) if file.is_file() else route.fallback()

    page.unroute("**/_static/live/*")
    page.route("**/_static/live/*", answer)
    page.evaluate(SEND, html)
    page.evaluate(RENEW, name)


def refused(page, name):
    """Wait until a demo has refused its settings; return what it says to the reader."""
    root = page.locator(f"#demo-{name}")
    root.scroll_into_view_if_needed()
    page.wait_for_function("node => node.dataset.state === 'error'", arg=root.element_handle(), timeout=20_000)
    said = root.locator(":scope > [role=alert]").inner_text()
    assert said.startswith("This demo cannot run. ")
    return said


def fact(stage, key):
    """Return what a demo says of itself under a key."""
    return json.loads(stage.get_attribute(f"data-{key}"))


@contextmanager
def played(lectures, stem, published, name):
    """Put an exported demo on a lecture's page: the page, and the stage, just started. In the end nothing is wrong."""
    kept, open_ = lectures
    page = open_(stem)
    page.mouse.up()
    page.mouse.move(0, 0)
    put(page, *published, name)
    yield page, start(page, name).locator(".live-stage")
    kept.complain()


def on_slide(open_page, site, stem, published, name):
    """Put an exported demo on its slide; return the page and the demo's root, ready."""
    page = open_page(f"{site}/slides/{stem}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    put(page, *published, name)
    return page, start_on_slide(page, name)
