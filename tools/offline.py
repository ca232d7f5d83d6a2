"""Pack the built site into one ZIP, to unpack and read without a network.

python -m tools.offline
"""

import io
import re
import sys
import zipfile

from tools.downloads import keep, without_links
from tools.project import SITE, StepError, address_of, settings

TOP = "image-analysis-book"  # the folder that unpacking makes
UNREAD = re.compile(r"(^|/)\.|\.map$|^objects\.inv$|^downloads/|^_static/(sbt-)?webpack-macros\.html$")
# files named by their contents, of which earlier builds may have left some
NAMED = ("_images/", "_static/live/", "_static/previews/")
PACKED = (".png", ".webp", ".woff2")  # would not become smaller
NAME = re.compile(r"[\w-]+\.(?:png|webp|json|onnx|bin)")
README = """{title}: the website, to read without a network

1. Unpack the ZIP, and open a terminal in the folder that has this file.

2. Serve the folder "site" to yourself:

   macOS, Linux:  python3 -m http.server --bind 127.0.0.1 -d site
   Windows:       py -m http.server --bind 127.0.0.1 -d site

3. Open http://127.0.0.1:8000/ in a browser. Ctrl+C in the terminal ends it.

It has to be served: a browser does not let a page that was opened as a file load a model. What needs no model works
there, too: open site/book/index.html.

Online: {address}
Text CC BY 4.0, code MIT.
"""


def files_to_read(site):
    """Return the files that a reader needs, in order: paths in the site."""
    files = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    files = [name for name in files if not UNREAD.search(name)]
    named = set()
    for name in files:
        if name.endswith(".html"):
            named |= names_in(site / name)
    for settings_of_demo in [name for name in named if name.endswith(".json")]:
        named |= names_in(site / "_static" / "live" / settings_of_demo)
    return [name for name in files if not name.startswith(NAMED) or name.rpartition("/")[2] in named]


def names_in(path):
    """Return the names of pictures, settings and models that a file mentions."""
    return set(NAME.findall(path.read_text(encoding="utf-8"))) if path.is_file() else set()


def pack(site):
    """Return the ZIP of a site, the same for the same site.

    Raises
    ------
    StepError
        If there is no site.
    """
    if not (site / "index.html").is_file():
        raise StepError("offline: there is no site yet; build it with: make book")
    readme = README.format(title=settings()["title"], address=address_of("book/index.html"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo(f"{TOP}/README.txt"), readme.replace("\n", "\r\n"))
        for name in files_to_read(site):
            entry = zipfile.ZipInfo(f"{TOP}/site/{name}")  # its date is always the same
            method = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            packed.writestr(entry, content_of(site / name), method)
    return buffer.getvalue()


def content_of(path):
    """Return what a file has for a reader; the links to downloads stay out, as these do."""
    if path.suffix == ".html":
        return without_links(path.read_text(encoding="utf-8")).encode()
    return path.read_bytes()


def main():
    try:
        keep("site.zip", pack(SITE))
    except StepError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
