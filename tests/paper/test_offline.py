"""The ZIP, unpacked and served as its README says: pages and demos work, and nothing is missing."""

import re
import subprocess
import sys
import zipfile

import pytest

from tests.site.visit import start
from tools.offline import TOP, files_to_read, pack
from tools.project import SITE, StepError

PAGE = "notebooks/08_convolutional_networks.html"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder that unpacking makes."""
    folder = tmp_path_factory.mktemp("offline")
    path = folder / "site.zip"
    path.write_bytes(pack(SITE))
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder)
    return folder / TOP


@pytest.fixture(scope="module")
def served(unpacked):
    """Its address, served by the command that its README states, but for the port."""
    told = re.search(r"python3 (-m http\.server .*)", (unpacked / "README.txt").read_text(encoding="utf-8"))[1]
    command = [sys.executable, "-u", *told.split(), "0"]
    child = subprocess.Popen(command, cwd=unpacked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
    yield re.search(r"http://[\d.:]+", child.stdout.readline())[0]
    child.terminate()
    child.wait()


def test_a_demo_starts_and_no_request_fails(served, open_page):
    page = open_page(f"{served}/{PAGE}")
    start(page, "digits-feature-maps")
    assert [answer.url for answer in page.answers if not answer.ok] == []


def test_it_begins_with_the_landing_page(served, open_page):
    page = open_page(f"{served}/")
    assert page.url.endswith("/book/index.html")
    assert page.locator(".bd-article h1").inner_text().startswith("Deep learning")


def test_opened_as_a_file_it_can_be_read_and_its_figures_explored(unpacked, browser):
    page = browser.new_context().new_page()
    page.goto((unpacked / "site" / PAGE).as_uri())
    explored = page.locator(".explore").first
    explored.scroll_into_view_if_needed()
    before = explored.locator("img").get_attribute("src")
    explored.locator("input[type=range]").first.press("ArrowRight")
    page.wait_for_function(
        "([node, before]) => node.src !== before", arg=[explored.locator("img").element_handle(), before]
    )
    assert explored.locator("img").evaluate("node => node.decode().then(() => node.naturalWidth)") > 50
    page.context.close()


def test_all_that_its_pages_name_is_there_and_nothing_else_of_that_kind(unpacked):
    site, named = unpacked / "site", set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:src|href|data-config)="([^"#?]+)', text):
            if not re.match(r"\w+:|//", link):
                named.add((page.parent / link).resolve())
    missing = sorted(path for path in named if not path.exists())
    assert missing == []
    there = set((site / "_images").iterdir())
    assert there <= named


def test_what_no_reader_needs_stays_out():
    names = files_to_read(SITE)
    assert not [name for name in names if name.startswith((".", "downloads/")) or name.endswith((".map", ".inv"))]
    assert {"index.html", PAGE, "_static/live-modules/host.js", "searchindex.js"} <= set(names)


def test_without_a_site_it_says_how_to_build_one(tmp_path):
    with pytest.raises(StepError, match="make book"):
        pack(tmp_path)
