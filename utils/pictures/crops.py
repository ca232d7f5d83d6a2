"""Squares cut from pictures, as networks want them."""

import numpy as np
from PIL import Image


def centre_square(pixels, *, size=224):
    """Cut out the centre square of a photograph and resize it.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8; grey is repeated over three channels.
    size : int
        The side of the result.

    Returns
    -------
    ndarray of shape (size, size, 3)
        uint8.

    Raises
    ------
    TypeError
        If the pixels are not uint8.
    ValueError
        If they are not of one of the two shapes.
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels are {pixels.dtype}; expected uint8 from 0 to 255")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3) or 0 in pixels.shape:
        raise ValueError(f"pixels have shape {pixels.shape}; expected (H, W, 3), or (H, W) for grey")
    image = Image.fromarray(pixels).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return np.array(square.resize((size, size), Image.Resampling.BICUBIC))
