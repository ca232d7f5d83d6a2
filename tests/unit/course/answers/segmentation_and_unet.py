"""Answers to the exercises of lecture 14."""

import numpy as np
import torch
from scipy.stats import hmean
from sklearn.metrics import accuracy_score, f1_score, jaccard_score, precision_score, recall_score

# ---------------------------------------------------------------- the best cut


def split(values, spread):
    """Try each value but the largest by a plain loop; `spread` of a list of numbers is added up."""
    best = None
    for t in sorted(set(values.tolist()))[:-1]:
        groups = [v for v in values.tolist() if v <= t], [v for v in values.tolist() if v > t]
        cost = spread(groups[0]) + spread(groups[1])
        if best is None or cost < best[0]:
            best = cost, t, groups
    return best


def squares(group):
    return float(np.var(group) * len(group))


def between(values):
    """The other way to say it: the most variance between the groups."""
    known = np.unique(values.numpy())[:-1]
    shares = [(values.numpy() <= t).mean() for t in known]
    gaps = [values.numpy()[values.numpy() > t].mean() - values.numpy()[values.numpy() <= t].mean() for t in known]
    return known[np.argmax([s * (1 - s) * g**2 for s, g in zip(shares, gaps, strict=True)])]


def neighbour(values):
    return min(v for v in values.tolist() if v > split(values, squares)[1])


def widest(values):
    known = sorted(set(values.tolist()))
    return max(range(len(known) - 1), key=lambda k: known[k + 1] - known[k])


def only(values, which):
    candidates = sorted(set(values.tolist()))[:-1]
    group = {"lower": lambda t: values[values <= t], "upper": lambda t: values[values > t]}[which]
    return min(candidates, key=lambda t: squares(group(t).tolist()))


# ---------------------------------------------------------------- Dice, pooled


def flat(predicted, truth):
    return truth.flatten().tolist(), predicted.flatten().tolist()


def there(predicted, truth):
    return sorted(set(predicted.flatten().tolist()) | set(truth.flatten().tolist()))


def scored(score, predicted, truth, labels=None):
    labels = there(predicted, truth) if labels is None else labels
    return score(*flat(predicted, truth), labels=labels, average="macro", zero_division=0)


def each_class(predicted, truth, n_classes):
    return f1_score(*flat(predicted, truth), labels=there(predicted, truth), average=None)


def loop(predicted, truth, n_classes, *, twice=2, smooth=0):
    values = []
    for k in there(predicted, truth):
        ours = (predicted == k).long()
        true = (truth == k).long()
        values.append((twice * int((ours * true).sum()) + smooth) / (int(ours.sum()) + int(true.sum()) + smooth))
    return sum(values) / len(values)


def by_picture(predicted, truth, n_classes):
    return sum(loop(p, t, n_classes) for p, t in zip(predicted, truth, strict=True)) / len(truth)


# ---------------------------------------------------------------- does it fit


def walked(side, depth, *, convs=2, at_bottom=2, on_way_up=2, on_way_down=2, rounding=None):
    """Go through the network layer by layer; each convolution takes two pixels."""
    plan = (["conv"] * on_way_down + ["pool"]) * depth + ["conv"] * at_bottom
    plan += (["up"] + ["conv"] * on_way_up) * depth
    for layer in plan:
        if layer == "conv":
            side -= convs
        elif layer == "up":
            side *= 2
        elif side % 2 and rounding is None:
            return 0
        else:
            side = (side + (rounding == "up")) // 2
        if side <= 0:
            return 0
    return side


def by_formula(side, depth):
    """Without a loop on the way up: what is lost is a number of the depth."""
    power = 2**depth
    bottom = side - 4 * (power - 1)
    if bottom <= 0 or bottom % power:
        return 0
    middle = bottom // power - 4
    last = power * middle - 4 * (power - 1)
    return last if middle > 0 and last > 0 else 0


def bottom_of(side, depth):
    for _ in range(depth):
        side -= 4
        if side <= 0 or side % 2:
            return 0
        side //= 2
    return side


def unstopped(side, depth):
    side = bottom_of(side, depth)
    return side and 2**depth * (side - 4) - 4 * (2**depth - 1)


# ---------------------------------------------------------------- panoptic quality


def pairs(overlap, meets=False):
    return [v for row in overlap.tolist() for v in row if v > 0.5 or (meets and abs(v - 0.5) < 1e-6)]


def three(overlap, *, ious=None, mean=None, rate=None):
    ious = pairs(overlap) if ious is None else ious
    if not ious:
        return [0.0, 0.0, 0.0]
    n, m = overlap.shape
    sq = mean(ious, n, m) if mean else sum(ious) / len(ious)
    rq = rate(len(ious), n, m) if rate else float(hmean([len(ious) / n, len(ious) / m]))
    return [sq * rq, sq, rq]


