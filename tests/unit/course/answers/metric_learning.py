"""Answers to the exercises of lecture 15."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def recall(judge=lambda hits: hits.any(dim=1), first=lambda k: 0, last=lambda k: k, share=lambda hits: hits.mean()):
    def attempt(distances, queries, gallery, k):
        order = distances.argsort(dim=1)[:, first(k) : last(k)]
        return share(judge(gallery[order] == queries[:, None]).float()).item()

    return attempt


def recall_by_loops(distances, queries, gallery, k):
    found = 0
    for row, label in zip(distances.tolist(), queries.tolist(), strict=True):
        nearest = sorted(range(len(row)), key=row.__getitem__)[:k]
        found += any(gallery[i] == label for i in nearest)
    return found / len(queries)


def recall_by_topk(distances, queries, gallery, k):
    nearest = distances.topk(k, dim=1, largest=False).indices
    return (gallery[nearest] == queries[:, None]).any(1).double().mean()


def farthest(distances, queries, gallery, k):
    return recall()(-distances, queries, gallery, k)


def true_recall(average):
    def attempt(distances, queries, gallery, k):
        found, there = [], []
        for row, label in zip(distances, queries, strict=True):
            found.append(int((gallery[row.argsort()[:k]] == label).sum()))
            there.append(int((gallery == label).sum()))
        return average(found, there)

    return attempt


def only_possible(distances, queries, gallery, k):
    possible = (queries[:, None] == gallery).any(dim=1)
    return recall()(distances[possible], queries[possible], gallery, k)


def pair(same_item=lambda d, m: d, different=lambda d, m: max(0.0, m - d)):
    return lambda d, same, m: same_item(d, m) if same else different(d, m)


def semi_hard(p, n, m):
    return (n > p) & (n < p + m)


def info(change):
    def attempt(anchor, positive, negatives, temperature):
        return change(anchor @ positive, negatives @ anchor, temperature).item()

    return attempt


def cross_entropy(pos, neg):
    return torch.cat([pos[None], neg]).logsumexp(0) - pos


def shares_of(pos, neg, t):
    return F.softmax(torch.cat([pos[None], neg]) / t, dim=0)


def class_at(place):
    def attempt(anchor, positive, negatives, t):
        scores = torch.cat([positive[None], negatives]) @ anchor / t
        return F.cross_entropy(scores[None], torch.tensor([place % len(scores)])).item()

    return attempt


def by_distance(sign):
    def attempt(anchor, positive, negatives, t):
        away = (torch.cat([positive[None], negatives]) - anchor).norm(dim=1)
        return F.cross_entropy(sign * away[None] / t, torch.tensor([0])).item()

    return attempt


def equal_error(choose):
    def attempt(same, different):
        thresholds = torch.cat([same, different])[:, None]
        accepts = (different <= thresholds).float().mean(dim=1)
        rejects = (same > thresholds).float().mean(dim=1)
        best = (accepts - rejects).abs().argmin()
        return float(choose(accepts, rejects, best, thresholds[:, 0], same, different))

    return attempt


def at_one(threshold, both=True):
    def attempt(same, different):
        t = threshold(same, different)
        accepts, rejects = (different <= t).float().mean(), (same > t).float().mean()
        return (accepts + rejects) / 2 if both else accepts

    return attempt


def equal_error_on_a_grid(same, different):
    best = min(
        (abs(np.mean(different.numpy() <= t) - np.mean(same.numpy() > t)), np.mean(same.numpy() > t))
        for t in np.linspace(0, 2, 1001)
    )
    return best[1]


def equal_error_in_place(same, different):
    same -= 0.1
    return equal_error(lambda fa, fr, best, *_: fa[best])(same, different - 0.1)


CASES = {
    "metric-recall": (
        recall(),
        {
            "farthest": farthest,
            "share of all k places": recall(judge=lambda hits: hits),
            "count the hits of a query": recall(judge=lambda hits: hits.sum(dim=1)),
            "at place k alone": recall(first=lambda k: k - 1),
            "the nearest alone": recall(last=lambda k: 1),
            "left out the nearest": [recall(first=lambda k: 1, last=lambda k: k + 1), recall(first=lambda k: 1)],
            "k + 1 places": recall(last=lambda k: k + 1),
            "k − 1 places": recall(last=lambda k: k - 1),
            "that all k are right": recall(judge=lambda hits: hits.all(dim=1)),
            "most of the k": recall(judge=lambda hits: hits.float().mean(dim=1) > 0.5),
            "of the right gallery images": [
                true_recall(lambda found, there: np.mean([f / max(t, 1) for f, t in zip(found, there, strict=True)])),
                true_recall(lambda found, there: np.mean([f / t for f, t in zip(found, there, strict=True) if t])),
                true_recall(lambda found, there: sum(found) / sum(there)),
            ],
            "not in the gallery. They count": only_possible,
            "a count. Divide": recall(share=lambda hits: hits.sum()),
            "were missed": recall(share=lambda hits: 1 - hits.mean()),
            "in percent": recall(share=lambda hits: 100 * hits.mean()),
            "without `dim=1`": lambda *_: 1.0,
            "one answer for each": lambda d, q, g, k: (g[d.argsort(dim=1)[:, :k]] == q[:, None]).any(dim=1),
            "nan or inf": lambda *_: float("nan"),
            "no single number": lambda *_: "half",
            "Follow one query": lambda *_: 0.123,
        },
    ),
    "metric-pair": (
        pair(),
        {
            "never below 1": pair(different=lambda d, m: max(m - d, 1 - d, 0)),
            "exchanged": lambda d, same, m: max(0.0, m - d) if same else d,
            "never negative": pair(different=lambda d, m: m - d),
            "not abs": pair(different=lambda d, m: abs(d - m)),
            "*nearer* than the margin": pair(different=lambda d, m: max(d - m, 0)),
            "no end to the pushing": [pair(different=lambda d, m: -d), pair(different=lambda d, m: d**-1)],
            "not only whether": pair(different=lambda d, m: 1 if m > d else 0),
            "not the whole margin": pair(different=lambda d, m: m * (d < m)),
            "Did you use `margin`": pair(different=lambda d, m: max(0.0, 1.0 - d)),
            "leave different items alone": pair(different=lambda d, m: 0.0),
            "leave the same item alone": pair(lambda d, m: 0.0),
            "margin is for different items": [
                pair(lambda d, m: max(0.0, d - m)),
                pair(lambda d, m: min(d, m)),
                pair(lambda d, m: m + d),
            ],
            "sign is wrong": pair(lambda d, m: -d),
            "with squares": [
                lambda *given: pair()(*given) ** 2,
                lambda *given: pair()(*given) ** 2 / 2,
                pair(lambda d, m: d * d),
                pair(different=lambda d, m: max(0.0, m - d) ** 2),
                lambda d, same, m: pair()(d**2, same, m),
            ],
            "half of it": lambda *given: 0.5 * pair()(*given),
            "all pairs as different": lambda d, same, m: max(0.0, m - d),
            "all pairs as the same": lambda d, same, m: d,
            "what the margin lacks.": lambda *_: 7.0,
        },
    ),
    "metric-semi-hard": (
        semi_hard,
        {
            "You compare squares": lambda p, n, m: (n * n > p * p) & (n * n - p * p < m),
            "hard ones, too": lambda p, n, m: (n < p) | semi_hard(p, n, m),
            "a lower bound": lambda p, n, m: n < p + m,
            "an upper bound": lambda p, n, m: n > p,
            "are strict": [
                lambda p, n, m: (n >= p) & (n < p + m),
                lambda p, n, m: (n > p) & (n <= p + m),
                lambda p, n, m: (n >= p) & (n <= p + m),
            ],
            "those are the hard ones": lambda p, n, m: n < p,
            "the easy ones": [lambda p, n, m: n > p + m, lambda p, n, m: p - n + m <= 0],
            "if only by a little": lambda p, n, m: (n - p).abs() < m,
            "the wrong way round": lambda p, n, m: (p - n > 0) & (p - n < m),
            "Both have to hold": lambda p, n, m: (n > p) | (n < p + m),
            "not semi-hard. Turn": lambda p, n, m: ~semi_hard(p, n, m),
            "with the margin alone": lambda p, n, m: n < m,
            "not the margin alone": lambda p, n, m: (n > p) & (n < m),
            "not the margin.": lambda p, n, m: (n > m) & (n < p + m),
            "Those are the gaps": lambda p, n, m: n - p,
            "Those are the losses": lambda p, n, m: F.relu(p - n + m),
            "distances of the semi-hard": lambda p, n, m: n[(n > p) & (n < p + m)],
            "places of the semi-hard": lambda p, n, m: torch.where(semi_hard(p, n, m))[0],
            "not one for all": lambda p, n, m: bool(semi_hard(p, n, m).any()),
            "the nearest one": lambda p, n, m: n == torch.where(n > p, n, 99).min(),
            "but as numbers": [
                lambda p, n, m: semi_hard(p, n, m).float(),
                lambda p, n, m: semi_hard(p, n, m).int().tolist(),
            ],
            "brackets round each comparison": [
                lambda p, n, m: n > p & n < p + m,
                lambda p, n, m: n > p and n < p + m,
                lambda p, n, m: p < n < p + m,
            ],
            "one True or False for each negative. Write": lambda p, n, m: n[:1] > p,
        },
    ),
    "metric-info-nce": (
        info(lambda pos, neg, t: cross_entropy(pos / t, neg / t)),
        {
            "average over all candidates": info(lambda pos, neg, t: -shares_of(pos, neg, t).log().mean()),
            "with the positive. All": lambda a, p, n, t: torch.logsumexp(torch.vstack([a, n]) @ p / t, 0) - a @ p / t,
            "sign is wrong": info(lambda pos, neg, t: -cross_entropy(pos / t, neg / t)),
            "missing in the denominator": info(lambda pos, neg, t: (neg / t).logsumexp(0) - pos / t),
            "right for temperature 1": info(lambda pos, neg, t: cross_entropy(pos, neg)),
            "multiplied by the temperature": info(lambda pos, neg, t: cross_entropy(pos * t, neg * t)),
            "only the positive's": info(lambda pos, neg, t: cross_entropy(pos / t, neg)),
            "only the negatives'": info(lambda pos, neg, t: cross_entropy(pos, neg / t)),
            "divide the loss": info(lambda pos, neg, t: cross_entropy(pos, neg) / t),
            "temperature twice": info(lambda pos, neg, t: cross_entropy(pos / t / t, neg / t / t)),
            "the share itself": info(lambda pos, neg, t: shares_of(pos, neg, t)[0]),
            "the mean over the negatives": info(
                lambda pos, neg, t: -((pos / t).exp() / ((pos / t).exp() + (neg / t).exp().mean())).log()
            ),
            "mean in the denominator": info(
                lambda pos, neg, t: -((pos / t).exp() / torch.cat([pos[None], neg]).div(t).exp().mean()).log()
            ),
            "another base": [
                info(lambda pos, neg, t: -shares_of(pos, neg, t)[0].log2()),
                info(lambda pos, neg, t: -shares_of(pos, neg, t)[0].log10()),
            ],
            "The denominator is missing": info(lambda pos, neg, t: -pos / t),
            "logarithm of the denominator": info(lambda pos, neg, t: -pos / t + (neg / t).exp().sum()),
            "softmax before": info(
                lambda pos, neg, t: F.cross_entropy(shares_of(pos, neg, t)[None], torch.tensor([0]))
            ),
            "Where does it stand": [class_at(-1), class_at(1)],
            "compare distances": [by_distance(-1), by_distance(1)],
            "hardest negative": info(lambda pos, neg, t: cross_entropy(pos / t, neg.max()[None] / t)),
            "You average over one loss": info(lambda pos, neg, t: F.softplus((neg - pos) / t).mean()),
            "You add up one loss": info(lambda pos, neg, t: F.softplus((neg - pos) / t).sum()),
            "whose right class": lambda *_: 0.5,
        },
    ),
    "metric-equal-error": (
        equal_error(lambda fa, fr, best, *_: (fa[best] + fr[best]) / 2),
        {
            "you accept where you should refuse": [
                equal_error(lambda fa, fr, best, *_: 1 - fa[best]),
                lambda same, different: equal_error(lambda fa, fr, best, *_: fa[best])(-same, -different),
            ],
            "smallest *sum*": equal_error(lambda fa, fr, *_: (fa + fr).min()),
            "not percent": equal_error(lambda fa, fr, best, *_: 50 * (fa[best] + fr[best])),
            "Return half of it": equal_error(lambda fa, fr, best, *_: fa[best] + fr[best]),
            "Those are both shares.": lambda same, different: (
                2 * [equal_error(lambda fa, fr, best, *_: fa[best])(same, different)]
            ),
            "smallest difference of the two": [
                equal_error(lambda fa, fr, *_: (fa - fr).abs().min()),
                equal_error(lambda fa, fr, *_: torch.stack([fa, fr]).min()),
            ],
            "smallest *mean*": equal_error(lambda fa, fr, *_: (fa + fr).min() / 2),
            "smallest false accept": equal_error(lambda fa, *_: fa.min()),
            "smallest share of wrong": equal_error(
                lambda fa, fr, best, t, same, other: (fa * len(other) + fr * len(same)).min() / len(t)
            ),
            "two *counts*": equal_error(
                lambda fa, fr, best, t, same, other: (fa + fr)[(fa * len(other) - fr * len(same)).abs().argmin()] / 2
            ),
            "the threshold. Return": equal_error(lambda fa, fr, best, thresholds, *_: thresholds[best]),
            "one threshold. Try": [
                at_one(lambda same, other: torch.cat([same, other]).mean()),
                at_one(lambda same, other: torch.cat([same, other]).mean(), both=False),
                at_one(lambda same, other: torch.cat([same, other]).median()),
                at_one(lambda same, other: (same.mean() + other.mean()) / 2),
                at_one(lambda same, other: (same.mean() + other.mean()) / 2, both=False),
                at_one(lambda same, other: same.max()),
                at_one(lambda same, other: other.min()),
            ],
            "compare both shares": lambda *_: 0.97,
            "changed the given `same`": equal_error_in_place,
        },
    ),
}

BY_EFFECT = {"metric-semi-hard": {"but as numbers"}}
ALSO_RIGHT = {
    "metric-recall": [recall_by_loops, recall_by_topk, lambda *given: np.float32(recall()(*given))],
    "metric-pair": [lambda d, same, m: torch.tensor(d if same else F.relu(torch.tensor(m - d)))],
    "metric-semi-hard": [
        lambda p, n, m: [p < one < p + m for one in n.tolist()],
        lambda p, n, m: np.logical_and(n.numpy() > p, n.numpy() - p < m),
        lambda p, n, m: ((n - p) * (n - p - m)) < 0,
    ],
    "metric-info-nce": [
        info(lambda pos, neg, t: torch.log(1 + torch.exp((neg - pos) / t).sum())),
        lambda a, p, n, t: -math.log(math.exp(a @ p / t) / (math.exp(a @ p / t) + sum(math.exp(a @ x / t) for x in n))),
    ],
    "metric-equal-error": [
        equal_error_on_a_grid,
        equal_error(lambda fa, fr, *_: torch.maximum(fa, fr).min()),
        equal_error(lambda fa, fr, best, *_: fa[best]),
    ],
}
