"""Files that the book itself carries: found, checked against their sha256, and read.

Each group of files has a table beside it, such as ``sets/fashion_mnist.toml`` under `ASSETS`: title, licence, source,
the command that makes the files again, and each file's sha256. A group is a table of its own so that a change of one
re-runs only the lectures that use it.
"""

import tomllib
from pathlib import Path

from utils.storage import DataError, MissingError, read_checked

ASSETS = Path(__file__).parents[1] / "assets"
REMEDY = "bring it back with `git checkout -- utils/assets`, or install the package again"


def read_table(name):
    """Read one of the tables of files.

    Parameters
    ----------
    name : str
        Its path under `ASSETS`.

    Returns
    -------
    dict

    Raises
    ------
    DataError
        If it is missing or cannot be read.
    """
    path = ASSETS / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingError(f"{path} is missing; {REMEDY}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); {REMEDY}") from error


def shipped_tables():
    """Return the tables of all groups of files that the book carries.

    Returns
    -------
    dict of str to dict
        From the table's path under `ASSETS`.
    """
    names = sorted(path.relative_to(ASSETS).as_posix() for path in ASSETS.glob("*/*.toml"))
    return {name: table for name in names if "made_by" in (table := read_table(name))}


def shipped_path(table, file):
    """Return where a file of a table lies: beside it.

    Parameters
    ----------
    table : str
    file : str

    Returns
    -------
    Path
    """
    return (ASSETS / table).parent / file


def read_shipped(table, file):
    """Read a file that the book carries, and check it.

    Parameters
    ----------
    table : str
        The path of its table under `ASSETS`.
    file : str

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If the file or the table is missing or damaged.
    """
    known = read_table(table)
    remedy = f"{REMEDY}; it is made by `{known.get('made_by')}`"
    if file not in known.get("files", {}):
        raise DataError(f"{ASSETS / table} does not tell the checksum of {file}; {remedy}")
    return read_checked(shipped_path(table, file), known["files"][file], remedy=remedy)
