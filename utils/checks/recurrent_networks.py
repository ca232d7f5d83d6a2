"""Checkers of lecture 16: each returns a hint, or None if the attempt is right."""

import math
from collections import Counter

import numpy as np
import torch

from utils.course.hints import compare, floats, takes_function
from utils.sequences.caption_scores import runs


def _step(rng):
    state = floats(np.tanh(rng.normal(0, 1, (3, 4))).round(2))
    return floats(rng.normal(0, 1, (3, 4)).round(1)), state, floats(rng.normal(0, 1, (4, 4)).round(1))


def _step_back(gradient, state, W):
    return (gradient * (1 - state**2)) @ W


OTHER_MATRIX = "`W` is the wrong way round. Forwards the step was `h @ W.T`; the way back takes the other one."
ORDER = "The order is reversed: forwards came the matrix, then tanh. So backwards comes tanh first."
STEP_BACK = [
    (lambda d, h, W: (d * (1 - h**2)) @ W.T, OTHER_MATRIX),
    (
        lambda d, h, W: d @ W,
        "The gradient has not passed through tanh. Multiply by its slope, 1 - state**2, before the matrix.",
    ),
    (lambda d, h, W: d @ W.T, "The gradient has not passed through tanh, and `W` is the wrong way round."),
    (lambda d, h, W: (d @ W) * (1 - h**2), ORDER),
    (lambda d, h, W: (d @ W.T) * (1 - h**2), f"{ORDER} And `W` is the wrong way round."),
    (lambda d, h, W: (d * (1 - h)) @ W, "The slope of tanh is 1 - tanh**2: square the state."),
    (lambda d, h, W: (d * (1 + h**2)) @ W, "The slope of tanh is 1 *minus* the square of the state."),
    (lambda d, h, W: (d * h**2) @ W, "The slope of tanh is 1 minus the square of the state, not the square itself."),
    (lambda d, h, W: (d * (1 - h) ** 2) @ W, "The slope is 1 - state**2. You square the difference."),
    (lambda d, h, W: (d * h * (1 - h)) @ W, "That is the slope of the sigmoid. Of tanh it is 1 - state**2."),
    (lambda d, h, W: (d * (1 - h**2).sqrt()) @ W, "The slope of tanh is 1 - state**2, without a root."),
    (lambda d, h, W: (d / (1 - h**2)) @ W, "Multiply by the slope of tanh; you divide by it."),
    (
        lambda d, h, W: (d - h**2) @ W,
        "You subtract the square of the state from the gradient. Use brackets: gradient * (1 - state**2).",
    ),
    (
        lambda d, h, W: (d * (1 - torch.tanh(h) ** 2)) @ W,
        "`state` is already the result of tanh. Its slope there is 1 - state**2, with no second tanh.",
    ),
    (lambda d, h, W: (d * torch.tanh(h)) @ W, "Going back, tanh is replaced by its slope at the state: 1 - state**2."),
    (lambda d, h, W: torch.tanh(d) @ W, "Going back, tanh is replaced by its slope at the state: 1 - state**2."),
    (lambda d, h, W: (d * h) @ W, "You multiply with the state. Multiply with the slope of tanh, 1 - state**2."),
    (lambda d, h, W: d * (1 - h**2), "You stopped before the matrix. The old state went through `W` to get there."),
    (lambda d, h, W: (1 - h**2) @ W, "Where is the gradient? Multiply it by the slope, then by the matrix."),
    (lambda d, h, W: _step_back(d, h, W) + d, "You add the gradient itself. There is no path around the step."),
    (
        lambda d, h, W: _step_back(d, h, W) / 3,
        "You divide by the number of sequences. Each row is a sequence of its own.",
    ),
    (lambda d, h, W: _step_back(d, h, W).sum(dim=0), "You add up the sequences. Each has a gradient of its own."),
    (lambda d, h, W: (d * (1 - h**2)).T @ h, "That is the gradient for `W`. Asked is the one for the old state."),
]


