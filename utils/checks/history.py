"""Checkers of lecture 05: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.classical.pictorial_structures import Springs, part_energies, spring_energies
from utils.course.hints import first_match, number, same, takes_function, tensor


@takes_function("my_cross")
def check_cross(attempt):
    """``attempt(window)`` gives Roberts' edge strength of one window of 2 × 2 pixels."""
    for window in ([[9.0, 2.0], [5.0, 1.0]], [[9.0, 0.0], [0.0, 0.0]], [[1.0, 7.0], [3.0, 5.0]]):
        value, case = number(attempt(np.array(window))), f"for the window {window}"
        if value is None:
            return f"{case} your function returned no single number. Return one strength for the window."
        (a, b), (c, d) = window
        right = np.hypot(a - d, b - c)
        if not same(value, right):
            return f"{case} you {_cross_hint(value, right, a, b, c, d)}"
    return None


def _cross_hint(value, right, a, b, c, d):
    along = "take differences along rows or columns. Roberts takes the diagonals: a − d and b − c."
    cancels = "add the differences with their signs, so they can cancel. Square each one first."
    give, one = f"give {value:g}", "you take one diagonal. Roberts takes both."
    mistakes = [
        (right**2, f"{give}, the sum of the squares. Take its root."),
        (abs(a - d) + abs(b - c), f"{give}: you add the two differences. Square them, add, take the root."),
        (abs(a - d), f"{give}: {one}"),
        (abs(b - c), f"{give}: {one}"),
        (right / np.sqrt(2), f"{give}, which is scikit-image's scale. The formula here has no factor."),
        *((np.hypot(*pair), along) for pair in ((a - b, c - d), (a - c, b - d), (a - b, a - c))),
        (abs((a - d) + (b - c)), cancels),
        ((a - d) + (b - c), cancels),
        (True, f"{give}, expected √((a − d)² + (b − c)²) = {right:g}."),
    ]
    return first_match(value, mistakes)


@takes_function("my_percentile")
def check_percentile(attempt):
    """``attempt(scores, right)`` gives the match percentile of one query."""
    for scores, right in [
        ([0.9, 0.4, 0.7, 0.1, 0.2], 2),
        ([0.3, 0.8, 0.5], 1),
        ([0.3, 0.8, 0.5], 0),
        ([0.5, 0.9, 0.2, 0.4], 0),
        ([0.5, 0.5, 0.2], 0),
    ]:
        value, case = number(attempt(np.array(scores), right)), f"for scores {scores} and right = {right}"
        if value is None:
            return f"{case} your function returned no single number. Return one share, from 0 to 1."
        if hint := _percentile_hint(value, np.array(scores), right):
            return f"{case} you give {hint}"
    return None


def _percentile_hint(value, scores, right):
    n, above = len(scores), int((scores > scores[right]).sum())
    others, share = n - 1, (n - 1 - above) / (n - 1)
    too_many = f"{value:g}: you count the right model too. There are n − 1 others."
    mistakes = [
        (share, None),
        (above + 1, f"{value:g}, the rank. Turn it into a share: (n − rank) / (n − 1)."),
        (above / others, f"{value:g}, the share that ranks above. Asked is the share that does not."),
        ((n - 1 - above) / n, too_many),
        ((n - above) / n, too_many),
        (
            (scores < scores[right]).sum() / others,
            f"{value:g}: you leave out the others with the same score. They do not score higher.",
        ),
        ((above + 1) / n, f"{value:g}, the rank over n. Use (n − rank) / (n − 1): 1 at the top, 0 at the bottom."),
        (n - above, f"{value:g}, a rank from below. Turn it into a share of the n − 1 others."),
        (scores[right], "the score itself. Asked is how many of the others do not score higher."),
        (100 * share, f"{value:g}, in percent. Return a share from 0 to 1."),
        (True, f"{value:g}, expected {share:g}."),
    ]
    return first_match(value, mistakes)


@takes_function("my_energy")
def check_energy(attempt):
    """``attempt(costs, places, parents, offsets, stiffness)`` gives the energy of a placement."""
    costs = np.random.default_rng(0).random((3, 8, 9)).round(2)
    cases = [
        ([(3, 4), (5, 7), (1, 1)], Springs((-1, 0, 0), ((0, 0), (1, 2), (-2, -2)), (0.5, 0.5, 0.25))),
        ([(2, 2), (4, 6), (7, 8)], Springs((-1, 0, 1), ((0, 0), (3, 3), (1, 4)), (0, 1.0, 2.0))),
    ]
    for places, springs in cases:
        arguments = costs.copy(), np.array(places), springs.parents, springs.offsets, springs.stiffness
        value, case = number(attempt(*arguments)), f"for places {places} and parents {springs.parents}"
        if value is None:
            return f"{case} your function returned no single number. Return one energy for the placement."
        if hint := _energy_hint(value, costs, places, springs):
            return f"{case} {hint}"
    return None


