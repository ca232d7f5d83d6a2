"""Fixtures that the tests of the built site share: the site served on this machine, and a browser."""

import threading

import pytest
from playwright.sync_api import sync_playwright

from tools.environment import find_browser
from tools.project import SITE
from tools.serve import server

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="session")
def site():
    """The address of the built site, served for the tests."""
    assert (SITE / "index.html").is_file(), "there is no site yet; build it with: make book"
    http = server()
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium. Without one these tests fail; they are never skipped."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Open an address in a fresh context; complain at the end about errors and requests to other hosts."""
    contexts, problems = [], []

    def open_(address, *, width=1280, height=800, theme="light", wait="networkidle"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.sent = []
        page.on("request", lambda request: page.sent.append(request.url))
        page.on("requestfailed", lambda request: problems.append(f"{request.url} failed: {request.failure}"))
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        page.on("console", lambda message: message.type == "error" and problems.append(f"console: {message.text}"))
        page.problems = problems
        page.goto(address, wait_until=wait)
        return page

    yield open_
    sent = [url for context in contexts for page in context.pages for url in page.sent]
    foreign = [url for url in sent if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    for context in contexts:
        context.close()
    assert foreign == [], "a page asked another host"
    assert problems == [], "a page had errors"
