"""Files that installed packages carry: found, checked against their sha256, and read."""

import gzip
import importlib.util
import io
from functools import cache
from pathlib import Path

import numpy as np

from utils.data.shipped import read_table
from utils.storage import MissingError, read_checked


@cache
def packaged_files():
    """Return the table of these files: what each is, its package, path, sha256, credit, licence and source.

    Returns
    -------
    dict
        ``photograph`` and ``cascade`` hold one entry a name; ``stereo``, ``faces``, ``digits`` and
        ``efficientnet_lite0`` are entries.
    """
    return read_table("sets/packaged.toml")


def read_packaged(entry):
    """Read a file that an installed package carries, and check it.

    Parameters
    ----------
    entry : dict
        ``package``, the package's name on the index; ``module``, its name in Python; ``file``, the path inside;
        ``sha256``.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If the package is not installed, or the file is missing or damaged.
    """
    spec = importlib.util.find_spec(entry["module"])  # finds the package without importing it, which can take a second
    if spec is None:
        raise MissingError(f"the package {entry['package']} is not installed; run: pip install {entry['package']}")
    remedy = f"install it again: pip install --force-reinstall --no-deps {entry['package']}"
    return read_checked(Path(spec.origin).parent / entry["file"], entry["sha256"], remedy=remedy)


def load_face_crops():
    """Load 100 faces and 100 pieces of background from Labeled Faces in the Wild.

    Returns
    -------
    ndarray of shape (200, 25, 25)
        float32 in [0, 1]; the faces come first.

    Raises
    ------
    DataError
        If the installed file is missing or damaged.

    References
    ----------
    Huang et al., "Labeled Faces in the Wild", technical report 07-49, University of Massachusetts, Amherst, 2007.
    """
    content = read_packaged(packaged_files()["faces"])
    return np.load(io.BytesIO(content), allow_pickle=False).astype(np.float32)


def load_digit_counts():
    """Load the handwritten digits that scikit-learn carries.

    Returns
    -------
    counts : ndarray of shape (1797, 8, 8)
        uint8 from 0 to 16: how many pixels hold ink in each 4 × 4 block of a 32 × 32 bitmap.
    labels : ndarray of shape (1797,)
        0 to 9.

    Raises
    ------
    DataError
        If the installed file is missing or damaged.

    References
    ----------
    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", 1998, doi:10.24432/C50P49.
    """
    table = gzip.decompress(read_packaged(packaged_files()["digits"])).decode()
    values = np.array([row.split(",") for row in table.split()], dtype=float).astype(np.uint8)
    return values[:, :-1].reshape(-1, 8, 8), values[:, -1]
