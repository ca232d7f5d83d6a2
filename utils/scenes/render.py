"""Scenes painted: pictures from descriptions, with everything that is true about them."""

from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from utils.scenes.captions import describe
from utils.scenes.layout import ACTIONS, FIXED_ONE, GARMENTS, KINDS, MAX_ITEMS, Clip, Scene, fixed_cos_sin
from utils.scenes.rasterise import measure, sampled, windows
from utils.scenes.sprites import SIDE, load_background

# Places, weights and colours are whole numbers throughout, so that every machine paints the same bytes.
_BLOCK = 32  # scenes painted together: few enough that their pixels stay in the processor's cache


@dataclass(frozen=True)
class Scenes:
    """Painted scenes. What belongs to the things of one scene is in a tuple, one entry a scene, `k` rows each.

    Only things of which at least one pixel is seen are there; `items` tells which ones they are.

    Attributes
    ----------
    images : Tensor of shape (N, 3, H, W)
        uint8.
    boxes : tuple of Tensor of shape (k, 4)
        float32, ``x0, y0, x1, y1`` in pixels, tight around the pixels that are seen. The box of one pixel in the
        upper left corner is ``0, 0, 1, 1``.
    full_boxes : tuple of Tensor of shape (k, 4)
        The same around the whole thing, also where it is hidden or leaves the picture.
    labels : tuple of Tensor of shape (k,)
        int64, an index into `classes`.
    masks : tuple of Tensor of shape (k, H, W)
        bool, the pixels that are seen. No two overlap.
    visibility : tuple of Tensor of shape (k,)
        float32, the share of the thing's pixels that is seen.
    keypoints : tuple of Tensor of shape (k, 4, 2)
        float32, x and y in pixels of the top, right, bottom and left end of a garment as it is worn, carried along
        when it turns. A digit has no such ends: NaN.
    keypoint_visible : tuple of Tensor of shape (k, 4)
        bool, whether the garment is seen within one pixel of that end. False for digits.
    class_map : Tensor of shape (N, H, W)
        int64, 0 for the background and ``label + 1`` for a thing.
    captions : tuple of str
    items : tuple of Tensor of shape (k,)
        int64, an index into ``scenes[i].items``.
    scenes : tuple of Scene
    classes : tuple of str
    """

    images: torch.Tensor
    boxes: tuple
    full_boxes: tuple
    labels: tuple
    masks: tuple
    visibility: tuple
    keypoints: tuple
    keypoint_visible: tuple
    class_map: torch.Tensor
    captions: tuple
    items: tuple
    scenes: tuple
    classes: tuple = KINDS

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """Return the scenes that a slice, mask or index tensor selects."""
        return _selected(self, index)


@dataclass(frozen=True)
class Clips:
    """Painted clips. What belongs to the items of one clip is in a tuple, one entry a clip, `k` rows each.

    Attributes
    ----------
    frames : Tensor of shape (N, T, 3, H, W)
        uint8.
    tracks : tuple of Tensor of shape (k, T, 4)
        float32, the box of the seen pixels of each item over time, as in `Scenes.boxes`; the row is the identity of
        the item. NaN where it is hidden.
    visible : tuple of Tensor of shape (k, T)
        bool.
    labels : tuple of Tensor of shape (k,)
        int64, an index into `classes`.
    actors : Tensor of shape (N,)
        int64, the row of the item that acts.
    actions : Tensor of shape (N,)
        int64, an index into `action_names`.
    captions : tuple of str
    clips : tuple of Clip
    classes, action_names : tuple of str
    """

    frames: torch.Tensor
    tracks: tuple
    visible: tuple
    labels: tuple
    actors: torch.Tensor
    actions: torch.Tensor
    captions: tuple
    clips: tuple
    classes: tuple = KINDS
    action_names: tuple = ACTIONS

    def __len__(self):
        return len(self.frames)

    def __getitem__(self, index):
        """Return the clips that a slice, mask or index tensor selects."""
        return _selected(self, index)


