"""Average precision against pycocotools and torchmetrics."""

import contextlib
import io
import re

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import average_precision_score

from tests.unit.detection.given import N_CLASSES, images
from utils.detection.scoring import (
    COCO_THRESHOLDS,
    CONVENTIONS,
    Convention,
    Ranking,
    average_precision,
    match_boxes,
    mean_average_precision,
    precision_recall,
    rank,
)
from utils.runtime import import_torchvision

SEEDS = range(8)
ELEVEN, HUNDRED = np.linspace(0, 1, 11), np.linspace(0, 1, 101)


def pycocotools_precision(predictions, truths, *, thresholds=(0.5,), recalls=HUNDRED, most=100, label=None):
    """Mean precision at the recalls, by pycocotools."""
    annotations, results = [], []
    for image, (found, true) in enumerate(zip(predictions, truths, strict=True)):
        ignored = true.get("ignore", torch.zeros(len(true["labels"])))
        for (x0, y0, x1, y1), kind, ignore in zip(
            true["boxes"].tolist(), true["labels"].tolist(), ignored.tolist(), strict=True
        ):
            area = -1 if ignore else 1  # outside the range that counts
            box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": area, "iscrowd": 0}
            annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": kind, **box})
        for (x0, y0, x1, y1), kind, score in zip(
            *(found[k].tolist() for k in ("boxes", "labels", "scores")), strict=True
        ):
            box = [x0, y0, x1 - x0, y1 - y0]
            results.append({"image_id": image, "category_id": kind, "score": score, "bbox": box})
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = {
            "images": [{"id": image} for image in range(len(truths))],
            "annotations": annotations,
            "categories": [{"id": k} for k in range(N_CLASSES)],
        }
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes(results), "bbox")
        evaluation.params.iouThrs, evaluation.params.recThrs = np.array(thresholds), np.array(recalls)
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e9]], ["all"]
        evaluation.params.maxDets = [most]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]  # (thresholds, recalls, classes)
    precision = np.where(precision < 0, np.nan, precision)
    return np.nanmean(precision.mean(axis=(0, 1))) if label is None else precision[:, :, label].mean()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("convention", "recalls"),
    [
        (Convention(), HUNDRED),
        (Convention(thresholds=COCO_THRESHOLDS), HUNDRED),
        (Convention(recalls="11 points"), ELEVEN),
        (Convention(most=3), HUNDRED),
    ],
)
def test_points_are_read_as_pycocotools_reads_them(seed, convention, recalls, ties):
    predictions, truths = images(seed, ties=ties)
    expected = pycocotools_precision(
        predictions, truths, thresholds=convention.thresholds, recalls=recalls, most=convention.most
    )
    found = mean_average_precision(predictions, truths, convention, n_classes=N_CLASSES)
    assert found.mean == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_points_are_pycocotools_read_wherever_recall_grows(seed):
    predictions, truths = images(seed)
    for label in range(N_CLASSES):
        n_true = sum((true["labels"] == label).sum().item() for true in truths)
        expected = pycocotools_precision(predictions, truths, recalls=(np.arange(n_true) + 0.5) / n_true, label=label)
        ranking = rank(predictions, truths, label, Convention())
        assert average_precision(ranking, "all points") == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_envelope_it_is_scikit_learns(seed):
    ranking = rank(*images(seed), 0, Convention())
    found = ranking.hits.sum()
    expected = average_precision_score(ranking.hits, ranking.scores) * found / ranking.n_true if found else 0
    assert average_precision(ranking, "no envelope") == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_ignored_counts_neither_way(seed):
    predictions, truths = images(seed, ignored=True)
    expected = pycocotools_precision(predictions, truths)
    assert mean_average_precision(predictions, truths, n_classes=N_CLASSES).mean == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_coco_is_torchmetrics(seed):
    import_torchvision()
    from torchmetrics.detection import MeanAveragePrecision

    predictions, truths = (
        [{k: v.float() if v.is_floating_point() else v for k, v in one.items()} for one in part]
        for part in images(seed)
    )
    metric = MeanAveragePrecision(rec_thresholds=HUNDRED.tolist())  # its own are rounded to 32 bits
    metric.update(predictions, truths)
    expected = metric.compute()
    for name, key in (("COCO", "map"), ("COCO at 0.5", "map_50")):
        found = mean_average_precision(predictions, truths, name, n_classes=N_CLASSES).mean
        assert found == pytest.approx(expected[key].item(), abs=1e-6)


