"""Answers to the exercises of lecture 01."""

import numpy as np

CASES = {
    "introduction-mean": (
        lambda values: values.mean(),
        {
            "the sum": lambda values: values.sum(),
            "by the rows": lambda values: values.sum() / len(values),
            "by the columns": lambda values: values.sum() / len(values[0]),
            "the median": lambda values: values.flatten().sort().values[(values.numel() - 1) // 2],
            "the signs": lambda values: abs(values).mean(),
            "one too few": lambda values: values.sum() / (values.numel() - 1),
            "middle of the range": lambda values: (values.min() + values.max()) / 2,
            "each column": lambda values: values.mean(dim=0),
            "each row": lambda values: values.mean(dim=1),
            "no single number": lambda values: "the mean",
            "add the values, divide": lambda values: 1000.0,
            "changed the given": lambda values: values.mul_(2).mean() / 2,
        },
    ),
}

ALSO_RIGHT = {
    "introduction-mean": [
        lambda values: sum(map(sum, values.tolist())) / values.numel(),
        lambda values: np.mean(values.numpy()),
    ],
}
