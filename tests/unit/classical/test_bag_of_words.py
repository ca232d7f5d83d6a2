"""Vocabulary, votes, pyramid, weights and index against slow loops and scikit-learn."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import normalize as unit

from utils.classical.bag_of_words import (
    InvertedFile,
    assign_words,
    build_vocabulary,
    encode_histogram,
    encode_soft,
    histogram_intersection,
    spatial_pyramid,
    squared_distances,
    tfidf_weights,
)


def test_the_vocabulary_is_scikit_learns_sorted_by_size(rng):
    points = rng.random((300, 5)).astype(np.float32)
    ours = build_vocabulary(points, 7, rng=3)
    theirs = KMeans(7, init="random", n_init=1, max_iter=20, random_state=3).fit(points)
    order = np.argsort(-np.bincount(theirs.labels_), kind="stable")
    assert_allclose(ours, theirs.cluster_centers_[order], atol=1e-6)
    assert ours.dtype == np.float32
    sizes = np.bincount(assign_words(points, ours), minlength=7)
    assert (np.diff(sizes) <= 3).all()


def test_a_generator_gives_another_vocabulary_each_time(rng):
    points = rng.random((200, 3))
    first, second = (build_vocabulary(points, 5, rng=rng) for _ in range(2))
    assert not np.allclose(first, second)


def distances_by_loops(descriptors, vocabulary):
    return np.array([[sum((a - b) ** 2 for a, b in zip(d, v, strict=True)) for v in vocabulary] for d in descriptors])


def test_distances_and_nearest_words_are_those_of_the_loops(rng):
    descriptors, vocabulary = rng.random((30, 6)), rng.random((9, 6))
    by_loops = distances_by_loops(descriptors, vocabulary)
    assert_allclose(squared_distances(descriptors, vocabulary), by_loops, atol=1e-5)
    assert (assign_words(descriptors, vocabulary) == by_loops.argmin(axis=1)).all()
    far = (descriptors + 100).astype(np.float32), (vocabulary + 100).astype(np.float32)
    assert_allclose(squared_distances(*far), distances_by_loops(*(part.astype(float) for part in far)), atol=1e-5)
    far = [1000 + part for part in far]
    assert (assign_words(*far) == distances_by_loops(*(part.astype(float) for part in far)).argmin(axis=1)).all()
    grid = assign_words(descriptors.reshape(5, 3, 2, 6), vocabulary)
    assert grid.shape == (5, 3, 2)
    assert (grid.ravel() == by_loops.argmin(axis=1)).all()


def test_hard_votes_are_opencvs(photo):
    _, descriptors = cv2.SIFT_create().detectAndCompute(photo, None)
    vocabulary = build_vocabulary(descriptors, 12)
    encoder = cv2.BOWImgDescriptorExtractor(cv2.SIFT_create(), cv2.BFMatcher())
    encoder.setVocabulary(vocabulary)
    theirs = encoder.compute(photo, cv2.SIFT_create().detect(photo))[0]
    assert_allclose(encode_histogram(descriptors, vocabulary), theirs, atol=1e-6)


def test_soft_votes_are_a_normalised_kernel(rng):
    descriptors, vocabulary = rng.random((3, 20, 4)), rng.random((6, 4))
    ours = encode_soft(descriptors, vocabulary, sigma=0.3)
    for image, histogram in zip(descriptors, ours, strict=True):
        shares = rbf_kernel(image, vocabulary, gamma=1 / (2 * 0.3**2))
        assert_allclose(histogram, (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0), atol=1e-5)


def test_soft_votes_become_hard_and_flat_at_the_two_ends(rng):
    descriptors, vocabulary = rng.random((50, 4)), rng.random((6, 4))
    hard = encode_histogram(descriptors, vocabulary)
    assert_allclose(encode_soft(descriptors, vocabulary, sigma=1e-3), hard, atol=1e-3)
    assert_allclose(encode_soft(descriptors, vocabulary, sigma=1e3), np.full(6, 1 / 6), atol=1e-5)
    far = encode_soft(descriptors + 100, vocabulary, sigma=0.1)  # nothing underflows
    assert far.sum() == pytest.approx(1)


@pytest.mark.parametrize("encode", [encode_histogram, lambda d, v: encode_soft(d, v, sigma=0.2)])
def test_the_order_of_descriptors_does_not_matter_and_an_empty_image_has_no_words(rng, encode):
    descriptors, vocabulary = rng.random((40, 8)), rng.random((5, 8))
    histogram = encode(descriptors, vocabulary)
    assert histogram.sum() == pytest.approx(1)
    assert_allclose(encode(rng.permutation(descriptors), vocabulary), histogram, atol=1e-7)
    assert_allclose(encode(np.stack([descriptors, descriptors[::-1]]), vocabulary)[1], histogram, atol=1e-7)
    assert_allclose(encode(np.zeros((0, 8)), vocabulary), np.zeros(5))


def test_inputs_are_left_as_they_were(rng):
    descriptors, vocabulary = rng.random((20, 4)), rng.random((5, 4))
    before = descriptors.copy(), vocabulary.copy()
    encode_soft(descriptors, vocabulary, sigma=0.1)
    encode_histogram(descriptors, vocabulary)
    assert_allclose(descriptors, before[0])
    assert_allclose(vocabulary, before[1])


def pyramid_by_loops(words, n_words, levels, weighted):
    rows, columns = words.shape
    parts = []
    for level in range(levels):
        side = 2**level
        counts = np.zeros((side, side, n_words))
        for y in range(rows):
            for x in range(columns):
                counts[y * side // rows, x * side // columns, words[y, x]] += 1
        weight = 1.0
        if weighted and levels > 1:
            weight = 1 / 2 ** (levels - 1) if level == 0 else 1 / 2 ** (levels - level)
        parts.append(weight * counts.ravel() / words.size)
    return np.concatenate(parts)


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("shape", [(8, 8), (11, 11), (5, 7)])
def test_the_pyramid_is_the_loops(rng, levels, weighted, shape):
    words = rng.integers(6, size=(3, *shape))
    ours = spatial_pyramid(words, 6, levels=levels, weighted=weighted)
    assert_allclose(ours, [pyramid_by_loops(w, 6, levels, weighted) for w in words])
    assert_allclose(spatial_pyramid(words[1], 6, levels=levels, weighted=weighted), ours[1])


def test_the_weights_of_the_pyramid_are_the_papers_and_sum_to_one():
    words = np.zeros((8, 8), dtype=int)
    sums = spatial_pyramid(words, 1, levels=3)
    assert_allclose([sums[0], sums[1:5].sum(), sums[5:].sum()], [1 / 4, 1 / 4, 1 / 2])


def test_level_0_is_the_bag(rng):
    descriptors, vocabulary = rng.random((6, 6, 4)), rng.random((5, 4))
    bag = encode_histogram(descriptors.reshape(36, 4), vocabulary)
    assert_allclose(spatial_pyramid(assign_words(descriptors, vocabulary), 5, levels=1), bag)


def test_idf_is_scikit_learns_less_one(rng):
    counts = rng.poisson(0.5, (30, 12))
    assert (counts.sum(axis=0) > 0).all()
    assert_allclose(tfidf_weights(counts) + 1, TfidfTransformer(smooth_idf=False).fit(counts).idf_)
    assert_allclose(tfidf_weights([[1, 0], [2, 0]]), [0, 0])


def test_the_intersection_is_the_pairwise_minimum_and_a_kernel(rng):
    a, b = rng.random((7, 20)), rng.random((5, 20))
    by_loops = [[sum(min(x, y) for x, y in zip(u, v, strict=True)) for v in b] for u in a]
    assert_allclose(histogram_intersection(a, b), by_loops, atol=1e-10)
    shares = a / a.sum(axis=1, keepdims=True)
    table = histogram_intersection(shares, shares)
    assert_allclose(np.diag(table), np.ones(7))
    assert np.linalg.eigvalsh(table).min() > 0  # positive definite


def test_a_search_is_the_cosine_of_tfidf_vectors(rng):
    counts = rng.poisson(0.4, (40, 30))
    index = InvertedFile(counts)
    query = rng.poisson(0.3, 30)
    cosines = unit(counts * tfidf_weights(counts)) @ unit((query * tfidf_weights(counts))[None])[0]
    found = index.search(query, n_best=40)
    assert found.n_touched == len(found.images) == (cosines > 0).sum()
    assert_allclose(found.scores, np.sort(cosines)[::-1][: found.n_touched], atol=1e-12)
    assert_allclose(cosines[found.images], found.scores, atol=1e-12)
    asked = np.flatnonzero(query * tfidf_weights(counts))
    assert found.n_read == (counts[:, asked] > 0).sum()
    assert len(index.search(query, n_best=3).images) == 3


def test_an_indexed_image_finds_itself(rng):
    counts = rng.poisson(0.5, (25, 40))
    index = InvertedFile(counts)
    assert [index.search(row, n_best=1).images[0] for row in counts] == list(range(25))


def test_a_query_without_a_known_word_finds_nothing():
    index = InvertedFile([[1, 0, 1], [0, 0, 1]])
    found = index.search([0, 3, 2])
    assert len(found.images) == found.n_touched == found.n_read == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: encode_histogram(np.zeros((3, 64)), np.zeros((5, 128))),
            "descriptors have 64 dimensions but the vocabulary has 128; extract both with the same descriptor",
        ),
        (lambda: encode_soft(np.zeros((3, 4)), np.zeros((5, 6)), sigma=1), "extract both with the same"),
        (lambda: squared_distances(np.zeros((3, 4)), np.zeros((5, 6))), "extract both with the same"),
        (lambda: encode_soft(np.zeros((3, 4)), np.zeros((5, 4)), sigma=0), "use encode_histogram"),
        (lambda: build_vocabulary(np.zeros((3, 4)), 5), "take more images"),
        (lambda: build_vocabulary(np.zeros((3, 4, 4)), 2), "flatten"),
        (lambda: build_vocabulary(np.full((3, 4), np.nan), 2), "NaN"),
        (lambda: spatial_pyramid(np.full((4, 4), 7), 7), "allows 0 to 6"),
        (lambda: spatial_pyramid(np.zeros((3, 3), int), 2, levels=3), "fewer levels"),
        (lambda: tfidf_weights(np.zeros((0, 4))), "one image at least"),
        (lambda: histogram_intersection(np.zeros((2, 3)), np.zeros((2, 4))), "same vocabulary"),
        (lambda: InvertedFile([[1, 2]]).search([1, 2, 3]), "vocabulary of the index"),
    ],
)
def test_errors_name_the_remedy(call, words):
    with pytest.raises(ValueError, match=words):
        call()
