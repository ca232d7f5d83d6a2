"""Scenes and clips as plain descriptions: what lies where, how large, how turned, in which light."""

import math
from dataclasses import dataclass

from utils.validation import check_name, check_number, check_whole

GARMENTS = ("t-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
KINDS = GARMENTS + DIGITS  # garments in the order of Fashion-MNIST, so labels 0 to 9 mean the same there and here
CLUTTER = ("disc", "square", "triangle")
BACKGROUNDS = ("brick", "grass", "gravel")

# Okabe and Ito's palette, told apart also by readers who do not see all hues, plus white. Their vermillion is called
# orange here; their lighter orange, sky blue and black are left out: in shadow they pass for another colour's shade.
COLOURS = {
    "white": (255, 255, 255),
    "yellow": (240, 228, 66),
    "orange": (213, 94, 0),
    "green": (0, 158, 115),
    "blue": (0, 114, 178),
    "pink": (204, 121, 167),
}
ACTIONS = (
    "moves left", "moves right", "moves up", "moves down", "turns left", "turns right", "grows", "shrinks",
)  # fmt: skip

MIN_SIZE, MAX_SIZE = 32, 512  # the photographs of the backgrounds have 512 pixels a side
MAX_ITEMS = 8
MIN_SCALE = 4
SPRITES = {"train": {"garment": 1000, "digit": 110}, "test": {"garment": 1000, "digit": 40}}
CLUTTER_SPRITES = 16
FIXED_ONE = 1 << 16  # 1.0 in fixed point


@dataclass(frozen=True)
class Item:
    """One thing in a scene.

    Attributes
    ----------
    kind : str
        One of `KINDS`; in the clutter of a scene, one of `CLUTTER`.
    sprite : int
        Which picture of that kind, from 0; see `sprite_count`.
    colour : str
        One of `COLOURS`.
    centre : (float, float)
        x (to the right) and y (down) in pixels from the upper left corner of the picture.
    scale : float
        Side of the sprite in pixels, at least 4. What is seen of the thing is often a little smaller.
    angle : float
        In degrees, counter-clockwise as seen.
    """

    kind: str
    sprite: int
    colour: str
    centre: tuple
    scale: float
    angle: float = 0.0

    def __post_init__(self):
        check_name(self.kind, KINDS + CLUTTER, "kind")
        check_name(self.colour, COLOURS, "colour")
        check_whole(self.sprite, 0, 999, "sprite")
        if not isinstance(self.centre, tuple) or len(self.centre) != 2:
            raise TypeError(f"centre is {self.centre!r}; expected a pair (x, y) in pixels")
        for value in self.centre:
            check_number(value, -math.inf, math.inf, "centre")
        check_number(self.scale, MIN_SCALE, 2 * MAX_SIZE, "scale")
        check_number(self.angle, -math.inf, math.inf, "angle")


@dataclass(frozen=True)
class Light:
    """Light that falls on a scene from one side.

    Attributes
    ----------
    strength : float
        0 leaves the picture as it is; at 1 the far side keeps a quarter of its brightness.
    direction : float
        Where the light comes from, in degrees: 0 is right, 90 above.
    """

    strength: float = 0.0
    direction: float = 90.0

    def __post_init__(self):
        check_number(self.strength, 0, 1, "strength of the light")
        check_number(self.direction, -math.inf, math.inf, "direction of the light")


@dataclass(frozen=True)
class Scene:
    """A description of one picture; `utils.scenes.render.paint` makes the picture.

    Plain data: print it, compare it, change it with ``dataclasses.replace``, write it with
    ``json.dumps(dataclasses.asdict(scene))``.

    Attributes
    ----------
    background : str
        One of `BACKGROUNDS`.
    items : tuple of Item
        In the order of painting: a later one hides an earlier one. Each centre lies inside the picture.
    size : int
        Height and width of the picture in pixels, 32 to 512.
    corner : (int, int)
        x and y of the background's upper left corner in its photograph.
    light : Light
    clutter : tuple of Item
        Shapes painted behind all items: they distract, and are no part of the truth.
    split : {"train", "test"}
        From which pictures the items are taken; the two have none in common.
    """

    background: str
    items: tuple
    size: int = 96
    corner: tuple = (0, 0)
    light: Light = Light()
    clutter: tuple = ()
    split: str = "train"

    def __post_init__(self):
        check_name(self.background, BACKGROUNDS, "background")
        check_name(self.split, SPRITES, "split")
        check_whole(self.size, MIN_SIZE, MAX_SIZE, "size")
        if not isinstance(self.light, Light):
            raise TypeError(f"light is {self.light!r}; expected Light(strength, direction)")
        if not isinstance(self.corner, tuple) or len(self.corner) != 2:
            raise TypeError(f"corner is {self.corner!r}; expected a pair (x, y) in pixels")
        for value in self.corner:
            check_whole(value, 0, MAX_SIZE - self.size, "corner")
        for group, kinds, what in ((self.items, KINDS, "items"), (self.clutter, CLUTTER, "clutter")):
            if not isinstance(group, tuple):
                raise TypeError(f"{what} are a {type(group).__name__}; expected a tuple of Item")
            for item in group:
                if not isinstance(item, Item):
                    raise TypeError(f"{what} hold a {type(item).__name__}; expected Item(...)")
                check_name(item.kind, kinds, f"kind among the {what}")
                check_whole(item.sprite, 0, sprite_count(item.kind, self.split) - 1, f"sprite of the {item.kind}")
                if not all(0 <= value <= self.size for value in item.centre):
                    raise ValueError(
                        f"the {item.kind} has its centre at {item.centre}, off the picture; "
                        f"expected x and y from 0 to {self.size}"
                    )
        if len(self.items) > MAX_ITEMS:
            raise ValueError(f"the scene has {len(self.items)} items; expected at most {MAX_ITEMS}")


@dataclass(frozen=True)
class Clip:
    """A description of a short film: one scene a frame, and who does what.

    Attributes
    ----------
    scenes : tuple of Scene
        The frames. Item `i` of one frame is item `i` of every other.
    action : str
        One of `ACTIONS`.
    actor : int
        Which item acts.
    """

    scenes: tuple
    action: str
    actor: int

    def __post_init__(self):
        check_name(self.action, ACTIONS, "action")
        if len(self.scenes) < 2 or not all(isinstance(scene, Scene) for scene in self.scenes):
            raise TypeError("a clip needs at least two scenes, one a frame: Clip((first, second), action, actor)")
        if len({(len(scene.items), scene.size) for scene in self.scenes}) > 1:
            raise ValueError("the frames of a clip differ in size or number of items; expected the same in each")
        check_whole(self.actor, 0, len(self.scenes[0].items) - 1, "actor")


def sprite_count(kind, split):
    """Count the pictures of a kind.

    Parameters
    ----------
    kind : str
        One of `KINDS` or `CLUTTER`.
    split : {"train", "test"}

    Returns
    -------
    int

    Examples
    --------
    >>> sprite_count("bag", "train"), sprite_count("seven", "test")
    (1000, 40)
    """
    check_name(kind, KINDS + CLUTTER, "kind")
    check_name(split, SPRITES, "split")
    if kind in CLUTTER:
        return CLUTTER_SPRITES
    return SPRITES[split]["garment" if kind in GARMENTS else "digit"]


def fixed_cos_sin(degrees):
    """Cosine and sine in fixed point: whole numbers of 1/65536, the same on every machine.

    Parameters
    ----------
    degrees : float

    Returns
    -------
    (int, int)

    Examples
    --------
    >>> fixed_cos_sin(60)
    (32768, 56756)
    """
    radians = math.radians(degrees)
    return round(math.cos(radians) * FIXED_ONE), round(math.sin(radians) * FIXED_ONE)
