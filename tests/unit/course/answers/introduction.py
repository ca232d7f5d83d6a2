"""Answers to the exercises of lecture 01."""

import numpy as np


def bad(estimated, measured, limit):
    known = ~np.isnan(measured)
    return np.mean(abs(estimated[known] - measured[known]) > limit)


def ground(image):
    edge = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    return np.median(edge, axis=0)


def frame(image, wide):
    edge = np.ones(image.shape[:2], bool)
    edge[wide:-wide, wide:-wide] = False
    return edge


def figure(image, threshold):
    return np.abs(image - ground(image)).max(axis=2) > threshold


def sums(left, right, row, column, n_shifts, half, measure=lambda a, b: np.abs(a - b).sum(), flat=False):
    found, high = {}, 0 if flat else half
    for shift in range(n_shifts):
        if column - shift - half < 0:
            break
        a = left[row - high : row + high + 1, column - half : column + half + 1]
        b = right[row - high : row + high + 1, column - shift - half : column - shift + half + 1]
        found[shift] = measure(a, b)
    return found


def starting(first, left, right, row, column, n_shifts, half):
    """Try a shift only if the window's middle is at column `first` or later."""
    found = sums(left, right, row, column, n_shifts, half)
    return {shift: value for shift, value in found.items() if column - shift >= first} or {0: 0}


def least(found):
    return min(found, key=found.get)


def to_the_right(left, right, row, column, n_shifts, half):
    found = {}
    for shift in range(n_shifts):
        a = left[row - half : row + half + 1, column - half : column + half + 1]
        b = right[row - half : row + half + 1, column + shift - half : column + shift + half + 1]
        if a.shape == b.shape:
            found[shift] = np.abs(a - b).sum()
    return least(found)


def exchanged(left, right, row, column, n_shifts, half):
    row = min(max(row, half), 11 - half)
    found = {}
    for shift in range(n_shifts):
        if row - shift - half < 0:
            break
        a = left[row - half : row + half + 1, column - half : column + half + 1]
        b = right[row - shift - half : row - shift + half + 1, column - half : column + half + 1]
        found[shift] = np.abs(a - b).sum()
    return least(found)


def wrapped(left, right, row, column, n_shifts, half):
    apart = [np.abs(left - np.roll(right, shift, axis=1)) for shift in range(n_shifts)]
    return int(
        np.argmin([each[row - half : row + half + 1, column - half : column + half + 1].sum() for each in apart])
    )


