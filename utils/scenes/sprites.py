"""What scenes are painted with: garments and digits cut out of their pictures, and photographed grounds."""

from functools import cache
from typing import NamedTuple

import numpy as np

from utils.data.sets import load_images
from utils.pictures.photographs import load_photograph
from utils.scenes.layout import BACKGROUNDS, CLUTTER, CLUTTER_SPRITES, DIGITS, GARMENTS, sprite_count

SIDE = 28  # of a sprite in pixels
BORDER = 2  # empty pixels around it, so that its edge can be smooth
CELL = SIDE + 2 * BORDER
_TINTS = {"brick": (150, 112, 98), "grass": (112, 138, 84), "gravel": (124, 128, 138)}


class Sprites(NamedTuple):
    """All that can be painted, in whole numbers.

    Attributes
    ----------
    cover : ndarray of shape (M, 32, 32)
        uint8, how much of each pixel the thing covers: 0 to 255.
    bright : ndarray of shape (M, 32, 32)
        uint8, its brightness, 0 where it does not cover.
    ends : ndarray of shape (M, 4, 2)
        int64, x and y of the top, right, bottom and left end of a garment, in half pixels from the middle. Zero for
        what is no garment.
    first : dict
        Kind to the row of its first sprite.
    """

    cover: np.ndarray
    bright: np.ndarray
    ends: np.ndarray
    first: dict


@cache
def load_sprites(split):
    """Cut out every garment, digit and shape of clutter; the second call costs nothing.

    A garment is stretched so that its darkest cloth keeps 45 % of the colour that it will be dyed in.

    Parameters
    ----------
    split : {"train", "test"}

    Returns
    -------
    Sprites

    Examples
    --------
    >>> sprites = load_sprites("test")
    >>> sprites.cover[sprites.first["bag"]].shape
    (32, 32)
    """
    cut = {}
    for name, kinds, cut_out in (("fashion_mnist", GARMENTS, _garments), ("digits", DIGITS, _digits)):
        loaded = load_images(name, split=split)
        for label, kind in enumerate(kinds):
            cut[kind] = cut_out(loaded.images[loaded.labels == label][: sprite_count(kind, split), 0].numpy())
    cut |= {shape: _shapes(shape) for shape in CLUTTER}
    counts = [len(cover) for cover, _ in cut.values()]
    first = dict(zip(cut, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
    cover, bright = (np.concatenate(stack).astype(np.uint8) for stack in zip(*cut.values(), strict=True))
    ends = np.zeros((len(cover), 4, 2), np.int64)
    ends[: first[DIGITS[0]]] = _ends(cover[: first[DIGITS[0]]] > 0)
    border = ((0, 0), (BORDER, BORDER), (BORDER, BORDER))
    return Sprites(np.pad(cover, border), np.pad(bright, border), ends, first)


@cache
def load_background(name):
    """Load a photographed ground, tinted and subdued a little, so that things stand out from it.

    Parameters
    ----------
    name : str
        One of `utils.scenes.layout.BACKGROUNDS`.

    Returns
    -------
    ndarray of shape (3, 512, 512)
        uint8.

    Examples
    --------
    >>> load_background("brick").shape
    (3, 512, 512)
    """
    pixels = load_photograph(name).pixels.astype(np.int32)
    tint = np.array(_TINTS[name])[:, None, None]
    return np.clip(tint * (40 + pixels) // 190, 0, 255).astype(np.uint8)


def silhouettes(pictures, *, threshold=24):
    """Find the pixels of things on a black ground, dark parts inside included.

    A pixel belongs to the thing if it lies between the first and the last bright pixel of its row *and* of its column:
    dark cloth is kept, the gap between two trouser legs is not.

    Parameters
    ----------
    pictures : ndarray of shape (N, H, W)
    threshold : int
        The least value that is bright.

    Returns
    -------
    ndarray of shape (N, H, W)
        bool.

    Examples
    --------
    >>> ring_and_leg = np.array([[[99, 99, 99], [99, 0, 99], [99, 99, 99], [99, 0, 0]]])
    >>> silhouettes(ring_and_leg).astype(int).tolist()
    [[[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 0, 0]]]
    """
    bright = pictures >= threshold
    inside = np.ones_like(bright)
    for axis in (1, 2):
        for view, result in ((bright, inside), (np.flip(bright, axis), np.flip(inside, axis))):
            result &= np.maximum.accumulate(view, axis)  # true from the first bright pixel on
    return inside


# ---------------------------------------------------------------- cutting out: (cover, bright), each (n, 28, 28)


def _garments(pictures):
    pictures = np.rint(pictures * 255).astype(np.int32)
    inside = silhouettes(pictures)
    most = pictures.max(axis=(1, 2), keepdims=True)
    return inside * 255, (115 + 140 * pictures // most) * inside  # 115 / 255 is 45 %


def _digits(pictures):
    """Enlarge 8 x 8 counts of ink (0 to 16) between pixels; more than 0.44 of full ink is the digit."""
    ink = np.pad(np.rint(pictures * 16).astype(np.int32), ((0, 0), (1, 1), (1, 1)))
    at = (2 * np.arange(SIDE) + 1) * 8 * 128 // SIDE + 128  # place in the padded picture, in 1/256 pixels
    for axis in (1, 2):
        weight = (at & 255)[:, None] if axis == 1 else at & 255
        ink = ink.take(at >> 8, axis) * (256 - weight) + ink.take((at >> 8) + 1, axis) * weight
    cover = np.clip(((ink >> 12) - 88) * 5, 0, 255)  # 16 * 256 * 256 >> 12 is 256
    return cover, cover


def _shapes(shape):
    """Cut shapes out of the photographs."""
    y, x = np.mgrid[:SIDE, :SIDE] * 2 - SIDE + 1  # from the middle, in half pixels
    inside = {
        "disc": x * x + y * y <= 26**2,
        "square": np.maximum(abs(x), abs(y)) <= 23,
        "triangle": (2 * abs(x) <= y + 25) & (y <= 23),
    }[shape]
    crops = []
    for number in range(CLUTTER_SPRITES):
        pixels = load_photograph(BACKGROUNDS[number % len(BACKGROUNDS)]).pixels
        crops.append(pixels[30 * number :, 29 * number :][:SIDE, :SIDE].astype(np.int32))
    return np.repeat(inside[None] * 255, len(crops), axis=0), np.minimum(60 + np.stack(crops), 255) * inside


def _ends(inside):
    """Top, right, bottom and left end of each silhouette: of the outermost pixels, the middle one."""
    turned = inside.transpose(0, 2, 1)
    (top_y, top_x), (bottom_y, bottom_x) = _outermost(inside), _outermost(inside[:, ::-1])
    (left_x, left_y), (right_x, right_y) = _outermost(turned), _outermost(turned[:, ::-1])
    last = SIDE - 1
    x = np.stack([top_x, last - right_x, bottom_x, left_x], axis=1)
    y = np.stack([top_y, right_y, last - bottom_y, left_y], axis=1)
    return 2 * np.stack([x, y], axis=2) - last  # (N, 4, 2), from the middle in half pixels


def _outermost(inside):
    """The first row that has a pixel, and the middle one of its pixels."""
    row = inside.any(axis=2).argmax(axis=1)
    pixels = inside[np.arange(len(inside)), row]  # (N, H, W) -> (N, W)
    rank = (pixels.sum(axis=1, keepdims=True) + 1) // 2
    return row, (pixels.cumsum(axis=1) >= rank).argmax(axis=1)
