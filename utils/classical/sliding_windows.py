"""Sliding windows: a linear classifier at every place and size."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from utils.classical.sift import orientation_maps

N_CELLS = 5  # along a side of a window
CELL = 5  # pixels along a side of a cell
SIDE = N_CELLS * CELL  # of a window
N_FEATURES = N_CELLS * N_CELLS * 8


class Detections(NamedTuple):
    """What a detector reports.

    Attributes
    ----------
    boxes : ndarray of shape (n, 4)
        Top, left, bottom, right, in pixels of the picture.
    scores : ndarray of shape (n,)
        Larger is surer.
    n_windows : int
        How many windows were looked at.
    """

    boxes: np.ndarray
    scores: np.ndarray
    n_windows: int


def window_features(images, *, step=2):
    """Describe every window of 25 × 25 pixels by gradients: 5 × 5 cells, 8 directions each.

    Parameters
    ----------
    images : Tensor of shape (N, H, W) or (N, 1, H, W)
        Grey, float, in [0, 1].
    step : int
        Pixels from one window to the next.

    Returns
    -------
    Tensor of shape (N, rows, columns, 200)
        The root of each cell's share of the window's gradients, so that every descriptor has length 1 (or 0 where there
        is no gradient).

    Raises
    ------
    ValueError
        If the images are smaller than a window.

    References
    ----------
    Dalal and Triggs, "Histograms of oriented gradients for human detection", 2005. Simpler here: signed directions,
    and one normalisation for the whole window.

    Examples
    --------
    >>> window_features(torch.rand(1, 25, 29), step=2).shape
    torch.Size([1, 1, 3, 200])
    """
    images = images[:, 0] if images.ndim == 4 else images  # (N, 1, H, W) -> (N, H, W)
    if min(images.shape[1:]) < SIDE:
        raise ValueError(f"images have shape {tuple(images.shape)}; a window needs {SIDE}×{SIDE} pixels: enlarge them")
    maps = orientation_maps(images)  # (N, 8, H, W)
    cells = F.avg_pool2d(maps, CELL, stride=1)  # a cell at every place
    rows, columns = ((side - SIDE) // step + 1 for side in images.shape[1:])
    windows = F.unfold(cells, N_CELLS, dilation=CELL, stride=step)  # (N, 8 * 25, rows * columns)
    windows = F.normalize(windows.transpose(1, 2), p=1, dim=-1).sqrt()
    return windows.reshape(len(images), rows, columns, N_FEATURES)


def scan(image, weights, bias, *, sizes, step=2, threshold=0.0):
    """Score every window of every size with a linear classifier.

    Parameters
    ----------
    image : Tensor of shape (H, W)
        Grey, float, in [0, 1].
    weights : ndarray or Tensor of shape (200,)
    bias : float
    sizes : sequence of float
        Sides of the windows, in pixels of `image`; the picture is shrunk or enlarged so that a window has 25.
    step : int
        In pixels of the shrunken picture.
    threshold : float
        Windows that score above it are reported.

    Returns
    -------
    Detections
        All of them, overlapping as they may.
    """
    weights = torch.as_tensor(np.asarray(weights), dtype=torch.float32)
    boxes, scores, n_windows = [np.zeros((0, 4))], [np.zeros(0)], 0
    for size in sizes:
        height, width = (round(side * SIDE / size) for side in image.shape)
        if min(height, width) < SIDE:
            continue
        smaller = F.interpolate(
            image[None, None], (height, width), mode="bilinear", antialias=True, align_corners=False
        )
        answers = window_features(smaller, step=step)[0] @ weights + bias  # (rows, columns)
        n_windows += answers.numel()
        places = (answers > threshold).nonzero()
        corners = places.numpy() * step * size / SIDE
        boxes.append(np.hstack([corners, corners + size]))
        scores.append(answers[tuple(places.T)].numpy())
    return Detections(np.concatenate(boxes), np.concatenate(scores), n_windows)
