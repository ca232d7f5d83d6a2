"""Sphinx extension: pages that load quickly.

Pictures wait until they are near the screen. Of the icon fonts, the site serves the icons that its pages show.
"""

import re
from pathlib import Path

from fontTools import subset

ICON = re.compile(r"\bfa-[a-z0-9-]+")
CODE = re.compile(r"\"\\([0-9a-f]{4})\"")
FONTS = ("fa-solid-900", "fa-brands-400", "fa-regular-400")


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = sorted(out.rglob("*.html"))
    used = set()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        used |= set(ICON.findall(text))
        lazy = re.sub(r"<img (?![^>]*\bloading=)", '<img loading="lazy" ', text)
        if lazy != text:
            page.write_text(lazy, encoding="utf-8")
    # the theme's script draws the same icons again, as SVG, at half a megabyte
    (out / "_static" / "scripts" / "fontawesome.js").write_text("")
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
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
