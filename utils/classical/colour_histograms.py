"""Colour indexing: histograms over opponent colours, what two have in common, and where a colour lies in a picture."""

import numpy as np

RED_GREEN, BLUE_YELLOW, BRIGHTNESS = 16, 16, 8  # sections of each axis
N_BINS = RED_GREEN * BLUE_YELLOW * BRIGHTNESS


def colour_bins(pixels):
    """Tell the bin of each pixel.

    Parameters
    ----------
    pixels : ndarray of shape (..., 3), uint8
        Red, green, blue.

    Returns
    -------
    ndarray of shape (...,), int64
        0 to 2047. The axes are red against green (``r - g``), blue against yellow (``2 b - r - g``) and brightness
        (``r + g + b``), cut into 16, 16 and 8 equal sections: whole numbers only, so every machine agrees.

    Raises
    ------
    ValueError
        If the pixels are not uint8 in three channels.

    References
    ----------
    Swain and Ballard, "Color indexing", 1991.

    Examples
    --------
    >>> colour_bins(np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0]], dtype=np.uint8)).tolist()
    [952, 959, 1946]
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.shape[-1:] != (3,):
        raise ValueError(
            f"pixels have shape {pixels.shape} and type {pixels.dtype}; expected (..., 3) of uint8, in colour"
        )
    red, green, blue = np.moveaxis(pixels.astype(np.int64), -1, 0)
    red_green = (red - green + 255) * RED_GREEN // 511
    blue_yellow = (2 * blue - red - green + 510) * BLUE_YELLOW // 1021
    brightness = (red + green + blue) * BRIGHTNESS // 766
    return (red_green * BLUE_YELLOW + blue_yellow) * BRIGHTNESS + brightness


def colour_histogram(pixels, *, mask=None):
    """Count the colours of a picture.

    Parameters
    ----------
    pixels : ndarray of shape (..., 3), uint8
    mask : ndarray of bool of shape (...,), optional
        Count only these pixels.

    Returns
    -------
    ndarray of shape (2048,)
        The share of the pixels in each bin; sums to 1.

    Raises
    ------
    ValueError
        If no pixel is left to count.
    """
    bins = colour_bins(pixels)
    bins = bins.ravel() if mask is None else bins[np.asarray(mask, dtype=bool)]
    if not bins.size:
        raise ValueError("there is no pixel to count; the picture or its mask is empty")
    return np.bincount(bins, minlength=N_BINS) / bins.size


def backproject(pixels, model):
    """Mark the pixels whose colour is more typical of the model than of this picture.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
    model : ndarray of shape (2048,)
        Histogram of what is sought.

    Returns
    -------
    ndarray of shape (H, W)
        The ratio ``model / picture`` of each pixel's bin, at most 1.

    References
    ----------
    Swain and Ballard, "Color indexing", 1991. The ratio is of shares here, of counts there.
    """
    bins = colour_bins(pixels)
    picture = colour_histogram(pixels)
    ratio = np.divide(model, picture, out=np.zeros(N_BINS), where=picture > 0)
    return np.minimum(ratio, 1)[bins]


def bin_colours():
    """Return a colour to draw each bin with.

    Returns
    -------
    ndarray of shape (2048, 3), uint8
        The mean of the colours that fall into the bin, sampled on a grid; black where there is none.
    """
    levels = np.arange(0, 256, 5)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.uint8)
    bins = colour_bins(grid)
    counts = np.bincount(bins, minlength=N_BINS)
    sums = np.stack([np.bincount(bins, weights=grid[:, channel], minlength=N_BINS) for channel in range(3)], axis=1)
    return (sums / np.maximum(counts, 1)[:, None]).round().astype(np.uint8)
