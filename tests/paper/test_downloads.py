"""What was made is offered on the site; what was not made is not."""

import re
import shutil

import pytest

from tests.site.visit import violations
from tools.downloads import AMONG_DOWNLOADS, LANDING, landing_links, lecture_links, offer, with_links, without_links
from tools.project import SITE, StepError

LECTURE = "08_convolutional_networks"
MADE = {"book.pdf": 26_000_000, "book.epub": 9_400_000, "site.zip": 116_000_000, f"{LECTURE}.pdf": 2_000_000}


@pytest.fixture
def small_site(tmp_path):
    """A site of two pages, and the folder of what was made for it."""
    made, site = tmp_path / "made", tmp_path / "site"
    made.mkdir()
    for page in ("book/index.html", f"notebooks/{LECTURE}.html"):
        (site / page).parent.mkdir(parents=True)
        shutil.copy(SITE / page, site / page)
        (site / page).write_text(without_links((site / page).read_text(encoding="utf-8")), encoding="utf-8")
    return site, made


def links_to_downloads(site):
    """Return the links of all pages to downloads, and fail if one leads nowhere."""
    found = []
    for page in sorted(site.rglob("*.html")):
        for link in re.findall(r'href="(\.\./downloads/[^"]*)"', page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), link
            found.append(f"{page.stem} {link.rpartition('/')[2]}")
    return found


def test_each_file_that_was_made_is_linked_and_no_other(small_site):
    site, made = small_site
    offer(made, site)
    assert links_to_downloads(site) == []
    (made / "book.pdf").write_bytes(b"%PDF")
    offer(made, site)
    assert links_to_downloads(site) == ["index book.pdf"]
    for name in MADE:
        (made / name).write_bytes(b"made")
    for _ in range(2):  # again changes nothing
        offer(made, site)
        assert links_to_downloads(site) == [
            "index book.pdf",
            "index book.epub",
            "index site.zip",
            f"{LECTURE} {LECTURE}.pdf",
        ]
    (made / "book.epub").unlink()
    offer(made, site)
    assert "index book.epub" not in links_to_downloads(site)
    assert not (site / "downloads/book.epub").exists()


def test_without_its_links_a_page_is_what_it_was(small_site):
    site, made = small_site
    before = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    for name in MADE:
        (made / name).write_bytes(b"made")
    offer(made, site)
    assert {page: without_links(page.read_text(encoding="utf-8")) for page in before} == before
    assert {page: page.read_text(encoding="utf-8") for page in before} != before


def test_without_a_site_or_a_place_for_the_links_it_says_what_to_do(tmp_path):
    with pytest.raises(StepError, match="make book"):
        offer(tmp_path, tmp_path)
    with pytest.raises(StepError, match="make book"):
        with_links("<html></html>", LANDING, ["<a>"])


@pytest.mark.parametrize(
    "name, where, links",
    [
        ("book/index.html", LANDING, landing_links(MADE)),
        (f"notebooks/{LECTURE}.html", AMONG_DOWNLOADS, lecture_links(LECTURE, MADE)),
    ],
)
def test_the_links_are_seen_and_accessible(name, where, links, site, visits):
    visited = visits()
    page = visited.browser.new_page()
    text = with_links((SITE / name).read_text(encoding="utf-8"), where, links)
    page.route(f"**/{name}", lambda route: route.fulfill(body=text, content_type="text/html"))
    page.goto(f"{site}/{name}")
    if "notebooks/" in name:
        page.get_by_role("button", name="Download this page").click()
    offered = page.locator("a[href*='downloads/']")
    assert offered.count() == len(links)
    assert all(link.is_visible() for link in offered.all())
    page.locator(".live-demo").evaluate_all("demos => demos.forEach((demo) => demo.remove())")
    assert violations(page) == []
    page.context.close()
