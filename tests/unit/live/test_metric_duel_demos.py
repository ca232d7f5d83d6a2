"""The duel of two masks: overlap, boundaries and distances against `utils.segmentation.scoring`."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy import ndimage

from utils.segmentation.scoring import (
    boundary,
    boundary_f,
    confusion_counts,
    dice_of,
    hausdorff,
    iou_of,
    mean_surface_distance,
    surface_distances,
)

# numbers that JSON lacks, as texts
SPELL = """
const spell = (key, value) => typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const tell = (found) => console.log(JSON.stringify(found, spell));
const masks = given.masks.map((mask) => Uint8Array.from(mask.flat()));
"""
PERCENTILES, TOLERANCES = (100, 95, 50, 0, 37.5), (0, 1, 1.5, 2, 3)


def number(found):
    return float(found) if isinstance(found, str) else found


def shapes(side):
    """Masks of many kinds: blobs, noise, what touches the edge, single pixels, nothing and everything."""
    rng = np.random.default_rng(side)
    rows, columns = np.mgrid[:side, :side]
    masks = [np.zeros((side, side), bool), np.ones((side, side), bool)]
    masks += [np.eye(side, dtype=bool), (rows + columns) % 2 == 0, rows == 0, columns == side - 1]
    masks += [rng.random((side, side)) < share for share in (0.02, 0.3, 0.9)]
    for _ in range(3):
        smooth = ndimage.gaussian_filter(rng.random((side, side)), side / 8)
        masks.append(smooth > np.quantile(smooth, 0.7))
    for at in ((0, 0), (side - 1, side // 2)):
        masks.append((rows == at[0]) & (columns == at[1]))
    return masks


def overlap_of(a, b):
    """Dice and IoU of the class 1."""
    counts = confusion_counts(torch.tensor(a)[None].int(), torch.tensor(b)[None].int(), 2)[0]
    return dice_of(counts)[1].item(), iou_of(counts)[1].item()


# ---------------------------------------------------------------- lib/masks.js

SCORES = """
import { boundary, boundaryF, dice, farthest, hausdorff, iou, meanSurfaceDistance } from "./lib/masks.js";
import { surfaceDistances } from "./lib/masks.js";
const { side } = given;
const pair = (a, b) => ({
  overlap: [dice(a, b), iou(a, b)],
  hausdorff: [hausdorff(a, b, side), ...given.percentiles.map((percentile) => hausdorff(a, b, side, { percentile }))],
  mean: meanSurfaceDistance(a, b, side),
  boundaryF: [boundaryF(a, b, side), ...given.tolerances.map((tolerance) => boundaryF(a, b, side, { tolerance }))],
  distances: a.includes(1) && b.includes(1)
    ? Object.values(surfaceDistances(a, b, side)).map((way) => Array.from(way)) : null,
  farthest: farthest(a, b, side),
});
const edges = masks.map((mask) => Array.from(boundary(mask, side)));
tell({ edges, pairs: masks.flatMap((a) => masks.map((b) => pair(a, b))) });
"""


@pytest.mark.parametrize("side", [1, 2, 7, 32, 48])
def test_masks_are_scored_as_python_scores_them(run_node, side):
    masks = shapes(side)
    listed = [mask.astype(int).tolist() for mask in masks]
    found = run_node(SPELL + SCORES, masks=listed, side=side, percentiles=PERCENTILES, tolerances=TOLERANCES)
    for mask, edge in zip(masks, found["edges"], strict=True):
        assert np.array_equal(np.reshape(edge, mask.shape), boundary(mask))
    for (a, b), one in zip(product(masks, repeat=2), found["pairs"], strict=True):
        assert [number(value) for value in one["overlap"]] == pytest.approx(overlap_of(a, b), abs=1e-12, nan_ok=True)
        expected = [hausdorff(a, b, percentile=percentile) for percentile in (100, *PERCENTILES)]
        assert [number(value) for value in one["hausdorff"]] == pytest.approx(expected, abs=1e-12)
        assert number(one["mean"]) == pytest.approx(mean_surface_distance(a, b), abs=1e-12)
        expected = [boundary_f(a, b, tolerance=tolerance) for tolerance in (1, *TOLERANCES)]
        assert one["boundaryF"] == pytest.approx(expected, abs=1e-12)
        if not (a.any() and b.any()):
            assert one["distances"] is one["farthest"] is None
            continue
        for way, wanted in zip(one["distances"], surface_distances(a, b), strict=True):
            assert way == pytest.approx(wanted, abs=1e-12)
        is_where_it_lives(one["farthest"], a, b)


def is_where_it_lives(found, a, b):
    """Hold the line of the Hausdorff distance against the two boundaries between which it is."""
    own, other = (boundary(mask) for mask in ((a, b) if found["of"] == "a" else (b, a)))
    start, end = (np.unravel_index(found[key], a.shape) for key in ("from", "to"))
    assert own[start]
    assert other[end]
    length = math.dist(start, end)
    assert length == pytest.approx(found["distance"]) == pytest.approx(hausdorff(a, b))
    assert length == pytest.approx(ndimage.distance_transform_edt(~other)[start])
