"""Checkers of lecture @@NUMBER@@: each returns a hint, or None if the attempt is right."""

import torch

from utils.course.hints import first_match, number_or_hint, takes_function


@takes_function("my_mean")
def check_mean(attempt):
    """``attempt(values)`` returns the mean of a tensor."""
    values = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    value, hint = number_or_hint(attempt(values), "for [[1, 2], [3, 6]]", "Return the mean.")
    if hint:
        return hint
    mistakes = [
        (values.mean(), None),
        (values.sum(), f"you give {value:g}, the sum. Divide it by how many values there are."),
        (6, f"you give {value:g}: you divided by the rows only. `numel()` counts every value."),
        (True, f"for [[1, 2], [3, 6]] you give {value:g}, expected 3. Add the values, divide by their count."),
    ]
    return first_match(value, mistakes)


CHECKERS = {"@@SLUG@@-mean": check_mean}
