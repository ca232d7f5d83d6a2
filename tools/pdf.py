"""Print the built site: the whole book as one PDF, and each lecture alone.

    python -m tools.pdf [STEM ...]

With lectures' names, only these are printed. Chromium prints. To know on which pages the contents find the chapters, it
prints the book twice: the first time the contents have no numbers.
"""

import argparse
import io
import json
import re
import sys
import threading
import time
from contextlib import contextmanager
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from lxml import html
from lxml.html.builder import E
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from tools.chapters import bind, contents, read_chapter, smaller, table_of_contents, title_page
from tools.downloads import keep
from tools.environment import SetupError, find_browser
from tools.formulas import as_picture, typeset
from tools.project import SITE, StepError, address_of, choose_lectures, settings
from tools.serve import server

SHEET = Path(__file__).with_name("paper.css")
DOCUMENT = """<!doctype html>
<html lang="en" data-theme="light">
<meta charset="utf-8">
<title>@@TITLE@@</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="_static/fonts.css">
<link rel="stylesheet" href="_static/pygments.css">
<style>@@SHEET@@</style>
<body>
@@BODY@@
</body>
</html>
"""
READY = "Promise.allSettled([document.fonts.ready, ...[...document.images].map((i) => i.decode())])"
FILL = """(pages) => {
  for (const number of document.querySelectorAll(".number")) number.textContent = pages[number.dataset.of];
}"""
# chapters have their titles at the foot of their pages
FOOT = """#{key} {{ page: {key}; }}
@page {key} {{ @bottom-left {{ color: #515e6d; font: 8.5pt Inter, sans-serif; content: {title}; }} }}
"""


def document_of_book(pages):
    """Return the HTML of a book of the given pages, each the caption of its part and its name."""
    chapters = [read_chapter(name, part) for part, name in pages]
    bind(chapters)
    first, listed = title_page(), E.nav(E.h1("Contents"), contents(chapters))
    first.insert(0, E.img(src="_static/logo.svg", alt=""))
    listed.set("class", "contents")
    return document(settings()["title"], chapters, before=[first, listed])


def document_of_lecture(stem):
    """Return the HTML of one lecture; what it says of other pages leads to the web."""
    chapter = read_chapter(f"notebooks/{stem}")
    bind([chapter])
    address = address_of(f"{chapter.name}.html")
    from_book = E.p(settings()["title"], ": ", E.a(address, href=address))
    chapter.body.insert(0, from_book)
    return document(f"{chapter.title} – {settings()['title']}", [chapter])


def document(title, chapters, before=()):
    """Return the HTML of chapters that are bound, with room for the numbers of pages."""
    typeset([chapter.body for chapter in chapters], as_picture)
    parts = [*before, *(chapter.body for chapter in chapters)]
    for part in parts:
        for link in part.xpath("self::nav//a | .//p[@class='to-and-fro']/a"):
            number = E.span({"class": "number", "data-of": link.get("href")[1:]})
            link.append(number)
    feet = [FOOT.format(key=chapter.key, title=json.dumps(chapter.title, ensure_ascii=False)) for chapter in chapters]
    body = "\n".join(html.tostring(part, encoding="unicode", with_tail=False) for part in parts)
    filled = {
        "TITLE": escape(title),
        "SHEET": SHEET.read_text(encoding="utf-8") + "".join(feet),
        "BODY": body,
    }
    return re.sub("@@([A-Z]+)@@", lambda found: filled[found[1]], DOCUMENT)


@contextmanager
def printer(chromium, site=SITE):
    """Yield a function that makes a PDF of an HTML document, whose addresses begin at the site's root."""
    http = server(site)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    context = chromium.new_context()
    context.route(re.compile(r"\.(png|webp)$"), lambda route: send_smaller(route, site))
    try:
        yield lambda text: print_twice(context, f"http://127.0.0.1:{http.server_port}/paper.html", text)
    finally:
        context.close()
        http.shutdown()


def send_smaller(route, site):
    """Answer a request for a picture of the site with the picture as small as it can be."""
    path = site / urlsplit(route.request.url).path.lstrip("/")
    if not path.is_file():
        return route.continue_()  # the server says that it is missing
    content, kind = smaller(path)
    return route.fulfill(body=content, content_type=f"image/{kind}")


def print_twice(context, address, text):
    """Return a document as PDF: printed, the numbers of its pages filled in, and printed again.

    Raises
    ------
    StepError
        If something that the document needs does not come.
    """
    page, missing = context.new_page(), []
    page.set_default_timeout(0)
    page.on("requestfailed", lambda request: missing.append(request.url))
    page.on("response", lambda response: response.ok or missing.append(response.url))
    page.route(address, lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    page.goto(address)
    page.evaluate(READY)
    if missing:
        raise StepError(f"pdf: these did not come: {', '.join(missing)}; build the site again with: make book")
    page.evaluate(FILL, pages_of(to_pdf(page)))
    printed = to_pdf(page)
    page.close()
    return printed


def to_pdf(page):
    return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)


def pages_of(pdf):
    """Return the page on which each place of a PDF that is linked to begins: its id to a number from 1."""
    reader = PdfReader(io.BytesIO(pdf))
    found = reader.named_destinations.items()
    return {name.lstrip("/"): reader.get_destination_page_number(place) + 1 for name, place in found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("named", nargs="*", metavar="STEM", help="print only this lecture; the number is enough")
    named = parser.parse_args().named
    start = time.perf_counter()
    try:
        print_all(choose_lectures(named), with_book=not named)
    except (StepError, SetupError) as error:
        sys.exit(str(error))
    print(f"pdf: made in {time.perf_counter() - start:.0f} s")


def print_all(chosen, *, with_book):
    """Print the lectures with the given paths, and the book if asked for."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        with printer(chromium) as print_:
            for path in chosen:
                keep(f"{path.stem}.pdf", print_(document_of_lecture(path.stem)))
            if with_book:
                keep("book.pdf", print_(document_of_book(table_of_contents())))
        chromium.close()


if __name__ == "__main__":
    main()
