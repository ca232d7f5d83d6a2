"""A table with simple solids, drawn from a description: the world of the Summer Vision Project.

Each of the `RELAXATIONS` gives up one assumption of the project's first month. `utils.classical.summer_vision`
describes the pictures again.
"""

from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

KNOWN = ("ball", "brick", "cylinder")  # the kinds of the first month
COLOURS = {
    "red": (0.80, 0.20, 0.18),
    "yellow": (0.92, 0.77, 0.18),
    "green": (0.22, 0.58, 0.30),
    "blue": (0.16, 0.38, 0.74),
    "violet": (0.55, 0.27, 0.62),
}
# what the memo leaves for later, in the order in which the lecture gives the assumptions up
RELAXATIONS = ("shading", "texture", "unknown", "noise", "touching", "occlusion", "shadows", "clutter")
TABLE = (0.86, 0.84, 0.80)
SHAPE = (90, 120)
SCALE = 16.5  # pixels a unit of length
FAR = 40.0


@dataclass(frozen=True)
class Solid:
    """One thing on the table.

    Attributes
    ----------
    kind : str
        ``"ball"``, ``"brick"``, ``"cylinder"`` or ``"cone"``.
    place : (float, float)
        Where it stands: x to the right, y away from a camera at azimuth 0.
    size : (float, float, float)
        Width, depth and height. Of round things, width and depth are the diameter.
    turn : float
        Degrees about the vertical.
    colour : str
        One of `COLOURS`.
    """

    kind: str
    place: tuple
    size: tuple
    turn: float
    colour: str


@dataclass(frozen=True)
class World:
    """A description that `render` draws.

    Attributes
    ----------
    solids : tuple of Solid
    camera, light : (float, float)
        Azimuth and elevation in degrees, of where the camera stands and where the light comes from.
    relaxed : frozenset of str
        The `RELAXATIONS` that hold.
    """

    solids: tuple
    camera: tuple = (0.0, 35.0)
    light: tuple = (-50.0, 50.0)
    relaxed: frozenset = frozenset()


class Rendering(NamedTuple):
    """What `render` returns.

    Attributes
    ----------
    image : ndarray of shape (H, W, 3)
        Red, green and blue in [0, 1].
    owner : ndarray of shape (H, W)
        The number of the solid that each pixel shows, -1 for the table.
    """

    image: np.ndarray
    owner: np.ndarray


# ---------------------------------------------------------------- graphics: description -> image


def towards(azimuth, elevation):
    """Return the unit vector that points from the table to a place in the sky.

    Parameters
    ----------
    azimuth, elevation : float
        In degrees; azimuth 0 is in front of the table, at negative y.

    Returns
    -------
    ndarray of shape (3,)
    """
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])


@cache
def camera_axes(camera):
    """Return the camera's directions: right, up, and away from it.

    Parameters
    ----------
    camera : (float, float)
        Azimuth and elevation in degrees.

    Returns
    -------
    ndarray of shape (3, 3)
        One direction a row, of unit length.
    """
    back = towards(*camera)
    a = np.radians(camera[0])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    axes = np.stack([right, np.cross(back, right), -back])
    axes.flags.writeable = False  # it is kept for the next call
    return axes


@cache
def rays(camera, shape=SHAPE, scale=SCALE):
    """Return where the ray of each pixel starts; all run in the direction in which the camera looks.

    Parameters
    ----------
    camera : (float, float)
    shape : (int, int)
    scale : float
        Pixels a unit of length.

    Returns
    -------
    ndarray of shape (H * W, 3)
    """
    height, width = shape
    right, up, away = camera_axes(camera)
    v, u = np.mgrid[:height, :width]
    across, upwards = (u.ravel() - (width - 1) / 2) / scale, ((height - 1) / 2 - v.ravel()) / scale
    origins = across[:, None] * right + upwards[:, None] * up - FAR * away
    origins.flags.writeable = False  # they are kept for the next call
    return origins


