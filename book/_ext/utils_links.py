"""Sphinx extension: a name of the package in the text, such as ``utils.training.fit``, leads to its documentation.

A name leads to where it is defined, also if a package hands it on. What begins with ``utils.`` and is no module and no
public name of one stops the build.
"""

import importlib
import inspect
import re

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
    try:
        return importlib.import_module(name).__name__
    except ImportError:
        module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise LookupError(name) from error
    if inspect.isclass(found) or inspect.isfunction(found):
        return f"{found.__module__}.{found.__qualname__}"
    return name


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
