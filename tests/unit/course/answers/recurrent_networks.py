"""Answers to the exercises of lecture 16."""

from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F


def back(slope, turned=False):
    return lambda d, h, W: (d * slope(h)) @ (W.T if turned else W)


def slope_of_tanh(h):
    return 1 - h * h


def by_autograd(gradient, state, W):
    old = torch.zeros_like(state, requires_grad=True)
    pushed = torch.tanh(torch.atanh(state) + old @ W.T)
    return torch.autograd.grad(pushed, old, gradient)[0]


def back_by_loops(d, h, W):
    B, H = d.shape
    return [[sum(float(d[b, k] * (1 - h[b, k] ** 2) * W[k, j]) for k in range(H)) for j in range(H)] for b in range(B)]


def in_place_slope(d, h, W):
    d *= 1 - h**2
    return d @ W


def norm_of(gradients):
    return torch.cat([g.reshape(-1) for g in gradients]).norm()


def clip_by(norm, limit=True):
    """An attempt that divides by ``norm(this tensor, all tensors)``."""

    def attempt(gradients, longest):
        factors = [longest / norm(g, gradients) for g in gradients]
        return [g * (min(1.0, factor) if limit else factor) for g, factor in zip(gradients, factors, strict=True)]

    return attempt


def by_common_norm(gradients, longest):
    norm = sum((gradient**2).sum() for gradient in gradients) ** 0.5
    return [gradient * min(1.0, longest / norm) for gradient in gradients]


def in_place(gradients, longest):
    return [gradient.mul_(0.1) for gradient in gradients]


def by_torch(gradients, longest):
    weights = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for weight, g in zip(weights, gradients, strict=True):
        weight.grad = g.clone()
    torch.nn.utils.clip_grad_norm_(weights, longest)
    return [weight.grad for weight in weights]


def lstm(i, f, g, o, c):
    new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * new_c.tanh(), new_c


def with_cell(cell):
    """An attempt that computes the cell in some way and the state rightly from it."""

    def attempt(i, f, g, o, c):
        new_c = cell(i, f, g, o, c)
        return o.sigmoid() * new_c.tanh(), new_c

    return attempt


def with_state(state):
    """An attempt with the right cell and some state of the output gate, the new cell and the old one."""
    return lambda i, f, g, o, c: (state(o, lstm(i, f, g, o, c)[1], c), lstm(i, f, g, o, c)[1])


def lstm_by_torch(i, f, g, o, c):
    cell = torch.nn.LSTMCell(1, i.shape[1]).to(i)
    for weight in cell.parameters():
        weight.data.zero_()
    new_h, new_c = [], []
    for row in range(len(i)):
        cell.bias_ih.data = torch.cat([i[row], f[row], g[row], o[row]])
        h, kept = cell(torch.zeros(1, 1).to(i), (torch.zeros_like(c[row : row + 1]), c[row : row + 1]))
        new_h.append(h[0]), new_c.append(kept[0])
    return torch.stack(new_h), torch.stack(new_c)


def grams(words, n):
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def precision(candidate, reference, n):
    ours, theirs = Counter(grams(candidate, n)), Counter(grams(reference, n))
    return (ours & theirs).total() / ours.total()


def precision_by_removing(candidate, reference, n):
    left, found = grams(reference, n), 0
    for gram in grams(candidate, n):
        if gram in left:
            left.remove(gram)
            found += 1
    return found / len(grams(candidate, n))


def shared(c, r, n):
    return precision(c, r, n) * len(grams(c, n))


def chopped(words, n):
    return grams(words, n)[::n]


def chopped_precision(c, r, n):
    return sum((Counter(chopped(c, n)) & Counter(chopped(r, n))).values()) / len(chopped(c, n))


def bags(words, n):
    return [" ".join(sorted(gram)) for gram in grams(words, n)]


