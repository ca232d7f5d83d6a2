"""What a notebook's results depend on, as one hash.

The key covers the code of the notebook (not its prose), the `utils` modules that the code imports, directly or
through others, the checkers and quizzes of the lecture, the manifest of the shipped data, and the pinned requirements.
"""

import ast
import hashlib
import json
import sys

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from tools.project import ROOT

PINS = ("requirements.txt", "requirements-build.txt", "constraints.txt")


def content_key(notebook, root=ROOT):
    """Return the key of one notebook, 64 hexadecimal digits.

    Parameters
    ----------
    notebook : Path
    root : Path
        The checkout that holds ``utils`` and the requirements.
    """
    cells = nbformat.read(notebook, as_version=4).cells
    files = sorted([*dependencies(notebook, root), *(root / name for name in PINS)])
    facts = {
        "python": list(sys.version_info[:2]),
        "code": [cell.source for cell in cells if cell.cell_type == "code"],
        "files": [[str(file.relative_to(root)), hashlib.sha256(file.read_bytes()).hexdigest()] for file in files],
    }
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def dependencies(notebook, root=ROOT):
    """Return the files of `utils` that a notebook's code needs, as a set of paths."""
    cells = nbformat.read(notebook, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    found = set()
    _follow(imported_modules(TransformerManager().transform_cell(code)), root, found)
    names = {file.relative_to(root / "utils").as_posix() for file in found}
    if "exercises.py" in names:
        checks = root / "utils" / "checks" / f"{notebook.stem.partition('_')[2]}.py"
        quizzes = root / "utils" / "assets" / "quizzes" / f"{notebook.stem}.toml"
        found |= {file for file in (checks, quizzes) if file.is_file()}
        if checks.is_file():
            _follow(imported_modules(checks.read_text()), root, found)
    if "data.py" in names:
        found.add(root / "utils" / "assets" / "manifest.json")
    return found


def imported_modules(code):
    """Return the names under ``utils`` that some Python code imports, at any depth of nesting."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.partition(".")[0] == "utils"}


def _follow(modules, root, found):
    """Add the files of `modules`, and of all that they import, to `found`."""
    for module in modules:
        path = root.joinpath(*module.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.is_file() and file not in found:
            found.add(file)
            _follow(imported_modules(file.read_text()), root, found)
