"""Scenes on a grid of cells: what a one-stage detector is taught, and how its answers are read."""

from dataclasses import dataclass

import numpy as np
import torch

from utils.detection.boxes import nms
from utils.scenes.layout import Item, Scene

CELL = 8  # pixels along a side of a cell


@dataclass(frozen=True)
class Cells:
    """What lies where, cell by cell; the cells of a picture stand in a row, line by line.

    Attributes
    ----------
    present : Tensor of shape (N, cells)
        bool, whether the middle of a thing's box lies in the cell. Of several the last painted counts.
    boxes : Tensor of shape (N, cells, 4)
        float32, of that thing: x and y of the middle inside the cell, width and height of the box as shares of the
        picture's side; all from 0 to 1. Zeros where nothing is.
    kinds, colours : Tensor of shape (N, cells)
        int64, indices into the lists that were given; -1 where nothing is.
    """

    present: torch.Tensor
    boxes: torch.Tensor
    kinds: torch.Tensor
    colours: torch.Tensor

    def __getitem__(self, index):
        """Return the cells of the pictures that a slice, mask or index tensor selects."""
        return Cells(self.present[index], self.boxes[index], self.kinds[index], self.colours[index])


@dataclass(frozen=True)
class Found:
    """Things found in one picture, the surest first.

    Attributes
    ----------
    boxes : ndarray of shape (k, 4)
        ``x0, y0, x1, y1`` in pixels.
    scores : ndarray of shape (k,)
        0 to 1.
    kinds, colours : tuple of str
    """

    boxes: np.ndarray
    scores: np.ndarray
    kinds: tuple
    colours: tuple


def cells_of(painted, *, kinds, colours):
    """Write painted scenes into cells of 8 x 8 pixels.

    Parameters
    ----------
    painted : Scenes
        As from `utils.scenes.render.paint`.
    kinds, colours : sequence of str
        All that occur.

    Returns
    -------
    Cells

    Raises
    ------
    ValueError
        If the side of the pictures is no multiple of 8, or a kind or colour is not listed.

    References
    ----------
    Redmon et al., "You only look once: unified, real-time object detection", 2016, section 2.
    """
    side = painted.images.shape[-1]
    if side % CELL:
        raise ValueError(f"the pictures have {side} pixels a side; expected a multiple of {CELL}")
    n, n_cells = len(painted), (side // CELL) ** 2
    present, boxes = torch.zeros(n, n_cells, dtype=torch.bool), torch.zeros(n, n_cells, 4)
    kind_of, colour_of = (torch.full((n, n_cells), -1) for _ in range(2))
    for number, scene in enumerate(painted.scenes):
        corners = painted.boxes[number]
        middles, sides = (corners[:, :2] + corners[:, 2:]) / 2 / CELL, (corners[:, 2:] - corners[:, :2]) / side
        for middle, lengths, index in zip(middles, sides, painted.items[number].tolist(), strict=True):
            item = scene.items[index]
            column, row = middle.long().tolist()
            cell = row * (side // CELL) + column
            present[number, cell] = True
            boxes[number, cell] = torch.cat([middle % 1, lengths])
            kind_of[number, cell] = _place(item.kind, kinds, "kind")
            colour_of[number, cell] = _place(item.colour, colours, "colour")
    return Cells(present, boxes, kind_of, colour_of)


def found_in(dense, *, kinds, colours, threshold=0.5, most=0.4):
    """Read a detector's answers: the cells that are sure of a thing, one box kept where many overlap.

    Parameters
    ----------
    dense : Tensor of shape (N, cells, 5 + kinds + colours)
        For each cell a logit for "here is a thing", four whose sigmoids are as `Cells.boxes`, then one logit a kind and
        one a colour.
    kinds, colours : sequence of str
    threshold : float
        How sure a cell has to be, 0 to 1.
    most : float
        Two kept boxes have no larger intersection over union.

    Returns
    -------
    list of Found

    Raises
    ------
    ValueError
        If the shape does not fit.
    """
    width = 5 + len(kinds) + len(colours)
    n_rows = round(dense.shape[1] ** 0.5) if dense.ndim == 3 else 0
    if dense.ndim != 3 or dense.shape[2] != width or n_rows**2 != dense.shape[1]:
        raise ValueError(f"dense has shape {tuple(dense.shape)}; expected (N, cells of a square, {width})")
    dense = dense.detach().cpu()
    rows, columns = torch.meshgrid(torch.arange(n_rows), torch.arange(n_rows), indexing="ij")
    cell = torch.stack([columns, rows], dim=2).flatten(0, 1)  # (cells, 2): x and y
    shares = dense[..., :5].sigmoid()
    middles, sides = CELL * (cell + shares[..., 1:3]), CELL * n_rows * shares[..., 3:5]
    boxes = torch.cat([middles - sides / 2, middles + sides / 2], dim=2).numpy()
    return [_kept(*one, kinds, colours, threshold, most) for one in zip(dense, boxes, shares[..., 0], strict=True)]


def as_scene(found, *, size, background="brick"):
    """Write what was found as a description, which `utils.scenes.captions.describe` puts into words.

    Parameters
    ----------
    found : Found
    size : int
        Side of the picture in pixels.
    background : str

    Returns
    -------
    Scene
        An item a box, as large as its longer side. At most eight; the surest are taken.
    """
    items = [
        Item(
            kind,
            0,
            colour,
            tuple(((box[:2] + box[2:]) / 2).clip(0, size).tolist()),
            float(max(4, *(box[2:] - box[:2]))),
        )
        for box, kind, colour in zip(found.boxes[:8], found.kinds, found.colours, strict=False)
    ]
    return Scene(background, tuple(items), size=size)


def _kept(dense, boxes, scores, kinds, colours, threshold, most):
    """Return what one picture's cells are sure of."""
    sure = (scores > threshold).nonzero()[:, 0].numpy()
    sure = sure[nms(boxes[sure], scores[sure], threshold=most).numpy()]
    kind_of = dense[sure, 5 : 5 + len(kinds)].argmax(dim=1).tolist()
    colour_of = dense[sure, 5 + len(kinds) :].argmax(dim=1).tolist()
    names = tuple(kinds[k] for k in kind_of), tuple(colours[k] for k in colour_of)
    return Found(boxes[sure], scores[sure].numpy(), *names)


def _place(name, names, what):
    if name not in names:
        raise ValueError(f"{name!r} is not among the {what}s {', '.join(names)}; list all that occur")
    return list(names).index(name)
