"""Checkers of lecture 04: each returns a hint, or None if the attempt is right."""

import numpy as np
import torch

from utils.checks import takes_function


@takes_function("my_factor")
def check_factor(attempt):
    """``attempt(halvings)`` gives what stored numbers are multiplied with when light is halved that often."""
    for halvings in (0, 1, 3, 2.2):
        value, right = float(attempt(halvings)), 2 ** (-halvings / 2.2)
        case = f"for {halvings} halvings you give {value:.4g}."
        if np.isclose(value, right, rtol=1e-3):
            continue
        if np.isclose(value, round(2 ** (-1 / 2.2), 2) ** halvings, rtol=1e-3):
            return f"{case} The factor for one halving was rounded too early. Write it as 2 ** (-1 / 2.2)."
        if np.isclose(value, 1 / right, rtol=1e-3):
            return f"{case} That makes the picture brighter. Less light means a factor below 1: check the sign."
        if np.isclose(value, 0.5**halvings, rtol=1e-3):
            return f"{case} That is the factor on the light. The stored number is the light to the power of 1 / 2.2."
        if np.isclose(value, 2 ** (-halvings * 2.2), rtol=1e-3):
            return f"{case} You raised to the power of 2.2. From light to stored numbers the power is 1 / 2.2."
        if halvings and np.isclose(value, 2 ** (-1 / 2.2) / halvings, rtol=1e-3):
            return f"{case} Halving twice leaves a quarter: halvings multiply, they do not add up."
        return (
            f"{case} Expected {right:.4g}: the light is divided by 2 ** halvings; what becomes of light ** (1 / 2.2)?"
        )
    return None


def _moved(row, disparity, fraction, *, sign=-1, nearest=max, whole=round):
    """Move a row by a loop; holes hold -1."""
    out, landed = [-1] * len(row), {}
    for x, (value, d) in enumerate(zip(row, disparity, strict=True)):
        to = whole(x + sign * fraction * d)
        if 0 <= to < len(row) and (to not in landed or nearest(landed[to], d) == d):
            out[to], landed[to] = value, d
    return out


@takes_function("my_row")
def check_row(attempt):
    """``attempt(row, disparity, fraction)`` moves a row of pixels; holes hold -1."""
    cases = [
        ([10, 11, 12, 13, 14, 15], [0, 0, 0, 0, 0, 0], 1),
        ([10, 11, 12, 13, 14, 15], [0, 0, 0, 2, 0, 0], 1),
        ([10, 11, 12, 13, 14, 15], [0, 0, 0, 2, 0, 0], 0.5),
        ([10, 11, 12, 13, 14, 15], [0, 0, 4, 3, 1, 0], 1),
        ([10, 11, 12, 13, 14, 15], [0, 0, 2, 1, 0, 0], 1),
        ([10, 11, 12, 13, 14, 15], [0, 2, 1, 0, 0, 1], -1),
        ([10, 11, 12, 13, 14, 15], [0, 0, 0, 2, 0, 0], 0.2),
    ]
    for row, disparity, fraction in cases:
        answer = list(attempt(list(row), list(disparity), fraction))
        if None in answer:
            return f"for disparities {disparity} your row holds None. Write -1 where nothing lands."
        came = [int(value) for value in answer]
        if came == _moved(row, disparity, fraction):
            continue
        case = f"for disparities {disparity} and fraction {fraction} you give {came}."
        if len(came) != len(row):
            return f"{case} The row must keep its {len(row)} places."
        if came == _moved(row, disparity, fraction, sign=1):
            return f"{case} Your pixels move to the right. The point at x of the left row is at x - d of the right one."
        if came == _moved(row, disparity, fraction, whole=int):
            return f"{case} You cut off what is behind the point: int(2.6) is 2. Use `round`, for the nearest place."
        if fraction != 1 and came == _moved(row, disparity, 1):
            return f"{case} You moved by the whole disparity. Did you use `fraction`?"
        in_order = [-1] * len(row)  # negative places count from the end, as in Python
        for x, value in enumerate(row):
            if (to := round(x - fraction * disparity[x])) < len(row):
                in_order[to] = value
        if came == in_order and any(x < fraction * d for x, d in enumerate(disparity)):
            return (
                f"{case} A pixel that leaves at the left comes back at the right: in Python, row[-1] is the last one."
            )
        if came == _moved(row, disparity, fraction, nearest=min):
            return (
                f"{case} Where two pixels meet, you keep the far one, or the one written last. A larger disparity is "
                "nearer, and hides the other."
            )
        if -1 not in came and -1 in _moved(row, disparity, fraction):
            return f"{case} Nothing landed in some places. Leave -1 there: they are holes."
        return f"{case} Expected {_moved(row, disparity, fraction)}. Do it on paper, pixel by pixel."
    return None


