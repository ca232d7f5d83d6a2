"""Sphinx extension: mend in the written HTML what the theme leaves inaccessible.

Each entry of `MENDED` names the rule of axe-core that it satisfies.
"""

import re
from pathlib import Path

from PIL import Image

MENDED = [
    # region: the sidebar's logo and search button belong to a landmark
    (
        r'<div id="pst-primary-sidebar" class="',
        '<div id="pst-primary-sidebar" role="navigation" aria-label="Book" class="',
    ),
    # label-content-name-mismatch: the button's own text, and its shortcut, are its name
    (r'(<button class="btn search-button-field[^>]*?) aria-label="Search"', r"\1"),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # aria-allowed-role, aria-deprecated-role, aria-required-children: an entry is an item of its list
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # empty-table-header: a corner without words is no header
    (r'<th class="head( [\w-]+)?">(?:<p>\s*</p>)?</th>', r'<td class="corner\1"></td>'),
]
FIGURE = re.compile(r'<img (?P<about>[^>]*?)src="(?P<source>[^"]*/_images/[^"]+)"(?P<rest>[^>]*?)/?>')
MATHJAX = re.compile(r"\s*<script>window\.MathJax = .*?</script>|\s*<script[^>]*/mathjax/[^>]*></script>")


def mend(text, page):
    """Return a page's HTML, mended.

    Parameters
    ----------
    text : str
    page : Path
        Where it lies, from which its images are found.
    """
    for pattern, replacement in MENDED:
        text = re.sub(pattern, replacement, text)
    if 'class="math' not in text:  # a quarter of a megabyte that such a page does not need
        text = MATHJAX.sub("", text)
    return FIGURE.sub(lambda match: _figure(match, page.parent), text)


def _figure(match, folder):
    """Keep a figure's place free until it is loaded, so that nothing below it jumps."""
    if "width=" in match[0]:
        return match[0]
    with Image.open(folder / match["source"]) as image:
        width, height = image.size
    return f'<img {match["about"]}src="{match["source"]}" width="{width}" height="{height}"{match["rest"]}/>'


def mend_pages(app, exception):
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        mended = mend(text, page)
        if mended != text:
            page.write_text(mended, encoding="utf-8")


def setup(app):
    app.connect("build-finished", mend_pages, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
