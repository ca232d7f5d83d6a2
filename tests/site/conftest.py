"""What the tests of the site share: the accessibility check, starting a demo, and waiting for it."""

import pytest

from tools.project import BUILD

AXE = BUILD / "npm" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def violations():
    """What axe-core finds on a page as it stands: one line for each rule that is broken."""

    def find(page):
        if not page.evaluate("'axe' in window"):
            page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]} ({len(rule['nodes'])})" for rule in found]

    return find


@pytest.fixture
def has_model():
    """Tell whether a demo computes with a trained model; some only draw or count."""
    config = "node => fetch(new URL(node.dataset.config, document.baseURI)).then(answer => answer.json())"
    return lambda root: bool(root.evaluate(config)["models"])


@pytest.fixture
def start():
    """Scroll to a demo, press its button if it waits for that, and wait until it is ready; return its root."""

    def start_(page, name, *, limit=20_000):
        root = page.locator(f"#demo-{name}")
        root.scroll_into_view_if_needed()
        if root.get_attribute("data-start") == "touch":
            root.get_by_role("button", name="Start the demo").click()
        page.wait_for_selector(f'#demo-{name}[data-state="ready"]', timeout=limit)
        return page.locator(f"#demo-{name}")

    return start_


@pytest.fixture
def begin(site, open_page, start):
    """Open a lecture and start one of its demos; return the page and the demo's stage."""

    def begin_(stem, name):
        page = open_page(f"{site}/notebooks/{stem}.html")
        return page, start(page, name).locator(".live-stage")

    return begin_


@pytest.fixture
def until():
    """Wait until a condition on a demo's stage, `node` in JavaScript, holds."""

    def until_(page, stage, condition):
        page.wait_for_function(f"node => {condition}", arg=stage.element_handle(), timeout=20_000)

    return until_