def hit(solid, origins, direction):
    """Tell where rays meet a solid.

    Parameters
    ----------
    solid : Solid
    origins : ndarray of shape (N, 3)
    direction : ndarray of shape (3,)

    Returns
    -------
    distance : ndarray of shape (N,)
        Along the ray; infinite where it misses.
    normal : ndarray of shape (N, 3)
        Of the surface there.
    """
    turn = np.radians(solid.turn)
    to_local = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    half, height = np.array(solid.size) / 2, solid.size[2]
    start = (origins - [*solid.place, 0]) @ to_local.T
    way = np.broadcast_to(to_local @ direction, start.shape)
    distance, normal = HITS[solid.kind](start, way, half, height)
    return distance, normal @ to_local


def _hit_ball(start, way, half, height):
    start = start - [0, 0, half[2]]
    distance = _first_root((way**2).sum(1), (start * way).sum(1), (start**2).sum(1) - half[2] ** 2)
    point = start + np.where(np.isfinite(distance), distance, 0)[:, None] * way
    return distance, point / half[2]


def _hit_brick(start, way, half, height):
    low, high = np.array([-half[0], -half[1], 0]), np.array([half[0], half[1], height])
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start) / way, (high - start) / way
    near, far = np.minimum(one, other), np.maximum(one, other)
    enter = near.max(axis=1)
    met = enter <= far.min(axis=1)
    face = near.argmax(axis=1)
    normal = np.zeros_like(start)
    row = np.arange(len(start))
    normal[row, face] = -np.sign(way[row, face])
    return np.where(met, enter, np.inf), normal


def _hit_cylinder(start, way, half, height):
    flat, flat_way = start[:, :2], way[:, :2]
    side = _first_root((flat_way**2).sum(1), (flat * flat_way).sum(1), (flat**2).sum(1) - half[0] ** 2)
    z = start[:, 2] + np.where(np.isfinite(side), side, 0) * way[:, 2]
    side = np.where((z >= 0) & (z <= height), side, np.inf)
    top = (height - start[:, 2]) / way[:, 2]
    top = np.where(((flat + top[:, None] * flat_way) ** 2).sum(1) <= half[0] ** 2, top, np.inf)
    distance = np.minimum(side, top)
    point = flat + np.where(np.isfinite(distance), distance, 0)[:, None] * flat_way
    normal = np.concatenate([point / half[0], np.zeros((len(start), 1))], axis=1)
    return distance, np.where((top < side)[:, None], [0.0, 0.0, 1.0], normal)


def _hit_cone(start, way, half, height):
    slope = half[0] / height
    down, down_way = slope * (height - start[:, 2]), -slope * way[:, 2]  # the radius at a height, and its change
    a = (way[:, :2] ** 2).sum(1) - down_way**2
    b = (start[:, :2] * way[:, :2]).sum(1) - down * down_way
    c = (start[:, :2] ** 2).sum(1) - down**2
    found = np.full(len(start), np.inf)
    for sign in (1, -1):  # either root, since one may lie on the cone's mirror image above its tip
        root = _root(a, b, c, sign)
        z = start[:, 2] + np.where(np.isfinite(root), root, 0) * way[:, 2]
        found = np.where((z >= 0) & (z <= height) & (root < found), root, found)
    point = start + np.where(np.isfinite(found), found, 0)[:, None] * way
    normal = np.stack([point[:, 0], point[:, 1], slope * slope * (height - point[:, 2])], axis=1)
    return found, normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)


def _root(a, b, c, sign):
    inside = b * b - a * c
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(inside >= 0, (-b - sign * np.sqrt(np.maximum(inside, 0))) / a, np.inf)


def _first_root(a, b, c):
    return _root(a, b, c, 1)


HITS = {"ball": _hit_ball, "brick": _hit_brick, "cylinder": _hit_cylinder, "cone": _hit_cone}
KINDS = tuple(HITS)


