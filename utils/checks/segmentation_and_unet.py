"""Checkers of lecture 14: each returns a hint, or None if the attempt is right."""

import math

import numpy as np
import torch

from utils.course.hints import compare, floats, takes_function

# ---------------------------------------------------------------- the best cut


def _scatter(group):
    return ((group - group.mean()) ** 2).sum() if len(group) else group.sum() * 0


def _variance(group):
    return _scatter(group) / max(len(group), 1)


def _deviation(group):
    return _variance(group).sqrt()


def _groups(values, threshold):
    return values[values <= threshold], values[values > threshold]


def _within(values, spread=_scatter):
    """What each threshold leaves within the two groups."""
    return [sum(spread(group) for group in _groups(values, t)) for t in values.unique()[:-1]]


def _values(rng):
    """Draw values in two uneven groups, with ties, so that one threshold is clearly the best."""
    while True:
        n = rng.integers(2, 7, 2)
        spread, shift = rng.choice([1, 2, 4], 2), rng.integers(-6, 4)
        groups = [np.rint(rng.normal(0, s, k) * 2) / 2 for s, k in zip(spread, n, strict=True)]
        values = rng.permutation(np.concatenate([groups[0], groups[1] + 6])) + shift
        if len(np.unique(values)) > 3:
            least = sorted(float(w) for w in _within(torch.tensor(values)))
            if least[1] > least[0] + 0.2:
                return (floats(values),)


def _threshold(values, spread=_scatter):
    return values.unique()[:-1][int(np.argmin([float(w) for w in _within(values, spread)]))]


def _middle(values):
    """Half-way between the two means."""
    return sum(group.mean() for group in _groups(values, _threshold(values))) / 2


def _largest_gap(values):
    known = values.unique()
    return known[(known[1:] - known[:-1]).argmax()]


def _next(values):
    known = values.unique()
    return known[known.tolist().index(float(_threshold(values))) + 1]


THRESHOLD = [
    (_middle, "That is the middle between the two means. It makes the same groups; asked is one of the values."),
    (
        _next,
        "That is the least value of the upper group. With `values <= t` the threshold is the lower group's largest.",
    ),
    (
        lambda v: _threshold(v, _variance),
        "You added the two variances. A large group counts more: add the *sums* of squared distances.",
    ),
    (lambda v: _threshold(v, _deviation), "You added standard deviations. Add the sums of squared distances."),
    (
        lambda v: v.unique()[:-1][int(np.argmax([float(w) for w in _within(v)]))],
        "That threshold leaves the *most* variance within. Take the least.",
    ),
    (
        lambda v: v.unique()[:-1][int(np.argmin([float(_scatter(_groups(v, t)[0])) for t in v.unique()[:-1]]))],
        "You looked at the lower group only. Both groups count.",
    ),
    (
        lambda v: v.unique()[:-1][int(np.argmin([float(_scatter(_groups(v, t)[1])) for t in v.unique()[:-1]]))],
        "You looked at the upper group only. Both groups count.",
    ),
    (_largest_gap, "You cut at the widest gap. That need not leave the least variance within."),
    (lambda v: v.mean(), "That is the mean of all values. Try each value as a threshold."),
    (lambda v: v.median(), "That is the median: as many values on both sides. Asked is the least variance within."),
    (lambda v: (v.min() + v.max()) / 2, "That is the middle of the range. Try each value as a threshold."),
    (lambda v: min(_within(v)), "That is the variance that is left. Return the threshold that leaves it."),
    (
        lambda v: v.unique().tolist().index(float(_threshold(v))),
        "That is the threshold's place in the list. Return the value.",
    ),
    (lambda v: v.max(), "With the largest value as threshold the upper group is empty."),
]


@takes_function("my_threshold(values)", draw=_values, seeds=(0, 4, 34, 66, 55, 124, 120, 60))
def check_threshold(attempt, cases):
    """``attempt(values)`` returns the value that splits with the least variance within."""
    return compare(attempt, cases, _threshold, THRESHOLD, wanted="Return one of the values.")


# ---------------------------------------------------------------- Dice, pooled


