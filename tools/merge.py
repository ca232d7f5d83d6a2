"""Bring today's prose and the kept outputs together."""

import nbformat

from tools.project import StepError


def merge(notebook, executed):
    """Return the notebook as committed, with the outputs of its kept run.

    Prose may have changed since the run; code may not, which the content key guarantees.

    Parameters
    ----------
    notebook, executed : Path
        The committed notebook, and the one that nbmake ran.

    Returns
    -------
    NotebookNode

    Raises
    ------
    StepError
        If the code of the two differs.
    """
    merged = nbformat.read(notebook, as_version=4)
    ran = [cell for cell in nbformat.read(executed, as_version=4).cells if cell.cell_type == "code"]
    code = [cell for cell in merged.cells if cell.cell_type == "code"]
    if [cell.source for cell in code] != [cell.source for cell in ran]:
        raise StepError(f"the code of {notebook} is not the code that ran in {executed}; execute it again")
    for cell, source in zip(code, ran, strict=True):
        cell.outputs, cell.execution_count = source.outputs, source.execution_count
        _add_alternatives(cell)
    return merged


def _add_alternatives(cell):
    """Give the images of a cell's outputs the text alternative that its metadata states."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    for output in cell.outputs:
        if alt and "image/png" in output.get("data", {}):
            output.metadata["image/png"] = {**output.metadata.get("image/png", {}), "alt": alt}
