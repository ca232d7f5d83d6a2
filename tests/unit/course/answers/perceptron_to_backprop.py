"""Answers to the exercises of lecture 07."""

import numpy as np
import torch


def epoch(units, labels, *, strict=False, zero_is_no=False, step=1, all_teach=False, epochs=1):
    """Return the mistakes of each epoch, and the weights."""
    weights, counts = [0.0] * len(units[0]), []
    for _ in range(epochs):
        count = 0
        for row, label in zip(units.tolist(), labels.tolist(), strict=True):
            margin = label * sum(w * a for w, a in zip(weights, row, strict=True))
            wrong = margin < 0 if strict or (zero_is_no and label < 0) else margin <= 0
            count += wrong
            if wrong or all_teach:
                weights = [w + step * label * a for w, a in zip(weights, row, strict=True)]
        counts.append(count)
    return counts, np.array(weights)


def only_added(units, labels):
    w, count = np.zeros(units.shape[1]), 0
    for row, label in zip(units, labels, strict=True):
        if (row @ w > 0) != (label > 0) or row @ w == 0:
            w, count = w + row, count + 1
    return count


def by_autograd(g, a, b):
    a, b = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    torch.maximum(a, b).backward(torch.tensor(g))
    return a.grad.numpy(), b.grad.numpy()


def layer_by_autograd(g, x, w):
    x, w = (torch.tensor(array, requires_grad=True) for array in (x, w))
    b = torch.zeros(w.shape[1], dtype=torch.float64, requires_grad=True)
    (x @ w + b).backward(torch.tensor(g))
    return x.grad, w.grad, b.grad


def back(g, x, w):
    return np.einsum("nk,dk->nd", g, w), np.einsum("nd,nk->dk", x, g)


CASES = {
    "backprop-mistakes": (
        lambda units, labels: epoch(units, labels)[0][0],
        {
            "exactly zero": lambda units, labels: epoch(units, labels, strict=True)[0][0],
            "for the label -1": lambda units, labels: epoch(units, labels, zero_is_no=True)[0][0],
            "never change": lambda units, labels: epoch(units, labels, step=0)[0][0],
            "wrong way": lambda units, labels: epoch(units, labels, step=-1)[0][0],
            "always add": only_added,
            "after every picture": lambda units, labels: epoch(units, labels, all_teach=True)[0][0],
            "how many were right": lambda units, labels: len(labels) - epoch(units, labels)[0][0],
            "a share": lambda units, labels: epoch(units, labels)[0][0] / len(labels),
            "last weights": lambda units, labels: int(((units @ epoch(units, labels)[1]) * labels <= 0).sum()),
            "second epoch": lambda units, labels: epoch(units, labels, epochs=2)[0][1],
            "twice": lambda units, labels: sum(epoch(units, labels, epochs=2)[0]),
            "last column": lambda units, labels: epoch(units[:, :-1], labels)[0][0],
            "the weights": lambda units, labels: epoch(units, labels)[1],
            "how many mistakes one epoch makes": lambda units, labels: "three",
        },
    ),
    "backprop-maximum": (
        by_autograd,
        {
            "a gets all": lambda g, a, b: (np.where(a >= b, g, 0), np.where(a >= b, 0, g)),
            "b gets all": lambda g, a, b: (np.where(a > b, g, 0), np.where(a > b, 0, g)),
            "both get all, so": lambda g, a, b: (np.where(a < b, 0, g), np.where(b < a, 0, g)),
            "nobody gets": lambda g, a, b: (np.where(a > b, g, 0), np.where(b > a, g, 0)),
            "the smaller one": lambda g, a, b: by_autograd(g, a, b)[::-1],
            "leave out g": lambda g, a, b: (0.5 + 0.5 * np.sign(a - b), 0.5 - 0.5 * np.sign(a - b)),
            "halve everywhere": lambda g, a, b: (0.5 * g, 0.5 * g),
            "Both get all of g": lambda g, a, b: [g, g],
            "multiply with the values": lambda g, a, b: (by_autograd(g, a, b)[0] * a, by_autograd(g, a, b)[1] * b),
            "way forward": lambda g, a, b: np.where(a > b, a, b),
            "the gradient for a, and that for b": lambda g, a, b: 7.0,
        },
    ),
    "backprop-linear": (
        layer_by_autograd,
        {
            "has to be turned": lambda g, x, w: (g @ w, back(g, x, w)[1], g.sum(0)),
            "shape of w.T": lambda g, x, w: (back(g, x, w)[0], back(g, x, w)[1].T, g.sum(0)),
            "changed places": lambda g, x, w: (*back(g, x, w)[::-1], g.sum(0)),
            "is a mean": lambda g, x, w: (*back(g, x, w), g.sum(0) / len(g)),
            "wrong axis": lambda g, x, w: (*back(g, x, w), g.sum(1)),
            "one row a picture": lambda g, x, w: (*back(g, x, w), g),
            "is one number": lambda g, x, w: (*back(g, x, w), g.sum()),
            "leaves out g": lambda g, x, w: (*back(g, x, w), np.ones(w.shape[1])),
            "divide by the number of rows": lambda g, x, w: (
                back(g, x, w)[0],
                back(g, x, w)[1] / len(g),
                g.sum(0) / len(g),
            ),
            "sent back through w": lambda g, x, w: (x @ w, back(g, x, w)[1], g.sum(0)),
            "is missing": back,
            "Return three arrays": lambda g, x, w: 0.0,
        },
    ),
    "backprop-slope": (
        lambda f, x, h: 0.5 / h * f(x + h) - 0.5 / h * f(x - h),
        {
            "forward difference": lambda f, x, h: f(x + h) / h - f(x) / h,
            "backward difference": lambda f, x, h: f(x) / h - f(x - h) / h,
            "2 h apart": lambda f, x, h: f(x + h) / h - f(x - h) / h,
            "multiply by h": lambda f, x, h: h * (f(x + h) - f(x - h)) / 2,
            "Brackets are missing": lambda f, x, h: f(x + h) - 0.5 / h * f(x - h),
            "That is a difference": lambda f, x, h: -(f(x - h) - f(x + h)),
            "sign is turned": lambda f, x, h: (f(x - h) - f(x + h)) / h / 2,
            "add the two": lambda f, x, h: (f(x + h) + f(x - h)) / h / 2,
            "second derivative": lambda f, x, h: (f(x + h) + f(x - h) - 2 * f(x)) / h / h,
            "h apart. Use": lambda f, x, h: (f(x + 0.5 * h) - f(x - 0.5 * h)) / h,
            "width of your own": lambda f, x, h: (f(x + 1e-4) - f(x - 1e-4)) / 2e-4,
            "at 0": lambda f, x, h: (f(h) - f(-h)) / h / 2,
            "divided by the distance": lambda f, x, h: "steep",
        },
    ),
}

ALSO_RIGHT = {
    "backprop-mistakes": [lambda units, labels: np.int64(epoch(units, labels)[0][0])],
    "backprop-maximum": [
        lambda g, a, b: (g * (0.5 + 0.5 * np.sign(a - b)), g * (0.5 - 0.5 * np.sign(a - b))),
        lambda g, a, b: np.stack(by_autograd(g, a, b)),
    ],
    "backprop-linear": [lambda g, x, w: [*back(g, x, w), np.ones(len(g)) @ g]],
    "backprop-slope": [lambda f, x, h: ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2],
}
