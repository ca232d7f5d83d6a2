"""Windows over a picture: what they see and find."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from utils.classical.sift import orientation_maps
from utils.classical.sliding_windows import SIDE, scan, window_features
from utils.pictures.photographs import load_photograph


def test_window_features_are_the_definition_by_loops():
    image = torch.rand(1, 33, 31, generator=torch.Generator().manual_seed(0))
    ours, maps = window_features(image, step=3), orientation_maps(image)[0]
    assert ours.shape == (1, 3, 3, 200)
    for row, column in np.ndindex(3, 3):
        window = maps[:, 3 * row : 3 * row + 25, 3 * column : 3 * column + 25]
        cells = window.reshape(8, 5, 5, 5, 5).mean(dim=(2, 4)).flatten()  # (8, 5, 5)
        assert_allclose(ours[0, row, column], (cells / cells.sum()).sqrt(), atol=1e-6)


def test_a_window_without_gradients_is_zero_and_small_images_are_refused():
    assert window_features(torch.zeros(1, 25, 25)).abs().max() == 0
    with pytest.raises(ValueError, match="enlarge"):
        window_features(torch.zeros(1, 24, 30))


def test_scanning_finds_the_planted_window_at_its_place_and_size():
    photo = torch.tensor(load_photograph("camera", gray=True, size=(96, 96)).pixels) / 255
    weights = window_features(photo[None], step=1)[0, 20, 34]
    found = scan(photo, weights, 0.0, sizes=[SIDE, 2 * SIDE], step=2, threshold=0)
    best = found.boxes[found.scores.argmax()]
    assert best.tolist() == [20, 34, 45, 59]
    assert found.scores.max() == pytest.approx(1, abs=1e-5)  # with itself
    assert found.n_windows == 36**2 + 12**2
    assert len(scan(photo, weights, 0.0, sizes=[500]).boxes) == 0
