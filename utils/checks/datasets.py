"""Checkers of lecture 02: each returns a hint, or None if the attempt is right."""

from functools import partial

import numpy as np
import torch

from utils.course.hints import compare, floats, takes_function

# ---------------------------------------------------------------- a filter


def _pairs(rng):
    """Draw cosines, some exactly the threshold, and which pairs are true; at times nothing is kept."""
    threshold = float(rng.choice([0.25, 0.5]))
    cosines = rng.choice([-0.5, 0.0, threshold, threshold + 0.25], int(rng.integers(9, 16)), p=[0.3, 0.2, 0.2, 0.3])
    is_true = rng.random(len(cosines)) < 0.6
    is_true[0] = True
    if rng.random() < 0.3:
        cosines -= 1
    return cosines, is_true, threshold


def _ratio(part, whole, empty=1.0):
    return part / whole if whole else empty


def _filter_of(kept, is_true, empty=1.0):
    return _ratio((kept & is_true).sum(), kept.sum(), empty), (kept & is_true).sum() / is_true.sum()


def _filter(cosines, is_true, threshold, *, empty=1.0):
    return _filter_of(cosines >= threshold, is_true, empty)


def _swapped(answer):
    return answer[1], answer[0]


FILTER = [
    (lambda c, g, t: _swapped(_filter(c, g, t)), "You return recall first. Asked is (precision, recall)."),
    (lambda c, g, t: _filter_of(c > t, g), "A cosine of exactly the threshold is kept: use `>=`."),
    (lambda c, g, t: _filter_of(c <= t, g), "You keep what lies below the threshold."),
    (lambda c, g, t: _filter_of(c < t, g), "You keep what lies below the threshold."),
    (lambda c, g, t: _filter(c, g, t, empty=0.0), "If nothing is kept, nothing wrong is kept: the precision is 1."),
    (
        lambda c, g, t: _filter(c, g, t, empty=np.nan),
        "If nothing is kept, 0 / 0 is NaN. Return a precision of 1 there.",
    ),
    (
        lambda c, g, t: (((c >= t) == g).mean(), _filter(c, g, t)[1]),
        "Your first number is the accuracy: it counts rightly dropped pairs, too. Look at the kept ones.",
    ),
    (
        lambda c, g, t: ((g & (c >= t)).mean(), _filter(c, g, t)[1]),
        "For the precision you divide by all pairs. Divide by the kept ones.",
    ),
    (
        lambda c, g, t: (_filter(c, g, t)[0], (g & (c >= t)).mean()),
        "For the recall you divide by all pairs. Divide by the true ones.",
    ),
    (
        lambda c, g, t: (_filter(c, g, t)[0], (c >= t).mean()),
        "Your second number is the share of all pairs that is kept. Recall looks at the true ones only.",
    ),
    (
        lambda c, g, t: (_ratio((~g & (c >= t)).sum(), (c >= t).sum(), 0.0), _filter(c, g, t)[1]),
        "Your first number is the share of *bad* pairs among the kept.",
    ),
    (
        lambda c, g, t: (_filter(c, g, t)[0], 1 - _filter(c, g, t)[1]),
        "Your second number is the share of the true pairs that is *lost*.",
    ),
    (lambda c, g, t: tuple(100 * part for part in _filter(c, g, t)), "Return shares from 0 to 1, not per cent."),
    (lambda c, g, t: ((c >= t) & g).sum(), "That is how many true pairs are kept. Asked are two shares."),
    (
        lambda c, g, t: _ratio(2 * (g & (c >= t)).sum(), g.sum() + (c >= t).sum()),
        "That is the F1 score, one number of the two. Return both.",
    ),
]


@takes_function("my_filter", draw=_pairs, seeds=(0, 3, 2, 6, 5, 9, 11, 8))
def check_filter(attempt, cases):
    """``attempt(cosines, is_true, threshold)`` returns (precision, recall)."""
    wanted = "Return two numbers from 0 to 1: precision, then recall."
    return compare(attempt, cases, _filter, FILTER, wanted=wanted)


# ---------------------------------------------------------------- class weights


def _labels(rng):
    """Draw labels of an unbalanced set; one class has none."""
    n_classes = int(rng.integers(4, 7))
    missing = int(rng.integers(n_classes))
    chances = np.where(np.arange(n_classes) == missing, 0, rng.random(n_classes) + 0.1)
    return rng.choice(n_classes, int(rng.integers(15, 30)), p=chances / chances.sum()), n_classes


def _counts(labels, n_classes):
    return np.bincount(labels, minlength=n_classes)


def _inverse(labels, n_classes):
    counts = _counts(labels, n_classes)
    return np.where(counts > 0, 1 / np.maximum(counts, 1), 0)


