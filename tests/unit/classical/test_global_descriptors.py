"""Descriptions of a whole picture against scikit-image."""

import numpy as np
import pytest
from skimage.feature import hog

from utils.classical import global_descriptors
from utils.pictures import outlined


@pytest.fixture(scope="module")
def seven():
    return outlined.load_subjects()


@pytest.fixture(scope="module")
def cat(seven):
    return seven[1]


def test_edges_are_scikit_images_hog(cat):
    grey = cat.pixels @ np.array([0.299, 0.587, 0.114])
    theirs = hog(grey, orientations=9, pixels_per_cell=(16, 16), cells_per_block=(1, 1), block_norm="L2")
    np.testing.assert_allclose(global_descriptors.describe_edges(cat.pixels), theirs, atol=1e-3)


def test_edges_do_not_see_brightness_and_colours_do(cat):
    darker = (cat.pixels * 0.5).astype(np.uint8)
    edges = [global_descriptors.describe_edges(pixels) for pixels in (cat.pixels, darker)]
    assert edges[0] @ edges[1] / np.linalg.norm(edges[0]) / np.linalg.norm(edges[1]) > 0.97
    colours = [global_descriptors.describe_colours(pixels) for pixels in (cat.pixels, darker)]
    assert np.minimum(*colours).sum() < 0.5
    assert np.abs(global_descriptors.describe_edges(np.full((32, 32), 7))).max() == 0


def test_colours_are_numpys_histogram_and_forget_places(cat):
    theirs, _ = np.histogramdd(cat.pixels.reshape(-1, 3), bins=4, range=[(0, 256)] * 3)
    np.testing.assert_allclose(global_descriptors.describe_colours(cat.pixels), theirs.ravel() / 224**2)
    shuffled = np.random.RandomState(0).permutation(cat.pixels.reshape(-1, 3)).reshape(cat.pixels.shape)
    np.testing.assert_array_equal(
        global_descriptors.describe_colours(shuffled), global_descriptors.describe_colours(cat.pixels)
    )
