"""Scenes and clips drawn at random, from a seed, as hard as one likes."""

import math
from dataclasses import dataclass, replace

import numpy as np

from utils.scenes.layout import (
    ACTIONS,
    BACKGROUNDS,
    CLUTTER,
    CLUTTER_SPRITES,
    COLOURS,
    FIXED_ONE,
    KINDS,
    MAX_ITEMS,
    MAX_SIZE,
    MIN_SCALE,
    MIN_SIZE,
    SPRITES,
    Clip,
    Item,
    Light,
    Scene,
    fixed_cos_sin,
    sprite_count,
)
from utils.validation import check_name, check_number, check_whole

_OPPOSITES = {"moves left": "moves right", "moves down": "moves up", "turns right": "turns left", "shrinks": "grows"}
_MAX_CLUTTER = 14


def random_scenes(
    n, *, seed, size=96, n_items=(1, 3), difficulty=0.5, scale=None, rotation=None, occlusion=None, lighting=None,
    clutter=None, kinds=None, colours=None, split="train",
):  # fmt: skip
    """Draw descriptions of scenes.

    Scene `i` depends on the seed, on `i` and on the other arguments, not on `n`. With one seed, the things, their
    colours and the background stay the same whatever the difficulty: only how they are shown changes.

    Parameters
    ----------
    n : int
        How many scenes.
    seed : int
        0 to 2**32 - 1.
    size : int
        Height and width in pixels, 32 to 512.
    n_items : (int, int)
        Fewest and most items a scene; at most 8.
    difficulty : float
        0 to 1. At 0 everything is upright, of one size, in plain light, apart from each other, with no clutter.
    scale, rotation, occlusion, lighting, clutter : float, optional
        Each 0 to 1, `difficulty` where not given: how much sides vary (at 1, from 0.5 to 1.6 times the plain
        side), how far things turn (at 1, up to 60 degrees), how much they may hide each other and stick out of the
        picture (at 0 every pixel of every item is seen), how uneven the light is, how many shapes lie behind.
        Where that many large things cannot lie apart, all of them are made smaller until they do.
    kinds : sequence of str, optional
        Draw only from these; all of `KINDS` otherwise.
    colours : sequence of str, optional
        Draw only from these; all of `COLOURS` otherwise.
    split : {"train", "test"}

    Returns
    -------
    list of Scene

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, out of range or not known.

    Notes
    -----
    Draws come from `numpy.random.RandomState`, whose stream NumPy has frozen (NEP 19).

    Examples
    --------
    >>> [scene] = random_scenes(1, seed=0, n_items=(2, 2), difficulty=0)
    >>> [(item.colour, item.kind, item.centre, item.scale) for item in scene.items]
    [('blue', 'seven', (36.8, 60.4), 30.7), ('blue', 'pullover', (50.1, 18.7), 30.7)]
    """
    given = (difficulty, scale, rotation, occlusion, lighting, clutter)
    plan = _plan(n, seed, size, n_items, given, kinds, colours, split)
    scenes = []
    for index in range(n):
        rng = np.random.RandomState((seed, index))
        scene = _draw_things(rng, plan)
        reach = [_reach(item, plan) for item in scene.items]
        scenes.append(_arranged(scene, *_place(rng, reach, plan)))
    return scenes


def random_clips(
    n, *, seed, n_frames=16, size=64, n_items=(1, 2), difficulty=0.25, scale=None, rotation=None, occlusion=None,
    lighting=None, clutter=None, jitter=None, kinds=None, colours=None, actions=ACTIONS, split="train",
):  # fmt: skip
    """Draw descriptions of clips, in each of which one item acts.

    Each action is another one played backwards: "moves left" is "moves right" from the last frame to the first.
    So a pair has exactly the same frames, and only their order tells which of the two it is.

    Parameters
    ----------
    n, seed
        As for `random_scenes`.
    n_frames : int
        2 to 64.
    size, n_items, difficulty, scale, rotation, occlusion, lighting, clutter
        As for `random_scenes`; at least one item.
    jitter : float, optional
        0 to 1, `difficulty` where not given: how much the items that do not act tremble (at 1, by 2 % of the
        picture's side).
    kinds, colours
        As for `random_scenes`.
    actions : sequence of str
        Draw only from these.
    split
        As for `random_scenes`.

    Returns
    -------
    list of Clip

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, out of range or not known.

    Examples
    --------
    >>> [clip] = random_clips(1, seed=0, actions=["moves up"], difficulty=0)
    >>> first, last = clip.scenes[0].items[clip.actor], clip.scenes[-1].items[clip.actor]
    >>> first.centre[1] > last.centre[1]
    True
    """
    given = (difficulty, scale, rotation, occlusion, lighting, clutter, jitter)
    plan = _plan(n, seed, size, n_items, given, kinds, colours, split)
    check_whole(n_frames, 2, 64, "n_frames")
    actions = _check_names(actions, ACTIONS, "action")
    if n_items[0] < 1:
        raise ValueError(f"n_items is {n_items!r}; a clip needs an item that acts: expected at least 1")
    return [_draw_clip(np.random.RandomState((seed, index)), plan, n_frames, actions) for index in range(n)]


