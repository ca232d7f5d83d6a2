"""Every page: complete, quiet, light, accessible, and asking no other host."""

import gzip
import re
from urllib.parse import urlparse

import pytest
import yaml

from tools.project import ROOT, SITE

PACKED = (".png", ".webp", ".woff2", ".jpg")


def toc_pages():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    return [f"{file}.html" for file in files]


PAGES = toc_pages()
LECTURES = [page for page in PAGES if page.startswith("notebooks/")]


# a lecture on a wide screen is looked at in test_live.py, before and while its demos run
LOOKS = [
    (page, width, theme)
    for page in PAGES
    for width in (1280, 390)
    for theme in ("light", "dark")
    if not (page in LECTURES and width == 1280)
]


@pytest.mark.parametrize(("page", "width", "theme"), LOOKS)
def test_a_page_is_accessible_and_fits(site, open_page, violations, page, theme, width):
    opened = open_page(f"{site}/{page}", width=width, theme=theme)
    assert opened.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(opened) == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light_before_any_demo_starts(site, browser, page):
    """At most 1 MB, text gzipped as a host sends it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    responses = []
    opened.on("response", lambda response: responses.append(response))
    opened.goto(f"{site}/{page}", wait_until="networkidle")
    sizes = {
        response.url: len(
            response.body() if urlparse(response.url).path.endswith(PACKED) else gzip.compress(response.body())
        )
        for response in responses
    }
    context.close()
    assert not [url for url in sizes if url.endswith((".wasm", ".onnx"))]
    assert sum(sizes.values()) <= 1_000_000, sorted(sizes.items(), key=lambda item: -item[1])[:5]


@pytest.mark.parametrize("page", PAGES)
def test_every_image_has_a_text_alternative_and_every_link_inside_leads_somewhere(page):
    html = (SITE / page).read_text(encoding="utf-8")
    for image in re.findall(r"<img[^>]*>", html):
        assert re.search(r'alt="[^"]{3,}"', image), image
        assert not re.search(r'alt="(\.\./)?_images', image), image
    folder = (SITE / page).parent
    for link in re.findall(r'(?:href|src)="([^"#?]+)', html):
        if not urlparse(link).scheme and not link.startswith("//"):
            assert (folder / link).exists(), f"{page} links to {link}, which is not there"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_another_host_to_load_from(page):
    html = (SITE / page).read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:script|img|iframe)[^>]*\bsrc="(https?:[^"]+)', html)
    loaded += re.findall(r'<link[^>]*rel="(?:stylesheet|preload|icon)"[^>]*href="(https?:[^"]+)', html)
    assert loaded == []
    assert "unpkg.com" not in html
    assert "cdn.jsdelivr" not in html


def test_the_root_leads_to_the_landing_page_which_is_alive(site, open_page):
    page = open_page(f"{site}/index.html")
    page.wait_for_url("**/book/index.html")
    demo = page.locator(".live-demo").first
    assert demo.get_attribute("data-state") == "idle"
    demo.get_by_role("button").first.press("Enter")
    page.wait_for_selector('.live-demo[data-state="ready"]', timeout=20_000)
    assert float(demo.get_attribute("data-reference-error")) <= 1e-4


def test_who_starts_a_demo_by_its_button_goes_on_with_its_first_control(site, open_page):
    page = open_page(f"{site}/book/index.html")
    page.get_by_role("button", name="Start the demo").click()
    page.wait_for_selector('.live-demo[data-state="ready"]', timeout=20_000)
    page.wait_for_function("document.activeElement.matches('.live-demo .live-pad')", timeout=2_000)


@pytest.mark.parametrize("page", LECTURES)
def test_code_is_shown_as_typed_and_88_characters_fit(site, open_page, page):
    opened = open_page(f"{site}/{page}")
    ligatures = "[...document.querySelectorAll('code, pre')].map(node => getComputedStyle(node).fontVariantLigatures)"
    assert set(opened.evaluate(ligatures)) == {"none"}
    block = opened.locator(".cell_input pre").first
    overflow = "(node, n) => { node.textContent = 'm'.repeat(n); return node.scrollWidth - node.clientWidth; }"
    assert block.evaluate(overflow, 88) <= 0
    assert block.evaluate(overflow, 200) > 0
    assert block.evaluate("node => getComputedStyle(node).scrollbarWidth") == "thin"


@pytest.mark.parametrize("page", LECTURES)
def test_nothing_floats_over_the_text_on_a_phone(site, open_page, page):
    opened = open_page(f"{site}/{page}", width=390)
    for distance in (6000, -500):  # a page scrolled back offers to go up
        opened.mouse.wheel(0, distance)
        opened.wait_for_timeout(300)
    assert not opened.locator("#pst-back-to-top").is_visible()


@pytest.mark.parametrize("page", LECTURES)
@pytest.mark.parametrize("width", [1280, 390])
def test_an_explored_figure_fills_its_box(site, open_page, page, width):
    opened = open_page(f"{site}/{page}", width=width)
    share = "box => box.querySelector('img').getBoundingClientRect().width / box.getBoundingClientRect().width"
    for figure in opened.locator(".explore").all():
        assert figure.evaluate(share) > 0.95


@pytest.mark.parametrize("page", LECTURES)
def test_figures_do_not_glare_on_a_dark_page(site, open_page, page):
    filters = "[...document.querySelectorAll('.cell_output img')].map(image => getComputedStyle(image).filter)"
    for theme, expected in [("light", r"none"), ("dark", r"brightness\(0\.[89]\d*\)")]:
        found = open_page(f"{site}/{page}", theme=theme).evaluate(filters)
        assert len(found) > 5
        assert all(re.fullmatch(expected, value) for value in found), set(found)


def test_search_finds_a_lecture_without_a_server(site, open_page):
    page = open_page(f"{site}/search.html?q=convolution")
    page.wait_for_selector("#search-results li")
    assert "convolution" in page.locator("#search-results").inner_text().lower()


@pytest.mark.parametrize("page", LECTURES)
def test_a_lecture_offers_binder_colab_its_source_and_its_deck(page):
    html = (SITE / page).read_text(encoding="utf-8")
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    stem = page.removesuffix(".html")
    path = url.removeprefix("https://github.com/")
    assert f"https://mybinder.org/v2/gh/{path}/main?urlpath=lab/tree/{stem}.ipynb" in html
    assert f"https://colab.research.google.com/github/{path}/blob/main/{stem}.ipynb" in html
    assert f"../slides/{stem.partition('/')[2]}.html" in html
