"""Checkers of lecture 04: each returns a hint, or None if the attempt is right."""

import numpy as np
import torch

from utils.course.hints import first_match, takes_function


@takes_function("my_factor")
def check_factor(attempt):
    """``attempt(halvings)`` gives what stored numbers are multiplied with when light is halved that often."""
    one, exact = 2 ** (-1 / 2.2), "Write it as 2 ** (-1 / 2.2)."
    power = "From light to stored numbers the power is 1 / 2.2."
    for halvings in (0, 1, 3, 2.2):
        value, right = float(attempt(halvings)), one**halvings
        mistakes = [
            (right, None),
            (round(one, 2) ** halvings, f"The factor for one halving was rounded too early. {exact}"),
            (1 / right, "That makes the picture brighter. Less light means a factor below 1: check the sign."),
            (0.5**halvings, "That is the factor on the light. The stored number is the light to the power of 1 / 2.2."),
            (2 ** (-halvings * 2.2), f"You raised to the power of 2.2. {power}"),
            (one / (halvings or 1), "Halving twice leaves a quarter: halvings multiply, they do not add up."),
            (True, f"Expected {right:.4g}: the light is divided by 2 ** halvings; what becomes of light ** (1 / 2.2)?"),
        ]  # fmt: skip
        if hint := first_match(value, mistakes, rtol=1e-3, atol=1e-8):
            return f"for {halvings} halvings you give {value:.4g}. {hint}"
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
    row = [10, 11, 12, 13, 14, 15]
    cases = [
        ([0, 0, 0, 0, 0, 0], 1),
        ([0, 0, 0, 2, 0, 0], 1),
        ([0, 0, 0, 2, 0, 0], 0.5),
        ([0, 0, 4, 3, 1, 0], 1),
        ([0, 0, 2, 1, 0, 0], 1),
        ([0, 2, 1, 0, 0, 1], -1),
        ([0, 0, 0, 2, 0, 0], 0.2),
    ]
    for disparity, fraction in cases:
        answer = list(attempt(list(row), list(disparity), fraction))
        if None in answer:
            return f"for disparities {disparity} your row holds None. Write -1 where nothing lands."
        came = [int(value) for value in answer]
        if hint := _row_hint(came, row, disparity, fraction):
            return f"for disparities {disparity} and fraction {fraction} you give {came}. {hint}"
    return None


def _row_hint(came, row, disparity, fraction):
    right = _moved(row, disparity, fraction)
    to_the_right = "Your pixels move to the right. The point at x of the left row is at x - d of the right one."
    cut_off = "You cut off what is behind the point: int(2.6) is 2. Use `round`, for the nearest place."
    wraps = "A pixel that leaves at the left comes back at the right: in Python, row[-1] is the last one."
    leaves = any(x < fraction * d for x, d in enumerate(disparity))
    far_one = (
        "Where two pixels meet, you keep the far one, or the one written last. A larger disparity is nearer, and hides "
        "the other."
    )
    mistakes = [
        (right, None),
        (len(came) != len(row), f"The row must keep its {len(row)} places."),
        (_moved(row, disparity, fraction, sign=1), to_the_right),
        (_moved(row, disparity, fraction, whole=int), cut_off),
        (
            fraction != 1 and came == _moved(row, disparity, 1),
            "You moved by the whole disparity. Did you use `fraction`?",
        ),
        (leaves and came == _in_order(row, disparity, fraction), wraps),
        (_moved(row, disparity, fraction, nearest=min), far_one),
        (-1 not in came and -1 in right, "Nothing landed in some places. Leave -1 there: they are holes."),
        (True, f"Expected {right}. Do it on paper, pixel by pixel."),
    ]
    return first_match(came, mistakes)


def _in_order(row, disparity, fraction):
    """Move a row as somebody who writes from left to right; negative places count from the end, as in Python."""
    out = [-1] * len(row)
    for x, value in enumerate(row):
        if (to := round(x - fraction * disparity[x])) < len(row):
            out[to] = value
    return out


