"""Checkers of lecture 06: each returns a hint, or None if the attempt is right."""

import numpy as np

from utils.course.hints import compare, takes_function


def _words(rng):
    n_words = int(rng.integers(3, 7))
    shape = (int(rng.integers(4, 9)),) if rng.random() < 0.5 else tuple(rng.integers(2, 4, 2))
    return rng.integers(0, rng.integers(2, n_words + 1), shape), n_words


def _counts(words, n_words):
    return np.bincount(np.ravel(words), minlength=n_words)


def _shares(words, n_words):
    return _counts(words, n_words) / np.size(words)


MISSING = "Words that do not occur count too, with 0: see `minlength` of np.bincount."
SHARES = [
    (_counts, "These are counts. Divide them by the number of places, so that they sum to 1."),
    (
        lambda words, n_words: _counts(words, n_words) / n_words,
        "You divide by the size of the vocabulary. Divide by how many words were counted.",
    ),
    (lambda words, n_words: np.bincount(words.ravel()) / words.size, MISSING),
    (lambda words, n_words: np.unique(words, return_counts=True)[1] / words.size, MISSING),
    (
        lambda words, n_words: _counts(words, n_words) / len(words),
        "You divide by the number of rows. A grid has rows times columns places: words.size.",
    ),
    (
        lambda words, n_words: _counts(words, n_words) / _counts(words, n_words).max(),
        "You divide by the largest count. Divide by the number of places, so that they sum to 1.",
    ),
    (
        lambda words, n_words: _counts(words, n_words) / len(np.unique(words)),
        "You divide by how many different words occur. Divide by the number of places.",
    ),
    (
        lambda words, n_words: _counts(words, n_words) / np.linalg.norm(_counts(words, n_words)),
        "You divide by the length of the vector. Shares sum to 1: divide by the number of places.",
    ),
    (
        lambda words, n_words: (_counts(words, n_words) > 0) / 1.0,
        "You give only whether a word occurs. Count how often, and divide by the number of places.",
    ),
    (
        lambda words, n_words: np.histogram(words, bins=n_words)[0] / words.size,
        "np.histogram spreads its bins from the smallest to the largest number. Word k is the number k: np.bincount.",
    ),
    (
        lambda words, n_words: _counts(words, n_words + 1) / words.size,
        "You give one number too many. Words are numbered from 0: the last is n_words − 1.",
    ),
    (lambda words, n_words: 100 * _shares(words, n_words), "These are percent. Return shares, from 0 to 1."),
    (
        lambda words, n_words: _counts(words, n_words + 1)[1:] / words.size,
        "Your words begin with 1. They are numbered from 0.",
    ),
    (
        lambda words, n_words: _counts(words[0], n_words) / words.size,
        "You count the first row alone. All places of a grid count: np.ravel.",
    ),
]


@takes_function("my_shares", draw=_words, seeds=(39, 63, 66, 76, 82, 88, 98, 105))
def check_shares(attempt, cases):
    """``attempt(words, n_words)`` gives the share of each word."""
    wanted = "Return one number for each word of the vocabulary: how often it occurs, divided by the number of places."
    return compare(attempt, cases, _shares, SHARES, wanted=wanted)


def _histograms(rng):
    n_images, n_words = int(rng.integers(4, 7)), 3
    counts = rng.integers(0, 4, (n_images, n_words)) * rng.integers(0, 2, (n_images, n_words))
    counts[range(n_words), range(n_words)] += 1  # each word occurs somewhere, and each image has one
    counts[n_words:, 0] += 1
    if rng.random() < 0.3:
        return (counts.astype(float),)
    return ((counts / counts.sum(axis=1, keepdims=True)).round(3),)


def _images_with(histograms):
    return (histograms > 0).sum(axis=0)


def _idf(histograms):
    return np.log(len(histograms) / _images_with(histograms))


def _of_images(rule):
    """`rule` of the number of images and of how many have each word."""
    return lambda histograms: rule(len(histograms), _images_with(histograms))