def _weights(labels, n_classes):
    return len(labels) / n_classes * _inverse(labels, n_classes)


WEIGHTS = [
    (_inverse, "You leave out N / K: the weights are N / (K n)."),
    (lambda y, k: k * _weights(y, k), "You do not divide by the number of classes."),
    (
        lambda y, k: _counts(y, k) / len(y),
        "Those are the shares of the classes: rare ones get less. It is upside down.",
    ),
    (lambda y, k: _counts(y, k), "Those are the counts. A rare class needs a *large* weight."),
    (lambda y, k: k * _counts(y, k) / len(y), "That is upside down: a rare class needs a *large* weight."),
    (
        lambda y, k: _weights(y, k) * k / (_counts(y, k) > 0).sum(),
        "K counts every class, also the one that has no picture.",
    ),
    (lambda y, k: _inverse(y, k) / _inverse(y, k).sum(), "Yours add up to 1. Asked is N / (K n)."),
    (lambda y, k: k * _inverse(y, k) / _inverse(y, k).sum(), "Yours add up to K. Asked is N / (K n)."),
    (lambda y, k: _weights(y, k)[y], "That is one weight a picture. Return one a class."),
    (
        lambda y, k: np.where(_counts(y, k) > 0, _weights(y, k), len(y) / k),
        "A class without a picture gets weight 0, as if nothing could be lost on it.",
    ),
    (
        lambda y, k: np.where(_counts(y, k) > 0, _weights(y, k), np.inf),
        "A class without a picture gets weight 0. You divide by zero.",
    ),
    (
        lambda y, k: np.where(_counts(y, k) > 0, _weights(y, k), 1),
        "A class without a picture gets weight 0, not 1.",
    ),
    (lambda y, k: _weights(y, k)[_counts(y, k) > 0], "You leave out the class without a picture. Return K weights."),
    (lambda y, k: np.sqrt(_weights(y, k)), "You take a root. Asked is N / (K n) itself."),
]


