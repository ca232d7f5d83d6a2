"""Answers to the exercises of lecture 04."""


def reference_row(row, disparity, fraction, whole=round):
    moved = [-1] * len(row)
    for x in sorted(range(len(row)), key=lambda x: disparity[x]):
        to = whole(x - fraction * disparity[x])
        if 0 <= to < len(row):
            moved[to] = row[x]
    return moved


def row_to_the_right(row, disparity, fraction):
    moved = [-1] * len(row)
    for x in sorted(range(len(row)), key=lambda x: disparity[x]):
        to = round(x + fraction * disparity[x])
        if 0 <= to < len(row):
            moved[to] = row[x]
    return moved


def row_that_wraps(row, disparity, fraction):
    moved = [-1] * len(row)
    for x in range(len(row)):
        moved[round(x - fraction * disparity[x])] = row[x]
    return moved


def row_in_order(row, disparity, fraction):
    moved = [-1] * len(row)
    for x in range(len(row)):
        to = round(x - fraction * disparity[x])
        if 0 <= to < len(row):
            moved[to] = row[x]
    return moved


def row_far_hides_near(row, disparity, fraction):
    moved = [-1] * len(row)
    for x in sorted(range(len(row)), key=lambda x: -disparity[x]):
        to = round(x - fraction * disparity[x])
        if 0 <= to < len(row):
            moved[to] = row[x]
    return moved


def row_without_holes(row, disparity, fraction):
    return [old if new < 0 else new for old, new in zip(row, reference_row(row, disparity, fraction), strict=True)]


def shares(logits, unchanged, right):
    return logits.softmax(0)[right], unchanged.softmax(0)[right]


CASES = {
    "challenges-factor": (
        lambda halvings: (0.5**halvings) ** (1 / 2.2),
        {
            "That is the factor on the light": lambda h: 0.5**h,
            "makes the picture brighter": lambda h: 2 ** (h / 2.2),
            "raised to the power of 2.2": lambda h: 0.5 ** (h * 2.2),
            "halvings multiply": lambda h: 0.5 ** (1 / 2.2) / max(h, 1) if h else 1,
            "rounded too early": lambda h: 0.73**h,
            "Expected": lambda h: 1.0,
        },
    ),
    "challenges-row": (
        reference_row,
        {
            "move to the right": row_to_the_right,
            "comes back at the right": row_that_wraps,
            "or the one written last": row_in_order,
            "you keep the far one": row_far_hides_near,
            "Did you use `fraction`": lambda r, d, f: reference_row(r, d, 1),
            "they are holes": row_without_holes,
            "holds None": lambda r, d, f: [None if v == -1 else v for v in reference_row(r, d, f)],
            "Use `round`": lambda r, d, f: reference_row(r, d, f, whole=int),
            "must keep its 6 places": lambda r, d, f: reference_row(r, d, f)[:-1],
        },
    ),
    "challenges-relative": (
        lambda a, b, right: a.softmax(0)[right].sum() / b.softmax(0)[right].sum(),
        {
            "softmax first": lambda a, b, r: a[r].sum() / b[r].sum(),
            "Divide by what it was": lambda a, b, r: shares(a, b, r)[0].sum(),
            "stands above": lambda a, b, r: shares(b, a, r)[0].sum() / shares(b, a, r)[1].sum(),
            "quotient": lambda a, b, r: shares(a, b, r)[0].sum() - shares(a, b, r)[1].sum(),
            "then divide once": lambda a, b, r: (shares(a, b, r)[0] / shares(a, b, r)[1]).mean(),
            "only the best": lambda a, b, r: shares(a, b, r)[0].max() / shares(a, b, r)[1].max(),
            "over all classes": lambda a, b, r: a[r].softmax(0).sum() / b[r].softmax(0).sum(),
        },
    ),
    "challenges-overlap": (
        lambda within, between: (within[:, None] > between).float().mean(),
        {
            "is the *larger*": lambda w, b: (w[:, None] < b).float().mean(),
            "count of pairs": lambda w, b: (w[:, None] > b).sum(),
            "equal distances too": lambda w, b: (w[:, None] >= b).float().mean(),
            "mean over all pairs": lambda w, b: w[:, None] > b,
            "compared with a mean": lambda w, b: (w > b.mean()).float().mean(),
            "two means": lambda w, b: float(w.mean() > b.mean()),
            "first with the first": lambda w, b: (w[: len(b)] > b[: len(w)]).float().mean(),
        },
    ),
}
