"""Turn an executed lecture into a reveal.js deck, served from the site with no third party.

The slideshow metadata of the cells decides: ``slide`` and ``subslide`` start one, ``fragment`` comes at the next key
press, ``-`` continues, ``notes`` becomes what the speaker reads, ``skip`` stays out. nbconvert renders the cells. The
metadata ``dlia.say`` of a slide's first cell tells the speaker how long it takes, what to ask and what to click.

    python -m tools.slides NOTEBOOK ...    write the decks of executed notebooks, those that changed
"""

import html
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters import Highlight2HTML
from pygments.formatters import HtmlFormatter

from tools.content_key import file_digest
from tools.plain import bibliography, format_glued, glued_values, plain_markdown
from tools.project import DECKS, ROOT, write_atomically, write_json

WIDTH, HEIGHT = 1280, 720
INDEX = ".made-from.json"
DIRECTIVES = {"margin": lambda body: ""}
STARTS = re.compile(r"(^|[.!?:]\s|\n\n)$")  # of a sentence
MAKERS = ("tools/slides.py", "tools/plain.py", "tools/deck.html", "book/references.bib", "constraints.txt")


@dataclass
class Slide:
    """One slide: HTML parts to show, notes to say."""

    parts: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def write_decks(notebooks, folder=DECKS):
    """Write the decks of executed notebooks into a folder, those whose sources changed; return their paths.

    Parameters
    ----------
    notebooks : list of Path
        With their outputs.
    folder : Path
        Decks of other notebooks are removed from it.
    """
    index = folder / INDEX
    before = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
    made_with = [file_digest(ROOT / name) for name in MAKERS]
    after, written = {}, []
    for path in notebooks:
        deck = folder / f"{path.stem}.html"
        after[deck.name] = [file_digest(path), *made_with]
        if not deck.is_file() or before.get(deck.name) != after[deck.name]:
            write_atomically(deck, render_deck(nbformat.read(path, as_version=4)))
            written.append(deck)
    for old in set(folder.glob("*.html")) - {folder / name for name in after}:
        old.unlink()
    write_json(index, after)
    return written


def render_deck(notebook):
    """Return a deck as one HTML page.

    Parameters
    ----------
    notebook : NotebookNode
        Executed, with slideshow metadata.
    """
    columns = collect(notebook)
    sections = "\n".join(
        "<section>" + "\n".join(_section(slide) for slide in column) + "</section>" for column in columns
    )
    template = (ROOT / "tools" / "deck.html").read_text(encoding="utf-8")
    title = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown").splitlines()[0].lstrip("# ")
    values = {
        "TITLE": html.escape(title),
        "SECTIONS": sections,
        "WIDTH": str(WIDTH),
        "HEIGHT": str(HEIGHT),
        "PYGMENTS": HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight"),
    }
    for name, value in values.items():
        template = template.replace(f"@@{name}@@", value)
    return template


def collect(notebook):
    """Return the deck as columns of slides: a ``slide`` opens a column, a ``subslide`` goes below it."""
    render = CellRenderer(notebook)
    columns, current = [], None
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "skip" or (kind != "slide" and current is None):
            continue
        if kind in ("slide", "subslide"):
            current = Slide()
            if kind == "slide":
                columns.append([])
            columns[-1].append(current)
            if say := cell.metadata.get("dlia", {}).get("say"):
                current.notes.append(f'<p class="say"><strong>{html.escape(say)}</strong></p>')
        if kind == "notes":
            current.notes.append(render(cell))
        elif content := render(cell).strip():
            shown = f'<div class="fragment">{content}</div>' if kind == "fragment" else content
            current.parts.append(shown)
    return columns


def _section(slide):
    notes = f'<aside class="notes">{"".join(slide.notes)}</aside>' if slide.notes else ""
    return f"<section>{''.join(slide.parts)}{notes}</section>"


class CellRenderer:
    """Renders single cells to HTML through nbconvert's plainest template."""

    def __init__(self, notebook):
        self.exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
        self.exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="python3"))
        glued, references = glued_values(notebook), bibliography()

        def cited(keys, form):
            return "; ".join(form.format(*references[key.strip()]) for key in keys.split(","))

        self.roles = {
            "glue:text": lambda text, _: format_glued(glued, text),
            "cite:t": lambda text, _: cited(text, "{0} ({1})"),
            "cite:p": lambda text, _: cited(text, "({0}, {1})"),
            "numref": lambda _, before: "The figure" if STARTS.search(before) else "the figure",
        }

    def __call__(self, cell):
        cell = nbformat.from_dict(cell)
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, roles=self.roles, directives=DIRECTIVES)
        else:
            cell.outputs = [out for out in cell.outputs if "scrapbook" not in out.get("metadata", {})]
        self.exporter.exclude_input = bool({"hide-input", "remove-input"} & set(cell.metadata.get("tags", [])))
        single = nbformat.v4.new_notebook(cells=[cell])
        body, _ = self.exporter.from_notebook_node(single)
        return body


def main():
    for deck in write_decks([Path(name) for name in sys.argv[1:]]):
        print(f"site: the deck {deck.name} is made", flush=True)


if __name__ == "__main__":
    main()