def paint(scenes):
    """Paint scenes, and say what is seen in each.

    Parameters
    ----------
    scenes : Scene or sequence of Scene
        All of one size.

    Returns
    -------
    Scenes

    Raises
    ------
    TypeError
        If something else than scenes is given.
    ValueError
        If there is no scene, or they differ in size or split.

    Notes
    -----
    Sprites are sampled between pixels, with weights of 1/256. A pixel belongs to the topmost thing that covers at
    least half of it. Captions name what is seen, and nothing else.

    Examples
    --------
    >>> from utils.scenes.sampling import random_scenes
    >>> painted = paint(random_scenes(5, seed=0, n_items=(2, 2), difficulty=0))
    >>> painted.images.shape, painted.boxes[0].shape
    (torch.Size([5, 3, 96, 96]), torch.Size([2, 4]))
    >>> painted.captions[0]
    'a blue pullover above a blue seven on brick'
    """
    scenes = _checked(scenes, Scene, "scene")
    for name in ("size", "split"):
        values = sorted({getattr(scene, name) for scene in scenes})
        if len(values) > 1:
            raise ValueError(f"the scenes differ in {name}: {values}; expected one: paint them in separate calls")
    size = scenes[0].size
    images = np.empty((len(scenes), 3, size, size), np.uint8)
    class_map = np.empty((len(scenes), size, size), np.int64)
    truths = []
    for start in range(0, len(scenes), _BLOCK):
        part = slice(start, start + _BLOCK)
        truths += _paint_block(scenes[part], images[part], class_map[part])
    columns = {name: tuple(truth[name] for truth in truths) for name in truths[0]}
    seen = [
        scene if len(shown) == len(scene.items) else replace(scene, items=tuple(scene.items[i] for i in shown))
        for scene, shown in zip(scenes, columns["items"], strict=True)
    ]
    return Scenes(
        images=torch.from_numpy(images),
        class_map=torch.from_numpy(class_map),
        captions=tuple(map(describe, seen)),
        scenes=scenes,
        **columns,
    )


def paint_clips(clips):
    """Paint clips, and say where each item is in each frame.

    Parameters
    ----------
    clips : Clip or sequence of Clip
        All of one size and number of frames.

    Returns
    -------
    Clips

    Raises
    ------
    TypeError
        If something else than clips is given.
    ValueError
        If there is no clip, or sizes or numbers of frames differ.

    Examples
    --------
    >>> from utils.scenes.sampling import random_clips
    >>> painted = paint_clips(random_clips(2, seed=0, n_frames=8))
    >>> painted.frames.shape, painted.captions[0]
    (torch.Size([2, 8, 3, 64, 64]), 'a blue pullover moves up')
    """
    clips = _checked(clips, Clip, "clip")
    lengths = sorted({len(clip.scenes) for clip in clips})
    if len(lengths) > 1:
        raise ValueError(f"the clips have {lengths} frames; expected one length: paint them in separate calls")
    painted = paint([scene for clip in clips for scene in clip.scenes])
    tracks, visible = [], []
    for number, clip in enumerate(clips):
        track = torch.full((len(clip.scenes[0].items), lengths[0], 4), torch.nan)
        for frame in range(lengths[0]):
            at = number * lengths[0] + frame
            track[painted.items[at], frame] = painted.boxes[at]
        tracks.append(track)
        visible.append(~track[..., 0].isnan())
    return Clips(
        frames=painted.images.unflatten(0, (len(clips), lengths[0])),  # (N * T, 3, H, W) -> (N, T, 3, H, W)
        tracks=tuple(tracks),
        visible=tuple(visible),
        labels=tuple(torch.tensor([KINDS.index(item.kind) for item in clip.scenes[0].items]) for clip in clips),
        actors=torch.tensor([clip.actor for clip in clips]),
        actions=torch.tensor([ACTIONS.index(clip.action) for clip in clips]),
        captions=tuple(describe(clip) for clip in clips),
        clips=clips,
    )


