"""Answers to the exercises of lecture 02."""

import numpy as np
import torch
import torch.nn.functional as F


def pair(kept, is_true, empty=1.0):
    right = np.sum(kept & is_true)
    return (right / kept.sum() if kept.any() else empty), right / is_true.sum()


def number_of(labels, n_classes):
    return np.array([np.sum(labels == k) for k in range(n_classes)])


def inverse(labels, n_classes, of_missing=0.0):
    """N / (K n), with another value for classes without a picture."""
    counts = number_of(labels, n_classes)
    return np.array([len(labels) / n_classes / n if n else of_missing for n in counts])


def plain_inverse(labels, n_classes):
    return np.array([1 / n if n else 0 for n in number_of(labels, n_classes)])


def shares(logits, labels):
    return F.softmax(logits, dim=1)[range(len(labels)), labels]


def logs(logits, labels, dim=1):
    return F.log_softmax(logits, dim=dim)[range(len(labels)), labels]


def shared(one, other):
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def lengths(one, other):
    return one[1] - one[0], other[1] - other[0]


def signed(one, other):
    part = min(one[1], other[1]) - max(one[0], other[0])
    return part / (sum(lengths(one, other)) - part)


def overlap(one, other):
    return shared(one, other) / (sum(lengths(one, other)) - shared(one, other))


def with_both_ends(one, other):
    part = max(0, min(one[1], other[1]) - max(one[0], other[0]) + 1)
    return part / (sum(lengths(one, other)) + 2 - part)


