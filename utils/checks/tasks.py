"""Checkers of lecture 03: each returns a hint, or None if the attempt is right."""

import numpy as np
import torch

from utils.course.hints import compare, floats, takes_function

# ---------------------------------------------------------------- keypoints


def _points(rng):
    """Draw said and true points, some off by exactly the limit, reference lengths, a share, and what is visible."""
    n, p = (int(x) for x in rng.choice([3, 4, 5], 2, replace=False))
    lengths = rng.choice([10.0, 20.0, 40.0], n)
    share = float(rng.choice([0.25, 0.5]))
    true = rng.integers(5, 40, (n, p, 2)).astype(float)
    off = rng.choice([0.3, 0.7, 1.0, 1.2, 1.3], (n, p)) * (share * lengths)[:, None]
    steps = np.where(rng.random((n, p, 1)) < 0.5, [[[0.6, -0.8]]], [[[-1.0, 0.0]]])
    visible = rng.random((n, p)) < 0.7
    visible[0] = True
    return floats(true + off[..., None] * steps), floats(true), floats(lengths), share, torch.tensor(visible)


def _off(said, true):
    return (said - true).norm(dim=2)


def _near(said, true, lengths, share):
    return _off(said, true) <= share * lengths[:, None] * (1 + 1e-6)


def _pck(said, true, lengths, share, visible):
    return _near(said, true, lengths, share)[visible].float().mean()


PCK = [
    *(
        (
            lambda s, t, n, a, v, fixed=fixed: _near(s, t, n, fixed)[v].float().mean(),
            "Your share is always the same. Use the one that is given.",
        )
        for fixed in (0.1, 0.2, 0.5)
    ),
    (
        lambda s, t, n, a, v: ((s - t)[..., 0].abs() <= a * n[:, None] * (1 + 1e-6))[v].float().mean(),
        "You look at x alone. The distance is the root of the sum of squares.",
    ),
    (lambda s, t, n, a, v: _near(s, t, n, a).float().mean(), "Points that are not visible count here. Leave them out."),
    (
        lambda s, t, n, a, v: (_near(s, t, n, a) & v).float().mean(),
        "You divide by all points. Divide by the visible ones.",
    ),
    (
        lambda s, t, n, a, v: (_off(s, t) < a * n[:, None] * (1 - 1e-6))[v].float().mean(),
        "A point that is off by exactly the limit is near enough: use `<=`.",
    ),
    (lambda s, t, n, a, v: 1 - _pck(s, t, n, a, v), "That is the share of the points that are too far off."),
    (
        lambda s, t, n, a, v: (_off(s, t) <= a)[v].float().mean(),
        "You compare pixels with a share. Multiply the share by the reference length.",
    ),
    (
        lambda s, t, n, a, v: (_off(s, t) <= n[:, None])[v].float().mean(),
        "You compare with the whole length, not with a share of it.",
    ),
    (
        lambda s, t, n, a, v: (_off(s, t) <= a * n.mean() * (1 + 1e-6))[v].float().mean(),
        "Each picture has its own reference length; you take their mean.",
    ),
    (
        lambda s, t, n, a, v: ((s - t).abs() <= a * n[:, None, None] * (1 + 1e-6)).all(dim=2)[v].float().mean(),
        "You compare x and y each. The distance is the root of the sum of squares.",
    ),
    (
        lambda s, t, n, a, v: ((s - t).abs().sum(dim=2) <= a * n[:, None] * (1 + 1e-6))[v].float().mean(),
        "You add |x| and |y|. The distance is the root of the sum of squares.",
    ),
    (
        lambda s, t, n, a, v: ((s - t).square().sum(dim=2) <= a * n[:, None] * (1 + 1e-6))[v].float().mean(),
        "You compare squared distances. Take the root.",
    ),
    (
        lambda s, t, n, a, v: ((_near(s, t, n, a) & v).sum(dim=1) / v.sum(dim=1).clamp(min=1)).mean(),
        "You average picture by picture. All visible points count alike.",
    ),
    (lambda s, t, n, a, v: (_near(s, t, n, a) & v).sum(), "That is how many. Divide by the visible points."),
    (lambda s, t, n, a, v: 100 * _pck(s, t, n, a, v), "Return a share from 0 to 1, not per cent."),
    (
        lambda s, t, n, a, v: _off(s, t)[v].mean(),
        "That is the mean distance. Asked is the share of points that are near enough.",
    ),
    (
        lambda s, t, n, a, v: (_off(s, t) / n[:, None])[v].mean(),
        "That is the mean distance in reference lengths. Asked is the share of points that are near enough.",
    ),
]


