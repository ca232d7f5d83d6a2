"""A demo as one file: a widget cannot import the modules beside it, and a page asks for it once."""

import importlib.resources
import re

# the other modules are demos
NOT_DEMOS = {"host", "explore", "shared", "paint", "pad", "maps", "marks", "pictures", "point_gans"}
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)


def front_end_file(name):
    """Return the path of a front-end file, in the installed package or in the repository.

    Parameters
    ----------
    name : str

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
    folder = front_end_file("shared.js").parent
    return sorted({path.stem for path in folder.glob("*.js")} - NOT_DEMOS)


def bundle(name):
    """Return a demo as one self-contained ES module.

    Each ``import { … } from "./other.js";`` is replaced by the text of that file, once. Names at the
    top of the files under ``book/live`` must therefore differ.

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
        for other in IMPORT.findall(source):
            if other not in parts:
                add(other)
        parts[stem] = IMPORT.sub("", source)
        if other_form := re.search(r"^[ \t]*import\b.*", parts[stem], flags=re.MULTILINE):
            line = source[: source.index(other_form[0])].count("\n") + 1
            raise ValueError(
                f"{stem}.js, line {line}: {other_form[0].strip()} cannot be put into one file; "
                'write import { name } from "./file.js";'
            )

    add(name)
    parts[name] = parts[name].replace("export default ", "const theDemo = ", 1)
    text = "\n".join(re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts.values())
    return text + "\nexport default { render: (context) => mount(theDemo, context) };\n"
