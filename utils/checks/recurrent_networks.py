"""Checkers of lecture 16: each returns a hint, or None if the attempt is right."""

import torch

from utils.captioning import runs
from utils.checks import takes_function


def _close(value, expected):
    return torch.is_tensor(value) and value.shape == expected.shape and torch.allclose(value, expected, atol=1e-5)


def _draws():
    return torch.Generator().manual_seed(16)


@takes_function("my_step_back")
def check_step_back(attempt):
    """``attempt(gradient, state, W)`` returns the gradient for the state one step earlier."""
    generator = _draws()
    gradient, W = torch.randn(3, 4, generator=generator), torch.randn(4, 4, generator=generator)
    state = torch.tanh(torch.randn(3, 4, generator=generator))
    value = attempt(gradient.clone(), state.clone(), W.clone())
    right = (gradient * (1 - state**2)) @ W
    if _close(value, right):
        return None
    if _close(value, (gradient * (1 - state**2)) @ W.T):
        return "`W` is the wrong way round. Forwards the step was `h @ W.T`; the way back takes the other one."
    if _close(value, gradient @ W):
        return "the gradient has not passed through tanh. Multiply by its slope, 1 - state**2, before the matrix."
    if _close(value, (gradient @ W) * (1 - state**2)):
        return "the order is reversed: forwards came the matrix, then tanh. So backwards comes tanh first."
    if _close(value, (gradient * (1 - state)) @ W):
        return "the slope of tanh is 1 - tanh**2: square the state."
    if _close(value, (gradient * (1 - torch.tanh(state) ** 2)) @ W):
        return "`state` is already the result of tanh. Its slope there is 1 - state**2, with no second tanh."
    if _close(value, gradient * (1 - state**2)):
        return "you stopped before the matrix. The old state went through `W` to get there."
    if not torch.is_tensor(value) or value.shape != right.shape:
        shape = tuple(value.shape) if torch.is_tensor(value) else type(value).__name__
        return f"you return {shape}; expected a tensor of shape (3, 4), one row a sequence."
    return "the shape is right, the numbers are not. First times the slope of tanh, then the matrix, nothing else."


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
    if all(_close(one, 0.1 * other) for one, other in zip(value, given, strict=True)):
        short = attempt([0.01 * gradient for gradient in given], 1.3)
        if all(_close(one, 0.01 * other) for one, other in zip(short, given, strict=True)):
            return None
        return "a gradient that is short enough was made longer. It has to stay as it is: limit the factor to 1."
    if all(_close(one, other.clamp(-1.3, 1.3)) for one, other in zip(value, given, strict=True)):
        return "you clip each number. That bends the direction; multiply all of them by one common factor."
    if all(_close(one, other * 1.3 / other.norm()) for one, other in zip(value, given, strict=True)):
        return "you clip each tensor by its own norm. Take one norm over all of them, so that the direction stays."
    if all(_close(one, other * 1.3 / 169) for one, other in zip(value, given, strict=True)):
        return "you divide by the square of the norm. Take the root of the sum of squares."
    if all(_close(one, other / 13) for one, other in zip(value, given, strict=True)):
        return "the result has norm 1, but `longest` was 1.3. The factor is longest / norm."
    if all(_close(one, other) for one, other in zip(value, given, strict=True)):
        return "nothing was shortened, although the common norm is 13 and `longest` was 1.3."
    if not all(torch.is_tensor(one) for one in value):
        return f"the list holds {type(value[0]).__name__}; expected tensors."
    if all(_close(one, other * 1.3 / 17) for one, other in zip(value, given, strict=True)):
        return "you add the norms, 5 + 12. The common norm is the root of the sum of their squares, 13."
    return "tensors with norms 5 and 12 have the common norm 13. For `longest` = 1.3 every number must become a tenth."


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
    if _close(h, new_h) and _close(cell, new_c):
        return None
    if _close(h, new_c) and _close(cell, new_h):
        return "the two are in the other order: first the state h, then the cell c."
    if _close(cell, i.sigmoid() * c + f.sigmoid() * g.tanh()):
        return "`i` and `f` are exchanged: f multiplies the old cell, i what is written."
    if _close(cell, f * c + i * g):
        return "the four are given before sigmoid and tanh. Apply sigmoid to i, f and o, and tanh to g."
    if _close(cell, f.sigmoid() * c + i.sigmoid() * g.sigmoid()):
        return "the candidate g goes through tanh, not sigmoid: what is written may be negative."
    if _close(cell, f.sigmoid() * c + i.sigmoid() * g):
        return "the candidate g has to go through tanh before it is written."
    if _close(cell, (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()):
        return "you keep 1 - i of the old cell, as a GRU would. An LSTM has a gate of its own for that: f."
    if _close(cell, new_c) and _close(h, o.sigmoid() * new_c):
        return "the cell is right. The state shows tanh of the new cell, times the output gate."
    if _close(cell, new_c) and _close(h, o.sigmoid() * c.tanh()):
        return "the cell is right. The state shows the *new* cell, not the old one."
    if _close(cell, new_c):
        return "the cell is right, the state is not: sigmoid(o) times tanh of the new cell."
    if _close(cell, new_c.tanh()):
        return "you return tanh of the cell. Return the cell itself; tanh belongs only to the state."
    return "the cell is not right: keep sigmoid(f) of the old one, and add sigmoid(i) times tanh(g)."


@takes_function("my_precision")
def check_precision(attempt):
    """``attempt(candidate, reference, n)`` returns the clipped precision of runs of n words."""
    candidate, reference = (
        ["a", "bag", "a", "bag", "a", "bag"],
        ["a", "blue", "bag", "and", "a", "bag", "on", "wet", "brick"],
    )
    cases = [(candidate, reference, 1), (candidate, reference, 2), (["a", "blue", "bag"], ["a", "blue", "boot"], 2)]
    found = [attempt(list(ours), list(theirs), n) for ours, theirs, n in cases]
    if any(isinstance(value, list | tuple) for value in found):
        return f"for n = 1 you return {found[0]!r}; expected one number."
    values = [float(value) for value in found]

    def answers(rule):
        found = [rule(runs(ours, n), runs(theirs, n)) for ours, theirs, n in cases]
        return all(abs(value - one) < 1e-6 for value, one in zip(values, found, strict=True))

    if answers(lambda ours, theirs: (ours & theirs).total() / ours.total()):
        return None
    if answers(lambda ours, theirs: sum(count for run, count in ours.items() if run in theirs) / ours.total()):
        return "repeated words are counted each time. Count a run at most as often as it stands in the reference."
    if answers(lambda ours, theirs: (ours & theirs).total() / theirs.total()):
        return "you divide by the runs of the reference; that is recall. Divide by the runs of the candidate."
    if answers(lambda ours, theirs: len(set(ours) & set(theirs)) / len(set(ours))):
        return "you count different runs, each once. A run that stands twice in both counts twice, in both sums."
    if answers(lambda ours, theirs: (ours & theirs).total()):
        return "that is how many are shared. Divide by how many runs the candidate has."
    right = [(runs(ours, n) & runs(theirs, n)).total() / runs(ours, n).total() for ours, theirs, n in cases]
    if abs(values[0] - right[0]) < 1e-6:
        return "right for single words, not for n = 2. A run is n words in a row; k words have k - n + 1 runs."
    if abs(values[0] - 100 * right[0]) < 0.01:
        return f"you give {values[0]:g}: a share from 0 to 1 is asked for, not percent."
    return (
        f"for 'a bag a bag a bag' against 'a blue bag and a bag on wet brick' and n = 1 you give {values[0]:g}, "
        f"expected {right[0]:.3f}: a and bag count twice each, out of six words."
    )


CHECKERS = {
    "recurrent-step-back": check_step_back,
    "recurrent-clip": check_clip,
    "recurrent-lstm": check_lstm,
    "recurrent-precision": check_precision,
}