@takes_function("my_step_back", draw=_step, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_step_back(attempt, cases):
    """``attempt(gradient, state, W)`` returns the gradient for the state one step earlier."""
    wanted = "Return (B, H): first times the slope of tanh, then the matrix, nothing else."
    errors = [("cannot be multiplied", "the shapes do not fit: (B, H) @ (H, H) does. The gradient stands on the left.")]
    return compare(attempt, cases, _step_back, STEP_BACK, wanted=wanted, errors=errors)


def _gradients(rng):
    shapes, size = [(2, 2), (3,), (2,)][: rng.integers(2, 4)], rng.choice([0.02, 1.0])
    gradients = [floats((rng.integers(-9, 10, shape) + 0.5) * size) for shape in shapes]
    return gradients, round(float(_norm(gradients)) * rng.choice([0.1, 0.25, 0.5, 0.8, 1.5, 3.0]), 3)


def _norm(gradients):
    return sum(gradient.square().sum() for gradient in gradients) ** 0.5


def _times(factor):
    """Multiply each tensor by a `factor` of (the tensor, all tensors, the longest norm)."""
    return lambda gradients, longest: tuple(g * min(1.0, factor(g, gradients, longest)) for g in gradients)


def _always_times(factor):
    return lambda gradients, longest: tuple(g * factor(g, gradients, longest) for g in gradients)


def _of_each(change):
    return lambda gradients, longest: tuple(change(g, longest) for g in gradients)


def _all(gradients):
    return torch.cat([gradient.flatten() for gradient in gradients])


_clip = _times(lambda g, gs, longest: longest / _norm(gs))

OWN_NORM = "You clip each tensor by its own norm. Take one norm over all of them, so that the direction stays."
LIMIT = "A gradient that is short enough has to stay as it is. Limit the factor to 1."
ADD_NORMS = "You add the norms of the tensors. The common norm is the root of the sum of their squares."
SQUARED = "You divide by the square of the norm. Take the root of the sum of squares."
ANOTHER_NORM = "That is another norm. Take the root of the sum of all squares."
EACH_NUMBER = "You clip each number. That bends the direction; multiply all of them by one common factor."
CLIP = [
    (_of_each(lambda g, longest: g.clamp(-longest, longest)), EACH_NUMBER),
    (_of_each(lambda g, longest: g.clamp(max=longest)), EACH_NUMBER),
    (_times(lambda g, gs, longest: longest / g.norm()), OWN_NORM),
    (_always_times(lambda g, gs, longest: longest / g.norm()), OWN_NORM),
    (_times(lambda g, gs, longest: longest / len(gs) / g.norm()), OWN_NORM),
    (_times(lambda g, gs, longest: longest / _norm(gs) ** 2), SQUARED),
    (_always_times(lambda g, gs, longest: longest / _norm(gs) ** 2), SQUARED),
    (_always_times(lambda g, gs, longest: longest / _norm(gs)), LIMIT),
    (
        _always_times(lambda g, gs, longest: max(1.0, longest / _norm(gs))),
        "You lengthen what is short, and leave what is long. The factor is at *most* 1: min.",
    ),
    (
        _of_each(lambda g, longest: g),
        "Nothing was shortened. Where the common norm is above `longest`, multiply by longest / norm.",
    ),
    (_times(lambda g, gs, longest: 1 / _norm(gs)), "You shorten to norm 1. The factor is longest / norm."),
    (_always_times(lambda g, gs, longest: 1 / _norm(gs)), "You shorten to norm 1. The factor is longest / norm."),
    (
        _always_times(lambda g, gs, longest: 1 / _norm(gs) if _norm(gs) > longest else 1),
        "You shorten to norm 1. The factor is longest / norm.",
    ),
    (_always_times(lambda g, gs, longest: longest), "You multiply by `longest`. The factor is longest / norm."),
    (_times(lambda g, gs, longest: longest / sum(one.norm() for one in gs)), ADD_NORMS),
    (_always_times(lambda g, gs, longest: longest / sum(one.norm() for one in gs)), ADD_NORMS),
    (
        _times(lambda g, gs, longest: longest / max(one.norm() for one in gs)),
        "You take the largest norm alone. All tensors have one common norm.",
    ),
    (_times(lambda g, gs, longest: longest / _all(gs).abs().sum()), ANOTHER_NORM),
    (_times(lambda g, gs, longest: longest / _all(gs).abs().max()), ANOTHER_NORM),
    (_times(lambda g, gs, longest: longest / _all(gs).square().mean() ** 0.5), ANOTHER_NORM),
    (_times(lambda g, gs, longest: longest / _all(gs).square().sum().div(len(gs)) ** 0.5), ANOTHER_NORM),
    (
        _times(lambda g, gs, longest: (longest / _norm(gs)) ** 0.5),
        "You took a root too many: the factor is longest / norm.",
    ),
    (
        _times(lambda g, gs, longest: longest / _norm(gs[:1])),
        "You take the norm of the first tensor alone. All tensors have one common norm.",
    ),
    (
        lambda gradients, longest: _all(_clip(gradients, longest)),
        "You return one long tensor. Return a list of tensors of the given shapes.",
    ),
    (
        lambda gradients, longest: tuple(torch.zeros_like(g) if _norm(gradients) > longest else g for g in gradients),
        "You drop long gradients. Shorten them: their direction is still right.",
    ),
    (
        _always_times(lambda g, gs, longest: longest / _norm(gs) if _norm(gs) ** 2 > longest else 1),
        "You compare the *square* of the norm with `longest`. Compare the norm.",
    ),
]


@takes_function("my_clip", draw=_gradients, seeds=(0, 1, 3, 15, 37, 42, 46, 130))
def check_clip(attempt, cases):
    """``attempt(gradients, longest)`` returns the gradients, shortened together."""
    wanted = "Return a list with one tensor for each that was given, all multiplied by the same factor of at most 1."
    return compare(attempt, cases, _clip, CLIP, wanted=wanted)


def _gates(rng):
    return tuple(floats(rng.normal(0, 1.5, (3, 4)).round(1)) for _ in range(5))


def _lstm(i, f, g, o, c):
    new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * new_c.tanh(), new_c


def _cell(rule):
    """A wrong new cell, whatever the state is then."""
    return lambda i, f, g, o, c: (None, rule(i, f, g, o, c))


def _state(rule):
    """A wrong state of a right cell: a rule of (o, the new cell, the old cell)."""
    return lambda i, f, g, o, c: (rule(o, _lstm(i, f, g, o, c)[1], c), _lstm(i, f, g, o, c)[1])


BEFORE = "The four are given before sigmoid and tanh. Apply sigmoid to i, f and o, and tanh to g."
GRU = "You keep one minus a gate of the old cell, as a GRU would. An LSTM has a gate of its own for that: f."
EXCHANGED = "Two gates are exchanged: f multiplies the old cell, i what is written, o what is shown."
LSTM = [
    (lambda *gates: _lstm(*gates)[::-1], "The two are in the other order: first the state h, then the cell c."),
    (lambda *gates: _lstm(*gates)[0], "That is the state alone. Return two tensors, new_h and new_c."),
    (lambda *gates: _lstm(*gates)[1], "That is the cell alone. Return two tensors, new_h and new_c."),
    (lambda *gates: (_lstm(*gates)[0], gates[4]), "You return the old cell. Return the new one."),
    (_cell(lambda i, f, g, o, c: i.sigmoid() * c + f.sigmoid() * g.tanh()), EXCHANGED),
    (_cell(lambda i, f, g, o, c: o.sigmoid() * c + i.sigmoid() * g.tanh()), EXCHANGED),
    (_cell(lambda i, f, g, o, c: f.sigmoid() * c + o.sigmoid() * g.tanh()), EXCHANGED),
    (_cell(lambda i, f, g, o, c: f * c + i * g), BEFORE),
    (_cell(lambda i, f, g, o, c: f * c + i * g.tanh()), BEFORE),
    (
        _cell(lambda i, f, g, o, c: f.tanh() * c + i.tanh() * g.tanh()),
        "Gates go through sigmoid, so that they lie between 0 and 1. Only g goes through tanh.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g.sigmoid()),
        "The candidate g goes through tanh, not sigmoid: what is written may be negative.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g),
        "The candidate g has to go through tanh before it is written.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c + i.sigmoid() * g.relu()),
        "The candidate g goes through tanh, not ReLU.",
    ),
    (_cell(lambda i, f, g, o, c: (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()), GRU),
    (_cell(lambda i, f, g, o, c: f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()), GRU),
    (
        _cell(lambda i, f, g, o, c: (1 - f.sigmoid()) * c + i.sigmoid() * g.tanh()),
        "An open gate f *keeps* the old cell: sigmoid(f), not 1 minus it.",
    ),
    (
        _cell(lambda i, f, g, o, c: (f + 1).sigmoid() * c + i.sigmoid() * g.tanh()),
        "You add 1 to f. That is a bias for the start of training; here the sums are given.",
    ),
    (
        _cell(lambda i, f, g, o, c: c + i.sigmoid() * g.tanh()),
        "You keep the whole old cell. The gate f decides how much: sigmoid(f) * c.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c + g.tanh()),
        "You write the whole candidate. The gate i decides how much: sigmoid(i) * tanh(g).",
    ),
    (_cell(lambda i, f, g, o, c: i.sigmoid() * g.tanh()), "You forget the old cell: add sigmoid(f) * c."),
    (_cell(lambda i, f, g, o, c: f.sigmoid() * c), "Nothing is written: add sigmoid(i) * tanh(g)."),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c.tanh() + i.sigmoid() * g.tanh()),
        "The old cell stays as it is, without tanh. That is why memory lasts.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c * i.sigmoid() * g.tanh()),
        "What is kept and what is written are *added*.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c - i.sigmoid() * g.tanh()),
        "What is kept and what is written are *added*.",
    ),
    (
        _cell(lambda *gates: _lstm(*gates)[1].tanh()),
        "You return tanh of the cell. Return the cell itself; tanh belongs only to the state.",
    ),
    (
        _state(lambda o, new, old: o.sigmoid() * new),
        "The cell is right. The state shows tanh of the new cell, times the output gate.",
    ),
    (
        _state(lambda o, new, old: o.sigmoid() * new.sigmoid()),
        "The cell is right. The state shows *tanh* of the new cell, not sigmoid.",
    ),
    (
        _state(lambda o, new, old: o.sigmoid() * old.tanh()),
        "The cell is right. The state shows the *new* cell, not the old one.",
    ),
    (
        _state(lambda o, new, old: new.tanh()),
        "The cell is right. The gate o is missing: the state shows only a part of the cell.",
    ),
    (
        _state(lambda o, new, old: o * new.tanh()),
        "The cell is right. o is given before its sigmoid: sigmoid(o) * tanh(new_c).",
    ),
    (
        _state(lambda o, new, old: o.tanh() * new.tanh()),
        "The cell is right. The gate o goes through sigmoid, not tanh.",
    ),
    (
        _state(lambda o, new, old: (o.sigmoid() * new).tanh()),
        "The cell is right. tanh is of the cell alone, before the gate multiplies.",
    ),
    (
        _cell(lambda i, f, g, o, c: f.sigmoid() * c + (1 - i.sigmoid()) * g.tanh()),
        "An open gate i *writes* the candidate: sigmoid(i), not 1 minus it.",
    ),
    (
        _cell(lambda i, f, g, o, c: (f.sigmoid() * c + i.sigmoid() * g).tanh()),
        "tanh belongs to the candidate g alone, before the gate multiplies it.",
    ),
]


