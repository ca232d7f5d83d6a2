"""Photographs that scikit-image and scikit-learn carry, with their credits."""

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from utils.data.packaged import packaged_files, read_packaged
from utils.validation import check_name


@dataclass(frozen=True)
class Photograph:
    """One photograph with its credit.

    Attributes
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8 in [0, 255]; two dimensions where the photograph is grey.
    name, credit, licence, source : str
    """

    pixels: np.ndarray
    name: str
    credit: str
    licence: str
    source: str

    @property
    def tensor(self):
        """The pixels as a float32 tensor of shape (3, H, W) or (1, H, W) in [0, 1]."""
        pixels = torch.from_numpy(self.pixels.copy()).float() / 255
        return pixels.permute(2, 0, 1) if pixels.ndim == 3 else pixels[None]  # (H, W, 3) -> (3, H, W)


@dataclass(frozen=True)
class StereoPair:
    """Two rectified photographs of one scene, and how far apart each point lies in them.

    Attributes
    ----------
    left, right : ndarray of shape (H, W, 3)
        uint8.
    disparity : ndarray of shape (H, W)
        float32, in pixels: the point at ``left[y, x]`` is at ``right[y, x - disparity[y, x]]``. NaN where it is not
        known.
    focal_length : float
        In pixels.
    baseline : float
        Distance between the two cameras, in metres.
    offset : float
        Horizontal distance between the two principal points, in pixels.
    credit, licence, source : str
    """

    left: np.ndarray
    right: np.ndarray
    disparity: np.ndarray
    focal_length: float
    baseline: float
    offset: float
    credit: str
    licence: str
    source: str

    @property
    def depth(self):
        """Distance from the camera in metres, ``focal_length * baseline / (disparity + offset)``; shape (H, W)."""
        return self.focal_length * self.baseline / (self.disparity + self.offset)


def photograph_names():
    """Return the names that `load_photograph` knows, sorted.

    Returns
    -------
    tuple of str
    """
    return tuple(sorted(packaged_files()["photograph"]))


def load_photograph(name, *, gray=False, size=None):
    """Load one of the photographs that scikit-image and scikit-learn carry.

    Parameters
    ----------
    name : str
        One of `photograph_names()`.
    gray : bool
        Turn colour into luminance (ITU-R BT.601).
    size : (int, int), optional
        Height and width to resize to, with antialiasing; the whole picture is kept, its proportions are not.

    Returns
    -------
    Photograph

    Raises
    ------
    ValueError
        For an unknown name, or a size that is not two positive whole numbers.
    DataError
        If the installed file is missing or damaged.

    Examples
    --------
    >>> load_photograph("cat", gray=True, size=(60, 90)).pixels.shape
    (60, 90)
    """
    table = packaged_files()["photograph"]
    check_name(name, sorted(table), "photograph")
    entry = table[name]
    with Image.open(io.BytesIO(read_packaged(entry))) as opened:
        image = _black_and_white(opened) if opened.mode == "RGBA" else opened.copy()
    if gray:
        image = image.convert("L")
    if size is not None:
        height, width = _positive_size(size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    return Photograph(np.array(image), name, entry["credit"], entry["licence"], entry["source"])


def load_stereo_pair():
    """Load the motorcycle of the Middlebury 2014 stereo benchmark, at a quarter of its size.

    Returns
    -------
    StereoPair
        Pictures of shape (500, 741, 3), with the calibration and the measured disparity.

    Raises
    ------
    DataError
        If an installed file is missing or damaged.

    References
    ----------
    Scharstein et al., "High-resolution stereo datasets with subpixel-accurate ground truth", 2014,
    doi:10.1007/978-3-319-11752-2_3.

    Examples
    --------
    >>> pair = load_stereo_pair()
    >>> print(f"from {np.nanmin(pair.depth):.1f} to {np.nanmax(pair.depth):.1f} metres")
    from 2.1 to 5.0 metres
    """
    entry = packaged_files()["stereo"]
    left, right = (
        np.array(Image.open(io.BytesIO(read_packaged({**entry, **entry[side]})))) for side in ("left", "right")
    )
    with np.load(io.BytesIO(read_packaged({**entry, **entry["disparity"]})), allow_pickle=False) as arrays:
        disparity = arrays["arr_0"]
    return StereoPair(
        left,
        right,
        np.where(np.isfinite(disparity), disparity, np.float32("nan")),
        entry["focal_length_px"],
        entry["baseline_mm"] / 1000,
        entry["offset_px"],
        entry["credit"],
        entry["licence"],
        entry["source"],
    )


def _black_and_white(drawing):
    """Turn the horse, a silhouette with soft edges, into black and white."""
    return drawing.convert("L").point(lambda value: 255 * (value > 127))


def _positive_size(size):
    if len(size) != 2 or any(side != int(side) or side < 1 for side in size):
        raise ValueError(f"size is {size!r}; expected (height, width), two positive whole numbers")
    return size