CASES = {
    "segmentation-threshold": (
        lambda values: split(values, squares)[1],
        {
            "middle between the two means": lambda values: sum(np.mean(g) for g in split(values, squares)[2]) / 2,
            "least value of the upper group": neighbour,
            "added the two variances": lambda values: split(values, lambda g: float(np.var(g)))[1],
            "standard deviations": lambda values: split(values, lambda g: float(np.std(g)))[1],
            "the *most* variance within": lambda values: split(values, lambda g: -squares(g))[1],
            "lower group only": lambda values: only(values, "lower"),
            "upper group only": lambda values: only(values, "upper"),
            "widest gap": lambda values: sorted(set(values.tolist()))[widest(values)],
            "mean of all values": lambda values: float(values.numpy().mean()),
            "the median": lambda values: values.sort().values[(len(values) - 1) // 2],
            "middle of the range": lambda values: float(values.min() + values.max()) / 2,
            "variance that is left": lambda values: split(values, squares)[0],
            "place in the list": lambda values: sorted(set(values.tolist())).index(split(values, squares)[1]),
            "upper group is empty": lambda values: max(values.tolist()),
            "one of the values": lambda values: "a threshold",
            "changed the given": lambda values: split(values.sub_(1), squares)[1] + 1,
        },
    ),
    "segmentation-dice": (
        lambda p, t, n: scored(f1_score, p, t),
        {
            "mean over pictures": by_picture,
            "left out class 0": lambda p, t, n: scored(f1_score, p, t, [k for k in there(p, t) if k]),
            "counts as 0 with you": lambda p, t, n: scored(f1_score, p, t, list(range(n))),
            "counts as 1 with you": lambda p, t, n: (sum(each_class(p, t, n)) + n - len(there(p, t))) / n,
            "only the prediction has": lambda p, t, n: scored(f1_score, p, t, sorted(set(t.flatten().tolist()))),
            "pixel accuracy": lambda p, t, n: accuracy_score(*flat(p, t)),
            "the IoU": lambda p, t, n: scored(jaccard_score, p, t),
            "factor 2 is missing": lambda p, t, n: loop(p, t, n, twice=1),
            "the precision": lambda p, t, n: scored(precision_score, p, t),
            "the recall": lambda p, t, n: scored(recall_score, p, t),
            "added 1 above and below": lambda p, t, n: loop(p, t, n, smooth=1),
            "sum over classes": lambda p, t, n: sum(each_class(p, t, n)),
            "values of the classes": each_class,
            "per cent": lambda p, t, n: 100 * loop(p, t, n),
            "the loss": lambda p, t, n: 1 - loop(p, t, n),
            "mean over classes": lambda p, t, n: "all of them",
            "changed the given": lambda p, t, n: loop(p.add_(1), t.add_(1), n),
        },
    ),
    "segmentation-side": (
        walked,
        {
            "rounded down": lambda side, depth: walked(side, depth, rounding="down"),
            "rounded up": lambda side, depth: walked(side, depth, rounding="up"),
            "Nothing is left": unstopped,
            "two of them on each level": lambda side, depth: walked(side, depth, convs=1),
            "convolutions at the bottom": lambda side, depth: walked(side, depth, at_bottom=0),
            "level of the way up": lambda side, depth: walked(side, depth, on_way_up=0),
            "before each pooling": lambda side, depth: walked(side, depth, on_way_down=0),
            "one less": lambda side, depth: walked(side, depth - 1),
            "one more": lambda side, depth: walked(side, depth + 1),
            "184 pixels": lambda side, depth: side - 184,
            "The side does not stay": lambda side, depth: side,
            "how many pixels are lost": lambda side, depth: side - by_formula(side, depth),
            "the side at the bottom": bottom_of,
            "one whole number": lambda side, depth: "it fits",
        },
    ),
    "segmentation-quality": (
        three,
        {
            "at exactly 0.5": lambda overlap: three(overlap, ious=pairs(overlap, meets=True)),
            "precision of the segments": lambda overlap: three(overlap, rate=lambda k, n, m: k / n),
            "recall of the segments": lambda overlap: three(overlap, rate=lambda k, n, m: k / m),
            "factor 2 is missing": lambda overlap: three(overlap, rate=lambda k, n, m: k / (n + m)),
            "count half": lambda overlap: three(overlap, rate=lambda k, n, m: k / (k + (n - k) + (m - k))),
            "all true segments": lambda overlap: three(overlap, mean=lambda ious, n, m: sum(ious) / m),
            "all predicted segments": lambda overlap: three(overlap, mean=lambda ious, n, m: sum(ious) / n),
            "divide the sum": lambda overlap: three(overlap, mean=lambda ious, n, m: sum(ious)),
            "are swapped": lambda overlap: [three(overlap)[k] for k in (0, 2, 1)],
            "Return all three": lambda overlap: three(overlap)[0],
            "quality itself is missing": lambda overlap: three(overlap)[1:],
            "per cent": lambda overlap: [100 * value for value in three(overlap)],
            "not their sum": lambda overlap: [sum(three(overlap)[1:]), *three(overlap)[1:]],
            "not their mean": lambda overlap: [sum(three(overlap)[1:]) / 2, *three(overlap)[1:]],
            "matched at 0.3": lambda overlap: three(overlap, ious=[v for v in overlap.flatten().tolist() if v > 0.3]),
            "not their harmonic mean": lambda overlap: [hmean(three(overlap)[1:]), *three(overlap)[1:]],
            "The mean of nothing": lambda overlap: three(overlap) if pairs(overlap) else [np.nan, np.nan, 0.0],
            "return three zeros": lambda overlap: three(overlap) if pairs(overlap) else 0,
            "Every overlap counts": lambda overlap: three(overlap, ious=[v for v in overlap.flatten().tolist() if v]),
            "three numbers": lambda overlap: "fine",
            "changed the given": lambda overlap: three(overlap.mul_(1.0).add_(0.001)),
        },
    ),
}

ALSO_RIGHT = {
    "segmentation-threshold": [between],
    "segmentation-dice": [loop],
    "segmentation-side": [by_formula],
    "segmentation-quality": [lambda overlap: torch.tensor(three(overlap)), lambda overlap: tuple(three(overlap))],
}
