"""Every page: complete, quiet, light, accessible, and asking no other host; a lecture's demos and figures alive.

A page is visited twice, on a wide screen and on a phone, and each visit asks its questions one after the other: first
what must be so before anything is touched, at the end what changes the page.
"""

import gzip
import json
import re
import time
import zlib
from urllib.parse import urlparse

import pytest
import yaml

from tests.site.visit import choose_theme, has_model, new_violations, ready, start
from tools.project import EXECUTED, ROOT, SITE, words_of

PACKED = (".png", ".webp", ".woff2", ".jpg")
TOLERANCE = 1e-4


def toc_pages():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    sections = [section for chapter in chapters for section in chapter.get("sections", [])]
    return [f"{entry['file']}.html" for entry in ({"file": toc["root"]}, *chapters, *sections)]


PAGES = toc_pages()
LECTURES = [page for page in PAGES if page.startswith("notebooks/")]
REFERENCE = [page for page in PAGES if page.startswith("book/reference/")]
UNLIKE = [page for page in PAGES if page not in REFERENCE[2:]]  # the pages of the package are all made in one way
OTHERS = [page for page in UNLIKE if page not in LECTURES]


def demos(page):
    """The names of a lecture's demos, as its run published them; those without a model come first."""
    live = EXECUTED / page.removeprefix("notebooks/").removesuffix(".html") / "live"
    if not (live / "manifest.json").is_file():
        return []
    entries = json.loads((live / "manifest.json").read_text())
    models = {name: json.loads((live / entry["config"]).read_text())["models"] for name, entry in entries.items()}
    return sorted(models, key=lambda name: bool(models[name]))


# ---------------------------------------------------------------- visits


@pytest.mark.parametrize("page", OTHERS)
def test_a_page_on_a_wide_screen(site, open_page, ask, page):
    opened = open_page(f"{site}/{page}", width=1280)
    ask(a_page_is_light_before_any_demo_starts, opened)
    ask(a_page_is_accessible_and_fits, opened, theme="light", width=1280)
    ask(a_page_is_accessible_and_fits, opened, theme="dark", width=1280)


@pytest.mark.parametrize("page", LECTURES)
def test_a_lecture_on_a_wide_screen(site, open_page, ask, page):
    opened = open_page(f"{site}/{page}", width=1280)
    names = demos(page)
    ask(a_page_is_light_before_any_demo_starts, opened)
    ask(a_lecture_has_a_demo_and_an_explored_figure, opened, demos=names)
    ask(a_demo_waits_until_it_is_seen, opened, demos=names)
    ask(an_explored_figure_fills_its_box, opened)
    for theme in ("light", "dark"):
        ask(a_page_is_accessible_and_fits, opened, theme=theme, width=1280)
        ask(figures_do_not_glare_on_a_dark_page, opened, theme=theme)
    for name in names:
        ask(a_demo_is_ready_soon_and_agrees_with_pytorch, opened, demo=name)
    opened.wait_for_timeout(500)  # demos tell a screen reader what they show 400 ms after it changed
    for theme in ("dark", "light"):
        ask(a_lecture_is_accessible_and_fits_while_its_demos_run, opened, demos=names, theme=theme)
    ask(a_slider_changes_the_picture_by_keyboard, opened)
    ask(code_is_shown_as_typed_and_88_characters_fit, opened)


@pytest.mark.parametrize("page", UNLIKE)
def test_a_page_on_a_phone(site, open_page, ask, page):
    opened = open_page(f"{site}/{page}", width=390, theme="dark")
    ask(a_page_is_accessible_and_fits, opened, theme="dark", width=390)
    ask(a_page_is_accessible_and_fits, opened, theme="light", width=390)
    if page in LECTURES:
        ask(an_explored_figure_fills_its_box, opened)
        ask(nothing_floats_over_the_text_on_a_phone, opened)


# ---------------------------------------------------------------- questions to a page that nobody has touched


def a_page_is_light_before_any_demo_starts(opened):
    """At most 1 MB, text gzipped as a host sends it."""
    sizes = {
        answer.url: len(answer.body() if urlparse(answer.url).path.endswith(PACKED) else gzip.compress(answer.body()))
        for answer in opened.answers
    }
    assert not [url for url in sizes if url.endswith((".wasm", ".onnx"))]
    assert sum(sizes.values()) <= 1_000_000, sorted(sizes.items(), key=lambda item: -item[1])[:5]


def a_page_is_accessible_and_fits(opened, theme, width):
    choose_theme(opened, theme)
    assert new_violations(opened) == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"


def a_lecture_has_a_demo_and_an_explored_figure(opened, demos):
    assert opened.locator(".live-demo").count() >= 1
    assert opened.locator('.explore[data-state="ready"]').count() >= 1
    assert demos, "the lecture's run published no demo"


