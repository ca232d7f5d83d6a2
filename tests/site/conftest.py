"""What the tests of the site share: the accessibility check, and starting a demo."""

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
