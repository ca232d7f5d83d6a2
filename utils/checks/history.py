"""Checkers of lecture 05: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.course.hints import compare, takes_function


def _window(rng):
    return (rng.integers(0, 10, (2, 2)).astype(float),)


def _cross(window):
    (a, b), (c, d) = window
    return np.hypot(a - d, b - c)


def _of_pixels(rule):
    return lambda window: rule(*np.ravel(window))


ONE_DIAGONAL = "You take one diagonal. Roberts takes both."
ALONG = "You take differences along rows or columns. Roberts takes the diagonals: a − d and b − c."
CANCELS = "You add the differences with their signs, so they can cancel. Square each one first."
CROSS = [
    (lambda window: _cross(window) ** 2, "That is the sum of the squares. Take its root."),
    (
        _of_pixels(lambda a, b, c, d: abs(a - d) + abs(b - c)),
        "You add the two differences. Square, add, take the root.",
    ),
    (_of_pixels(lambda a, b, c, d: abs(a - d)), ONE_DIAGONAL),
    (_of_pixels(lambda a, b, c, d: abs(b - c)), ONE_DIAGONAL),
    (lambda window: _cross(window) / 2**0.5, "That is scikit-image's scale. The formula here has no factor."),
    (lambda window: _cross(window) / 2, "That is half of it. The formula here has no factor."),
    (_of_pixels(lambda a, b, c, d: np.hypot(a - b, c - d)), ALONG),
    (_of_pixels(lambda a, b, c, d: np.hypot(a - c, b - d)), ALONG),
    (_of_pixels(lambda a, b, c, d: np.hypot(a - b, a - c)), ALONG),
    (_of_pixels(lambda a, b, c, d: abs(a - d + b - c)), CANCELS),
    (_of_pixels(lambda a, b, c, d: a - d + b - c), CANCELS),
    (_of_pixels(lambda a, b, c, d: abs(a + d - b - c)), CANCELS),
    (_of_pixels(lambda a, b, c, d: max(abs(a - d), abs(b - c))), "You take the larger difference alone. Both count."),
    (_of_pixels(lambda a, b, c, d: (abs(a - d) + abs(b - c)) ** 0.5), "You take the root without squaring first."),
    (_of_pixels(lambda a, b, c, d: np.hypot(a + d, b + c)), "You add the pixels of a diagonal. Take their difference."),
]


@takes_function("my_cross", draw=_window, seeds=(0, 3, 5, 42, 44, 77, 78, 85))
def check_cross(attempt, cases):
    """``attempt(window)`` gives Roberts' edge strength of one window of 2 × 2 pixels."""
    wanted = "Return one strength for the window: √((a − d)² + (b − c)²)."
    return compare(attempt, cases, _cross, CROSS, wanted=wanted)


def _scores(rng):
    n = rng.integers(3, 7)
    return rng.integers(1, 6, n) / 10, int(rng.integers(n))


def _percentile(scores, right):
    return np.sum(np.delete(scores, right) <= scores[right]) / (len(scores) - 1)


def _of_ranks(rule):
    """`rule` of how many models there are and how many of them score higher."""
    return lambda scores, right: rule(len(scores), np.sum(scores > scores[right]))


def _position(scores, right):
    return list(np.argsort(scores, kind="stable")).index(right)


