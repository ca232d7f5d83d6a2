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
from tools.project import DECKS, ROOT, write_atomically, write_json

WIDTH, HEIGHT = 1280, 720
INDEX = ".made-from.json"
MAKERS = ("tools/slides.py", "tools/deck.html", "book/references.bib", "constraints.txt")
ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]+)`")
FENCE = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w-]+)\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S)
LEFT_OUT = {"margin", "seealso", "dropdown", "bibliography", "contents"}


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
        self.glued = glued_values(notebook)
        self.references = author_years()

    def __call__(self, cell):
        cell = nbformat.from_dict(cell)
        if cell.cell_type == "markdown":
            cell.source = self.plain_markdown(cell.source)
        else:
            cell.outputs = [out for out in cell.outputs if "scrapbook" not in out.get("metadata", {})]
        self.exporter.exclude_input = bool({"hide-input", "remove-input"} & set(cell.metadata.get("tags", [])))
        single = nbformat.v4.new_notebook(cells=[cell])
        body, _ = self.exporter.from_notebook_node(single)
        return body

    def plain_markdown(self, text):
        """Write MyST's roles and directives as Markdown that any renderer knows."""
        text = FENCE.sub(self._directive, text)
        return ROLE.sub(self._role, text)

    def _directive(self, match):
        if match["name"] in LEFT_OUT:
            return ""
        return "\n".join(line for line in match["body"].splitlines() if not re.match(r":[\w-]+:", line))

    def _role(self, match):
        role, text = match["role"], match["text"]
        if role.startswith("glue"):
            name, _, form = text.partition(":")
            return format_glued(self.glued, name, form)
        if role.startswith("cite"):
            named = [self.references.get(key.strip(), key.strip()) for key in text.split(",")]
            return "; ".join(f"{who} ({year})" if role == "cite:t" else f"({who}, {year})" for who, year in named)
        if role in ("numref", "ref", "eq"):
            opens = re.search(r"(^|[.!?:]\s|\n\n)$", match.string[: match.start()])
            return ("The figure" if opens else "the figure") if role == "numref" else ""
        return text.partition("<")[0].strip()


def glued_values(notebook):
    """Return what the notebook glued: name to text."""
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                data = output["data"]
                values[name] = data.get("application/papermill.record/text/plain", data.get("text/plain"))
    return values


def format_glued(values, name, form):
    """Format a glued value as MyST-NB's ``glue:text`` does."""
    if name not in values:
        raise ValueError(f"a slide shows the glued value {name!r}, but the notebook glued only: {', '.join(values)}")
    text = values[name].strip("'")
    return format(float(text), form) if form else text


def author_years():
    """Return (author, year) of each entry of the bibliography."""
    from pybtex.database import parse_file

    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    return {
        key: (_authors(entry.persons.get("author", [])), entry.fields.get("year", "")) for key, entry in entries.items()
    }


def _authors(persons):
    names = [" ".join(person.prelast_names + person.last_names).strip("{}") for person in persons]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def main():
    for deck in write_decks([Path(name) for name in sys.argv[1:]]):
        print(f"site: the deck {deck.name} is made", flush=True)


if __name__ == "__main__":
    main()
