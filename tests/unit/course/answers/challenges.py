"""Answers to the exercises of lecture 04."""

import math

import numpy as np
import torch


def reference_row(row, disparity, fraction, whole=round):
    moved = [-1] * len(row)
    for x in sorted(range(len(row)), key=lambda x: disparity[x]):
        to = whole(x - fraction * disparity[x])
        if 0 <= to < len(row):
            moved[to] = row[x]
    return moved


def row_by(to, key=None):
    """An attempt that writes the pixel at x to ``to(x, fraction, disparity)``, in the order of ``key(x, d, f)``."""

    def attempt(row, disparity, fraction):
        moved = [-1] * len(row)
        for x in sorted(range(len(row)), key=lambda x: key(x, disparity[x], fraction) if key else disparity[x]):
            if 0 <= (place := to(x, fraction, disparity[x])) < len(row):
                moved[place] = row[x]
        return moved

    return attempt


def at_home(x, f, d):
    return round(x - f * d)


def row_without_holes(row, disparity, fraction):
    moved = list(row)
    for x in sorted(range(len(row)), key=lambda x: disparity[x]):
        if 0 <= (to := round(x - fraction * disparity[x])) < len(row):
            moved[to] = row[x]
    return moved


def row_gathered(row, disparity, fraction):
    out = []
    for x in range(len(row)):
        source = round(x + fraction * disparity[x])
        out.append(row[source] if 0 <= source < len(row) else -1)
    return out


def row_with_depths(row, disparity, fraction):
    moved, depth = np.full(len(row), -1), np.full(len(row), -1)
    for x, (value, d) in enumerate(zip(row, disparity, strict=True)):
        to = int(np.round(x - fraction * d))
        if 0 <= to < len(row) and d > depth[to]:
            moved[to], depth[to] = value, d
    return moved


def shares(logits, unchanged, right):
    return logits.softmax(0)[right], unchanged.softmax(0)[right]


def relative(now):
    return lambda a, b, r: now(a, r) / now(b, r)


def relative_in_place(logits, unchanged, right):
    logits -= logits.max()
    return relative(lambda a, r: a.softmax(0)[r].sum())(logits, unchanged, right)


def by_loops(within, between):
    return sum(w > b for w in within.tolist() for b in between.tolist()) / (len(within) * len(between))