CASES = {
    "datasets-filter": (
        lambda cosines, is_true, threshold: pair(cosines >= threshold, is_true),
        {
            "recall first": lambda c, g, t: pair(c >= t, g)[::-1],
            "use `>=`": lambda c, g, t: pair(c > t, g),
            "below the threshold": lambda c, g, t: pair(c < t, g),
            "You keep what lies below": lambda c, g, t: pair(c <= t, g),
            "the precision is 1": lambda c, g, t: pair(c >= t, g, 0.0),
            "0 / 0 is NaN": lambda c, g, t: pair(c >= t, g, float("nan")),
            "is the accuracy": lambda c, g, t: (np.mean((c >= t) == g), pair(c >= t, g)[1]),
            "Divide by the kept ones": lambda c, g, t: (np.mean((c >= t) & g), pair(c >= t, g)[1]),
            "Divide by the true ones": lambda c, g, t: (pair(c >= t, g)[0], np.mean((c >= t) & g)),
            "share of all pairs": lambda c, g, t: (pair(c >= t, g)[0], np.mean(c >= t)),
            "*bad* pairs": lambda c, g, t: (1 - pair(c >= t, g)[0], pair(c >= t, g)[1]),
            "is *lost*": lambda c, g, t: (pair(c >= t, g)[0], 1 - pair(c >= t, g)[1]),
            "not per cent": lambda c, g, t: [100 * part for part in pair(c >= t, g)],
            "how many true pairs": lambda c, g, t: int(np.sum((c >= t) & g)),
            "the F1 score": lambda c, g, t: 2 * np.sum((c >= t) & g) / (np.sum(c >= t) + np.sum(g)),
            "precision, then recall": lambda c, g, t: (0.123, 0.321),
            "changed the given": lambda c, g, t: (pair(c >= t, g), c.fill(0))[0],
        },
    ),
    "datasets-weights": (
        inverse,
        {
            "You leave out N / K": plain_inverse,
            "You do not divide by the number": lambda y, k: k * inverse(y, k),
            "shares of the classes": lambda y, k: number_of(y, k) / len(y),
            "Those are the counts": number_of,
            "a rare class needs a *large* weight": lambda y, k: number_of(y, k) * k / len(y),
            "that has no picture": lambda y, k: inverse(y, k) * k / len(np.unique(y)),
            "Yours add up to 1": lambda y, k: plain_inverse(y, k) / plain_inverse(y, k).sum(),
            "Yours add up to K": lambda y, k: k * plain_inverse(y, k) / plain_inverse(y, k).sum(),
            "one weight a picture": lambda y, k: inverse(y, k)[y],
            "as if nothing could be lost": lambda y, k: inverse(y, k, len(y) / k),
            "You divide by zero": lambda y, k: inverse(y, k, float("inf")),
            "not 1": lambda y, k: inverse(y, k, 1.0),
            "Return K weights": lambda y, k: inverse(y, k)[np.unique(y)],
            "You take a root": lambda y, k: inverse(y, k) ** 0.5,
            "one weight for each of the classes": lambda y, k: np.full(k, 0.77),
            "changed the given": lambda y, k: (inverse(y, k), y.fill(0))[0],
        },
    ),
    "datasets-focal": (
        lambda z, y, g: torch.mean(-((1 - logs(z, y).exp()) ** g) * logs(z, y)),
        {
            "The sign": lambda z, y, g: ((1 - logs(z, y).exp()) ** g * logs(z, y)).mean(),
            "You add the pictures up": lambda z, y, g: -((1 - logs(z, y).exp()) ** g * logs(z, y)).sum(),
            "one loss a picture": lambda z, y, g: -((1 - logs(z, y).exp()) ** g * logs(z, y)),
            "That is the cross-entropy": lambda z, y, g: F.cross_entropy(z, y),
            "counts easy pictures more": lambda z, y, g: -(logs(z, y).exp() ** g * logs(z, y)).mean(),
            "always 2": lambda z, y, g: -((1 - logs(z, y).exp()) ** 2 * logs(z, y)).mean(),
            "an exponent, not a factor": lambda z, y, g: -((1 - logs(z, y).exp()) * g * logs(z, y)).mean(),
            "the mean of the factor alone": lambda z, y, g: ((1 - logs(z, y).exp()) ** g).mean(),
            "by the sum of the factors": lambda z, y, g: (
                -((1 - logs(z, y).exp()) ** g * logs(z, y)).sum() / ((1 - logs(z, y).exp()) ** g).sum()
            ),
            "Use `log_softmax`": lambda z, y, g: -((1 - shares(z, y)) ** g * shares(z, y).log()).mean(),
            "You clip the share": lambda z, y, g: (
                -((1 - shares(z, y).clamp(1e-7)) ** g) * shares(z, y).clamp(1e-7).log()
            ).mean(),
            "use a softmax": lambda z, y, g: (
                -((1 - torch.sigmoid(z)[range(len(y)), y]) ** g * torch.sigmoid(z)[range(len(y)), y].log()).mean()
            ),
            "in bits": lambda z, y, g: -((1 - logs(z, y).exp()) ** g * logs(z, y) / np.log(2)).mean(),
            "along the pictures": lambda z, y, g: -((1 - logs(z, y, 0).exp()) ** g * logs(z, y, 0)).mean(),
            "That is the median": lambda z, y, g: (-((1 - logs(z, y).exp()) ** g) * logs(z, y)).median(),
            "finite also for large logits": lambda z, y, g: 0.4242,
            "changed the given": lambda z, y, g: z.mul_(0).sum(),
        },
    ),
    "datasets-overlap": (
        overlap,
        {
            "the shared seconds": shared,
            "a negative number": signed,
            "counted twice": lambda a, b: shared(a, b) / sum(lengths(a, b)),
            "the first interval alone": lambda a, b: shared(a, b) / lengths(a, b)[0],
            "the second interval alone": lambda a, b: shared(a, b) / lengths(a, b)[1],
            "the longer": lambda a, b: shared(a, b) / max(lengths(a, b)),
            "the shorter": lambda a, b: shared(a, b) / min(lengths(a, b)),
            "You add 1": with_both_ends,
            "Dice": lambda a, b: 2 * shared(a, b) / sum(lengths(a, b)),
            "the distance": lambda a, b: 1 - overlap(a, b),
            "do not drop the sign": lambda a, b: abs(signed(a, b)),
            "whether they meet": lambda a, b: shared(a, b) > 0,
            "not per cent": lambda a, b: 100 * overlap(a, b),
            "one number from 0 to 1": lambda a, b: 0.987,
        },
    ),
}

ALSO_RIGHT = {
    "datasets-filter": [
        lambda c, g, t: [g[c >= t].mean() if (c >= t).any() else 1, (c[g] >= t).mean()],
        lambda c, g, t: np.array(pair(c >= t, g)),
    ],
    "datasets-weights": [
        lambda y, k: [len(y) / (k * np.sum(y == c)) if np.any(y == c) else 0 for c in range(k)],
        lambda y, k: torch.tensor(inverse(y, k)),
    ],
    "datasets-focal": [
        lambda z, y, g: (
            ((1 - (-F.cross_entropy(z, y, reduction="none")).exp()) ** g * F.cross_entropy(z, y, reduction="none"))
            .mean()
            .item()
        ),
    ],
    "datasets-overlap": [
        lambda a, b: np.float32(overlap(a, b)),
        lambda a, b: shared(a, b) / (max(*a, *b) - min(*a, *b)),  # where there is a gap, nothing is shared
        lambda a, b: (
            len(set(np.arange(*a, 0.25)) & set(np.arange(*b, 0.25)))
            / len(set(np.arange(*a, 0.25)) | set(np.arange(*b, 0.25)))
        ),
    ],
}
