"""Checkers of lecture 13: each returns a hint, or None if the attempt is right."""

from itertools import pairwise

import numpy as np
import torch

from utils.course.hints import compare, floats, takes_function

# ---------------------------------------------------------------- overlap of middles and sides


def _two_boxes(rng):
    """Draw two boxes by middle and sides: they overlap, hold each other, or lie apart in one or both directions."""
    sides = rng.integers(4, 17, (2, 2)) * 1.0
    middle = rng.integers(-18, 19, 2) / 2
    reach = rng.choice([0.2, 0.6, 1.4])
    away = rng.choice([-1, 1], 2) * (1 + np.floor(reach * sides.sum(axis=0) / 2))
    return tuple(floats(np.concatenate(pair)) for pair in ((middle, sides[0]), (middle + away, sides[1])))


def _span(one, other, *, low=0.5, high=0.5, clamp=True, extra=0):
    """Width and height that two boxes share; the box lies from ``middle - low * side`` to ``middle + high * side``."""
    start = torch.maximum(one[:2] - low * one[2:], other[:2] - low * other[2:])
    end = torch.minimum(one[:2] + high * one[2:], other[:2] + high * other[2:])
    return (end - start + extra).clamp(min=0) if clamp else end - start + extra


def _iou(one, other, extra=0, **options):
    """Return the overlap, or what it is with one thing changed."""
    shared = _span(one, other, extra=extra, **options).prod()
    return shared / ((one[2:] + extra).prod() + (other[2:] + extra).prod() - shared)


def _as_corners(one, other):
    """Read the four numbers as x0, y0, x1, y1."""
    sides = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp(min=0)
    areas = [(box[2:] - box[:2]).prod() for box in (one, other)]
    return sides.prod() / (sum(areas) - sides.prod())


def _doubled(one, other):
    """Take width and height for half of them."""
    shared = _span(one, other, low=1, high=1).prod()
    return shared / (4 * (one[2:].prod() + other[2:].prod()) - shared)


def _over(one, other, denominator):
    return _span(one, other).prod() / denominator(one[2:].prod(), other[2:].prod())


IOU = [
    (
        lambda a, b: _iou(a, b, low=0, high=1),
        "You took x, y for the upper left corner. It is the middle: the box goes from x - w / 2 to x + w / 2.",
    ),
    (
        _doubled,
        "A box goes from x - w / 2 to x + w / 2. Yours is twice as wide and high.",
    ),
    (_as_corners, "You read the four numbers as corners. They are the middle, the width and the height."),
    (
        lambda a, b: _iou(a, b, clamp=False),
        "Where boxes lie apart, the shared side is negative; twice negative even gives an area. It is at least 0.",
    ),
    (lambda a, b: _iou(a, b, extra=1), "Nothing is added to the sides: a box of width w is w wide."),
    (
        lambda a, b: _over(a, b, torch.add),
        "The union counts what is shared once: the two areas together, minus what they share.",
    ),
    (
        lambda a, b: _over(a, b, torch.minimum),
        "You divided by the smaller area. Divide by the area that the two cover together.",
    ),
    (
        lambda a, b: _over(a, b, torch.maximum),
        "You divided by the larger area. Divide by the area that the two cover together.",
    ),
    (lambda a, b: _over(a, b, lambda x, y: x), "You divided by the first area. Divide by the area of both together."),
    (lambda a, b: 1 - _iou(a, b), "That is the distance. Asked is the overlap itself."),
    (lambda a, b: 100 * _iou(a, b), "Not in per cent: a number from 0 to 1."),
    (
        lambda a, b: 2 * _span(a, b).prod() / (a[2:].prod() + b[2:].prod()),
        "That is the Dice coefficient, twice the shared area over the sum. IoU divides by the union.",
    ),
    (lambda a, b: _span(a, b).prod(), "That is the shared area. Divide it by the area that both cover together."),
]


@takes_function("my_iou(one, other)", draw=_two_boxes, seeds=(0, 1, 8, 2, 14, 5, 16, 6))
def check_iou(attempt, cases):
    """``attempt(one, other)`` returns the intersection over union of two boxes x, y, w, h."""
    return compare(attempt, cases, _iou, IOU, wanted="Return one number, the intersection over union.")


# ---------------------------------------------------------------- suppression


def _overlaps(rng):
    """Draw a symmetric table of overlaps, scores in no order, and a threshold that some overlaps meet exactly."""
    n = int(rng.integers(6, 10))
    table = rng.integers(0, 10, (n, n)) / 10
    table = np.triu(table, 1) + np.triu(table, 1).T + np.eye(n)
    return floats(table), floats(rng.permutation(n) + 1) / 20, float(rng.choice([0.3, 0.5, 0.6]))


