"""Write the notebooks that readers launch, with all that Binder and a hub need to run them.

    python -m tools.launch    # into _build/launch, after `make book`

A lecture's own notebook is written for the page: its numbers, figure numbers and citations are names that Jupyter does
not know. Each copy has the same code and the text as it reads on the page. The publishing workflow keeps the folder on
the branch that ``_config.yml`` names, which the rocket opens. On Colab the first cell installs the package of the very
revision that the copy was made from.
"""

import posixpath
import re
import shutil
import subprocess
import sys

import nbformat
from sphinx.util.inventory import InventoryFile

from book._ext.utils_links import NAME, documented_name
from tools.execute import last_run
from tools.merge import merge
from tools.plain import bibliography, figure_numbers, figure_of, format_glued, glued_values, plain_markdown
from tools.project import BUILD, ROOT, SITE, StepError, address_of, lectures, replace_folder, settings

LAUNCH = BUILD / "launch"
NEEDED = (
    "utils", "book/live", "binder", "pyproject.toml", "setup.py", "requirements.txt", "requirements-build.txt",
    "constraints.txt", "LICENSE", "LICENSE-TEXT",
)  # fmt: skip
FRONT_PAGE = """# Notebooks to launch

These copies were made from {repository}, revision {revision}. The book is at {site}.
Change the lectures there, not here: the next copies replace these.
"""
GREETING = """> This notebook belongs to [this page of the book]({page}).
> <ins>Underlined</ins> numbers were measured when that page was made. Run the cells from top to bottom, and compare."""


def launch_copy(path, executed, *, pages, revision=None):
    """Return a lecture as a notebook that reads like its page.

    Parameters
    ----------
    path : Path
        Of the lecture.
    executed : NotebookNode
        The lecture with the outputs of its run; left as found.
    pages : dict of str to str
        Where each name of the package is documented.
    revision : str, optional
        The commit whose package is installed on Colab; the newest if None.

    Returns
    -------
    NotebookNode
        Without outputs.

    Raises
    ------
    StepError
        If the text uses what `tools.plain` does not know.
    """
    copy, writer = nbformat.from_dict(executed), PageText(path, executed, pages)
    cells = []
    for cell in copy.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            cell.source = writer(cell.source)
            continue
        if figure := figure_of(cell):
            about = f"**Figure {writer.figures[figure['name']]}.** {writer(figure['caption'])}"
            cells.append(nbformat.v4.new_markdown_cell(about, id=f"{cell.id}-caption", metadata=_shown_with(cell)))
        cell.outputs, cell.execution_count = [], None
        if revision and "setup" in cell.metadata.get("tags", []):
            cell.source = re.sub(r"(%pip install .*git\+\S+)", rf"\1@{revision}", cell.source)
        cell.metadata.pop("mystnb", None)
    greeting = GREETING.format(page=address_of(f"notebooks/{path.stem}.html"))
    skip = {"slideshow": {"slide_type": "skip"}}
    cells.insert(1, nbformat.v4.new_markdown_cell(greeting, id="about-this-copy", metadata=skip))
    copy.cells = cells
    return copy


def _shown_with(cell):
    """Return the metadata of a caption: on a slide, the figure speaks for itself; it goes where its figure goes."""
    kept = {"solution", "exercise"} & set(cell.metadata.get("tags", []))
    return {"slideshow": {"slide_type": "notes"}, **({"tags": sorted(kept)} if kept else {})}


class PageText:
    """Writes a lecture's text as Markdown that Jupyter, Colab, VS Code and GitHub show as the page does.

    Parameters
    ----------
    path : Path
    executed : NotebookNode
    pages : dict of str to str
    """

    def __init__(self, path, executed, pages):
        self.pages = pages
        self.figures = figure_numbers(path.stem, executed)
        glued, references = glued_values(executed), bibliography()

        def cited(keys, form):
            found = [references[key.strip()] for key in keys.split(",")]
            return "; ".join(linked(form.format(who, year), address) for who, year, address in found)

        self.roles = {
            "glue:text": lambda text, _: f"<ins>{format_glued(glued, text)}</ins>",
            "cite:t": lambda text, _: cited(text, "{0} ({1})"),
            "cite:p": lambda text, _: f"({cited(text, '{0}, {1}')})",
            "numref": lambda text, _: f"Figure {self.figures[text.strip()]}",
        }

    def __call__(self, text):
        plain = plain_markdown(text, roles=self.roles, directives={"margin": quoted})
        return CODE.sub(lambda match: linked(match[0], self.pages.get(documented_name(match["name"]))), plain)


CODE = re.compile(rf"(?<![`\[])`(?P<name>{NAME.pattern})(?:\(\))?`(?!`)")


def linked(text, address):
    return f"[{text}]({address})" if address else text


def quoted(body):
    return "\n".join(f"> {line}".rstrip() for line in body.split("\n"))


def package_pages(site):
    """Return where a built site documents each name of the package: name to address."""
    path = site / "objects.inv"
    if not path.is_file():
        raise StepError("launch: the copies link to the pages of the site, and there are none yet; run: make book")
    with path.open("rb") as file:
        inventory = InventoryFile.load(file, address_of(""), posixpath.join)
    return {
        name: address
        for kind, items in inventory.items()
        if kind.startswith("py:")
        for name, (_, _, address, _) in items.items()
    }


def revision_of_checkout():
    """Return the commit of this checkout; None where git does not know one."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, encoding="utf-8")
    return done.stdout.strip() if done.returncode == 0 else None


def as_they_last_ran():
    """Return the lectures with the outputs of their last runs: path to notebook.

    Raises
    ------
    StepError
        If one has not run yet.
    """
    runs = {path: last_run(path) for path in lectures()}
    if missing := [path.stem for path, run in runs.items() if run is None]:
        raise StepError(f"launch: {', '.join(missing)} has not been executed yet; run: make book")
    return {path: merge(path, run.notebook) for path, run in runs.items()}


def write_launch(executed, folder=LAUNCH, *, site=SITE):
    """Write the copies of lectures, and what they need.

    Parameters
    ----------
    executed : dict of Path to NotebookNode
        The lectures with the outputs of their runs.
    folder : Path
    site : Path
        The built site, to whose pages the copies link.
    """
    revision, pages, fresh = revision_of_checkout(), package_pages(site), folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "notebooks").mkdir(parents=True)
    for path, notebook in executed.items():
        copy = launch_copy(path, notebook, pages=pages, revision=revision)
        (fresh / "notebooks" / path.name).write_text(nbformat.writes(copy) + "\n", encoding="utf-8")
    for name in NEEDED:
        source, target = ROOT / name, fresh / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    about = FRONT_PAGE.format(
        repository=settings()["repository"]["url"], revision=revision or "unknown", site=address_of("book/index.html")
    )
    (fresh / "README.md").write_text(about, encoding="utf-8")
    replace_folder(fresh, folder)


def main():
    try:
        write_launch(as_they_last_ran())
    except StepError as error:
        sys.exit(str(error))
    print(f"launch: {len(lectures())} notebooks that read like their pages, with what they need, in {LAUNCH}")


if __name__ == "__main__":
    main()
