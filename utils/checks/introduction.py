"""Checkers of lecture 01: each returns a hint, or None if the attempt is right."""

from utils.course.hints import compare, floats, takes_function


def _values(rng):
    """Draw the arguments of one call. Odd shapes, signs and ties are what tells mistakes apart."""
    return (floats(rng.integers(-5, 15, rng.choice([2, 3, 5], 2, replace=False))),)


def _mean(values):
    return values.mean()


# What somebody would hand in who has not understood it yet. Write the answers first, in the tests.
MEAN = [
    (lambda values: values.sum(), "That is the sum. Divide it by how many values there are."),
    (lambda values: values.sum() / len(values), "You divide by the rows only. `numel()` counts every value."),
    (lambda values: values.sum() / values.shape[1], "You divide by the columns only. `numel()` counts every value."),
    (lambda values: values.median(), "That is the median. Add the values, divide by their count."),
    (lambda values: values.abs().mean(), "You leave out the signs. Values below 0 take away from the sum."),
    (lambda values: values.sum() / (values.numel() - 1), "You divide by one too few. That is for a variance."),
    (lambda values: (values.max() + values.min()) / 2, "That is the middle of the range. All values count."),
    (lambda values: values.mean(dim=0), "That is one mean for each column. Return one number for all."),
    (lambda values: values.mean(dim=1), "That is one mean for each row. Return one number for all."),
]


@takes_function("my_mean", draw=_values, seeds=(0, 1, 2, 3))
def check_mean(attempt, cases):
    """``attempt(values)`` returns the mean of a tensor."""
    wanted = "Return one number: add the values, divide by their count."
    return compare(attempt, cases, _mean, MEAN, wanted=wanted)


CHECKERS = {"introduction-mean": check_mean}