TOO_MANY = "You count the right model too. There are n − 1 others."
TIES = "Models with the same score are ranked by their place in the list. None of them scores higher: count `>`."
PERCENTILE = [
    (_of_ranks(lambda n, above: above + 1), "That is the rank. Turn it into a share: (n − rank) / (n − 1)."),
    (
        _of_ranks(lambda n, above: above / (n - 1)),
        "That is the share that ranks above. Asked is the share that does not.",
    ),
    (_of_ranks(lambda n, above: (n - 1 - above) / n), TOO_MANY),
    (_of_ranks(lambda n, above: (n - above) / n), TOO_MANY),
    (_of_ranks(lambda n, above: (n - above) / (n - 1)), TOO_MANY),
    (
        lambda scores, right: np.sum(scores < scores[right]) / (len(scores) - 1),
        "You leave out the others with the same score. They do not score higher.",
    ),
    (
        lambda scores, right: (np.mean(scores < scores[right]) + np.mean(scores <= scores[right])) / 2,
        "Models with the same score count half. They do not score higher, so each counts whole.",
    ),
    (lambda scores, right: _position(scores, right) / (len(scores) - 1), TIES),
    (lambda scores, right: 1 - _position(-scores, right) / (len(scores) - 1), TIES),
    (
        lambda scores, right: np.argsort(scores, kind="stable")[right] / (len(scores) - 1),
        "np.argsort gives which model is at each place, not each model's place. Count who scores higher instead.",
    ),
    (_of_ranks(lambda n, above: (above + 1) / n), "That is the rank over n. Use (n − rank) / (n − 1): 1 at the top."),
    (
        _of_ranks(lambda n, above: 1 / (above + 1)),
        "That is one over the rank. Use (n − rank) / (n − 1): 0 at the bottom.",
    ),
    (_of_ranks(lambda n, above: n - above), "That is a rank from below. Turn it into a share of the n − 1 others."),
    (_of_ranks(lambda n, above: n - 1 - above), "That is how many others, a count. Divide it by n − 1."),
    (
        _of_ranks(lambda n, above: above == 0),
        "That says only whether it is at the top. Count who does not score higher.",
    ),
    (
        lambda scores, right: scores[right],
        "You give the score itself. Asked is how many of the others do not score higher.",
    ),
    (lambda scores, right: 100 * _percentile(scores, right), "That is in percent. Return a share from 0 to 1."),
    (
        lambda scores, right: 1 - np.sum(np.unique(scores) > scores[right]) / max(1, len(np.unique(scores)) - 1),
        "You count different scores. Count the models, also those with the same score.",
    ),
    (
        _of_ranks(lambda n, above: (above + 1) / (n - 1)),
        "That is the rank over n − 1. Use (n − rank) / (n − 1): 1 at the top.",
    ),
    (
        lambda scores, right: scores[right] / scores.max(),
        "You divide the score by the best one. Count the models instead.",
    ),
]


@takes_function("my_percentile", draw=_scores, seeds=(0, 7, 15, 29, 66, 67, 71, 86))
def check_percentile(attempt, cases):
    """``attempt(scores, right)`` gives the match percentile of one query."""
    return compare(attempt, cases, _percentile, PERCENTILE, wanted="Return one share, from 0 to 1.")


def _placement(rng):
    n, order = 4, rng.permutation(4)
    parents = [-1] * n
    for i in range(1, n):  # a tree, whichever part is the root
        parents[order[i]] = int(order[rng.integers(i)])
    places = [tuple(place) for place in rng.integers(0, 6, (n, 2)).tolist()]
    offsets = [tuple(offset) for offset in rng.integers(-2, 3, (n, 2)).tolist()]
    return rng.random((n, 6, 7)).round(2), places, parents, offsets, rng.choice([0.5, 1.0, 2.0, 3.0], n).tolist()


def _energy(costs, places, parents, offsets, stiffness):
    return _looks(costs, places) + _springs(places, parents, offsets, stiffness)


def _looks(costs, places):
    return sum(cost[y, x] for cost, (y, x) in zip(costs, places, strict=True))


def _squared(away):
    return np.sum(np.square(away))


def _springs(places, parents, offsets, stiffness, *, of=_squared, counts=lambda i, parent: parent >= 0, other=None):
    """Add up the springs for which ``counts(i, parent)``; `of` gives the energy of a stretch."""
    total = 0.0
    for i, parent in enumerate(parents):
        if counts(i, parent):
            start = places[parent if other is None else other]
            total += stiffness[i] * of(np.subtract(places[i], start) - offsets[i])
    return total


def _with_springs(**how):
    return lambda costs, places, *springs: _looks(costs, places) + _springs(places, *springs, **how)


def _with_arguments(change):
    """``change(parents, offsets, stiffness)`` gives these three as somebody takes them."""
    return lambda costs, places, *springs: _looks(costs, places) + _springs(places, *change(*springs))