@takes_function("my_relative")
def check_relative(attempt):
    """``attempt(logits, unchanged, right)`` divides the right classes' probability by what it was."""
    unchanged = torch.tensor([3.0, 1.0, 2.0, -1.0, 0.0])
    for logits, right in [
        (torch.tensor([3.0, 1.0, 2.0, -1.0, 0.0]), [0, 2]),
        (torch.tensor([0.0, 2.5, 0.5, 0.0, 0.5]), [0, 2]),
        (torch.tensor([4.0, -1.0, 0.0, 0.0, 0.5]), [0]),
    ]:
        now, before = logits.softmax(0), unchanged.softmax(0)
        value, expected = float(attempt(logits, unchanged, right)), float(now[right].sum() / before[right].sum())
        case = f"for logits {logits.tolist()} and right classes {right} you give {value:.4g}."
        near = {
            float(logits[right].sum() / unchanged[right].sum()): "Logits are scores, not probabilities: softmax first.",
            1 / expected: "That is the unchanged picture divided by the changed one. The changed one stands above.",
            float(now[right].sum()): "That is the probability now. Divide by what it was for the unchanged picture.",
            float(now[right].sum() - before[right].sum()): "That is a difference. The response is a quotient.",
            float((now[right] / before[right]).mean()): "Add the right classes' probabilities first, then divide once.",
            float((now[right] / before[right]).sum()): "Add the right classes' probabilities first, then divide once.",
            float(
                now[right].max() / before[right].max()
            ): "You took only the best of the right classes. Add all of them.",
            float(now[right[0]] / before[right[0]]): "You took only the first of the right classes. Add all of them.",
            float(logits[right].softmax(0).sum() / unchanged[right].softmax(0).sum()): (
                "Your softmax saw the right classes only, so it always sums to 1. Take it over all classes."
            ),
        }
        if abs(value - expected) < 1e-4:
            continue
        for wrong, hint in near.items():
            if abs(value - wrong) < 1e-4:
                return f"{case} {hint}"
        return (
            f"{case} Expected {expected:.4g}: softmax over all classes, add the right ones, divide by the same before."
        )
    return None


@takes_function("my_overlap")
def check_overlap(attempt):
    """``attempt(within, between)`` gives the share of pairs in which the distance within is the larger."""
    for within, between in [
        ([2.0, 4.0, 4.5, 9.0], [1.0, 3.0, 7.0, 8.0]),
        ([1.0, 4.0], [2.0, 3.0, 9.0, 10.0]),
        ([7.0, 8.0], [1.0, 2.0, 3.0]),
        ([2.0, 3.0], [2.0, 4.0]),
    ]:
        a, b = np.array(within), np.array(between)
        answer, right = torch.as_tensor(attempt(torch.tensor(within), torch.tensor(between))), (a[:, None] > b).mean()
        if answer.numel() != 1:
            return f"you give {answer.numel()} numbers, of shape {tuple(answer.shape)}. Return the mean over all pairs."
        value = answer.item()
        case = f"for {within} within and {between} between you give {value:.4g}."
        if abs(value - right) < 1e-6:
            continue
        if abs(value - (a[:, None] >= b).mean()) < 1e-6:
            return f"{case} You counted equal distances too. The distance within has to be the larger one: `>`."
        if abs(value - (1 - right)) < 1e-6:
            return f"{case} You counted the pairs in good order. Count those where the distance within is the *larger*."
        if abs(value - (a[:, None] > b).sum()) < 1e-6:
            return f"{case} That is a count of pairs. Divide it by the number of all pairs, {a.size * b.size}."
        if abs(value - (a > b.mean()).mean()) < 1e-6 or abs(value - (a.mean() > b).mean()) < 1e-6:
            return f"{case} You compared with a mean. Compare every distance with every other one."
        if abs(value - float(a.mean() > b.mean())) < 1e-6:
            return f"{case} You compared two means: that answers only yes or no. Compare all pairs."
        if abs(value - (a[: b.size] > b[: a.size]).mean()) < 1e-6:
            return f"{case} You compared the first with the first, the second with the second. All pairs: shape (n, m)."
        return f"{case} Expected {right:.4g}. within[:, None] > between has one entry for each pair."
    return None


CHECKERS = {
    "challenges-factor": check_factor,
    "challenges-row": check_row,
    "challenges-relative": check_relative,
    "challenges-overlap": check_overlap,
}
