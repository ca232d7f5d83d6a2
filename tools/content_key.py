"""What a notebook's results depend on, as one hash.

The key covers the code of the notebook (not its prose), the modules of `utils` that the code imports, directly or
through others, the checkers and questions of the lecture, the assets that all these name, the pinned requirements, the
versions that are really installed, Python, the platform, and the code that runs the notebook.
"""

import ast
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import sys
from functools import cache
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from tools.project import ROOT

PINS = ("requirements.txt", "requirements-build.txt", "constraints.txt")
RUNNER = ROOT / "tools" / "run_notebook.py"
TABLES = (".json", ".toml")  # they name other assets


def content_key(notebook, root=ROOT):
    """Return the key of one notebook, 64 hexadecimal digits.

    Parameters
    ----------
    notebook : Path
    root : Path
        The checkout that holds ``utils`` and the requirements.
    """
    return key_of_code(notebook.stem, read_code(notebook), root)


def key_of_code(stem, code, root=ROOT):
    """Return the key of the lecture `stem` with the code cells `code`, which may differ from the committed ones."""
    files = sorted([*dependencies(stem, code, root), *(root / name for name in PINS)])
    demos = sorted(path.stem for path in (root / "book" / "live" / "demos").glob("*.js"))
    text = "\n".join(code)
    facts = {
        "code": code,
        "files": {file.relative_to(root).as_posix(): file_digest(file) for file in files},
        "demos": [name for name in demos if f'"{name}"' in text],  # a demo of that name is there
        "runner": file_digest(RUNNER),
        "machine": machine(),
        "installed": installed_versions(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def file_digest(file):
    """Return the sha256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def folder_digests(folder):
    """Return the sha256 of each file in a folder: its path inside to hexadecimal digits."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


def machine():
    """Return what of Python and the machine can change a result, as a list of texts."""
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "all") if shutil.which("nvidia-smi") else "none"
    return [sys.version, platform.system(), platform.machine(), *platform.libc_ver(), f"gpu {gpu}"]


@cache
def installed_versions():
    """Return ``name==version`` of every installed package, sorted."""
    found = [each.metadata for each in importlib.metadata.distributions()]
    return sorted({f"{about['Name']}=={about['Version']}" for about in found})


def read_code(notebook):
    """Return the sources of the code cells in a notebook's file."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def dependencies(stem, code, root=ROOT):
    """Return the files of `utils` that the code cells of the lecture `stem` need, as a set of paths."""
    found = set()
    for cell in code:
        if "utils" in cell:  # few do; to read the others would take longer
            _follow(imported_modules(_as_python(cell)), root, found)
    names = {file.relative_to(root / "utils").as_posix() for file in found}
    if names & {"course/exercises.py", "course/quizzes.py"}:
        checks = root / "utils" / "checks" / f"{stem.partition('_')[2]}.py"
        quizzes = root / "utils" / "assets" / "quizzes" / f"{stem}.toml"
        _follow({f"utils.checks.{checks.stem}"}, root, found)
        found |= {quizzes} if quizzes.is_file() else set()
    return found | _assets_named_in(found, root)


def _as_python(cell):
    """Return a cell's code with its magics written as Python; most cells have none, which is quicker to see."""
    try:
        ast.parse(cell)
        return cell
    except SyntaxError:
        return TransformerManager().transform_cell(cell)


def _assets_named_in(files, root):
    """Return the shipped files that modules name, and those that these name in turn."""
    assets = {path for path in (root / "utils" / "assets").rglob("*") if path.is_file()}
    found, unread = set(), [file for file in files if file.suffix == ".py"]
    while unread:
        text = unread.pop().read_text(encoding="utf-8")
        new = {asset for asset in assets - found if f'"{asset.name}"' in text or f'/{asset.name}"' in text}
        unread += [asset for asset in new if asset.suffix in TABLES]
        found |= new
    return found


@cache
def imported_modules(code, package=""):
    """Return the names under ``utils`` that some Python code imports, at any depth of nesting.

    Parameters
    ----------
    code : str
    package : str
        The package that the code belongs to, from which a relative import starts.
    """
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.partition(".")[0] == "utils")


def _follow(modules, root, found):
    """Add the files of `modules`, of the packages that hold them, and of all that these import, to `found`."""
    for module in modules:
        parts = module.split(".")
        for depth in range(1, len(parts) + 1):
            path = root.joinpath(*parts[:depth])
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            if file.is_file() and file not in found:
                found.add(file)
                package = ".".join(parts[: depth if path.is_dir() else depth - 1])
                _follow(imported_modules(file.read_text(encoding="utf-8"), package), root, found)
