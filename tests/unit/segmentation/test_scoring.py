"""Scores of masks against scikit-learn, SciPy, scikit-image, torchmetrics, and loops over pixels."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, directed_hausdorff
from skimage.metrics import hausdorff_distance
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score

from utils.runtime import import_torchvision
from utils.segmentation.scoring import (
    boundary,
    boundary_f,
    confusion_counts,
    dice_of,
    hausdorff,
    iou_of,
    mean_iou,
    mean_surface_distance,
    panoptic_quality,
    surface_distances,
)

import_torchvision()
from torchmetrics.functional.detection import panoptic_quality as torchmetrics_quality  # noqa: E402
from torchmetrics.functional.segmentation import dice_score  # noqa: E402
from torchmetrics.functional.segmentation import mean_iou as torchmetrics_iou  # noqa: E402


def class_maps(seed, n_classes=4, shape=(5, 12, 9)):
    rng = np.random.RandomState(seed)
    truth = torch.tensor(rng.randint(0, n_classes, shape))
    flip = torch.tensor(rng.rand(*shape) < 0.3)
    return torch.where(flip, torch.tensor(rng.randint(0, n_classes, shape)), truth), truth


def blobs(seed, side=24):
    """Two masks that overlap: a disc each, with a few pixels changed."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[:side, :side]
    made = []
    for _ in range(2):
        row, column, radius = rng.uniform(6, side - 6, 2).tolist() + [rng.uniform(2, 8)]
        made.append(((y - row) ** 2 + (x - column) ** 2 < radius**2) ^ (rng.rand(side, side) < 0.02))
    return made


def neighbours_outside(mask):
    """The boundary by a loop over pixels."""
    padded = np.pad(mask, 1)
    edge = np.zeros_like(mask)
    for row, column in zip(*mask.nonzero(), strict=True):
        r, c = row + 1, column + 1
        edge[row, column] = not (padded[r - 1, c] and padded[r + 1, c] and padded[r, c - 1] and padded[r, c + 1])
    return edge


@pytest.mark.parametrize("seed", range(4))
def test_counts_and_pooled_scores_are_those_of_scikit_learn(seed):
    predicted, truth = class_maps(seed)
    counts = confusion_counts(predicted, truth, 4)
    flat = truth.flatten(), predicted.flatten()
    assert np.array_equal(counts.sum(dim=0), confusion_matrix(*flat))
    assert iou_of(counts.sum(dim=0)).tolist() == pytest.approx(jaccard_score(*flat, average=None))
    assert dice_of(counts.sum(dim=0)).tolist() == pytest.approx(f1_score(*flat, average=None))
    assert mean_iou(predicted, truth, 4) == pytest.approx(jaccard_score(*flat, average="macro"))
    each = [jaccard_score(t.flatten(), p.flatten(), average="macro") for t, p in zip(truth, predicted, strict=True)]
    assert mean_iou(predicted, truth, 4, average="per picture") == pytest.approx(np.mean(each))


@pytest.mark.parametrize("seed", range(4))
def test_scores_of_each_picture_are_those_of_torchmetrics(seed):
    predicted, truth = class_maps(seed)
    counts = confusion_counts(predicted, truth, 4)
    given = {"num_classes": 4, "include_background": True, "input_format": "index"}
    assert torch.allclose(iou_of(counts), torchmetrics_iou(predicted, truth, **given, per_class=True).double())
    assert torch.allclose(dice_of(counts), dice_score(predicted, truth, **given, average="none").double())


def test_a_class_that_is_in_neither_map_has_no_score_and_the_mean_leaves_it_out():
    predicted, truth = torch.tensor([[[0, 0, 1, 1]]]), torch.tensor([[[0, 1, 1, 1]]])
    counts = confusion_counts(predicted, truth, 3)[0]
    assert iou_of(counts).tolist() == pytest.approx([1 / 2, 2 / 3, math.nan], nan_ok=True)
    assert dice_of(counts).tolist() == pytest.approx([2 / 3, 4 / 5, math.nan], nan_ok=True)
    assert mean_iou(predicted, truth, 3) == pytest.approx(7 / 12)


def test_a_class_that_was_invented_scores_nothing():
    predicted, truth = torch.tensor([[[0, 2]]]), torch.tensor([[[0, 0]]])
    assert iou_of(confusion_counts(predicted, truth, 3)[0]).tolist() == pytest.approx([1 / 2, math.nan, 0], nan_ok=True)


@pytest.mark.parametrize("seed", range(12))
def test_boundaries_and_distances_are_those_of_loops_and_of_scipy(seed):
    first, second = blobs(seed)
    edges = [neighbours_outside(mask) for mask in (first, second)]
    assert np.array_equal(boundary(first), edges[0])
    points = [np.argwhere(edge) for edge in edges]
    between = cdist(*points)
    forth, back = surface_distances(first, second)
    assert forth.tolist() == pytest.approx(between.min(axis=1).tolist())
    assert back.tolist() == pytest.approx(between.min(axis=0).tolist())
    both = directed_hausdorff(*points)[0], directed_hausdorff(*points[::-1])[0]
    assert hausdorff(first, second) == pytest.approx(max(both))
    assert hausdorff(first, second) == pytest.approx(hausdorff_distance(*edges))
    assert mean_surface_distance(first, second) == pytest.approx(np.concatenate([forth, back]).mean())
    near = np.percentile(forth, 95), np.percentile(back, 95)
    assert hausdorff(first, second, percentile=95) == pytest.approx(max(near))
    precision, recall = (between.min(axis=1) <= 1).mean(), (between.min(axis=0) <= 1).mean()
    harmonic = 2 / (1 / precision + 1 / recall) if precision and recall else 0
    assert boundary_f(first, second) == pytest.approx(harmonic)