@takes_function("my_pck", draw=_points, seeds=(1, 12, 60, 72, 86, 73, 104, 109))
def check_pck(attempt, cases):
    """``attempt(said, true, lengths, share, visible)`` returns a share."""
    wanted = "Return one number from 0 to 1: the share of the visible points that are near enough."
    return compare(attempt, cases, _pck, PCK, wanted=wanted)


# ---------------------------------------------------------------- presence


def _presences(rng):
    """Draw logits, some exactly 0, and what is there."""
    n, k = (int(x) for x in rng.choice([4, 5, 6, 7], 2, replace=False))
    logits = rng.choice([-2.0, -0.25, 0.0, 0.25, 2.0], (n, k))
    present = (rng.random((n, k)) < 0.5).astype(float)
    logits[0, 0], present[0, 0] = 2.0, 1.0
    present[1, 1] = 1.0
    return floats(logits), floats(present)


def _both(said, there):
    hits = (said & there).sum()
    return hits / said.sum().clamp(min=1), hits / there.sum()


def _presence(logits, present):
    return _both(logits > 0, present > 0)


def _by_column(logits, present):
    said, there = logits > 0, present > 0
    hits = (said & there).sum(dim=0)
    return (hits / said.sum(dim=0).clamp(min=1)).mean(), (hits / there.sum(dim=0).clamp(min=1)).mean()


def _by_row(logits, present):
    return _by_column(logits.T, present.T)


PRESENCE = [
    (
        lambda z, y: _both(z > -torch.inf, y > 0),
        "You say that everything is there. A sigmoid is always above 0; a logit need not be.",
    ),
    (lambda z, y: _presence(z, y)[::-1], "You return recall first. Asked is (precision, recall)."),
    (lambda z, y: _both(z >= 0, y > 0), "A logit of exactly 0 is not above 0."),
    (
        lambda z, y: _both(z > 0.5, y > 0),
        "These are logits: the limit is 0, where the sigmoid is one half. You compare with 0.5.",
    ),
    (
        lambda z, y: _both(z.softmax(dim=1) > 0.5, y > 0),
        "You take a softmax, which allows one kind at most. Each kind is judged by itself.",
    ),
    (
        lambda z, y: _both(torch.nn.functional.one_hot(z.argmax(dim=1), z.shape[1]) > 0, y > 0),
        "You take only the surest kind of each picture. Several may be there.",
    ),
    (_by_column, "You average over kinds (macro). Asked is all pictures and kinds together (micro)."),
    (_by_row, "You average over pictures. Asked is all pictures and kinds together."),
    (
        lambda z, y: (((z > 0) == (y > 0)).float().mean(), _presence(z, y)[1]),
        "Your first number is the accuracy: it counts what is rightly said not to be there, too.",
    ),
    (
        lambda z, y: (((z > 0) & (y > 0)).float().mean(), _presence(z, y)[1]),
        "For the precision you divide by everything. Divide by what is said to be there.",
    ),
    (
        lambda z, y: (_presence(z, y)[0], ((z > 0) & (y > 0)).float().mean()),
        "For the recall you divide by everything. Divide by what is there.",
    ),
    (lambda z, y: tuple(100 * part for part in _presence(z, y)), "Return shares from 0 to 1, not per cent."),
    (lambda z, y: ((z > 0) & (y > 0)).sum(), "That is how many are rightly said. Asked are two shares."),
    (
        lambda z, y: 2 * ((z > 0) & (y > 0)).sum() / ((z > 0).sum() + (y > 0).sum()),
        "That is the F1 score, one number of the two. Return both.",
    ),
    (lambda z, y: _both(z <= 0, y > 0), "You take what is said *not* to be there."),
    (
        lambda z, y: tuple(1 - part for part in _presence(z, y)),
        "Those are the shares that are wrong. Asked are the right ones.",
    ),
]


