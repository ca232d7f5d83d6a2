"""Checkers of lecture 15: each returns a hint, or None if the attempt is right."""

import math

import torch
import torch.nn.functional as F

from utils.checks import takes_function


def _number(value):
    """Turn what a reader may return into a float; None if it is no single number."""
    if isinstance(value, str):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        return None


def _not_a_number(case, value):
    return f"{case} you give {value}, not a number. Look for a division by zero or the logarithm of 0."


def _close(value, expected):
    return abs(value - expected) < 1e-4


@takes_function("my_recall_at_k")
def check_recall(attempt):
    """``attempt(distances, query_labels, gallery_labels, k)`` gives the share of queries with a hit in the first k."""
    generator = torch.Generator().manual_seed(0)
    for n_queries, n_gallery, k in [(61, 30, 3), (53, 30, 1), (37, 12, 5)]:
        distances = torch.rand(n_queries, n_gallery, generator=generator)
        queries = torch.randint(4, (n_queries,), generator=generator)
        gallery = torch.randint(4, (n_gallery,), generator=generator)
        value = _number(attempt(distances.clone(), queries.clone(), gallery.clone(), k))
        order = distances.argsort(dim=1)
        hits = gallery[order] == queries[:, None]
        right = hits[:, :k].any(dim=1).float().mean().item()
        case = f"for {n_queries} queries, {n_gallery} gallery images and k={k}"
        if value is None:
            return f"{case} your function returned no single number. Return the share of queries, from 0 to 1."
        if math.isnan(value):
            return _not_a_number(case, value)
        if _close(value, right):
            continue
        far = hits.flip(1)[:, :k]
        if _close(value, far.any(dim=1).float().mean().item()):
            return f"{case} you looked at the k *farthest*. These are distances: near is small, so sort upwards."
        if _close(value, hits[:, :k].float().mean().item()):
            return (
                f"{case} you give the share of all k places that are right. A query counts once, if any place is right."
            )
        if _close(value, hits[:, k - 1].float().mean().item()):
            return f"{case} you looked at the neighbour at place k alone. All places up to k count."
        if _close(value, hits[:, 1 : k + 1].any(dim=1).float().mean().item()):
            return f"{case} you left out the nearest. The query is not in the gallery, so place 1 is a real answer."
        if _close(value, hits[:, :k].all(dim=1).float().mean().item()):
            return f"{case} you ask that all k are right. One right answer among them is enough."
        if _close(value, right * n_queries):
            return f"{case} you give {value:g}, a count. Divide by the number of queries."
        if _close(value, 100 * right):
            return f"{case} you give {value:g}: a share from 0 to 1 is asked for, not percent."
        if _close(value, 1):
            return f"{case} you give 1. `any()` without `dim=1` asks whether any query at all has a hit."
        return f"{case} you give {value:.4f}, expected {right:.4f}. Follow one query: sort, take k, compare labels."
    return None


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
        value = _number(attempt(distance, same, margin))
        right = distance if same else max(0.0, margin - distance)
        case = f"for distance={distance:g}, same={same}, margin={margin:g}"
        if value is None:
            return f"{case} your function returned no number. Return the loss of this one pair."
        if math.isnan(value):
            return _not_a_number(case, value)
        if _close(value, right):
            continue
        swapped = max(0.0, margin - distance) if same else distance
        if _close(value, swapped):
            return f"{case} you give {value:g}. The two kinds of pair are exchanged: the same item is pulled together."
        if not same and _close(value, margin - distance):
            return f"{case} you give {value:g}. Beyond the margin a pair is left alone: the loss is 0, never negative."
        if same and _close(value, max(0.0, distance - margin)):
            return f"{case} you give {value:g}. The margin is for different items; the same item is pulled all the way."
        if _close(value, right**2):
            return (
                f"{case} you give {value:g}, the square. The original has squares; here we ask for the plain distance."
            )
        if not same and _close(value, abs(margin - distance)):
            return f"{case} you give {value:g}. Beyond the margin the loss is 0: use max(0, ...), not abs."
        if not same and _close(value, -distance):
            return f"{case} you give {value:g}. Without a margin there is no end to the pushing. Push up to the margin."
        return (
            f"{case} you give {value:g}, expected {right:g}. Same item: the distance. Different: what the margin lacks."
        )
    return None


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
        value = value.bool()
        gap = negatives - to_positive
        right = (gap > 0) & (gap < margin)
        if torch.equal(value, right):
            continue
        answers = {
            "you keep every triplet with a loss above zero. Semi-hard leaves out negatives that are nearer than the "
            "positive: ask for a lower bound too.": gap < margin,
            "you keep every negative that is farther than the positive. Beyond the margin the loss is zero: ask for an "
            "upper bound too.": gap > 0,
            "you keep the negatives that are nearer than the positive: those are the hard ones.": gap < 0,
            "you keep those beyond the margin: those are the easy ones, with a loss of zero.": gap > margin,
            "you compare the negatives' distances with the margin alone. What counts is how much farther they are than "
            "the positive.": negatives < margin,
        }
        for hint, wrong in answers.items():
            if torch.equal(value, wrong):
                return f"{case} {hint}"
        return f"{case} you mark {value.tolist()}, expected {right.tolist()}. Write down each gap first."
    return None


