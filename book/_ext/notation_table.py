"""Sphinx extension: the directive ``notation-table``, what each letter means in each lecture, from `notation.toml`."""

import tomllib
from pathlib import Path

from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

TABLE = Path(__file__).resolve().parents[1] / "notation.toml"


class NotationTable(SphinxDirective):
    """One row a letter, its meanings in the order of the lectures."""

    def run(self):
        self.env.note_dependency(str(TABLE))
        notation = tomllib.loads(TABLE.read_text(encoding="utf-8"))
        rows = ["| Letter | Lecture: meaning |", "|:--:|---|", *table_rows(notation)]
        return self.parse_text_to_nodes(StringList(rows, source=str(TABLE)))


def table_rows(notation):
    """Return the rows of the table in Markdown, Latin letters first."""
    found = {}
    for lecture, meanings in notation["meanings"].items():
        for letter, meaning in meanings.items():
            found.setdefault(letter, []).append(f"**{lecture}** {meaning}")
    in_order = sorted(found, key=lambda letter: (letter.startswith("\\"), letter.lower(), letter))
    return [f"| ${letter}$ | {' · '.join(found[letter])} |" for letter in in_order]


def setup(app):
    app.add_directive("notation-table", NotationTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
