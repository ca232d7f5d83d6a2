"""Boxes against torchvision, where it loads, and against slow loops."""

import re

import numpy as np
import pytest
import torch

from utils.detection.boxes import box_iou, check_boxes, nms, soft_nms
from utils.runtime import import_torchvision

SEEDS = range(5)


def boxes(seed, n=30):
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 20, (n, 2))
    return torch.tensor(np.hstack([corners, corners + rng.integers(0, 15, (n, 2))]), dtype=torch.float32)


@pytest.mark.parametrize("seed", SEEDS)
def test_iou_is_torchvisions(seed):
    import_torchvision()
    from torchvision.ops import box_iou as reference

    one, other = boxes(seed), boxes(seed + 100, n=20)
    torch.testing.assert_close(box_iou(one, other), reference(one, other).nan_to_num())


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_iou_of_whole_pixels_is_a_count(seed, inclusive):
    one, other = boxes(seed, n=6), boxes(seed + 100, n=6)
    found = box_iou(one, other, inclusive=inclusive)
    for i, first in enumerate(one.int().tolist()):
        for j, second in enumerate(other.int().tolist()):
            sets = [
                {(x, y) for x in range(x0, x1 + inclusive) for y in range(y0, y1 + inclusive)}
                for x0, y0, x1, y1 in (first, second)
            ]
            together = len(sets[0] | sets[1])
            assert found[i, j].item() == pytest.approx(len(sets[0] & sets[1]) / together if together else 0)


def test_inclusive_pixels_flatter_small_boxes():
    halves = {side: torch.tensor([[0.0, 0, side, side], [0, 0, side, side / 2]]) for side in (8, 100)}
    small, large = (box_iou(pair[:1], pair[1:], inclusive=True).item() for pair in halves.values())
    assert small > large > 0.5


def slow_nms(found, scores, threshold):
    """Compare each box, the surest first, with all that were kept."""
    kept = []
    for index in sorted(range(len(scores)), key=lambda i: (-scores[i], i)):
        if all(box_iou(found[index : index + 1], found[k : k + 1]).item() <= threshold for k in kept):
            kept.append(index)
    return kept


@pytest.mark.parametrize("seed", SEEDS)
def test_suppression_is_the_slow_one(seed):
    found = boxes(seed)
    scores = torch.rand(len(found), generator=torch.Generator().manual_seed(seed)).mul(10).round()  # with ties
    assert nms(found, scores, threshold=0.41).tolist() == slow_nms(found, scores.tolist(), 0.41)


def test_suppression_by_class_is_suppression_class_by_class():
    found, scores = boxes(0), torch.rand(30, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(30) % 3
    kept = nms(found, scores, threshold=0.3, labels=labels)
    for label in range(3):
        own = torch.nonzero(labels == label)[:, 0]
        expected = own[nms(found[own], scores[own], threshold=0.3)]
        assert set(kept[labels[kept] == label].tolist()) == set(expected.tolist())
    assert scores[kept].tolist() == sorted(scores[kept].tolist(), reverse=True)


def test_a_box_at_the_threshold_stays():
    pair = [[0, 0, 2, 2], [0, 0, 2, 1]]  # IoU 0.5
    assert nms(pair, [0.9, 0.8], threshold=0.5).tolist() == [0, 1]
    assert nms(pair, [0.9, 0.8], threshold=0.49).tolist() == [0]


def slow_soft_nms(found, scores, lower):
    scores, left, result = list(scores), list(range(len(scores))), []
    while left:
        best = max(left, key=lambda i: scores[i])
        left.remove(best)
        result.append((best, scores[best]))
        for index in left:
            scores[index] *= lower(box_iou(found[best : best + 1], found[index : index + 1]).item())
    return result


@pytest.mark.parametrize("method", ["gaussian", "linear"])
@pytest.mark.parametrize("seed", SEEDS)
def test_soft_suppression_is_the_slow_one(seed, method):
    found, scores = boxes(seed), torch.rand(30, generator=torch.Generator().manual_seed(seed))
    kept, lowered = soft_nms(found, scores, method=method, sigma=0.4, threshold=0.21, floor=0)
    lower = {"gaussian": lambda iou: np.exp(-(iou**2) / 0.4), "linear": lambda iou: 1 - iou if iou > 0.21 else 1.0}
    expected = slow_soft_nms(found, scores.tolist(), lower[method])
    assert kept.tolist() == [index for index, _ in expected]
    np.testing.assert_allclose(lowered.numpy(), [score for _, score in expected], rtol=1e-5)


def test_soft_suppression_spares_other_classes_and_drops_the_faint():
    pair = [[0, 0, 9, 9], [1, 0, 10, 9]]
    assert soft_nms(pair, [0.9, 0.5], labels=[0, 1])[1].tolist() == pytest.approx([0.9, 0.5])
    assert soft_nms(pair, [0.9, 0.5], floor=0.3)[0].tolist() == [0]


def test_nothing_is_left_as_it_was():
    assert nms([], [], threshold=0.5).tolist() == []
    assert [values.tolist() for values in soft_nms([], [])] == [[], []]
    assert box_iou(torch.zeros(0, 4), torch.zeros(3, 4)).shape == (0, 3)
    scores = torch.tensor([0.9, 0.5])
    soft_nms([[0, 0, 9, 9], [1, 0, 10, 9]], scores)
    assert scores.tolist() == pytest.approx([0.9, 0.5])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: check_boxes(torch.zeros(4)), "boxes have shape (4,); expected (n, 4)"),
        (lambda: check_boxes([[0, 0, torch.nan, 1.0]]), "not finite"),
        (lambda: check_boxes([[5, 5, 3, 3]]), "which ends before it starts"),
        (lambda: nms([[0, 0, 1, 1]], [0.5, 0.5], threshold=0.5), "scores have shape (2,); expected (1,)"),
        (lambda: nms([[0, 0, 1, 1]], [torch.nan], threshold=0.5), "NaN"),
        (lambda: nms([[0, 0, 1, 1]], [0.5], threshold=1.5), "threshold"),
        (lambda: soft_nms([[0, 0, 1, 1]], [0.5], method="gauss"), "did you mean 'gaussian'"),
        (lambda: soft_nms([[0, 0, 1, 1]], [0.5], sigma=0), "sigma"),
    ],
)
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
