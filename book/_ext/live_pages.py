"""Sphinx extension: what makes a page alive with no kernel.

It serves the demos' modules beside the page, copies what the notebooks exported for them, and adds the directive
``live-demo``, which shows on any page a demo that a lecture exported, started when a reader touches it::

    ```{live-demo} digits-feature-maps
    ```

Each lecture's page gets a button that opens its deck.

The notebooks' run exports into the folder that ``DLIA_PUBLISH_DIR`` names. The build that publishes the tested run
sets it; a bare ``jupyter-book build .`` gets a folder here, and its kernels inherit it.
"""

import json
import os
import runpy
import shutil
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

MODULES = Path(__file__).resolve().parents[1] / "live"
PLACEHOLDER = "@@live-demo:{}@@"


class LiveDemo(SphinxDirective):
    """Show the demo with the given id, exported by whichever notebook has it."""

    required_arguments = 1

    def run(self):
        return [nodes.raw("", PLACEHOLDER.format(self.arguments[0]), format="html")]


def exported():
    return Path(os.environ["DLIA_PUBLISH_DIR"])


def prepare(app):
    os.environ.setdefault("DLIA_PUBLISH_DIR", str(Path(app.outdir).parent / "live"))
    exported().mkdir(parents=True, exist_ok=True)


def finish(app, exception):
    """Fill in the demos, now that every notebook has run, and copy what they need."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    # Sphinx copies these only when a page has changed, too
    shutil.copytree(Path(app.srcdir) / "book" / "_static", static, dirs_exist_ok=True)
    _write_modules(static / "live-modules")
    shutil.copytree(exported(), static / "live", dirs_exist_ok=True)
    manifest = exported() / "manifest.json"
    demos = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    for page in Path(app.outdir).glob("book/*.html"):
        text = page.read_text(encoding="utf-8")
        if PLACEHOLDER.partition("{")[0] in text:
            page.write_text(_fill(text, demos, page.name), encoding="utf-8")


def _write_modules(folder):
    """Write what the pages run: the scripts that start the demos, the styles, and each demo as one file."""
    # imported with its package, it would need PyTorch, which takes seconds
    bundling = runpy.run_path(str(files("utils") / "live" / "bundling.py"))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "demos").mkdir(parents=True)
    for name in ("host.js", "explore.js", "base.css"):
        shutil.copy(MODULES / name, folder)
    for name in bundling["known_demos"]():
        shutil.copy(MODULES / "demos" / f"{name}.css", folder / "demos")
        (folder / "demos" / f"{name}.js").write_text(bundling["bundle"](name), encoding="utf-8")


def without_thebe(app, pagename, templatename, context, doctree):
    """Leave out the scripts of Thebe, which Jupyter Book adds twice to every page although it is switched off."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if "thebe" not in f"{file}{_body(file)}".lower()]


def _body(file):
    return getattr(file, "attributes", {}).get("body") or ""


def add_deck_button(app, pagename, templatename, context, doctree):
    """Offer the deck beside the other ways to open a lecture."""
    folder, _, stem = pagename.rpartition("/")
    if folder == "notebooks":
        context["header_buttons"].insert(
            1,
            {
                "type": "link",
                "url": f"../slides/{stem}.html",
                "tooltip": "Present as slides",
                "icon": "fas fa-person-chalkboard",
                "label": "slides-button",
            },
        )


def _fill(text, demos, page):
    for identifier, entry in demos.items():
        by_hand = entry["html"]
        if 'data-start="touch"' not in by_hand:
            by_hand = by_hand.replace("<div ", '<div data-start="touch" ', 1)
        text = text.replace(PLACEHOLDER.format(identifier), by_hand)
    _, found, rest = text.partition(PLACEHOLDER.partition("{")[0])
    if found:
        wanted = rest.partition("@@")[0]
        raise ValueError(f"{page} shows the demo {wanted!r}, but the notebooks exported only: {', '.join(demos)}")
    return text


def setup(app):
    app.add_directive("live-demo", LiveDemo)
    app.connect("builder-inited", prepare)
    app.connect("build-finished", finish)
    app.connect("html-page-context", without_thebe, priority=900)
    app.connect("html-page-context", add_deck_button, priority=900)
    app.add_js_file("live-modules/host.js", defer="defer")
    app.add_js_file("live-modules/explore.js", defer="defer")
    app.add_css_file("live-modules/base.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
