"""How well embeddings find and verify: retrieval and verification measures."""

from typing import NamedTuple

import numpy as np
import torch

from utils.metric_learning.losses import check_labelled, distances_between, same_and_other


class Retrieval(NamedTuple):
    """How well queries find others of their class.

    Attributes
    ----------
    recall : dict of int to float
        For each k, the share of queries with one of their class among the k nearest.
    mean_average_precision : float
    """

    recall: dict
    mean_average_precision: float


def evaluate_retrieval(embeddings, labels, *, ks=(1, 5)):
    """Let each item look for the others of its class among all others.

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
    labels : Tensor of shape (N,)
        Items that are alone in their class ask nothing.
    ks : sequence of int

    Returns
    -------
    Retrieval

    Raises
    ------
    ValueError
        If no class has two items, or a k is not from 1 to N - 1.
    """
    check_labelled(embeddings, labels)
    same, _ = same_and_other(labels)
    asks = same.any(dim=1)
    if not asks.any():
        raise ValueError("no class has two items, so there is nothing to find; give at least two of a class")
    if not all(1 <= k < len(labels) for k in ks):
        raise ValueError(f"ks is {tuple(ks)}; expected numbers from 1 to {len(labels) - 1}")
    distances = distances_between(embeddings, embeddings).fill_diagonal_(torch.inf)
    order = _nearest_first(distances[asks])[:, :-1]  # without the item itself
    hits = same[asks].gather(1, order).double()  # (queries, N - 1)
    recall = {k: hits[:, :k].amax(dim=1).mean().item() for k in ks}
    precision = hits.cumsum(dim=1) / torch.arange(1, hits.shape[1] + 1, dtype=torch.double, device=hits.device)
    return Retrieval(recall, ((precision * hits).sum(dim=1) / hits.sum(dim=1)).mean().item())


def _nearest_first(distances):
    """Return the order of each row of (N, M) distances; equal ones stay in their order."""
    if distances.dtype != torch.float32:
        return distances.argsort(dim=1, stable=True)
    # NumPy sorts whole numbers several times as fast; the bits of floats that are not negative sort as their values do
    keys = distances.detach().cpu().numpy().view(np.int32).astype(np.int64) << 32
    keys |= np.arange(keys.shape[1])
    keys.sort(axis=1)
    return torch.from_numpy(keys & 0xFFFFFFFF).to(distances.device)


class Verification(NamedTuple):
    """Telling pairs of one class from pairs of two by a threshold on the distance.

    Attributes
    ----------
    false_accepts, true_accepts : ndarray of shape (T,)
        The ROC curve: shares of the pairs of two classes, and of one class, at each threshold.
    thresholds : ndarray of shape (T,)
        Distances up to which a pair is accepted.
    equal_error_rate : float
        Where as large a share of the one kind is accepted wrongly as of the other is refused wrongly.
    """

    false_accepts: np.ndarray
    true_accepts: np.ndarray
    thresholds: np.ndarray
    equal_error_rate: float


def evaluate_verification(embeddings, labels):
    """Judge every pair of items: are they of one class?

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
    labels : Tensor of shape (N,)

    Returns
    -------
    Verification

    Raises
    ------
    ValueError
        If there is no pair of one class, or none of two.
    """
    check_labelled(embeddings, labels)
    first, second = torch.triu_indices(len(labels), len(labels), offset=1)
    same = (labels[first] == labels[second]).cpu().numpy()
    if same.all() or not same.any():
        raise ValueError("all pairs are of one kind; give at least two items of a class, and two classes")
    distances = distances_between(embeddings, embeddings)[first, second].detach().cpu().numpy()
    if not np.isfinite(distances).all():
        raise ValueError("some distances are not finite; look for NaN or infinity in the embeddings")
    order = np.argsort(distances)
    distances, same = distances[order], same[order]
    last = np.append(np.flatnonzero(np.diff(distances)), len(same) - 1)  # of each run of equal distances
    rights = same.cumsum()[last]
    wrongs = last + 1 - rights
    # a point on the straight line between its neighbours says nothing
    kept = np.r_[True, (np.diff(wrongs, 2) != 0) | (np.diff(rights, 2) != 0), True][: len(last)]
    false_accepts = np.r_[0, wrongs[kept]] / wrongs[-1]
    true_accepts = np.r_[0, rights[kept]] / rights[-1]
    thresholds = np.r_[-np.inf, distances[last][kept]]
    gap = false_accepts - (1 - true_accepts)  # rises from -1 to 1
    after = int(np.argmax(gap >= 0))
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    error = false_accepts[after - 1] + share * (false_accepts[after] - false_accepts[after - 1])
    return Verification(false_accepts, true_accepts, thresholds, float(error))
