"""Classical descriptions of a picture, made before networks learned their own: edges by cell, and colours."""

import numpy as np


def describe_edges(pixels, *, cell=16, n_directions=9):
    """Describe a picture by the directions of its edges: a histogram for each cell (HOG, with blocks of one cell).

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8 or float. Colour is turned into luminance.
    cell, n_directions : int

    Returns
    -------
    ndarray of shape (H // cell * (W // cell) * n_directions,)
        Each cell's histogram has length 1, or nearly 0 where the cell is flat.

    References
    ----------
    Dalal and Triggs, "Histograms of oriented gradients for human detection", 2005, doi:10.1109/CVPR.2005.177.
    """
    from skimage.feature import hog

    grey = pixels @ np.array([0.299, 0.587, 0.114]) if pixels.ndim == 3 else pixels.astype(float)
    return hog(grey, n_directions, (cell, cell), cells_per_block=(1, 1), block_norm="L2")


def describe_colours(pixels, *, levels=4):
    """Describe a picture by its colours: the share of pixels in each of ``levels ** 3`` boxes.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3)
        uint8.
    levels : int
        Steps of red, of green and of blue.

    Returns
    -------
    ndarray of shape (levels ** 3,)
        Sums to 1. Where the colours stood is forgotten.

    References
    ----------
    Swain and Ballard, "Color indexing", 1991, doi:10.1007/BF00130487.
    """
    red, green, blue = np.moveaxis(pixels.astype(int) * levels // 256, -1, 0)
    counts = np.bincount((red * levels**2 + green * levels + blue).ravel(), minlength=levels**3)
    return counts / counts.sum()