@takes_function("my_weights", draw=_labels, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_weights(attempt, cases):
    """``attempt(labels, n_classes)`` returns one weight a class."""
    wanted = "Return an array with one weight for each of the classes."
    return compare(attempt, cases, _weights, WEIGHTS, wanted=wanted)


# ---------------------------------------------------------------- the focal loss


def _scores(rng):
    """Draw logits, now and then very large ones, labels and gamma."""
    n, k = (int(x) for x in rng.choice([3, 4, 5, 6], 2, replace=False))
    logits = floats(rng.normal(0, 2, (n, k)))
    if rng.random() < 0.4:
        logits[0] = floats(np.where(np.arange(k) == 1, 100, -100))
    return logits, torch.tensor(rng.integers(0, k, n)), float(rng.choice([0.5, 1.0, 2.0, 3.0]))


def _log_share(logits, labels):
    return logits.log_softmax(dim=1).gather(1, labels[:, None])[:, 0]


def _of_log_share(log_share, gamma):
    return -((1 - log_share.exp()) ** gamma) * log_share


def _each_focal(logits, labels, gamma):
    return _of_log_share(_log_share(logits, labels), gamma)


def _focal(logits, labels, gamma):
    return _each_focal(logits, labels, gamma).mean()


def _naive_focal(logits, labels, gamma):
    share = logits.softmax(dim=1).gather(1, labels[:, None])[:, 0]
    return (-((1 - share) ** gamma) * share.log()).mean()


def _clipped_focal(logits, labels, gamma, least):
    share = logits.softmax(dim=1).gather(1, labels[:, None])[:, 0].clamp(min=least)
    return (-((1 - share) ** gamma) * share.log()).mean()


FOCAL = [
    (lambda z, y, g: -_focal(z, y, g), "The sign: a loss falls when p rises. There is a minus in front."),
    (lambda z, y, g: _each_focal(z, y, g).sum(), "You add the pictures up. Take their mean."),
    (_each_focal, "That is one loss a picture. Take their mean."),
    (lambda z, y, g: -_log_share(z, y).mean(), "That is the cross-entropy: the factor `(1 - p) ** gamma` is missing."),
    (
        lambda z, y, g: -(_log_share(z, y).exp() ** g * _log_share(z, y)).mean(),
        "Your factor is `p ** gamma`: it counts easy pictures more. It is `(1 - p) ** gamma`.",
    ),
    (lambda z, y, g: _focal(z, y, 2.0), "Your gamma is always 2. Use the one that is given."),
    (
        lambda z, y, g: -(g * (1 - _log_share(z, y).exp()) * _log_share(z, y)).mean(),
        "Gamma is an exponent, not a factor.",
    ),
    (
        lambda z, y, g: (1 - _log_share(z, y).exp()).pow(g).mean(),
        "Where is log p? You return the mean of the factor alone.",
    ),
    (
        lambda z, y, g: (_each_focal(z, y, g) / (1 - _log_share(z, y).exp()).pow(g).sum()).sum(),
        "You divide by the sum of the factors. Take the plain mean over the pictures.",
    ),
    (_naive_focal, "For large logits a share becomes 0, and its logarithm infinite. Use `log_softmax`."),
    *(
        (
            partial(_clipped_focal, least=least),
            "You clip the share, which changes the loss of very wrong answers. Use `log_softmax`.",
        )
        for least in (1e-12, 1e-8, 1e-7, 1e-6, 1e-4)
    ),
    (
        lambda z, y, g: (-((1 - (p := z.sigmoid().gather(1, y[:, None])[:, 0])) ** g) * p.log()).mean(),
        "You take a sigmoid of each logit. Here the shares of the classes add up to 1: use a softmax.",
    ),
    (
        lambda z, y, g: _focal(z, y, g) / np.log(2),
        "That is in bits, with a logarithm to base 2. Use the natural one.",
    ),
    (
        lambda z, y, g: _of_log_share(z.log_softmax(dim=0).gather(1, y[:, None])[:, 0], g).mean(),
        "You take the softmax along the pictures. It runs along the classes.",
    ),
    (lambda z, y, g: _each_focal(z, y, g).median(), "That is the median. Take the mean."),
]


@takes_function("my_focal", draw=_scores, seeds=(0, 7, 8, 15, 1, 16, 22, 3))
def check_focal(attempt, cases):
    """``attempt(logits, labels, gamma)`` returns a number."""
    wanted = "Return one number, the mean over the pictures, finite also for large logits."
    return compare(attempt, cases, _focal, FOCAL, wanted=wanted)


# ---------------------------------------------------------------- overlap in time


def _intervals(rng):
    """Draw two intervals that overlap, hold each other, touch or lie apart."""
    start, length = rng.integers(-20, 20) / 4, rng.integers(6, 25) / 4
    shift = rng.integers(-30, 31) / 4
    return (float(start), float(start + length)), (float(start + shift), float(start + shift + rng.integers(3, 25) / 4))


def _length(interval):
    return interval[1] - interval[0]


def _shared(one, other):
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _covered(one, other):
    return _length(one) + _length(other) - _shared(one, other)


def _overlap(one, other):
    return _shared(one, other) / _covered(one, other)


def _unclipped(one, other):
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / (_length(one) + _length(other) - shared)


def _inclusive(one, other):
    shared = max(0.0, min(one[1], other[1]) - max(one[0], other[0]) + 1)
    return shared / (_length(one) + _length(other) + 2 - shared)


OVERLAP = [
    (lambda a, b: _shared(a, b), "Those are the shared seconds. Divide by what the two cover together."),
    (_unclipped, "Intervals that do not meet share 0 seconds; yours share a negative number."),
    (
        lambda a, b: _shared(a, b) / (_length(a) + _length(b)),
        "The shared part is counted twice below the line. Take it away once.",
    ),
    (lambda a, b: _shared(a, b) / _length(a), "You divide by the first interval alone."),
    (lambda a, b: _shared(a, b) / _length(b), "You divide by the second interval alone."),
    (lambda a, b: _shared(a, b) / max(_length(a), _length(b)), "You divide by the longer of the two."),
    (lambda a, b: _shared(a, b) / min(_length(a), _length(b)), "You divide by the shorter of the two."),
    (_inclusive, "You add 1 to lengths, as if these were frames counted with both ends. They are seconds."),
    (
        lambda a, b: 2 * _shared(a, b) / (_length(a) + _length(b)),
        "That is the Dice coefficient. Asked is intersection over union.",
    ),
    (lambda a, b: 1 - _overlap(a, b), "That is the distance. Asked is the overlap itself."),
    (
        lambda a, b: abs(_unclipped(a, b)),
        "Intervals that do not meet share 0 seconds: clip at 0, do not drop the sign.",
    ),
    (lambda a, b: float(_shared(a, b) > 0), "That is whether they meet. Asked is how much they share."),
    (lambda a, b: 100 * _overlap(a, b), "Return a share from 0 to 1, not per cent."),
]


@takes_function("my_overlap", draw=_intervals, seeds=(0, 1, 7, 8, 13, 15, 21, 18))
def check_overlap(attempt, cases):
    """``attempt(one, other)`` returns a share."""
    wanted = "Return one number from 0 to 1."
    return compare(attempt, cases, _overlap, OVERLAP, wanted=wanted)


CHECKERS = {
    "datasets-filter": check_filter,
    "datasets-weights": check_weights,
    "datasets-focal": check_focal,
    "datasets-overlap": check_overlap,
}
