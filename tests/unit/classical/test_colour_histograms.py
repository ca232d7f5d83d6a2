"""Colour histograms against loops and OpenCV."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from utils.classical.colour_histograms import (
    N_BINS,
    backproject,
    bin_colours,
    colour_bins,
    colour_histogram,
)


def test_colour_bins_are_the_formula_pixel_by_pixel(rng):
    pixels = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    bins = colour_bins(pixels)
    for place in np.ndindex(5, 7):
        r, g, b = (int(value) for value in pixels[place])
        i, j, k = (r - g + 255) * 16 // 511, (2 * b - r - g + 510) * 16 // 1021, (r + g + b) * 8 // 766
        assert bins[place] == (i * 16 + j) * 8 + k
    corners = np.array(list(np.ndindex(2, 2, 2)), dtype=np.uint8) * 255
    assert colour_bins(corners).min() >= 0
    assert colour_bins(corners).max() < N_BINS


def test_a_histogram_does_not_know_places_and_a_mask_selects(rng):
    pixels = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    plain = colour_histogram(pixels)
    assert plain.sum() == pytest.approx(1)
    assert_allclose(colour_histogram(pixels[::-1]), plain)
    mask = np.zeros((6, 6), bool)
    mask[:2] = True
    assert_allclose(colour_histogram(pixels, mask=mask), colour_histogram(pixels[:2]))


def test_backprojection_finds_the_rarer_colour():
    scene = np.zeros((4, 4, 3), dtype=np.uint8)
    scene[1:3, 1:3] = (250, 40, 10)
    likely = backproject(scene, colour_histogram(scene[1:3, 1:3]))
    assert_allclose(likely, (scene[..., 0] > 0).astype(float))


def test_a_bins_colour_lies_in_it_or_next_to_it():
    colours = bin_colours()
    used = colours.any(axis=1)
    # a mean of rounded colours may cross a border, seldom
    assert (colour_bins(colours)[used] == np.flatnonzero(used)).mean() > 0.9


@pytest.mark.parametrize("pixels", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3))])
def test_pixels_without_colour_are_refused(pixels):
    with pytest.raises(ValueError, match="uint8, in colour"):
        colour_histogram(pixels)
