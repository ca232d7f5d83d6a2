"""Store files that ship with the book, and their checksums in the table beside them."""

import re
from hashlib import sha256

from utils.data.shipped import ASSETS
from utils.storage import write_whole


def ship(table, files):
    """Write files beside their table, and renew the table's list of checksums.

    Parameters
    ----------
    table : str
        The table's path under `ASSETS`; its title, licence, source and command are written by hand.
    files : dict of str to bytes
        All files of the table.
    """
    path = ASSETS / table
    head, found, _ = path.read_text(encoding="utf-8").partition("[files]\n")
    if not found or not re.search(r'^made_by = "', head, flags=re.M):
        raise ValueError(f"{path} must hold title, licence, source, made_by and [files]; see sets/fashion_mnist.toml")
    for name, content in files.items():
        write_whole(path.parent / name, content)
        print(f"wrote {path.parent / name} ({len(content) / 1e6:.2f} MB)")
    sums = "".join(f'"{name}" = "{sha256(content).hexdigest()}"\n' for name, content in files.items())
    write_whole(path, (head + found + sums).encode())