@takes_function("my_presence", draw=_presences, seeds=(0, 2, 4, 5, 6, 7, 8, 9))
def check_presence(attempt, cases):
    """``attempt(logits, present)`` returns (precision, recall)."""
    wanted = "Return two numbers from 0 to 1: precision, then recall."
    return compare(attempt, cases, _presence, PRESENCE, wanted=wanted)


# ---------------------------------------------------------------- the Gram matrix


def _features(rng):
    """Draw features whose four lengths all differ."""
    return (floats(rng.integers(-3, 4, rng.permutation([2, 3, 4, 5])) + 0.5 * (rng.random() < 0.5)),)


def _products(features):
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2)


def _gram(features):
    return _products(features) / (features.shape[2] * features.shape[3])


def _covariance(features):
    flat = features.flatten(2)
    flat = flat - flat.mean(dim=2, keepdim=True)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _over_places(features):
    flat = features.flatten(2)
    return flat.transpose(1, 2) @ flat / flat.shape[1]


def _cosines(features):
    flat = torch.nn.functional.normalize(features.flatten(2), dim=2)
    return flat @ flat.transpose(1, 2)


GRAM = [
    (_products, "You leave out the mean: divide by the number of places. Otherwise the size of the picture counts."),
    (lambda f: _products(f) / (f.shape[2] * f.shape[3] - 1), "There are H times W places, not one less."),
    (lambda f: _gram(f) / f.shape[1], "You divide by the channels as well. Only the places are averaged over."),
    (lambda f: _products(f) / f.shape[1], "You divide by the channels. Divide by the places, H times W."),
    (lambda f: _products(f) / f.shape[2], "You divide by the rows only. There are H times W places."),
    (lambda f: _products(f) / f.shape[3], "You divide by the columns only. There are H times W places."),
    (lambda f: _gram(f) / (f.shape[2] * f.shape[3]), "You divide by the number of places twice."),
    (_covariance, "You subtract the means: that is the covariance. The Gram matrix keeps them."),
    (_over_places, "That is a matrix of places. Asked is one of channels, (C, C)."),
    (_cosines, "You scale the channels to length 1. Take plain products."),
    (lambda f: _gram(f).mean(dim=0), "You average over the pictures. Return a matrix for each."),
    (lambda f: _gram(f).sum(dim=0), "You add the pictures up. Return a matrix for each."),
    (lambda f: _gram(f)[0], "That is the matrix of the first picture. Return one for each."),
    (lambda f: _gram(f).diagonal(dim1=1, dim2=2), "That is the diagonal. Return the whole matrix."),
    (lambda f: _products(f) / f.numel(), "You divide by all numbers, the pictures and channels included."),
    (
        lambda f: torch.einsum("bchw,dchw->bd", f, f) / (f.shape[2] * f.shape[3]),
        "You multiply pictures with each other. Multiply channels of one picture.",
    ),
]


