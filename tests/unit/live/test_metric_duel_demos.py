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


# ---------------------------------------------------------------- ready-made faults


def moved(mask, down, right):
    """A mask moved inside its picture; what leaves it is lost."""
    wide = np.pad(mask, 4)
    rows, columns = (slice(4 - by, 4 - by + len(mask)) for by in (down, right))
    return wide[rows, columns]


def grown(mask):
    return ndimage.binary_dilation(mask)


def shifted(mask, by):
    columns = np.flatnonzero(mask.any(axis=0))
    room = {"right": len(mask) - 1 - columns.max(), "left": columns.min()}
    return moved(mask, 0, by if room["right"] >= room["left"] else -by)


def jagged(mask):
    rows, columns = np.indices(mask.shape)
    even = (rows + columns) % 2 == 0
    return (mask & ~(boundary(mask) & even)) | (grown(mask) & ~mask & even)


def truths(side):
    """Silhouettes with a hole, in pieces, touching the edge, thin, and of one pixel."""
    rows, columns = np.mgrid[:side, :side]
    disc = np.hypot(rows - side * 0.45, columns - side * 0.4) < side * 0.3
    ring = disc & (np.hypot(rows - side * 0.45, columns - side * 0.4) > side * 0.12)
    corner = (rows > side * 0.5) & (columns > side * 0.6)
    line = (rows == side // 3) & (columns > 1) & (columns < side - 4)
    dot = (rows == side // 4) & (columns == side // 2)
    two = moved(disc, -2, -2) | ((rows > side * 0.8) & (columns > side * 0.8) & (columns < side - 1))
    middle = (abs(columns - (side - 1) / 2) < side * 0.2) & (rows > 1) & (rows < side - 3)
    return {"disc": disc, "ring": ring, "corner": corner, "line": line, "dot": dot, "two": two, "middle": middle}


FAULTS = """
import { faults, smallThing } from "./demos/metric_duel.js";
const make = (truth) => Object.fromEntries(faults.map((one) => [one.name, Array.from(one.make(truth, given.side))]));
const whole = masks.map((mask) => mask.slice());
const made = masks.map(make);
const kept = masks.every((mask, i) => mask.every((value, k) => value === whole[i][k]));
tell({ made, kept, small: Array.from(smallThing(given.side)), none: make(new Uint8Array(given.side ** 2)) });
"""
NAMES = [
    "a copy of the truth",
    "grown by one pixel",
    "shrunk by one pixel",
    "shifted by one pixel",
    "shifted by two pixels",
    "a hole in the middle",
    "a far speck",
    "a spike",
    "a jagged boundary",
    "nothing",
    "everything",
]


@pytest.mark.parametrize("side", [8, 32, 48])
def test_each_fault_is_what_its_name_says(run_node, side):
    silhouettes = truths(side)
    listed = [mask.astype(int).tolist() for mask in silhouettes.values()]
    found = run_node(SPELL + FAULTS, masks=listed, side=side)
    assert found["kept"], "the truth stays as it was"
    for name, truth, made in zip(silhouettes, silhouettes.values(), found["made"], strict=True):
        assert list(made) == NAMES
        made = {fault: np.reshape(mask, truth.shape) for fault, mask in made.items()}
        assert all(set(np.unique(mask)) <= {0, 1} for mask in made.values())
        made = {fault: mask.astype(bool) for fault, mask in made.items()}
        expected = {
            "a copy of the truth": truth,
            "grown by one pixel": grown(truth),
            "shrunk by one pixel": truth & ~boundary(truth),
            "shifted by one pixel": shifted(truth, 1),
            "shifted by two pixels": shifted(truth, 2),
            "a jagged boundary": jagged(truth),
            "nothing": np.zeros_like(truth),
            "everything": np.ones_like(truth),
        }
        for fault, mask in expected.items():
            assert np.array_equal(made[fault], mask), (name, fault)
        is_a_hole(made["a hole in the middle"], truth)
        is_a_speck(made["a far speck"], truth)
        is_a_spike(made["a spike"], truth)


def is_a_hole(mask, truth):
    assert not (mask & ~truth).any()
    hole = truth & ~mask
    depth = ndimage.distance_transform_edt(~boundary(truth))
    middle = min(np.argwhere(truth & (depth == depth[truth].max())).tolist())
    rows, columns = np.indices(truth.shape)
    disc = np.hypot(rows - middle[0], columns - middle[1]) <= depth[tuple(middle)] / 2
    assert np.array_equal(hole, truth & disc)


def is_a_speck(mask, truth):
    assert not (truth & ~mask).any()
    away = ndimage.distance_transform_edt(~boundary(truth))
    speck = mask & ~truth
    assert speck.sum() == 1
    assert away[speck].item() == away[~truth].max()
    assert hausdorff(mask, truth) == pytest.approx(away[~truth].max())


def is_a_spike(mask, truth):
    """One line of pixels, from an outermost one to the side with most room."""
    assert not (truth & ~mask).any()
    where = np.argwhere(mask & ~truth)
    inside = np.argwhere(truth)
    side = len(truth)
    room = {(-1, 0): inside[:, 0].min(), (1, 0): side - 1 - inside[:, 0].max()}
    room |= {(0, -1): inside[:, 1].min(), (0, 1): side - 1 - inside[:, 1].max()}
    assert len(where) == min(max(room.values()), round(side / 4))
    spans = np.ptp(where, axis=0)
    assert sorted(spans.tolist()) == [0, len(where) - 1]
    ways = [way for way in room if room[way] == max(room.values())]
    bases = [truth & moved(mask & ~truth, -down, -right) for down, right in ways]
    assert any(base.sum() == 1 for base in bases), "it starts beside the truth, and leaves it"


def test_the_small_thing_has_twelve_pixels_and_nothing_has_few_faults(run_node):
    found = run_node(SPELL + FAULTS, masks=[], side=32)
    small = np.reshape(found["small"], (32, 32))
    assert small.sum() == 12
    assert np.ptp(np.argwhere(small), axis=0).tolist() == [3, 3]
    sums = {name: sum(mask) for name, mask in found["none"].items()}
    assert sums == dict.fromkeys(NAMES, 0) | {"a far speck": 1, "everything": 1024}


# ---------------------------------------------------------------- eight measures, and who is better

MEASURES = """
import { betterOf, checkOf, duelOf, measures, scoresOf, shown, verdictOf } from "./demos/metric_duel.js";
const { side, tolerance } = given;
const judge = (a, b) => ({
  better: Object.fromEntries(measures.map((one) => [one.key, betterOf(one, a, b)])),
  duels: Object.fromEntries(["hausdorff", "most", "boundaryF"].map((level) => [level, duelOf(a, b, level)])),
});
const [truth, ...made] = masks;
const scores = made.map((mask) => scoresOf(mask, truth, side, tolerance));
tell({
  scores,
  texts: scores.map((one) => measures.map((measure) => shown(measure, one[measure.key]))),
  checks: scores.map((one) => checkOf("A", one)),
  judged: scores.flatMap((a) => scores.map((b) => judge(a, b))),
  words: scores.flatMap((a) => scores.map((b) => verdictOf(judge(a, b).better))),
  names: measures.map(({ key, short, more }) => [key, short, Boolean(more)]),
});
"""
SHORT = {
    "dice": "Dice",
    "iou": "IoU",
    "boundaryF": "boundary F",
    "hausdorff": "Hausdorff",
    "most": "HD95",
    "mean": "mean distance",
    "area": "area",
    "accuracy": "accuracy",
}
DIGITS = {"dice": 3, "iou": 3, "boundaryF": 3, "hausdorff": 2, "most": 2, "mean": 2, "area": 1, "accuracy": 1}
MORE = {"dice", "iou", "boundaryF", "accuracy"}


def expected_scores(mask, truth, tolerance):
    dice, iou = overlap_of(mask, truth)
    area = truth.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = 100 * (mask.sum() - area) / np.float64(area)
    return {
        "dice": dice,
        "iou": iou,
        "boundaryF": boundary_f(mask, truth, tolerance=tolerance),
        "hausdorff": hausdorff(mask, truth),
        "most": hausdorff(mask, truth, percentile=95),
        "mean": mean_surface_distance(mask, truth),
        "area": difference,
        "accuracy": (mask == truth).mean(),
    }


def better(key, a, b):
    a, b = a[key], b[key]
    if math.isnan(a) or math.isnan(b):
        return None
    digits = DIGITS[key] + 2 * (key == "accuracy")
    costs = [round(-value if key in MORE else abs(value), digits) for value in (a, b)]
    return "same" if costs[0] == costs[1] else "A" if costs[0] < costs[1] else "B"


def near_a_tie(key, a, b):
    """Halves may be rounded either way in JavaScript and Python."""
    digits = DIGITS[key] + 2 * (key == "accuracy")
    halves = [abs(value) * 10**digits % 1 for value in (a[key], b[key]) if math.isfinite(value)]
    return any(abs(half - 0.5) < 1e-6 for half in halves)


@pytest.mark.parametrize("tolerance", [0, 1, 3])
@pytest.mark.parametrize("truth", ["blob", "nothing"])
def test_every_measure_and_who_is_better_on_it(run_node, truth, tolerance):
    masks = shapes(16)
    truth = masks[9] if truth == "blob" else masks[0]
    far = ndimage.distance_transform_edt(~masks[9])
    speck = masks[9] | (far == far.max())
    beside = grown(masks[9]) & ~masks[9]
    beside &= np.cumsum(beside).reshape(16, 16) == 1
    masks += [grown(masks[9]), moved(masks[9], 0, 2), masks[9] & ~boundary(masks[9]), speck, masks[9] | beside]
    listed = [mask.astype(int).tolist() for mask in (truth, *masks)]
    found = run_node(SPELL + MEASURES, masks=listed, side=16, tolerance=tolerance)
    assert found["names"] == [[key, short, key in MORE] for key, short in SHORT.items()]
    wanted = [expected_scores(mask, truth, tolerance) for mask in masks]
    for scores, expected, check in zip(found["scores"], wanted, found["checks"], strict=True):
        assert {key: number(value) for key, value in scores.items()} == pytest.approx(expected, nan_ok=True)
        again = 2 * expected["iou"] / (1 + expected["iou"])
        assert again == pytest.approx(expected["dice"], nan_ok=True)
        assert check.endswith("not defined." if math.isnan(again) else f"= {again:.3f}.")
    pairs = list(product(wanted, repeat=2))
    for (a, b), judged, words in zip(pairs, found["judged"], found["words"], strict=True):
        for key, winner in judged["better"].items():
            assert winner == better(key, a, b) or near_a_tie(key, a, b), key
        assert words == sentence(judged["better"])
        for level, played in judged["duels"].items():
            is_the_duel(played, a, b, level)
    winners = {winner for judged in found["judged"] for winner in judged["better"].values()}
    assert winners == ({"A", "B", "same"} if truth.any() else {"A", "B", "same", None})
    assert any(played["won"] for judged in found["judged"] for played in judged["duels"].values()) == truth.any()


def sentence(winners):
    a, b = ([SHORT[key] for key, winner in winners.items() if winner == name] for name in "AB")
    a, b = (", ".join(names[:-1]) + " and " * (len(names) > 1) + "".join(names[-1:]) for names in (a, b))
    if a and b:
        return f"They disagree. A is better: {a}. B is better: {b}."
    if a or b:
        return f"{'A' if a else 'B'} is better: {a or b}. No measure prefers {'B' if a else 'A'}."
    return "No measure prefers one of the masks."


def is_the_duel(played, a, b, level):
    difference = abs(a["dice"] - b["dice"])
    equal, good = difference <= 0.01 + 1e-9, min(a["dice"], b["dice"]) >= 0.7
    gap = 0 if a[level] == b[level] else abs(a[level] - b[level])
    assert (played["equal"], played["good"]) == (equal, good)
    assert number(played["gap"]) == pytest.approx(gap, abs=1e-12)
    assert played["won"] == (equal and good and gap > 0)
    assert number(played["difference"]) == pytest.approx(difference, abs=1e-12, nan_ok=True)


def test_values_are_told_as_they_are(run_node):
    truth = np.zeros((10, 10), bool)
    truth[2:6, 3:8] = True
    missing = truth.copy()
    missing[2, 3:8] = False
    masks = [truth, truth, missing, grown(truth), ~truth & False, ~truth | True]
    found = run_node(SPELL + MEASURES, masks=[mask.astype(int).tolist() for mask in masks], side=10, tolerance=0)
    texts = found["texts"]
    assert texts[0] == ["1.000", "1.000", "1.000", "0.00 px", "0.00 px", "0.00 px", "0.0 %", "100.0 %"]
    assert texts[1][0::6] == ["0.857", "−25.0 %"]
    assert texts[1][3] == "1.00 px"
    assert texts[2][6] == "+90.0 %"
    assert texts[3] == ["0.000", "0.000", "0.000", "infinite", "infinite", "infinite", "−100.0 %", "80.0 %"]
    empty = [np.zeros((10, 10), int).tolist()] * 2
    found = run_node(SPELL + MEASURES, masks=[*empty, masks[5].astype(int).tolist()], side=10, tolerance=1)
    assert found["texts"][0] == [
        *["not defined", "not defined", "1.000", "0.00 px", "0.00 px", "0.00 px", "not defined", "100.0 %"]
    ]
    assert found["texts"][1][3:7] == ["infinite"] * 4
    assert found["checks"][0] == "A: not defined."


WORDS = """
import { duelInWords, measures } from "./demos/metric_duel.js";
const measure = (key) => measures.find((one) => one.key === key);
console.log(JSON.stringify(given.cases.map(([key, a, b, played, best]) =>
  duelInWords(measure(key), { [key]: a ?? Infinity }, { [key]: b }, played, best))));
"""


def test_the_duel_says_whether_its_gap_counts(run_node):
    won, open_, none = ({"gap": gap, "won": gap > 2, "equal": gap != 2, "good": True} for gap in (7.5, 2, 0))
    cases = [
        ["hausdorff", 1, 8.5, won, 7.5],
        ["hausdorff", 1, 3, open_, None],
        ["boundaryF", 0.5, 0.5, none, 0.25],
        ["most", None, 3, open_, 4],
    ]
    assert run_node(WORDS, cases=cases) == [
        "Hausdorff: 1.00 px and 8.50 px, a gap of 7.50 px. Best so far: 7.50 px.",
        "Hausdorff: 1.00 px and 3.00 px, this does not count yet. Best so far: none.",
        "boundary F: 0.500 and 0.500, no gap. Best so far: 0.250.",
        "HD95: infinite and 3.00 px, this does not count yet. Best so far: 4.00 px.",
    ]


# ---------------------------------------------------------------- what each fault costs, and the brush

COSTS = """
import { costsOf, dab, faults } from "./demos/metric_duel.js";
const [truth] = masks;
const made = faults.map((one) => Array.from(one.make(truth, given.side)));
const dabs = given.dabs.map(([at, width, value]) => {
  const mask = truth.slice();
  dab(mask, given.side, at, width, value);
  return Array.from(mask);
});
const began = performance.now();
const costs = costsOf(truth, given.side, given.tolerance);
tell({ ...costs, made, dabs, milliseconds: performance.now() - began });
"""


@pytest.mark.parametrize("name", ["disc", "ring", "corner", "dot"])
def test_the_worst_fault_of_each_measure_is_marked(run_node, name):
    truth = truths(32)[name]
    found = run_node(SPELL + COSTS, masks=[truth.astype(int).tolist()], side=32, tolerance=1, dabs=[])
    wanted = [expected_scores(np.reshape(mask, truth.shape) > 0, truth, 1) for mask in found["made"]]
    for scores, expected in zip(found["rows"], wanted, strict=True):
        assert {key: number(value) for key, value in scores.items()} == pytest.approx(expected, nan_ok=True)
    for key, marked in found["worst"].items():
        costs = [-one[key] if key in MORE else abs(one[key]) for one in wanted[:-2]]
        costs = [round(cost, DIGITS[key] + 2 * (key == "accuracy")) for cost in costs]
        assert marked == [i for i, cost in enumerate(costs) if cost == max(costs)], key
    assert found["milliseconds"] < 200, "many times what it takes"


def test_a_fault_costs_a_small_thing_more(run_node):
    side = 32
    small = np.zeros((side, side), bool)
    small[14:18, 14:18] = True
    small[[14, 14, 17, 17], [14, 17, 14, 17]] = False
    large = truths(side)["disc"]
    dice = []
    for truth in (small, large):
        found = run_node(SPELL + COSTS, masks=[truth.astype(int).tolist()], side=side, tolerance=1, dabs=[])
        dice.append(found["rows"][NAMES.index("shifted by one pixel")]["dice"])
    assert dice[0] < 0.7 < 0.9 < dice[1]


def test_the_brush_touches_what_is_under_it(run_node):
    truth = truths(32)["disc"]
    dabs = [[at, width, value] for at in ([0, 0], [14, 12], [31, 20]) for width in (1, 3, 5) for value in (0, 1)]
    found = run_node(SPELL + COSTS, masks=[truth.astype(int).tolist()], side=32, tolerance=1, dabs=dabs)["dabs"]
    rows, columns = np.indices(truth.shape)
    for ((row, column), width, value), mask in zip(dabs, found, strict=True):
        under = np.hypot(rows - row, columns - column) <= width / 2
        assert np.array_equal(np.reshape(mask, truth.shape), np.where(under, value, truth))
    assert [np.sum(np.reshape(mask, truth.shape) != truth) for mask in found[6:12:2]] == [1, 9, 21]


# ---------------------------------------------------------------- settings

SETTINGS = """
import { readWorld } from "./demos/metric_duel.js";
const read = ({ dtype, dims, data, names }) => {
  const truths = dims ? { array: { dtype, dims, data: Uint8Array.from(data) } } : undefined;
  const settings = { truths, truth_names: names ?? undefined };
  try {
    const { side, truths, names } = readWorld({ get: (key) => settings[key] });
    return { side, names, sums: truths.map((one) => one.reduce((sum, value) => sum + value, 0)) };
  } catch (error) {
    if (error.constructor !== Error) throw error;
    return error.message;
  }
};
console.log(JSON.stringify(given.cases.map(read)));
"""


def setting(masks, names=("one", "two"), dtype="uint8"):
    return {"dtype": dtype, "dims": masks.shape, "data": masks.ravel().tolist(), "names": names and list(names)}


def test_settings_are_read_or_refused_in_words(run_node):
    good = np.ones((2, 8, 8), int)
    empty, large = good.copy(), good.copy()
    empty[1] = 0
    large[0, 3, 3] = 255
    squares = "expected squares with a side from 8 to 48, one at least."
    cases = {
        f"truths has shape (2, 7, 7); {squares}": setting(good[:, :7, :7]),
        f"truths has shape (2, 8, 7); {squares}": setting(good[:, :, :7]),
        f"truths has shape (1, 49, 49); {squares}": setting(np.ones((1, 49, 49), int), ["one"]),
        f"truths has shape (0, 8, 8); {squares}": setting(good[:0], []),
        "truths is uint8 of shape (8, 8); expected uint8 of shape (n, side, side).": setting(good[0]),
        "truths is float32 of shape (2, 8, 8); expected uint8 of shape (n, side, side).": setting(
            good, dtype="float32"
        ),
        "truths is missing; expected uint8 of shape (n, side, side).": {"names": ["one"]},
        "truths has a value of 255; expected 0 and 1.": setting(large),
        "Number 2 of truths is empty; expected one pixel at least.": setting(empty),
        'truth_names is ["one"]; expected 2 texts, one for each truth.': setting(good, ["one"]),
        'truth_names is ["one"," "]; expected 2 texts, one for each truth.': setting(good, ["one", " "]),
        "truth_names is missing; expected 2 texts, one for each truth.": setting(good, None),
    }
    *refused, read, largest = run_node(
        SETTINGS, cases=[*cases.values(), setting(good), setting(np.ones((2, 48, 48), int))]
    )
    assert refused == list(cases)
    names = ["one", "two", "a small thing (12 pixels)", "nothing there"]
    assert read == {"side": 8, "names": names, "sums": [64, 64, 12, 0]}
    assert largest["side"] == 48
