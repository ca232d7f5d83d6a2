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
def start():
    """Scroll to a demo and wait until it is ready; return its root."""

    def start_(page, name, *, limit=20_000):
        page.locator(f"#demo-{name}").scroll_into_view_if_needed()
        page.wait_for_selector(f'#demo-{name}[data-state="ready"]', timeout=limit)
        return page.locator(f"#demo-{name}")

    return start_
