"""The demo of two boxes and of suppression: areas, steps and what is said of every value, against Python's."""

import numpy as np
import pytest

from tests.unit.detection.given import N_CLASSES
from utils.detection.boxes import box_iou, nms, soft_nms


def heap(seed, n=30):
    """Boxes in a heap, edges at quarters; scores, some of them equal; labels."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 80, (n, 2)) / 4
    boxes = np.hstack([corners, corners + rng.integers(0, 60, (n, 2)) / 4])
    return boxes, rng.random(n).round(1 + seed % 3), rng.integers(0, N_CLASSES, n)


def listed(boxes, scores, labels):
    return [
        {"box": box, "score": score, "label": label}
        for box, score, label in zip(boxes.tolist(), scores.tolist(), labels.tolist(), strict=True)
    ]


AREAS = """
import { areas } from "./lib/boxes.js";
const pairs = given.boxes.flatMap((one) => given.boxes.map((other) => [areas(one, other), areas(one, other, true)]));
console.log(JSON.stringify(pairs));
"""


def test_areas_are_those_that_are_counted_in_quarters_of_a_pixel(run_node):
    boxes, _, _ = heap(0, n=14)
    found = iter(run_node(AREAS, boxes=boxes.tolist()))
    ious = [box_iou(boxes, boxes, inclusive=inclusive).numpy() for inclusive in (False, True)]
    place = (np.arange(160) + 0.5) / 4  # of the middle of each quarter
    inside = [
        ((place >= x0) & (place < x1))[None] & ((place >= y0) & (place < y1))[:, None] for x0, y0, x1, y1 in boxes
    ]
    for i, one in enumerate(inside):
        for j, other in enumerate(inside):
            plain, inclusive = next(found)
            assert plain["both"] == (one & other).sum() / 16
            assert plain["together"] == (one | other).sum() / 16
            sides = np.maximum(boxes[i], boxes[j])[2:] - np.minimum(boxes[i], boxes[j])[:2]
            assert plain["hull"] == sides.prod()
            assert inclusive["hull"] == (sides + 1).prod()
            for told, iou in zip((plain, inclusive), ious, strict=True):
                assert told["both"] == pytest.approx(iou[i, j] * told["together"])


STEPS = """
import { stepsOf } from "./demos/boxes_playground.js";
console.log(JSON.stringify(given.settings.map((one) => stepsOf(given.found, one))));
"""


@pytest.mark.parametrize("seed", range(6))
def test_the_steps_are_those_of_hard_and_soft_suppression(run_node, seed):
    boxes, scores, labels = heap(seed)
    levels = [(value, floor) for value in (0.05, 0.3, 0.5, 0.8) for floor in (0, 0.1, 0.4)]
    settings = [
        {"method": method, "threshold": value, "sigma": value, "floor": floor}
        for method in ("hard", "soft")
        for value, floor in levels
    ]
    for one, steps in zip(
        settings, run_node(STEPS, found=listed(boxes, scores, labels), settings=settings), strict=True
    ):
        taken = [step["taken"] for step in steps]
        if one["method"] == "hard":
            sure = np.flatnonzero(scores >= one["floor"])
            kept = nms(boxes[sure], scores[sure], threshold=one["threshold"], labels=labels[sure]).numpy()
            assert taken == sure[kept].tolist()
            gone = [hurt["index"] for step in steps for hurt in step["hurt"]]
            assert sorted(taken + gone) == sure.tolist(), "each box is taken or goes, once"
            assert all(hurt["score"] == 0 for step in steps for hurt in step["hurt"])
        else:
            kept, lowered = soft_nms(boxes, scores, sigma=one["sigma"], floor=one["floor"], labels=labels)
            if one["floor"]:
                assert taken == kept.tolist()
                assert [step["score"] for step in steps] == pytest.approx(lowered.tolist(), rel=1e-6)
            follow(boxes, scores, labels, one, steps)


@pytest.mark.parametrize("threshold, n_kept", [(0.45, 1), (0.5, 2), (0.55, 2)])
def test_a_box_that_overlaps_just_as_much_as_the_threshold_stays(run_node, threshold, n_kept):
    boxes, scores, labels = np.array([[0, 0, 4, 2], [0, 0, 2, 2.0]]), np.array([0.9, 0.8]), np.array([1, 1])
    assert len(nms(boxes, scores, threshold=threshold, labels=labels)) == n_kept
    settings = [{"method": "hard", "threshold": threshold, "floor": 0}]
    [steps] = run_node(STEPS, found=listed(boxes, scores, labels), settings=settings)
    assert len(steps) == n_kept


def follow(boxes, scores, labels, settings, steps):
    """Each step lowers what stands and overlaps, by the rule, and nothing else."""
    iou, now, waiting = box_iou(boxes, boxes).numpy(), scores.copy(), scores >= settings["floor"]
    for step in steps:
        taken = step["taken"]
        waiting[taken] = False
        touched = waiting & (labels == labels[taken]) & (iou[taken] > 0) & (now >= settings["floor"])
        lowered = touched & (np.exp(-(iou[taken] ** 2) / settings["sigma"]) < 1)
        assert sorted(hurt["index"] for hurt in step["hurt"]) == np.flatnonzero(lowered).tolist()
        for hurt in step["hurt"]:
            now[hurt["index"]] *= np.exp(-(iou[taken, hurt["index"]] ** 2) / settings["sigma"])
            assert hurt["score"] == pytest.approx(now[hurt["index"]], rel=1e-6)


WORDS = """
import { trialInWords } from "./demos/boxes_playground.js";
const trial = (letters) =>
  [...letters].map((mark, i) => ({
    value: (i + 1) / 20,
    lost: Number("LB".includes(mark)),
    twice: Number("2B".includes(mark)),
  }));
console.log(JSON.stringify(given.trials.map(([letters, method]) => trialInWords(trial(letters), method))));
"""


def test_it_is_said_whether_any_value_is_right(run_node):
    trials = {
        ("✓✓✓", "hard"): "Right: every threshold.",
        ("L✓2", "soft"): "Of 3 values one is right: 0.10.",
        ("L✓✓2", "hard"): "Right: 2 of 4 values, from 0.10 to 0.15.",
        ("LLB2", "hard"): "No threshold is right here: a true neighbour is lost from 0.05 to 0.15, "
        "a thing is found twice from 0.15 to 0.20.",
        (
            "L22",
            "soft",
        ): "No σ is right here: a true neighbour is lost at 0.05, a thing is found twice from 0.10 to 0.15.",
        ("LL", "hard"): "No threshold is right here: a true neighbour is lost from 0.05 to 0.10.",
    }
    assert run_node(WORDS, trials=list(trials)) == list(trials.values())
