"""Checkers of lecture 05: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.checks import takes_function
from utils.pictorial import Springs, part_energies, spring_energies


def _array(value):
    """Return an array of numbers, or None if it is none."""
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None


def _number(value):
    """Return a float, or None if there is no single number."""
    array = _array(value)
    return float(array) if array is not None and array.ndim == 0 else None


@takes_function("my_cross")
def check_cross(attempt):
    """``attempt(window)`` gives Roberts' edge strength of one window of 2 × 2 pixels."""
    for window in ([[9.0, 2.0], [5.0, 1.0]], [[9.0, 0.0], [0.0, 0.0]], [[1.0, 7.0], [3.0, 5.0]]):
        (a, b), (c, d) = window
        value, case = _number(attempt(np.array(window))), f"for the window {window}"
        right = np.hypot(a - d, b - c)
        if value is None:
            return f"{case} your function returned no single number. Return one strength for the window."
        if np.isclose(value, right):
            continue
        if np.isclose(value, right**2):
            return f"{case} you give {value:g}, the sum of the squares. Take its root."
        if np.isclose(value, abs(a - d) + abs(b - c)):
            return f"{case} you give {value:g}: you add the two differences. Square them, add, take the root."
        if np.isclose(value, abs(a - d)) or np.isclose(value, abs(b - c)):
            return f"{case} you give {value:g}: you take one diagonal. Roberts takes both."
        if np.isclose(value, right / np.sqrt(2)):
            return f"{case} you give {value:g}, which is scikit-image's scale. The formula here has no factor."
        if any(np.isclose(value, np.hypot(*pair)) for pair in ((a - b, c - d), (a - c, b - d), (a - b, a - c))):
            return f"{case} you take differences along rows or columns. Roberts takes the diagonals: a − d and b − c."
        if np.isclose(value, abs((a - d) + (b - c))) or np.isclose(value, (a - d) + (b - c)):
            return f"{case} you add the differences with their signs, so they can cancel. Square each one first."
        return f"{case} you give {value:g}, expected √((a − d)² + (b − c)²) = {right:g}."
    return None


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
        scores = np.array(scores)
        n, above = len(scores), int((scores > scores[right]).sum())
        value, case = _number(attempt(scores.copy(), right)), f"for scores {scores.tolist()} and right = {right}"
        if value is None:
            return f"{case} your function returned no single number. Return one share, from 0 to 1."
        if np.isclose(value, (n - 1 - above) / (n - 1)):
            continue
        if np.isclose(value, above + 1):
            return f"{case} you give {value:g}, the rank. Turn it into a share: (n − rank) / (n − 1)."
        if np.isclose(value, above / (n - 1)):
            return f"{case} you give {value:g}, the share that ranks above. Asked is the share that does not."
        if np.isclose(value, (n - 1 - above) / n) or np.isclose(value, (n - above) / n):
            return f"{case} you give {value:g}: you count the right model too. There are n − 1 others."
        if np.isclose(value, (scores < scores[right]).sum() / (n - 1)):
            return f"{case} you give {value:g}: you leave out the others with the same score. They do not score higher."
        if np.isclose(value, (above + 1) / n):
            return (
                f"{case} you give {value:g}, the rank over n. Use (n − rank) / (n − 1): 1 at the top, 0 at the bottom."
            )
        if np.isclose(value, n - above):
            return f"{case} you give {value:g}, a rank from below. Turn it into a share of the n − 1 others."
        if np.isclose(value, scores[right]):
            return f"{case} you give the score itself. Asked is how many of the others do not score higher."
        if np.isclose(value, 100 * (n - 1 - above) / (n - 1)):
            return f"{case} you give {value:g}, in percent. Return a share from 0 to 1."
        return f"{case} you give {value:g}, expected {(n - 1 - above) / (n - 1):g}."
    return None


