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
    code = read_code(notebook)
    files = sorted([*dependencies(notebook.stem, code, root), *(root / name for name in PINS)])
    facts = {
        "python": list(sys.version_info[:2]),
        "code": code,
        "files": [[str(file.relative_to(root)), hashlib.sha256(file.read_bytes()).hexdigest()] for file in files],
    }
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def read_code(notebook):
    """Return the sources of a notebook's code cells."""
    return [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]


def dependencies(stem, code, root=ROOT):
    """Return the files of `utils` that the code cells of the lecture `stem` need, as a set of paths."""
    found = set()
    _follow(imported_modules(TransformerManager().transform_cell("\n".join(code))), root, found)
    names = {file.relative_to(root / "utils").as_posix() for file in found}
    if "exercises.py" in names:
        checks = root / "utils" / "checks" / f"{stem.partition('_')[2]}.py"
        quizzes = root / "utils" / "assets" / "quizzes" / f"{stem}.toml"
        found |= {file for file in (checks, quizzes) if file.is_file()}
        if checks.is_file():
            _follow(imported_modules(checks.read_text()), root, found)
    return found | {asset for file in found for asset in _assets_named_in(file, root)}


def _assets_named_in(file, root):
    """Return the shipped tables that a module reads; they hold the checksums of all other data."""
    text = file.read_text() if file.suffix == ".py" else ""
    tables = [path for path in (root / "utils" / "assets").glob("*.*") if path.suffix in (".json", ".toml")]
    return [table for table in tables if f'"{table.name}"' in text]


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
