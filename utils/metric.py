"""Metric learning: losses that place embeddings, and measures of how good the places are.

In the losses of pairs and triplets, and in the measures, embeddings are first brought to length 1.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MINING = ("all", "semi-hard", "hard")


def distances_between(one, other):
    """Return the Euclidean distances between two sets of embeddings, each brought to length 1.

    Parameters
    ----------
    one : Tensor of shape (N, D)
    other : Tensor of shape (M, D)

    Returns
    -------
    Tensor of shape (N, M)
        From 0 to 2.
    """
    return torch.cdist(F.normalize(one), F.normalize(other), compute_mode="donot_use_mm_for_euclid_dist")


def _same_and_other(labels):
    """Return which pairs share a class (no item with itself), and which do not: two (N, N) masks."""
    same = labels[:, None] == labels
    return same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device), ~same


def _mean_of_positive(losses, embeddings):
    """Return the mean of the losses above 0; without any, a zero that can be differentiated."""
    active = losses[losses > 0]
    return active.mean() if len(active) else 0 * embeddings.sum()


def _check(embeddings, labels, mining="all"):
    if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1]:
        came = f"embeddings have shape {tuple(embeddings.shape)} and labels {tuple(labels.shape)}"
        raise ValueError(f"{came}; expected (N, D) and (N,)")
    if mining not in MINING:
        raise ValueError(f"mining is {mining!r}; expected one of {', '.join(MINING)}")


def contrastive_loss(embeddings, labels, *, margin=1.0):
    """Pull pairs of one class together; push pairs of two classes apart up to a margin.

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
    labels : Tensor of shape (N,)
    margin : float
        Distance from which a pair of two classes is left alone.

    Returns
    -------
    Tensor
        Mean distance of pairs of one class, plus the mean of ``margin - distance`` over the other pairs that are nearer
        than the margin. The original has squares.

    References
    ----------
    Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", 2006,
    doi:10.1109/CVPR.2006.100.
    """
    _check(embeddings, labels)
    distances = distances_between(embeddings, embeddings)
    same, other = _same_and_other(labels)
    pull = _mean_of_positive(distances[same], embeddings)
    return pull + _mean_of_positive(F.relu(margin - distances[other]), embeddings)


def mine_triplets(embeddings, labels, *, margin=0.2, mining="all"):
    """Choose triplets: an anchor, another of its class, and one of another class.

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
    labels : Tensor of shape (N,)
    margin : float
    mining : {"all", "semi-hard", "hard"}
        Every triplet; those whose negative is farther than the positive, by at most the margin; or for each anchor its
        farthest positive with its nearest negative.

    Returns
    -------
    anchors, positives, negatives : Tensor of shape (T,)
        Indices; T is 0 where no triplet fits.

    References
    ----------
    Schroff, Kalenichenko and Philbin, "FaceNet", 2015, doi:10.1109/CVPR.2015.7298682: semi-hard.
    Hermans, Beyer and Leibe, "In defense of the triplet loss for person re-identification", 2017,
    arXiv:1703.07737: hard.
    """
    _check(embeddings, labels, mining)
    return _choose_triplets(distances_between(embeddings, embeddings), labels, margin, mining)


@torch.no_grad()
def _choose_triplets(distances, labels, margin, mining):
    same, other = _same_and_other(labels)
    if mining == "hard":
        anchors = (same.any(dim=1) & other.any(dim=1)).nonzero()[:, 0]
        farthest = distances.masked_fill(~same, -torch.inf).argmax(dim=1)
        nearest = distances.masked_fill(~other, torch.inf).argmin(dim=1)
        return anchors, farthest[anchors], nearest[anchors]
    anchors, positives = same.nonzero(as_tuple=True)  # (P,), few; all (N, N, N) triplets would be many
    fits = other[anchors]  # (P, N): the pairs' negatives
    if mining == "semi-hard":
        gap = distances[anchors] - distances[anchors, positives][:, None]
        fits &= (gap > 0) & (gap <= margin)
    pairs, negatives = fits.nonzero(as_tuple=True)
    return anchors[pairs], positives[pairs], negatives


def triplet_loss(embeddings, labels, *, margin=0.2, mining="all"):
    """Ask that the negative be farther from the anchor than the positive, by a margin.

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
    labels : Tensor of shape (N,)
    margin : float
    mining : {"all", "semi-hard", "hard"}
        As in `mine_triplets`.

    Returns
    -------
    Tensor
        Mean over the triplets that break the rule; 0 where none does.

    References
    ----------
    Weinberger and Saul, "Distance metric learning for large margin nearest neighbor classification", 2009.
    """
    _check(embeddings, labels, mining)
    distances = distances_between(embeddings, embeddings)
    anchors, positives, negatives = _choose_triplets(distances, labels, margin, mining)
    losses = F.relu(distances[anchors, positives] - distances[anchors, negatives] + margin)
    return _mean_of_positive(losses, embeddings)


def info_nce_loss(embeddings, labels, *, temperature=0.1):
    """Ask each pair of one class to stand out among the anchor's pairs with other classes.

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
    labels : Tensor of shape (N,)
    temperature : float
        Divides the cosines.

    Returns
    -------
    Tensor
        Mean cross-entropy over all ordered pairs of one class; 0 where there is no such pair, or no other class.

    References
    ----------
    van den Oord, Li and Vinyals, "Representation learning with contrastive predictive coding", 2018, arXiv:1807.03748.
    """
    _check(embeddings, labels)
    same, other = _same_and_other(labels)
    cosines = F.normalize(embeddings) @ F.normalize(embeddings).T / temperature
    anchors, positives = same.nonzero(as_tuple=True)
    if not len(anchors) or not other.any():
        return 0 * embeddings.sum()
    others = cosines.masked_fill(~other, -torch.inf).logsumexp(dim=1)  # (N,)
    positive = cosines[anchors, positives]
    return (torch.logaddexp(positive, others[anchors]) - positive).mean()


def n_pair_loss(embeddings, labels):
    """Compare one pair of each class with the other classes' positives, by plain products.

    Parameters
    ----------
    embeddings : Tensor of shape (N, D)
        Not brought to length 1.
    labels : Tensor of shape (N,)
        The first two items of each class make its pair.

    Returns
    -------
    Tensor
        0 where no class has two items.

    References
    ----------
    Sohn, "Improved deep metric learning with multi-class N-pair loss objective", 2016.
    """
    _check(embeddings, labels)
    members = [(labels == label).nonzero()[:2, 0] for label in labels.unique()]
    pairs = [pair for pair in members if len(pair) == 2]
    if not pairs:
        return 0 * embeddings.sum()
    anchors, positives = torch.stack(pairs, dim=1)
    products = embeddings[anchors] @ embeddings[positives].T
    return F.cross_entropy(products, torch.arange(len(pairs), device=embeddings.device))


class CentreLoss(nn.Module):
    """Pull each embedding to its class's centre; the centres are learned. To be added to a cross-entropy.

    Parameters
    ----------
    n_classes, n_dimensions : int

    References
    ----------
    Wen et al., "A discriminative feature learning approach for deep face recognition", 2016,
    doi:10.1007/978-3-319-46478-7_31.
    """

    def __init__(self, n_classes, n_dimensions):
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(n_classes, n_dimensions))

    def forward(self, embeddings, labels):
        """Return half the mean squared distance of (N, D) embeddings, as they are, to their centres."""
        _check(embeddings, labels)
        return 0.5 * (embeddings - self.centres[labels]).square().sum(dim=1).mean()


class ArcFace(nn.Module):
    """Classify by angles, where the right class must win with an angle to spare.

    Parameters
    ----------
    n_classes, n_dimensions : int
    margin : float
        Radians, added to the angle with the right class.
    scale : float
        Multiplies the cosines.

    References
    ----------
    Deng et al., "ArcFace: Additive angular margin loss for deep face recognition", 2019,
    doi:10.1109/CVPR.2019.00482.
    """

    def __init__(self, n_classes, n_dimensions, *, margin=0.5, scale=64.0):
        super().__init__()
        self.directions = nn.Parameter(torch.randn(n_classes, n_dimensions) * n_dimensions**-0.5)
        self.margin, self.scale = margin, scale

    def forward(self, embeddings, labels):
        """Return the mean cross-entropy of (N, D) embeddings."""
        _check(embeddings, labels)
        cosines = F.normalize(embeddings) @ F.normalize(self.directions).T
        right = cosines.gather(1, labels[:, None]).clamp(-1 + 1e-7, 1 - 1e-7)
        angle = right.acos()
        beyond = right - self.margin * np.sin(self.margin)  # keeps falling where angle + margin passes 180 degrees
        with_margin = torch.where(angle <= torch.pi - self.margin, (angle + self.margin).cos(), beyond)
        return F.cross_entropy(self.scale * cosines.scatter(1, labels[:, None], with_margin), labels)


class ProxyNCA(nn.Module):
    """Compare each embedding with one learned proxy a class, in place of with other embeddings.

    Parameters
    ----------
    n_classes, n_dimensions : int
    scale : float
        Multiplies the squared distances.

    References
    ----------
    Movshovitz-Attias et al., "No fuss distance metric learning using proxies", 2017, doi:10.1109/ICCV.2017.47. As in
    later work the right proxy is in the denominator too, which makes the loss a cross-entropy.
    """

    def __init__(self, n_classes, n_dimensions, *, scale=8.0):
        super().__init__()
        self.proxies = nn.Parameter(torch.randn(n_classes, n_dimensions) * n_dimensions**-0.5)
        self.scale = scale

    def forward(self, embeddings, labels):
        """Return the mean cross-entropy of (N, D) embeddings."""
        _check(embeddings, labels)
        return F.cross_entropy(-self.scale * distances_between(embeddings, self.proxies).square(), labels)


# ---------------------------------------------------------------------------------------------- measures


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
    _check(embeddings, labels)
    same, _ = _same_and_other(labels)
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
    _check(embeddings, labels)
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
