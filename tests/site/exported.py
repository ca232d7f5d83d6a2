"""A demo that a test exports itself, put on a page in the place of the lecture's own."""

import json

import pytest

from tests.site.conftest import RENEW
from utils.live import demo, publishing, widget

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
