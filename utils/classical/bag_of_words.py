"""Bags of visual words: vocabularies, histograms of words, their weights, kernels and an index."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.metrics.pairwise import euclidean_distances

# ---------------------------------------------------------------- vocabulary


def build_vocabulary(descriptors, n_words, *, rng=0, n_rounds=20):
    """Group descriptors by k-means; the centre of each group is a visual word.

    Parameters
    ----------
    descriptors : ndarray or Tensor of shape (n, d)
        From many images; some ten thousand are enough.
    n_words : int
    rng : int or numpy.random.Generator
        Which descriptors are the first centres.
    n_rounds : int
        Stop after so many rounds, if the centres still move.

    Returns
    -------
    ndarray of shape (n_words, d), float32
        One word a row, those with more descriptors first.

    Raises
    ------
    ValueError
        If there are fewer descriptors than words, or one is NaN.

    References
    ----------
    Sivic and Zisserman, "Video Google: a text retrieval approach to object matching in videos", 2003.

    Examples
    --------
    >>> build_vocabulary([[0.0, 0.0], [0.0, 1.0], [9.0, 9.0]], 2).tolist()
    [[0.0, 0.5], [9.0, 9.0]]
    """
    descriptors = _matrix(descriptors)
    if len(descriptors) < n_words:
        raise ValueError(
            f"{len(descriptors)} descriptors do not make {n_words} words; take more images or a smaller n_words"
        )
    seed = rng if isinstance(rng, (int, np.integer)) else int(rng.integers(2**31))
    kmeans = KMeans(n_words, init="random", n_init=1, max_iter=n_rounds, random_state=seed).fit(descriptors)
    counts = np.bincount(kmeans.labels_, minlength=n_words)
    return kmeans.cluster_centers_[np.argsort(-counts, kind="stable")].astype(np.float32)


# ---------------------------------------------------------------- from descriptors to one histogram an image


def squared_distances(descriptors, vocabulary):
    """Squared Euclidean distance of each descriptor to each word.

    Parameters
    ----------
    descriptors : ndarray or Tensor of shape (..., d)
    vocabulary : ndarray or Tensor of shape (n_words, d)

    Returns
    -------
    ndarray of shape (..., n_words)

    Raises
    ------
    ValueError
        If the two dimensions differ.

    Examples
    --------
    >>> squared_distances([[0.0, 0.0]], [[3.0, 4.0], [1.0, 0.0]]).tolist()
    [[25.0, 1.0]]
    """
    descriptors, vocabulary = _checked(descriptors, vocabulary)
    flat = descriptors.reshape(-1, vocabulary.shape[1])
    if not len(flat):
        return np.zeros((*descriptors.shape[:-1], len(vocabulary)))
    distances = euclidean_distances(flat, vocabulary, squared=True)  # in 64 bits, where 32 would round
    return distances.reshape(*descriptors.shape[:-1], len(vocabulary))


def assign_words(descriptors, vocabulary):
    """Return the index of the nearest word of each descriptor.

    Parameters
    ----------
    descriptors : ndarray or Tensor of shape (..., d)
    vocabulary : ndarray or Tensor of shape (n_words, d)

    Returns
    -------
    ndarray of shape (...,), int64

    Raises
    ------
    ValueError
        If the two dimensions differ.

    Examples
    --------
    >>> assign_words([[0.0, 0.1], [5.0, 5.0]], [[0.0, 0.0], [4.0, 4.0]]).tolist()
    [0, 1]
    """
    descriptors, vocabulary = _checked(descriptors, vocabulary)
    centre = vocabulary.mean(axis=0)  # distances stay when all is moved, and near the origin products round least
    flat = torch.from_numpy(descriptors.reshape(-1, vocabulary.shape[1]) - centre)
    words = torch.from_numpy(vocabulary - centre)
    half = (words**2).sum(dim=1) / 2
    nearest = [torch.addmm(half, part, words.T, alpha=-1).argmin(dim=1) for part in flat.split(2**14)]
    nearest = torch.cat(nearest) if nearest else torch.zeros(0, dtype=torch.int64)
    return nearest.numpy().reshape(descriptors.shape[:-1])


def encode_histogram(descriptors, vocabulary):
    """Count nearest visual words, normalised so the counts sum to one.

    Parameters
    ----------
    descriptors : ndarray or Tensor of shape (n, d), or (N, n, d) for N images
        Local descriptors, e.g. SIFT with ``d = 128``.
    vocabulary : ndarray of shape (n_words, d)
        One visual word a row, same units as `descriptors`.

    Returns
    -------
    ndarray of shape (n_words,), or (N, n_words)
        Relative frequencies in [0, 1]. All zeros if the image has no descriptor.

    Raises
    ------
    ValueError
        If the two dimensions differ.

    References
    ----------
    Csurka et al., "Visual categorization with bags of keypoints", 2004.

    Examples
    --------
    >>> encode_histogram([[0.0], [0.2], [0.9]], [[0.0], [1.0]]).round(2).tolist()
    [0.67, 0.33]
    """
    words = assign_words(descriptors, vocabulary)
    return np.apply_along_axis(np.bincount, -1, words, minlength=len(vocabulary)) / max(words.shape[-1], 1)


def encode_soft(descriptors, vocabulary, *, sigma):
    """Let each descriptor share one vote among the words, the nearer the more.

    Parameters
    ----------
    descriptors : ndarray or Tensor of shape (n, d), or (N, n, d) for N images
    vocabulary : ndarray of shape (n_words, d)
    sigma : float
        Distance at which a word's share has fallen to ``exp(-1/2)``, in the units of the descriptors. Towards 0
        this becomes `encode_histogram`.

    Returns
    -------
    ndarray of shape (n_words,), or (N, n_words)
        Sums to one, or to zero if the image has no descriptor.

    Raises
    ------
    ValueError
        If the two dimensions differ, or `sigma` is not positive.

    References
    ----------
    Philbin et al., "Lost in quantization", 2008, who share among a few words only; van Gemert et al., "Visual word
    ambiguity", 2010: this is their *codeword uncertainty*.

    Examples
    --------
    >>> encode_soft([[0.5]], [[0.0], [1.0]], sigma=0.3).tolist()
    [0.5, 0.5]
    """
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}; expected above 0: for hard votes use encode_histogram")
    descriptors, vocabulary = _checked(descriptors, vocabulary)
    if descriptors.ndim == 3:
        return np.stack([encode_soft(image, vocabulary, sigma=sigma) for image in descriptors])
    distances = squared_distances(descriptors, vocabulary)
    distances -= distances.min(axis=1, keepdims=True, initial=np.inf)  # the nearest gets exp(0): nothing underflows
    shares = np.exp(-distances / (2 * sigma**2))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares.sum(axis=0) / max(len(shares), 1)


def spatial_pyramid(words, n_words, *, levels=3, weighted=True):
    """Count words in the whole image, in its quarters, in its sixteenths, … and join the histograms.

    Parameters
    ----------
    words : ndarray of shape (rows, columns) or (N, rows, columns), int
        Index of the word at each place of a grid.
    n_words : int
    levels : int
        1 is a plain bag; 2 adds the quarters; 3 adds the sixteenths.
    weighted : bool
        Weigh level ``l`` of ``L`` by ``1 / 2**(L - l)``, and level 0 like level 1, as the paper does.

    Returns
    -------
    ndarray of shape (n_cells * n_words,) or (N, n_cells * n_words)
        ``n_cells`` is 1, 5, 21, … The histogram of level 0 comes first; each level's cells go row by row. Without
        weights each level sums to one.

    Raises
    ------
    ValueError
        If a word is outside 0 to ``n_words - 1``, or the grid has fewer places a side than the finest level.

    References
    ----------
    Lazebnik, Schmid and Ponce, "Beyond bags of features", 2006, equation 3.

    Examples
    --------
    >>> spatial_pyramid(np.array([[0, 0], [1, 1]]), 2, levels=2, weighted=False).tolist()
    [0.5, 0.5, 0.25, 0.0, 0.25, 0.0, 0.0, 0.25, 0.0, 0.25]
    """
    words = np.asarray(words)
    if words.ndim == 2:
        return spatial_pyramid(words[None], n_words, levels=levels, weighted=weighted)[0]
    n_images, rows, columns = words.shape
    if words.size and not 0 <= words.min() <= words.max() < n_words:
        raise ValueError(f"words go from {words.min()} to {words.max()}; n_words = {n_words} allows 0 to {n_words - 1}")
    if min(rows, columns) < 2 ** (levels - 1):
        raise ValueError(
            f"a grid of {rows}×{columns} words has no {2 ** (levels - 1)}×{2 ** (levels - 1)} cells; "
            "take a smaller step or fewer levels"
        )
    ends = np.cumsum([0] + [4**level * n_words for level in range(levels)])
    pyramid = np.empty((n_images, ends[-1]))
    for start in range(0, n_images, 1000):  # counting a part at a time takes less memory
        part, into = words[start : start + 1000], pyramid[start : start + 1000]
        image = np.arange(len(part))[:, None, None]
        for level in range(levels):
            side = 2**level
            cells = (np.arange(rows) * side // rows)[:, None] * side + np.arange(columns) * side // columns
            index = (image * side**2 + cells) * n_words + part  # (n, rows, columns)
            counts = np.bincount(index.ravel(), minlength=len(part) * side**2 * n_words)
            weight = 2.0 ** (max(level, 1) - levels) if weighted and levels > 1 else 1.0
            into[:, ends[level] : ends[level + 1]] = weight * counts.reshape(len(part), -1) / (rows * columns)
    return pyramid


# ---------------------------------------------------------------- weights and kernels


def tfidf_weights(histograms):
    """Weigh each word by how few images it occurs in.

    Parameters
    ----------
    histograms : ndarray of shape (n_images, n_words)
        Counts or frequencies; only which are above zero matters.

    Returns
    -------
    ndarray of shape (n_words,)
        The natural logarithm of ``n_images`` over the number of images that have the word. 0 for a word of every
        image, and for a word of none. Multiply histograms by it.

    Raises
    ------
    ValueError
        If there is no image.

    References
    ----------
    Spärck Jones, "A statistical interpretation of term specificity and its application in retrieval", 1972.

    Examples
    --------
    >>> tfidf_weights([[1, 2, 0], [1, 0, 0]]).round(3).tolist()
    [0.0, 0.693, 0.0]
    """
    histograms = np.asarray(histograms)
    if histograms.ndim != 2 or not len(histograms):
        raise ValueError(f"histograms have shape {histograms.shape}; expected (n_images, n_words), one image at least")
    images_with = (histograms > 0).sum(axis=0)
    return np.where(images_with > 0, np.log(len(histograms) / np.maximum(images_with, 1)), 0.0)


def histogram_intersection(a, b):
    """Add up the smaller of the two entries, for each pair of histograms.

    Parameters
    ----------
    a : ndarray of shape (n, d)
    b : ndarray of shape (m, d)

    Returns
    -------
    ndarray of shape (n, m), float64
        1 for equal histograms that sum to one, 0 for two that share no word. A kernel for support vector machines.

    Raises
    ------
    ValueError
        If the histograms differ in length.

    Notes
    -----
    ``min(x, y) = (x + y - |x - y|) / 2`` turns the sum into city-block distances, which PyTorch computes fast.

    References
    ----------
    Swain and Ballard, "Color indexing", 1991.

    Examples
    --------
    >>> histogram_intersection([[0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]]).tolist()
    [[0.5, 1.0]]
    """
    a, b = (torch.as_tensor(np.asarray(part, dtype=np.float64)) for part in (a, b))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"histograms have shapes {tuple(a.shape)} and {tuple(b.shape)}; expected (n, d) and (m, d): count both "
            "with the same vocabulary"
        )
    sums = a.sum(dim=1)[:, None] + b.sum(dim=1)
    return ((sums - torch.cdist(a, b, p=1)) / 2).numpy()


# ---------------------------------------------------------------- an index


class InvertedFile:
    """For each word, the images that have it: a search reads only the lists of the words it asks for.

    Parameters
    ----------
    histograms : ndarray of shape (n_images, n_words)
        Counts or frequencies of words; weighted by tf-idf and brought to length 1 here.

    Attributes
    ----------
    weights : ndarray of shape (n_words,)
        See `tfidf_weights`.
    postings : list of (ndarray, ndarray)
        For each word the images that have it, and their weights. Words of weight zero have empty lists.

    References
    ----------
    Sivic and Zisserman, "Video Google", 2003.

    Examples
    --------
    >>> index = InvertedFile([[3, 1, 0], [0, 1, 2], [0, 1, 0]])
    >>> index.search([1, 1, 0], n_best=1).images.tolist()
    [0]
    """

    def __init__(self, histograms):
        histograms = np.asarray(histograms, dtype=np.float64)
        self.weights = tfidf_weights(histograms)
        self.n_images = len(histograms)
        vectors = _unit_length(histograms * self.weights)
        self.postings = [(np.flatnonzero(column), column[column > 0]) for column in vectors.T]

    def search(self, histogram, *, n_best=10):
        """Rank the images by the cosine of their tf-idf vector with that of the query.

        Parameters
        ----------
        histogram : ndarray of shape (n_words,)
        n_best : int

        Returns
        -------
        Found
            ``images`` and ``scores`` of the best, ``n_touched`` images that share a word with the query, and
            ``n_read`` entries that were read from the lists. Images that share no word are not found.

        Raises
        ------
        ValueError
            If the histogram has not one entry a word.
        """
        histogram = np.asarray(histogram, dtype=np.float64)
        if histogram.shape != self.weights.shape:
            raise ValueError(
                f"the histogram has shape {histogram.shape}, but the index knows {len(self.weights)} words; "
                "encode the query with the vocabulary of the index"
            )
        query = _unit_length(histogram * self.weights)
        scores, n_read = np.zeros(self.n_images), 0
        for word in np.flatnonzero(query):
            images, weights = self.postings[word]
            scores[images] += query[word] * weights
            n_read += len(images)
        touched = np.flatnonzero(scores)
        best = touched[np.argsort(-scores[touched], kind="stable")][:n_best]
        return Found(best, scores[best], len(touched), n_read)


class Found(NamedTuple):
    """What a search in an `InvertedFile` returns.

    Attributes
    ----------
    images : ndarray of shape (n,)
        The best first.
    scores : ndarray of shape (n,)
        Cosines, from 0 to 1.
    n_touched, n_read : int
    """

    images: np.ndarray
    scores: np.ndarray
    n_touched: int
    n_read: int


def _unit_length(vectors):
    """Divide the last axis by its Euclidean length; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def _matrix(values):
    """Return finite float32 numbers of shape (n, d)."""
    values = np.asarray(values, dtype=np.float32)
    if values.ndim != 2:
        raise ValueError(f"descriptors have shape {values.shape}; expected (n, d): flatten(0, -2) joins the images")
    if not np.isfinite(values).all():
        raise ValueError("descriptors hold NaN or infinity; was an empty patch divided by its length of zero?")
    return values


def _checked(descriptors, vocabulary):
    """Return both as contiguous float32 arrays, or say that their dimensions differ."""
    descriptors, vocabulary = (np.ascontiguousarray(part, dtype=np.float32) for part in (descriptors, vocabulary))
    if descriptors.shape[-1] != vocabulary.shape[-1]:
        raise ValueError(
            f"descriptors have {descriptors.shape[-1]} dimensions but the vocabulary has {vocabulary.shape[-1]}; "
            "extract both with the same descriptor"
        )
    return descriptors, vocabulary
