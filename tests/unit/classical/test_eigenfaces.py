"""Eigenfaces against scikit-learn, and what they promise."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.decomposition import PCA

from utils.classical.eigenfaces import decode, distance_from_face_space, encode, fit_face_space


def test_eigenfaces_are_principal_components(rng):
    images = rng.random((15, 1, 6, 5))
    space, library = fit_face_space(torch.tensor(images)), PCA(14, svd_solver="full").fit(images.reshape(15, -1))
    assert_allclose(np.abs(space.components), np.abs(library.components_), atol=1e-9)
    assert_allclose(space.scales**2, library.explained_variance_)
    strongest = np.abs(space.components).argmax(axis=1)
    assert (space.components[np.arange(14), strongest] > 0).all()


def test_all_eigenfaces_give_the_faces_back_and_fewer_the_projection(rng):
    images = rng.random((8, 6, 5))
    space = fit_face_space(images)
    assert_allclose(decode(encode(images, space), space), images)
    assert_allclose(distance_from_face_space(images, space), 0, atol=1e-10)
    small, other = fit_face_space(images, n_components=3), rng.random((2, 6, 5))
    assert_allclose(decode(encode(images, space)[:, :3], space), decode(encode(images, small), small))
    left = other.reshape(2, -1) - decode(encode(other, small), small).reshape(2, -1)
    assert_allclose(distance_from_face_space(other, small), np.linalg.norm(left, axis=1))
    assert_allclose(left @ small.components.T, 0, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_face_space(np.zeros((3, 2, 2)), n_components=3), "at most 2"),
        (lambda: fit_face_space(np.zeros((1, 2, 2))), "take more images"),
        (lambda: fit_face_space(np.zeros((3, 3, 2, 2))), "in grey"),
        (lambda: encode(np.zeros((1, 3, 3)), fit_face_space(np.eye(4).reshape(4, 2, 2))), "resize"),
    ],
)
def test_faces_that_do_not_fit_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