@takes_function("my_energy")
def check_energy(attempt):
    """``attempt(costs, places, parents, offsets, stiffness)`` gives the energy of a placement."""
    rng = np.random.default_rng(0)
    costs = rng.random((3, 8, 9)).round(2)
    cases = [
        ([(3, 4), (5, 7), (1, 1)], Springs((-1, 0, 0), ((0, 0), (1, 2), (-2, -2)), (0.5, 0.5, 0.25))),
        ([(2, 2), (4, 6), (7, 8)], Springs((-1, 0, 1), ((0, 0), (3, 3), (1, 4)), (0, 1.0, 2.0))),
    ]
    for places, springs in cases:
        looks = part_energies(costs, places).sum()
        stretch = spring_energies(places, springs).sum()
        arguments = costs.copy(), np.array(places), springs.parents, springs.offsets, springs.stiffness
        value, case = _number(attempt(*arguments)), f"for places {places} and parents {springs.parents}"
        if value is None:
            return f"{case} your function returned no single number. Return one energy for the placement."
        if np.isclose(value, looks + stretch):
            continue
        gone, at = np.array(places, dtype=float), np.array(springs.parents)
        away = gone - gone[at]
        stiff, rest = np.array(springs.stiffness, dtype=float), np.array(springs.offsets)
        linear = (stiff * np.linalg.norm(away - rest, axis=1))[1:].sum()
        no_rest = (stiff * (away**2).sum(axis=1))[1:].sum()
        backwards = (stiff * ((away + rest) ** 2).sum(axis=1))[1:].sum()
        to_root = (stiff * ((gone - gone[0] - rest) ** 2).sum(axis=1))[1:].sum()
        with_root = stretch + stiff[0] * (gone[0] ** 2).sum(), stretch + stiff[0] * ((gone[0] - gone[-1]) ** 2).sum()
        swapped = sum(costs[i, column % 8, row] for i, (row, column) in enumerate(places))
        if np.isclose(value, looks):
            return f"{case} you give {value:g}: the looks alone. Add the energy of each spring."
        if np.isclose(value, stretch):
            return f"{case} you give {value:g}: the springs alone. Add costs[i] at the place of each part."
        if np.isclose(value, looks + stretch / 2):
            return f"{case} you give half of the energy of each spring. There is no factor ½ in the formula here."
        if np.isclose(value, looks + np.array(with_root)).any():
            return (
                f"{case} you count a spring for the root too. It has no parent: leave out part i if parents[i] is −1."
            )
        if np.isclose(value, swapped + stretch):
            return f"{case} you swap row and column: a place is (row, column), and costs[i] has shape (H, W)."
        if np.isclose(value, looks + linear):
            return f"{case} you take the length of the stretch. The energy of a spring grows with its square."
        if np.isclose(value, looks + no_rest):
            return f"{case} you forget the offsets: a spring is at rest where the part lies at parent + offset."
        if np.isclose(value, looks + backwards):
            return f"{case} an offset has the wrong sign: the stretch is place − parent's place − offset."
        if np.isclose(value, looks + to_root):
            return f"{case} you measure every spring from part 0. Its other end is the part's own parent, parents[i]."
        return f"{case} you give {value:g}, expected {looks:g} for the looks and {stretch:g} for the springs."
    return None


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
        w, x = np.array(w), np.array(x)
        wrong = y * (w @ x + b) <= 0
        right_w, right_b = (w + y * x, b + y) if wrong else (w, b)
        case = f"for w = {w.tolist()}, b = {b:g}, x = {x.tolist()}, y = {y}"
        answer = attempt(w.copy(), b, x.copy(), y)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            return f"{case} your function does not return a pair. End it with `return new_w, new_b`."
        new_w, new_b = _array(answer[0]), _number(answer[1])
        if new_b is None or new_w is None or new_w.shape != w.shape:
            return f"{case} expected weights of shape {w.shape} and one number for the bias."
        if np.allclose(new_w, right_w) and np.isclose(new_b, right_b):
            continue
        changed = not (np.allclose(new_w, w) and np.isclose(new_b, b))
        if not wrong and changed:
            return f"{case} the sum has the right sign, and you change something. Change only after a mistake."
        if not changed and y * (w @ x) > 0:
            return f"{case} you change nothing, though w · x + b = {w @ x + b:g}. You forget b in the sum."
        if not changed and np.isclose(w @ x + b, 0):
            return f"{case} the sum is 0 and you change nothing. Zero counts as wrong, else nothing is ever learned."
        if not changed:
            return f"{case} the sum has the wrong sign, and you change nothing. Compare y with the sign of w · x + b."
        if np.allclose(new_w, right_w) and np.isclose(new_b, b):
            return f"{case} the weights are right, but the bias has to move too, by y."
        if np.allclose(new_w, right_w) and np.isclose(new_b, b + 1):
            return f"{case} the weights are right, but the bias moves by y, not by 1."
        if np.allclose(new_w, w + 2 * y * x):
            return f"{case} you move twice as far: add y · x once."
        if np.allclose(new_w, w + x) and y == -1:
            return f"{case} you add the letter, but its label is −1. Multiply by y."
        if np.allclose(new_w, w - y * x):
            return f"{case} you move the wrong way: add the letter if y is 1, take it away if y is −1."
        return f"{case} you give {new_w.tolist()} and {new_b:g}, expected {right_w.tolist()} and {right_b:g}."
    return None


CHECKERS = {
    "history-cross": check_cross,
    "history-percentile": check_percentile,
    "history-energy": check_energy,
    "history-step": check_step,
}
