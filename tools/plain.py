"""A lecture's MyST as Markdown that any renderer knows: for the decks, and for the notebooks that readers launch.

The parser finds the roles and directives, so that code and formulas are left alone; what each becomes is said by who
asks. A role or directive that nobody has decided about is an error.
"""

from functools import cache

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from tools.project import ROOT, StepError

PARSER = MarkdownIt("commonmark").enable("table").use(myst_role_plugin).use(colon_fence_plugin).use(dollarmath_plugin)
FENCES = ("fence", "colon_fence")


def plain_markdown(text, *, roles, directives):
    """Write a Markdown cell without roles and directives.

    Parameters
    ----------
    text : str
    roles : dict of str to callable
        From a role's name to a function of its text (and of what stands before it in the cell) that returns Markdown.
    directives : dict of str to callable
        From a directive's name to a function of its body, already plain, that returns Markdown.

    Returns
    -------
    str

    Raises
    ------
    StepError
        For another role or directive.
    """
    if "{" not in text:
        return text
    lines = text.split("\n")
    for token in reversed(_directives(text)):
        first, after = token.map
        name = token.info.strip().partition("}")[0].strip("{")
        body = plain_markdown(token.content.rstrip("\n"), roles=roles, directives=directives)
        lines[first:after] = [_known(directives, name, "directive")(body)]
    text, at = "\n".join(lines), 0
    for name, content in _roles(text):
        source = f"{{{name}}}`{content}`"
        start = text.index(source, at)
        plain = _known(roles, name, "role")(content, text[:start])
        text, at = text[:start] + plain + text[start + len(source) :], start + len(plain)
    return text


def _known(table, name, kind):
    if name not in table:
        raise StepError(f"a lecture uses the {kind} {{{name}}}, which tools/plain.py knows only: {', '.join(table)}")
    return table[name]


def _directives(text):
    return [token for token in PARSER.parse(text) if token.type in FENCES and token.info.strip().startswith("{")]


def _roles(text):
    return [
        (child.meta["name"], child.content)
        for token in PARSER.parse(text)
        for child in token.children or ()
        if child.type == "myst_role"
    ]


# ---------------------------------------------------------------- what roles name


def glued_values(notebook):
    """Return what an executed notebook glued: name to text."""
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                data = output["data"]
                values[name] = data.get("application/papermill.record/text/plain", data.get("text/plain"))
    return values


def format_glued(values, text):
    """Format a glued value as MyST-NB's ``glue:text`` does; `text` is its name, maybe with a colon and a format."""
    name, _, form = text.partition(":")
    if name not in values:
        raise StepError(f"the text shows the glued value {name!r}, but the notebook glued only: {', '.join(values)}")
    value = values[name].strip("'")
    return format(float(value), form) if form else value


def figure_numbers(stem, notebook):
    """Return the numbers of a lecture's figures, as on its page: name to ``"12.5"``."""
    captioned = [cell.metadata["mystnb"]["figure"] for cell in notebook.cells if figure_of(cell)]
    lecture = int(stem.partition("_")[0])
    return {figure["name"]: f"{lecture}.{place}" for place, figure in enumerate(captioned, start=1)}


def figure_of(cell):
    """Return the caption and name of the figure that a code cell draws; None if it draws none."""
    return cell.metadata.get("mystnb", {}).get("figure")


@cache
def bibliography():
    """Return what is cited: key to (authors, year, address or None)."""
    from pybtex.database import parse_file

    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    return {
        key: (_authors(entry.persons.get("author", [])), entry.fields.get("year", ""), _address(entry.fields))
        for key, entry in entries.items()
    }


def _address(fields):
    return f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url")


def _authors(persons):
    from pybtex.richtext import Text

    names = [str(Text.from_latex(" ".join(person.prelast_names + person.last_names))) for person in persons]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)