def _energy_hint(value, costs, places, springs):
    looks, stretch = part_energies(costs, places).sum(), spring_energies(places, springs).sum()
    gone, rest = np.array(places, dtype=float), np.array(springs.offsets)
    away, stiff = gone - gone[list(springs.parents)], np.array(springs.stiffness, dtype=float)

    def of_springs(stretches):  # the root has none
        return looks + (stiff * (stretches**2).sum(axis=1))[1:].sum()

    swapped = sum(costs[i, column % 8, row] for i, (row, column) in enumerate(places))
    root_too = "you count a spring for the root too. It has no parent: leave out part i if parents[i] is −1."
    to_root = "you measure every spring from part 0. Its other end is the part's own parent, parents[i]."
    mistakes = [
        (looks + stretch, None),
        (looks, f"you give {value:g}: the looks alone. Add the energy of each spring."),
        (stretch, f"you give {value:g}: the springs alone. Add costs[i] at the place of each part."),
        (looks + stretch / 2, "you give half of the energy of each spring. There is no factor ½ in the formula here."),
        (looks + stretch + stiff[0] * (gone[0] ** 2).sum(), root_too),
        (looks + stretch + stiff[0] * ((gone[0] - gone[-1]) ** 2).sum(), root_too),
        (swapped + stretch, "you swap row and column: a place is (row, column), and costs[i] has shape (H, W)."),
        (
            looks + (stiff * np.linalg.norm(away - rest, axis=1))[1:].sum(),
            "you take the length of the stretch. The energy of a spring grows with its square.",
        ),
        (of_springs(away), "you forget the offsets: a spring is at rest where the part lies at parent + offset."),
        (of_springs(away + rest), "an offset has the wrong sign: the stretch is place − parent's place − offset."),
        (of_springs(gone - gone[0] - rest), to_root),
        (True, f"you give {value:g}, expected {looks:g} for the looks and {stretch:g} for the springs."),
    ]
    return first_match(value, mistakes)


@takes_function("my_step")
def check_step(attempt):
    """``attempt(w, b, x, y)`` gives the weights and the bias after one letter."""
    cases = [
        ([0.0, 0.0, 0.0], 0.0, [1.0, 0.0, 1.0], 1),
        ([2.0, -1.0, 0.5], 0.5, [1.0, 1.0, 0.0], 1),
        ([2.0, -1.0, 0.5], 0.5, [1.0, 1.0, 0.0], -1),
        ([-1.0, 0.0, 2.0], -1.0, [1.0, 1.0, 0.0], 1),
        ([2.0, -1.0, 0.5], -3.0, [1.0, 1.0, 0.0], 1),
    ]
    for w, b, x, y in cases:
        case = f"for w = {w}, b = {b:g}, x = {x}, y = {y}"
        w, x = np.array(w), np.array(x)
        answer = attempt(w.copy(), b, x.copy(), y)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            return f"{case} your function does not return a pair. End it with `return new_w, new_b`."
        new_w, new_b = tensor(answer[0]), number(answer[1])
        if new_b is None or new_w is None or new_w.shape != w.shape:
            return f"{case} expected weights of shape {w.shape} and one number for the bias."
        if hint := _step_hint(new_w.numpy(), new_b, w, b, x, y):
            return f"{case} {hint}"
    return None


def _step_hint(new_w, new_b, w, b, x, y):
    total = w @ x + b
    wrong = y * total <= 0
    right_w, right_b = (w + y * x, b + y) if wrong else (w, b)
    changed = not (same(new_w, w) and same(new_b, b))
    moved = same(new_w, right_w)
    mistakes = [
        (moved and same(new_b, right_b), None),
        (not wrong and changed, "the sum has the right sign, and you change something. Change only after a mistake."),
        (
            not changed and y * (w @ x) > 0,
            f"you change nothing, though w · x + b = {total:g}. You forget b in the sum.",
        ),
        (
            not changed and same(total, 0),
            "the sum is 0 and you change nothing. Zero counts as wrong, else nothing is ever learned.",
        ),
        (not changed, "the sum has the wrong sign, and you change nothing. Compare y with the sign of w · x + b."),
        (moved and same(new_b, b), "the weights are right, but the bias has to move too, by y."),
        (moved and same(new_b, b + 1), "the weights are right, but the bias moves by y, not by 1."),
        (w + 2 * y * x, "you move twice as far: add y · x once."),
        (y == -1 and same(new_w, w + x), "you add the letter, but its label is −1. Multiply by y."),
        (w - y * x, "you move the wrong way: add the letter if y is 1, take it away if y is −1."),
        (True, f"you give {new_w.tolist()} and {new_b:g}, expected {right_w.tolist()} and {right_b:g}."),
    ]
    return first_match(new_w, mistakes)


CHECKERS = {
    "history-cross": check_cross,
    "history-percentile": check_percentile,
    "history-energy": check_energy,
    "history-step": check_step,
}
