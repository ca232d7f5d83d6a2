"""Checkers of lecture 01: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.course.hints import compare, takes_function

# ---------------------------------------------------------------- distance


def _pairs(rng):
    """Draw the arguments of one call: disparities with gaps, and a camera."""
    disparity = rng.uniform(2, 60, rng.choice([3, 4, 5, 6], 2, replace=False))
    disparity[rng.integers(disparity.shape[0]), rng.integers(disparity.shape[1])] = np.nan
    return disparity, float(rng.uniform(700, 1100)), float(rng.uniform(0.4, 2.5)), float(rng.uniform(15, 40))


def _distance(disparity, focal_length, baseline, offset):
    return focal_length * baseline / (disparity + offset)


DISTANCE = [
    (lambda d, f, b, o: f * b / d, "You left the offset out: it is added to the disparity."),
    (lambda d, f, b, o: f * b / (d - o), "The offset is added to the disparity, not taken away from it."),
    (lambda d, f, b, o: (d + o) / (f * b), "That is upside down: the larger the disparity, the nearer the point."),
    (lambda d, f, b, o: f * b / d + o, "The offset is added to the disparity, in pixels, not to the distance."),
    (lambda d, f, b, o: f / (d + o), "The baseline is missing. Without it there are no metres."),
    (lambda d, f, b, o: b / (d + o), "The focal length is missing. It turns pixels into directions."),
    (
        lambda d, f, b, o: 100 * f * b / (d + o),
        "These are centimetres. With the baseline in metres, so is the distance.",
    ),
    (lambda d, f, b, o: f * b / (o - d), "The disparity is added to the offset, not taken away from it."),
    (lambda d, f, b, o: f * b // (d + o), "You round down to whole metres: use `/`, not `//`."),
    (lambda d, f, b, o: np.round(f * b / (d + o)), "You round to whole metres. Leave the fractions."),
    (lambda d, f, b, o: f * (d + o) / b, "That is upside down, and the baseline belongs above."),
    (lambda d, f, b, o: (f + b) / (d + o), "Focal length and baseline are multiplied, not added."),
    (lambda d, f, b, o: 1000 * f * b / (d + o), "A thousand times too far: the baseline is in metres already."),
    (
        lambda d, f, b, o: np.nan_to_num(f * b / (d + o)),
        "Where nothing is known, the distance is not 0: leave NaN there.",
    ),
    (lambda d, f, b, o: f * b / (np.nan_to_num(d) + o), "Where the disparity is NaN, it is not 0: leave NaN there."),
]


@takes_function("my_distance", draw=_pairs, seeds=(0, 1, 2, 3, 4, 6, 7, 9))
def check_distance(attempt, cases):
    """``attempt(disparity, focal_length, baseline, offset)`` returns metres."""
    wanted = "Return an array as large as the disparity, in metres."
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
    (lambda e, m, t: ((m - e)[np.isfinite(m)] > t).mean(), "Too large is as bad as too small: take absolute values."),
    (
        lambda e, m, t: ((e - m)[np.isfinite(m)] ** 2 > t).mean(),
        "You compare squared errors with the limit. No square.",
    ),
    (lambda e, m, t: (_error(e, m)[np.isfinite(m)] > 2).mean(), "Your limit is always 2. Use the one that is given."),
    (lambda e, m, t: 100 * _bad(e, m, t), "Return a share from 0 to 1, not per cent."),
    (lambda e, m, t: np.nanmedian(_error(e, m)), "That is the median error. Asked is the share above the limit."),
    (lambda e, m, t: np.nanmean(_error(e, m)), "That is the mean error. Asked is the share above the limit."),
]


@takes_function("my_bad", draw=_maps, seeds=(0, 1, 126, 12, 8, 26, 6, 45))
def check_bad(attempt, cases):
    """``attempt(estimated, measured, limit)`` returns a share."""
    wanted = "Return one number from 0 to 1: the share of the known pixels whose error is above the limit."
    return compare(attempt, cases, _bad, BAD, wanted=wanted)


# ---------------------------------------------------------------- figure and ground


def _pictures(rng):
    """Draw a picture in steps of 1/64: figures inside and at the edges, some differences exactly the threshold."""
    height, width = (int(n) for n in rng.choice([7, 8, 9, 10], 2, replace=False))
    image = np.array([44, 38, 32]) + rng.integers(-2, 3, (height, width, 3))
    image[1:-1, 1:-1] += np.array([-20, 14, 16])[rng.permutation(3)] * (rng.random((height - 2, width - 2, 1)) < 0.6)
    for rows, columns in ((slice(0, 1), slice(None)), (slice(None), slice(0, 1)), (slice(None), slice(-1, None))):
        part = image[rows, columns]
        part += rng.choice([-16, 16]) * (rng.random((*part.shape[:2], 1)) < 0.4)
    image[[0, 0, -1, -1], [0, -1, 0, -1]] += rng.choice([-12, 12])
    image[rng.integers(1, height - 1, 4), rng.integers(1, width - 1, 4)] += rng.choice([-8, 8], (4, 3))
    return image / 64, 8 / 64


def _edge(image, *, wide=1, corners=1):
    """Return the pixels along the edges; the four corners may count twice."""
    rows = np.concatenate([*image[:wide], *image[-wide:]])
    inner = slice(None) if corners == 2 else slice(wide, -wide)
    columns = [image[inner, k] for k in (*range(wide), *range(-wide, 0))]
    return np.concatenate([rows, *columns])


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
        lambda i, t: _figure_from(np.median(i, axis=(0, 1)), i, t),
        "You take the median of the whole picture, figures included. Only the edges count.",
    ),
    (
        lambda i, t: _figure_from(np.median(np.concatenate([i[:, 0], i[:, -1]]), axis=0), i, t),
        "You use the left and the right edge. Top and bottom count as well.",
    ),
    (
        lambda i, t: _figure_from(np.median(np.concatenate([i[0], i[-1]]), axis=0), i, t),
        "You use the top and the bottom edge. Left and right count as well.",
    ),
    (
        lambda i, t: _figure_from(np.median(_edge(i, wide=2), axis=0), i, t),
        "Your edge is two pixels wide. It is one.",
    ),
    (
        lambda i, t: _figure_from(np.median(_edge(i, corners=2), axis=0), i, t),
        "You count the corners twice. Each pixel counts once.",
    ),
    (
        lambda i, t: (np.abs(i - np.median(_edge(i), axis=0)) >= t).any(axis=2),
        "A difference of exactly the threshold is not more than it.",
    ),
    (
        lambda i, t: np.abs(i - np.median(_edge(i), axis=0)).sum(axis=2) > t,
        "You add the channels up. Each is compared with the threshold by itself.",
    ),
    (
        lambda i, t: (np.median(_edge(i), axis=0) - i > t).any(axis=2),
        "Brighter differs, too: take the absolute difference.",
    ),
    (
        lambda i, t: np.abs(i - np.median(_edge(i), axis=0)) > t,
        "That is one answer a channel, (H, W, 3). Join the three: any of them.",
    ),
]


@takes_function("my_figure", draw=_pictures, seeds=(22, 24, 121, 84, 132, 112, 81, 125))
def check_figure(attempt, cases):
    """``attempt(image, threshold)`` returns an array of bool, (H, W)."""
    wanted = "Return an array of bool, (H, W): any channel differs from the edges' median by more than the threshold."
    return compare(attempt, cases, _figure, FIGURE, wanted=wanted)


# ---------------------------------------------------------------- the best shift


def _views(rng):
    """Draw two grey pictures, the right one shifted and noisy, and a pixel whose window may reach the left edge."""
    left = rng.uniform(0, 1, (12, 20))
    shift, half, n_shifts = int(rng.integers(0, 6)), int(rng.integers(1, 3)), int(rng.integers(3, 9))
    right = np.roll(left, -shift, axis=1) + rng.normal(0, 0.25, left.shape) * (rng.random(left.shape) < 0.5)
    column = int(rng.integers(half, half + 9))
    return left, right, int(rng.integers(half, 12 - half)), column, n_shifts, half


def _shift_by(measure, left, right, row, column, n_shifts, half, *, sign=-1, start=0, last=None, reach=None, high=None):
    high, reach = half if high is None else high, half if reach is None else reach

    def window(picture, middle):
        return picture[row - high : row + high + 1, middle - half : middle + half + 1]

    most = left.shape[1] - half - 1
    shifts = range(start, n_shifts if last is None else last)
    places = [shift for shift in shifts if reach <= column + sign * shift <= most] or [0]
    return min(places, key=lambda shift: measure(window(left, column), window(right, column + sign * shift)))


def _absolute(a, b):
    return np.abs(a - b).sum()


def _shift(left, right, row, column, n_shifts, half):
    return _shift_by(_absolute, left, right, row, column, n_shifts, half)


def _wrapped(left, right, row, column, n_shifts, half):
    """Try shifts beyond the edge, too, with what is on the other side of the picture."""
    rows, columns = np.arange(row - half, row + half + 1)[:, None], np.arange(column - half, column + half + 1)
    here = left[rows, columns]
    return min(range(n_shifts), key=lambda shift: _absolute(here, right[rows, (columns - shift) % left.shape[1]]))


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
        lambda *g: _shift_by(lambda a, b: ((a - b) ** 2).sum(), *g),
        "You square. Take absolute values.",
    ),
    (lambda *g: _shift_by(_absolute, *g, last=g[4] + 1), "You try one shift too many: the last is `n_shifts - 1`."),
    (
        lambda *g: _shift_by(_absolute, *g, high=0),
        "Your window is one row high. It reaches up and down as well.",
    ),
    (
        lambda *g: _shift_by(_absolute, *g, reach=g[5] + 1),
        "You leave out a window that just touches the left edge. It is inside the picture.",
    ),
    (
        lambda *g: _shift_by(_absolute, *g, reach=2 * g[5]),
        "You leave out windows that are inside. Only `half` pixels are needed to the left of the middle.",
    ),
    (
        lambda left, right, row, column, n, half: _shift_by(_absolute, right, left, row, column, n, half),
        "You have exchanged the two pictures: the window that stays is in `left`.",
    ),
    (
        lambda left, right, row, column, n, half: _wrapped(left, right, row, column, n, half),
        "A window that leaves the picture came back on the other side. Such a shift is not tried.",
    ),
    (
        lambda left, right, row, column, n, half: _shift_by(
            _absolute, left.T, right.T, column, min(max(row, half), 11 - half), n, half
        ),
        "Rows and columns are exchanged: the first index is the row.",
    ),
]


@takes_function("my_shift", draw=_views, seeds=(29, 59, 144, 135, 119, 147, 40, 83))
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
