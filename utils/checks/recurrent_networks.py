"""Checkers of lecture 16: each returns a hint, or None if the attempt is right."""

import torch

from utils.course.hints import first_match, number, same, takes_function
from utils.sequences.caption_scores import runs


def _draws():
    return torch.Generator().manual_seed(16)


@takes_function("my_step_back")
def check_step_back(attempt):
    """``attempt(gradient, state, W)`` returns the gradient for the state one step earlier."""
    generator = _draws()
    gradient, W = torch.randn(3, 4, generator=generator), torch.randn(4, 4, generator=generator)
    state = torch.tanh(torch.randn(3, 4, generator=generator))
    value = attempt(gradient.clone(), state.clone(), W.clone())
    return _step_back_hint(value, gradient, state, W)


def _step_back_hint(value, gradient, state, W):
    slope = 1 - state**2
    right = (gradient * slope) @ W
    shape = tuple(value.shape) if torch.is_tensor(value) else type(value).__name__
    mistakes = [
        (shape != right.shape, f"you return {shape}; expected a tensor of shape (3, 4), one row a sequence."),
        (right, None),
        (
            (gradient * slope) @ W.T,
            "`W` is the wrong way round. Forwards the step was `h @ W.T`; the way back takes the other one.",
        ),
        (
            gradient @ W,
            "the gradient has not passed through tanh. Multiply by its slope, 1 - state**2, before the matrix.",
        ),
        (
            (gradient @ W) * slope,
            "the order is reversed: forwards came the matrix, then tanh. So backwards comes tanh first.",
        ),
        ((gradient * (1 - state)) @ W, "the slope of tanh is 1 - tanh**2: square the state."),
        (
            (gradient * (1 - torch.tanh(state) ** 2)) @ W,
            "`state` is already the result of tanh. Its slope there is 1 - state**2, with no second tanh.",
        ),
        (gradient * slope, "you stopped before the matrix. The old state went through `W` to get there."),
        (
            True,
            "the shape is right, the numbers are not. First times the slope of tanh, then the matrix, nothing else.",
        ),
    ]
    return first_match(value, mistakes)


@takes_function("my_clip")
def check_clip(attempt):
    """``attempt(gradients, longest)`` returns the gradients, shortened together."""
    gradients = [torch.tensor([[3.0, 0.0], [0.0, 4.0]]), torch.tensor([12.0])]  # norms 5 and 12, together 13
    given = [gradient.clone() for gradient in gradients]
    value = attempt(gradients, 1.3)
    if not all(torch.equal(one, other) for one, other in zip(gradients, given, strict=True)):
        return "you changed the given tensors. Return new ones: `gradient * factor`, not `gradient *= factor`."
    if not isinstance(value, list | tuple) or len(value) != 2:
        return f"you return {type(value).__name__}; expected a list with one tensor for each that was given."
    if not all(torch.is_tensor(one) for one in value):
        return f"the list holds {type(value[0]).__name__}; expected tensors."
    if not _all_same(value, [0.1 * gradient for gradient in given]):
        return _clip_hint(value, given)
    short = [0.01 * gradient for gradient in given]
    if not _all_same(attempt([gradient.clone() for gradient in short], 1.3), short):
        return "a gradient that is short enough was made longer. It has to stay as it is: limit the factor to 1."
    return None


def _all_same(values, expected):
    return all(same(one, other) for one, other in zip(values, expected, strict=True))


def _clip_hint(value, given):
    def gives(rule):
        return _all_same(value, [rule(gradient) for gradient in given])

    mistakes = [
        (
            gives(lambda g: g.clamp(-1.3, 1.3)),
            "you clip each number. That bends the direction; multiply all of them by one common factor.",
        ),
        (
            gives(lambda g: g * 1.3 / g.norm()),
            "you clip each tensor by its own norm. Take one norm over all of them, so that the direction stays.",
        ),
        (gives(lambda g: g * 1.3 / 169), "you divide by the square of the norm. Take the root of the sum of squares."),
        (gives(lambda g: g / 13), "the result has norm 1, but `longest` was 1.3. The factor is longest / norm."),
        (gives(lambda g: g), "nothing was shortened, although the common norm is 13 and `longest` was 1.3."),
        (
            gives(lambda g: g * 1.3 / 17),
            "you add the norms, 5 + 12. The common norm is the root of the sum of their squares, 13.",
        ),
        (
            True,
            "tensors with norms 5 and 12 have the common norm 13. "
            "For `longest` = 1.3 every number must become a tenth.",
        ),
    ]
    return first_match(value, mistakes)


