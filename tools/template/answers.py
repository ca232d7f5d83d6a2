"""Answers to the exercises of lecture @@NUMBER@@."""

CASES = {
    "@@SLUG@@-mean": (
        lambda values: values.mean(),
        {
            "the sum": lambda values: values.sum(),
            "divided by the rows": lambda values: values.sum() / len(values),
            "expected 3": lambda values: values.median(),
        },
    ),
}