# ---------------------------------------------------------------- painting


def _paint_block(scenes, images, class_map):
    """Paint into `images` and `class_map`; return the truths, a dictionary a scene."""
    size = scenes[0].size
    for image, scene in zip(images, scenes, strict=True):
        x, y = scene.corner
        image[...] = load_background(scene.background)[:, y : y + size, x : x + size]
    owner = np.zeros((len(scenes), size, size), np.uint8)  # which item is seen there: 0 for none, else its number + 1
    for depth in range(max(len(scene.clutter) for scene in scenes)):
        layer = [(i, scene.clutter[depth]) for i, scene in enumerate(scenes) if depth < len(scene.clutter)]
        _paint_layer(measure(layer, scenes[0].split), images)
    truths = []
    for depth in range(max(len(scene.items) for scene in scenes)):
        layer = [(i, scene.items[depth]) for i, scene in enumerate(scenes) if depth < len(scene.items)]
        things = measure(layer, scenes[0].split)
        full_boxes, areas = _paint_layer(things, images, owner, depth + 1)
        numbers = np.full(len(layer), depth)
        labels = np.array([KINDS.index(item.kind) for _, item in layer])
        truths.append((things["scene"], numbers, labels, full_boxes, areas, _keypoints(things)))
    _shine(scenes, images)
    if not truths:  # not one item in all these scenes
        nothing = np.zeros(0, np.int64)
        truths.append((nothing, nothing, nothing, np.zeros((0, 4)), nothing, np.zeros((0, 4, 2), np.int64)))
    columns = [np.concatenate(column) for column in zip(*truths, strict=True)]
    order = np.lexsort((columns[1], columns[0]))  # by scene, then from back to front
    return _truths(owner, *(column[order] for column in columns), class_map)


def _paint_layer(things, images, owner=None, number=0):
    """Paint at most one thing into each scene; return the full box and the area of each."""
    size = images.shape[-1]
    thing, x, y, *place = windows(things)
    cover = sampled(things["sprites"].cover, *place)
    scene = things["scene"].astype(np.int32)[thing]
    inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
    at = np.flatnonzero(inside & (cover > 0))
    bright = sampled(things["sprites"].bright, *(values[at] for values in place))
    rest = 256 - cover[at] - (cover[at] >> 7)
    place = (3 * scene[at] * size + y[at]) * size + x[at]  # of the red value; (N, 3, H, W) strung together
    pixels = images.reshape(-1)  # a view
    for colour in things["colour"].astype(np.int32):
        pixels[place] = (pixels[place] * rest >> 8) + (colour[thing[at]] * bright >> 8)
        place += size**2
    solid = np.flatnonzero(cover >= 128)
    if owner is not None:
        at = solid[inside[solid]]
        owner[scene[at], y[at], x[at]] = number
    return _full_boxes(thing[solid], x[solid], y[solid], len(things["scene"]))


def _full_boxes(thing, x, y, n_things):
    """Box and number of the pixels of each thing; they come thing by thing, and row by row."""
    areas = np.bincount(thing, minlength=n_things)
    boxes = np.zeros((n_things, 4), np.int64)
    some = areas > 0
    start = (np.cumsum(areas) - areas)[some]
    if len(start):
        boxes[some, 0], boxes[some, 2] = np.minimum.reduceat(x, start), np.maximum.reduceat(x, start) + 1
        boxes[some, 1], boxes[some, 3] = y[start], y[start + areas[some] - 1] + 1
    return boxes, areas


def _keypoints(things):
    """The ends of each garment in 1/256 pixels of the picture."""
    ends = things["sprites"].ends[things["sprite"]]  # (M, 4, 2), in half pixels of the sprite
    cos, sin, scale = (things[key][:, None] for key in ("cos", "sin", "scale"))
    dx = ends[..., 0] * cos + ends[..., 1] * sin
    dy = ends[..., 1] * cos - ends[..., 0] * sin
    middle = np.stack([things["x"], things["y"]], axis=1)[:, None]
    return middle + np.stack([dx, dy], axis=2) * scale[..., None] // (2 * SIDE * FIXED_ONE)


