"""Checkers of lecture 07: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.course.hints import compare, takes_function

# ---------------------------------------------------------------- mistakes


def _pictures(rng):
    """Draw units that are on or off, the last one always on, and labels of -1 and 1."""
    n, n_units = int(rng.integers(8, 14)), int(rng.integers(3, 7))
    units = (rng.random((n, n_units)) < 0.5).astype(float)
    units[:, -1] = 1
    return units, rng.choice([-1, 1], n)


def _one_epoch(units, labels, *, is_wrong=lambda sum_: sum_ <= 0, update=lambda w, a, y: w + y * a, weights=None):
    """Return the mistakes of one epoch and the weights at its end."""
    w, mistakes = np.zeros(units.shape[1]) if weights is None else weights, 0
    for unit, label in zip(units, labels, strict=True):
        if is_wrong(label * (w @ unit)):
            w, mistakes = update(w, unit, label), mistakes + 1
    return mistakes, w


def _mistakes(units, labels):
    return _one_epoch(units, labels)[0]


def _changed_each_time(units, labels):
    w, mistakes = np.zeros(units.shape[1]), 0
    for unit, label in zip(units, labels, strict=True):
        mistakes += label * (w @ unit) <= 0
        w = w + label * unit
    return mistakes


def _second_epoch(units, labels):
    return _one_epoch(units, labels, weights=_one_epoch(units, labels)[1])[0]


def _zero_is_no(units, labels):
    w, mistakes = np.zeros(units.shape[1]), 0
    for unit, label in zip(units, labels, strict=True):
        if (w @ unit > 0) != (label > 0):
            w, mistakes = w + label * unit, mistakes + 1
    return mistakes


MISTAKES = [
    (
        lambda a, y: _one_epoch(a, y, is_wrong=lambda sum_: sum_ < 0)[0],
        "A sum of exactly zero is a mistake, too. At the beginning all sums are zero.",
    ),
    (
        _zero_is_no,
        "A sum of exactly zero is a mistake for the label -1, too, not only for 1.",
    ),
    (
        lambda a, y: _one_epoch(a, y, update=lambda w, unit, label: w)[0],
        "The weights never change. After a mistake, add label times unit to them.",
    ),
    (
        lambda a, y: _one_epoch(a, y, update=lambda w, unit, label: w - label * unit)[0],
        "You move the weights the wrong way. Add label times unit.",
    ),
    (
        lambda a, y: _one_epoch(a, y, update=lambda w, unit, label: w + unit)[0],
        "You always add the unit's vector. For the label -1 it is taken away.",
    ),
    (_changed_each_time, "You change the weights after every picture. Only a mistake changes them."),
    (lambda a, y: len(y) - _mistakes(a, y), "That is how many were right. Return the mistakes."),
    (lambda a, y: _mistakes(a, y) / len(y), "That is a share. Return how many mistakes there are."),
    (
        lambda a, y: int((y * (a @ _one_epoch(a, y)[1]) <= 0).sum()),
        "These are the mistakes of the last weights. Count the mistakes on the way, as they are made.",
    ),
    (_second_epoch, "That is the second epoch. Begin with weights of zero, and go through once."),
    (
        lambda a, y: _mistakes(a, y) + _second_epoch(a, y),
        "You go through the pictures twice. One epoch goes through once.",
    ),
    (lambda a, y: _one_epoch(a[:, :-1], y)[0], "You leave out the last column. It is a unit like the others."),
    (lambda a, y: _one_epoch(a, y)[1], "These are the weights. Return how many mistakes were made."),
]


@takes_function("my_mistakes", draw=_pictures, seeds=(0, 7, 61, 31, 72, 115, 13, 19))
def check_mistakes(attempt, cases):
    """``attempt(units, labels)`` returns the mistakes of one epoch."""
    wanted = "Return one number: how many mistakes one epoch makes."
    return compare(attempt, cases, _mistakes, MISTAKES, wanted=wanted)


# ---------------------------------------------------------------- the way back of a maximum


def _two_arrays(rng):
    """Draw a gradient and two arrays that are equal in some places."""
    shape = tuple(int(x) for x in rng.choice([2, 3, 4], 2, replace=False))
    a = rng.integers(-3, 4, shape).astype(float)
    b = np.where(rng.random(shape) < 0.3, a, rng.integers(-3, 4, shape))
    b.flat[0], b.flat[1], b.flat[2] = a.flat[0], a.flat[1] + 0.05, a.flat[2] - 0.05
    return rng.integers(1, 9, shape) * rng.choice([-1.0, 1.0], shape), a, b


def _maximum_back(g, a, b):
    share = (a > b) + 0.5 * (a == b)
    return g * share, g * (1 - share)


MAXIMUM = [
    (lambda g, a, b: (g * (a >= b), g * (a < b)), "Where the two are equal, a gets all. Each should get half."),
    (lambda g, a, b: (g * (a > b), g * (a <= b)), "Where the two are equal, b gets all. Each should get half."),
    (
        lambda g, a, b: (g * (a >= b), g * (a <= b)),
        "Where the two are equal, both get all, so that more is handed back than came. Each should get half.",
    ),
    (
        lambda g, a, b: (g * (a > b), g * (a < b)),
        "Where the two are equal, nobody gets anything. Each should get half.",
    ),
    (
        lambda g, a, b: _maximum_back(g, b, a),
        "You hand the gradient to the smaller one. The larger one made the result.",
    ),
    (lambda g, a, b: _maximum_back(np.ones_like(g), a, b), "You leave out g. Multiply it with the local derivative."),
    (
        lambda g, a, b: (g / 2, g / 2),
        "You halve everywhere. The smaller number has no influence, so its gradient is 0.",
    ),
    (lambda g, a, b: (g, g), "Both get all of g. The smaller number has no influence, so its gradient is 0."),
    (
        lambda g, a, b: tuple(part * value for part, value in zip(_maximum_back(g, a, b), (a, b), strict=True)),
        "You multiply with the values. The slope of the larger number itself is 1.",
    ),
    (lambda g, a, b: np.maximum(a, b), "That is the way forward. Asked are the two gradients."),
]


@takes_function("my_maximum_back", draw=_two_arrays, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_maximum(attempt, cases):
    """``attempt(g, a, b)`` returns the gradients for a and b."""
    wanted = "Return two arrays of the shape of g: the gradient for a, and that for b."
    return compare(attempt, cases, _maximum_back, MAXIMUM, wanted=wanted)


# ---------------------------------------------------------------- the way back of a layer


def _layer(rng):
    """Draw a gradient, inputs and weights; in some cases as many inputs as outputs."""
    n, d, k = (int(x) for x in rng.choice([2, 3, 4, 5], 3, replace=False))
    n, d, k = (d, d, d) if rng.random() < 0.4 else (n, d, k)
    return tuple(rng.integers(-4, 5, shape).astype(float) for shape in ((n, k), (n, d), (d, k)))


def _linear_back(g, x, w):
    return g @ w.T, x.T @ g, g.sum(axis=0)


LINEAR = [
    (lambda g, x, w: (g @ w.T, g.T @ x, g.sum(axis=0)), "Your gradient for w is transposed: it has the shape of w.T."),
    (lambda g, x, w: (x.T @ g, g @ w.T, g.sum(axis=0)), "The first two have changed places: x, then w, then b."),
    (lambda g, x, w: (g @ w.T, x.T @ g, g.mean(axis=0)), "Your gradient for b is a mean. The copies are added up."),
    (
        lambda g, x, w: (g @ w.T, x.T @ g, g.sum(axis=1)),
        "Your gradient for b adds along the wrong axis. b is used in each row.",
    ),
    (
        lambda g, x, w: (g @ w.T, x.T @ g, g),
        "Your gradient for b has one row a picture. b was used in all of them: add the rows.",
    ),
    (
        lambda g, x, w: (g @ w.T, x.T @ g, g.sum()),
        "Your gradient for b is one number. It has k of them: add the rows only.",
    ),
    (
        lambda g, x, w: (g @ w.T, x.T @ g, np.ones(g.shape[1])),
        "Your gradient for b leaves out g. One more of b is one more of each row's result.",
    ),
    (
        lambda g, x, w: (g @ w.T, x.T @ g / len(x), g.mean(axis=0)),
        "You divide by the number of rows. If the loss is a mean, g holds that already.",
    ),
    (
        lambda g, x, w: (x @ w, x.T @ g, g.sum(axis=0)),
        "Your gradient for x is the way forward. It is g, sent back through w.",
    ),
    (lambda g, x, w: (g @ w.T, x.T @ g), "The gradient for b is missing. Return three arrays."),
]


@takes_function("my_linear_back", draw=_layer, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_linear(attempt, cases):
    """``attempt(g, x, w)`` returns the gradients for x, w and b."""
    wanted = "Return three arrays, of the shapes of x, w and b: (N, d), (d, k), (k,)."
    errors = [("matmul", "The shapes of a product do not fit. One of its two factors has to be turned: `.T`.")]
    return compare(attempt, cases, _linear_back, LINEAR, wanted=wanted, errors=errors)


# ---------------------------------------------------------------- a slope


def _curve(rng):
    """Draw a cubic, a number and a width that is not small."""
    third, second, first, constant = (float(c) for c in rng.choice([-3, -2, -1, 1, 2, 3], 4))

    def f(x):
        return third * x**3 + second * x**2 + first * x + constant

    return f, float(rng.choice([-2.0, -1.0, 0.5, 2.0])), float(rng.choice([0.1, 0.25, 0.5]))


def _slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


SLOPE = [
    (lambda f, x, h: (f(x + h) - f(x)) / h, "That is the forward difference. Use both sides of x."),
    (lambda f, x, h: (f(x) - f(x - h)) / h, "That is the backward difference. Use both sides of x."),
    (lambda f, x, h: (f(x + h) - f(x - h)) / h, "The two points are 2 h apart. Divide by that."),
    (lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h, "You multiply by h. Write brackets: `/ (2 * h)`."),
    (lambda f, x, h: f(x + h) - f(x - h) / (2 * h), "Brackets are missing: only the second value is divided."),
    (lambda f, x, h: f(x + h) - f(x - h), "That is a difference. Divide by the distance of the two points."),
    (lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h), "Your sign is turned. Take the left one from the right one."),
    (lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h), "You add the two values. A slope is a difference."),
    (lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h**2, "That is the second derivative: the slope of the slope."),
    (lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h, "Your points are h apart. Use x + h and x - h."),
    (lambda f, x, h: _slope(f, x, 1e-5), "You use a width of your own. Use the h that is given."),
    (lambda f, x, h: _slope(f, 0.0, h), "You take the slope at 0. Take it at x."),
]


@takes_function("my_slope", draw=_curve, seeds=(5, 6, 11, 15, 30, 32, 43, 46))
def check_slope(attempt, cases):
    """``attempt(f, x, h)`` returns a central difference."""
    wanted = "Return one number: the difference of the two values, divided by the distance of the two points."
    return compare(attempt, cases, _slope, SLOPE, wanted=wanted)


CHECKERS = {
    "backprop-mistakes": check_mistakes,
    "backprop-maximum": check_maximum,
    "backprop-linear": check_linear,
    "backprop-slope": check_slope,
}
