"""Checkers of lecture @@NUMBER@@: each returns a hint, or None if the attempt is right."""

import torch


def check_mean(attempt):
    """``attempt(values)`` returns the mean of a tensor."""
    values = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    value = float(attempt(values))
    if value == values.sum():
        return f"you give {value:g}, the sum. Divide it by how many values there are."
    if value == values.sum() / len(values):
        return f"you give {value:g}: you divided by the rows only. `numel()` counts every value."
    if value != values.mean():
        return f"for [[1, 2], [3, 6]] you give {value:g}, expected 3. Add the values, divide by their count."
    return None


CHECKERS = {"@@SLUG@@-mean": check_mean}
