"""Seven photographs to be recognised: their squares, outlines and right answers, and pieces of others for clutter."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from utils.pictures.challenges import CELLS
from utils.pictures.crops import centre_square
from utils.pictures.photographs import load_photograph, load_stereo_pair, photograph_names

SIDE = 224

# For each photograph: the ImageNet classes that count as right, and outlines of the thing in the centre square,
# drawn by hand, as x, y, x, y, … in thousandths of the side.
_SUBJECTS = {
    "coffee": (
        ("espresso", "cup", "coffee mug"),
        [[0, 320, 60, 240, 130, 190, 190, 185, 190, 130, 260, 75, 400, 45, 550, 60, 680, 120, 750, 200, 785, 165,
          815, 190, 800, 260, 870, 340, 930, 450, 945, 560, 920, 680, 850, 800, 720, 900, 560, 950, 400, 960, 240, 920,
          110, 840, 30, 740, 0, 690]],
    ),
    "cat": (
        ("Egyptian cat", "tabby", "tiger cat"),
        [[0, 0, 850, 0, 870, 60, 920, 180, 960, 300, 960, 420, 940, 560, 900, 700, 840, 800, 760, 880, 600, 930,
          420, 920, 300, 890, 160, 800, 60, 700, 0, 620]],
    ),
    "china": (
        ("palace", "bell cote", "monastery"),
        [[0, 245, 110, 215, 195, 140, 205, 70, 260, 70, 270, 150, 330, 215, 490, 275, 500, 300, 450, 320, 445, 375,
          525, 410, 505, 430, 500, 530, 520, 560, 580, 600, 550, 640, 560, 715, 590, 760, 625, 775, 560, 850, 520, 880,
          500, 920, 340, 900, 240, 850, 130, 800, 0, 790]],
    ),
    "rocket": (
        ("missile", "projectile"),
        [[478, 420, 485, 340, 505, 300, 525, 340, 535, 420, 540, 440, 540, 850, 580, 850, 580, 950, 625, 950,
          625, 1000, 380, 1000, 380, 950, 420, 950, 420, 850, 475, 850, 472, 440]],
    ),
    "motorcycle": (
        ("moped", "motor scooter"),
        [[0, 405, 30, 400, 40, 300, 80, 290, 100, 330, 200, 350, 260, 390, 400, 385, 470, 350, 530, 320, 480, 330,
          480, 310, 540, 270, 420, 270, 430, 245, 500, 230, 600, 250, 690, 250, 740, 190, 760, 150, 850, 200, 840, 240,
          920, 230, 920, 280, 880, 300, 890, 360, 850, 380, 910, 520, 940, 535, 1000, 580, 1000, 900, 930, 860,
          860, 760, 790, 650, 770, 600, 800, 540, 720, 430, 700, 480, 710, 600, 690, 690, 620, 750, 440, 760, 440, 870,
          410, 870, 420, 740, 330, 730, 270, 760, 190, 800, 90, 770, 20, 690, 0, 600]],
    ),
    "camera": (
        ("tripod", "reflex camera"),
        [[0, 490, 60, 400, 110, 290, 180, 240, 300, 205, 320, 170, 380, 125, 450, 130, 520, 180, 530, 240, 510, 275,
          560, 270, 635, 275, 635, 320, 650, 345, 650, 380, 610, 420, 590, 440, 590, 580, 660, 580, 655, 605, 610, 620,
          690, 790, 800, 1000, 765, 1000, 690, 850, 590, 680, 590, 950, 560, 950, 480, 910, 470, 1000, 445, 1000,
          520, 790, 555, 660, 540, 640, 545, 560, 500, 605, 430, 590, 390, 640, 290, 690, 290, 850, 300, 1000,
          0, 1000]],
    ),
    "flower": (
        ("daisy",),
        [[490, 195, 590, 210, 690, 260, 760, 350, 795, 470, 790, 570, 750, 680, 680, 770, 580, 820, 480, 840, 380, 820,
          270, 790, 200, 720, 155, 600, 150, 510, 180, 380, 230, 290, 300, 230, 390, 210],
         [430, 1000, 425, 930, 500, 890, 560, 875, 640, 900, 700, 885, 770, 930, 785, 1000]],
    ),
}  # fmt: skip
SUBJECTS = tuple(_SUBJECTS)


@dataclass(frozen=True)
class Subject:
    """A photograph to be recognised.

    Attributes
    ----------
    name : str
    pixels : ndarray of shape (224, 224, 3)
        uint8, the centre square.
    thing : ndarray of shape (224, 224)
        bool, true on the thing itself: a rough outline, drawn by hand.
    classes : tuple of str
        The ImageNet classes that count as right.
    """

    name: str
    pixels: np.ndarray
    thing: np.ndarray
    classes: tuple


def load_subjects():
    """Load the seven photographs of the lecture, in the order of `SUBJECTS`.

    Returns
    -------
    list of Subject

    Examples
    --------
    >>> [subject.name for subject in load_subjects()][:3]
    ['coffee', 'cat', 'china']
    """
    found = []
    for name, (classes, outlines) in _SUBJECTS.items():
        pixels = load_stereo_pair().left if name == "motorcycle" else load_photograph(name).pixels
        drawing = Image.new("1", (SIDE, SIDE))
        for outline in outlines:
            ImageDraw.Draw(drawing).polygon([SIDE * value / 1000 for value in outline], fill=1)
        found.append(Subject(name, centre_square(pixels, size=SIDE), np.array(drawing), classes))
    return found


def other_squares():
    """Return the centre squares of the photographs that are not among `SUBJECTS`.

    Returns
    -------
    dict of str to ndarray of shape (224, 224, 3)
    """
    names = (name for name in photograph_names() if name not in SUBJECTS)
    return {name: centre_square(load_photograph(name).pixels, size=SIDE) for name in names}


def mosaic(*, seed=0):
    """Return a square of 7 × 7 pieces, cut at random from the photographs that are not among `SUBJECTS`.

    Parameters
    ----------
    seed : int

    Returns
    -------
    ndarray of shape (224, 224, 3)
        uint8.
    """
    rng, squares = np.random.RandomState(seed), list(other_squares().values())
    cell = SIDE // CELLS
    rows = []
    for _ in range(CELLS):
        row = []
        for _ in range(CELLS):
            top, left = rng.randint(0, SIDE - cell, 2)
            row.append(squares[rng.randint(len(squares))][top : top + cell, left : left + cell])
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows)
