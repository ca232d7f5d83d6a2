"""Sphinx extension: a name of the package in the text, such as ``utils.training.fit``, leads to its documentation.

A name leads to where it is defined, also if a package hands it on. What begins with ``utils.`` and is no module and no
public name of one stops the build.
"""

import ast
import re
from functools import cache
from importlib.resources import files

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

NAME = re.compile(r"utils(?:\.[a-z]\w*)+(?:\.\w+)*")
UNLISTED = ("utils.checks", "utils.assets")  # answers to exercises, and data: these have no page
logger = logging.getLogger(__name__)


def documented_name(name):
    """Return the full name under which a module, function or class is documented.

    Parameters
    ----------
    name : str
        Such as ``"utils.training.fit"``.

    Returns
    -------
    str
        Such as ``"utils.training.loop.fit"``.

    Raises
    ------
    LookupError
        If there is nothing of that name.
    """
    if module_file(name):
        return name
    module, _, own_name = name.rpartition(".")
    origin = names_of(module).get(own_name)
    if origin is None:
        raise LookupError(name)
    return name if origin == name else documented_name(origin)


def module_file(name):
    """Return the file of a module of the package; None if there is none of that name."""
    path = files("utils").joinpath(*name.split(".")[1:])
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file()), None)


@cache
def names_of(module):
    """Return what a module defines, and what it takes from others of the package: name to the full name of its origin.

    The module is read and not imported: PyTorch, which many need, would take seconds.
    """
    names, file = {}, module_file(module)
    for node in ast.parse(file.read_text(encoding="utf-8")).body if file else ():
        if isinstance(node, ast.ImportFrom) and node.module.startswith("utils."):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] = f"{module}.{node.name}"
        elif isinstance(node, ast.Assign):
            names |= {target.id: f"{module}.{target.id}" for target in node.targets if isinstance(target, ast.Name)}
    return names


class LinkNames(SphinxTransform):
    """Wrap each such name, where it is code within a sentence, in a reference."""

    default_priority = 400  # before references are resolved

    def apply(self):
        for literal in list(self.document.findall(nodes.literal)):
            name = literal.astext().removesuffix("()")
            if not NAME.fullmatch(name) or name.startswith(UNLISTED) or isinstance(literal.parent, nodes.reference):
                continue
            try:
                target = documented_name(name)
            except LookupError:
                logger.warning("the text names %s, which is not there", name, location=literal)
                continue
            reference = addnodes.pending_xref(
                "", literal.deepcopy(), refdomain="py", reftype="obj", reftarget=target, refexplicit=True, refwarn=True
            )
            literal.replace_self(reference)


def without_machine(app, what, name, found, options, signature, returned):
    """Show a default that is a file of the package without the folder of the machine that built the page."""
    return re.sub(r"PosixPath\('[^']*/(?=utils/)", "Path('", signature or "") or signature, returned


def setup(app):
    app.connect("autodoc-process-signature", without_machine)
    app.add_transform(LinkNames)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