def render(world, *, shape=SHAPE, scale=SCALE, noise=None):
    """Draw a description.

    Parameters
    ----------
    world : World
    shape : (int, int)
        Height and width in pixels.
    scale : float
        Pixels a unit of length.
    noise : ndarray of shape (H, W, 3), optional
        Added where the world is noisy.

    Returns
    -------
    Rendering
    """
    origins, away = rays(world.camera, shape, scale), camera_axes(world.camera)[2]
    nearest = -origins[:, 2] / away[2]  # the table
    owner, normals = np.full(len(origins), -1), np.tile([0.0, 0.0, 1.0], (len(origins), 1))
    for number, solid in enumerate(world.solids):
        there = np.flatnonzero(_may_show(solid, world.camera, origins))
        distance, normal = hit(solid, origins[there], away)
        nearer = distance < nearest[there]
        there = there[nearer]
        nearest[there], owner[there], normals[there] = distance[nearer], number, normal[nearer]
    points = origins + nearest[:, None] * away
    image = _ground(points, "clutter" in world.relaxed)
    for number, solid in enumerate(world.solids):
        mine = owner == number
        image[mine] = COLOURS[solid.colour]
        if "texture" in world.relaxed:
            image[mine] *= np.where(np.floor(3 * points[mine, 2] + 0.5) % 2 > 0, 0.45, 1.0)[:, None]
    image *= _brightness(world, points, normals, owner)[:, None]
    image = image.reshape(*shape, 3)
    if noise is not None and "noise" in world.relaxed:
        image = image + noise
    return Rendering(np.clip(image, 0, 1), owner.reshape(shape))


def _may_show(solid, camera, points):
    """Tell which points lie on rays of a camera, or of the light, that pass the solid's box."""
    seen = points @ camera_axes(camera)[:2].T
    low, high = extent_of(solid, camera).T
    return ((seen >= low - 1e-9) & (seen <= high + 1e-9)).all(axis=1)


def _ground(points, cluttered):
    """Return the table's colour at each point: plain, or a chequered cloth."""
    image = np.tile(np.array(TABLE), (len(points), 1))
    if cluttered:
        dark = (np.floor(points[:, 0] / 0.9) + np.floor(points[:, 1] / 0.9)) % 2 > 0
        image[dark] = (0.45, 0.53, 0.62)
    return image


def _brightness(world, points, normals, owner):
    light, bright = towards(*world.light), np.ones(len(points))
    if "shading" in world.relaxed:
        bright = np.where(owner >= 0, 0.35 + 0.65 * np.maximum(normals @ light, 0), bright)
    if "shadows" in world.relaxed:
        on_table, dark = np.flatnonzero(owner < 0), np.zeros(len(points), bool)
        for solid in world.solids:
            there = on_table[_may_show(solid, world.light, points[on_table])]
            dark[there] |= np.isfinite(hit(solid, points[there] + FAR * light, -light)[0])
        bright = np.where(dark, 0.55 * bright, bright)
    return bright


# ---------------------------------------------------------------- worlds to try it on


def random_world(rng, relaxed=(), *, n_solids=4, camera=(0.0, 35.0)):
    """Lay out solids at random, apart from each other unless `relaxed` says otherwise.

    Parameters
    ----------
    rng : numpy Generator
    relaxed : sequence of str
        Some of `RELAXATIONS`. With ``"touching"`` two of the solids touch in the picture, with ``"occlusion"`` one
        hides about a third of another, with ``"unknown"`` one is a cone.
    n_solids : int
    camera : (float, float)

    Returns
    -------
    World
    """
    solids = []
    while len(solids) < n_solids:
        solid, place, together = random_solid(rng), len(solids), None
        if "unknown" in relaxed and place == n_solids - 1:
            solid = replace(solid, kind="cone", size=(1.2, 1.2, 1.5))
        if "touching" in relaxed and place == 1:
            solid, together = _moved_to(solid, solids[0], camera, overlap=0.1), 0
        if "occlusion" in relaxed and place == 3:
            solid, together = _moved_to(solid, solids[2], camera, overlap=0.45), 2
        if _fits(solid, solids, together, camera):
            solids.append(solid)
        elif rng.random() < 0.05:
            solids = []  # there may be no room left
    return World(tuple(solids), camera, relaxed=frozenset(relaxed))