def _kept(overlap, scores, threshold, *, lowest=False, meets=False, by_all=False, order=None, sure=True):
    """Go through the boxes; return those that stay, or what it is with one thing changed."""
    order = scores.argsort(descending=not lowest).tolist() if order is None else order
    kept, seen = [], []
    for index in order:
        rivals = seen if by_all else kept
        clash = [overlap[index, other] >= threshold if meets else overlap[index, other] > threshold for other in rivals]
        if not any(clash) or not sure:
            kept.append(index)
        seen.append(index)
    return kept


def _neighbour_only(overlap, scores, threshold):
    """Compare each box with the one before it only."""
    order = scores.argsort(descending=True).tolist()
    return [order[0]] + [b for a, b in pairwise(order) if overlap[a, b] <= threshold]


def _turned(overlap, scores, threshold):
    """Drop what overlaps little."""
    kept = []
    for index in scores.argsort(descending=True).tolist():
        if all(overlap[index, other] > threshold for other in kept):
            kept.append(index)
    return kept


def _round(overlap, scores, threshold):
    """Keep the surest, drop its neighbours, and stop."""
    best = int(scores.argmax())
    rest = [i for i in scores.argsort(descending=True).tolist() if i != best and overlap[best, i] <= threshold]
    return [best, *rest]


def _positions(overlap, scores, threshold):
    """Return places in the sorted list in place of indices."""
    order = scores.argsort(descending=True).tolist()
    return [order.index(index) for index in _kept(overlap, scores, threshold)]


NMS = [
    (
        lambda *a: _kept(*a, by_all=True),
        "A box goes only if it overlaps one that *stays*. You also compared with boxes that were dropped before.",
    ),
    (
        lambda *a: _kept(*a, meets=True),
        "A box goes if the overlap is larger than the threshold; at the threshold it stays.",
    ),
    (lambda *a: _kept(*a, lowest=True), "The surest goes first: sort by falling score."),
    (
        lambda *a: _kept(*a, order=range(len(a[1]))),
        "You went through the boxes in the order in which they came. Sort by falling score first.",
    ),
    (
        lambda *a: sorted(_kept(*a)),
        "The right boxes, in another order: the surest comes first.",
    ),
    (_neighbour_only, "Compare with all boxes that stay, not only with the one before."),
    (_turned, "You dropped the boxes that overlap little. What overlaps more than the threshold goes."),
    (_round, "One round is not enough: go on with what is left, until nothing is left."),
    (_positions, "Those are places in your sorted list. Return the indices of the boxes as they came."),
    (lambda *a: _kept(*a, sure=False), "Nothing was dropped."),
    (lambda *a: [int(a[1].argmax())], "The surest box is not alone: keep also the surest of what does not overlap it."),
    (
        lambda *a: [i for i in a[1].argsort(descending=True).tolist() if i not in _kept(*a)],
        "Those are the boxes that go. Return those that stay.",
    ),
]


@takes_function("my_nms(overlap, scores, threshold)", draw=_overlaps, seeds=(2, 3, 12, 15, 28, 29, 57, 63))
def check_nms(attempt, cases):
    """``attempt(overlap, scores, threshold)`` returns the indices of the boxes that stay, the surest first."""
    return compare(attempt, cases, _kept, NMS, wanted="Return a list of whole numbers: the indices of what stays.")


# ---------------------------------------------------------------- hit or false alarm


def _table(rng):
    """Draw overlaps of boxes with things: several want one thing, some have a second choice, some meet 0.5."""
    n, m = int(rng.integers(4, 8)), int(rng.integers(2, 5))
    table = rng.integers(0, 10, (n, m)) / 10
    table[:, 0] = np.where(rng.random(n) < 0.5, rng.integers(5, 10, n) / 10, table[:, 0])
    return floats(table), 0.5


def _hits(overlap, threshold, *, taken=True, best_of_all=False, above=False, first=False, always=False):
    """Return ones and zeros, or what they are with one thing changed."""
    free, hits = torch.ones(overlap.shape[1], dtype=torch.bool), []
    for row in overlap:
        allowed = torch.ones_like(free) if best_of_all or not taken else free
        good = allowed & (row > threshold if above else row >= threshold)
        thing = int(good.int().argmax()) if first else int(torch.where(allowed, row, -1).argmax())
        hit = bool(good[thing]) and (bool(free[thing]) or not taken)
        if hit or (always and allowed[thing]):
            free[thing] = False
        hits.append(int(hit))
    return hits


def _from_things(overlap, threshold):
    """Let each thing take its best box."""
    hits = [0] * len(overlap)
    for column in overlap.T:
        best = int(column.argmax())
        if column[best] >= threshold:
            hits[best] = 1
    return hits


