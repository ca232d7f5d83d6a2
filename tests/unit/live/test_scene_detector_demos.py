"""The detector on the reader's scene: what is in view, what is found, and what is said of it, against Python's."""

from collections import Counter

import numpy as np
import pytest
import torch

from utils.detection.boxes import box_iou, nms
from utils.detection.errors import sort_errors
from utils.scenes.layout import COLOURS, Item, Scene
from utils.scenes.rasterise import stamp
from utils.scenes.render import paint

CLASSES = ["t-shirt", "trousers", "bag", "boot"]
K, SIZE, CELLS, ANCHORS, N_SPRITES = 4, 96, 6, [12, 20, 34], 2
WORLD = {
    "classes": CLASSES,
    "kinds": CLASSES,
    "colours": list(COLOURS),
    "size": SIZE,
    "cells": CELLS,
    "anchors": ANCHORS,
    "choices": 2,
}


def anchor_boxes():
    """All anchors: row by row, column by column, then by side."""
    step = SIZE / CELLS
    return torch.tensor(
        [
            [(column + 0.5) * step - side / 2, (row + 0.5) * step - side / 2]
            + [(column + 0.5) * step + side / 2, (row + 0.5) * step + side / 2]
            for row in range(CELLS)
            for column in range(CELLS)
            for side in ANCHORS
        ],
        dtype=torch.float64,
    )


