"""Give each demo of the site a picture of itself, for the time before it is started, and for paper.

The picture is taken in a browser, light and dark, from the pages that are about to be published. It is kept in the
store under all that can change it: the demo's settings and models, whose names are made from their contents, the
modules and the sheet of its own, what all share, the browser; so a change of one demo takes its pages' pictures again.
Where no Chromium is found, the demos have their words only.
"""

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tools.content_key import file_digest
from tools.environment import SetupError, browser_version, find_browser
from tools.project import StepError
from tools.serve import server
from tools.store import Store, note_use

THEMES = ("light", "dark")
DEMO = re.compile(
    r'<div [^>]*class="live-demo" data-demo="(?P<name>\w+)"[^>]* id="demo-(?P<id>[\w-]+)"'
    r'[^>]* data-config="(?P<config>[^"]+)"[^>]*>\n'
)
ALT = re.compile(r'aria-label="([^"]*)"')
UNCOVERED = ".bd-header, .bd-header-article, .skip-link { display: none !important; }"  # what floats over a page
SETTLE_MS = 1000


def add_previews(site, *, store=None):
    """Take the pictures that are not kept, and put all of them into the pages of the site in the folder `site`.

    Raises
    ------
    StepError
        If a demo does not start.
    """
    try:
        browser = find_browser()
    except SetupError:
        print("site: no Chromium was found, so the demos get no picture of themselves", flush=True)
        return
    store, folder = store or Store.default(), site / "_static" / "previews"
    folder.mkdir(parents=True)
    common = common_facts(site)
    http = server(site)
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()  # stops at once

    def preview(page):
        take_or_fetch(page, f"http://127.0.0.1:{http.server_port}/notebooks/{page.name}", site, browser, common, store)

    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(preview, sorted((site / "notebooks").glob("*.html"))))
    finally:
        http.shutdown()
    for page in sorted(site.glob("*/*.html")):
        text = page.read_text(encoding="utf-8")
        shown = DEMO.sub(lambda match: match[0] + pictures(match["id"], ALT.search(match[0])[1], folder), text)
        if shown != text:
            page.write_text(shown, encoding="utf-8")


def common_facts(site):
    """Return what every picture depends on: what starts the demos, the page's styles, the browser, this code."""
    modules = [site / "_static/live-modules" / name for name in ("host.js", "base.css")]
    files = [*modules, *sorted((site / "_static").glob("*.css")), Path(__file__)]
    return [[path.name, file_digest(path)] for path in files] + [browser_version()]


def facts_of(found, site):
    """Return what one demo's pictures depend on besides: its settings and models, its modules, its sheet."""
    demo = site / "_static/live-modules/demos" / found["name"]
    return [found["id"], found["config"], *(file_digest(demo.with_suffix(kind)) for kind in (".js", ".css"))]


def take_or_fetch(page, address, site, browser, common, store):
    """Put the pictures of one page's demos among those of the site."""
    demos = list(DEMO.finditer(page.read_text(encoding="utf-8")))
    if not demos:
        return
    facts = ["previews", [facts_of(found, site) for found in demos], common]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    with tempfile.TemporaryDirectory(prefix="dlia-") as work:
        taken = Path(work) / "taken"
        made = store.fetch(key, taken)
        if not made:
            taken.mkdir(exist_ok=True)
            take(address, [found["id"] for found in demos], taken, browser)
            made = store.keep(key, taken)
        note_use("previews", page.stem, made=made)
        for picture in taken.iterdir():
            shutil.copy(picture, site / "_static" / "previews")


def take(address, names, folder, browser):
    """Start each demo of a page, and keep what it looks like."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(address)
        page.add_style_tag(content=UNCOVERED)
        for name in names:
            root = page.locator(f"#demo-{name}")
            root.evaluate("node => node.scrollIntoView()")
            root.dispatch_event("click")
            over = "node => ['ready', 'error'].includes(node.dataset.state)"
            page.wait_for_function(over, arg=root.element_handle(), timeout=60_000)
            if root.get_attribute("data-state") == "error":
                raise StepError(f"site: the demo {name} does not start: {root.inner_text()}")
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.wait_for_timeout(SETTLE_MS)
                save(root.locator(".live-stage").screenshot(), folder / f"{name}-{theme}.webp")
        chromium.close()


def save(screenshot, path):
    with Image.open(io.BytesIO(screenshot)) as image:
        image.convert("RGB").save(path, quality=80, method=6)


def pictures(name, alt, folder):
    """Return the HTML of a demo's pictures; the theme shows the one that fits."""
    shown = []
    for theme in THEMES:
        path = folder / f"{name}-{theme}.webp"
        with Image.open(path) as image:
            width, height = image.size
        shown.append(
            f'<img class="live-preview only-{theme}" src="../_static/previews/{path.name}" loading="lazy" '
            f'width="{width}" height="{height}" alt="As it looks when started: {alt}">\n'
        )
    return "".join(shown)
