"""Sprites laid into pictures: moved, scaled and turned, in whole numbers."""

from dataclasses import replace

import numpy as np

from utils.scenes.layout import BACKGROUNDS, COLOURS, FIXED_ONE, Item, Scene, fixed_cos_sin
from utils.scenes.sprites import CELL, SIDE, load_sprites


def stamp(item, *, split="train"):
    """Cut one item out of its picture, as `paint` would paint it, in whole numbers.

    If the item lies at a whole number of pixels, a pixel of the scene, ``old`` (0 to 255), becomes
    ``(old * (256 - cover - (cover >> 7)) >> 8) + (colour * bright >> 8)`` where `cover` is above 0.
    So a page can compose scenes.

    Parameters
    ----------
    item : Item
        Its centre and its colour do not matter.
    split : {"train", "test"}
        Where its sprite is from.

    Returns
    -------
    cover, bright : ndarray of shape (2 r + 1, 2 r + 1)
        uint8. For an item with its centre at ``x, y``, the value in the middle belongs to the pixel ``x, y``.

    Raises
    ------
    TypeError
        If it is no item.
    ValueError
        If there is no such split, or no such sprite in it.

    Examples
    --------
    >>> from utils.scenes.layout import Item
    >>> cover, bright = stamp(Item("bag", 0, "blue", (0, 0), 15))
    >>> cover.shape, int(cover.max())
    ((17, 17), 255)
    """
    if not isinstance(item, Item):
        raise TypeError(f"{item!r} is a {type(item).__name__}; expected an Item")
    Scene(BACKGROUNDS[0], (replace(item, centre=(0, 0)),), split=split)  # refuses what cannot be
    things = measure([(0, replace(item, centre=(0, 0)))], split)
    _, x, y, *place = windows(things)
    reach = int(max(abs(x).max(), abs(y).max()))
    cut = np.zeros((2, 2 * reach + 1, 2 * reach + 1), np.uint8)
    for values, sprites in zip(cut, (things["sprites"].cover, things["sprites"].bright), strict=True):
        values[y + reach, x + reach] = sampled(sprites, *place)
    return tuple(cut)


def measure(layer, split):
    """Write the things of a layer, at most one a scene, as arrays of whole numbers.

    Parameters
    ----------
    layer : list of (int, Item)
        The scene that each thing belongs to, and the thing.
    split : {"train", "test"}

    Returns
    -------
    dict
        ``sprites`` as from `load_sprites`; arrays of shape (M,): ``scene``, ``sprite``, ``x``, ``y`` and ``scale`` in
        1/256 pixels, ``cos`` and ``sin`` in 1/65536; ``colour`` of shape (3, M).
    """
    sprites = load_sprites(split)
    rows = [
        (
            index,
            sprites.first[item.kind] + item.sprite,
            *(round(256 * value) for value in item.centre),
            round(256 * item.scale),
            *fixed_cos_sin(item.angle),
            *COLOURS[item.colour],
        )
        for index, item in layer
    ]
    scene, sprite, x, y, scale, cos, sin, *colour = np.array(rows, np.int64).T
    return {
        "sprites": sprites, "scene": scene, "sprite": sprite, "x": x, "y": y, "scale": scale, "cos": cos, "sin": sin,
        "colour": np.stack(colour),
    }  # fmt: skip


def windows(things):
    """Lay a square window around each thing, and string the pixels of all windows together.

    Parameters
    ----------
    things : dict
        As from `measure`.

    Returns
    -------
    thing, x, y, place, right, down : ndarray of shape (P,)
        Which thing each pixel is about, its x and y in the picture, where the pixel of the sprite is that it shows, and
        how far it lies to the right of that one and below it, in 1/256 pixels.
    """
    cos, sin, scale = things["cos"], things["sin"], things["scale"]
    half = scale * (abs(cos) + abs(sin)) * (SIDE + 2) // (2 * SIDE * FIXED_ONE) + 256  # in 1/256 pixels
    side = (2 * half >> 8) + 2
    left, top = things["x"] - half >> 8, things["y"] - half >> 8
    # u, v: the place in the cell of the sprite, in 1/65536 pixels
    step_u, step_v = cos * (SIDE * 256) // scale, sin * (SIDE * 256) // scale  # of one pixel of the picture
    dx, dy = (left << 8) + 128 - things["x"], (top << 8) + 128 - things["y"]  # of the first pixel, from the centre
    middle = (CELL - 1) * FIXED_ONE // 2
    u, v = (dx * step_u - dy * step_v >> 8) + middle, (dx * step_v + dy * step_u >> 8) + middle
    thing, down = _string(side)  # one entry a row of a window
    row, right = _string(side[thing])  # one entry a pixel
    rows = u[thing] - down * step_v[thing], v[thing] + down * step_u[thing], step_u[thing], step_v[thing]
    u, v, step_u, step_v = (values.astype(np.int32)[row] for values in rows)
    u, v = u + right * step_u, v + right * step_v
    limit = (CELL - 1) * FIXED_ONE
    kept = np.flatnonzero((u >= 0) & (u < limit) & (v >= 0) & (v < limit))
    u, v, row, right = u[kept], v[kept], row[kept], right[kept]
    rows = thing, left[thing], down + top[thing], things["sprite"][thing] * CELL**2
    thing, left, y, sprite = (values.astype(np.int32)[row] for values in rows)
    return thing, left + right, y, sprite + (v >> 16) * CELL + (u >> 16), u >> 8 & 255, v >> 8 & 255


def _string(counts):
    """Count from 0 once for each entry of `counts`; return which entry it is about, and the count."""
    which = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    start = (np.cumsum(counts) - counts).astype(np.int32)
    return which, np.arange(len(which), dtype=np.int32) - start[which]


def sampled(sprites, place, right, down):
    """Average the four nearest pixels of a sprite, weighted by closeness.

    Parameters
    ----------
    sprites : ndarray of shape (M, 32, 32)
        Whole numbers, such as ``load_sprites(split).cover``.
    place, right, down : ndarray of shape (P,)
        As from `windows`.

    Returns
    -------
    ndarray of shape (P,)
    """
    values = sprites.reshape(-1)
    above = values[place] * (256 - right) + values[place + 1] * right
    below = values[place + CELL] * (256 - right) + values[place + CELL + 1] * right
    return above * (256 - down) + below * down + FIXED_ONE // 2 >> 16  # rounded
