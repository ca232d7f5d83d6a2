"""The demos of lecture 13: overlap, suppression, average precision and errors by kind against Python's."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.unit.detection.given import N_CLASSES, images
from tests.unit.detection.ruled import with_ties, without_ignored
from utils.detection import boxes as reference
from utils.detection.errors import KINDS_OF_ERROR, sort_errors
from utils.detection.scoring import (
    CONVENTIONS,
    RECALLS,
    Convention,
    Ranking,
    average_precision,
    mean_average_precision,
    precision_recall,
)
from utils.runtime import import_torchvision

SEEDS = range(12)


def numbers(values):
    """Numbers of JSON, None for NaN."""
    return np.array([np.nan if value is None else value for value in values], float)


def jittered(seed, n=60):
    """Boxes in a heap, some of them points, lines and copies; scores, some of them equal; labels."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (n, 2)).round(rng.integers(0, 3))
    boxes = np.hstack([corners, corners + rng.uniform(0, 30, (n, 2)).round(rng.integers(0, 3))])
    boxes[:3, 2:] = boxes[:3, :2]
    boxes[3:5, 2] = boxes[3:5, 0]
    boxes[5:9] = boxes[9:13]
    return boxes, rng.random(n).round(2 + seed % 2), rng.integers(0, 3, n)


