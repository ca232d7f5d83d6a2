"""Checkers of lecture 06: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.checks import takes_function


def _array(value):
    """Turn what a reader may return into an array of numbers; None if it is none."""
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None


def _same(value, right):
    return value.shape == np.shape(right) and np.allclose(value, right)


@takes_function("my_shares")
def check_shares(attempt):
    """``attempt(words, n_words)`` gives the share of each word."""
    for words, n_words in [([0, 0, 1, 3], 4), ([2, 2, 1], 5), ([[1, 0], [1, 1]], 3)]:
        words = np.array(words)
        counts = np.bincount(words.ravel(), minlength=n_words)
        value, case = _array(attempt(words, n_words)), f"for words {words.tolist()} and n_words = {n_words}"
        if value is None:
            return f"{case} your function returned no numbers. Return one for each word of the vocabulary."
        if _same(value, counts / words.size):
            continue
        if _same(value, counts):
            return f"{case} you give counts. Divide them by the number of places, so that they sum to 1."
        if _same(value, counts / n_words):
            return f"{case} you divide by the size of the vocabulary. Divide by how many words were counted."
        if value.ndim == 1 and len(value) < n_words:
            return (
                f"{case} you give {len(value)} numbers, expected {n_words}. Words that do not occur count too, with 0: "
                "see `minlength` of np.bincount."
            )
        if words.ndim == 2 and _same(value, counts / len(words)):
            return f"{case} you divide by the number of rows. A grid has rows times columns places: words.size."
        return f"{case} you give {value.tolist()}, expected {(counts / words.size).tolist()}."
    return None


@takes_function("my_idf")
def check_idf(attempt):
    """``attempt(histograms)`` gives ln(N / N_k) for each word."""
    histograms = np.array([[3.0, 0, 1, 1, 2], [1, 0, 0, 2, 1], [1, 5, 0, 4, 0], [2, 0, 0, 0, 0]])
    n_images, images_with, total = len(histograms), (histograms > 0).sum(axis=0), histograms.sum(axis=0)
    right = np.log(n_images / images_with)
    value = _array(attempt(histograms.copy()))
    if value is not None and value.shape == (n_images,):
        return "you give one number for each image. Count over the images, axis=0, for one number a word."
    if value is None or value.shape != right.shape:
        return "give one number for each word, that is for each column: shape (n_words,)."
    if _same(value, right):
        return None
    if _same(value, -right):
        return "your numbers have the wrong sign: divide the number of images by N_k, not the other way round."
    if _same(value, n_images / images_with):
        return "the fraction is right. Now take its natural logarithm: a word of every image has to get 0."
    with np.errstate(divide="ignore"):
        if _same(value, np.log(n_images / total)) or _same(value, np.log(total.sum() / total)):
            return "you count how often a word occurs. Count in how many images it occurs: `histograms > 0`."
    if _same(value, right / np.log(10)) or _same(value, right / np.log(2)):
        return "the base of your logarithm is 10 or 2. The lecture uses the natural one, np.log."
    if _same(value, np.log(histograms.shape[1] / images_with)):
        return "N is the number of images, that is of rows. You took the number of words."
    if _same(value, right + 1) or _same(value, np.log((1 + n_images) / (1 + images_with)) + 1):
        return "this is scikit-learn's version, with 1 added. The formula here is ln(N / N_k), no more."
    return f"for a word in 1 of 4 images you give {value[1]:.3g}, expected ln 4 = 1.39."


@takes_function("my_length")
def check_length(attempt):
    """``attempt(n_words, levels)`` gives the length of a spatial pyramid."""
    for n_words, levels in [(128, 1), (128, 2), (64, 3), (10, 4)]:
        value, case = _array(attempt(n_words, levels)), f"for {n_words} words and {levels} level(s)"
        right = n_words * (4**levels - 1) // 3
        if value is None or value.ndim:
            return f"{case} your function returned no number. Return one whole number."
        if value == right:
            continue
        if value == n_words * 4 ** (levels - 1):
            return f"{case} you give {value:g}: the finest level alone. The coarser levels are joined to it."
        if value == n_words * 4**levels:
            return f"{case} you give {value:g}, the cells of a level beyond the finest. Level 0 has a single cell."
        if value == n_words * levels:
            return f"{case} you give {value:g}: one histogram a level. A level has one histogram for each of its cells."
        if value == n_words * (2**levels - 1):
            return f"{case} you give {value:g}. Each level halves rows *and* columns: four times as many cells."
        if value == n_words * (4 ** (levels + 1) - 1) // 3:
            return f"{case} you give {value:g}, a level too many. One level is the plain bag, with a single cell."
        return f"{case} you give {value:g}, expected {right}: count the cells of each level and add them up."
    return None


@takes_function("my_kernel")
def check_intersection(attempt):
    """``attempt(a, b)`` adds up the smaller entries of two histograms."""
    for a, b in [([0.6, 0.3, 0.1], [0.2, 0.2, 0.6]), ([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1])]:
        a, b = np.array(a), np.array(b)
        value, case = _array(attempt(a.copy(), b.copy())), f"for {a.tolist()} and {b.tolist()}"
        smaller = np.minimum(a, b)
        if value is not None and value.shape == a.shape and np.allclose(value, smaller):
            return f"{case} you give the smaller numbers themselves. Add them up: one number for the pair."
        if value is None or value.ndim:
            return f"{case} your function returned no single number. Return one number for the pair."
        if np.isclose(value, smaller.sum()):
            continue
        if np.isclose(value, np.maximum(a, b).sum()):
            return f"{case} you add up the larger numbers. What two histograms share is the smaller of the two."
        if np.isclose(value, a @ b):
            return (
                f"{case} you give {value:g}, the dot product. Take the smaller of the two numbers, not their product."
            )
        if np.isclose(value, smaller.mean()):
            return f"{case} you give the mean of the smaller numbers. Their sum is asked: equal histograms give 1."
        if np.isclose(value, 1 - np.abs(a - b).sum()):
            return f"{case} you give 1 minus the sum of the differences, which counts each one twice. Take half of it."
        if np.isclose(value, np.abs(a - b).sum()):
            return f"{case} you give {value:g}, a distance: it is 0 for equal histograms. Here equal ones give 1."
        return f"{case} you give {value:g}, expected {smaller.sum():g}: the smaller number of each pair, added up."
    return None


CHECKERS = {
    "bag-of-words-shares": check_shares,
    "bag-of-words-idf": check_idf,
    "bag-of-words-length": check_length,
    "bag-of-words-intersection": check_intersection,
}