def _maps(rng):
    """Draw class maps of few pixels: a class is missing in both, another one is only in the first."""
    n_classes = int(rng.integers(4, 6))
    absent, invented = rng.permutation(np.arange(1, n_classes))[:2]
    truth = rng.choice([k for k in range(n_classes) if k not in (absent, invented)], (int(rng.integers(2, 4)), 3, 4))
    others = [k for k in range(n_classes) if k != absent]
    predicted = np.where(rng.random(truth.shape) < 0.45, rng.choice(others, truth.shape), truth)
    predicted[0, 0, 0] = invented
    return torch.tensor(predicted), torch.tensor(truth), n_classes


def _counts(predicted, truth, k):
    ours, true = predicted == k, truth == k
    return float((ours & true).sum()), float(ours.sum()), float(true.sum())


def _each(predicted, truth, classes, score=lambda hit, ours, true: 2 * hit / (ours + true), absent=None):
    """The score of each class; `absent` for one that is in neither map, which is left out if None."""
    rows = [_counts(predicted, truth, k) for k in classes]
    scores = [score(*row) if row[1] + row[2] else absent for row in rows]
    return [value for value in scores if value is not None]


def _dice(predicted, truth, n_classes, *, first=0, **options):
    return float(np.mean(_each(predicted, truth, range(first, n_classes), **options)))


def _by_picture(predicted, truth, n_classes):
    return float(np.mean([_dice(p, t, n_classes) for p, t in zip(predicted, truth, strict=True)]))


def _micro(predicted, truth, n_classes):
    return float((predicted == truth).double().mean())


def _of_truth(predicted, truth, n_classes):
    return float(np.mean(_each(predicted, truth, truth.unique().tolist())))


DICE = [
    (_by_picture, "You took the mean over pictures. Pooled: add the pixels of all pictures, then divide."),
    (lambda p, t, n: _dice(p, t, n, first=1), "You left out class 0. The background is a class, too."),
    (
        lambda p, t, n: _dice(p, t, n, absent=0.0),
        "A class that is in neither map counts as 0 with you. Leave it out of the mean.",
    ),
    (
        lambda p, t, n: _dice(p, t, n, absent=1.0),
        "A class that is in neither map counts as 1 with you. Leave it out of the mean.",
    ),
    (_of_truth, "You left out a class that only the prediction has. It was invented: its Dice is 0, and it counts."),
    (_micro, "That is the pixel accuracy. Compute Dice class by class, then the mean over classes."),
    (
        lambda p, t, n: _dice(p, t, n, score=lambda hit, ours, true: hit / (ours + true - hit)),
        "That is the IoU. Dice is twice the shared pixels over the sum of both sizes.",
    ),
    (
        lambda p, t, n: _dice(p, t, n, score=lambda hit, ours, true: hit / (ours + true)),
        "The factor 2 is missing: two equal masks have a Dice of 1.",
    ),
    (
        lambda p, t, n: _dice(p, t, n, score=lambda hit, ours, true: hit / ours if ours else 0.0),
        "That is the precision: you divided by the predicted pixels only.",
    ),
    (
        lambda p, t, n: _dice(p, t, n, score=lambda hit, ours, true: hit / true if true else 0.0),
        "That is the recall: you divided by the true pixels only.",
    ),
    (
        lambda p, t, n: _dice(p, t, n, score=lambda hit, ours, true: (2 * hit + 1) / (ours + true + 1)),
        "You added 1 above and below. That is for a loss; a score is not smoothed.",
    ),
    (
        lambda p, t, n: sum(_each(p, t, range(n))),
        "That is the sum over classes. Divide by the number of classes that are in one of the maps.",
    ),
    (lambda p, t, n: _each(p, t, range(n)), "Those are the values of the classes. Return their mean."),
    (lambda p, t, n: 100 * _dice(p, t, n), "Not in per cent: a number from 0 to 1."),
    (lambda p, t, n: 1 - _dice(p, t, n), "That is the loss. Asked is the score."),
]


