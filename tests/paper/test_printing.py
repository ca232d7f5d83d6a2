"""Printing a page from the browser: the reader chooses whether the solutions come along, and paper is white."""

import io

import pytest
from pypdf import PdfReader

from tests.site.visit import choose_theme

PAGE = "notebooks/16_recurrent_networks.html"
SOLUTION = 'assert check("recurrent-clip", my_clip)'
# what would be printed is noted instead; the browser would ask for a printer
NOTE = """() => {
  window.unfolded = () => [...document.querySelectorAll(".tag_solution details")].map((one) => one.open);
  window.print = () => { window.printed = window.unfolded(); dispatchEvent(new Event("afterprint")); };
}"""


def words(page):
    return " ".join(part.extract_text() for part in PdfReader(io.BytesIO(page.pdf())).pages)


@pytest.mark.parametrize("wanted, name", [(True, "Print with solutions"), (False, "Print without solutions")])
def test_a_button_prints_with_or_without_solutions_and_leaves_them_as_they_were(wanted, name, site, open_page):
    page = open_page(f"{site}/{PAGE}")
    page.evaluate(NOTE)
    page.locator(".tag_solution summary").nth(1).click()
    before = page.evaluate("window.unfolded()")
    assert before.count(True) == 1
    page.get_by_role("button", name="Download this page").press("Enter")
    button = page.get_by_role("button", name=name)
    for _ in range(6):
        page.keyboard.press("ArrowDown")
        if button.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    assert page.evaluate("printed") == [wanted] * len(before)
    assert page.evaluate("window.unfolded()") == before


def test_by_the_browsers_own_menu_what_is_open_is_printed_and_the_rest_is_not(site, open_page):
    page = open_page(f"{site}/{PAGE}")
    assert "my_clip)" not in words(page).replace('check("recurrent-clip", my_clip);', "")
    solution = page.locator(".tag_solution", has_text="my_clip").locator("summary")
    solution.click()
    assert SOLUTION in words(page)


def test_a_dark_page_is_printed_dark_on_white(site, open_page):
    page = open_page(f"{site}/{PAGE}", theme="dark")
    choose_theme(page, "dark")
    page.evaluate(
        "() => addEventListener('beforeprint', () => { window.onPaper = document.documentElement.dataset.theme; })"
    )
    page.pdf()
    assert page.evaluate("onPaper") == "light"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_other_pages_have_the_themes_own_button(site, open_page):
    page = open_page(f"{site}/book/notation.html")
    page.get_by_role("button", name="Download this page").click()
    assert page.get_by_role("button", name=".pdf").is_visible()
    assert page.get_by_role("button", name="Print with solutions").count() == 0
