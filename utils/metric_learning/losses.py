"""Losses that place embeddings: pairs, triplets, margins, proxies."""

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


def same_and_other(labels):
    """Return which pairs share one of the `labels` (N,), no item with itself, and which do not: (N, N) masks."""
    same = labels[:, None] == labels
    return same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device), ~same


def _mean_of_positive(losses, embeddings):
    """Return the mean of the losses above 0; without any, a zero that can be differentiated."""
    active = losses[losses > 0]
    return active.mean() if len(active) else 0 * embeddings.sum()


def check_labelled(embeddings, labels, mining="all"):
    """Refuse `embeddings` that are not (N, D), `labels` that are not (N,), and an unknown `mining`."""
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
    check_labelled(embeddings, labels)
    distances = distances_between(embeddings, embeddings)
    same, other = same_and_other(labels)
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
    check_labelled(embeddings, labels, mining)
    return _choose_triplets(distances_between(embeddings, embeddings), labels, margin, mining)


@torch.no_grad()
def _choose_triplets(distances, labels, margin, mining):
    same, other = same_and_other(labels)
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
    check_labelled(embeddings, labels, mining)
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
    check_labelled(embeddings, labels)
    same, other = same_and_other(labels)
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
    check_labelled(embeddings, labels)
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
        check_labelled(embeddings, labels)
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
        check_labelled(embeddings, labels)
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
        check_labelled(embeddings, labels)
        return F.cross_entropy(-self.scale * distances_between(embeddings, self.proxies).square(), labels)
