"""What the tests of the site share: questions to an open page, and demos as a reader finds them."""

import pytest

from tests.site.visit import start


@pytest.fixture
def ask(subtests, request):
    """Put a question to an open page. It has its own name and verdict, and the next one is asked all the same."""
    visit = request.node
    visit.asked, visit.wrong = None, []

    def ask_(question, *subject, **about):
        visit.asked = question.__name__
        with subtests.test(question.__name__, **about):
            try:
                question(*subject, **about)
            except Exception:
                visit.wrong.append(question.__name__)
                raise
        visit.asked = None

    return ask_


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item, call):
    """Report a visit as failed with its questions, for every plugin that looks on; by itself pytest does so later."""
    report = yield
    wrong = getattr(item, "wrong", [])
    if call.when == "call" and report.passed and wrong and not item.asked:
        report.outcome, report.longrepr = "failed", f"not as it should be: {', '.join(wrong)}"
    return report


# Put a demo back as the site sent it, and let the site's own script find it; other demos that wait are left alone.
RENEW = """
async (name) => {
  window.asSent ??= new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const fresh = document.importNode(asSent.getElementById(`demo-${name}`), true);
  document.getElementById(`demo-${name}`).replaceWith(fresh);
  const waiting = [...document.querySelectorAll('.live-demo[data-state="idle"]')].filter((demo) => demo !== fresh);
  waiting.forEach((demo) => (demo.dataset.state = "waiting"));
  const script = document.createElement("script");
  script.src = document.querySelector("script[src*='live-modules/host.js']").src;
  const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
  document.head.append(script);
  await loaded;
  waiting.forEach((demo) => (demo.dataset.state = "idle"));
}
"""


@pytest.fixture(scope="module")
def lectures(site, visits):
    """Lectures opened once for all tests of a file: a list of visits, and a way to open one."""
    kept, pages = visits(), {}

    def open_(stem):
        kept.forget()
        if stem not in pages:
            pages[stem] = kept.open(f"{site}/notebooks/{stem}.html")
            kept.complain()
        return pages[stem]

    yield kept, open_
    kept.close()


@pytest.fixture
def begin(lectures):
    """Start a demo of a lecture as if the page had just been opened; return the page and the demo's stage.

    The tests of a file share the lecture's page. What they share stops there: the demo is the one that the site sent,
    the pointer is up, nothing has the focus, and errors and requests are counted from here.
    """
    kept, open_ = lectures

    def begin_(stem, name):
        page = open_(stem)
        page.mouse.up()
        page.mouse.move(0, 0)
        page.context.clear_permissions()
        page.evaluate("document.activeElement.blur()")
        if page.locator(f"#demo-{name}").get_attribute("data-state") != "idle":
            page.evaluate(RENEW, name)
        return page, start(page, name).locator(".live-stage")

    yield begin_
    kept.complain()
