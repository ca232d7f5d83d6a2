"""How good generated samples are: Fréchet distance, precision and recall, nearest neighbours."""

import math

import torch
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix


def frechet_distance(first, second):
    """Measure how far two clouds of features are apart, each taken for a Gaussian.

    Parameters
    ----------
    first, second : Tensor of shape (N, D) and (M, D)
        One row a sample. At least two rows each, better several times D.

    Returns
    -------
    float
        ``|mean - mean'|² + trace(C + C' - 2 (C C')^½)``, never below 0.

    Raises
    ------
    ValueError
        If the dimensions differ, or a cloud has fewer than two rows.

    References
    ----------
    Dowson and Landau, "The Fréchet distance between multivariate normal distributions", 1982, eq. 4.
    Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", 2017, eq. 6,
    with the features of an Inception network: FID.

    Examples
    --------
    >>> points = torch.tensor([[0.0], [2.0]])
    >>> frechet_distance(points, points + 3)
    9.0
    """
    if first.shape[1:] != second.shape[1:] or min(len(first), len(second)) < 2:
        raise ValueError(
            f"features are {tuple(first.shape)} and {tuple(second.shape)}; expected two clouds (N, D) of the same D, "
            "with at least two rows"
        )
    first, second = first.double(), second.double()
    apart = ((first.mean(dim=0) - second.mean(dim=0)) ** 2).sum()
    one, other = (torch.atleast_2d(torch.cov(cloud.T)) for cloud in (first, second))
    # the roots of the eigenvalues of C C' add up to the singular values of root(C) root(C')
    common = torch.linalg.svdvals(_root(one) @ _root(other)).sum()
    return max(0.0, (apart + one.trace() + other.trace() - 2 * common).item())


def _root(matrix):
    """Return the symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def precision_recall(real, fake, *, k=3):
    """Say how many generated samples look real, and how much of the real set is generated.

    Around each sample of a set lies a ball that reaches to its `k`-th nearest neighbour in the same set; together the
    balls stand for the region that the set covers.

    Parameters
    ----------
    real, fake : Tensor of shape (N, D) and (M, D)
        Features; draw as many of each, since both numbers depend on how many there are.
    k : int

    Returns
    -------
    precision : float
        Share of `fake` inside the region of `real`.
    recall : float
        Share of `real` inside the region of `fake`.

    Raises
    ------
    ValueError
        If a set has no `k`-th neighbour.

    References
    ----------
    Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019, eq. 1 and 2.

    Examples
    --------
    >>> line = torch.arange(8.0)[:, None]
    >>> precision_recall(line, line[:3], k=1)
    (1.0, 0.5)
    """
    if min(len(real), len(fake)) <= k:
        raise ValueError(
            f"there are {len(real)} and {len(fake)} samples; each needs {k} neighbours: pass more than {k}"
        )
    # in 64 bits: in 32, a cloud far from the origin loses its distances in the products of cdist
    real, fake = real.double(), fake.double()
    # the nearest of all is the sample itself, hence k + 1
    reach_real, reach_fake = (torch.cdist(cloud, cloud).kthvalue(k + 1, dim=1).values for cloud in (real, fake))
    between = torch.cdist(real, fake)  # (N, M)
    precision = (between <= reach_real[:, None]).any(dim=0).float().mean().item()
    recall = (between <= reach_fake).any(dim=1).float().mean().item()
    return precision, recall


def nearest_rows(queries, rows):
    """Find the row nearest to each query.

    Parameters
    ----------
    queries : Tensor of shape (N, ...)
    rows : Tensor of shape (M, ...)

    Returns
    -------
    indices : Tensor of shape (N,)
    distances : Tensor of shape (N,)
        Euclidean, float64; 0 for a copy.
    """
    queries, rows = queries.flatten(1).double(), rows.flatten(1).double()
    indices = torch.cdist(queries, rows).argmin(dim=1)
    return indices, (queries - rows[indices]).norm(dim=1)  # by differences, so that a copy is at 0


def purity(groups, labels):
    """Say how well groups agree with labels, whatever the groups are called.

    Parameters
    ----------
    groups, labels : Tensor of shape (N,)
        int64.

    Returns
    -------
    purity : float
        Share of samples whose label is the most frequent one of their group.
    shared : float
        Mutual information of the two, in bits.

    Examples
    --------
    >>> purity(torch.tensor([0, 0, 1, 1]), torch.tensor([5, 5, 2, 2]))
    (1.0, 1.0)
    """
    table = contingency_matrix(groups.cpu(), labels.cpu())
    shared = mutual_info_score(None, None, contingency=table) / math.log(2)
    return float(table.max(axis=1).sum() / table.sum()), float(shared)
