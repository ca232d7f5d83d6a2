"""New views of a scene, from a photograph and the disparity of its pixels."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class View:
    """A photograph from a place where no camera stood.

    Attributes
    ----------
    pixels : ndarray of shape (H, W, 3)
        uint8, holes filled from the farther of their two neighbours in the row.
    hole : ndarray of shape (H, W)
        bool, true where the left photograph has nothing to show.
    """

    pixels: np.ndarray
    hole: np.ndarray


def move_camera(pair, fraction, *, aim=0.0):
    """Move each pixel of the left photograph by a fraction of its disparity.

    Parameters
    ----------
    pair : StereoPair
    fraction : float
        0 is the left camera, 1 the right one, 0.5 half-way; outside 0 to 1 the camera moves on along the same line.
    aim : float
        A disparity. What lies at that distance stays where it is, as if the camera kept looking at it.

    Returns
    -------
    View

    Notes
    -----
    Where two pixels land on one place, the nearer is seen. Where the disparity was not measured, the smaller of the
    two nearest in the row is taken.

    References
    ----------
    Chen and Williams, "View interpolation for image synthesis", 1993, doi:10.1145/166117.166153.
    """
    height, width = pair.disparity.shape
    near = _fill_rows(pair.disparity, pair.disparity)
    columns = np.rint(np.arange(width) - fraction * (near - aim)).astype(int)
    order = np.argsort(near, axis=None, kind="stable")  # the nearest come last and stay
    rows, columns = np.repeat(np.arange(height), width)[order], columns.ravel()[order]
    inside = (columns >= 0) & (columns < width)
    rows, columns, order = rows[inside], columns[inside], order[inside]
    pixels, landed = np.zeros_like(pair.left), np.full((height, width), np.nan, dtype=np.float32)
    pixels[rows, columns] = pair.left.reshape(-1, 3)[order]
    landed[rows, columns] = near.ravel()[order]
    return View(_fill_rows(pixels, landed), np.isnan(landed))


def _fill_rows(values, disparity):
    """Copy into each place of unknown disparity the values of its farther known neighbour in the row."""
    width = disparity.shape[1]
    known, place = ~np.isnan(disparity), np.arange(width)
    left = np.maximum.accumulate(np.where(known, place, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, place, width)[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(len(disparity))[:, None]
    depth = [np.where((at >= 0) & (at < width), disparity[rows, at.clip(0, width - 1)], np.inf) for at in (left, right)]
    return values[rows, np.where(depth[0] <= depth[1], left, right).clip(0, width - 1)]