# ---------------------------------------------------------------- drawing


@dataclass(frozen=True)
class _Plan:
    """The checked arguments of a call."""

    size: int
    n_items: tuple
    side: float
    scale: float
    rotation: float
    occlusion: float
    lighting: float
    clutter: float
    jitter: float
    kinds: tuple
    colours: tuple
    split: str


def _plan(n, seed, size, n_items, given, kinds, colours, split):
    check_whole(n, 1, math.inf, "n")
    check_whole(seed, 0, 2**32 - 1, "seed")
    check_whole(size, MIN_SIZE, MAX_SIZE, "size")
    if not isinstance(n_items, tuple | list) or len(n_items) != 2:
        raise TypeError(f"n_items is {n_items!r}; expected a pair (fewest, most)")
    for value in n_items:
        check_whole(value, 0, MAX_ITEMS, "n_items")
    if n_items[0] > n_items[1]:
        raise ValueError(f"n_items is {n_items!r}; expected (fewest, most): did you mean {tuple(n_items)[::-1]}?")
    names = ("difficulty", "scale", "rotation", "occlusion", "lighting", "clutter", "jitter")
    for value, name in zip(given, names, strict=False):
        if value is not None or name == "difficulty":
            check_number(value, 0, 1, name)
    levels = [given[0] if value is None else value for value in given[1:]]
    check_name(split, SPRITES, "split")
    kinds = _check_names(KINDS if kinds is None else kinds, KINDS, "kind")
    colours = _check_names(COLOURS if colours is None else colours, COLOURS, "colour")
    side = size * (0.32 if n_items[1] <= 4 else 0.19)  # small enough to lie apart
    return _Plan(size, tuple(n_items), side, *levels, *[0.0] * (6 - len(levels)), kinds, colours, split)


def _pick(options, u):
    """Choose by a number from 0 to 1; `randint` is not used because its stream differs between platforms."""
    return options[int(u * len(options))]


def _draw_things(rng, plan):
    """Draw all but the places; the number of draws is always the same, so every scene keeps its things."""
    where, x, y, strength, direction, count, pieces = rng.random_sample(7).tolist()
    low, high = plan.n_items
    n_items = low + int(count * (high - low + 1))
    middle = (plan.size / 2, plan.size / 2)
    items = []
    for kind, sprite, colour, side, turn in rng.random_sample((MAX_ITEMS, 5))[:n_items].tolist():
        kind = _pick(plan.kinds, kind)
        sprite = int(sprite * sprite_count(kind, plan.split))
        factor = 1 + plan.scale * (1.1 * side - 0.5)
        angle = round(60 * plan.rotation * (2 * turn - 1), 1)
        scale = max(round(plan.side * factor, 1), MIN_SCALE)
        items.append(Item(kind, sprite, _pick(plan.colours, colour), middle, scale, angle))
    n_clutter = int(plan.clutter * (0.6 + 0.4 * pieces) * _MAX_CLUTTER + 0.5)
    shapes = []
    for kind, sprite, colour, u, v, side, turn in rng.random_sample((_MAX_CLUTTER, 7))[:n_clutter].tolist():
        centre = (round(u * plan.size, 1), round(v * plan.size, 1))
        scale = max(round(plan.size * (0.06 + 0.14 * side), 1), MIN_SCALE)
        shape = (_pick(CLUTTER, kind), int(sprite * CLUTTER_SPRITES), _pick(tuple(COLOURS), colour))
        shapes.append(Item(*shape, centre, scale, round(360 * turn, 1)))
    room = MAX_SIZE - plan.size + 1
    light = Light(round(plan.lighting * (0.5 + 0.5 * strength), 2), round(360 * direction, 1))
    corner = (int(x * room), int(y * room))
    return Scene(_pick(BACKGROUNDS, where), tuple(items), plan.size, corner, light, tuple(shapes), plan.split)


def _reach(item, plan, *, travel=(0.0, 0.0), growth=1.0, turns=False):
    """Half width and half height of the box that an item needs, and how far it may leave the picture."""
    cos, sin = fixed_cos_sin(45 if turns else item.angle)
    half = item.scale / 2 * growth * (abs(cos) + abs(sin)) / FIXED_ONE + 1  # a pixel between neighbours
    return half + travel[0], half + travel[1], item.scale / 4 * plan.occlusion