OCCURRENCES = "You count how often a word occurs. Count in how many images it occurs: `histograms > 0`."
ANOTHER_BASE = "The base of your logarithm is 10 or 2. The lecture uses the natural one, np.log."
ONE_MORE = "This is another version, with 1 added somewhere. The formula here is ln(N / N_k), no more."
FRACTIONS = (
    "A share of a word lies between 0 and 1. A word occurs in an image if its share is above 0: `histograms > 0`."
)
FOR_EACH_IMAGE = "You count along a row, for each image. Count over the images, axis=0, for each word."
IDF = [
    (lambda histograms: -_idf(histograms), "Your numbers have the wrong sign: the number of images stands above N_k."),
    (
        _of_images(lambda n, images_with: n / images_with),
        "The fraction is right. Now take its natural logarithm: a word of every image has to get 0.",
    ),
    (_of_images(lambda n, images_with: images_with / n), "That is the share of images. Take ln of one over it."),
    (_of_images(lambda n, images_with: images_with), "These are the counts N_k. Take ln(N / N_k)."),
    (_of_images(lambda n, images_with: np.log(images_with)), "That is ln N_k. Asked is ln(N / N_k)."),
    (lambda histograms: np.log(len(histograms) / histograms.sum(axis=0)), OCCURRENCES),
    (lambda histograms: np.log(histograms.sum() / histograms.sum(axis=0)), OCCURRENCES),
    (lambda histograms: _idf(histograms) / np.log(10), ANOTHER_BASE),
    (lambda histograms: _idf(histograms) / np.log(2), ANOTHER_BASE),
    (
        lambda histograms: np.log(histograms.shape[1] / _images_with(histograms)),
        "N is the number of images, that is of rows. You took the number of words.",
    ),
    (
        lambda histograms: np.log((histograms > 0).sum() / _images_with(histograms)),
        "N is the number of images, that is of rows. You took how many entries are not 0.",
    ),
    (lambda histograms: _idf(histograms) + 1, ONE_MORE),
    (_of_images(lambda n, images_with: np.log((1 + n) / (1 + images_with)) + 1), ONE_MORE),
    (_of_images(lambda n, images_with: np.log((1 + n) / (1 + images_with))), ONE_MORE),
    (_of_images(lambda n, images_with: np.log(n / (1 + images_with))), ONE_MORE),
    (_of_images(lambda n, images_with: np.log(1 + n / images_with)), ONE_MORE),
    (
        lambda histograms: histograms * _idf(histograms),
        "These are histograms times idf. Asked are the weights alone, one number a word.",
    ),
    (lambda histograms: np.log(len(histograms) / (histograms >= 1).sum(axis=0)), FRACTIONS),
    (lambda histograms: np.log(len(histograms) / histograms.astype(int).sum(axis=0)), FRACTIONS),
    (lambda histograms: np.log(len(histograms) / (histograms > 0.5).sum(axis=0)), FRACTIONS),
    (lambda histograms: np.log(len(histograms) / (histograms > 0).sum(axis=1)), FOR_EACH_IMAGE),
    (lambda histograms: np.log(histograms.shape[1] / (histograms > 0).sum(axis=1)), FOR_EACH_IMAGE),
    (lambda histograms: np.log(len(histograms) / np.sum(histograms > 0)), "Count for each word by itself: axis=0."),
]


@takes_function("my_idf", draw=_histograms, seeds=(0, 4, 7, 8, 9, 10, 12, 13))
def check_idf(attempt, cases):
    """``attempt(histograms)`` gives ln(N / N_k) for each word."""
    wanted = "Return one number for each word, that is for each column: ln(number of images / images with the word)."
    with np.errstate(all="ignore"):
        return compare(attempt, cases, _idf, IDF, wanted=wanted)


def _sizes(rng):
    return int(rng.integers(2, 100)), int(rng.integers(1, 6))


def _length(n_words, levels):
    return n_words * sum(4**level for level in range(levels))


LENGTH = [
    (
        lambda n_words, levels: n_words * 4 ** (levels - 1),
        "That is the finest level alone. The coarser levels are joined to it.",
    ),
    (
        lambda n_words, levels: n_words * 4**levels,
        "Those are the cells of a level beyond the finest. Level 0 has a single cell.",
    ),
    (
        lambda n_words, levels: n_words * levels,
        "That is one histogram a level. A level has one histogram for each of its cells.",
    ),
    (
        lambda n_words, levels: n_words * (2**levels - 1),
        "Each level halves rows *and* columns: four times as many cells.",
    ),
    (
        lambda n_words, levels: n_words * 2 ** (levels - 1),
        "Count the cells of every level; a level has 4 times as many.",
    ),
    (
        lambda n_words, levels: _length(n_words, levels + 1),
        "That is a level too many. One level is the plain bag, with a single cell.",
    ),
    (
        lambda n_words, levels: _length(n_words, levels + 1) - n_words,
        "Your levels start with four cells. Level 0 is the whole image, a single cell.",
    ),
    (lambda n_words, levels: _length(n_words, levels - 1), "That is a level too few: levels 0 to levels − 1."),
    (
        lambda n_words, levels: _length(n_words, levels) // n_words,
        "Those are the cells. Each has a histogram of n_words numbers.",
    ),
    (
        lambda n_words, levels: n_words + _length(n_words, levels) // n_words,
        "You add the cells to the words. Each cell has a histogram of n_words numbers.",
    ),
    (
        lambda n_words, levels: n_words * (1 + 4 * (levels - 1)),
        "You give each level four cells. Every cell is divided into four again: 1, 4, 16, …",
    ),
    (
        lambda n_words, levels: n_words * sum(side**2 for side in range(1, levels + 1)),
        "Your levels have 1, 2, 3, … cells on a side. The side doubles: 1, 2, 4, …",
    ),
    (
        lambda n_words, levels: n_words * levels**2,
        "You take levels × levels cells. Level l has 4 ** l of them; add up over the levels.",
    ),
    (lambda n_words, levels: n_words**levels, "A pyramid joins its histograms: lengths add up, they do not multiply."),
    (
        lambda n_words, levels: n_words * 4 * levels,
        "You give each level four cells. Every cell is divided into four: 1, 4, 16, …",
    ),
]


