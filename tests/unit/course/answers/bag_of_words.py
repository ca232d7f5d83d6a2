"""Answers to the exercises of lecture 06."""

import numpy as np


def shares(words, n_words):
    return np.bincount(np.ravel(words), minlength=n_words) / np.size(words)


def idf(histograms):
    return np.log(len(histograms) / (np.asarray(histograms) > 0).sum(axis=0))


CASES = {
    "bag-of-words-shares": (
        shares,
        {
            "Divide them by the number of places": lambda words, n_words: np.bincount(
                np.ravel(words), minlength=n_words
            ),
            "size of the vocabulary": lambda words, n_words: np.bincount(np.ravel(words), minlength=n_words) / n_words,
            "minlength": lambda words, n_words: np.unique(words, return_counts=True)[1] / np.size(words),
            "number of rows": lambda words, n_words: np.bincount(np.ravel(words), minlength=n_words) / len(words),
            "no numbers": lambda words, n_words: "many",
        },
    ),
    "bag-of-words-idf": (
        idf,
        {
            "wrong sign": lambda h: -idf(h),
            "natural logarithm": lambda h: len(h) / (h > 0).sum(axis=0),
            "in how many images": lambda h: np.log(len(h) / h.sum(axis=0)),
            "base of your logarithm": lambda h: np.log10(len(h) / (h > 0).sum(axis=0)),
            "scikit-learn's version": lambda h: idf(h) + 1,
            "one number for each image": lambda h: idf(h.T),
            "for each column": lambda h: h,
        },
    ),
    "bag-of-words-length": (
        lambda n_words, levels: n_words * sum(4**level for level in range(levels)),
        {
            "finest level alone": lambda n_words, levels: n_words * 4 ** (levels - 1),
            "beyond the finest": lambda n_words, levels: n_words * 4**levels,
            "one histogram for each of its cells": lambda n_words, levels: n_words * levels,
            "four times as many cells": lambda n_words, levels: n_words * (2**levels - 1),
            "a level too many": lambda n_words, levels: n_words * (4 ** (levels + 1) - 1) // 3,
        },
    ),
    "bag-of-words-intersection": (
        lambda a, b: np.minimum(a, b).sum(),
        {
            "Add them up": lambda a, b: np.minimum(a, b),
            "the smaller of the two": lambda a, b: np.maximum(a, b).sum(),
            "dot product": lambda a, b: a @ b,
            "Their sum is asked": lambda a, b: np.minimum(a, b).mean(),
            "a distance": lambda a, b: np.abs(a - b).sum(),
            "Take half of it": lambda a, b: 1 - np.abs(a - b).sum(),
        },
    ),
}