def _shine(scenes, images):
    """Darken each picture towards the side that is away from its light."""
    size = images.shape[-1]
    middle = 2 * np.arange(size) + 1 - size
    for image, scene in zip(images, scenes, strict=True):
        strength = round(256 * scene.light.strength)
        if strength:
            cos, sin = fixed_cos_sin(scene.light.direction)
            towards = (middle * cos - middle[:, None] * sin) * 128 // (181 * size)  # from -1 to 1 (x 65536)
            gain = 256 - (strength * 192 * (FIXED_ONE - towards >> 9) >> 16)  # from 64 to 256
            image[...] = image * gain.astype(np.uint16) >> 8


def _truths(owner, scene, number, label, full_box, area, keypoint, class_map):
    """Find what is seen of each item, and write it down scene by scene."""
    n_scenes, size = owner.shape[:2]
    lookup = np.zeros((n_scenes, MAX_ITEMS + 1), np.int64)
    lookup[scene, number + 1] = label + 1
    class_map[...] = np.take_along_axis(lookup, owner.reshape(n_scenes, -1), axis=1).reshape(owner.shape)
    masks = owner[scene] == (number + 1)[:, None, None]
    seen = np.count_nonzero(masks, axis=(1, 2))
    kept = np.flatnonzero(seen)
    scene, number, label, full_box, area, keypoint, masks, seen = (
        values[kept] for values in (scene, number, label, full_box, area, keypoint, masks, seen)
    )
    columns, rows = masks.any(axis=1), masks.any(axis=2)
    boxes = [columns.argmax(1), rows.argmax(1), size - columns[:, ::-1].argmax(1), size - rows[:, ::-1].argmax(1)]
    garment = (label < len(GARMENTS))[:, None]
    truth = {
        "boxes": np.stack(boxes, axis=1).astype(np.float32),
        "full_boxes": full_box.astype(np.float32),
        "labels": label,
        "masks": masks,
        "visibility": (seen / np.maximum(area, 1)).astype(np.float32),
        "keypoints": np.where(garment[..., None], keypoint / 256, np.nan).astype(np.float32),
        "keypoint_visible": garment & _near(masks, keypoint >> 8),
        "items": number,
    }
    counts = np.bincount(scene, minlength=n_scenes).tolist()
    split = {name: torch.from_numpy(values).split(counts) for name, values in truth.items()}
    return [{name: parts[index] for name, parts in split.items()} for index in range(n_scenes)]


def _near(masks, places):
    """Tell for each mask and each of its places (M, 4, 2) whether the mask has a pixel there or beside it."""
    size = masks.shape[-1]
    found = np.zeros(places.shape[:2], bool)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            x, y = places[..., 0] + dx, places[..., 1] + dy
            inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
            found |= inside & masks[np.arange(len(masks))[:, None], np.where(inside, y, 0), np.where(inside, x, 0)]
    return found


def _checked(given, kind, what):
    """Return a tuple of descriptions, at least one."""
    given = (given,) if isinstance(given, kind) else given
    for one in given if isinstance(given, tuple | list) else [given]:
        if not isinstance(one, kind):
            raise TypeError(f"{one!r:.60} is no {what}; expected a {kind.__name__} or a list of them")
    if not given:
        raise ValueError(f"there is no {what} to paint; give at least one")
    return tuple(given)


def _selected(batch, index):
    if isinstance(index, int):
        kind = type(batch).__name__
        raise TypeError(f"{kind} take a slice, a mask or a tensor of indices; for one use [i : i + 1]")
    chosen = torch.arange(len(batch))[index].tolist()
    shared = ("classes", "action_names")
    changed = {}
    for field in fields(batch):
        value = getattr(batch, field.name)
        if field.name not in shared:
            changed[field.name] = value[index] if isinstance(value, torch.Tensor) else tuple(value[i] for i in chosen)
    return replace(batch, **changed)