CASES = {
    "recurrent-step-back": (
        lambda d, h, W: (d * (1 - h**2)) @ W,
        {
            "is the wrong way round. Forwards": back(slope_of_tanh, turned=True),
            "before the matrix.": lambda d, h, W: d @ W,
            "through tanh, and": lambda d, h, W: F.linear(d, W),
            "the order is reversed": lambda d, h, W: (d @ W) * (1 - h**2),
            "tanh first. And": lambda d, h, W: (d @ W.T) * (1 - h**2),
            "square the state": back(lambda h: 1 - h),
            "*minus* the square": back(lambda h: 1 + h * h),
            "not the square itself": back(lambda h: h * h),
            "square the difference": back(lambda h: (1 - h) ** 2),
            "slope of the sigmoid": back(lambda h: h * (1 - h)),
            "without a root": back(lambda h: (1 - h * h) ** 0.5),
            "you divide by it": back(lambda h: 1 / (1 - h * h)),
            "use brackets": lambda d, h, W: (d - h**2) @ W,
            "no second tanh": back(lambda h: 1 - torch.tanh(h) ** 2),
            "replaced by its slope": [back(torch.tanh), lambda d, h, W: torch.tanh(d) @ W],
            "multiply with the state": back(lambda h: h),
            "stopped before the matrix": lambda d, h, W: d * (1 - h**2),
            "Where is the gradient": lambda d, h, W: (1 - h**2) @ W,
            "no path around": lambda d, h, W: d + back(slope_of_tanh)(d, h, W),
            "number of sequences": lambda d, h, W: back(slope_of_tanh)(d, h, W) / len(d),
            "add up the sequences": lambda d, h, W: back(slope_of_tanh)(d, h, W).sum(0),
            "the gradient for `W`": lambda d, h, W: torch.einsum("bi,bj->ij", d * (1 - h**2), h),
            "shapes do not fit": lambda d, h, W: W @ (d * (1 - h**2)),
            "nothing else": lambda d, h, W: d,
            "changed the given `d`": in_place_slope,
            "give the function itself": 3,
        },
    ),
    "recurrent-clip": (
        by_common_norm,
        {
            "*square* of the norm": lambda gs, c: [g * c / norm_of(gs) if norm_of(gs).square() > c else g for g in gs],
            "you clip each number": [
                lambda gs, c: [g.clamp(-c, c) for g in gs],
                lambda gs, c: [torch.minimum(g, torch.full_like(g, c)) for g in gs],
            ],
            "by its own norm": [
                clip_by(lambda g, gs: g.norm()),
                clip_by(lambda g, gs: g.norm(), limit=False),
                lambda gs, c: [g * min(1, c / len(gs) / g.norm().item()) for g in gs],
            ],
            "square of the norm": [
                clip_by(lambda g, gs: norm_of(gs) ** 2),
                clip_by(lambda g, gs: sum((one**2).sum() for one in gs), limit=False),
            ],
            "limit the factor to 1": clip_by(lambda g, gs: norm_of(gs), limit=False),
            "lengthen what is short": lambda gs, c: [g * max(1, c / norm_of(gs)) for g in gs],
            "nothing was shortened": lambda gs, c: [g.clone() for g in gs],
            "shorten to norm 1": [
                lambda gs, c: [g / norm_of(gs) for g in gs],
                lambda gs, c: [g * min(1, 1 / norm_of(gs)) for g in gs],
                lambda gs, c: [g / norm_of(gs) if norm_of(gs) > c else g for g in gs],
            ],
            "multiply by `longest`": lambda gs, c: [c * g for g in gs],
            "you add the norms": [
                clip_by(lambda g, gs: sum(one.norm() for one in gs)),
                clip_by(lambda g, gs: sum(one.norm() for one in gs), limit=False),
            ],
            "largest norm alone": clip_by(lambda g, gs: max(one.norm() for one in gs)),
            "another norm": [
                clip_by(lambda g, gs: sum(one.abs().sum() for one in gs)),
                clip_by(lambda g, gs: max(one.abs().max() for one in gs)),
                clip_by(lambda g, gs: norm_of(gs) / sum(one.numel() for one in gs) ** 0.5),
                clip_by(lambda g, gs: norm_of(gs) / len(gs) ** 0.5),
            ],
            "a root too many": lambda gs, c: [g * min(1, c / norm_of(gs)) ** 0.5 for g in gs],
            "first tensor alone": clip_by(lambda g, gs: gs[0].norm()),
            "drop long gradients": lambda gs, c: [g * (norm_of(gs) <= c) for g in gs],
            "changed the given": in_place,
            "one long tensor": lambda gs, c: torch.cat([g.flatten() for g in by_common_norm(gs, c)]),
            "one tensor for each": lambda gs, c: by_common_norm(gs, c)[0],
            "the same factor of at most 1": lambda gs, c: [g / 2.5 for g in gs],
        },
    ),
    "recurrent-lstm": (
        lstm,
        {
            "*writes* the candidate": lambda i, f, g, o, c: lstm(-i, f, g, o, c),
            "candidate g alone": with_cell(lambda i, f, g, o, c: torch.tanh(f.sigmoid() * c + i.sigmoid() * g)),
            "other order": lambda *gates: lstm(*gates)[::-1],
            "old cell. Return the new": lambda *gates: (lstm(*gates)[0], gates[4]),
            "are exchanged": [
                with_cell(lambda i, f, g, o, c: i.sigmoid() * c + f.sigmoid() * g.tanh()),
                lambda i, f, g, o, c: lstm(i, o, g, f, c),
                lambda i, f, g, o, c: lstm(o, f, g, i, c),
            ],
            "before sigmoid and tanh": [
                with_cell(lambda i, f, g, o, c: f * c + i * g),
                with_cell(lambda i, f, g, o, c: f * c + i * g.tanh()),
            ],
            "Gates go through sigmoid": with_cell(lambda i, f, g, o, c: f.tanh() * c + i.tanh() * g.tanh()),
            "tanh, not sigmoid": with_cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g.sigmoid()),
            "through tanh before": with_cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g),
            "not ReLU": with_cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * F.relu(g)),
            "as a GRU would": [
                with_cell(lambda i, f, g, o, c: (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()),
                with_cell(lambda i, f, g, o, c: torch.lerp(g.tanh(), c, f.sigmoid())),
            ],
            "*keeps* the old cell": lambda i, f, g, o, c: lstm(i, -f, g, o, c),
            "You add 1 to f": lambda i, f, g, o, c: lstm(i, f + 1, g, o, c),
            "keep the whole old cell": with_cell(lambda i, f, g, o, c: c + i.sigmoid() * g.tanh()),
            "write the whole candidate": with_cell(lambda i, f, g, o, c: f.sigmoid() * c + g.tanh()),
            "forget the old cell": lambda i, f, g, o, c: lstm(i, f, g, o, 0 * c),
            "Nothing is written": lambda i, f, g, o, c: lstm(i, f, 0 * g, o, c),
            "That is why memory lasts": lambda i, f, g, o, c: lstm(i, f, g, o, c.tanh()),
            "are *added*": [
                with_cell(lambda i, f, g, o, c: f.sigmoid() * c * i.sigmoid() * g.tanh()),
                lambda i, f, g, o, c: lstm(i, f, -g, o, c),
            ],
            "shows tanh of the new cell": with_state(lambda o, new, old: o.sigmoid() * new),
            "*tanh* of the new": with_state(lambda o, new, old: o.sigmoid() * new.sigmoid()),
            "*new* cell": with_state(lambda o, new, old: o.sigmoid() * old.tanh()),
            "gate o is missing": with_state(lambda o, new, old: new.tanh()),
            "before its sigmoid": with_state(lambda o, new, old: o * new.tanh()),
            "sigmoid, not tanh": with_state(lambda o, new, old: o.tanh() * new.tanh()),
            "cell alone, before": with_state(lambda o, new, old: (o.sigmoid() * new).tanh()),
            "times its tanh": with_state(lambda o, new, old: old),
            "tanh belongs only to the state": lambda *gates: (lstm(*gates)[0], lstm(*gates)[1].tanh()),
            "That is the state alone": lambda *gates: lstm(*gates)[0],
            "That is the cell alone": lambda *gates: lstm(*gates)[1],
            "separated by a comma": lambda *gates: torch.cat(lstm(*gates)),
        },
    ),
    "recurrent-precision": (
        precision,
        {
            "twice at most": lambda c, r, n: (
                sum(min(2, grams(c, n).count(g), grams(r, n).count(g)) for g in set(grams(c, n))) / len(grams(c, n))
            ),
            "punish short captions": lambda c, r, n: precision(c, r, n) * min(1, np.exp(1 - len(r) / len(c))),
            "take a root": lambda c, r, n: precision(c, r, n) ** (1 / n),
            "counted each time": lambda c, r, n: sum(g in grams(r, n) for g in grams(c, n)) / len(grams(c, n)),
            "as in the candidate, too": lambda c, r, n: (
                sum(grams(r, n).count(g) for g in set(grams(c, n))) / len(grams(c, n))
            ),
            "larger of the two counts": lambda c, r, n: (
                sum(max(grams(c, n).count(g), grams(r, n).count(g)) for g in set(grams(c, n)) & set(grams(r, n)))
                / len(grams(c, n))
            ),
            "that is recall": [
                lambda c, r, n: shared(c, r, n) / len(grams(r, n)),
                lambda c, r, n: sum(g in grams(c, n) for g in grams(r, n)) / len(grams(r, n)),
            ],
            "each once": [
                lambda c, r, n: len(set(grams(c, n)) & set(grams(r, n))) / len(set(grams(c, n))),
                lambda c, r, n: len(set(grams(c, n)) & set(grams(r, n))) / len(grams(c, n)),
                lambda c, r, n: shared(c, r, n) / len(set(grams(c, n))),
            ],
            "both together": [
                lambda c, r, n: len(set(grams(c, n)) & set(grams(r, n))) / len(set(grams(c, n)) | set(grams(r, n))),
                lambda c, r, n: shared(c, r, n) / (len(grams(c, n)) + len(grams(r, n)) - shared(c, r, n)),
            ],
            "that is F1": lambda c, r, n: 2 * shared(c, r, n) / (len(grams(c, n)) + len(grams(r, n))),
            "longer of the two": lambda c, r, n: shared(c, r, n) / max(len(grams(c, n)), len(grams(r, n))),
            "shorter of the two": lambda c, r, n: shared(c, r, n) / min(len(grams(c, n)), len(grams(r, n))),
            "how many are shared": shared,
            "*not* in the reference": lambda c, r, n: 1 - precision(c, r, n),
            "for single words": lambda c, r, n: precision(c, r, 1),
            "n + 1 words": lambda c, r, n: precision(c, r, n + 1),
            "all lengths up to n": lambda c, r, n: np.mean([precision(c, r, k + 1) for k in range(n)]),
            "by the number of words": [
                lambda c, r, n: shared(c, r, n) / len(c),
                lambda c, r, n: shared(c, r, n) / (len(c) - n),
            ],
            "do not overlap": chopped_precision,
            "the order within a run": lambda c, r, n: (
                sum((Counter(bags(c, n)) & Counter(bags(r, n))).values()) / len(bags(c, n))
            ),
            "same place only": lambda c, r, n: (
                sum(one == other for one, other in zip(grams(c, n), grams(r, n), strict=False)) / len(grams(c, n))
            ),
            "leave out the last run": lambda c, r, n: precision(c[:-1], r[:-1], n),
            "not percent": lambda c, r, n: 100 * precision(c, r, n),
            "no single number": lambda c, r, n: str(precision(c, r, n)),
            "Return one number, a share": lambda c, r, n: 0.512,
            "changed the given `c`": lambda c, r, n: [precision(c, r, n), c.pop()][0],
        },
    ),
}

ALSO_RIGHT = {
    "recurrent-step-back": [by_autograd, back_by_loops, lambda d, h, W: (W.T @ (d - d * h**2).T).T],
    "recurrent-clip": [
        by_torch,
        lambda gs, c: tuple(g.double() for g in by_common_norm(gs, c)),
        lambda gs, c: [g * c / norm_of(gs) if norm_of(gs) > c else g for g in gs],
    ],
    "recurrent-lstm": [lstm_by_torch, lambda *gates: torch.stack(lstm(*gates)), lambda *gates: list(lstm(*gates))],
    "recurrent-precision": [precision_by_removing, lambda c, r, n: torch.tensor(precision(c, r, n))],
}