def on_a_grid(seed, *, ignored=False):
    """Small boxes of whole pixels: many overlap exactly by half, and many equally."""
    rng = np.random.default_rng(seed)

    def some(n):
        corners = rng.integers(0, 3, (n, 2))
        boxes = torch.tensor(np.hstack([corners, corners + rng.integers(1, 4, (n, 2))]), dtype=torch.float64)
        return {"boxes": boxes, "labels": torch.tensor(rng.integers(0, N_CLASSES // 2, n))}

    predictions = [some(8) | {"scores": torch.tensor(rng.random(8).round(1))} for _ in range(12)]
    truths = [some(4) | {"ignore": torch.tensor(rng.random(4) < 0.4 * ignored)} for _ in range(12)]
    return predictions, truths


# ---------------------------------------------------------------- boxes

OVERLAPS = """
import { giou, iou } from "./lib/boxes.js";
const table = (measure) => given.one.map((a) => given.other.map((b) => measure(a, b)));
console.log(JSON.stringify([table(iou), table((a, b) => iou(a, b, true)), table(giou)]));
"""


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_boxes_overlap_as_in_python(run_node, seed):
    one, other = jittered(seed)[0], jittered(seed + 9)[0]
    plain, inclusive, general = run_node(OVERLAPS, one=one.tolist(), other=other.tolist())
    one, other = torch.tensor(one), torch.tensor(other)
    np.testing.assert_allclose(plain, reference.box_iou(one, other), atol=1e-12)
    np.testing.assert_allclose(inclusive, reference.box_iou(one, other, inclusive=True), atol=1e-12)
    expected = import_torchvision().ops.generalized_box_iou(one, other)
    known = ~expected.isnan()  # torchvision divides zero by zero where both boxes are empty
    np.testing.assert_allclose(np.array(general)[known], expected[known], atol=1e-12)
    empty = [(boxes[:, 2:] == boxes[:, :2]).any(dim=1) for boxes in (one, other)]
    assert (known | (empty[0][:, None] & empty[1])).all()


def test_a_box_of_no_size_overlaps_nothing(run_node):
    point = [[3, 3, 3, 3]]
    assert run_node(OVERLAPS, one=point, other=point) == [[[0]], [[1]], [[0]]]


SUPPRESS = """
import { nms, softNms } from "./lib/boxes.js";
const { boxes, scores, labels, thresholds, sigmas, floor } = given;
const found = boxes.map((box, i) => ({ box, score: scores[i], label: labels[i] }));
const hard = thresholds.map((threshold) => nms(found, { threshold }));
const soft = sigmas.map((sigma) => softNms(found, { sigma, floor }));
console.log(JSON.stringify({ hard, soft, usual: softNms(found) }));
"""


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_boxes_are_suppressed_as_in_python(run_node, seed):
    boxes, scores, labels = jittered(seed)
    thresholds, sigmas = [0, 0.15, 0.5, 0.85, 1], [0.05, 0.5, 2]
    call = {"boxes": boxes.tolist(), "scores": scores.tolist(), "labels": labels.tolist()}
    found = run_node(SUPPRESS, **call, thresholds=thresholds, sigmas=sigmas, floor=0.05)
    for threshold, kept in zip(thresholds, found["hard"], strict=True):
        assert kept == reference.nms(boxes, scores, threshold=threshold, labels=labels).tolist()
    for sigma, some in [*zip(sigmas, found["soft"], strict=True), (None, found["usual"])]:
        options = {"sigma": sigma, "floor": 0.05} if sigma else {}
        kept, lowered = reference.soft_nms(boxes, scores, labels=labels, **options)
        assert sorted(one["index"] for one in some) == sorted(kept.tolist())
        new = dict(zip(kept.tolist(), lowered.tolist(), strict=True))
        np.testing.assert_allclose([one["score"] for one in some], [new[one["index"]] for one in some], atol=1e-6)


# ---------------------------------------------------------------- average precision

CONVENE = """
import { conventions, detectionWorld, meanAveragePrecision, surest, ties } from "./lib/average_precision.js";
const valuesOf = ({ boxes, truths, nClasses, ignore, most, change }) => {
  const world = detectionWorld(boxes, truths, nClasses);
  const found = surest(boxes.map(({ score }, index) => ({ index, score })), world, most);
  const of = (convention, tie) => meanAveragePrecision(world, found, { ...convention, ...change }, { ignore, tie });
  return ties.map((tie) => Object.fromEntries(Object.entries(conventions).map(([name, one]) => [name, of(one, tie)])));
};
console.log(JSON.stringify(given.worlds.map(valuesOf)));
"""


def as_lists(predictions, truths):
    """What `detectionWorld` takes: boxes and true ones of all images."""

    def lines(images, keys):
        return [
            {"scene": scene} | {name: image[key][i].tolist() for name, key in keys.items()}
            for scene, image in enumerate(images)
            for i in range(len(image["labels"]))
        ]

    ignore = [bool(one) for image in truths for one in image.get("ignore", torch.zeros(len(image["labels"])))]
    return {
        "boxes": lines(predictions, {"box": "boxes", "label": "labels", "score": "scores"}),
        "truths": lines(truths, {"box": "boxes", "label": "labels"}),
        "nClasses": N_CLASSES,
        "ignore": ignore,
    }


@pytest.mark.parametrize("matching", [None, "best free", "best"])
def test_average_precision_is_python_s_in_every_convention(run_node, matching):
    change = {"matching": matching} if matching else {}
    worlds = [
        (images(seed, ties=equal, ignored=ignored), most)
        for seed in SEEDS[:2]
        for equal, ignored in ((False, False), (True, True))
        for most in (100, 2)
    ]
    worlds += [(on_a_grid(seed, ignored=seed % 2), 100) for seed in SEEDS[:4]]
    call = [as_lists(*world) | {"most": most, "change": change} for world, most in worlds]
    for found, (world, most) in zip(run_node(CONVENE, worlds=call), worlds, strict=True):
        assert list(found[0]) == list(CONVENTIONS)
        for name, convention in CONVENTIONS.items():
            agrees([one[name] for one in found], world, replace(convention, most=most, **change))


def agrees(found, world, convention):
    """Hold the values with ties as they come, at their best and at their worst against Python's."""
    expected = mean_average_precision(*world, convention, n_classes=N_CLASSES)
    assert found[0]["mean"] == pytest.approx(expected.mean, abs=1e-9)
    np.testing.assert_allclose(numbers(found[0]["perClass"]), expected.per_class, atol=1e-9)
    for some, hits_first in ((found[1], True), (found[2], False)):
        expected = with_ties(*world, convention, hits_first)
        np.testing.assert_allclose(numbers(some["perClass"]), expected, atol=1e-9)
    assert found[2]["mean"] <= found[1]["mean"]


def test_the_conventions_and_rules_of_this_test_make_a_difference():
    """What precedes would say little if they all said the same."""
    predictions, truths = images(0)
    values = [mean_average_precision(predictions, truths, name, n_classes=N_CLASSES).mean for name in CONVENTIONS]
    assert len({round(value, 6) for value in values}) == len(CONVENTIONS)
    best = [with_ties(predictions, truths, CONVENTIONS["COCO"], first) for first in (True, False)]
    assert np.mean(best[0]) > np.mean(best[1]) + 0.001


def test_a_class_of_which_there_is_none_is_left_out(run_node):
    predictions, truths = images(3)
    some = [truth | {"ignore": truth["labels"] == 2} for truth in truths]
    none = [truth | {"ignore": truth["labels"] >= 0} for truth in truths]
    call = [as_lists(predictions, each) | {"most": 100} for each in (some, none)]
    found = [one[0]["COCO"] for one in run_node(CONVENE, worlds=call)]
    assert [value is None for value in found[0]["perClass"]] == [False, False, True, False]
    expected = mean_average_precision(predictions, some, "COCO", n_classes=N_CLASSES).mean
    assert found[0]["mean"] == pytest.approx(expected)
    assert found[1]["mean"] is None


CURVES = """
import { averagePrecision, precisionRecall, readAt, recallPoints } from "./lib/average_precision.js";
const known = given.rankings.map((ranking) => ({
  ...precisionRecall(ranking),
  read: [11, 101].map((count) => readAt(precisionRecall(ranking), recallPoints(count))),
  each: given.recalls.map((name) => averagePrecision(ranking, name)),
}));
console.log(JSON.stringify({ known, points: [11, 101].map(recallPoints) }));
"""


def test_curves_and_the_points_where_they_are_read(run_node):
    """Recall meets every point that so few things can meet, where floating point decides."""
    rng = np.random.default_rng(0)
    rankings = []
    for n_true in (*range(1, 31), 40, 50, 100, 0):
        for _ in range(4):
            hits = rng.random(2 * n_true + 5) < 0.6
            hits &= hits.cumsum() <= n_true
            rankings.append(Ranking(np.linspace(1, 0, len(hits)), hits, n_true))
    call = [{"hits": ranking.hits.tolist(), "nTrue": ranking.n_true} for ranking in rankings]
    call.append({"hits": [], "nTrue": 3})
    rankings.append(Ranking(np.zeros(0), np.zeros(0, bool), 3))
    found = run_node(CURVES, rankings=call, recalls=RECALLS)
    for count, points in zip((11, 101), found["points"], strict=True):
        assert points == np.linspace(0, 1, count).tolist()
    for ranking, one in zip(rankings, found["known"], strict=True):
        precision, recall = precision_recall(ranking)
        assert one["precision"] == precision.tolist()
        np.testing.assert_array_equal(numbers(one["recall"]), recall)
        envelope = [precision[i:].max() for i in range(len(precision))]
        assert one["envelope"] == envelope
        for name, value in zip(RECALLS, numbers(one["each"]), strict=True):
            assert value == pytest.approx(average_precision(ranking, name), abs=1e-12, nan_ok=True)
        for count, read in zip((11, 101), one["read"], strict=True):
            reached = [
                [p for p, r in zip(envelope, recall, strict=True) if r >= point] for point in np.linspace(0, 1, count)
            ]
            assert read == [some[0] if some else 0 for some in reached]


# ---------------------------------------------------------------- errors by kind

SORT = """
import { detectionWorld, surest } from "./lib/average_precision.js";
import { sortErrors } from "./lib/detection_errors.js";
const errorsOf = ({ boxes, truths, nClasses, ignore, limits }) => {
  const world = detectionWorld(boxes, truths, nClasses);
  const found = surest(boxes.map(({ score }, index) => ({ index, score })), world);
  return sortErrors(world, found, { ...limits, ignore });
};
console.log(JSON.stringify(given.worlds.map(errorsOf)));
"""


def sorted_here(run_node, worlds, limits):
    return run_node(SORT, worlds=[as_lists(*world) | {"limits": limits} for world in worlds])


def errors_agree(found, expected):
    assert found["averagePrecision"] == pytest.approx(expected.average_precision, abs=1e-9)
    assert found["count"] == expected.count
    assert list(found["cost"]) == list(KINDS_OF_ERROR)
    for kind, cost in expected.cost.items():
        assert found["cost"][kind] == pytest.approx(cost, abs=1e-9), kind


@pytest.mark.parametrize("limits", [{}, {"threshold": 0.7, "background": 0.3}])
def test_errors_are_sorted_as_in_python(run_node, limits):
    worlds = [images(seed, ties=equal) for seed in SEEDS for equal in (False, True)]
    worlds += [on_a_grid(seed) for seed in SEEDS]
    for found, world in zip(sorted_here(run_node, worlds, limits), worlds, strict=True):
        errors_agree(found, sort_errors(*world, n_classes=N_CLASSES, **limits))
        assert {kind: found["kinds"].count(kind) for kind in KINDS_OF_ERROR[:-1]} == {
            kind: found["count"][kind] for kind in KINDS_OF_ERROR[:-1]
        }


def test_errors_leave_out_what_is_ignored(run_node):
    worlds = [make(seed, ignored=True) for seed in SEEDS for make in (images, on_a_grid)]
    for found, world in zip(sorted_here(run_node, worlds, {}), worlds, strict=True):
        errors_agree(found, sort_errors(*without_ignored(*world), n_classes=N_CLASSES))
        expected = mean_average_precision(*world, Convention(), n_classes=N_CLASSES).mean
        assert found["averagePrecision"] == pytest.approx(expected, abs=1e-9)