ROOT_TOO = "You count a spring for the root too. It has no parent: leave out part i if parents[i] is −1."
ENERGY = [
    (lambda costs, places, *_: _looks(costs, places), "That is the looks alone. Add the energy of each spring."),
    (
        lambda costs, places, *springs: _springs(places, *springs),
        "That is the springs alone. Add costs[i] at the place of each part.",
    ),
    (
        lambda costs, places, *springs: _energy(costs.swapaxes(1, 2)[:, :6], places, *springs),
        "You swap row and column: a place is (row, column), and costs[i] has shape (H, W).",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, offsets, np.divide(stiffness, 2))),
        "You give half of the energy of each spring. There is no factor ½ in the formula here.",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, offsets, np.ones(len(parents)))),
        "You forget the stiffness. The energy of a spring is stiffness[i] times its squared stretch.",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, offsets, np.take(stiffness, parents))),
        "You take the stiffness of the parent. The spring of part i has stiffness[i].",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, np.zeros((len(parents), 2)), stiffness)),
        "You forget the offsets: a spring is at rest where the part lies at parent + offset.",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, np.negative(offsets), stiffness)),
        "An offset has the wrong sign: the stretch is place − parent's place − offset.",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, np.flip(offsets, 1), stiffness)),
        "You swap row and column of the offsets. They are (rows, columns), as the places are.",
    ),
    (
        _with_springs(of=np.linalg.norm),
        "You take the length of the stretch. The energy of a spring grows with its square.",
    ),
    (
        _with_springs(of=lambda away: abs(away).sum()),
        "You add the two sides of the stretch. The energy grows with the squared length, dy² + dx².",
    ),
    (
        _with_springs(of=lambda away: away.sum() ** 2),
        "You add the two sides of the stretch before you square. Square each: dy² + dx².",
    ),
    (_with_springs(counts=lambda i, parent: True), ROOT_TOO),
    (
        _with_springs(counts=lambda i, parent: i > 0),
        "You leave out part 0. The root may be another part: it is the one with parents[i] = −1.",
    ),
    (
        _with_springs(counts=lambda i, parent: parent > 0),
        "You leave out the springs whose parent is part 0. Only −1 says that there is no parent.",
    ),
    (
        _with_springs(other=0),
        "You measure every spring from part 0. Its other end is the part's own parent, parents[i].",
    ),
    (
        lambda costs, places, parents, *more: _energy(costs, places, parents, *more) / len(places),
        "You take the mean over the parts. The energy is a sum.",
    ),
    (
        _with_arguments(lambda parents, offsets, stiffness: (parents, offsets, np.square(stiffness))),
        "You square the stiffness. It multiplies the squared stretch as it is.",
    ),
    (
        _with_springs(of=lambda away: away[0] ** 2),
        "You take the rows of the stretch alone. Its squared length is dy² + dx².",
    ),
    (
        _with_arguments(
            lambda parents, offsets, stiffness: (
                [parent if parent < 0 else (i - 1) % len(parents) for i, parent in enumerate(parents)],
                offsets,
                stiffness,
            )
        ),
        "You measure each spring from the part before. Its other end is the part's own parent, parents[i].",
    ),
    (
        lambda costs, places, parents, *more: (
            _energy(costs, places, parents, *more) - costs[parents.index(-1)][places[parents.index(-1)]]
        ),
        "You leave out the looks of the root. It has no spring, but a place.",
    ),
]


@takes_function("my_energy", draw=_placement, seeds=(22, 27, 38, 44, 48, 89, 91, 116))
def check_energy(attempt, cases):
    """``attempt(costs, places, parents, offsets, stiffness)`` gives the energy of a placement."""
    wanted = "Return one energy for the placement."
    last = "Add costs[i] at each part's place, and for each part with a parent stiffness[i] times its squared stretch."
    return compare(attempt, cases, _energy, ENERGY, wanted=wanted, last=last)


def _letter(rng):
    w, b = rng.integers(-2, 3, 3) / 2, float(rng.integers(-2, 3)) / 2
    return w, b, rng.integers(0, 2, 3).astype(float), int(rng.choice([-1, 1]))


def _step(w, b, x, y):
    return (w + y * x, b + y) if y * (w @ x + b) <= 0 else (w, b)


def _if_wrong(move, wrong=lambda total, y: y * total <= 0):
    """``move(w, b, x, y)`` after a mistake; ``wrong(total, y)`` says what is one."""
    return lambda w, b, x, y: move(w, b, x, y) if wrong(w @ x + b, y) else (w, b)