def a_demo_waits_until_it_is_seen(opened, demos):
    for name in demos:
        root = opened.locator(f"#demo-{name}")
        pictures = root.locator(".live-preview")
        assert [picture.is_visible() for picture in pictures.all()] == [True, False], "in the light, the light one"
        assert root.get_attribute("data-state") == "idle", name
        assert root.get_attribute("aria-label"), name
    assert heavy(opened.sent) == []


def heavy(addresses):
    """What computes a model, among what a page asked for."""
    return [url for url in addresses if url.endswith((".onnx", ".wasm"))]


def an_explored_figure_fills_its_box(opened):
    share = "box => box.querySelector('img').getBoundingClientRect().width / box.getBoundingClientRect().width"
    for figure in opened.locator(".explore").all():
        assert figure.evaluate(share) > 0.95


def figures_do_not_glare_on_a_dark_page(opened, theme):
    pictures = "[...document.querySelectorAll('.cell_output img:not(.live-preview)')]"
    expected = {"light": r"none", "dark": r"brightness\(0\.[89]\d*\)"}[theme]
    choose_theme(opened, theme)
    found = opened.evaluate(f"{pictures}.map((image) => getComputedStyle(image).filter)")
    assert len(found) > 5
    assert all(re.fullmatch(expected, value) for value in found), set(found)


# ---------------------------------------------------------------- questions that start demos or change the page


def a_demo_is_ready_soon_and_agrees_with_pytorch(opened, demo):
    """Demos without a model are asked first: until then nothing that computes a model may have been fetched."""
    root = opened.locator(f"#demo-{demo}")
    by_button = root.get_attribute("data-start") == "touch"
    opened.evaluate("document.activeElement.blur()")
    began = time.perf_counter()
    start(opened, demo)
    seconds = time.perf_counter() - began
    print(f"{demo}: ready in {seconds:.2f} s")
    assert seconds < 10, "far more than the 2 s that a quiet machine needs"
    if has_model(root):
        assert float(root.get_attribute("data-reference-error")) <= TOLERANCE
        assert [url for url in opened.sent if url.endswith(".wasm")]
        assert root.evaluate(OWN_MODEL) in opened.sent
    else:
        assert heavy(opened.sent) == []
    the_focus_is_inside_only_after_a_press(opened, root, by_button)


OWN_MODEL = """
async (node) => {
  const url = new URL(node.dataset.config, document.baseURI), config = await (await fetch(url)).json();
  return new URL(config.models[0].file, url).href;
}
"""


def the_focus_is_inside_only_after_a_press(opened, root, by_button):
    """Whoever pressed a demo's button goes on inside; whoever scrolls by is left alone."""
    if by_button:
        inside = "node => node.contains(document.activeElement)"
        opened.wait_for_function(inside, arg=root.element_handle(), timeout=2_000)
    else:
        opened.wait_for_timeout(200)
        assert opened.evaluate("document.activeElement === document.body")


def a_lecture_is_accessible_and_fits_while_its_demos_run(opened, demos, theme):
    assert opened.locator('.live-demo[data-state="ready"]').count() == len(demos) >= 1
    a_page_is_accessible_and_fits(opened, theme, 1280)


def a_slider_changes_the_picture_by_keyboard(opened):
    for figure in opened.locator(".explore").all():
        picture, status = figure.locator("img"), figure.locator(".explore-status")
        control = figure.locator("input[type=range], select").first
        control.focus()
        before, words = picture.get_attribute("src"), status.text_content()
        control.press("ArrowRight" if control.get_attribute("type") == "range" else "ArrowDown")
        other = "([node, before]) => node.getAttribute('src') !== before"
        opened.wait_for_function(other, arg=[picture.element_handle(), before])
        assert picture.evaluate("node => node.decode().then(() => node.naturalWidth)") > 50
        told = "([node, words]) => node.textContent !== words"
        opened.wait_for_function(told, arg=[status.element_handle(), words])
        assert picture.get_attribute("alt")


def code_is_shown_as_typed_and_88_characters_fit(opened):
    ligatures = "[...document.querySelectorAll('code, pre')].map(node => getComputedStyle(node).fontVariantLigatures)"
    assert set(opened.evaluate(ligatures)) == {"none"}
    block = opened.locator(".cell_input pre").first
    overflow = "(node, n) => { node.textContent = 'm'.repeat(n); return node.scrollWidth - node.clientWidth; }"
    assert block.evaluate(overflow, 88) <= 0
    assert block.evaluate(overflow, 200) > 0
    assert block.evaluate("node => getComputedStyle(node).scrollbarWidth") == "thin"


def nothing_floats_over_the_text_on_a_phone(opened):
    for distance in (6000, -500):  # a page scrolled back offers to go up
        before = opened.evaluate("scrollY")
        opened.mouse.wheel(0, distance)
        moved = "([before, way]) => way * (scrollY - before) > 400"
        opened.wait_for_function(moved, arg=[before, distance / abs(distance)])
        opened.wait_for_timeout(100)
    assert not opened.locator("#pst-back-to-top").is_visible()


