"""Where things are, and the few file operations that every step shares."""

import difflib
import json
import os
import shutil
from functools import cache
from pathlib import Path

from utils.storage import write_whole

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "_build"
EXECUTED = BUILD / "executed"
DECKS = BUILD / "decks"
SITE = BUILD / "html"


class StepError(Exception):
    """A step of the build failed; the message is for the person who ran it."""


def lectures():
    """Return the paths of the lectures, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def choose_lectures(stems=()):
    """Return the lectures with the given names, all of them without names; the number alone is a name, too.

    Raises
    ------
    StepError
        If a name is no lecture's.
    """
    known = {path.stem: path for path in lectures()}
    chosen = []
    for stem in stems:
        found = [path for name, path in known.items() if stem in (name, name.partition("_")[0])]
        if not found:
            near = difflib.get_close_matches(stem, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise StepError(f"there is no lecture {stem!r}; {hint}")
        chosen += found
    return chosen or list(known.values())


@cache
def settings():
    """Return what ``_config.yml`` says."""
    import yaml  # which only some steps need

    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def address_of(path):
    """Return the address of a file of the published site."""
    return f"{settings()['html']['baseurl'].rstrip('/')}/{path}"


def is_draft(lecture):
    """Tell whether a lecture's metadata say that it is not whole yet."""
    return json.loads(lecture.read_text(encoding="utf-8"))["metadata"].get("dlia", {}).get("draft", False)


def words_of(path):
    """Return the prose of a notebook, or the whole text of another file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def write_atomically(path, text):
    """Write a text file whole or not at all, in a folder that is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())


def write_json(path, value):
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def replace_folder(new, target):
    """Put the folder `new` in the place of `target`; the old one stays until the new one is there."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        os.replace(target, old)
    os.replace(new, target)
    shutil.rmtree(old, ignore_errors=True)
