"""Checkers of lecture 15: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.course.hints import first_match, number_or_hint, takes_function


@takes_function("my_recall_at_k")
def check_recall(attempt):
    """``attempt(distances, query_labels, gallery_labels, k)`` gives the share of queries with a hit in the first k."""
    generator = torch.Generator().manual_seed(0)
    for n_queries, n_gallery, k in [(61, 30, 3), (53, 30, 1), (37, 12, 5)]:
        distances = torch.rand(n_queries, n_gallery, generator=generator)
        queries = torch.randint(4, (n_queries,), generator=generator)
        gallery = torch.randint(4, (n_gallery,), generator=generator)
        case = f"for {n_queries} queries, {n_gallery} gallery images and k={k}"
        answer = attempt(distances.clone(), queries.clone(), gallery.clone(), k)
        value, hint = number_or_hint(answer, case, "Return the share of queries, from 0 to 1.")
        if hint:
            return hint
        if hint := _recall_hint(value, gallery[distances.argsort(dim=1)] == queries[:, None], k):
            return f"{case} you {hint}"
    return None


def _recall_hint(value, hits, k):
    """`hits` says of each query (rows) whether each neighbour (columns, the nearest first) has its label."""

    def share(found):
        return found.float().mean()

    first, right = hits[:, :k], share(hits[:, :k].any(dim=1))
    farthest = "looked at the k *farthest*. These are distances: near is small, so sort upwards."
    not_the_nearest = "left out the nearest. The query is not in the gallery, so place 1 is a real answer."
    mistakes = [
        (right, None),
        (share(hits.flip(1)[:, :k].any(dim=1)), farthest),
        (share(first), "give the share of all k places that are right. A query counts once, if any place is right."),
        (share(hits[:, k - 1]), "looked at the neighbour at place k alone. All places up to k count."),
        (share(hits[:, 1 : k + 1].any(dim=1)), not_the_nearest),
        (share(first.all(dim=1)), "ask that all k are right. One right answer among them is enough."),
        (right * len(hits), f"give {value:g}, a count. Divide by the number of queries."),
        (100 * right, f"give {value:g}: a share from 0 to 1 is asked for, not percent."),
        (1, "give 1. `any()` without `dim=1` asks whether any query at all has a hit."),
        (True, f"give {value:.4f}, expected {right:.4f}. Follow one query: sort, take k, compare labels."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


@takes_function("my_pair_loss")
def check_pair(attempt):
    """``attempt(distance, same, margin)`` gives the loss of one pair."""
    cases = [
        (0.3, True, 1.0),
        (1.4, True, 1.0),
        (0.3, False, 1.0),
        (0.8, False, 0.5),
        (0.9, False, 1.2),
        (0.0, True, 1.0),
    ]
    for distance, same, margin in cases:
        case = f"for distance={distance:g}, same={same}, margin={margin:g}"
        value, hint = number_or_hint(attempt(distance, same, margin), case, "Return the loss of this one pair.")
        if hint:
            return hint
        if hint := _pair_hint(value, distance, same, margin):
            return f"{case} you give {value:g}{hint}"
    return None


def _pair_hint(value, distance, same, margin):
    lack = margin - distance
    right, swapped = (distance, max(0.0, lack)) if same else (max(0.0, lack), distance)
    of_different = [
        (lack, ". Beyond the margin a pair is left alone: the loss is 0, never negative."),
        (right**2, ", the square. The original has squares; here we ask for the plain distance."),
        (abs(lack), ". Beyond the margin the loss is 0: use max(0, ...), not abs."),
        (-distance, ". Without a margin there is no end to the pushing. Push up to the margin."),
    ]
    of_the_same = [
        (max(0.0, -lack), ". The margin is for different items; the same item is pulled all the way."),
        (right**2, ", the square. The original has squares; here we ask for the plain distance."),
    ]
    mistakes = [
        (right, None),
        (swapped, ". The two kinds of pair are exchanged: the same item is pulled together."),
        *(of_the_same if same else of_different),
        (True, f", expected {right:g}. Same item: the distance. Different: what the margin lacks."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


@takes_function("my_semi_hard")
def check_semi_hard(attempt):
    """``attempt(to_positive, to_negatives, margin)`` marks the semi-hard negatives."""
    cases = [
        (0.5, [0.4, 0.6, 0.9, 0.2, 0.65], 0.2),
        (0.9, [1.0, 1.3, 0.8, 0.1, 1.15], 0.3),
        (0.2, [0.1, 0.05, 0.9], 0.5),
    ]
    for to_positive, to_negatives, margin in cases:
        negatives = torch.tensor(to_negatives)
        case = f"for a positive at {to_positive:g}, negatives at {to_negatives} and margin {margin:g}"
        try:
            value = torch.as_tensor(attempt(to_positive, negatives.clone(), margin))
        except (NotImplementedError, RuntimeError, TypeError) as error:
            if any(word in str(error) for word in ("bitwise", "ambiguous", "&")):
                return "for tensors put brackets round each comparison and & between them: `(a > b) & (a < c)`."
            raise
        if value.shape != negatives.shape:
            return f"{case} you return the shape {tuple(value.shape)}; return one True or False for each negative."
        if hint := _semi_hard_hint(value.bool(), negatives, negatives - to_positive, margin):
            return f"{case} you {hint}"
    return None


def _semi_hard_hint(value, negatives, gap, margin):
    right = (gap > 0) & (gap < margin)
    mistakes = [
        (right, None),
        (
            gap < margin,
            "keep every triplet with a loss above zero. Semi-hard leaves out negatives that are nearer than the "
            "positive: ask for a lower bound too.",
        ),
        (
            gap > 0,
            "keep every negative that is farther than the positive. Beyond the margin the loss is zero: ask for an "
            "upper bound too.",
        ),
        (gap < 0, "keep the negatives that are nearer than the positive: those are the hard ones."),
        (gap > margin, "keep those beyond the margin: those are the easy ones, with a loss of zero."),
        (
            negatives < margin,
            "compare the negatives' distances with the margin alone. What counts is how much farther they are than "
            "the positive.",
        ),
        (True, f"mark {value.tolist()}, expected {right.tolist()}. Write down each gap first."),
    ]
    return first_match(value, mistakes)


@takes_function("my_info_nce")
def check_info_nce(attempt):
    """``attempt(anchor, positive, negatives, temperature)`` gives the loss of one anchor."""
    generator = torch.Generator().manual_seed(2)
    for n_negatives, temperature in [(1, 1.0), (5, 0.5), (20, 0.2)]:
        anchor, positive = F.normalize(torch.randn(2, 8, generator=generator))
        negatives = F.normalize(torch.randn(n_negatives, 8, generator=generator))
        case = f"for {n_negatives} negatives and temperature {temperature:g}"
        answer = attempt(anchor.clone(), positive.clone(), negatives.clone(), temperature)
        value, hint = number_or_hint(answer, case, "Return the loss of this anchor.")
        if hint:
            return hint
        cosines = torch.cat([positive[None], negatives]) @ anchor
        if hint := _info_nce_hint(value, cosines, temperature):
            return f"{case} you give {value:.4f}{hint}"
    return None


def _info_nce_hint(value, cosines, temperature):
    """`cosines` of the anchor with its positive and with each negative."""

    def loss(scores):
        return scores.logsumexp(0) - scores[0]

    scores = cosines / temperature
    right, negatives = loss(scores), scores[1:]
    mean = torch.cat([scores[:1], negatives - torch.tensor(float(len(negatives))).log()])
    mistakes = [
        (right, None),
        (-right, ": the sign is wrong. It is *minus* the logarithm of a share below 1."),
        (negatives.logsumexp(0) - scores[0], ": the positive is missing in the denominator; it belongs to the whole."),
        (loss(cosines), ": that is right for temperature 1. Divide the cosines by the temperature."),
        (loss(cosines * temperature), ": you multiplied by the temperature. Divide by it."),
        (torch.exp(-right), ", the share itself. The loss is minus its logarithm."),
        (loss(mean), ": you took the mean over the negatives. Take their sum."),
        (
            True,
            f", expected {right:.4f}. A cross-entropy whose right class is the positive: the sum over the negatives, "
            "the natural logarithm, every cosine divided by the temperature.",
        ),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


@takes_function("my_equal_error_rate")
def check_equal_error(attempt):
    """``attempt(same, different)`` gives the equal error rate of two sets of distances."""
    generator = torch.Generator().manual_seed(5)
    for n_same, n_different, gap in [(200, 200, 0.15), (100, 400, 0.25), (300, 100, 0.05)]:
        same = 0.4 * torch.rand(n_same, generator=generator)
        different = 0.4 * torch.rand(n_different, generator=generator) + gap
        case = f"for {n_same} pairs of one item and {n_different} of two"
        answer = attempt(same.clone(), different.clone())
        value, hint = number_or_hint(answer, case, "Return a share, from 0 to 1.")
        if hint:
            return hint
        if hint := _equal_error_hint(value, same, different):
            return f"{case} you give {hint}"
    return None


def _equal_error_hint(value, same, different):
    thresholds = torch.cat([same, different]).sort().values
    accepts = (different[None] <= thresholds[:, None]).float().mean(dim=1)
    rejects = (same[None] > thresholds[:, None]).float().mean(dim=1)
    best, both = (accepts - rejects).abs().argmin(), (accepts + rejects).min()
    right = ((accepts[best] + rejects[best]) / 2).item()
    wrong_answers = (accepts * len(different) + rejects * len(same)).min() / len(thresholds)
    at_the_mean = (different <= thresholds.mean()).float().mean()
    equal = "Ask where the two are equal."

    def near(expected, within=1e-4):  # a little luck at the threshold moves a share by a pair or two
        return abs(value - float(expected)) < within

    mistakes = [
        (near(right, 0.01), None),
        (near(100 * right, 1), f"{value:g}: a share from 0 to 1 is asked for, not percent."),
        (near(1 - right, 0.006), f"{value:.3f}: you accept where you should refuse. A *small* distance is accepted."),
        (near(both, 0.004), f"{value:.3f}: the smallest *sum* of both shares. {equal}"),
        (near(2 * right), f"{value:.3f}, both shares together at the right place. Return half of it."),
        (near(both / 2, 0.004), f"{value:.3f}: the smallest *mean* of both shares. {equal}"),
        (
            near(wrong_answers, 0.004),
            f"{value:.3f}: the smallest share of wrong answers. Ask where the two shares are equal.",
        ),
        (near(thresholds[best]), f"{value:.3f}, the threshold. Return the error at that threshold."),
        (near(at_the_mean), f"{value:.3f}, the false accepts at the mean distance. Try all thresholds."),
        (True, f"{value:.3f}, expected {right:.3f}. At each threshold compare both shares."),
    ]
    return first_match(value, mistakes)


CHECKERS = {
    "metric-recall": check_recall,
    "metric-pair": check_pair,
    "metric-semi-hard": check_semi_hard,
    "metric-info-nce": check_info_nce,
    "metric-equal-error": check_equal_error,
}