@takes_function("my_gram", draw=_features, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_gram(attempt, cases):
    """``attempt(features)`` returns a tensor of shape (B, C, C)."""
    wanted = "Return a tensor of shape (B, C, C)."
    return compare(attempt, cases, _gram, GRAM, wanted=wanted)


# ---------------------------------------------------------------- a hole


def _holes(rng):
    """Draw two pictures of whole numbers and a hole; below 8 bits differences of both signs wrap around."""
    height, width = (int(x) for x in rng.choice([5, 6, 7], 2, replace=False))
    true = rng.integers(0, 256, (height, width, 3))
    picture = (true + rng.integers(-60, 61, true.shape)).clip(0, 255)
    hole = rng.random((height, width)) < 0.4
    hole[1, 1:3] = True
    picture[1, 1] = (true[1, 1] + 90) % 256
    return picture.astype(np.uint8), true.astype(np.uint8), hole


def _mse(picture, true, hole):
    return ((picture[hole].astype(float) - true[hole]) ** 2).mean()


def _decibels(mse, peak=255.0):
    return 20 * np.log10(peak / np.sqrt(mse))


def _psnr(picture, true, hole):
    return _decibels(_mse(picture, true, hole))


PSNR = [
    (lambda p, t, h: _psnr(p, t, np.ones_like(h)), "You measure the whole picture. Only the hole counts."),
    (lambda p, t, h: _psnr(p, t, ~h), "You measure outside the hole."),
    (
        lambda p, t, h: _decibels((((p - t)[h].astype(float)) ** 2).mean()),
        "uint8 wraps around: 3 - 5 is 254. Convert to float before you subtract.",
    ),
    (
        lambda p, t, h: _decibels((((p[h] - t[h]) ** 2).astype(float)).mean()),
        "uint8 wraps around, in the difference and in its square. Convert to float first.",
    ),
    (
        lambda p, t, h: 10 * np.log10(255 / np.sqrt(_mse(p, t, h))),
        "The factor is 20 for a root mean square error; yours is 10.",
    ),
    (
        lambda p, t, h: 20 * np.log10(255 / _mse(p, t, h)),
        "The root is missing: 20 log10 takes the *root* mean square error.",
    ),
    (lambda p, t, h: 20 * np.log(255 / np.sqrt(_mse(p, t, h))), "Use the logarithm to base 10."),
    (lambda p, t, h: _decibels(_mse(p, t, h), 1.0), "The peak of these pictures is 255, not 1."),
    (lambda p, t, h: _decibels(_mse(p, t, h), 256.0), "The largest value is 255, not 256."),
    (
        lambda p, t, h: _decibels(_mse(p, t, h), float(t.max())),
        "The peak is 255, the largest value that is possible, not the largest that occurs.",
    ),
    (lambda p, t, h: -_psnr(p, t, h), "The sign: a larger PSNR is better."),
    (lambda p, t, h: np.sqrt(_mse(p, t, h)), "That is the root mean square error. Asked are decibels."),
    (lambda p, t, h: _mse(p, t, h), "That is the mean square error. Asked are decibels."),
    (
        lambda p, t, h: _decibels(_mse(p, t, h) * h.sum() / h.size),
        "You add up the hole's errors and divide by all pixels. Divide by the pixels of the hole.",
    ),
    (
        lambda p, t, h: _decibels(3 * _mse(p, t, h)),
        "You add the three channels. The mean runs over pixels and channels.",
    ),
    (
        lambda p, t, h: 20 * np.log10(255 / np.abs(p[h].astype(float) - t[h]).mean()),
        "You average absolute errors. Square, average, take the root.",
    ),
    (
        lambda p, t, h: np.mean([_decibels(((p[h][:, c].astype(float) - t[h][:, c]) ** 2).mean()) for c in range(3)]),
        "You average the decibels of the channels. Average the squared errors, then take the logarithm.",
    ),
]


@takes_function("my_psnr", draw=_holes, seeds=(1, 2, 3, 6, 7, 8, 9, 10))
def check_psnr(attempt, cases):
    """``attempt(picture, true, hole)`` returns decibels."""
    wanted = "Return one number, in decibels."
    return compare(attempt, cases, _psnr, PSNR, wanted=wanted)


CHECKERS = {
    "tasks-pck": check_pck,
    "tasks-presence": check_presence,
    "tasks-gram": check_gram,
    "tasks-psnr": check_psnr,
}