def slow_voc_hits(predictions, truths, label):
    """Go through all boxes of all images, the surest first: a hit if its best truth reaches 0.5 and is new."""
    listed = sorted(
        (
            (score, -image, -index)
            for image, found in enumerate(predictions)
            for index, score in enumerate(found["scores"].tolist())
            if found["labels"][index] == label
        ),
        reverse=True,
    )
    taken, hits = set(), []
    for _, image, index in listed:
        x0, y0, x1, y1 = predictions[-image]["boxes"][-index].tolist()
        best, name = 0, None
        for number, (a, b, c, d) in enumerate(truths[-image]["boxes"].tolist()):
            if truths[-image]["labels"][number] != label:
                continue
            shared = max(min(x1, c) - max(x0, a), 0) * max(min(y1, d) - max(y0, b), 0)
            iou = shared / ((x1 - x0) * (y1 - y0) + (c - a) * (d - b) - shared)
            if iou > best:
                best, name = iou, (image, number)
        hits.append(best >= 0.5 and name not in taken)
        taken |= {name} if hits[-1] else set()
    return hits


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_truth_is_asked_as_in_the_voc_challenge(seed):
    predictions, truths = images(seed, ties=True)
    for label in range(N_CLASSES):
        hits = rank(predictions, truths, label, CONVENTIONS["VOC 2010"]).hits
        assert hits.tolist() == slow_voc_hits(predictions, truths, label)


def test_the_two_rules_differ_where_the_best_truth_is_taken():
    iou = [[0.9, 0.6], [0.8, 0.7]]  # both boxes fit the first thing best
    assert match_boxes(iou, matching="best free").tolist() == [1, 1]
    assert match_boxes(iou, matching="best").tolist() == [1, 0]


def test_matching_at_the_edges():
    assert match_boxes([[0.5]]).tolist() == [1]
    assert match_boxes([[0.4999]]).tolist() == [0]
    assert match_boxes(np.zeros((2, 0))).tolist() == [0, 0]
    assert match_boxes([[0.9], [0.8]], [True]).tolist() == [-1, 0]  # as pycocotools does
    assert match_boxes([[0.9], [0.8]], [True], matching="best").tolist() == [-1, -1]
    assert match_boxes([[0.9, 0.6]], [True, False]).tolist() == [1]
    assert match_boxes([[0.9, 0.6]], [True, False], matching="best").tolist() == [-1]


def test_a_known_case():
    ranking = Ranking(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([0, 1, 1, 0, 1], bool), 4)
    precision, recall = precision_recall(ranking)
    np.testing.assert_allclose(precision, [0, 1 / 2, 2 / 3, 2 / 4, 3 / 5])
    np.testing.assert_allclose(recall, [0, 1 / 4, 2 / 4, 2 / 4, 3 / 4])
    assert average_precision(ranking, "all points") == pytest.approx((2 / 3 + 2 / 3 + 3 / 5) / 4)
    assert average_precision(ranking, "no envelope") == pytest.approx((1 / 2 + 2 / 3 + 3 / 5) / 4)
    assert average_precision(ranking, "11 points") == pytest.approx((6 * 2 / 3 + 2 * 3 / 5) / 11)
    assert average_precision(ranking) == pytest.approx((51 * 2 / 3 + 25 * 3 / 5) / 101)


def test_a_class_of_which_there_is_none_is_left_out():
    one = {"boxes": torch.tensor([[0.0, 0, 5, 5]]), "labels": torch.tensor([1])}
    found = mean_average_precision([{**one, "scores": torch.tensor([0.3])}], [one], "VOC 2010", n_classes=3)
    assert found.mean == 1
    assert np.isnan(found.per_class).tolist() == [True, False, True]
    nothing = {"boxes": torch.zeros(0, 4), "scores": torch.zeros(0), "labels": torch.zeros(0)}
    assert np.isnan(mean_average_precision([nothing], [nothing], n_classes=2).mean)
    assert mean_average_precision([nothing], [one], n_classes=2).mean == 0


def test_inclusive_pixels_find_more():
    true = {"boxes": torch.tensor([[0.0, 0, 8, 8]]), "labels": torch.tensor([0])}
    found = {"boxes": torch.tensor([[0.0, 0, 8, 3.9]]), "labels": torch.tensor([0]), "scores": torch.tensor([1.0])}
    scores = {name: mean_average_precision([found], [true], name, n_classes=1).mean for name in CONVENTIONS}
    assert scores == {**dict.fromkeys(CONVENTIONS, 0.0), "inclusive pixels": 1.0}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p, t: mean_average_precision(p, t[:1], n_classes=4), "2 predictions for 1 truths"),
        (lambda p, t: mean_average_precision(p, t, "COC", n_classes=4), "did you mean 'COCO'"),
        (lambda p, t: rank([{"boxes": []}, p[1]], t, 0), "prediction 0 has no 'scores'"),
        (lambda p, t: rank([{**p[0], "scores": torch.zeros(99)}, p[1]], t, 0), "boxes and 99 scores"),
        (lambda p, t: rank(p, [t[0], {**t[1], "boxes": torch.zeros(3)}], 0), "boxes of truth 1 have shape (3,)"),
        (lambda p, t: average_precision(rank(p, t, 0), "12 points"), "did you mean '11 points'"),
        (lambda p, t: Convention(thresholds=(50,)), "threshold"),
        (lambda p, t: Convention(matching="first"), "unknown matching"),
        (lambda p, t: Convention(most=0), "most"),
    ],
)
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call(*images(0, n_images=2))
