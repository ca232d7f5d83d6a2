"""Printed letters on a small retina, and the association units that looked at it in the Mark I."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 20  # photocells along a side
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Bold")


def draw_letters(text, n, *, rng, shift=0, noise=0.0, size=15):
    """Draw letters on a retina of 20 × 20 photocells.

    Parameters
    ----------
    text : str
        The letters to draw from, one class each.
    n : int
        Pictures a letter.
    rng : numpy.random.Generator
        Chooses the typeface, the place and the noise.
    shift : int
        Each letter is moved by up to so many cells, right or left, up or down.
    noise : float
        Share of the cells that are flipped, 0 to 1.
    size : int
        Height of the typeface in cells, 6 to 18.

    Returns
    -------
    images : ndarray of shape (n * len(text), 20, 20)
        1 where a cell sees ink, else 0.
    labels : ndarray of shape (n * len(text),)
        Index into `text`.

    Examples
    --------
    >>> images, labels = draw_letters("AB", 3, rng=np.random.default_rng(0))
    >>> images.shape, labels.tolist()
    ((6, 20, 20), [0, 0, 0, 1, 1, 1])
    """
    images = []
    for letter in text:
        for _ in range(n):
            plain = _letter(letter, FONTS[rng.integers(len(FONTS))], size)
            image = np.roll(plain, rng.integers(-shift, shift + 1, size=2), axis=(0, 1))
            images.append(np.where(rng.random(image.shape) < noise, 1 - image, image))
    return np.array(images), np.repeat(np.arange(len(text)), n)


@cache
def _letter(letter, font, size):
    """Draw one letter in the middle of the retina."""
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    picture = Image.new("L", (4 * SIDE, 4 * SIDE))
    ImageDraw.Draw(picture).text((2 * SIDE, 2 * SIDE), letter, 255, ImageFont.truetype(path, size), anchor="mm")
    ink = np.asarray(picture)
    rows, columns = np.nonzero(ink > 127)
    top = (rows.min() + rows.max() + 1) // 2 - SIDE // 2
    left = (columns.min() + columns.max() + 1) // 2 - SIDE // 2
    return (ink[top : top + SIDE, left : left + SIDE] > 127).astype(float)
