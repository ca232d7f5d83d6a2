"""Demos that cannot run, or not yet, say so in words. On each lecture's page they are asked in test_pages.py."""

from tools.project import SITE


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
