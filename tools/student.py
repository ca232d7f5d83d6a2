"""Write copies of the lectures for students: as the rocket opens them, and without solutions.

python -m tools.student [FOLDER]
"""

import sys
from pathlib import Path

import nbformat

from tools.launch import LAUNCH, as_they_last_ran, write_launch
from tools.project import BUILD, StepError, write_atomically


def student_copy(notebook):
    """Return a notebook without its solutions and outputs.

    Parameters
    ----------
    notebook : NotebookNode
        Left as found.

    Returns
    -------
    NotebookNode
    """
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell for cell in copy.cells if "solution" not in cell.metadata.get("tags", [])]
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else BUILD / "student"
    try:
        write_launch(as_they_last_ran())
    except StepError as error:
        sys.exit(str(error))
    copies = list((LAUNCH / "notebooks").glob("*.ipynb"))
    for path in copies:
        write_atomically(folder / path.name, nbformat.writes(student_copy(nbformat.read(path, as_version=4))))
    print(f"student: {len(copies)} copies without solutions in {folder}")


if __name__ == "__main__":
    main()
