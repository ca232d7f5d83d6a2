"""Checkers of lecture 06: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.course.hints import first_match, number, same, takes_function, tensor


@takes_function("my_shares")
def check_shares(attempt):
    """``attempt(words, n_words)`` gives the share of each word."""
    for words, n_words in [([0, 0, 1, 3], 4), ([2, 2, 1], 5), ([[1, 0], [1, 1]], 3)]:
        words = np.array(words)
        value, case = tensor(attempt(words, n_words)), f"for words {words.tolist()} and n_words = {n_words}"
        if value is None:
            return f"{case} your function returned no numbers. Return one for each word of the vocabulary."
        if hint := _shares_hint(value, words, n_words):
            return f"{case} you {hint}"
    return None


def _shares_hint(value, words, n_words):
    counts = np.bincount(words.ravel(), minlength=n_words)
    short = value.ndim == 1 and len(value) < n_words
    by_rows = "divide by the number of rows. A grid has rows times columns places: words.size."
    mistakes = [
        (counts / words.size, None),
        (counts, "give counts. Divide them by the number of places, so that they sum to 1."),
        (counts / n_words, "divide by the size of the vocabulary. Divide by how many words were counted."),
        (
            short,
            f"give {value.numel()} numbers, expected {n_words}. Words that do not occur count too, with 0: "
            "see `minlength` of np.bincount.",
        ),
        (words.ndim == 2 and same(value, counts / len(words)), by_rows),
        (True, f"give {value.tolist()}, expected {(counts / words.size).tolist()}."),
    ]
    return first_match(value, mistakes)


@takes_function("my_idf")
def check_idf(attempt):
    """``attempt(histograms)`` gives ln(N / N_k) for each word."""
    histograms = np.array([[3.0, 0, 1, 1, 2], [1, 0, 0, 2, 1], [1, 5, 0, 4, 0], [2, 0, 0, 0, 0]])
    value = tensor(attempt(histograms.copy()))
    n_images, n_words = histograms.shape
    if value is not None and value.shape == (n_images,):
        return "you give one number for each image. Count over the images, axis=0, for one number a word."
    if value is None or value.shape != (n_words,):
        return "give one number for each word, that is for each column: shape (n_words,)."
    return _idf_hint(value, histograms)


def _idf_hint(value, histograms):
    n_images, n_words = histograms.shape
    images_with, total = (histograms > 0).sum(axis=0), histograms.sum(axis=0)
    right = np.log(n_images / images_with)
    counts_words = "you count how often a word occurs. Count in how many images it occurs: `histograms > 0`."
    another_base = "the base of your logarithm is 10 or 2. The lecture uses the natural one, np.log."
    one_more = "this is scikit-learn's version, with 1 added. The formula here is ln(N / N_k), no more."
    mistakes = [
        (right, None),
        (-right, "your numbers have the wrong sign: divide the number of images by N_k, not the other way round."),
        (
            n_images / images_with,
            "the fraction is right. Now take its natural logarithm: a word of every image has to get 0.",
        ),
        (np.log(n_images / total), counts_words),
        (np.log(total.sum() / total), counts_words),
        (right / np.log(10), another_base),
        (right / np.log(2), another_base),
        (np.log(n_words / images_with), "N is the number of images, that is of rows. You took the number of words."),
        (right + 1, one_more),
        (np.log((1 + n_images) / (1 + images_with)) + 1, one_more),
        (True, f"for a word in 1 of 4 images you give {value[1]:.3g}, expected ln 4 = 1.39."),
    ]
    return first_match(value, mistakes)


@takes_function("my_length")
def check_length(attempt):
    """``attempt(n_words, levels)`` gives the length of a spatial pyramid."""
    for n_words, levels in [(128, 1), (128, 2), (64, 3), (10, 4)]:
        value, case = number(attempt(n_words, levels)), f"for {n_words} words and {levels} level(s)"
        right = n_words * (4**levels - 1) // 3
        if value is None:
            return f"{case} your function returned no number. Return one whole number."
        mistakes = [
            (right, None),
            (n_words * 4 ** (levels - 1), ": the finest level alone. The coarser levels are joined to it."),
            (n_words * 4**levels, ", the cells of a level beyond the finest. Level 0 has a single cell."),
            (n_words * levels, ": one histogram a level. A level has one histogram for each of its cells."),
            (n_words * (2**levels - 1), ". Each level halves rows *and* columns: four times as many cells."),
            (
                n_words * (4 ** (levels + 1) - 1) // 3,
                ", a level too many. One level is the plain bag, with a single cell.",
            ),
            (True, f", expected {right}: count the cells of each level and add them up."),
        ]
        if hint := first_match(value, mistakes):
            return f"{case} you give {value:g}{hint}"
    return None


@takes_function("my_kernel")
def check_intersection(attempt):
    """``attempt(a, b)`` adds up the smaller entries of two histograms."""
    for a, b in [([0.6, 0.3, 0.1], [0.2, 0.2, 0.6]), ([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1])]:
        case = f"for {a} and {b}"
        a, b = np.array(a), np.array(b)
        answer = attempt(a.copy(), b.copy())
        value = number(answer)
        if same(answer, np.minimum(a, b)):
            return f"{case} you give the smaller numbers themselves. Add them up: one number for the pair."
        if value is None:
            return f"{case} your function returned no single number. Return one number for the pair."
        if hint := _intersection_hint(value, a, b):
            return f"{case} you {hint}"
    return None


def _intersection_hint(value, a, b):
    smaller, apart = np.minimum(a, b), np.abs(a - b).sum()
    mistakes = [
        (smaller.sum(), None),
        (np.maximum(a, b).sum(), "add up the larger numbers. What two histograms share is the smaller of the two."),
        (a @ b, f"give {value:g}, the dot product. Take the smaller of the two numbers, not their product."),
        (smaller.mean(), "give the mean of the smaller numbers. Their sum is asked: equal histograms give 1."),
        (1 - apart, "give 1 minus the sum of the differences, which counts each one twice. Take half of it."),
        (apart, f"give {value:g}, a distance: it is 0 for equal histograms. Here equal ones give 1."),
        (True, f"give {value:g}, expected {smaller.sum():g}: the smaller number of each pair, added up."),
    ]
    return first_match(value, mistakes)


CHECKERS = {
    "bag-of-words-shares": check_shares,
    "bag-of-words-idf": check_idf,
    "bag-of-words-length": check_length,
    "bag-of-words-intersection": check_intersection,
}
