"""Answers to the exercises of lecture 13."""

import numpy as np
import torch
from sklearn.metrics import auc

# ---------------------------------------------------------------- overlap of middles and sides


def corners(box):
    x, y, w, h = box.tolist()
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def of_corners(a, b):
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height, *areas


def iou(a, b, form=corners):
    shared, first, second = of_corners(form(a), form(b))
    return shared / (first + second - shared)


def from_corner(box):
    x, y, w, h = box.tolist()
    return x, y, x + w, y + h


def doubled(box):
    x, y, w, h = box.tolist()
    return x - w, y - h, x + w, y + h


def signed(a, b):
    a, b = corners(a), corners(b)
    return (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))


def unclamped(a, b):
    return signed(a, b) / (a[2] * a[3] + b[2] * b[3] - signed(a, b))


def with_pixel(a, b):
    (x0, y0, x1, y1), (u0, v0, u1, v1) = corners(a), corners(b)
    shared = max(0, min(x1, u1) - max(x0, u0) + 1) * max(0, min(y1, v1) - max(y0, v0) + 1)
    return shared / ((a[2] + 1) * (a[3] + 1) + (b[2] + 1) * (b[3] + 1) - shared)


def whole_pixels(a, b):
    """Count the whole pixels, rounded down."""
    sets = [
        {(x, y) for x in range(int(u), int(w)) for y in range(int(v), int(z))} for u, v, w, z in map(corners, (a, b))
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def areas(a, b):
    return of_corners(corners(a), corners(b))


# ---------------------------------------------------------------- suppression


def suppress(overlap, scores, threshold):
    left, kept = scores.argsort(descending=True), []
    while len(left):
        kept.append(int(left[0]))
        left = left[1:][overlap[left[0], left[1:]] <= threshold]
    return kept


def falling(scores):
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def greedy(order, drops):
    kept = []
    for index in order:
        if not any(drops(index, other) for other in kept):
            kept.append(index)
    return kept


def never_forgets(overlap, scores, threshold):
    """Compare with all surer boxes, also with those that are gone."""
    order = falling(scores)
    return [i for k, i in enumerate(order) if not any(overlap[i, j] > threshold for j in order[:k])]


def with_the_last(overlap, scores, threshold):
    order = falling(scores)
    return order[:1] + [order[k] for k in range(1, len(order)) if not overlap[order[k], order[k - 1]] > threshold]


def one_round(overlap, scores, threshold):
    best = falling(scores)[0]
    return [best] + [i for i in falling(scores)[1:] if not overlap[best, i] > threshold]


def ranks(overlap, scores, threshold):
    return [falling(scores).index(i) for i in suppress(overlap, scores, threshold)]


# ---------------------------------------------------------------- hit or false alarm


def hits(overlap, threshold):
    left, result = overlap.clone(), []
    for row in range(len(left)):
        best = left[row].argmax()
        result.append(int(left[row, best] >= threshold))
        if result[-1]:
            left[:, best] = -1
    return result


def voc(overlap, threshold):
    seen, result = set(), []
    for row in overlap.tolist():
        best = row.index(max(row))
        result.append(int(row[best] >= threshold and best not in seen))
        seen |= {best} if result[-1] else set()
    return result


def strictly(overlap, threshold):
    return hits(overlap, threshold + 0.01)


def first_that_fits(overlap, threshold):
    seen, result = set(), []
    for row in overlap.tolist():
        fits = [k for k, value in enumerate(row) if value >= threshold and k not in seen]
        result.append(int(bool(fits)))
        seen |= set(fits[:1])
    return result


def takes_always(overlap, threshold):
    seen, result = set(), []
    for row in overlap.tolist():
        free = [k for k in range(len(row)) if k not in seen]
        best = max(free, key=lambda k: row[k], default=None)
        result.append(int(best is not None and row[best] >= threshold))
        seen |= {best}
    return result


def things_choose(overlap, threshold):
    chosen = {int(column.argmax()) for column in overlap.T if column.max() >= threshold}
    return [int(k in chosen) for k in range(len(overlap))]


# ---------------------------------------------------------------- average precision


def precisions(found):
    return [float(sum(found[: k + 1]) / (k + 1)) for k in range(len(found))]


def area(found, n_true):
    heights = precisions(found)
    return sum(max(heights[k:]) for k in range(len(found)) if found[k]) / n_true


def looks_back(found, n_true):
    heights = precisions(found)
    return sum(max(heights[: k + 1]) for k in range(len(found)) if found[k]) / n_true


def read_at(found, n_true, points):
    heights, recall = precisions(found), np.cumsum(found.numpy()) / n_true
    return np.mean([max((h for h, r in zip(heights, recall, strict=True) if r >= t), default=0) for t in points])


def slanted(found, n_true):
    recall = np.cumsum(found.numpy()) / n_true
    return auc([0, *recall], [1, *precisions(found)])


CASES = {
    "detection-iou": (
        iou,
        {
            "upper left corner": lambda a, b: iou(a, b, from_corner),
            "twice as wide": lambda a, b: iou(a, b, doubled),
            "as corners": lambda a, b: (lambda s, p, q: s / (p + q - s))(*of_corners(a, b)),
            "twice negative": unclamped,
            "Nothing is added": with_pixel,
            "counts what is shared once": lambda a, b: areas(a, b)[0] / sum(areas(a, b)[1:]),
            "smaller area": lambda a, b: areas(a, b)[0] / min(areas(a, b)[1:]),
            "larger area": lambda a, b: areas(a, b)[0] / max(areas(a, b)[1:]),
            "first area": lambda a, b: areas(a, b)[0] / areas(a, b)[1],
            "the distance": lambda a, b: 1 - iou(a, b),
            "not in per cent": lambda a, b: 100 * iou(a, b),
            "Dice": lambda a, b: 2 * areas(a, b)[0] / sum(areas(a, b)[1:]),
            "the shared area. Divide": lambda a, b: areas(a, b)[0],
            "Return one number": [
                lambda a, b: "half",
                whole_pixels,
                lambda a, b: float((a[:2] - b[:2]).norm()),
                lambda a, b: corners(a),
            ],
        },
    ),
    "detection-nms": (
        suppress,
        {
            "that *stays*": never_forgets,
            "at the threshold it stays": lambda o, s, t: greedy(falling(s), lambda i, j: o[i, j] >= t),
            "surest goes first": lambda o, s, t: greedy(falling(s)[::-1], lambda i, j: o[i, j] > t),
            "in which they came": lambda o, s, t: greedy(range(len(s)), lambda i, j: o[i, j] > t),
            "in another order": lambda o, s, t: sorted(suppress(o, s, t)),
            "the one before": with_the_last,
            "overlap little": lambda o, s, t: greedy(falling(s), lambda i, j: o[i, j] <= t),
            "One round": one_round,
            "places in your sorted list": ranks,
            "Nothing was dropped": lambda o, s, t: falling(s),
            "is not alone": lambda o, s, t: falling(s)[:1],
            "the boxes that go": lambda o, s, t: [i for i in falling(s) if i not in suppress(o, s, t)],
            "Return a list of whole numbers": [
                lambda o, s, t: "these",
                lambda o, s, t: [float(s[i]) for i in suppress(o, s, t)],
                lambda o, s, t: [i in suppress(o, s, t) for i in range(len(s))],
            ],
        },
    ),
    "detection-hits": (
        hits,
        {
            "found once": lambda o, t: (o.max(dim=1).values >= t).int().tolist(),
            "VOC's would fail it": voc,
            "equal to it is a hit": strictly,
            "first thing that fits": first_that_fits,
            "must not take the thing": takes_always,
            "let each thing choose": things_choose,
            "swapped": lambda o, t: [1 - hit for hit in hits(o, t)],
            "the number of hits": lambda o, t: sum(hits(o, t)),
            "below the threshold": lambda o, t: [int(not any(v >= t for v in row)) for row in o.tolist()],
            "first row": lambda o, t: list(reversed(hits(o.flip(0), t))),
            "Return a list with": [lambda o, t: "hits", lambda o, t: o.max(dim=1).values],
        },
    ),
    "detection-ap": (
        area,
        {
            "Without the envelope": lambda h, n: sum(p for p, hit in zip(precisions(h), h, strict=True) if hit) / n,
            "looks ahead": looks_back,
            "lost ones count": lambda h, n: area(h, sum(h)),
            "number of boxes": lambda h, n: area(h, len(h)),
            "Leave the false alarms": lambda h, n: np.mean([max(precisions(h)[k:]) for k in range(len(h))]),
            "mean precision of all": lambda h, n: np.mean(precisions(h)),
            "at 11 points": lambda h, n: read_at(h, n, np.linspace(0, 1, 11)),
            "at 101 points": lambda h, n: read_at(h, n, np.linspace(0, 1, 101)),
            "No slanting lines": slanted,
            "precision of the whole list": lambda h, n: precisions(h)[-1],
            "recall of the whole list": lambda h, n: sum(h) / n,
            "F1 of the whole": lambda h, n: 2 / (n / sum(h) + len(h) / sum(h)),
            "1 / n_true wide": lambda h, n: n * area(h, n),
            "Not in per cent": lambda h, n: 100 * area(h, n),
            "first box: it is the surest": lambda h, n: area(h.flip(0), n),
            "Return one number": [
                lambda h, n: "area",
                lambda h, n: torch.tensor(precisions(h)),
                lambda h, n: np.trapezoid([max(precisions(h)[k:]) for k in range(len(h))], np.cumsum(h.numpy()) / n),
            ],
        },
    ),
}

ALSO_RIGHT = {
    "detection-iou": [
        lambda a, b: torch.tensor([iou(a, b)]),
        lambda a, b: np.float32(iou(a, b)),
    ],
    "detection-nms": [
        lambda o, s, t: torch.tensor(suppress(o, s, t)),
        lambda o, s, t: np.array(suppress(o, s, t)),
        lambda o, s, t: tuple(suppress(o, s, t)),
    ],
    "detection-hits": [
        lambda o, t: torch.tensor(hits(o, t)).bool(),
        lambda o, t: [bool(hit) for hit in hits(o, t)],
        lambda o, t: np.array(hits(o, t), dtype=float),
    ],
    "detection-ap": [
        lambda h, n: torch.tensor(area(h, n)),
        lambda h, n: np.float32(area(h, n)),
    ],
}
