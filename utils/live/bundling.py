"""A demo as one file: a widget cannot import the modules beside it, and a page asks for it once."""

import importlib.resources
import re
from posixpath import dirname, join, normpath

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.\.?/[\w/]+)\.js";\n', re.MULTILINE)


def front_end_file(name):
    """Return the path of a front-end file, in the installed package or in the repository.

    Parameters
    ----------
    name : str
        Its path below ``book/live``, such as ``"lib/paint.js"``.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the installation lacks it.
    """
    here = importlib.resources.files("utils")
    for folder in (here / "live_modules", here / ".." / "book" / "live"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{name} is neither in utils/live_modules nor in book/live; install again")


def known_demos():
    """Return the names of the demos, sorted.

    Returns
    -------
    list of str
    """
    return sorted(path.stem for path in (front_end_file("host.js").parent / "demos").glob("*.js"))


def bundle(name):
    """Return a demo as one self-contained ES module.

    Each ``import { … } from "../lib/other.js";`` is replaced by the text of that file, once. Names at the top of the
    files under ``book/live`` must therefore differ.

    Parameters
    ----------
    name : str
        One of the `known_demos`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a module imports in another form.
    """
    parts = {}

    def add(stem):
        source = front_end_file(f"{stem}.js").read_text(encoding="utf-8")
        parts[stem] = None  # on its way
        for names, other in IMPORT.findall(source):
            other = normpath(join(dirname(stem), other))
            if other not in parts and " as " not in names:
                add(other)
        text = IMPORT.sub(lambda found: found[0] if " as " in found[1] else "", source)
        if other_form := re.search(r"^[ \t]*import\b.*", text, flags=re.MULTILINE):
            line = source[: source.index(other_form[0])].count("\n") + 1
            raise ValueError(
                f"{stem}.js, line {line}: {other_form[0].strip()} cannot be put into one file; "
                'write import { name } from "../lib/file.js";'
            )
        del parts[stem]  # and after what it needs
        parts[stem] = text

    add("lib/mount")
    add(f"demos/{name}")
    parts[f"demos/{name}"] = parts[f"demos/{name}"].replace("export default ", "const theDemo = ", 1)
    text = "\n".join(re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts.values())
    return text + "\nexport default { render: (context) => mount(theDemo, context) };\n"


def styles(name):
    """Return the styles of a demo, with those that all demos share.

    Parameters
    ----------
    name : str
        One of the `known_demos`.

    Returns
    -------
    str
    """
    return "\n".join(front_end_file(file).read_text(encoding="utf-8") for file in ("base.css", f"demos/{name}.css"))