def _place(rng, reach, plan):
    """Find a centre for each box; where they do not fit, shrink them all."""
    factor = 1.0
    while True:
        boxes = [(width * factor, height * factor, slack * factor) for width, height, slack in reach]
        for _ in range(60):
            centres = _try_to_place(rng, boxes, plan)
            if centres is not None:
                return centres, factor
        factor *= 0.9


def _try_to_place(rng, boxes, plan):
    """Place one box after the other; None as soon as one finds no place."""
    centres, covered = [], []
    limit = 0.75 * plan.occlusion  # how much of a box the later ones may cover together
    for width, height, slack in boxes:
        ranges = [(half - slack, plan.size - half + slack) for half in (width, height)]
        if any(low > high for low, high in ranges):
            return None
        for beside, u, v, distance in rng.random_sample((12, 4)).tolist():
            centre = [low + t * (high - low) for t, (low, high) in zip((u, v), ranges, strict=True)]
            if centres and beside < 0.9 * plan.occlusion:
                other = int(u * len(centres))
                cos, sin = fixed_cos_sin(360 * v)
                away = (0.25 + 0.4 * distance) / FIXED_ONE
                centre = [
                    centres[other][0] + cos * away * (width + boxes[other][0]),
                    centres[other][1] + sin * away * (height + boxes[other][1]),
                ]
                centre = [min(max(c, low), high) for c, (low, high) in zip(centre, ranges, strict=True)]
            centre = (round(centre[0], 1), round(centre[1], 1))
            hidden = [
                before + _overlap(centre, (width, height), earlier, box) / (4 * box[0] * box[1])
                for before, earlier, box in zip(covered, centres, boxes, strict=False)
            ]
            if max(hidden, default=0) <= limit:
                break
        else:
            return None
        centres.append(centre)
        covered = [*hidden, 0.0]
    return centres


def _overlap(centre, halves, other, other_halves):
    sides = [
        min(a + half, b + other_half) - max(a - half, b - other_half)
        for a, half, b, other_half in zip(centre, halves, other, other_halves, strict=False)
    ]
    return max(sides[0], 0) * max(sides[1], 0)


def _arranged(scene, centres, factor):
    items = tuple(
        replace(item, centre=centre, scale=max(round(item.scale * factor, 1), MIN_SCALE))
        for item, centre in zip(scene.items, centres, strict=True)
    )
    return replace(scene, items=items)


def _draw_clip(rng, plan, n_frames, actions):
    scene = _draw_things(rng, plan)
    who, what = rng.random_sample(2).tolist()
    action = _pick(actions, what)
    actor = int(who * len(scene.items))
    motion = _OPPOSITES.get(action, action)  # the one of the two that is drawn forwards
    tremble = 0.02 * plan.size * plan.jitter
    travel = 0.12 * plan.size
    reach = [_reach(item, plan, travel=(tremble, tremble)) for item in scene.items]
    path = {"moves right": (travel, 0.0), "moves up": (0.0, travel)}.get(motion, (0.0, 0.0))
    growth = 1.35 if motion == "grows" else 1.0
    reach[actor] = _reach(scene.items[actor], plan, travel=path, growth=growth, turns=motion == "turns left")
    centres, factor = _place(rng, reach, plan)
    scene = _arranged(scene, centres, factor)
    shaken = tremble * factor * (2 * rng.random_sample((n_frames, len(scene.items), 2)) - 1)
    frames = []
    for frame, offsets in enumerate(shaken.tolist()):
        t = 2 * frame / (n_frames - 1) - 1  # from -1 in the first frame to 1 in the last
        items = [_moved(item, dx, dy) for item, (dx, dy) in zip(scene.items, offsets, strict=True)]
        items[actor] = _moved(scene.items[actor], t * path[0] * factor, -t * path[1] * factor)
        if motion == "turns left":
            items[actor] = replace(items[actor], angle=round(items[actor].angle + 45 * t, 1))
        if motion == "grows":
            items[actor] = replace(items[actor], scale=max(round(items[actor].scale * (1 + 0.35 * t), 1), MIN_SCALE))
        frames.append(replace(scene, items=tuple(items)))
    return Clip(tuple(frames if motion == action else frames[::-1]), action, actor)


def _moved(item, dx, dy):
    return replace(item, centre=(round(item.centre[0] + dx, 1), round(item.centre[1] + dy, 1)))


def _check_names(values, known, what):
    if isinstance(values, str):
        raise TypeError(f"{what}s are the string {values!r}; expected a sequence of names: [{values!r}]")
    values = tuple(values)
    if not values:
        raise ValueError(f"no {what} is given; expected at least one of {', '.join(known)}")
    for value in values:
        check_name(value, known, what)
    return values