@takes_function("my_lstm")
def check_lstm(attempt):
    """``attempt(i, f, g, o, c)`` returns the new state and the new cell of an LSTM."""
    generator = _draws()
    i, f, g, o, c = (torch.randn(2, 3, generator=generator) for _ in range(5))
    value = attempt(*(tensor.clone() for tensor in (i, f, g, o, c)))
    if not isinstance(value, list | tuple) or len(value) != 2:
        return "expected two tensors, separated by a comma and not stacked: `return new_h, new_c`."
    h, cell = value
    new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    new_h = o.sigmoid() * new_c.tanh()
    if same(h, new_c) and same(cell, new_h):
        return "the two are in the other order: first the state h, then the cell c."
    if not same(cell, new_c):
        return _cell_hint(cell, i, f, g, c, new_c)
    state_mistakes = [
        (new_h, None),
        (o.sigmoid() * new_c, "the cell is right. The state shows tanh of the new cell, times the output gate."),
        (o.sigmoid() * c.tanh(), "the cell is right. The state shows the *new* cell, not the old one."),
        (True, "the cell is right, the state is not: sigmoid(o) times tanh of the new cell."),
    ]
    return first_match(h, state_mistakes)


def _cell_hint(cell, i, f, g, c, new_c):
    kept, write = f.sigmoid() * c, i.sigmoid()
    mistakes = [
        (
            write * c + f.sigmoid() * g.tanh(),
            "`i` and `f` are exchanged: f multiplies the old cell, i what is written.",
        ),
        (f * c + i * g, "the four are given before sigmoid and tanh. Apply sigmoid to i, f and o, and tanh to g."),
        (
            kept + write * g.sigmoid(),
            "the candidate g goes through tanh, not sigmoid: what is written may be negative.",
        ),
        (kept + write * g, "the candidate g has to go through tanh before it is written."),
        (
            (1 - write) * c + write * g.tanh(),
            "you keep 1 - i of the old cell, as a GRU would. An LSTM has a gate of its own for that: f.",
        ),
        (new_c.tanh(), "you return tanh of the cell. Return the cell itself; tanh belongs only to the state."),
        (True, "the cell is not right: keep sigmoid(f) of the old one, and add sigmoid(i) times tanh(g)."),
    ]
    return first_match(cell, mistakes)


@takes_function("my_precision")
def check_precision(attempt):
    """``attempt(candidate, reference, n)`` returns the clipped precision of runs of n words."""
    candidate, reference = (
        ["a", "bag", "a", "bag", "a", "bag"],
        ["a", "blue", "bag", "and", "a", "bag", "on", "wet", "brick"],
    )
    cases = [(candidate, reference, 1), (candidate, reference, 2), (["a", "blue", "bag"], ["a", "blue", "boot"], 2)]
    found = [attempt(list(ours), list(theirs), n) for ours, theirs, n in cases]
    values = [number(value) for value in found]
    if None in values:
        return f"for n = 1 you return {found[0]!r}; expected one number."
    return _precision_hint(values, cases)


def _precision_hint(values, cases):
    def answers(rule):
        return [rule(runs(ours, n), runs(theirs, n)) for ours, theirs, n in cases]

    right = answers(lambda ours, theirs: (ours & theirs).total() / ours.total())
    mistakes = [
        (right, None),
        (
            answers(lambda ours, theirs: sum(count for run, count in ours.items() if run in theirs) / ours.total()),
            "repeated words are counted each time. Count a run at most as often as it stands in the reference.",
        ),
        (
            answers(lambda ours, theirs: (ours & theirs).total() / theirs.total()),
            "you divide by the runs of the reference; that is recall. Divide by the runs of the candidate.",
        ),
        (
            answers(lambda ours, theirs: len(set(ours) & set(theirs)) / len(set(ours))),
            "you count different runs, each once. A run that stands twice in both counts twice, in both sums.",
        ),
        (
            answers(lambda ours, theirs: (ours & theirs).total()),
            "that is how many are shared. Divide by how many runs the candidate has.",
        ),
        (
            same(values[0], right[0]),
            "right for single words, not for n = 2. A run is n words in a row; k words have k - n + 1 runs.",
        ),
        (same(values[0], 100 * right[0]), f"you give {values[0]:g}: a share from 0 to 1 is asked for, not percent."),
        (
            True,
            f"for 'a bag a bag a bag' against 'a blue bag and a bag on wet brick' and n = 1 you give {values[0]:g}, "
            f"expected {right[0]:.3f}: a and bag count twice each, out of six words.",
        ),
    ]
    return first_match(values, mistakes)


CHECKERS = {
    "recurrent-step-back": check_step_back,
    "recurrent-clip": check_clip,
    "recurrent-lstm": check_lstm,
    "recurrent-precision": check_precision,
}