HITS = [
    (
        lambda o, t: _hits(o, t, taken=False),
        "A thing is found once. The second box on it is a false alarm.",
    ),
    (
        lambda o, t: _hits(o, t, best_of_all=True),
        "If the best thing is taken, COCO's rule looks at the best of those still free. (VOC's would fail it.)",
    ),
    (lambda o, t: _hits(o, t, above=True), "At least the threshold: an IoU equal to it is a hit."),
    (
        lambda o, t: _hits(o, t, first=True),
        "You took the first thing that fits. Take the one with the largest IoU among the free ones.",
    ),
    (
        lambda o, t: _hits(o, t, always=True),
        "A box that misses must not take the thing: it stays free for the next box.",
    ),
    (_from_things, "You let each thing choose its box. The boxes choose, the surest first."),
    (lambda o, t: [1 - hit for hit in _hits(o, t)], "One and zero are swapped: a hit is 1."),
    (lambda o, t: sum(_hits(o, t)), "That is the number of hits. Return one or zero for each box."),
    (
        lambda o, t: [int(row.max() < t) for row in o],
        "You asked for an IoU below the threshold. A hit has at least the threshold.",
    ),
    (
        lambda o, t: _hits(o.flip(0), t)[::-1],
        "Start with the first row: it is the surest box.",
    ),
]


@takes_function("my_hits(overlap, threshold)", draw=_table, seeds=(50, 141, 0, 16, 128, 39, 43, 100))
def check_hits(attempt, cases):
    """``attempt(overlap, threshold)`` returns a one or a zero for each box."""
    return compare(attempt, cases, _hits, HITS, wanted="Return a list with a one or a zero for each box.")


# ---------------------------------------------------------------- average precision


def _ranking(rng):
    """Draw hits and false alarms; some things are never found, and precision rises again somewhere."""
    n = int(rng.integers(5, 11))
    hits = (rng.random(n) < 0.5).astype(float)
    hits[rng.integers(0, 4)] = 0
    hits[rng.integers(3, n)] = 1
    return floats(hits), int(hits.sum() + rng.integers(1, 5))


def _precision(hits):
    return hits.cumsum(0) / torch.arange(1, len(hits) + 1)


def _envelope(hits):
    return _precision(hits).flip(0).cummax(0).values.flip(0)


def _area(hits, n_true):
    return (_envelope(hits) * hits).sum() / n_true


def _points(hits, n_true, n):
    recall = (hits.cumsum(0) / n_true).double().contiguous()
    places = torch.searchsorted(recall, torch.linspace(0, 1, n, dtype=torch.float64))
    return torch.cat([_envelope(hits), hits.new_zeros(1)])[places].mean()


def _trapezoid(hits, n_true):
    recall = torch.cat([hits.new_zeros(1), hits.cumsum(0) / n_true])
    precision = torch.cat([hits.new_ones(1), _precision(hits)])
    return torch.trapezoid(precision, recall)


def _forward(hits, n_true):
    """The envelope from the wrong side: the best precision up to there."""
    return (_precision(hits).cummax(0).values * hits).sum() / n_true


def _final_f1(hits, n_true):
    return 2 * hits.sum() / (len(hits) + n_true)


AVERAGE = [
    (
        lambda h, n: (_precision(h) * h).sum() / n,
        "Without the envelope. Each step counts with the best precision from there *on*, not with its own.",
    ),
    (
        _forward,
        "The envelope looks ahead: the best precision of this or a *higher* recall.",
    ),
    (
        lambda h, n: _area(h, h.sum()),
        "You divided by the things that were found. The lost ones count, too: divide by n_true.",
    ),
    (lambda h, n: _area(h, len(h)), "You divided by the number of boxes. Divide by n_true, the things there are."),
    (
        lambda h, n: _envelope(h).mean(),
        "Recall grows only where a thing is found. Leave the false alarms out of the sum.",
    ),
    (lambda h, n: _precision(h).mean(), "That is the mean precision of all boxes. Only the steps of recall count."),
    (lambda h, n: _points(h, n, 11), "That is the reading at 11 points. Asked are all points: each step of recall."),
    (lambda h, n: _points(h, n, 101), "That is the reading at 101 points. Asked are all points: each step of recall."),
    (_trapezoid, "No slanting lines: each step of recall counts with one height, the envelope's."),
    (lambda h, n: h.mean(), "That is the precision of the whole list. Average precision is an area over recall."),
    (lambda h, n: h.sum() / n, "That is the recall of the whole list. Average precision is an area over recall."),
    (_final_f1, "That is F1 of the whole list. Average precision is an area over recall."),
    (lambda h, n: (_envelope(h) * h).sum(), "Each step of recall is 1 / n_true wide: divide by n_true."),
    (lambda h, n: 100 * _area(h, n), "Not in per cent: a number from 0 to 1."),
    (
        lambda h, n: _area(h.flip(0), n),
        "Start with the first box: it is the surest.",
    ),
]


@takes_function("my_average_precision(hits, n_true)", draw=_ranking, seeds=(0, 1, 2, 15, 16, 25, 17, 28))
def check_average_precision(attempt, cases):
    """``attempt(hits, n_true)`` returns the average precision at all points."""
    return compare(attempt, cases, _area, AVERAGE, wanted="Return one number, the average precision.")


CHECKERS = {
    "detection-iou": check_iou,
    "detection-nms": check_nms,
    "detection-hits": check_hits,
    "detection-ap": check_average_precision,
}
