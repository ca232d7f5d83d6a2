"""Answers to the exercises of lecture 06."""

from collections import Counter
from math import log

import numpy as np


def shares(words, n_words):
    return np.bincount(np.ravel(words), minlength=n_words) / np.size(words)


def counts(words, n_words):
    return np.array([(words == k).sum() for k in range(n_words)])


def over(rule):
    return lambda words, n_words: counts(words, n_words) / rule(words, n_words)


def shares_by_counter(words, n_words):
    found = Counter(np.ravel(words).tolist())
    return [found[k] / sum(found.values()) for k in range(n_words)]


def idf(histograms):
    return np.log(len(histograms) / (np.asarray(histograms) > 0).sum(axis=0))


def in_images(histograms):
    return np.count_nonzero(histograms, axis=0)


def idf_by_loops(histograms):
    n_words = len(histograms[0])
    return [log(len(histograms) / sum(row[k] > 0 for row in histograms)) for k in range(n_words)]


def length(n_words, levels):
    return n_words * (4**levels - 1) // 3


def kernel(a, b):
    return np.minimum(a, b).sum()


CASES = {
    "bag-of-words-shares": (
        shares,
        {
            "begin with 1": lambda words, n_words: [np.mean(words == k + 1) for k in range(n_words)],
            "first row alone": lambda words, n_words: counts(words[0], n_words) / words.size,
            "Divide them by the number of places": counts,
            "size of the vocabulary": over(lambda words, n_words: n_words),
            "minlength": [
                lambda words, n_words: np.unique(words, return_counts=True)[1] / np.size(words),
                lambda words, n_words: np.bincount(np.ravel(words)) / np.size(words),
            ],
            "number of rows": over(lambda words, n_words: len(words)),
            "the largest count": over(lambda words, n_words: counts(words, n_words).max()),
            "different words occur": over(lambda words, n_words: len(set(words.ravel().tolist()))),
            "length of the vector": over(lambda words, n_words: (counts(words, n_words) ** 2).sum() ** 0.5),
            "only whether": lambda words, n_words: [float(k in words) for k in range(n_words)],
            "spreads its bins": lambda words, n_words: np.histogram(words, bins=n_words)[0] / words.size,
            "one number too many": lambda words, n_words: shares(words, n_words + 1),
            "percent": lambda words, n_words: 100 * shares(words, n_words),
            "you return str": lambda words, n_words: "many",
            "one number for each word": lambda words, n_words: shares(words, n_words) + 0.1,
        },
    ),
    "bag-of-words-idf": (
        idf,
        {
            "wrong sign": lambda h: -idf(h),
            "natural logarithm: a word": lambda h: len(h) / (h > 0).sum(axis=0),
            "share of images": lambda h: (h > 0).mean(axis=0),
            "the counts N_k": in_images,
            "That is ln N_k": lambda h: np.log(in_images(h)),
            "in how many images": [
                lambda h: np.log(len(h) / h.sum(axis=0)),
                lambda h: np.log(h.sum() / h.sum(axis=0)),
            ],
            "base of your logarithm": [
                lambda h: np.log10(len(h) / (h > 0).sum(axis=0)),
                lambda h: np.log2(len(h) / in_images(h)),
            ],
            "with 1 added": [
                lambda h: idf(h) + 1,
                lambda h: np.log((1 + len(h)) / (1 + in_images(h))) + 1,
                lambda h: np.log((1 + len(h)) / (1 + in_images(h))),
                lambda h: np.log(len(h) / (1 + in_images(h))),
                lambda h: np.log1p(len(h) / in_images(h)),
            ],
            "the number of words": lambda h: np.log(len(h[0]) / in_images(h)),
            "entries are not 0": lambda h: np.log(np.count_nonzero(h) / in_images(h)),
            "times idf": lambda h: h * idf(h),
            "lies between 0 and 1": [
                lambda h: np.log(len(h) / (h >= 1).sum(axis=0)),
                lambda h: np.log(len(h) / h.astype(int).sum(axis=0)),
                lambda h: np.log(len(h) / h.round().sum(axis=0)),
            ],
            "for each image": [
                lambda h: idf(h.T),
                lambda h: np.log(len(h) / np.count_nonzero(h, axis=1)),
            ],
            "for each word by itself": lambda h: np.log(len(h) / np.count_nonzero(h)),
            "for each column": lambda h: h,
        },
    ),
    "bag-of-words-length": (
        lambda n_words, levels: n_words * sum(4**level for level in range(levels)),
        {
            "each level four cells. Every cell is divided into four: 1": lambda n_words, levels: 4 * levels * n_words,
            "finest level alone": lambda n_words, levels: n_words * 4 ** (levels - 1),
            "beyond the finest": lambda n_words, levels: n_words * 4**levels,
            "one histogram for each of its cells": lambda n_words, levels: n_words * levels,
            "halves rows *and* columns": lambda n_words, levels: n_words * (2**levels - 1),
            "a level has 4 times": lambda n_words, levels: n_words * 2**levels // 2,
            "a level too many": lambda n_words, levels: n_words * (4 ** (levels + 1) - 1) // 3,
            "start with four cells": lambda n_words, levels: n_words * sum(4 ** (1 + k) for k in range(levels)),
            "a level too few": lambda n_words, levels: length(n_words, levels - 1),
            "Those are the cells. Each": lambda n_words, levels: (4**levels - 1) / 3,
            "You add the cells": lambda n_words, levels: n_words + length(1, levels),
            "each level four cells": lambda n_words, levels: n_words * (4 * levels - 3),
            "The side doubles": lambda n_words, levels: n_words * sum((k + 1) ** 2 for k in range(levels)),
            "levels × levels": lambda n_words, levels: n_words * levels * levels,
            "do not multiply": lambda n_words, levels: n_words**levels,
            "count the cells of each level": lambda n_words, levels: 4.5,
        },
    ),
    "bag-of-words-intersection": (
        kernel,
        {
            "rounded the number": lambda a, b: int(kernel(a, b) + 0.5),
            "Add them up": lambda a, b: np.minimum(a, b),
            "add up the larger": lambda a, b: np.maximum(a, b).sum(),
            "dot product": lambda a, b: a @ b,
            "the cosine": lambda a, b: (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b),
            "Bhattacharyya": lambda a, b: (a * b).clip(0) ** 0.5 @ np.ones(len(a)),
            "Their sum is asked": lambda a, b: np.minimum(a, b).mean(),
            "a distance": [
                lambda a, b: np.abs(a - b).sum(),
                lambda a, b: abs(a - b).sum() / 2,
                lambda a, b: ((a - b) ** 2).sum(),
                lambda a, b: np.linalg.norm(a - b),
            ],
            "minus a Euclidean": lambda a, b: 1 - np.linalg.norm(a - b),
            "Take half of it": lambda a, b: 1 - np.abs(a - b).sum(),
            "divide by the sum of the larger": lambda a, b: kernel(a, b) / np.maximum(a, b).sum(),
            "largest common part": lambda a, b: np.minimum(a, b).max(),
            "smallest number of all": lambda a, b: np.min([a, b]),
            "count the places": lambda a, b: np.count_nonzero(a * b),
            "add up the first": lambda a, b: (a * (a * b > 0)).sum(),
            "it counts: see np.minimum": lambda a, b: sum(x for x, y in zip(a, b, strict=True) if x < y),
            "compare the sums": lambda a, b: min(sum(a), sum(b)),
            "one number for the pair: the smaller": lambda a, b: kernel(a, b) ** 2,
        },
    ),
}

ALSO_RIGHT = {
    "bag-of-words-shares": [shares_by_counter, lambda words, n_words: tuple(shares(words, n_words).astype("float32"))],
    "bag-of-words-idf": [idf_by_loops, lambda h: -np.log((h > 0).mean(axis=0))],
    "bag-of-words-length": [length, lambda n_words, levels: n_words * (4**levels - 1) / 3],
    "bag-of-words-intersection": [
        lambda a, b: sum(map(min, a, b)),
        lambda a, b: 1 - abs(a - b).sum() / 2,
        lambda a, b: (a + b - abs(a - b)).sum() / 2,
    ],
}