def random_things(rng):
    n = rng.integers(1, 7)
    return [
        {
            "kind": int(rng.integers(K)),
            "sprite": int(rng.integers(N_SPRITES)),
            "at": rng.integers(-(-scale // 2), SIZE - -(-scale // 2), 2).tolist(),
            "scale": scale,
        }
        for scale in rng.integers(6, 58, n).tolist()
    ]


def random_answer(rng, truths, crowd=40):
    """What a network might say: many boxes near the true ones, with right and wrong names, and some anywhere."""
    corners = rng.uniform(0, 70, (crowd, 2))
    boxes = np.hstack([corners, corners + rng.uniform(4, 40, (crowd, 2))])
    scores = rng.uniform(0, 0.3, (crowd, K))
    for place in range(crowd if truths else 0):
        box, label = truths[rng.integers(len(truths))]
        if rng.random() < 0.7:
            boxes[place] = box + rng.normal(0, rng.choice([1, 4, 9]), 4)
            boxes[place, 2:] = np.maximum(boxes[place, 2:], boxes[place, :2])
            scores[place, label if rng.random() < 0.7 else rng.integers(K)] = rng.random()
    return scores.astype("float32"), boxes.astype("float32")


def random_truth(rng):
    """Boxes of things, some on each other, some hidden."""
    things, seen = [], []
    for i in range(rng.integers(0, 6)):
        corner = rng.uniform(0, 60, 2).round()
        box = np.concatenate([corner, corner + rng.uniform(8, 36, 2).round()]).tolist()
        if seen and seen[-1]["box"] and rng.random() < 0.3:
            box = (np.array(seen[-1]["box"]) + rng.integers(-4, 5)).tolist()
        things.append({"id": i + 1, "kind": int(rng.integers(K))})
        seen.append({"box": None if rng.random() < 0.15 else box, "share": 1})
    return things, seen


# ---------------------------------------------------------------- what is in view

VIEW = """
import { seenThings } from "./lib/scenes.js";
const array = ({ data, dims }) => ({ data: Uint8Array.from(data), dims });
const stamps = { covers: array(given.covers), brights: array(given.brights) };
console.log(JSON.stringify(given.scenes.map((things) => seenThings(things, stamps, given.size))));
"""


def test_the_share_in_view_is_that_of_the_painter(run_node):
    stamps = [[stamp(Item(kind, k, "blue", (0, 0), 28), split="test") for k in range(N_SPRITES)] for kind in CLASSES]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    arrays = {
        name: {"data": a.ravel().tolist(), "dims": a.shape} for name, a in (("covers", covers), ("brights", brights))
    }
    rng = np.random.default_rng(1)
    scenes = [random_things(rng) for _ in range(60)]
    partly = 0
    for things, found in zip(scenes, run_node(VIEW, scenes=scenes, size=SIZE, **arrays), strict=True):
        items = [
            Item(CLASSES[one["kind"]], one["sprite"], "blue", tuple(map(float, one["at"][::-1])), one["scale"])
            for one in things
        ]
        painted = paint(Scene("grass", tuple(items), SIZE, split="test"))
        wanted = [{"box": None, "share": 0}] * len(items)
        for item, box, share in zip(painted.items[0], painted.boxes[0], painted.visibility[0], strict=True):
            wanted[item] = {"box": box.tolist(), "share": pytest.approx(share.item())}
        assert found == wanted
        partly += sum(0 < one["share"] < 1 for one in found)
    assert partly > 20


# ---------------------------------------------------------------- what is found

FOUND = """
import { detections, judge, verdict } from "./demos/scene_detector.js";
const array = ({ data, dims }) => ({ data: Float32Array.from(data), dims });
console.log(JSON.stringify(given.cases.map(({ scores, boxes, threshold, overlap, things, seen }) => {
  const { found, suppressed } = detections({ scores: array(scores), boxes: array(boxes) }, { threshold, overlap });
  const judged = judge(found, suppressed, things, seen, given.world);
  const names = things.map((_, i) => `thing (${i + 1})`);
  return { found, suppressed, judged, verdict: verdict(judged, names) };
})));
"""


def cases(seed, n=80):
    rng = np.random.default_rng(seed)
    result = []
    for _ in range(n):
        things, seen = random_truth(rng)
        truths = [(one["box"], thing["kind"]) for thing, one in zip(things, seen, strict=True) if one["box"]]
        scores, boxes = random_answer(rng, truths, crowd=int(rng.choice([12, 40, 90])))
        result.append(
            {
                "scores": {"data": scores.ravel().tolist(), "dims": (1, *scores.shape)},
                "boxes": {"data": boxes.ravel().tolist(), "dims": (1, *boxes.shape)},
                "threshold": float(rng.choice([0.05, 0.3, 0.5])),
                "overlap": float(rng.choice([0, 0.3, 0.5, 0.9, 1])),
                "things": things,
                "seen": seen,
            }
        )
    return result


def expected_of(case):
    """Boxes, scores and labels before suppression, and which of them stay."""
    scores = torch.tensor(case["scores"]["data"]).double()
    boxes = torch.tensor(case["boxes"]["data"]).double().reshape(-1, 4)
    sure = scores.argsort(descending=True, stable=True)
    sure = sure[scores[sure] > case["threshold"]][:100]
    boxes, scores, labels = boxes[sure // K], scores[sure], sure % K
    return boxes, scores, labels, nms(boxes, scores, threshold=case["overlap"], labels=labels)


def test_boxes_over_the_threshold_are_suppressed_class_by_class(run_node):
    given = cases(2)
    over = 0
    for case, told in zip(given, run_node(FOUND, cases=given, world=WORLD), strict=True):
        boxes, scores, labels, kept = expected_of(case)
        over += len(scores) == 100
        rest = [i for i in range(len(scores)) if i not in set(kept.tolist())]
        for some, wanted in ((told["found"], kept), (told["suppressed"], rest)):
            assert [one["label"] for one in some] == labels[wanted].tolist()
            assert [one["score"] for one in some] == scores[wanted].tolist()
            assert [one["box"] for one in some] == boxes[wanted].tolist()
        for one in told["suppressed"]:
            by = told["found"][one["by"]]
            assert by["label"] == one["label"]
            assert by["score"] >= one["score"]
            overlap = box_iou(torch.tensor([by["box"]]).double(), torch.tensor([one["box"]]).double())
            assert overlap.item() > case["overlap"]
    assert over, "more than a hundred boxes are over the threshold"


def test_every_box_has_the_kind_of_error_that_python_gives_it(run_node):
    given = cases(3)
    kinds = Counter()
    for case, told in zip(given, run_node(FOUND, cases=given, world=WORLD), strict=True):
        boxes, scores, labels, kept = expected_of(case)
        there = [i for i, one in enumerate(case["seen"]) if one["box"]]
        truth = {
            "boxes": torch.tensor([case["seen"][i]["box"] for i in there], dtype=torch.float64).reshape(-1, 4),
            "labels": torch.tensor([case["things"][i]["kind"] for i in there], dtype=torch.int64),
        }
        answer = {"boxes": boxes[kept], "scores": scores[kept], "labels": labels[kept]}
        count = sort_errors([answer], [truth], n_classes=K).count
        mine = Counter(one["kind"] for one in told["judged"]["found"])
        kinds += mine
        assert {**count, "missed": None} == {**{kind: mine[kind] for kind in count}, "missed": None}
        things = told["judged"]["seen"]
        unaimed = [i for i in there if not things[i]["found"] and not {"class", "place"} & set(things[i]["aimed"])]
        assert len(unaimed) == count["missed"]
        hits = [one["thing"] for one in told["judged"]["found"] if one["kind"] == "hit"]
        assert sorted(hits) == [i for i in range(len(things)) if things[i]["found"]]
        assert told["verdict"].startswith(f"Finds {len(hits)} of {len(there)}")
        for one in told["judged"]["found"]:
            checked(one, case)
    assert all(kinds[kind] > 5 for kind in ("hit", "class", "place", "both", "duplicate", "background")), kinds


def checked(one, case):
    """A box is told to be of the thing, of its own or of another name, that it overlaps most."""
    if one["kind"] in ("both", "background"):
        assert one["thing"] is None
        return
    same = one["kind"] != "class"
    of = {
        i: box_iou(torch.tensor([one["box"]]).double(), torch.tensor([seen["box"]]).double()).item()
        for i, (thing, seen) in enumerate(zip(case["things"], case["seen"], strict=True))
        if seen["box"] and (thing["kind"] == one["label"]) == same
    }
    assert one["overlap"] == pytest.approx(of[one["thing"]])
    assert one["kind"] == "hit" or one["overlap"] == pytest.approx(max(of.values()))


def test_a_thing_whose_box_was_suppressed_is_told(run_node):
    given = cases(4, n=200)
    told_of = 0
    for case, told in zip(given, run_node(FOUND, cases=given, world=WORLD), strict=True):
        things = told["judged"]["seen"]
        for i, thing in enumerate(things):
            wanted = None
            for one in told["suppressed"]:  # the surest whose best own thing is this one, with a good IoU
                own = {
                    j: box_iou(torch.tensor([one["box"]]).double(), torch.tensor([seen["box"]]).double()).item()
                    for j, seen in enumerate(case["seen"])
                    if seen["box"] and case["things"][j]["kind"] == one["label"]
                }
                if not thing["found"] and own and max(own, key=own.get) == i and own[i] >= 0.5:
                    by = told["found"][one["by"]]["box"]
                    wanted = box_iou(torch.tensor([one["box"]]).double(), torch.tensor([by]).double()).item()
                    break
            assert thing["deleted"] == (None if wanted is None else pytest.approx(wanted))
            told_of += wanted is not None
    assert told_of > 3


# ---------------------------------------------------------------- in words

SAY = """
import { verdict } from "./demos/scene_detector.js";
const names = ["bag (1)", "boot (2)", "bag (3)"];
console.log(JSON.stringify(given.cases.map((judged) => verdict(judged, names))));
"""


def view(found=False, aimed=(), deleted=None, box=(0, 0, 9, 9)):
    return {"box": box and list(box), "share": 1, "found": found, "aimed": list(aimed), "deleted": deleted}


def test_the_verdict_says_what_went_right_and_wrong(run_node):
    hit, box = view(found=True), lambda kind, thing=None: {"kind": kind, "thing": thing}
    given = [
        ([box("hit", 0), box("hit", 1)], [hit, hit], "Finds 2 of 2."),
        ([], [view()], "Finds 0 of 1; misses the bag (1)."),
        (
            [],
            [view(), view(deleted=0.6)],
            "Finds 0 of 2; misses the bag (1) and the boot (2); suppression deleted a box of the boot (2).",
        ),
        ([box("class", 0)], [view(aimed=["class"])], "Finds 0 of 1; gives a wrong name to the bag (1)."),
        ([box("class", 0)], [view(True, ["class"])], "Finds 1 of 1; gives a second, wrong name to the bag (1)."),
        ([box("place", 1)], [hit, view(aimed=["place"])], "Finds 1 of 2; a box fits badly on the boot (2)."),
        ([box("place", 1)] * 2, [hit, view(aimed=["place"])], "Finds 1 of 2; boxes fit badly on the boot (2)."),
        ([box("duplicate", 0)], [view(True, ["duplicate"])], "Finds 1 of 1; finds the bag (1) more than once."),
        ([box("background")], [hit], "Finds 1 of 1; one box is of nothing."),
        ([box("background")] * 2, [hit], "Finds 1 of 1; 2 boxes are of nothing."),
        ([box("both")], [hit], "Finds 1 of 1; one box has neither the right name nor the right place."),
        ([box("both")] * 2, [hit], "Finds 1 of 1; 2 boxes have neither the right name nor the right place."),
        ([], [hit, view(box=None), view(box=None)], "Finds 1 of 1. Nothing is seen of the boot (2) and the bag (3)."),
    ]
    told = run_node(SAY, cases=[{"found": found, "seen": seen} for found, seen, _ in given])
    assert told == [words for _, _, words in given]


# ---------------------------------------------------------------- anchors and cells

ANCHOR = """
import { bestAnchor, cellScores } from "./demos/scene_detector.js";
const scores = { data: Float32Array.from(given.scores), dims: given.dims };
console.log(JSON.stringify({
  best: given.boxes.map((box) => bestAnchor(box, given.world)),
  maps: given.asked.map(([label, anchor]) => [...cellScores(scores, label, anchor, given.world)]),
}));
"""


def test_the_best_anchor_and_the_scores_of_the_cells(run_node):
    rng = np.random.default_rng(5)
    corners = rng.integers(0, 80, (60, 2))
    boxes = np.hstack([corners, corners + rng.integers(3, 50, (60, 2))])
    scores = rng.random((1, CELLS * CELLS * len(ANCHORS), K)).astype("float32")
    asked = [(0, None), (3, None), (1, 0), (2, 2)]
    told = run_node(
        ANCHOR, scores=scores.ravel().tolist(), dims=scores.shape, boxes=boxes.tolist(), asked=asked, world=WORLD
    )
    anchors = anchor_boxes()
    overlaps = box_iou(torch.tensor(boxes).double(), anchors)
    for one, row in zip(told["best"], overlaps, strict=True):
        assert one["overlap"] == pytest.approx(row.max().item())
        place = next(k for k, anchor in enumerate(anchors.tolist()) if anchor == one["box"])
        assert row[place] == pytest.approx(row.max())
        assert one["side"] == ANCHORS[place % 3]
    table = scores.reshape(CELLS * CELLS, 3, K)
    for (label, anchor), found in zip(asked, told["maps"], strict=True):
        part = table[:, :, label]
        np.testing.assert_array_equal(found, part.max(axis=1) if anchor is None else part[:, anchor])


# ---------------------------------------------------------------- scenes and tasks

SCENES = """
import { thingsOfTask } from "./demos/scene_detector.js";
import { placed, randomThings } from "./lib/composing.js";
import { randomSource } from "./lib/random.js";
const random = randomSource(3);
console.log(JSON.stringify({
  scenes: Array.from({ length: 200 }, () => randomThings(given.world, random)),
  tasks: given.worlds.map((world) => [0, 1, 2, 3].map((i) => thingsOfTask(i, world))),
  places: given.places.map(([at, scale]) => placed(at, scale, given.world.size)),
}));
"""


def test_scenes_lie_wholly_in_the_picture(run_node):
    alone = {**WORLD, "classes": ["bag"], "kinds": ["bag"], "colours": ["white"]}
    places = [([0, 95], 20), ([50, 50], 21), ([-9, 200], 58), ([40.4, 30.6], 6)]
    told = run_node(SCENES, world=WORLD, worlds=[WORLD, alone], places=places)
    assert told["places"] == [[10, 85], [50, 50], [29, 66], [40, 31]]
    numbers = [thing["id"] for scene in told["scenes"] for thing in scene]
    assert len(set(numbers)) == len(numbers)
    assert {len(scene) for scene in told["scenes"]} == {3, 4}
    for part, n in (("kind", K), ("colour", len(COLOURS)), ("sprite", 2)):
        assert {thing[part] for scene in told["scenes"] for thing in scene} == set(range(n))
    small = [things for tasks in told["tasks"] for things in tasks]
    for thing in (thing for scene in [*told["scenes"], *small] for thing in scene):
        reach = -(-thing["scale"] // 2)
        assert all(reach <= value <= SIZE - 1 - reach for value in thing["at"])
    assert [len(things) for things in told["tasks"][0]] == [2, 1, 2, 1]
    assert [[thing["kind"] for thing in things] for things in told["tasks"][0]] == [[0, 0], [0], [2, 0], [0]]
    assert {thing["kind"] for things in told["tasks"][1] for thing in things} == {0}


PROGRESS = """
import { progress } from "./demos/scene_detector.js";
const names = ["bag (1)", "boot (2)"];
console.log(JSON.stringify(given.cases.map(({ number, seen, once }) => {
  const things = seen.map((_, i) => ({ id: 10 + i }));
  return progress(number, things, seen, names, new Set(once), given.world);
})));
"""
BESIDE, SMALL, HIDDEN, ANCHORLESS = range(4)


def test_a_task_is_done_when_its_goal_is_reached(run_node):
    little, large = (40, 40, 55, 46), (30, 30, 60, 60)
    good = view(found=True)
    given = [
        (BESIDE, [good, view(deleted=0.613)], [10, 11], "The boot (2) was suppressed: its box has an IoU of 0.61"),
        (BESIDE, [good, view()], [10, 11], None),
        (BESIDE, [good, view(deleted=0.6)], [10], None),
        (SMALL, [view(box=little)], [10], "The bag (1) was lost at 15 × 6 pixels."),
        (SMALL, [view(box=little, found=True)], [10], None),
        (SMALL, [view(box=large)], [10], None),
        (SMALL, [view(box=little)], [], None),
        (SMALL, [{**view(box=little), "share": 0.9}], [10], None),
        (HIDDEN, [{**view(), "share": 0.34}, good], [10, 11], "The bag (1) was lost with 34 % of it in view."),
        (HIDDEN, [{**view(deleted=0.7), "share": 0.34}, good], [10, 11], None),
        (HIDDEN, [view(), good], [10, 11], None),
        (HIDDEN, [{**view(box=None), "share": 0}, good], [10, 11], None),
        (ANCHORLESS, [view(box=(36, 36, 42, 42), found=True)], [], "The network finds it all the same."),
        (ANCHORLESS, [view(box=(36, 36, 42, 42))], [], "The network does not find it."),
        (ANCHORLESS, [view(box=(30, 30, 50, 50))], [], None),
    ]
    told = run_node(
        PROGRESS, cases=[dict(zip(("number", "seen", "once"), case[:3], strict=True)) for case in given], world=WORLD
    )
    for case, one in zip(given, told, strict=True):
        words = case[3]
        assert one["won"] == (words is not None), case
        assert words is None or words in one["words"]
        waits = case[0] != ANCHORLESS and len(case[2]) < len(case[1]) and words is None
        assert ("First the network has to find" in one["words"]) == waits