@takes_function("my_info_nce")
def check_info_nce(attempt):
    """``attempt(anchor, positive, negatives, temperature)`` gives the loss of one anchor."""
    generator = torch.Generator().manual_seed(2)
    for n_negatives, temperature in [(1, 1.0), (5, 0.5), (20, 0.2)]:
        anchor, positive = F.normalize(torch.randn(2, 8, generator=generator))
        negatives = F.normalize(torch.randn(n_negatives, 8, generator=generator))
        value = _number(attempt(anchor.clone(), positive.clone(), negatives.clone(), temperature))
        pos, neg = anchor @ positive / temperature, negatives @ anchor / temperature
        both = torch.cat([pos[None], neg])
        right = (both.logsumexp(0) - pos).item()
        case = f"for {n_negatives} negatives and temperature {temperature:g}"
        if value is None:
            return f"{case} your function returned no single number. Return the loss of this anchor."
        if math.isnan(value):
            return _not_a_number(case, value)
        if _close(value, right):
            continue
        if _close(value, -right):
            return f"{case} you give {value:.4f}: the sign is wrong. It is *minus* the logarithm of a share below 1."
        if _close(value, (neg.logsumexp(0) - pos).item()):
            return f"{case} you give {value:.4f}: the positive is missing in the denominator; it belongs to the whole."
        plain = both * temperature
        if _close(value, (plain.logsumexp(0) - plain[0]).item()):
            return (
                f"{case} you give {value:.4f}: that is right for temperature 1. Divide the cosines by the temperature."
            )
        hot = plain * temperature
        if _close(value, (hot.logsumexp(0) - hot[0]).item()):
            return f"{case} you give {value:.4f}: you multiplied by the temperature. Divide by it."
        if _close(value, torch.exp(torch.tensor(-right)).item()):
            return f"{case} you give {value:.4f}, the share itself. The loss is minus its logarithm."
        mean = torch.cat([pos[None], neg - torch.tensor(float(n_negatives)).log()])
        if _close(value, (mean.logsumexp(0) - pos).item()):
            return f"{case} you give {value:.4f}: you took the mean over the negatives. Take their sum."
        return (
            f"{case} you give {value:.4f}, expected {right:.4f}. A cross-entropy whose right class is the positive: "
            "the sum over the negatives, the natural logarithm, every cosine divided by the temperature."
        )
    return None


@takes_function("my_equal_error_rate")
def check_equal_error(attempt):
    """``attempt(same, different)`` gives the equal error rate of two sets of distances."""
    generator = torch.Generator().manual_seed(5)
    for n_same, n_different, gap in [(200, 200, 0.15), (100, 400, 0.25), (300, 100, 0.05)]:
        same = 0.4 * torch.rand(n_same, generator=generator)
        different = 0.4 * torch.rand(n_different, generator=generator) + gap
        value = _number(attempt(same.clone(), different.clone()))
        thresholds = torch.cat([same, different]).sort().values
        accepts = (different[None] <= thresholds[:, None]).float().mean(dim=1)
        rejects = (same[None] > thresholds[:, None]).float().mean(dim=1)
        best = (accepts - rejects).abs().argmin()
        right = ((accepts[best] + rejects[best]) / 2).item()
        case = f"for {n_same} pairs of one item and {n_different} of two"
        if value is None:
            return f"{case} your function returned no single number. Return a share, from 0 to 1."
        if math.isnan(value):
            return _not_a_number(case, value)
        if abs(value - right) < 0.01:
            continue
        if abs(value - 100 * right) < 1:
            return f"{case} you give {value:g}: a share from 0 to 1 is asked for, not percent."
        counts = accepts * n_different + rejects * n_same
        middle = thresholds.mean()
        if abs(value - (1 - right)) < 0.006:
            return f"{case} you give {value:.3f}: you accept where you should refuse. A *small* distance is accepted."
        if abs(value - (accepts + rejects).min().item()) < 0.004:
            return f"{case} you give {value:.3f}: the smallest *sum* of both shares. Ask where the two are equal."
        if _close(value, 2 * right):
            return f"{case} you give {value:.3f}, both shares together at the right place. Return half of it."
        if abs(value - (accepts + rejects).min().item() / 2) < 0.004:
            return f"{case} you give {value:.3f}: the smallest *mean* of both shares. Ask where the two are equal."
        if abs(value - (counts.min() / (n_same + n_different)).item()) < 0.004:
            return (
                f"{case} you give {value:.3f}: the smallest share of wrong answers. Ask where the two shares are equal."
            )
        if _close(value, thresholds[best].item()):
            return f"{case} you give {value:.3f}, the threshold. Return the error at that threshold."
        if _close(value, (different <= middle).float().mean().item()):
            return f"{case} you give {value:.3f}, the false accepts at the mean distance. Try all thresholds."
        return f"{case} you give {value:.3f}, expected {right:.3f}. At each threshold compare both shares."
    return None


CHECKERS = {
    "metric-recall": check_recall,
    "metric-pair": check_pair,
    "metric-semi-hard": check_semi_hard,
    "metric-info-nce": check_info_nce,
    "metric-equal-error": check_equal_error,
}
