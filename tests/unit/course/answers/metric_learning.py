"""Answers to the exercises of lecture 15."""

import torch


def recall(first, last, judge, *, upwards=True, share=True):
    def attempt(distances, queries, gallery, k):
        order = distances.argsort(dim=1, descending=not upwards)[:, first(k) : last(k)]
        hits = judge(gallery[order] == queries[:, None]).float()
        return (hits.mean() if share else hits.sum()).item()

    return attempt


def whole(hits):
    return hits.any(dim=1)


def info(change):
    def attempt(anchor, positive, negatives, temperature):
        return change(anchor @ positive, negatives @ anchor, temperature).item()

    return attempt


def cross_entropy(pos, neg):
    return torch.cat([pos[None], neg]).logsumexp(0) - pos


def equal_error(choose):
    def attempt(same, different):
        thresholds = torch.cat([same, different])[:, None]
        accepts = (different <= thresholds).float().mean(dim=1)
        rejects = (same > thresholds).float().mean(dim=1)
        best = (accepts - rejects).abs().argmin()
        return float(choose(accepts, rejects, best, thresholds[:, 0], same, different))

    return attempt


CASES = {
    "metric-recall": (
        recall(lambda k: 0, lambda k: k, whole),
        {
            "farthest": recall(lambda k: 0, lambda k: k, whole, upwards=False),
            "share of all k places": recall(lambda k: 0, lambda k: k, lambda hits: hits),
            "at place k alone": recall(lambda k: k - 1, lambda k: k, whole),
            "left out the nearest": recall(lambda k: 1, lambda k: k + 1, whole),
            "a count": recall(lambda k: 0, lambda k: k, whole, share=False),
            "not percent": lambda *given: 100 * recall(lambda k: 0, lambda k: k, whole)(*given),
            "without `dim=1`": lambda *_: 1.0,
            "not a number": lambda *_: float("nan"),
            "no single number": lambda *_: "half",
            "Follow one query": lambda *_: 0.123,
        },
    ),
    "metric-pair": (
        lambda d, same, m: d if same else max(0.0, m - d),
        {
            "exchanged": lambda d, same, m: max(0.0, m - d) if same else d,
            "never negative": lambda d, same, m: d if same else m - d,
            "the margin is for different items": lambda d, same, m: max(0.0, d - m) if same else max(0.0, m - d),
            "the square": lambda d, same, m: (d if same else max(0.0, m - d)) ** 2,
            "use max(0, ...), not abs": lambda d, same, m: d if same else abs(m - d),
            "no end to the pushing": lambda d, same, m: d if same else -d,
            "what the margin lacks": lambda *_: 7.0,
        },
    ),
    "metric-semi-hard": (
        lambda p, n, m: (n > p) & (n < p + m),
        {
            "a lower bound": lambda p, n, m: n < p + m,
            "an upper bound": lambda p, n, m: n > p,
            "those are the hard ones": lambda p, n, m: n < p,
            "the easy ones": lambda p, n, m: n > p + m,
            "with the margin alone": lambda p, n, m: n < m,
            "brackets round each comparison": lambda p, n, m: n > p & n < p + m,
            "one True or False for each": lambda p, n, m: n[:1] > p,
        },
    ),
    "metric-info-nce": (
        info(lambda pos, neg, t: cross_entropy(pos / t, neg / t)),
        {
            "sign is wrong": info(lambda pos, neg, t: -cross_entropy(pos / t, neg / t)),
            "missing in the denominator": info(lambda pos, neg, t: (neg / t).logsumexp(0) - pos / t),
            "right for temperature 1": info(lambda pos, neg, t: cross_entropy(pos, neg)),
            "multiplied by the temperature": info(lambda pos, neg, t: cross_entropy(pos * t, neg * t)),
            "the share itself": info(lambda pos, neg, t: (-cross_entropy(pos / t, neg / t)).exp()),
            "the mean over the negatives": info(
                lambda pos, neg, t: cross_entropy(pos / t, neg / t - torch.tensor(float(len(neg))).log())
            ),
            "whose right class": lambda *_: 0.5,
        },
    ),
    "metric-equal-error": (
        equal_error(lambda fa, fr, best, *_: (fa[best] + fr[best]) / 2),
        {
            "you accept where you should refuse": equal_error(lambda fa, fr, best, *_: 1 - fa[best]),
            "smallest *sum*": equal_error(lambda fa, fr, *_: (fa + fr).min()),
            "not percent": equal_error(lambda fa, fr, best, *_: 50 * (fa[best] + fr[best])),
            "Return half of it": equal_error(lambda fa, fr, best, *_: fa[best] + fr[best]),
            "smallest *mean*": equal_error(lambda fa, fr, *_: (fa + fr).min() / 2),
            "the threshold": equal_error(lambda fa, fr, best, thresholds, *_: thresholds[best]),
            "false accepts at the mean": equal_error(
                lambda fa, fr, best, thresholds, same, other: (other <= thresholds.mean()).float().mean()
            ),
            "compare both shares": lambda *_: 0.9,
        },
    ),
}