def _moved_to(solid, other, camera, *, overlap):
    """Move a solid to the right of another, a little in front, until their boxes in the picture overlap by a share."""
    right, front = camera_axes(camera)[0][:2], towards(camera[0], 0)[:2]
    solid = replace(solid, place=tuple(map(float, np.array(other.place) + 0.3 * front)))
    (_, edge), (start, end) = extent_of(other, camera)[0], extent_of(solid, camera)[0]
    step = edge - start - overlap * min(end - start, other.size[0])
    return replace(solid, place=tuple(map(float, np.array(solid.place) + step * right)))


def _fits(solid, others, together, camera, *, gap=0.25):
    """Tell whether a solid is inside the picture, and apart from the others, but for number `together`."""
    extent = extent_of(solid, camera)
    if (np.abs(extent).max(axis=1) > np.array(SHAPE[::-1]) / SCALE / 2 - 0.3).any():
        return False
    apart = (_gap(extent, extent_of(other, camera)) > gap for i, other in enumerate(others) if i != together)
    return all(apart)


def _gap(one, other):
    """How far two boxes are apart along the axis on which they are farther apart; negative if they overlap."""
    return (np.maximum(one[:, 0], other[:, 0]) - np.minimum(one[:, 1], other[:, 1])).max()


def extent_of(solid, camera):
    """Return how far a solid reaches in the picture, from the middle, in units of length.

    Parameters
    ----------
    solid : Solid
    camera : (float, float)

    Returns
    -------
    ndarray of shape (2, 2)
        Left and right, then bottom and top.
    """
    width, depth, height = solid.size
    axes = camera_axes(camera)[:2]  # right and up
    if solid.kind == "ball":
        middle = axes @ [*solid.place, height / 2]
        return np.stack([middle - height / 2, middle + height / 2], axis=1)
    if solid.kind == "brick":
        a = np.radians(solid.turn)
        flat = np.array([[x * width / 2, y * depth / 2] for x in (-1, 1) for y in (-1, 1)])
        flat = flat @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    else:
        around = np.radians(np.arange(0, 360, 15))
        flat = width / 2 * np.stack([np.cos(around), np.sin(around)], axis=1)
    top = np.zeros((1, 2)) if solid.kind == "cone" else flat
    points = np.concatenate([np.c_[flat, np.zeros(len(flat))], np.c_[top, np.full(len(top), height)]])
    points = points + [*solid.place, 0]
    seen = points @ axes.T
    return np.stack([seen.min(axis=0), seen.max(axis=0)], axis=1)


def random_solid(rng):
    """Draw one solid of a known kind, somewhere on the table.

    Parameters
    ----------
    rng : numpy Generator

    Returns
    -------
    Solid
    """
    kind = KNOWN[rng.integers(3)]
    width = rng.uniform(0.9, 1.3)
    size = {
        "ball": (width,) * 3,
        "cylinder": (0.85 * width, 0.85 * width, rng.uniform(1.0, 1.5)),
        "brick": (1.2 * width, rng.uniform(0.7, 0.9) * width, rng.uniform(0.6, 1.1)),
    }[kind]
    place = (rng.uniform(-2.8, 2.8), rng.uniform(-2.6, 2.0))
    colour = list(COLOURS)[rng.integers(len(COLOURS))]
    return Solid(kind, place, tuple(map(float, size)), float(rng.uniform(0, 180)), colour)


def world_settings(world):
    """Write a world for the demo that draws it in the reader's browser.

    Parameters
    ----------
    world : World

    Returns
    -------
    dict
    """
    return asdict(world) | {"relaxed": sorted(world.relaxed)}