CASES = {
    "intro-distance": (
        lambda d, f, b, o: f * b / (d + o),
        {
            "left the offset out": lambda d, f, b, o: f * b / d,
            "not taken away": lambda d, f, b, o: f * b / (d - o),
            "the larger the disparity": lambda d, f, b, o: (d + o) / (f * b),
            "not to the distance": lambda d, f, b, o: f * b / d + o,
            "The baseline is missing": lambda d, f, b, o: f / (d + o),
            "The focal length is missing": lambda d, f, b, o: b / (d + o),
            "A thousand times": lambda d, f, b, o: 1000 * f * b / (d + o),
            "centimetres": lambda d, f, b, o: 100 * f * b / (d + o),
            "The disparity is added": lambda d, f, b, o: f * b / (o - d),
            "You round down": lambda d, f, b, o: f * b // (d + o),
            "You round to whole": lambda d, f, b, o: np.rint(f * b / (d + o)),
            "the baseline belongs above": lambda d, f, b, o: f * (d + o) / b,
            "multiplied, not added": lambda d, f, b, o: (f + b) / (d + o),
            "the distance is not 0": lambda d, f, b, o: np.where(np.isnan(d), 0, f * b / (d + o)),
            "it is not 0": lambda d, f, b, o: f * b / (np.where(np.isnan(d), 0, d) + o),
            "Return an array as large": [
                lambda d, f, b, o: 7.0 * np.ones_like(d),
                lambda d, f, b, o: f * b / (d[0] + o),
            ],
            "changed the given": lambda d, f, b, o: f * b / np.add(d, o, out=d),
        },
    ),
    "intro-bad": (
        bad,
        {
            "count as good": lambda e, m, t: np.mean(np.abs(e - m) > t),
            "count as bad": lambda e, m, t: np.mean(~(np.abs(e - m) <= t)),
            "no disparity of 0": lambda e, m, t: np.mean(np.abs(e - np.where(np.isnan(m), 0, m)) > t),
            "exactly the limit": lambda e, m, t: np.mean(np.abs(e - m)[~np.isnan(m)] >= t),
            "the good pixels": lambda e, m, t: 1 - bad(e, m, t),
            "as bad as too large": lambda e, m, t: np.mean((e - m)[~np.isnan(m)] > t),
            "as bad as too small": lambda e, m, t: np.mean((m - e)[~np.isnan(m)] > t),
            "No square": lambda e, m, t: np.mean(((m - e) ** 2)[~np.isnan(m)] > t),
            "always 2": lambda e, m, t: bad(e, m, 2),
            "how many": lambda e, m, t: np.sum(np.abs(e - m)[~np.isnan(m)] > t),
            "not per cent": lambda e, m, t: 100 * bad(e, m, t),
            "the median error": lambda e, m, t: np.nanmedian(np.abs(e - m)),
            "the mean error": lambda e, m, t: np.nanmean(np.abs(e - m)),
            "Return one number": [lambda e, m, t: np.abs(e - m) > t, lambda e, m, t: 0.5],
        },
    ),
    "intro-figure": (
        figure,
        {
            "That is the ground": lambda i, t: np.abs(i - ground(i)).max(axis=2) <= t,
            "all three channels": lambda i, t: np.abs(i - ground(i)).min(axis=2) > t,
            "average the channels": lambda i, t: np.abs(i - ground(i)).sum(axis=2) / 3 > t,
            "Darker differs": lambda i, t: (i - ground(i)).max(axis=2) > t,
            "the mean of the edge": lambda i, t: (
                np.abs(i - np.concatenate([i[0], i[-1], i[1:-1, 0], i[1:-1, -1]]).mean(axis=0)).max(axis=2) > t
            ),
            "no colour": lambda i, t: (
                np.abs(i - np.median(np.concatenate([i[0], i[-1], i[1:-1, 0], i[1:-1, -1]]))).max(axis=2) > t
            ),
            "one corner": lambda i, t: np.abs(i - i[0, 0]).max(axis=2) > t,
            "top edge alone": lambda i, t: np.abs(i - np.median(i[0], axis=0)).max(axis=2) > t,
            "the whole picture": lambda i, t: np.abs(i - np.median(i.reshape(-1, 3), axis=0)).max(axis=2) > t,
            "left and the right edge": lambda i, t: (
                np.abs(i - np.median(np.vstack([i[:, 0], i[:, -1]]), axis=0)).max(axis=2) > t
            ),
            "top and the bottom edge": lambda i, t: (
                np.abs(i - np.median(np.vstack([i[0], i[-1]]), axis=0)).max(axis=2) > t
            ),
            "two pixels wide": lambda i, t: np.abs(i - np.median(i[frame(i, 2)], axis=0)).max(axis=2) > t,
            "corners twice": lambda i, t: (
                np.abs(i - np.median(np.vstack([i[0], i[-1], i[:, 0], i[:, -1]]), axis=0)).max(axis=2) > t
            ),
            "exactly the threshold": lambda i, t: np.abs(i - ground(i)).max(axis=2) >= t,
            "add the channels": lambda i, t: np.abs(i - ground(i)).sum(axis=2) > t,
            "Brighter differs": lambda i, t: (ground(i) - i).max(axis=2) > t,
            "one answer a channel": lambda i, t: np.abs(i - ground(i)) > t,
            "array of bool": [lambda i, t: True, lambda i, t: np.zeros(i.shape[:2], bool)],
        },
    ),
    "intro-shift": (
        lambda *given: least(sums(*given)),
        {
            "look to the right": to_the_right,
            "the column where": lambda *g: g[3] - least(sums(*g)),
            "it is not negative": lambda *g: -least(sums(*g)),
            "differ most": lambda *g: max(sums(*g), key=sums(*g).get),
            "cancel": lambda *g: least(sums(*g, measure=lambda a, b: (a - b).sum())),
            "absolute value of the sum": lambda *g: least(sums(*g, measure=lambda a, b: abs((a - b).sum()))),
            "single pixels": lambda *g: least(sums(*g[:5], 0)),
            "too small": lambda *g: least(sums(*g[:5], g[5] - 1)),
            "a shift of 0": lambda *g: least({s: v for s, v in sums(*g).items() if s} or {0: 0}),
            "Rows and columns": exchanged,
            "You square": lambda *g: least(sums(*g, measure=lambda a, b: ((a - b) ** 2).sum())),
            "one shift too many": lambda a, b, row, c, n, h: least(sums(a, b, row, c, n + 1, h)),
            "one row high": lambda a, b, row, *g: least(sums(a[[row]], b[[row]], 0, *g, flat=True)),
            "just touches": lambda *g: least(starting(g[5] + 1, *g)),
            "Only `half` pixels": lambda *g: least(starting(2 * g[5], *g)),
            "exchanged the two pictures": lambda a, b, *g: least(sums(b, a, *g)),
            "the other side": wrapped,
            "Return one whole number": [lambda *g: "left", lambda *g: 77],
        },
    ),
}

ALSO_RIGHT = {
    "intro-distance": [
        lambda d, f, b, o: 1 / ((d + o) / (f * b)),
        lambda d, f, b, o: np.array([[f * b / (value + o) for value in line] for line in d]),
    ],
    "intro-bad": [
        lambda e, m, t: np.nansum(np.where(np.isnan(m), np.nan, np.abs(e - m) > t)) / np.isfinite(m).sum(),
        lambda e, m, t: 1 - np.mean(np.abs(e - m)[np.isfinite(m)] <= t),
    ],
    "intro-figure": [
        lambda i, t: (np.abs(i - ground(i)) > t).sum(axis=2) > 0,
        lambda i, t: ((i > ground(i) + t) | (i < ground(i) - t)).any(axis=2).tolist(),
    ],
    "intro-shift": [
        lambda *g: int(np.argmin(list(sums(*g).values()))),
        lambda *g: least(sums(*g, measure=lambda a, b: np.abs(a - b).mean())),
    ],
}