@takes_function("my_length", draw=_sizes, seeds=(0, 1, 4, 5, 6, 7, 9, 15))
def check_length(attempt, cases):
    """``attempt(n_words, levels)`` gives the length of a spatial pyramid."""
    wanted = "Return one whole number: count the cells of each level, add them up, times the words."
    return compare(attempt, cases, _length, LENGTH, wanted=wanted)


def _two_histograms(rng):
    n = int(rng.integers(3, 6))
    return tuple(rng.multinomial(20, rng.dirichlet(np.ones(n))) / 20 for _ in range(2))


def _intersection(a, b):
    return np.minimum(a, b).sum()


NOT_A_DISTANCE = "That is a distance: it is 0 for equal histograms. Here equal ones give 1."
INTERSECTION = [
    (np.minimum, "Those are the smaller numbers themselves. Add them up: one number for the pair."),
    (
        lambda a, b: np.maximum(a, b).sum(),
        "You add up the larger numbers. What two histograms share is the smaller of the two.",
    ),
    (lambda a, b: a @ b, "That is the dot product. Take the smaller of the two numbers, not their product."),
    (
        lambda a, b: a @ b / np.sqrt((a @ a) * (b @ b)),
        "That is the cosine. Take the smaller of the two numbers in each place, and add up.",
    ),
    (
        lambda a, b: np.sqrt(a * b).sum(),
        "That is the sum of the roots of products, Bhattacharyya's. Take the smaller of the two numbers instead.",
    ),
    (
        lambda a, b: np.minimum(a, b).mean(),
        "That is the mean of the smaller numbers. Their sum is asked: equal histograms give 1.",
    ),
    (
        lambda a, b: 1 - np.abs(a - b).sum(),
        "That is 1 minus the sum of the differences, which counts each one twice. Take half of it.",
    ),
    (lambda a, b: np.abs(a - b).sum(), NOT_A_DISTANCE),
    (lambda a, b: np.abs(a - b).sum() / 2, NOT_A_DISTANCE),
    (lambda a, b: np.square(a - b).sum(), NOT_A_DISTANCE),
    (lambda a, b: np.sqrt(np.square(a - b).sum()), NOT_A_DISTANCE),
    (
        lambda a, b: 1 - np.sqrt(np.square(a - b).sum()),
        "1 minus a Euclidean distance is something else. Add up minima.",
    ),
    (
        lambda a, b: np.minimum(a, b).sum() / np.maximum(a, b).sum(),
        "You divide by the sum of the larger numbers. The sum of the smaller ones alone is asked.",
    ),
    (lambda a, b: np.minimum(a, b).max(), "You take the largest common part. Add up all of them."),
    (lambda a, b: min(a.min(), b.min()), "You take the smallest number of all. Compare place by place, then add up."),
    (
        lambda a, b: np.sum((a > 0) & (b > 0)),
        "You count the places where both have something. Add up the smaller numbers there.",
    ),
    (
        lambda a, b: a[(a > 0) & (b > 0)].sum(),
        "You add up the first histogram where both have something. Take the smaller number of the two.",
    ),
    (lambda a, b: a[a < b].sum(), "Where the second number is the smaller one, it counts: see np.minimum."),
    (lambda a, b: min(a.sum(), b.sum()), "You compare the sums. Compare place by place, then add up."),
    (lambda a, b: round(np.minimum(a, b).sum()), "You rounded the number. Return it as it is."),
]


@takes_function("my_kernel", draw=_two_histograms, seeds=(0, 1, 3, 32, 54, 58, 67, 82))
def check_intersection(attempt, cases):
    """``attempt(a, b)`` adds up the smaller entries of two histograms."""
    wanted = "Return one number for the pair: the smaller number of each place, added up."
    return compare(attempt, cases, _intersection, INTERSECTION, wanted=wanted)


CHECKERS = {
    "bag-of-words-shares": check_shares,
    "bag-of-words-idf": check_idf,
    "bag-of-words-length": check_length,
    "bag-of-words-intersection": check_intersection,
}