@takes_function("my_lstm", draw=_gates, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_lstm(attempt, cases):
    """``attempt(i, f, g, o, c)`` returns the new state and the new cell of an LSTM."""
    wanted = "Return two tensors, separated by a comma: `return new_h, new_c`."
    last = (
        "new_c keeps sigmoid(f) of the old cell and adds sigmoid(i) times tanh(g); new_h is sigmoid(o) times its tanh."
    )
    return compare(attempt, cases, _lstm, LSTM, wanted=wanted, last=last)


def _sentences(rng):
    n = int(rng.integers(1, 4))
    candidate, reference = (rng.choice(list("aaabbc"), rng.integers(n + 3, 10)).tolist() for _ in range(2))
    reference[: n + 1] = candidate[: n + 1]  # some run is shared
    return candidate, reference, n


def _precision(candidate, reference, n):
    ours, theirs = runs(candidate, n), runs(reference, n)
    return (ours & theirs).total() / ours.total()


def _of_runs(rule):
    """`rule` of the two counters of runs."""
    return lambda candidate, reference, n: rule(runs(candidate, n), runs(reference, n))


def _apart(words, n):
    """Cut a sentence into runs that do not overlap."""
    return Counter(tuple(words[at : at + n]) for at in range(0, len(words) - n + 1, n))


def _unordered(words, n):
    return Counter(tuple(sorted(run)) for run in zip(*(words[at:] for at in range(n)), strict=False))


RECALL = "You divide by the runs of the reference; that is recall. Divide by the runs of the candidate."
EACH_ONCE = "You count different runs, each once. A run that stands twice in both counts twice, in both sums."
WORDS = "You divide by the number of words. A sentence of k words has k - n + 1 runs."
PRECISION = [
    (
        _of_runs(lambda ours, theirs: sum(count for run, count in ours.items() if run in theirs) / ours.total()),
        "Repeated runs are counted each time. Count a run at most as often as it stands in the reference.",
    ),
    (
        _of_runs(lambda ours, theirs: sum(theirs[run] for run in ours) / ours.total()),
        "You count how often runs stand in the reference. Count at most as often as in the candidate, too: minima.",
    ),
    (
        _of_runs(
            lambda ours, theirs: (
                sum(max(count, theirs[run]) for run, count in ours.items() if run in theirs) / ours.total()
            )
        ),
        "You take the larger of the two counts. A run is shared as often as it stands in *both*: the minimum.",
    ),
    (_of_runs(lambda ours, theirs: (ours & theirs).total() / theirs.total()), RECALL),
    (_of_runs(lambda ours, theirs: sum(n for run, n in theirs.items() if run in ours) / theirs.total()), RECALL),
    (_of_runs(lambda ours, theirs: len(ours & theirs) / len(ours)), EACH_ONCE),
    (_of_runs(lambda ours, theirs: len(ours & theirs) / ours.total()), EACH_ONCE),
    (_of_runs(lambda ours, theirs: (ours & theirs).total() / len(ours)), EACH_ONCE),
    (
        _of_runs(lambda ours, theirs: len(ours & theirs) / len(ours | theirs)),
        "You divide by the runs of both together. Divide by the runs of the candidate.",
    ),
    (
        _of_runs(lambda ours, theirs: (ours & theirs).total() / (ours | theirs).total()),
        "You divide by the runs of both together. Divide by the runs of the candidate.",
    ),
    (
        _of_runs(lambda ours, theirs: 2 * (ours & theirs).total() / (ours.total() + theirs.total())),
        "That is F1, of precision and recall. Divide by the runs of the candidate.",
    ),
    (
        _of_runs(lambda ours, theirs: (ours & theirs).total() / max(ours.total(), theirs.total())),
        "You divide by the longer of the two. Divide by the runs of the candidate.",
    ),
    (
        _of_runs(lambda ours, theirs: (ours & theirs).total() / min(ours.total(), theirs.total())),
        "You divide by the shorter of the two. Divide by the runs of the candidate.",
    ),
    (
        _of_runs(lambda ours, theirs: (ours & theirs).total()),
        "That is how many are shared. Divide by how many runs the candidate has.",
    ),
    (
        _of_runs(lambda ours, theirs: 100 * (ours & theirs).total() / ours.total()),
        "A share from 0 to 1 is asked for, not percent.",
    ),
    (
        _of_runs(lambda ours, theirs: 1 - (ours & theirs).total() / ours.total()),
        "That is the share that is *not* in the reference.",
    ),
    (
        lambda candidate, reference, n: _precision(candidate, reference, 1),
        "Right for single words. A run is n words in a row.",
    ),
    (
        lambda candidate, reference, n: _precision(candidate, reference, n + 1),
        "Your runs have n + 1 words. A run is n words in a row.",
    ),
    (
        lambda candidate, reference, n: sum(_precision(candidate, reference, k) for k in range(1, n + 1)) / n,
        "You average over all lengths up to n. Asked are the runs of n words alone.",
    ),
    (lambda candidate, reference, n: (runs(candidate, n) & runs(reference, n)).total() / len(candidate), WORDS),
    (lambda candidate, reference, n: (runs(candidate, n) & runs(reference, n)).total() / (len(candidate) - n), WORDS),
    (
        lambda candidate, reference, n: (
            (_apart(candidate, n) & _apart(reference, n)).total() / _apart(candidate, n).total()
        ),
        "Your runs do not overlap. One starts at every word that has n - 1 more behind it.",
    ),
    (
        lambda candidate, reference, n: (
            (_unordered(candidate, n) & _unordered(reference, n)).total() / (len(candidate) - n + 1)
        ),
        "You do not look at the order within a run. A run is n words in a row, in this order.",
    ),
    (
        lambda candidate, reference, n: (
            sum(candidate[at : at + n] == reference[at : at + n] for at in range(len(candidate) - n + 1))
            / (len(candidate) - n + 1)
        ),
        "You compare runs at the same place only. A shared run may stand anywhere.",
    ),
    (_of_runs(lambda ours, theirs: (Counter(dict.fromkeys(ours, 1)) & theirs).total() / ours.total()), EACH_ONCE),
    (
        lambda candidate, reference, n: _precision(candidate[:-1], reference[:-1], n),
        "You leave out the last run. A sentence of k words has k - n + 1 of them.",
    ),
    (
        lambda candidate, reference, n: (
            min(1, math.exp(1 - len(reference) / len(candidate))) * _precision(candidate, reference, n)
        ),
        "You punish short captions, as BLEU does at the end. The precision alone is asked.",
    ),
    (
        lambda candidate, reference, n: _precision(candidate, reference, n) ** (1 / n),
        "You take a root, as BLEU does at the end. The precision alone is asked.",
    ),
    (
        _of_runs(lambda ours, theirs: sum(min(count, 2, theirs[run]) for run, count in ours.items()) / ours.total()),
        "You count a run twice at most. Count it as often as it stands in both.",
    ),
]


@takes_function("my_precision", draw=_sentences, seeds=(0, 17, 30, 80, 111, 125, 131, 145))
def check_precision(attempt, cases):
    """``attempt(candidate, reference, n)`` returns the clipped precision of runs of n words."""
    wanted = (
        "Return one number, a share: shared runs, each at most as often as in the reference, by the candidate's runs."
    )
    return compare(attempt, cases, _precision, PRECISION, wanted=wanted)


CHECKERS = {
    "recurrent-step-back": check_step_back,
    "recurrent-clip": check_clip,
    "recurrent-lstm": check_lstm,
    "recurrent-precision": check_precision,
}
