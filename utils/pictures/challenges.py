"""What makes recognition hard: each challenge as a function of a picture and a dose from 0 to 1.

The functions of a picture take and return squares, uint8 arrays of shape (S, S, 3). They leave their input as it was,
are deterministic, and return the picture unchanged at dose 0. What a dose of 1 means is a choice, written down in the
constants below.
"""

import numpy as np
import torch

# what a dose of 1 is
TURN = 60  # degrees about the upright axis
ROLL = 180  # degrees in the plane of the picture
STOPS = 8  # halvings of the light
HALVINGS = 3  # of the side of the picture
BEND = 12 / 224  # displacement (root mean square), as a share of the side
SMALLEST = 1 / 8  # side of the window, as a share of the picture's
CELLS = 7  # cells along a side, for what covers and what clutters

GAMMA = 2.2
N_WAVES = 4


# ---------------------------------------------------------------- viewpoint


def turn(pixels, dose):
    """Look at the picture from the side, as at a painting on a wall: turned by ``60 * dose`` degrees.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8.
    dose : float
        0 to 1.

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8; the mean colour where the painting ends. The camera stands as far away as the picture is wide.
    """
    side = _check(pixels, dose)
    down, right = np.mgrid[:side, :side] - (side - 1) / 2
    angle = np.deg2rad(TURN * dose)
    across = right * side / (side * np.cos(angle) - right * np.sin(angle))  # along the painting
    down = down * (side + across * np.sin(angle)) / side
    return sample(pixels, across + (side - 1) / 2, down + (side - 1) / 2)


def roll(pixels, dose):
    """Tilt the camera about its own axis, by ``180 * dose`` degrees: the picture turns clockwise.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8.
    dose : float

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8; the mean colour in the corners.
    """
    side = _check(pixels, dose)
    down, right = np.mgrid[:side, :side] - (side - 1) / 2
    cos, sin = np.cos(np.deg2rad(ROLL * dose)), np.sin(np.deg2rad(ROLL * dose))
    return sample(pixels, right * cos + down * sin + (side - 1) / 2, down * cos - right * sin + (side - 1) / 2)


# ---------------------------------------------------------------- light, what hides, what distracts


def dim(pixels, dose):
    """Take light away: ``8 * dose`` halvings.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8. Taken to be the light to the power of 1 / 2.2.
    dose : float

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8; rounding loses what became too dark.
    """
    _check(pixels, dose)
    return _round(pixels * 2 ** (-STOPS * dose / GAMMA))


def occlude(pixels, dose, *, seed=0):
    """Cover a share `dose` of the picture's 7 × 7 cells with its mean colour.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8; S is a multiple of 7.
    dose : float
    seed : int
        Gives the order in which cells are covered; a larger dose covers the same cells and more.

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8.
    """
    side = _check(pixels, dose)
    return np.where(_cells(side, dose, seed)[..., None], mean_colour(pixels), pixels)


def clutter(pixels, dose, *, thing, pieces, seed=1):
    """Replace a share `dose` of the 7 × 7 cells by other pictures, and leave the thing itself untouched.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8; S is a multiple of 7.
    dose : float
    thing : ndarray of shape (S, S)
        bool, true where nothing may change.
    pieces : ndarray of shape (S, S, 3)
        uint8, the new background, as from `utils.pictures.outlined.mosaic`.
    seed : int
        Gives the order of the cells.

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8.
    """
    side = _check(pixels, dose)
    if thing.shape != (side, side) or pieces.shape != pixels.shape:
        raise ValueError(f"thing is {thing.shape} and pieces are {pieces.shape}; they must fit {pixels.shape}")
    return np.where((_cells(side, dose, seed) & ~thing)[..., None], pieces, pixels)


def cell_order(seed):
    """Return the order in which the 49 cells are taken, for `seed`; a cell is ``7 * row + column``."""
    return np.random.RandomState(seed).permutation(CELLS**2)