@takes_function("my_dice(predicted, truth, n_classes)", draw=_maps, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_dice(attempt, cases):
    """``attempt(predicted, truth, n_classes)`` returns the mean of the classes' pooled Dice coefficients."""
    return compare(attempt, cases, _dice, DICE, wanted="Return one number, the mean over classes.")


# ---------------------------------------------------------------- does it fit


def _picture(rng):
    """Draw a side that fits, or one that is a little off, or so small that nothing is left."""
    depth, bottom = int(rng.integers(1, 5)), int(rng.integers(1, 15))
    side = bottom + 4
    for _ in range(depth):
        side = 2 * side + 4
    return side + int(rng.choice([0, 0, 0, 1, 2, 4])), depth


def _down(side, depth, lost, odd):
    """Return the side before the convolutions at the bottom; 0 if it does not fit."""
    for _ in range(depth):
        side -= lost
        if side <= 0 or (odd == "refused" and side % 2):
            return 0
        side = math.ceil(side / 2) if odd == "up" else side // 2
    return side


def _side(side, depth, *, lost=4, bottom=4, up=4, odd="refused", empty=True):
    """Return the answer's side, or what it is with one thing changed."""
    side = _down(side, depth, lost, odd)
    if not side or (empty and side <= bottom):
        return 0
    side -= bottom
    for _ in range(depth):
        side = 2 * side - up
        if empty and side <= 0:
            return 0
    return side


SIDE = [
    (lambda s, d: _side(s, d, odd="down"), "A pooling met an odd side, and you rounded down. Then it does not fit: 0."),
    (lambda s, d: _side(s, d, odd="up"), "A pooling met an odd side, and you rounded up. Then it does not fit: 0."),
    (lambda s, d: _side(s, d, empty=False), "Nothing is left somewhere on the way. Then return 0."),
    (
        lambda s, d: _side(s, d, lost=2, bottom=2, up=2),
        "A 3 × 3 convolution without padding takes two pixels, and there are two of them on each level: four.",
    ),
    (lambda s, d: _side(s, d, bottom=0), "You forgot the two convolutions at the bottom."),
    (lambda s, d: _side(s, d, up=0), "You forgot the two convolutions on each level of the way up."),
    (lambda s, d: _side(s, d, lost=0), "You forgot the two convolutions before each pooling."),
    (lambda s, d: _side(s, d - 1), "There are `depth` poolings; you made one less."),
    (lambda s, d: _side(s, d + 1), "There are `depth` poolings; you made one more."),
    (lambda s, d: s - 184, "184 pixels are lost with four poolings. With another depth it is another number."),
    (lambda s, d: s, "The side does not stay: without padding each convolution takes two pixels."),
    (lambda s, d: s - _side(s, d), "That is how many pixels are lost. Asked is the side of the answer."),
    (lambda s, d: _down(s, d, 4, "refused"), "That is the side at the bottom. Go on, up to the answer."),
]


@takes_function("my_side(side, depth)", draw=_picture, seeds=(0, 2, 34, 9, 11, 4, 126, 5))
def check_side(attempt, cases):
    """``attempt(side, depth)`` returns the side of the answer, 0 where it does not fit."""
    return compare(attempt, cases, _side, SIDE, wanted="Return one whole number, 0 if it does not fit.")


# ---------------------------------------------------------------- panoptic quality


def _table(rng):
    """Draw overlaps of segments: some match, one at exactly 0.5, some a little; at times nothing matches."""
    n, m = (int(k) for k in rng.choice(np.arange(3, 8), 2, replace=False))
    table = rng.choice([0.0, 0.1, 0.2, 0.35, 0.45], (n, m))
    rows, columns = rng.permutation(n), rng.permutation(m)
    n_matched = int(rng.integers(0, min(n, m)))
    for row, column in zip(rows[:n_matched], columns[:n_matched], strict=True):
        table[row, :], table[:, column] = table[row, :] / 5, table[:, column] / 5
        table[row, column] = rng.integers(11, 20) / 20
    table[rows[n_matched], columns[n_matched]] = 0.5
    return (floats(table),)


def _quality(overlap, *, least=0.5, meets=False, segmentation=None, recognition=None, nothing=(0.0, 0.0, 0.0)):
    """Return the three numbers, or what they are with one thing changed."""
    matched = overlap[overlap >= least] if meets else overlap[overlap > least]
    n, m = overlap.shape
    if not len(matched):
        return nothing
    how_well = segmentation(matched, n, m) if segmentation else float(matched.mean())
    how_many = recognition(len(matched), n, m) if recognition else 2 * len(matched) / (n + m)
    return how_well * how_many, how_well, how_many


def _harmonic(one, other):
    return 2 * one * other / (one + other) if one + other else 0.0


QUALITY = [
    (lambda o: _quality(o, meets=True), "Above 0.5: at exactly 0.5 two segments do not match."),
    (
        lambda o: _quality(o, recognition=lambda k, n, m: k / n),
        "That is the precision of the segments. Recognition quality is F1: twice the matched over all of both kinds.",
    ),
    (
        lambda o: _quality(o, recognition=lambda k, n, m: k / m),
        "That is the recall of the segments. Recognition quality is F1: twice the matched over all of both kinds.",
    ),
    (
        lambda o: _quality(o, recognition=lambda k, n, m: k / (n + m)),
        "The factor 2 is missing in the recognition quality: if all match, it is 1.",
    ),
    (
        lambda o: _quality(o, recognition=lambda k, n, m: k / (n + m - k)),
        "You divided by matched, invented and lost segments. In F1 the invented and lost ones count half.",
    ),
    (
        lambda o: _quality(o, segmentation=lambda ious, n, m: float(ious.sum()) / m),
        "The segmentation quality is a mean over the *matched* pairs. You divided by all true segments.",
    ),
    (
        lambda o: _quality(o, segmentation=lambda ious, n, m: float(ious.sum()) / n),
        "The segmentation quality is a mean over the *matched* pairs. You divided by all predicted segments.",
    ),
    (
        lambda o: _quality(o, segmentation=lambda ious, n, m: float(ious.sum())),
        "The segmentation quality is a mean: divide the sum by the number of matched pairs.",
    ),
    (
        lambda o: (_quality(o)[0], _quality(o)[2], _quality(o)[1]),
        "Segmentation and recognition quality are swapped. Quality first, then segmentation, then recognition.",
    ),
    (lambda o: _quality(o)[0], "That is the quality. Return all three numbers."),
    (lambda o: _quality(o)[1:], "The quality itself is missing: return three numbers, it comes first."),
    (lambda o: tuple(100 * value for value in _quality(o)), "Not in per cent: numbers from 0 to 1."),
    (
        lambda o: (_quality(o)[1] + _quality(o)[2], *_quality(o)[1:]),
        "The quality is the product of the two factors, not their sum.",
    ),
    (
        lambda o: ((_quality(o)[1] + _quality(o)[2]) / 2, *_quality(o)[1:]),
        "The quality is the product of the two factors, not their mean.",
    ),
    (lambda o: _quality(o, least=0.0), "Every overlap counts as a match with you. It takes an IoU above 0.5."),
    (lambda o: _quality(o, least=0.3), "You matched at 0.3. Above 0.5 it takes, or one segment could match two."),
    (
        lambda o: (_harmonic(*_quality(o)[1:]), *_quality(o)[1:]),
        "The quality is the product of the two factors, not their harmonic mean.",
    ),
    (
        lambda o: _quality(o, nothing=(math.nan, math.nan, 0.0)),
        "If nothing matches, all three are 0. The mean of nothing is not a number: ask before you divide.",
    ),
    (lambda o: _quality(o, nothing=0.0), "If nothing matches, return three zeros, not one."),
]


@takes_function("my_quality(overlap)", draw=_table, seeds=(0, 1, 3, 5, 11, 15, 16, 18))
def check_quality(attempt, cases):
    """``attempt(overlap)`` returns panoptic, segmentation and recognition quality."""
    return compare(attempt, cases, _quality, QUALITY, wanted="Return three numbers.")


CHECKERS = {
    "segmentation-threshold": check_threshold,
    "segmentation-dice": check_dice,
    "segmentation-side": check_side,
    "segmentation-quality": check_quality,
}