@takes_function("my_relative")
def check_relative(attempt):
    """``attempt(logits, unchanged, right)`` divides the right classes' probability by what it was."""
    unchanged = torch.tensor([3.0, 1.0, 2.0, -1.0, 0.0])
    for logits, right in [
        (torch.tensor([3.0, 1.0, 2.0, -1.0, 0.0]), [0, 2]),
        (torch.tensor([0.0, 2.5, 0.5, 0.0, 0.5]), [0, 2]),
        (torch.tensor([4.0, -1.0, 0.0, 0.0, 0.5]), [0]),
    ]:
        value = float(attempt(logits, unchanged, right))
        if hint := _relative_hint(value, logits, unchanged, right):
            return f"for logits {logits.tolist()} and right classes {right} you give {value:.4g}. {hint}"
    return None


def _relative_hint(value, logits, unchanged, right):
    now, before = logits.softmax(0)[right], unchanged.softmax(0)[right]
    expected = now.sum() / before.sum()
    add_first = "Add the right classes' probabilities first, then divide once."
    mistakes = [
        (expected, None),
        (logits[right].sum() / unchanged[right].sum(), "Logits are scores, not probabilities: softmax first."),
        (1 / expected, "That is the unchanged picture divided by the changed one. The changed one stands above."),
        (now.sum(), "That is the probability now. Divide by what it was for the unchanged picture."),
        (now.sum() - before.sum(), "That is a difference. The response is a quotient."),
        ((now / before).mean(), add_first),
        ((now / before).sum(), add_first),
        (now.max() / before.max(), "You took only the best of the right classes. Add all of them."),
        (now[0] / before[0], "You took only the first of the right classes. Add all of them."),
        (
            logits[right].softmax(0).sum() / unchanged[right].softmax(0).sum(),
            "Your softmax saw the right classes only, so it always sums to 1. Take it over all classes.",
        ),
        (True, f"Expected {expected:.4g}: softmax over all classes, add the right ones, divide by the same before."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


@takes_function("my_overlap")
def check_overlap(attempt):
    """``attempt(within, between)`` gives the share of pairs in which the distance within is the larger."""
    for within, between in [
        ([2.0, 4.0, 4.5, 9.0], [1.0, 3.0, 7.0, 8.0]),
        ([1.0, 4.0], [2.0, 3.0, 9.0, 10.0]),
        ([7.0, 8.0], [1.0, 2.0, 3.0]),
        ([2.0, 3.0], [2.0, 4.0]),
    ]:
        answer = torch.as_tensor(attempt(torch.tensor(within), torch.tensor(between)))
        if answer.numel() != 1:
            return f"you give {answer.numel()} numbers, of shape {tuple(answer.shape)}. Return the mean over all pairs."
        if hint := _overlap_hint(answer.item(), np.array(within), np.array(between)):
            return f"for {within} within and {between} between you give {answer.item():.4g}. {hint}"
    return None


def _overlap_hint(value, a, b):
    larger, with_a_mean = a[:, None] > b, "You compared with a mean. Compare every distance with every other one."
    mistakes = [
        (larger.mean(), None),
        (
            (a[:, None] >= b).mean(),
            "You counted equal distances too. The distance within has to be the larger one: `>`.",
        ),
        (
            1 - larger.mean(),
            "You counted the pairs in good order. Count those where the distance within is the *larger*.",
        ),
        (larger.sum(), f"That is a count of pairs. Divide it by the number of all pairs, {larger.size}."),
        ((a > b.mean()).mean(), with_a_mean),
        ((a.mean() > b).mean(), with_a_mean),
        (float(a.mean() > b.mean()), "You compared two means: that answers only yes or no. Compare all pairs."),
        (
            (a[: b.size] > b[: a.size]).mean(),
            "You compared the first with the first, the second with the second. All pairs: shape (n, m).",
        ),
        (True, f"Expected {larger.mean():.4g}. within[:, None] > between has one entry for each pair."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-6)


CHECKERS = {
    "challenges-factor": check_factor,
    "challenges-row": check_row,
    "challenges-relative": check_relative,
    "challenges-overlap": check_overlap,
}
