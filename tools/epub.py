"""Make an e-book of the built site: EPUB 3, with MathML and without scripts.

python -m tools.epub
"""

import io
import re
import sys
import uuid
import zipfile
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from lxml import etree
from lxml.html.builder import E

from tools.chapters import bind, contents, read_chapter, smaller, table_of_contents, title_page
from tools.downloads import keep
from tools.formulas import as_mathml, typeset
from tools.project import SITE, StepError, address_of, settings

SHEET = Path(__file__).with_name("paper.css")
LIGHT = re.compile(r'^html\[data-theme="light"\] (\.highlight .*)$', re.MULTILINE)
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>
<body{kind}>{body}</body>
</html>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>en</dc:language>
<dc:rights>Text CC BY 4.0, code MIT</dc:rights>
<dc:source>{address}</dc:source>
<meta property="dcterms:modified">{now}</meta>
{accessibility}
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""
ACCESSIBILITY = [
    ("accessMode", "textual"),
    ("accessMode", "visual"),
    ("accessModeSufficient", "textual,visual"),
    ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"),
    ("accessibilityFeature", "MathML"),
    ("accessibilityFeature", "readingOrder"),
    ("accessibilityFeature", "structuralNavigation"),
    ("accessibilityFeature", "tableOfContents"),
    ("accessibilityFeature", "displayTransformability"),
    ("accessibilityHazard", "none"),
    (
        "accessibilitySummary",
        "Every picture has a text alternative and every formula is MathML. Live demos are pictures with the address of "
        "the web page where they run.",
    ),
]


def make_book(pages, *, site=SITE):
    """Return the e-book of the given pages, each the caption of its part and its name."""
    chapters = [read_chapter(name, part, site=site) for part, name in pages]
    bind(chapters, address=lambda key, anchor: f"{key}.xhtml#{anchor}")
    listed = contents(chapters)
    typeset([chapter.body for chapter in chapters], as_mathml)
    pictures = take_pictures(chapters, site)
    files = {
        "style.css": style(site).encode(),
        "cover.jpeg": cover(),
        "cover.xhtml": page(settings()["title"], E.p(E.img(src="cover.jpeg", alt=f"Cover: {settings()['title']}"))),
        "title.xhtml": page(settings()["title"], title_page()),
        "contents.xhtml": page_of_contents(listed),
        **{f"{chapter.key}.xhtml": page(chapter.title, chapter.body) for chapter in chapters},
        **pictures,
    }
    files["package.opf"] = package(files)
    return pack(files)


def take_pictures(chapters, site):
    """Return the pictures that chapters show, name to content, and let the chapters name them so."""
    pictures = {}
    for chapter in chapters:
        for picture in chapter.body.iter("img"):
            source = site / picture.get("src")
            content, kind = smaller(source)
            name = f"pictures/{source.stem}.{kind}"
            pictures[name] = content
            picture.set("src", name)
    return pictures


def style(site):
    """Return the style sheet: that of paper, and the colours of code."""
    coloured = LIGHT.findall((site / "_static" / "pygments.css").read_text(encoding="utf-8"))
    on_screen = SHEET.read_text(encoding="utf-8").partition("/* ---- paper ---- */")[0]
    return "\n".join([on_screen, *coloured])


def page(title, body, kind=""):
    """Return an XHTML page."""
    text = etree.tostring(body, encoding="unicode", with_tail=False)
    return PAGE.format(title=escape(title), body=text, kind=kind).encode()


def page_of_contents(listed):
    """Return the navigation document, which is the page of contents, too."""
    for link in listed.iter("a"):
        anchor = link.get("href")[1:]
        link.set("href", f"{anchor.partition('--')[0]}.xhtml#{anchor}")
    navigation = E.nav(E.h1("Contents"), listed, role="doc-toc")
    navigation.set("class", "contents")
    text = page("Contents", navigation).decode()
    return text.replace("<nav ", '<nav epub:type="toc" ').encode()


def cover():
    """Return the picture for the cover: the title, and the logo's window on a grid of pixels."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 9), dpi=200, facecolor="#14202e")
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.5), aspect="equal")
    shades = [[(3 * row + 5 * column) % 7 / 6 for column in range(6)] for row in range(6)]
    axes.pcolormesh(shades, cmap="Blues", edgecolors="#14202e", linewidth=6)
    axes.add_patch(matplotlib.patches.Rectangle((2, 1), 3, 3, fill=False, edgecolor="#e8590c", linewidth=10))
    axes.axis("off")
    figure.text(
        0.1, 0.9, settings()["title"].replace(" for ", "\nfor "), color="white", size=25, weight="bold", va="top"
    )
    figure.text(0.1, 0.71, f"Lecture notes of the course GNR-638\n{settings()['author']}", color="#b9d3ee", size=14)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg")
    return buffer.getvalue()


def package(files):
    """Return the package document, which lists the other files and their order."""
    types = {"xhtml": "application/xhtml+xml", "css": "text/css", "png": "image/png", "jpeg": "image/jpeg"}
    manifest, spine = [], []
    for number, (name, content) in enumerate(files.items()):
        kind = types[name.rpartition(".")[2]]
        properties = {"cover.jpeg": "cover-image", "contents.xhtml": "nav"}.get(name, "")
        if kind == types["xhtml"]:
            spine.append(f'<itemref idref="f{number}"/>')
            properties = properties or ("mathml" if b"<math " in content else "")
        with_properties = f' properties="{properties}"' if properties else ""
        manifest.append(f'<item id="f{number}" href="{name}" media-type="{kind}"{with_properties}/>')
    address = address_of("book/index.html")
    filled = {
        "identifier": uuid.uuid5(uuid.NAMESPACE_URL, address),
        "title": escape(settings()["title"]),
        "author": escape(settings()["author"]),
        "address": address,
        "now": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "accessibility": "\n".join(f'<meta property="schema:{name}">{told}</meta>' for name, told in ACCESSIBILITY),
        "manifest": "\n".join(manifest),
        "spine": "\n".join(spine),
    }
    return PACKAGE.format(**filled).encode()


def pack(files):
    """Return the files as one EPUB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        packed.writestr("META-INF/container.xml", CONTAINER)
        for name, content in files.items():
            packed.writestr(f"book/{name}", content)
    return buffer.getvalue()


def main():
    try:
        keep("book.epub", make_book(table_of_contents()))
    except StepError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
