"""Answers to the exercises of lecture 16."""

from collections import Counter

import torch


def by_common_norm(gradients, longest):
    norm = sum((gradient**2).sum() for gradient in gradients) ** 0.5
    return [gradient * min(1.0, longest / norm) for gradient in gradients]


def always_to(gradients, longest):
    norm = sum((gradient**2).sum() for gradient in gradients) ** 0.5
    return [gradient * longest / norm for gradient in gradients]


def in_place(gradients, longest):
    return [gradient.mul_(0.1) for gradient in gradients]


def lstm(i, f, g, o, c):
    new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * new_c.tanh(), new_c


def with_cell(cell):
    """An attempt that computes the cell in some way and the state rightly from it."""

    def attempt(i, f, g, o, c):
        new_c = cell(i, f, g, o, c)
        return o.sigmoid() * new_c.tanh(), new_c

    return attempt


def grams(words, n):
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def precision(candidate, reference, n):
    ours, theirs = Counter(grams(candidate, n)), Counter(grams(reference, n))
    return (ours & theirs).total() / ours.total()


CASES = {
    "recurrent-step-back": (
        lambda d, h, W: (d * (1 - h**2)) @ W,
        {
            "wrong way round": lambda d, h, W: (d * (1 - h**2)) @ W.T,
            "has not passed through tanh": lambda d, h, W: d @ W,
            "the order is reversed": lambda d, h, W: (d @ W) * (1 - h**2),
            "square the state": lambda d, h, W: (d * (1 - h)) @ W,
            "no second tanh": lambda d, h, W: (d * (1 - torch.tanh(h) ** 2)) @ W,
            "before the matrix": lambda d, h, W: d * (1 - h**2),
            "expected a tensor of shape (3, 4)": lambda d, h, W: d.sum(),
            "nothing else": lambda d, h, W: d,
            "give the function itself": 3,
        },
    ),
    "recurrent-clip": (
        by_common_norm,
        {
            "you clip each number": lambda gs, c: [g.clamp(-c, c) for g in gs],
            "by its own norm": lambda gs, c: [g * min(1.0, c / g.norm()) for g in gs],
            "square of the norm": lambda gs, c: [g * c / sum((g**2).sum() for g in gs) for g in gs],
            "limit the factor to 1": always_to,
            "nothing was shortened": lambda gs, c: [g.clone() for g in gs],
            "has norm 1, but": lambda gs, c: [g / sum((g**2).sum() for g in gs) ** 0.5 for g in gs],
            "changed the given": in_place,
            "expected a list": lambda gs, c: torch.cat([g.flatten() for g in gs]),
            "you add the norms": lambda gs, c: [g * c / sum(g.norm() for g in gs) for g in gs],
            "expected tensors": lambda gs, c: [g.numpy() / 10 for g in gs],
            "must become a tenth": lambda gs, c: [g / 2 for g in gs],
        },
    ),
    "recurrent-lstm": (
        lstm,
        {
            "other order": lambda *gates: lstm(*gates)[::-1],
            "are exchanged": with_cell(lambda i, f, g, o, c: i.sigmoid() * c + f.sigmoid() * g.tanh()),
            "before sigmoid and tanh": with_cell(lambda i, f, g, o, c: f * c + i * g),
            "not sigmoid": with_cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g.sigmoid()),
            "through tanh before": with_cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g),
            "as a GRU would": with_cell(lambda i, f, g, o, c: (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()),
            "shows tanh of the new cell": lambda i, f, g, o, c: (
                (o.sigmoid() * lstm(i, f, g, o, c)[1],) + lstm(i, f, g, o, c)[1:]
            ),
            "*new* cell": lambda i, f, g, o, c: (o.sigmoid() * c.tanh(), lstm(i, f, g, o, c)[1]),
            "the state is not": lambda i, f, g, o, c: (c, lstm(i, f, g, o, c)[1]),
            "tanh belongs only to the state": lambda *gates: (lstm(*gates)[0], lstm(*gates)[1].tanh()),
            "the cell is not right": lambda i, f, g, o, c: (c, c + 5),
            "expected two tensors": lambda i, f, g, o, c: lstm(i, f, g, o, c)[0],
        },
    ),
    "recurrent-precision": (
        precision,
        {
            "counted each time": lambda c, r, n: sum(g in grams(r, n) for g in grams(c, n)) / len(grams(c, n)),
            "that is recall": lambda c, r, n: precision(c, r, n) * len(grams(c, n)) / len(grams(r, n)),
            "each once": lambda c, r, n: len(set(grams(c, n)) & set(grams(r, n))) / len(set(grams(c, n))),
            "how many are shared": lambda c, r, n: precision(c, r, n) * len(grams(c, n)),
            "not for n = 2": lambda c, r, n: precision(c, r, 1),
            "not percent": lambda c, r, n: 100 * precision(c, r, n),
            "expected one number": lambda c, r, n: [precision(c, r, n)],
            "out of six words": lambda c, r, n: 0.5,
        },
    ),
}
