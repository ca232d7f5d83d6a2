"""Fixtures that the tests of the built site share: the site served on this machine, and a browser."""

import threading

import pytest
from playwright.sync_api import sync_playwright

from tools.environment import find_browser
from tools.project import SITE
from tools.verdicts import recording_server

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--force-effective-connection-type=4G",  # without a network Chromium loads pictures from much farther below
]


@pytest.fixture(scope="session")
def site():
    """The address of the built site, served for the tests."""
    assert (SITE / "index.html").is_file(), "there is no site yet; build it with: make book"
    http = recording_server()
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


class Visits:
    """Pages, each opened in a fresh context. A page keeps what it asked for, what came, and what went wrong."""

    def __init__(self, browser):
        self.browser, self.pages, self.problems = browser, [], []

    def open(self, address, *, width=1280, height=800, theme="light", wait="networkidle"):
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        page = context.new_page()
        self.pages.append(page)
        page.sent, page.answers, page.problems = [], [], self.problems
        tell = self.problems.append
        page.on("request", lambda request: page.sent.append(request.url))
        page.on("response", lambda response: page.answers.append(response))
        page.on("requestfailed", lambda request: tell(f"{request.url} failed: {request.failure}"))
        page.on("pageerror", lambda error: tell(f"page error: {error}"))
        page.on("console", lambda message: message.type == "error" and tell(f"console: {message.text}"))
        page.goto(address, wait_until=wait)
        return page

    def complain(self):
        """Fail if a page had an error or asked another host."""
        own = ("http://127.0.0.1:", "data:", "blob:")
        foreign = [url for page in self.pages for url in page.sent if not url.startswith(own)]
        assert foreign == [], "a page asked another host"
        assert self.problems == [], "a page had errors"

    def forget(self):
        """Leave what one test saw out of the next one's verdict."""
        self.problems.clear()
        for page in self.pages:
            page.sent.clear()

    def close(self):
        for page in self.pages:
            page.context.close()


@pytest.fixture(scope="session")
def visits(browser):
    """Make a list of visits, for pages that several tests share."""
    return lambda: Visits(browser)


@pytest.fixture
def open_page(visits):
    """Open an address in a fresh context; complain at the end about errors and requests to other hosts."""
    opened = visits()
    yield opened.open
    opened.close()
    opened.complain()
