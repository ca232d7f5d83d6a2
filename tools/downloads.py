"""Offer on the built site what `make pdf`, `make epub` and `make offline` have made.

    python -m tools.downloads

The files are copied into the site, and links to those that are there are written into its pages: into the landing page,
and for each lecture its own PDF among its downloads. A site without the files has no such links.
"""

import re
import shutil
import sys

from tools.project import BUILD, SITE, StepError, write_atomically
from utils.storage import write_whole

PAPER = BUILD / "paper"
OFFERED = {
    "book.pdf": "The book as PDF",
    "book.epub": "The book as e-book (EPUB)",
    "site.zip": "This site, to read offline (ZIP)",
}
LINKS = re.compile("<!-- downloads -->.*?<!-- /downloads -->", re.DOTALL)
LANDING = re.compile(r'(<p class="hero-actions downloads">)')
AMONG_DOWNLOADS = re.compile(r'(dropdown-download-buttons">.*?<ul class="dropdown-menu">)', re.DOTALL)


def keep(name, content):
    """Write a file that is to be offered, and say so."""
    PAPER.mkdir(parents=True, exist_ok=True)
    write_whole(PAPER / name, content)
    print(f"downloads: {name}, {len(content) / 1e6:.1f} MB, is in {PAPER}", flush=True)


def without_links(text):
    """Return the HTML of a page without the links that were written into it."""
    return LINKS.sub("", text)


def with_links(text, where, links):
    """Return the HTML of a page with links at the end of what `where` finds.

    Raises
    ------
    StepError
        If the page has no such place.
    """
    written = f"<!-- downloads -->{''.join(links)}<!-- /downloads -->" if links else ""
    linked, places = where.subn(lambda found: found[1] + written, without_links(text), count=1)
    if not places:
        raise StepError("downloads: a page has no place for its links; build the site again with: make book")
    return linked


def landing_links(sizes):
    """Return the links of the landing page to the files that are there: `sizes` has their sizes by name."""
    return [
        f'<a class="book-button quiet" href="../downloads/{name}">{words}, {sizes[name] / 1e6:.0f} MB</a>'
        for name, words in OFFERED.items()
        if name in sizes
    ]


def lecture_links(stem, names):
    """Return the link to the PDF of a lecture if that is there, as an entry of the theme's menu."""
    if f"{stem}.pdf" not in names:
        return []
    icon = '<span class="btn__icon-container"><i class="fas fa-file-pdf"></i></span>'
    words = '<span class="btn__text-container">PDF, with solutions</span>'
    place = f'href="../downloads/{stem}.pdf" title="This lecture as PDF"'
    return [f'<li><a {place} class="btn btn-sm dropdown-item">{icon}{words}</a></li>']


def offer(made, site):
    """Copy the files of the folder `made` into the site, and link to them."""
    landing = site / "book" / "index.html"
    if not landing.is_file():
        raise StepError("downloads: there is no site yet; build it with: make book")
    folder = site / "downloads"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    files = sorted(made.glob("*.*"))
    for path in files:
        shutil.copy(path, folder)
    sizes = {path.name: path.stat().st_size for path in files}
    pages = {landing: (LANDING, landing_links(sizes))}
    for page in sorted((site / "notebooks").glob("*.html")):
        pages[page] = (AMONG_DOWNLOADS, lecture_links(page.stem, sizes))
    for page, (where, links) in pages.items():
        write_atomically(page, with_links(page.read_text(encoding="utf-8"), where, links))
    return list(sizes)


def main():
    try:
        names = offer(PAPER, SITE)
    except StepError as error:
        sys.exit(str(error))
    print(f"downloads: {', '.join(names) or 'nothing was made yet: make pdf epub offline'}, in {SITE / 'downloads'}")


if __name__ == "__main__":
    main()