def _cells(side, dose, seed):
    if side % CELLS:
        raise ValueError(f"the side is {side}; expected a multiple of {CELLS}, e.g. 224")
    taken = np.zeros(CELLS**2, dtype=bool)
    taken[cell_order(seed)[: int(CELLS**2 * dose + 0.5)]] = True
    return taken.reshape(CELLS, CELLS).repeat(side // CELLS, 0).repeat(side // CELLS, 1)


# ---------------------------------------------------------------- scale, shape, window


def shrink(pixels, dose):
    """Make the picture smaller, in the middle of a plain frame: each side divided by ``2 ** (3 * dose)``.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8.
    dose : float

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8; each new pixel is the mean of the area it covers, the frame the mean colour.
    """
    side = _check(pixels, dose)
    small = max(1, int(side * 2 ** (-HALVINGS * dose) + 0.5))
    edges = np.arange(small + 1) * side / small
    covered = np.minimum(edges[1:, None], np.arange(1, side + 1)) - np.maximum(edges[:-1, None], np.arange(side))
    means = covered.clip(0) * small / side  # (small, S)
    framed = np.full_like(pixels, mean_colour(pixels))
    start = (side - small) // 2
    inside = slice(start, start + small)
    framed[inside, inside] = _round(np.einsum("ai,bj,ijc->abc", means, means, pixels, optimize=True))
    return framed


def bend(pixels, dose, *, seed=0):
    """Move each pixel by a smooth random field, as on a sheet of rubber.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8.
    dose : float
        The root mean square of the displacement is ``dose * 12 / 224`` of the side.
    seed : int
        Gives the field; the dose stretches it.

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8; the mean colour where the sheet was pulled inwards.
    """
    side = _check(pixels, dose)
    y, x = np.mgrid[:side, :side]
    across, down = (
        sum(np.sin(2 * np.pi * (fx * x + fy * y) / side + phase) for fx, fy, phase in waves) for waves in bends(seed)
    )
    reach = dose * BEND * side / np.sqrt((across**2 + down**2).mean())
    return sample(pixels, x + reach * across, y + reach * down)


def bends(seed):
    """Return the waves of `bend` for a `seed`.

    Shape (2, 4, 3): for each direction and wave, the cycles across and down, and the phase.
    """
    rng = np.random.RandomState(seed)
    return np.concatenate([rng.uniform(-2.5, 2.5, (2, N_WAVES, 2)), rng.uniform(0, 2 * np.pi, (2, N_WAVES, 1))], axis=2)


def look_through(pixels, dose, *, centre=(0.5, 0.5)):
    """Keep a square window only; its side falls from the whole to an eighth.

    Parameters
    ----------
    pixels : ndarray of shape (S, S, 3)
        uint8.
    dose : float
    centre : (float, float)
        Where the window lies, x and y, from 0 (left, top) to 1 (right, bottom); it always lies inside the picture.

    Returns
    -------
    ndarray of shape (S, S, 3)
        uint8; the mean colour outside the window.
    """
    side = _check(pixels, dose)
    seen = int(side * (1 - (1 - SMALLEST) * dose) + 0.5)
    left, top = (int((side - seen) * value + 0.5) for value in centre)
    window = (slice(top, top + seen), slice(left, left + seen))
    hidden = np.full_like(pixels, mean_colour(pixels))
    hidden[window] = pixels[window]
    return hidden


def oddness(images, labels):
    """Rank each image by its distance from the mean of its class: the dose of variation within the class.

    Parameters
    ----------
    images : Tensor of shape (N, C, H, W)
    labels : Tensor of shape (N,)
        int64.

    Returns
    -------
    Tensor of shape (N,)
        From 0, the image most like the mean of its class, to 1, the one least like it.
    """
    ranks = torch.zeros(len(labels))
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        flat = images[members].flatten(1)  # (n, C * H * W)
        order = (flat - flat.mean(dim=0)).norm(dim=1).argsort(stable=True)
        ranks[members[order]] = torch.linspace(0, 1, len(members))
    return ranks


# ---------------------------------------------------------------- used by all


def sample(pixels, x, y):
    """Read a picture between its pixels.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3)
        uint8.
    x, y : ndarray of shape (h, w)
        Where to look, in pixels; (0, 0) is the middle of the first one.

    Returns
    -------
    ndarray of shape (h, w, 3)
        uint8, interpolated bilinearly; the picture's mean colour where a place lies outside.
    """
    height, width = pixels.shape[:2]
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    right, down = (x - left)[..., None], (y - top)[..., None]
    above = (1 - right) * pixels[top, left] + right * pixels[top, left + 1]
    below = (1 - right) * pixels[top + 1, left] + right * pixels[top + 1, left + 1]
    return np.where(inside[..., None], _round((1 - down) * above + down * below), mean_colour(pixels))


def mean_colour(pixels):
    """Return the rounded mean of each channel of `pixels`, uint8: it stands in for what is not seen."""
    return _round(pixels.reshape(-1, pixels.shape[-1]).mean(axis=0))


def _round(values):
    return np.floor(values + 0.5).astype(np.uint8)


def _check(pixels, dose):
    """Return the side of a square picture, or say what is wrong."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[0] != pixels.shape[1] or pixels.shape[2] != 3:
        raise ValueError(f"pixels are {pixels.dtype} of shape {pixels.shape}; expected uint8 of shape (S, S, 3)")
    if not 0 <= dose <= 1:
        raise ValueError(f"dose is {dose}; expected a number from 0 to 1")
    return len(pixels)