# ---------------------------------------------------------------- what the pages' files say, without a browser


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


@pytest.mark.parametrize("page", PAGES)
def test_a_page_carries_no_words_of_other_pages_and_no_path_of_the_machine(page):
    html = (SITE / page).read_text(encoding="utf-8")
    assert str(ROOT) not in html
    assert "searchindex.js" not in html, "the index of all words belongs to the search's own page"
    assert "searchindex.js" in (SITE / "search.html").read_text(encoding="utf-8")


def test_the_search_knows_the_names_of_the_package_and_no_word_without_a_page():
    text = (SITE / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    named = {index["docnames"][page] for places in index["indexentries"].values() for page, *_ in places}
    assert {f"{page}.html" for page in named} >= set(REFERENCE) - {"book/reference/index.html"}
    assert not [word for words in (index["terms"], index["titleterms"]) for word, pages in words.items() if pages == []]


@pytest.mark.parametrize("page", [*PAGES, "search.html"])
def test_the_address_of_each_script_and_sheet_changes_with_its_content(page):
    path = SITE / page
    versions = dict(re.findall(r'(?:href|src)="([^"?]*_static/[^"?]+)\?v=(\w+)"', path.read_text(encoding="utf-8")))
    assert any(address.endswith("live-modules/host.js") for address in versions)
    assert versions == {address: f"{zlib.crc32((path.parent / address).read_bytes()):08x}" for address in versions}


@pytest.mark.parametrize("page", LECTURES)
def test_figures_are_numbered_by_lecture_and_the_text_refers_to_them_so(page):
    html = (SITE / page).read_text(encoding="utf-8")
    lecture = int(re.search(r"/(\d+)_", page)[1])
    captions = re.findall(r'class="caption-number">Figure ([\d.]+) ', html)
    assert captions == [f"{lecture}.{place}" for place in range(1, len(captions) + 1)] != []
    referred = re.findall(r'class="std std-numref">([^<]+)<', html)
    assert referred
    assert all(re.fullmatch(r"(Figure|Table) \d+\.\d+", words) for words in referred), referred


@pytest.mark.parametrize("page", LECTURES)
def test_a_lecture_offers_binder_colab_its_source_and_its_deck(page):
    html = (SITE / page).read_text(encoding="utf-8")
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    stem = page.removesuffix(".html")
    path = url.removeprefix("https://github.com/")
    assert f"https://mybinder.org/v2/gh/{path}/launch?urlpath=lab/tree/{stem}.ipynb" in html
    assert f"https://colab.research.google.com/github/{path}/blob/launch/{stem}.ipynb" in html
    assert html.count("fa-rocket") == 1
    assert f"../slides/{stem.partition('/')[2]}.html" in html


NAMED = re.compile(r"`(utils(?:\.\w+)+)(?:\(\))?`")
LINKED = re.compile(r'<a [^>]*href="([^"]+)"[^>]*><code[^>]*><span class="pre">(utils(?:\.\w+)+)(?:\(\))?</span>')


@pytest.mark.parametrize("page", LECTURES)
def test_a_name_of_the_package_leads_to_its_documentation(page):
    html = (SITE / page).read_text(encoding="utf-8")
    named = set(NAMED.findall(words_of(ROOT / page.replace(".html", ".ipynb"))))
    linked = {name: href for href, name in LINKED.findall(html)}
    assert set(linked) == {name for name in named if not name.startswith("utils.checks")}
    for name, href in linked.items():
        file, _, anchor = href.partition("#")
        there = ((SITE / page).parent / file).read_text(encoding="utf-8")
        assert f'id="{anchor}"' in there, name
        assert anchor.rpartition(".")[2] == name.rpartition(".")[2], "a name leads to itself, wherever it is defined"


# ---------------------------------------------------------------- the landing page and the search


def test_the_root_leads_to_the_landing_page_which_is_alive(site, open_page):
    page = open_page(f"{site}/index.html")
    page.wait_for_url("**/book/index.html")
    demo = page.locator(".live-demo").first
    assert demo.get_attribute("data-state") == "idle"
    demo.get_by_role("button").first.press("Enter")
    ready(page, ".live-demo", limit=20_000)
    assert float(demo.get_attribute("data-reference-error")) <= TOLERANCE


def test_who_starts_a_demo_by_its_button_goes_on_with_its_first_control(site, open_page):
    page = open_page(f"{site}/book/index.html")
    page.get_by_role("button", name="Start the demo").click()
    ready(page, ".live-demo", limit=20_000)
    page.wait_for_function("document.activeElement.matches('.live-demo .live-pad')", timeout=2_000)


def test_search_finds_a_lecture_without_a_server(site, open_page):
    page = open_page(f"{site}/search.html?q=convolution")
    page.wait_for_selector("#search-results li")
    assert "convolution" in page.locator("#search-results").inner_text().lower()
