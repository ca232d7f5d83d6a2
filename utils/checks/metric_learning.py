"""Checkers of lecture 15: each returns a hint, or None if the attempt is right."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from utils.course.hints import compare, floats, takes_function


def _lookup(rng):
    n_queries, n_gallery = int(rng.integers(6, 10)), int(rng.integers(7, 11))
    distances = rng.permutation(n_queries * n_gallery).reshape(n_queries, n_gallery) / 100  # no ties
    queries, gallery = rng.integers(0, 4, n_queries), rng.integers(0, 3, n_gallery)  # label 3 has no partner
    return floats(distances), torch.tensor(queries), torch.tensor(gallery), int(rng.integers(2, 4))


def _recall(distances, query_labels, gallery_labels, k):
    return _hits(distances, query_labels, gallery_labels)[:, :k].any(dim=1).double().mean()


def _hits(distances, query_labels, gallery_labels):
    """Say of each query (rows) whether each neighbour (columns, the nearest first) has its label."""
    return gallery_labels[distances.argsort(dim=1)] == query_labels[:, None]


def _of_hits(rule):
    """The mean over the queries of `rule` of the hits and k."""
    return lambda distances, queries, gallery, k: rule(_hits(distances, queries, gallery).double(), k).double().mean()


NOT_THE_NEAREST = "You left out the nearest. The query is not in the gallery, so place 1 is a real answer."
ONE_TOO_MANY = "You look at k + 1 places, as if the query itself were among them. It is not in the gallery: k places."
TRUE_RECALL = "You count how many of the right gallery images were found. A query counts once, if any place is right."
RECALL = [
    (
        lambda distances, *labels: _recall(-distances, *labels),
        "You looked at the k *farthest*. These are distances: near is small, so sort upwards.",
    ),
    (
        _of_hits(lambda hits, k: hits[:, :k]),
        "That is the share of all k places that are right. A query counts once, if any place is right.",
    ),
    (
        _of_hits(lambda hits, k: hits[:, :k].sum(dim=1)),
        "You count the hits of a query. It counts once, if any place is right.",
    ),
    (
        _of_hits(lambda hits, k: hits[:, k - 1]),
        "You looked at the neighbour at place k alone. All places up to k count.",
    ),
    (_of_hits(lambda hits, k: hits[:, 0]), "You looked at the nearest alone. All places up to k count."),
    (_of_hits(lambda hits, k: hits[:, 1 : k + 1].any(dim=1)), NOT_THE_NEAREST),
    (_of_hits(lambda hits, k: hits[:, 1:k].any(dim=1)), NOT_THE_NEAREST),
    (_of_hits(lambda hits, k: hits[:, : k + 1].any(dim=1)), ONE_TOO_MANY),
    (_of_hits(lambda hits, k: hits[:, : k - 1].any(dim=1)), "You look at k − 1 places. A slice [:k] has k of them."),
    (
        _of_hits(lambda hits, k: hits[:, :k].all(dim=1)),
        "You ask that all k are right. One right answer among them is enough.",
    ),
    (
        _of_hits(lambda hits, k: hits[:, :k].mean(dim=1) > 0.5),
        "You ask that most of the k are right. One right answer is enough.",
    ),
    (_of_hits(lambda hits, k: hits[:, :k].sum(dim=1) / hits.sum(dim=1).clamp(min=1)), TRUE_RECALL),
    (_of_hits(lambda hits, k: hits[:, :k].sum(dim=1)[hits.any(dim=1)] / hits.sum(dim=1)[hits.any(dim=1)]), TRUE_RECALL),
    (_of_hits(lambda hits, k: hits[:, :k].sum() / hits.sum()), TRUE_RECALL),
    (
        _of_hits(lambda hits, k: hits[:, :k].any(dim=1)[hits.any(dim=1)]),
        "You leave out queries whose label is not in the gallery. They count, as missed.",
    ),
    (_of_hits(lambda hits, k: hits[:, :k].any(dim=1) * len(hits)), "That is a count. Divide by the number of queries."),
    (_of_hits(lambda hits, k: 1 - hits[:, :k].any(dim=1).double()), "That is the share of queries that were missed."),
    (_of_hits(lambda hits, k: 100 * hits[:, :k].any(dim=1)), "That is in percent: a share from 0 to 1 is asked for."),
    (_of_hits(lambda hits, k: hits[:, :k].any()), "`any()` without `dim=1` asks whether any query at all has a hit."),
    (
        lambda *given: _hits(*given[:3])[:, : given[3]].any(dim=1),
        "That is one answer for each query. Return their mean, the share.",
    ),
]


@takes_function("my_recall_at_k", draw=_lookup, seeds=(1, 8, 32, 39, 44, 62, 100, 127))
def check_recall(attempt, cases):
    """``attempt(distances, query_labels, gallery_labels, k)`` gives the share of queries with a hit in the first k."""
    wanted = "Return the share of queries, from 0 to 1. Follow one query: sort, take k, compare labels."
    return compare(attempt, cases, _recall, RECALL, wanted=wanted)


def _pair(rng):
    return float(rng.choice([0.3, 0.7, 0.9, 1.4, 1.9])), bool(rng.integers(2)), float(rng.choice([0.6, 1.0, 1.2, 1.6]))


def _pair_loss(distance, same, margin):
    return distance if same else max(0.0, margin - distance)


def _of_kind(of_the_same=None, of_different=None):
    """A mistake in the loss of one kind of pair or of both: rules of (distance, margin)."""

    def mistake(distance, same, margin):
        rule = of_the_same if same else of_different
        return rule(distance, margin) if rule else _pair_loss(distance, same, margin)

    return mistake


PULLED = "Same item: it is pulled all the way together, so the distance itself is the loss."
EXCHANGED = "The two kinds of pair are exchanged: the same item is pulled together."
SQUARE = "That is with squares. The original has them; here we ask for the plain distance."
PUSHED = "Without a margin there is no end to the pushing. Push up to the margin."
PAIR = [
    (lambda distance, same, margin: _pair_loss(distance, not same, margin), EXCHANGED),
    (_of_kind(None, lambda d, m: m - d), "Beyond the margin a pair is left alone: the loss is 0, never negative."),
    (_of_kind(None, lambda d, m: abs(m - d)), "Beyond the margin the loss is 0: use max(0, ...), not abs."),
    (
        _of_kind(None, lambda d, m: max(0.0, d - m)),
        "Different items are pushed while they are *nearer* than the margin.",
    ),
    (_of_kind(None, lambda d, m: -d), PUSHED),
    (_of_kind(None, lambda d, m: 1 / d), PUSHED),
    (_of_kind(None, lambda d, m: float(d < m)), "Return by how much different items are too near, not only whether."),
    (
        _of_kind(None, lambda d, m: m if d < m else 0),
        "Different items pay what the margin lacks, not the whole margin.",
    ),
    (_of_kind(None, lambda d, m: max(0.0, 1 - d)), "Your margin is always 1. Did you use `margin`?"),
    (
        _of_kind(None, lambda d, m: max(0.0, max(m, 1) - d)),
        "Your margin is never below 1. Use `margin` as it is given.",
    ),
    (_of_kind(None, lambda d, m: 0), "You leave different items alone. They are pushed up to the margin."),
    (_of_kind(lambda d, m: 0), f"You leave the same item alone. {PULLED}"),
    (_of_kind(lambda d, m: max(0.0, d - m)), f"The margin is for different items. {PULLED}"),
    (_of_kind(lambda d, m: min(d, m)), f"The margin is for different items. {PULLED}"),
    (_of_kind(lambda d, m: -d), f"The sign is wrong. {PULLED}"),
    (_of_kind(lambda d, m: d + m), f"The margin is for different items. {PULLED}"),
    (_of_kind(lambda d, m: d**2, lambda d, m: max(0.0, m - d) ** 2), SQUARE),
    (_of_kind(lambda d, m: d**2 / 2, lambda d, m: max(0.0, m - d) ** 2 / 2), SQUARE),
    (_of_kind(lambda d, m: d**2), SQUARE),
    (_of_kind(None, lambda d, m: max(0.0, m - d) ** 2), SQUARE),
    (_of_kind(lambda d, m: d**2, lambda d, m: max(0.0, m - d**2)), SQUARE),
    (_of_kind(lambda d, m: d / 2, lambda d, m: max(0.0, m - d) / 2), "That is half of it. There is no factor here."),
    (_of_kind(lambda d, m: max(0.0, m - d)), f"You treat all pairs as different ones. Did you use `same`? {PULLED}"),
    (_of_kind(None, lambda d, m: d), "You treat all pairs as the same item. Did you use `same`?"),
]


@takes_function("my_pair_loss", draw=_pair, seeds=(0, 1, 5, 11, 24, 34, 103, 126))
def check_pair(attempt, cases):
    """``attempt(distance, same, margin)`` gives the loss of one pair."""
    wanted = "Return the loss of this one pair. Same item: the distance. Different: what the margin lacks."
    return compare(attempt, cases, _pair_loss, PAIR, wanted=wanted)


def _triplets(rng):
    to_positive, margin = float(rng.choice([0.5, 0.75, 1.0])), float(rng.choice([0.25, 0.5]))  # exact in 32 bits
    at_the_edges = [to_positive, to_positive + margin, to_positive + margin / 2, to_positive - 0.125]
    more = rng.integers(0, 16, 4) / 8 + 0.0625
    return to_positive, floats(rng.permutation([*at_the_edges, *more])), margin


def _semi_hard(to_positive, to_negatives, margin):
    return (to_negatives > to_positive) & (to_negatives < to_positive + margin)


def _of_gap(rule):
    """`rule` of how much farther than the positive each negative is, and of the margin."""
    return lambda p, n, m: rule(n - p, m)


STRICT = "The comparisons are strict: a negative as far as the positive, or just at the margin, is not semi-hard."
SEMI_HARD = [
    (
        _of_gap(lambda gap, margin: gap < margin),
        "You keep every triplet with a loss above zero. Semi-hard leaves out negatives that are nearer than the "
        "positive: ask for a lower bound too.",
    ),
    (
        _of_gap(lambda gap, margin: gap > 0),
        "You keep every negative that is farther than the positive. Beyond the margin the loss is zero: ask for an "
        "upper bound too.",
    ),
    (_of_gap(lambda gap, margin: (gap >= 0) & (gap < margin)), STRICT),
    (_of_gap(lambda gap, margin: (gap > 0) & (gap <= margin)), STRICT),
    (_of_gap(lambda gap, margin: (gap >= 0) & (gap <= margin)), STRICT),
    (
        _of_gap(lambda gap, margin: gap < 0),
        "You keep the negatives that are nearer than the positive: those are the hard ones.",
    ),
    (
        _of_gap(lambda gap, margin: gap > margin),
        "You keep those beyond the margin: those are the easy ones, with a loss of zero.",
    ),
    (
        _of_gap(lambda gap, margin: gap >= margin),
        "You keep those beyond the margin: those are the easy ones, with a loss of zero.",
    ),
    (
        _of_gap(lambda gap, margin: gap.abs() < margin),
        "You keep negatives that are nearer than the positive, if only by a little. The gap has a sign.",
    ),
    (
        _of_gap(lambda gap, margin: (gap < 0) & (gap > -margin)),
        "You took the gap the wrong way round: a semi-hard negative is *farther* than the positive.",
    ),
    (_of_gap(lambda gap, margin: (gap > 0) | (gap < margin)), "One of the two is always true. Both have to hold: `&`."),
    (
        _of_gap(lambda gap, margin: ~((gap > 0) & (gap < margin))),
        "You mark those that are not semi-hard. Turn it round.",
    ),
    (
        lambda p, n, m: n < m,
        "You compare the negatives' distances with the margin alone. What counts is how much farther they are than "
        "the positive.",
    ),
    (
        lambda p, n, m: (n > p) & (n < m),
        "The upper bound is the positive's distance plus the margin, not the margin alone.",
    ),
    (lambda p, n, m: (n > m) & (n < p + m), "The lower bound is the positive's distance, not the margin."),
    (_of_gap(lambda gap, margin: gap), "Those are the gaps. Return True where one is above 0 and below the margin."),
    (
        _of_gap(lambda gap, margin: (margin - gap).clamp(min=0)),
        "Those are the losses. Return True or False for each negative.",
    ),
    (
        lambda p, n, m: n[_semi_hard(p, n, m)],
        "Those are the distances of the semi-hard ones. Return True or False for each negative.",
    ),
    (
        lambda *given: _semi_hard(*given).nonzero().flatten(),
        "Those are the places of the semi-hard ones. Return True or False for each negative.",
    ),
    (lambda *given: _semi_hard(*given).any(), "Return True or False for each negative, not one for all."),
    (
        lambda p, n, m: n == n[n > p].min(),
        "You mark the nearest one that is farther than the positive. All between the positive and the margin count.",
    ),
    (lambda p, n, m: (n**2 > p**2) & (n**2 < p**2 + m), "You compare squares. Here the margin is on the distances."),
    (_of_gap(lambda gap, margin: (gap < margin) & (gap != 0)), "You keep the hard ones, too: ask for a gap above 0."),
]
BRACKETS = "for tensors put brackets round each comparison and & between them: `(a > b) & (a < c)`."


def _no_truth(answer, *case):
    """Ask for True and False: numbers choose other entries when they are used as an index."""
    kind = answer.dtype if isinstance(answer, torch.Tensor) else torch.as_tensor(np.asarray(answer)).dtype
    return None if kind is torch.bool else "the right ones, but as numbers. Return True and False, as comparisons give."


@takes_function("my_semi_hard", draw=_triplets, seeds=(0, 3, 31, 64, 78, 83, 95, 99))
def check_semi_hard(attempt, cases):
    """``attempt(to_positive, to_negatives, margin)`` marks the semi-hard negatives."""
    wanted = "Return one True or False for each negative. Write down each gap first."
    errors = [(words, BRACKETS) for words in ("bitwise", "ambiguous", "&")]
    return compare(attempt, cases, _semi_hard, SEMI_HARD, wanted=wanted, errors=errors, also=_no_truth)


def _candidates(rng):
    anchor, positive = (F.normalize(floats(rng.normal(0, 1, 4)), dim=0) for _ in range(2))
    negatives = F.normalize(floats(rng.normal(0, 1, (int(rng.integers(2, 6)), 4))), dim=1)
    return anchor, positive, negatives, float(rng.choice([0.2, 0.5, 2.0]))


def _info_nce(anchor, positive, negatives, temperature):
    scores = torch.cat([positive[None], negatives]) @ anchor / temperature
    return scores.logsumexp(0) - scores[0]


def _of_cosines(rule):
    """`rule` of the cosine with the positive, those with the negatives, and the temperature."""
    return lambda anchor, positive, negatives, temperature: rule(anchor @ positive, negatives @ anchor, temperature)


def _loss(pos, neg):
    return torch.cat([pos[None], neg]).logsumexp(0) - pos


ANOTHER_LOGARITHM = "Your logarithm has another base. The natural one is meant, `log`."
MEAN = "You took the mean in the denominator. Take the sum, over the positive and all negatives."
INFO_NCE = [
    (lambda *given: -_info_nce(*given), "The sign is wrong. It is *minus* the logarithm of a share below 1."),
    (
        _of_cosines(lambda pos, neg, t: (neg / t).logsumexp(0) - pos / t),
        "The positive is missing in the denominator; it belongs to the whole.",
    ),
    (
        _of_cosines(lambda pos, neg, t: _loss(pos, neg)),
        "That is right for temperature 1. Divide the cosines by the temperature.",
    ),
    (_of_cosines(lambda pos, neg, t: _loss(pos * t, neg * t)), "You multiplied by the temperature. Divide by it."),
    (
        _of_cosines(lambda pos, neg, t: _loss(pos / t, neg)),
        "You divide only the positive's cosine by the temperature. Divide all of them.",
    ),
    (
        _of_cosines(lambda pos, neg, t: _loss(pos, neg / t)),
        "You divide only the negatives' cosines by the temperature. Divide all of them.",
    ),
    (
        _of_cosines(lambda pos, neg, t: _loss(pos, neg) / t),
        "You divide the loss by the temperature. Divide the cosines, before the exponential.",
    ),
    (_of_cosines(lambda pos, neg, t: _loss(pos / t**2, neg / t**2)), "You divide by the temperature twice."),
    (lambda *given: (-_info_nce(*given)).exp(), "That is the share itself. The loss is minus its logarithm."),
    (
        _of_cosines(lambda pos, neg, t: _loss(pos / t, neg / t - math.log(len(neg)))),
        "You took the mean over the negatives. Take their sum.",
    ),
    (_of_cosines(lambda pos, neg, t: _loss(pos / t, neg / t) - math.log(1 + len(neg))), MEAN),
    (_of_cosines(lambda pos, neg, t: _loss(pos / t, neg / t) / math.log(2)), ANOTHER_LOGARITHM),
    (_of_cosines(lambda pos, neg, t: _loss(pos / t, neg / t) / math.log(10)), ANOTHER_LOGARITHM),
    (
        _of_cosines(lambda pos, neg, t: -pos / t),
        "The denominator is missing: the negatives push, and they are not in your loss.",
    ),
    (_of_cosines(lambda pos, neg, t: (neg / t).exp().sum() - pos / t), "The logarithm of the denominator is missing."),
    (
        _of_cosines(lambda pos, neg, t: _loss(_share(pos, neg, t)[0], _share(pos, neg, t)[1:])),
        "You took the softmax before a cross-entropy that takes it itself. Give it the scores.",
    ),
    (
        _of_cosines(lambda pos, neg, t: torch.cat([pos[None], neg]).div(t).logsumexp(0) - neg[-1] / t),
        "The right class is the positive. Where does it stand among your candidates?",
    ),
    (
        _of_cosines(lambda pos, neg, t: torch.cat([pos[None], neg]).div(t).logsumexp(0) - neg[0] / t),
        "The right class is the positive. Where does it stand among your candidates?",
    ),
    (
        _of_cosines(
            lambda pos, neg, t: _loss(-(2 - 2 * pos).clamp(min=0).sqrt() / t, -(2 - 2 * neg).clamp(min=0).sqrt() / t)
        ),
        "You compare distances. InfoNCE compares cosines: products of vectors of length 1.",
    ),
    (
        _of_cosines(
            lambda pos, neg, t: _loss((2 - 2 * pos).clamp(min=0).sqrt() / t, (2 - 2 * neg).clamp(min=0).sqrt() / t)
        ),
        "You compare distances. InfoNCE compares cosines: products of vectors of length 1.",
    ),
    (
        _of_cosines(lambda pos, neg, t: _loss(pos / t, neg.max()[None] / t)),
        "You take the hardest negative alone. All of them count.",
    ),
    (
        _of_cosines(lambda pos, neg, t: torch.stack([_loss(pos / t, one[None] / t) for one in neg]).mean()),
        "You average over one loss for each negative. All negatives stand in one denominator.",
    ),
    (
        _of_cosines(lambda pos, neg, t: torch.stack([_loss(pos / t, one[None] / t) for one in neg]).sum()),
        "You add up one loss for each negative. All negatives stand in one denominator.",
    ),
    (
        _of_cosines(lambda pos, neg, t: -_share(pos, neg, t).log().mean()),
        "You average over all candidates, as if each were the right one. The positive alone is.",
    ),
    (
        lambda anchor, positive, negatives, t: _loss(anchor @ positive / t, negatives @ positive / t),
        "You compare the negatives with the positive. All are compared with the anchor.",
    ),
]


def _share(pos, neg, t):
    return (torch.cat([pos[None], neg]) / t).softmax(0)


@takes_function("my_info_nce", draw=_candidates, seeds=(0, 1, 3, 4, 5, 6, 7, 9))
def check_info_nce(attempt, cases):
    """``attempt(anchor, positive, negatives, temperature)`` gives the loss of one anchor."""
    wanted = (
        "Return one number, a cross-entropy whose right class is the positive: the sum over the negatives, the natural "
        "logarithm, every cosine divided by the temperature."
    )
    return compare(attempt, cases, _info_nce, INFO_NCE, wanted=wanted)


def _two_kinds(rng):
    """Distances for which both errors are exactly equal, whatever stands between two neighbouring distances."""
    n, times, wrong, low = 10, int(rng.choice([2, 3])), int(rng.integers(1, 5)), rng.choice([0.3, 0.4, 0.6])
    near, far = low * (0.3 + 0.7 * rng.random(500)), low + 0.1 + (0.9 - low) * (0.8 * rng.random(500))
    same = [low, *near[: n - wrong - 1], *far[:wrong]]
    different = [low, *near[-times * wrong + 1 :], *far[wrong : wrong + times * (n - wrong)]]
    return tuple(floats(rng.permutation(np.round(values, 3))) for values in (same, different))


def _equal_error(same, different):
    return _of_errors(lambda accepts, rejects, best, thresholds: rejects[best])(same, different)


def _of_errors(rule):
    """`rule` of false accepts and false rejects at the thresholds, of the place of equality, and of the thresholds."""

    def mistake(same, different):
        thresholds = torch.cat([same, different]).sort().values
        accepts = (different <= thresholds[:, None]).double().mean(dim=1)
        rejects = (same > thresholds[:, None]).double().mean(dim=1)
        return rule(accepts, rejects, (accepts - rejects).abs().argmin(), thresholds)

    return mistake


def _at(threshold, errors=lambda accepts, rejects: (accepts + rejects) / 2):
    """Both errors at one threshold, a function of the two kinds of distances."""

    def mistake(same, different):
        at = threshold(same, different)
        return errors((different <= at).double().mean(), (same > at).double().mean())

    return mistake


SUM = "That is the smallest *sum* of both shares. Ask where the two are equal."
SMALLEST_MEAN = "That is the smallest *mean* of both shares. Ask where the two are equal."
ALL_THRESHOLDS = "You look at one threshold. Try all of them: every distance may be one."
WRONG_WAY = "You accept where you should refuse. A *small* distance is accepted."
EQUAL_ERROR = [
    (lambda *given: 1 - _equal_error(*given), WRONG_WAY),
    (lambda *given: 100 * _equal_error(*given), "A share from 0 to 1 is asked for, not percent."),
    (lambda *given: 2 * _equal_error(*given), "Those are both shares together at the right place. Return half of it."),
    (
        _of_errors(lambda fa, fr, best, at: torch.stack([fa[best], fr[best]])),
        "Those are both shares. They are (nearly) equal there: return one number.",
    ),
    (
        _of_errors(lambda fa, fr, best, at: (fa - fr)[best].abs()),
        "That is the smallest difference of the two, or the smallest of all. Return the error where they are equal.",
    ),
    (_of_errors(lambda fa, fr, best, at: at[best]), "That is the threshold. Return the error at that threshold."),
    (_of_errors(lambda fa, fr, best, at: (fa + fr).min()), SUM),
    (_of_errors(lambda fa, fr, best, at: (fa + fr).min() / 2), SMALLEST_MEAN),
    (
        _of_errors(lambda fa, fr, best, at: fa.min()),
        "That is the smallest false accept rate. Ask where the two are equal.",
    ),
    (
        lambda same, different: _of_errors(
            lambda fa, fr, best, at: (fa * len(different) + fr * len(same)).min() / len(at)
        )(same, different),
        "That is the smallest share of wrong answers. Ask where the two shares are equal.",
    ),
    (
        lambda same, different: _of_errors(
            lambda fa, fr, best, at: (fa + fr)[(fa * len(different) - fr * len(same)).abs().argmin()] / 2
        )(same, different),
        "You ask where the two *counts* are equal. Compare shares: false accepts of the different pairs, false rejects "
        "of the same ones.",
    ),
    (_at(lambda same, different: torch.cat([same, different]).mean()), ALL_THRESHOLDS),
    (_at(lambda same, different: torch.cat([same, different]).mean(), lambda fa, fr: fa), ALL_THRESHOLDS),
    (_at(lambda same, different: torch.cat([same, different]).median()), ALL_THRESHOLDS),
    (_at(lambda same, different: (same.mean() + different.mean()) / 2), ALL_THRESHOLDS),
    (_at(lambda same, different: (same.mean() + different.mean()) / 2, lambda fa, fr: fa), ALL_THRESHOLDS),
    (_at(lambda same, different: same.max()), ALL_THRESHOLDS),
    (_at(lambda same, different: different.min()), ALL_THRESHOLDS),
]


@takes_function("my_equal_error_rate", draw=_two_kinds, seeds=(0, 10, 66, 80, 108, 120, 122, 125))
def check_equal_error(attempt, cases):
    """``attempt(same, different)`` gives the equal error rate of two sets of distances."""
    wanted = (
        "Return a share, from 0 to 1: at each threshold compare both shares, and keep the place where they are equal."
    )
    return compare(attempt, cases, _equal_error, EQUAL_ERROR, wanted=wanted, atol=1e-3)


CHECKERS = {
    "metric-recall": check_recall,
    "metric-pair": check_pair,
    "metric-semi-hard": check_semi_hard,
    "metric-info-nce": check_info_nce,
    "metric-equal-error": check_equal_error,
}