def _moved(w, b, x, y):
    return w + y * x, b + y


FROM_0_TO_1 = "You treat the label as 0 or 1. Here it is −1 or 1: add y · x and y after a mistake."
STEP = [
    (_moved, "You change something even if the sum has the right sign. Change only after a mistake."),
    (lambda w, b, x, y: (w, b), "You never change anything. After a mistake add y · x to w, and y to b."),
    (
        _if_wrong(_moved, lambda total, y: y * total < 0),
        "The sum is 0 and you change nothing. Zero counts as wrong, else nothing is ever learned.",
    ),
    (
        _if_wrong(_moved, lambda total, y: y * total > 0),
        "You change after a right answer, and not after a wrong one. Turn the comparison round.",
    ),
    (
        _if_wrong(_moved, lambda total, y: total <= 0),
        "You look at the sum without the label. It is wrong if y times the sum is not above 0.",
    ),
    (
        _if_wrong(_moved, lambda total, y: y * total < 1),
        "You ask for a sum of at least 1. It is right as soon as its sign is: compare with 0.",
    ),
    (
        lambda w, b, x, y: _moved(w, b, x, y) if y * (w @ x) <= 0 else (w, b),
        "You forget b in the sum: it is w · x + b.",
    ),
    (_if_wrong(lambda w, b, x, y: (w + y * x, b)), "The weights are right, but the bias has to move too, by y."),
    (_if_wrong(lambda w, b, x, y: (w + y * x, b + 1)), "The weights are right, but the bias moves by y, not by 1."),
    (_if_wrong(lambda w, b, x, y: (w, b + y)), "The bias is right, but the weights have to move too, by y · x."),
    (_if_wrong(lambda w, b, x, y: (w + 2 * y * x, None)), "You move twice as far: add y · x once."),
    (_if_wrong(lambda w, b, x, y: (w + y * x / 2, None)), "You move half as far: add y · x, with no step size."),
    (_if_wrong(lambda w, b, x, y: (w + 0.1 * y * x, None)), "You use a step size. The rule adds y · x itself."),
    (_if_wrong(lambda w, b, x, y: (w + x, None)), "You add the letter whatever its label. Multiply it by y."),
    (
        _if_wrong(lambda w, b, x, y: (w - y * x, None)),
        "You move the wrong way: add y · x, which takes x away if y is −1.",
    ),
    (
        lambda w, b, x, y: (w + (y - np.sign(w @ x + b)) * x, b + y - np.sign(w @ x + b)),
        "You move by y minus the answer, which is twice as far after most mistakes. Add y · x once.",
    ),
    (lambda w, b, x, y: (w + (y - (w @ x + b > 0)) * x, b + y - (w @ x + b > 0)), FROM_0_TO_1),
    (lambda w, b, x, y: (w + (y - (w @ x + b >= 0)) * x, b + y - (w @ x + b >= 0)), FROM_0_TO_1),
    (lambda w, b, x, y: _step(w, b, x, y)[::-1], "The two are in the other order: first the weights, then the bias."),
    (
        lambda w, b, x, y: _moved(w, b, x, y) if y * (w @ x - b) <= 0 else (w, b),
        "The bias is added in the sum: w · x + b.",
    ),
    (
        _if_wrong(lambda w, b, x, y: (w + y * x, b - y)),
        "The weights are right, but the bias moves the wrong way: by +y.",
    ),
    (
        _if_wrong(lambda w, b, x, y: (w + y * x, b + y * x.sum())),
        "The weights are right, but the bias moves by y alone.",
    ),
]


@takes_function("my_step", draw=_letter, seeds=(0, 4, 5, 9, 22, 44, 58, 87))
def check_step(attempt, cases):
    """``attempt(w, b, x, y)`` gives the weights and the bias after one letter."""
    last = "If y (w · x + b) is not above 0, add y · x to w and y to b; else change nothing."
    return compare(attempt, cases, _step, STEP, wanted="Return a pair: `return new_w, new_b`.", last=last)


CHECKERS = {
    "history-cross": check_cross,
    "history-percentile": check_percentile,
    "history-energy": check_energy,
    "history-step": check_step,
}
