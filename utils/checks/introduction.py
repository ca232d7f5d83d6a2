"""Checkers of lecture 01: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.course.hints import compare, takes_function

# ---------------------------------------------------------------- distance


def _pairs(rng):
    """Draw the arguments of one call: disparities with gaps, and a camera."""
    disparity = rng.uniform(2, 60, rng.choice([3, 4, 5, 6], 2, replace=False))
    disparity[rng.integers(disparity.shape[0]), rng.integers(disparity.shape[1])] = np.nan
    return disparity, float(rng.uniform(700, 1100)), float(rng.uniform(0.1, 0.3)), float(rng.uniform(15, 40))


def _distance(disparity, focal_length, baseline, offset):
    return focal_length * baseline / (disparity + offset)


DISTANCE = [
    (lambda d, f, b, o: f * b / d, "You left the offset out: it is added to the disparity."),
    (lambda d, f, b, o: f * b / (d - o), "The offset is added to the disparity, not taken away from it."),
    (lambda d, f, b, o: (d + o) / (f * b), "That is upside down: the larger the disparity, the nearer the point."),
    (lambda d, f, b, o: f * b / d + o, "The offset is added to the disparity, in pixels, not to the distance."),
    (lambda d, f, b, o: f / (d + o), "The baseline is missing. Without it there are no metres."),
    (lambda d, f, b, o: b / (d + o), "The focal length is missing. It turns pixels into directions."),
    (lambda d, f, b, o: 1000 * f * b / (d + o), "A thousand times too far: the baseline is in metres already."),
    (
        lambda d, f, b, o: np.nan_to_num(f * b / (d + o)),
        "Where nothing is known, the distance is not 0: leave NaN there.",
    ),
    (lambda d, f, b, o: f * b / (np.nan_to_num(d) + o), "Where the disparity is NaN, it is not 0: leave NaN there."),
]


@takes_function("my_distance", draw=_pairs, seeds=(0, 1, 2, 3))
def check_distance(attempt, cases):
    """``attempt(disparity, focal_length, baseline, offset)`` returns metres."""
    wanted = "Return an array as large as the disparity: f * B / (d + offset)."
    return compare(attempt, cases, _distance, DISTANCE, wanted=wanted)


# ---------------------------------------------------------------- bad pixels


def _maps(rng):
    """Draw an estimate, a truth with gaps, and a limit; some errors are exactly the limit."""
    shape = rng.choice([4, 5, 6, 7], 2, replace=False)
    measured = rng.integers(5, 40, shape).astype(float)
    limit = float(rng.integers(1, 4))
    error = rng.choice([0.0, 0.5, limit, limit + 0.5, 9.0], shape)
    estimated = measured + error * rng.choice([-1, 1], shape)
    measured[rng.random(shape) < 0.25] = np.nan
    return estimated, measured, limit


def _bad(estimated, measured, limit):
    known = np.isfinite(measured)
    return (np.abs(estimated - measured)[known] > limit).mean()


def _error(estimated, measured):
    return np.abs(estimated - measured)


BAD = [
    (
        lambda e, m, t: (_error(e, m) > t).mean(),
        "Pixels without truth count as good here. Leave them out.",
    ),
    (
        lambda e, m, t: 1 - (_error(e, m) <= t).mean(),
        "Pixels without truth count as bad here. Leave them out.",
    ),
    (lambda e, m, t: (_error(e, np.nan_to_num(m)) > t).mean(), "NaN is no disparity of 0: leave these pixels out."),
    (
        lambda e, m, t: (_error(e, m)[np.isfinite(m)] >= t).mean(),
        "An error of exactly the limit is not above it.",
    ),
    (lambda e, m, t: (_error(e, m)[np.isfinite(m)] <= t).mean(), "That is the share of the good pixels."),
    (
        lambda e, m, t: ((e - m)[np.isfinite(m)] > t).mean(),
        "Too small is as bad as too large: take absolute values.",
    ),
    (
        lambda e, m, t: (_error(e, m)[np.isfinite(m)] > t).sum(),
        "That is how many. Divide by the known pixels.",
    ),
    (lambda e, m, t: 100 * _bad(e, m, t), "Return a share from 0 to 1, not per cent."),
    (lambda e, m, t: np.nanmedian(_error(e, m)), "That is the median error. Asked is the share above the limit."),
    (lambda e, m, t: np.nanmean(_error(e, m)), "That is the mean error. Asked is the share above the limit."),
]


@takes_function("my_bad", draw=_maps, seeds=(0, 8, 12, 26, 45, 51, 126, 2))
def check_bad(attempt, cases):
    """``attempt(estimated, measured, limit)`` returns a share."""
    wanted = "Return one number from 0 to 1: the share of the known pixels whose error is above the limit."
    return compare(attempt, cases, _bad, BAD, wanted=wanted)


# ---------------------------------------------------------------- figure and ground


def _pictures(rng):
    """Draw a picture whose ground varies a little, with a figure that differs in one channel and touches an edge."""
    height, width = (int(n) for n in rng.choice([7, 8, 9, 10], 2, replace=False))
    image = np.array([0.7, 0.6, 0.5]) + rng.uniform(-0.03, 0.03, (height, width, 3))
    image[2:5, 2:5, rng.integers(3)] -= 0.3
    image[2, -3, rng.integers(3)] += 0.14
    image[-3:, -3:] = (0.2, 0.9, 0.1)
    image[0, : rng.integers(2, width - 1)] += rng.choice([-0.25, 0.25])
    return image, 0.12


def _edge(image, corners=1):
    """Return the pixels along the edges; the four corners may count twice."""
    rows = np.concatenate([image[0], image[-1]])
    sides = slice(None) if corners == 2 else slice(1, -1)
    return np.concatenate([rows, image[sides, 0], image[sides, -1]])


def _figure_from(ground, image, threshold):
    return (np.abs(image - ground) > threshold).any(axis=2)


def _figure(image, threshold):
    return _figure_from(np.median(_edge(image), axis=0), image, threshold)


FIGURE = [
    (lambda i, t: ~_figure(i, t), "That is the ground. Asked is where a pixel differs from it."),
    (
        lambda i, t: (np.abs(i - np.median(_edge(i), axis=0)) > t).all(axis=2),
        "You ask for all three channels. One that differs is enough.",
    ),
    (
        lambda i, t: np.abs(i - np.median(_edge(i), axis=0)).mean(axis=2) > t,
        "You average the channels first. One that differs by more than the threshold is enough.",
    ),
    (
        lambda i, t: (i - np.median(_edge(i), axis=0) > t).any(axis=2),
        "Darker differs, too: take the absolute difference.",
    ),
    (
        lambda i, t: _figure_from(np.mean(_edge(i), axis=0), i, t),
        "You take the mean of the edge. A figure that touches the edge pulls it along; the median stays.",
    ),
    (
        lambda i, t: _figure_from(np.median(_edge(i)), i, t),
        "One number for all channels is no colour: take the median of each channel by itself.",
    ),
    (
        lambda i, t: _figure_from(i[0, 0], i, t),
        "You compare with one corner. Take the median along all edges.",
    ),
    (
        lambda i, t: _figure_from(np.median(i[0], axis=0), i, t),
        "You use the top edge alone. All four edges count.",
    ),
    (
        lambda i, t: np.abs(i - np.median(_edge(i), axis=0)) > t,
        "That is one answer a channel, (H, W, 3). Join the three: any of them.",
    ),
]


@takes_function("my_figure", draw=_pictures, seeds=(11, 101, 1, 6, 7, 15, 79, 5))
def check_figure(attempt, cases):
    """``attempt(image, threshold)`` returns an array of bool, (H, W)."""
    wanted = "Return an array of bool, (H, W): any channel differs from the edges' median by more than the threshold."
    return compare(attempt, cases, _figure, FIGURE, wanted=wanted)


# ---------------------------------------------------------------- the best shift


def _views(rng):
    """Draw two grey pictures, the right one shifted and brightened in places, and a pixel near the left edge."""
    left = rng.uniform(0, 1, (12, 20))
    shift, half = int(rng.integers(0, 4)), int(rng.integers(1, 3))
    right = np.roll(left, -shift, axis=1) + rng.normal(0, 0.12, left.shape)
    column = int(rng.integers(half + shift + 1, half + 8))
    return left, right, int(rng.integers(half, 12 - half)), column, 9, half


def _shift_by(measure, left, right, row, column, n_shifts, half, *, sign=-1, start=0):
    def window(picture, middle):
        return picture[row - half : row + half + 1, middle - half : middle + half + 1]

    places = [
        s for s in range(start, n_shifts) if column + sign * s - half >= 0 and column + sign * s + half < left.shape[1]
    ]
    return min(places, key=lambda s: measure(window(left, column), window(right, column + sign * s)))


def _absolute(a, b):
    return np.abs(a - b).sum()


def _shift(left, right, row, column, n_shifts, half):
    return _shift_by(_absolute, left, right, row, column, n_shifts, half)


SHIFT = [
    (
        lambda *g: _shift_by(_absolute, *g, sign=1),
        "You look to the right; things lie farther left there.",
    ),
    (lambda *g: g[3] - _shift(*g), "That is the column where the window lies. Asked is the shift."),
    (lambda *g: -_shift(*g), "The shift is counted to the left: it is not negative."),
    (
        lambda *g: _shift_by(lambda a, b: -_absolute(a, b), *g),
        "That is where the windows differ most.",
    ),
    (
        lambda *g: _shift_by(lambda a, b: (a - b).sum(), *g),
        "Differences of both signs cancel: take absolute values.",
    ),
    (
        lambda *g: _shift_by(lambda a, b: abs((a - b).sum()), *g),
        "That is the absolute value of the sum, not the sum of absolute values.",
    ),
    (lambda *g: _shift(*g[:5], 0), "You compare single pixels. A window reaches `half` to each side."),
    (
        lambda left, right, row, column, n, half: _shift(left, right, row, column, n, half - 1),
        "Your window is too small: a slice does not reach its end, so it needs + 1, or a larger half.",
    ),
    (lambda *g: _shift_by(_absolute, *g, start=1), "A shift of 0 is to be tried as well."),
    (
        lambda left, right, row, column, n, half: _shift_by(
            _absolute, left.T, right.T, column, min(max(row, half), 11 - half), n, half
        ),
        "Rows and columns are exchanged: the first index is the row.",
    ),
]


@takes_function("my_shift", draw=_views, seeds=(0, 21, 80, 104, 10, 97, 107, 38))
def check_shift(attempt, cases):
    """``attempt(left, right, row, column, n_shifts, half)`` returns a whole number."""
    wanted = "Return one whole number: the shift with the least sum of absolute differences."
    return compare(attempt, cases, _shift, SHIFT, wanted=wanted)


CHECKERS = {
    "intro-distance": check_distance,
    "intro-bad": check_bad,
    "intro-figure": check_figure,
    "intro-shift": check_shift,
}