def test_the_edge_of_the_picture_is_a_boundary_and_a_tolerance_of_zero_asks_for_the_same_pixels():
    whole = np.ones((3, 4), dtype=bool)
    assert boundary(whole).sum() == 10
    grown, small = np.zeros((9, 9), dtype=bool), np.zeros((9, 9), dtype=bool)
    grown[2:7, 2:7], small[3:6, 3:6] = True, True
    assert boundary_f(grown, small, tolerance=0) == 0
    assert boundary_f(grown, small, tolerance=1) == pytest.approx(2 * 12 / 16 / (12 / 16 + 1))  # not the four corners
    assert boundary_f(grown, small, tolerance=1.5) == 1
    assert hausdorff(grown, small) == pytest.approx(math.sqrt(2))


def test_empty_masks_have_the_values_that_are_promised():
    nothing, something = np.zeros((4, 4), dtype=bool), np.eye(4, dtype=bool)
    assert hausdorff(nothing, nothing) == mean_surface_distance(nothing, nothing) == 0
    assert hausdorff(nothing, something) == mean_surface_distance(something, nothing) == math.inf
    assert (boundary_f(nothing, nothing), boundary_f(nothing, something)) == (1, 0)
    with pytest.raises(ValueError, match="an empty mask has no boundary"):
        surface_distances(nothing, something)


@pytest.mark.parametrize("seed", range(6))
def test_panoptic_quality_is_that_of_torchmetrics(seed):
    rng = np.random.RandomState(seed)
    truth = np.kron(rng.randint(0, 5, (4, 4)), np.ones((5, 5), dtype=int))
    predicted = np.where(rng.rand(20, 20) < 0.15 * seed, 0, np.roll(truth, rng.randint(0, 3), axis=1))
    quality, segmentation, recognition = panoptic_quality(predicted, truth)
    pairs = [torch.tensor(np.stack([ids > 0, ids], axis=-1).astype(int))[None] for ids in (predicted, truth)]
    expected = torchmetrics_quality(*pairs, things={1}, stuffs={0}, return_per_class=True, return_sq_and_rq=True)
    known = expected[0].tolist()
    assert [quality, 0 if math.isnan(segmentation) else segmentation, recognition] == pytest.approx(known, abs=1e-6)


def test_a_segment_that_half_fits_does_not_match():
    truth = np.array([[1, 1, 1, 1], [2, 2, 2, 0]])
    predicted = np.array([[3, 3, 0, 0], [9, 9, 9, 0]])
    assert panoptic_quality(predicted, truth) == (0.5, 1, 0.5)  # 2 of 4 pixels are not more than half
    nothing = np.zeros_like(truth)
    assert panoptic_quality(nothing, truth)[::2] == (0, 0)
    assert all(math.isnan(value) for value in panoptic_quality(nothing, nothing))


def test_what_does_not_fit_is_refused_in_words():
    truth = torch.zeros(1, 2, 2, dtype=torch.int64)
    with pytest.raises(ValueError, match="predicted has values from 0 to 255; expected 0 to 1, one a class"):
        confusion_counts(torch.tensor([[[0, 255], [0, 0]]]), truth, 2)
    with pytest.raises(TypeError, match="torch.float32; expected whole numbers, one class a pixel: take the argmax"):
        confusion_counts(torch.rand(1, 2, 2), truth, 2)
    with pytest.raises(ValueError, match=r"shape \(1, 2, 2, 2\); expected \(N, H, W\)"):
        confusion_counts(torch.zeros(1, 2, 2, 2, dtype=torch.int64), truth, 2)
    with pytest.raises(ValueError, match=r"predicted has shape \(1, 2, 3\), truth \(1, 2, 2\); expected the same"):
        confusion_counts(torch.zeros(1, 2, 3, dtype=torch.int64), truth, 2)
    with pytest.raises(ValueError, match="average is 'micro'; expected one of pooled, per picture"):
        mean_iou(truth, truth, 2, average="micro")
    with pytest.raises(ValueError, match="the first mask is int64 of shape"):
        hausdorff(np.ones((3, 3), dtype=np.int64), np.ones((3, 3), dtype=bool))
    with pytest.raises(ValueError, match=r"the masks have shapes \(3, 3\) and \(3, 4\)"):
        boundary_f(np.ones((3, 3), dtype=bool), np.ones((3, 4), dtype=bool))
    with pytest.raises(ValueError, match="percentile is 101"):
        hausdorff(np.ones((3, 3), dtype=bool), np.ones((3, 3), dtype=bool), percentile=101)
