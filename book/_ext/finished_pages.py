"""Sphinx extension: finish the written pages, so that they are accessible and load quickly.

Each page is read and written once. Each entry of `MENDED` names the rule of axe-core that it satisfies. Pictures wait
until they are near the screen. Of the icon fonts, the site serves the icons that its pages show. The address of each
script and sheet carries its checksum, also on the pages that were not written again when it changed.
"""

import re
import zlib
from functools import cache
from pathlib import Path

from fontTools import subset
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
    # summary-name: what opens the pages inside a page of the table of contents
    (r'<summary><span class="toctree-toggle"', '<summary aria-label="Pages inside"><span class="toctree-toggle"'),
    # aria-allowed-role, aria-deprecated-role, aria-required-children: an entry is an item of its list
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # empty-table-header: a corner without words is no header
    (r'<th class="head( [\w-]+)?">(?:<p>\s*</p>)?</th>', r'<td class="corner\1"></td>'),
]
FIGURE = re.compile(r'<img (?P<about>[^>]*?)src="(?P<source>[^"]*/_images/[^"]+)"(?P<rest>[^>]*?)/?>')
MATHJAX = re.compile(r"\s*<script>window\.MathJax = .*?</script>|\s*<script[^>]*/mathjax/[^>]*></script>")
ASSET = re.compile(r'(?P<start>(?:href|src)="(?P<address>[^"?:]*_static/[^"?:]+\.(?:css|js)))(?:\?v=[0-9a-f]+)?"')
LAZY = re.compile(r"<img (?![^>]*\bloading=)")
ICON = re.compile(r"\bfa-[a-z0-9-]+")
CODE = re.compile(r"\"\\([0-9a-f]{4})\"")
FONTS = ("fa-solid-900", "fa-brands-400", "fa-regular-400")


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
    text = FIGURE.sub(lambda match: _figure(match, page.parent), text)
    text = ASSET.sub(lambda match: f'{match["start"]}?v={checksum(page.parent / match["address"])}"', text)
    return LAZY.sub('<img loading="lazy" ', text)


@cache
def checksum(path):
    """Return what changes with the content of a file."""
    return f"{zlib.crc32(path.read_bytes()):08x}"


def _figure(match, folder):
    """Keep a figure's place free until it is loaded, so that nothing below it jumps."""
    if "width=" in match[0]:
        return match[0]
    with Image.open(folder / match["source"]) as image:
        width, height = image.size
    return f'<img {match["about"]}src="{match["source"]}" width="{width}" height="{height}"{match["rest"]}/>'


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    used = set()
    for page in sorted(out.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        used |= set(ICON.findall(text))
        mended = mend(text, page)
        if mended != text:
            page.write_text(mended, encoding="utf-8")
    # the theme's script draws the same icons again, as SVG, at half a megabyte
    (out / "_static" / "scripts" / "fontawesome.js").write_text("", encoding="utf-8")
    keep = icon_codes(out / "_static", used)
    for name in FONTS:
        shrink(out / "_static" / "vendor" / "fontawesome" / "webfonts" / f"{name}.woff2", keep)


def icon_codes(static, used):
    """Return the code points of the icons in `used`, and of those that style sheets insert themselves."""
    codes = set()
    for sheet in [*static.glob("*.css"), *(static / "styles").glob("*.css")]:
        for rule in sheet.read_text(encoding="utf-8").split("}"):
            selector, _, body = rule.rpartition("{")
            icons = set(ICON.findall(selector))
            if not icons or icons & used:
                codes |= {int(code, 16) for code in CODE.findall(body)}
    return codes


def shrink(font, codes):
    """Leave only the given code points in a font file."""
    options = subset.Options(flavor="woff2", notdef_outline=True)
    loaded = subset.load_font(font, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(loaded)
    subset.save_font(loaded, font, options)


def setup(app):
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