CASES = {
    "challenges-factor": (
        lambda halvings: (0.5**halvings) ** (1 / 2.2),
        {
            "whole halvings only": lambda h: (0.5 ** (h // 1)) ** (1 / 2.2),
            "rounded the factor": lambda h: round((0.5**h) ** (1 / 2.2), 2),
            "That is the factor on the light": lambda h: 0.5**h,
            "makes the picture brighter": lambda h: 2 ** (h / 2.2),
            "raised to the power of 2.2": lambda h: 0.5 ** (h * 2.2),
            "they do not add up": lambda h: 0.5 ** (1 / 2.2) / max(h, 1e-9),
            "It is an exponent": lambda h: 0.5 ** (1 / 2.2) * h,
            "whatever `halvings` says": lambda h: 0.5 ** (1 / 2.2),
            "same amount away": lambda h: 1 - h + h * 0.5 ** (1 / 2.2),
            "divide the light by 2.2": lambda h: 0.5**h / 2.2,
            "You halve with 2.2": lambda h: (1 / 2.2) ** h,
            "divide the light by `halvings`": lambda h: (1 / h) ** (1 / 2.2),
            "raise the halvings": lambda h: 0.5**h ** (1 / 2.2),
            "divide by the halvings": lambda h: 0.5 ** (1 / 2.2 / h),
            "You subtract": lambda h: 0.5**h / 0.5 ** (1 / 2.2),
            "You add": lambda h: 0.5**h * 0.5 ** (1 / 2.2),
            "of the number 255": lambda h: 255 * (0.5**h) ** (1 / 2.2),
            "not 1 / 2.4": lambda h: (0.5**h) ** (1 / 2.4),
            "what is lost": lambda h: 1 - (0.5**h) ** (1 / 2.2),
            "rounded too early": lambda h: 0.73**h,
            "what becomes of light": lambda h: 1.0,
        },
    ),
    "challenges-row": (
        reference_row,
        {
            "first place": row_by(lambda x, f, d: round(x - f * d) or -1),
            "move the other way. The": row_by(lambda x, f, d: round(x + f * d)),
            "comes back at the other": [
                row_by(lambda x, f, d: round(x - f * d) % 6),
                row_by(lambda x, f, d: round(x - f * d) % 6, key=lambda x, d, f: x),
                row_by(lambda x, f, d: round(x - f * d) + (6 if round(x - f * d) < 0 else 0)),
            ],
            "pile up at its end": row_by(lambda x, f, d: min(5, max(0, round(x - f * d)))),
            "with a negative fraction, you": [
                row_by(at_home, key=lambda x, d, f: x),
                row_by(at_home, key=lambda x, d, f: f * d),
            ],
            "with a positive fraction, you": row_by(at_home, key=lambda x, d, f: -x),
            "you always keep the far one": row_by(at_home, key=lambda x, d, f: -d),
            "Did you use `fraction`": lambda r, d, f: reference_row(r, d, 1),
            "A negative fraction": lambda r, d, f: reference_row(r, d, abs(f)),
            "they are holes": row_without_holes,
            "You leave 0": lambda r, d, f: [0 if v == -1 else v for v in reference_row(r, d, f)],
            "holds None": lambda r, d, f: [None if v == -1 else v for v in reference_row(r, d, f)],
            "Use `round`, for": [
                lambda r, d, f: reference_row(r, d, f, whole=int),
                row_by(lambda x, f, d: x - int(f * d)),
                lambda r, d, f: reference_row(r, d, f, whole=math.floor),
            ],
            "You round up": lambda r, d, f: reference_row(r, d, f, whole=math.ceil),
            "must keep its 6 places": lambda r, d, f: [v for v in reference_row(r, d, f) if v >= 0],
            "You fetch each pixel": row_gathered,
            "moved the disparities": lambda r, d, f: reference_row(d, d, f),
            "on paper": lambda r, d, f: r[::-1],
            "changed the given `row`": lambda row, d, f: row.reverse() or reference_row(row, d, f),
        },
    ),
    "challenges-relative": (
        lambda a, b, right: a.softmax(0)[right].sum() / b.softmax(0)[right].sum(),
        {
            "not probabilities: softmax first": relative(lambda a, r: a[r].sum()),
            "without dividing by their sum": relative(lambda a, r: a[r].exp().sum()),
            "took the sigmoid": relative(lambda a, r: torch.sigmoid(a)[r].sum()),
            "without the logarithm": relative(lambda a, r: a.log_softmax(0)[r].sum()),
            "You multiply the right": relative(lambda a, r: a.softmax(0)[r].prod()),
            "best class": relative(lambda a, r: a.softmax(0).max()),
            "then add: each class": relative(lambda a, r: a[r].sum().exp()),
            "Divide by what it was": lambda a, b, r: shares(a, b, r)[0].sum(),
            "stands above": lambda a, b, r: shares(b, a, r)[0].sum() / shares(b, a, r)[1].sum(),
            "That is a difference": lambda a, b, r: shares(a, b, r)[0].sum() - shares(a, b, r)[1].sum(),
            "relative change": lambda a, b, r: shares(a, b, r)[0].sum() / shares(a, b, r)[1].sum() - 1,
            "what is lost. Asked": lambda a, b, r: 1 - shares(a, b, r)[0].sum() / shares(a, b, r)[1].sum(),
            "took a logarithm": lambda a, b, r: (shares(a, b, r)[0].sum() / shares(a, b, r)[1].sum()).log(),
            "in percent": lambda a, b, r: 100 * shares(a, b, r)[0].sum() / shares(a, b, r)[1].sum(),
            "then divide once": [
                lambda a, b, r: (shares(a, b, r)[0] / shares(a, b, r)[1]).mean(),
                lambda a, b, r: (shares(a, b, r)[0] / shares(a, b, r)[1]).sum(),
                lambda a, b, r: shares(a, b, r)[0] / shares(a, b, r)[1],
            ],
            "only the best": lambda a, b, r: shares(a, b, r)[0].max() / shares(a, b, r)[1].max(),
            "only the first": lambda a, b, r: shares(a, b, r)[0][0] / shares(a, b, r)[1][0],
            "saw the right classes only": lambda a, b, r: a[r].softmax(0).sum() / b[r].softmax(0).sum(),
            "the wrong classes": lambda a, b, r: (1 - shares(a, b, r)[0].sum()) / (1 - shares(a, b, r)[1].sum()),
            "divide by the same before": lambda a, b, r: shares(a, b, r)[0].sum() + 1,
            "changed the given `logits`": relative_in_place,
        },
    ),
    "challenges-overlap": (
        lambda within, between: (within[:, None] > between).float().mean(),
        {
            "is the *larger*": [
                lambda w, b: (w[:, None] < b).float().mean(),
                lambda w, b: 1 - (w[:, None] > b).float().mean(),
            ],
            "count of pairs": lambda w, b: (w[:, None] > b).sum(),
            "equal distances too": lambda w, b: (w[:, None] >= b).float().mean(),
            "equal distances half": lambda w, b: (((w[:, None] - b).sign() + 1) / 2).mean(),
            "one entry for each pair. Return": lambda w, b: w[:, None] > b,
            "on one side": [
                lambda w, b: (w[:, None] > b).sum() / len(w),
                lambda w, b: (w[:, None] > b).sum() / len(b),
            ],
            "n + m": lambda w, b: (w[:, None] > b).sum() / (len(w) + len(b)),
            "in percent": lambda w, b: 100 * by_loops(w, b),
            "compared with a mean": [
                lambda w, b: (w > b.mean()).float().mean(),
                lambda w, b: (w.mean() > b).float().mean(),
            ],
            "compared with a median": [
                lambda w, b: (w > b.median()).float().mean(),
                lambda w, b: (w.median() > b).float().mean(),
            ],
            "two means": lambda w, b: float(w.mean() > b.mean()),
            "first with the first": [
                lambda w, b: (w[: len(b)] > b[: len(w)]).float().mean(),
                lambda w, b: sum(x > y for x, y in zip(sorted(w), sorted(b), strict=False)) / min(len(w), len(b)),
            ],
            "the largest or the smallest": [
                lambda w, b: (w[:, None] > b).any(1).float().mean(),
                lambda w, b: (w[:, None] > b).all(1).float().mean(),
                lambda w, b: (w.max() > b).float().mean(),
                lambda w, b: (w.min() > b).float().mean(),
            ],
            "Return one number": lambda w, b: 0.1234,
        },
    ),
}

ALSO_RIGHT = {
    "challenges-factor": [lambda h: 2 ** (-h / 2.2), lambda h: math.exp(-h * math.log(2) / 2.2)],
    "challenges-row": [row_with_depths, lambda r, d, f: tuple(reference_row(r, d, f))],
    "challenges-relative": [
        lambda a, b, r: (a.softmax(0)[r].sum().log() - b.softmax(0)[r].sum().log()).exp().item(),
        lambda a, b, r: a[r].exp().sum() / a.exp().sum() * b.exp().sum() / b[r].exp().sum(),
    ],
    "challenges-overlap": [
        by_loops,
        lambda w, b: np.mean(w.numpy()[:, None] > b.numpy()),
        lambda w, b: (torch.cartesian_prod(w, b).diff(dim=1) < 0).double().mean(),
    ],
}
