"""The Summer Vision Project in small: describe a picture of simple solids, in the stages that its memo planned.

Figure and ground, regions, objects. The pictures come from `utils.classical.summer_world`.

References
----------
Papert, "The Summer Vision Project", MIT Project MAC, Vision Memo 100, 1966, https://hdl.handle.net/1721.1/6125.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from utils.classical.summer_world import COLOURS, FAR, KNOWN, SCALE, SHAPE, Solid, World, camera_axes, render


class Region(NamedTuple):
    """What one connected piece of the figure is taken for.

    Attributes
    ----------
    kind : str
        One of `KNOWN`, or ``"unknown"``.
    colour : str
    place : (float, float)
    size : (float, float, float)
    turn : float
        Place, size and turn of the model that fits best.
    fit : float
        How well: intersection over union of the two silhouettes, from 0 to 1.
    box : (int, int, int, int)
        Top, left, bottom and right; the last two just outside.
    """

    kind: str
    colour: str
    place: tuple
    size: tuple
    turn: float
    fit: float
    box: tuple


class Sight(NamedTuple):
    """What `look` returns: the result of each stage.

    Attributes
    ----------
    figure : ndarray of shape (H, W)
        True where a pixel is not the table's.
    labels : ndarray of shape (H, W)
        The number of the region of each pixel from 1 on, 0 elsewhere.
    regions : tuple of Region
    """

    figure: np.ndarray
    labels: np.ndarray
    regions: tuple


class Model(NamedTuple):
    """The silhouette of a solid of known kind, as the camera sees it.

    Attributes
    ----------
    solid : Solid
        At the origin.
    mask : ndarray of shape (SIDE, SIDE)
        Its silhouette, stretched to a square.
    extent : (float, float)
        Height and width in units of length.
    foot : (float, float)
        Where it stands: down and right of the box's upper left corner, in units of length.
    """

    solid: Solid
    mask: np.ndarray
    extent: tuple
    foot: tuple


SIDE = 24
LEAST_AREA = 12  # pixels; smaller pieces are dirt
DIFFERENT = 0.12  # from the table's colour, in the channel that differs most
GOOD_FIT = 0.80
PROPORTIONS = {
    "ball": ((1.0, 1.0, 1.0),),
    "cylinder": tuple((1.0, 1.0, height) for height in (0.9, 1.05, 1.2, 1.35, 1.5, 1.7, 1.9)),
    "brick": ((1.3, 0.8, 0.6), (1.3, 0.8, 0.9), (1.3, 0.8, 1.2)),
}


def models_of(camera):
    """Draw the known kinds as the camera sees them: a few proportions, and bricks at every 15 degrees.

    Parameters
    ----------
    camera : (float, float)

    Returns
    -------
    list of Model
    """
    models, scale = [], 24.0
    for kind in KNOWN:
        for size in PROPORTIONS[kind]:
            for turn in np.arange(0.0, 180.0, 15.0) if kind == "brick" else (0.0,):
                solid = Solid(kind, (0.0, 0.0), size, float(turn), "red")
                mask = render(World((solid,), camera), shape=(64, 64), scale=scale).owner == 0
                top, left, bottom, right = box_of(mask)
                # the origin of the table lies in the middle of the picture
                foot = ((31.5 - top + 0.5) / scale, (31.5 - left + 0.5) / scale)
                extent = ((bottom - top) / scale, (right - left) / scale)
                models.append(Model(solid, stretched(mask, (top, left, bottom, right)), extent, foot))
    return models


def box_of(mask):
    """Return the box of what is true in a mask.

    Parameters
    ----------
    mask : ndarray of shape (H, W)

    Returns
    -------
    (int, int, int, int)
        Top, left, bottom and right; the last two lie just outside.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def stretched(mask, box):
    """Bring what is inside a box of a mask to one size, by taking the nearest pixel.

    Parameters
    ----------
    mask : ndarray of shape (H, W)
    box : (int, int, int, int)
        As `box_of` returns it.

    Returns
    -------
    ndarray of shape (SIDE, SIDE)
    """
    top, left, bottom, right = box
    steps = (np.arange(SIDE) + 0.5) / SIDE
    rows, columns = (top + steps * (bottom - top)).astype(int), (left + steps * (right - left)).astype(int)
    return mask[np.ix_(rows, columns)]


def look(image, camera, models, *, figure=None, scale=SCALE):
    """Describe a picture in the three stages of the memo.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3)
        In [0, 1].
    camera : (float, float)
        Known, as in the memo.
    models : list of Model
        As `models_of` gives them for this camera.
    figure : ndarray of shape (H, W), optional
        The result of another first stage, True where a pixel is not the table's.
    scale : float
        Pixels a unit of length.

    Returns
    -------
    Sight
    """
    if figure is None:
        border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
        figure = np.abs(image - np.median(border, axis=0)).max(axis=2) > DIFFERENT
    labels, count = ndimage.label(figure)  # pixels that share an edge belong together
    large = np.bincount(labels.ravel(), minlength=count + 1) >= LEAST_AREA
    labels[~large[labels]] = 0
    masks = [labels == number for number in np.flatnonzero(large[1:]) + 1]
    regions = [_identify(mask, image[mask].mean(axis=0), camera, models, scale) for mask in masks]
    return Sight(figure, labels, tuple(regions))


def _identify(mask, colour, camera, models, scale):
    """Compare a region with every model, and describe it by the one that fits best."""
    box = top, left, bottom, right = box_of(mask)
    own, height, width = stretched(mask, box), (bottom - top) / scale, (right - left) / scale
    fits = [(own & model.mask).sum() / (own | model.mask).sum() for model in models]
    best = int(np.argmax(fits))
    model, fit = models[best], float(fits[best])
    grown = (height / model.extent[0] + width / model.extent[1]) / 2
    down, across = top / scale + grown * model.foot[0], left / scale + grown * model.foot[1]
    named = min(COLOURS, key=lambda name: np.abs(colour / colour.sum() - _share(name)).sum())
    size = tuple(float(grown * side) for side in model.solid.size)
    kind = model.solid.kind if fit >= GOOD_FIT else "unknown"
    return Region(kind, named, on_table(down, across, camera, scale), size, model.solid.turn, fit, box)


def _share(name):
    return np.array(COLOURS[name]) / sum(COLOURS[name])


def on_table(down, across, camera, scale=SCALE, shape=SHAPE):
    """Return which place of the table is seen at a place of the picture.

    Parameters
    ----------
    down, across : float
        In units of length, from the picture's upper left corner.
    camera : (float, float)
    scale : float
    shape : (int, int)

    Returns
    -------
    (float, float)
    """
    right, up, away = camera_axes(camera)
    start = (across - shape[1] / scale / 2) * right + (shape[0] / scale / 2 - down) * up - FAR * away
    point = start - start[2] / away[2] * away
    return float(point[0]), float(point[1])


def recovered(world, regions, *, near=0.7):
    """Say which solids were described rightly: kind, colour, and place. A cone is rightly called unknown.

    Parameters
    ----------
    world : World
    regions : sequence of Region
    near : float
        How far off the place may be, in units of length.

    Returns
    -------
    list of bool
        One a solid.
    """
    right, free = [], list(regions)
    for solid in world.solids:
        wanted = solid.kind if solid.kind in KNOWN else "unknown"
        match = next(
            (
                region
                for region in free
                if (region.kind, region.colour) == (wanted, solid.colour)
                and np.hypot(region.place[0] - solid.place[0], region.place[1] - solid.place[1]) <= near
            ),
            None,
        )
        right.append(match is not None)
        if match:
            free.remove(match)
    return right
