"""The seven outlined photographs and what is made of them."""

import numpy as np
import pytest

from utils.networks.pretrained import imagenet_classes, prepare
from utils.pictures import outlined
from utils.pictures.crops import centre_square
from utils.pictures.photographs import load_photograph, load_stereo_pair


@pytest.fixture(scope="module")
def seven():
    return outlined.load_subjects()


def test_the_seven_are_whole(seven):
    assert tuple(subject.name for subject in seven) == outlined.SUBJECTS
    for subject in seven:
        assert subject.pixels.shape == (224, 224, 3)
        assert 0.03 < subject.thing.mean() < 0.9
        assert set(subject.classes) <= set(imagenet_classes())


def test_squares_are_what_the_network_is_given():
    pixels = load_photograph("coffee").pixels
    theirs = prepare(pixels)[0].permute(1, 2, 0) * 128 + 127
    np.testing.assert_array_equal(centre_square(pixels), theirs.numpy().astype(np.uint8))
    assert centre_square(load_photograph("camera").pixels).shape == (224, 224, 3)


def test_the_outline_of_the_motorcycle_lies_on_what_is_near(seven):
    pair = load_stereo_pair()
    near = centre_square(np.nan_to_num(pair.disparity).round().astype(np.uint8))[..., 0]
    thing = seven[4].thing
    upper = slice(0, 130)  # the floor is near as well
    assert np.median(near[upper][thing[upper]]) > 1.3 * np.median(near[upper][~thing[upper]])


def test_the_mosaic_shows_only_other_photographs(pieces):
    others = np.stack(list(outlined.other_squares().values()))
    assert len(others) == 11
    cell = pieces[:32, :32]
    windows = np.lib.stride_tricks.sliding_window_view(others[..., 0], (32, 32), axis=(1, 2))
    assert (windows == cell[..., 0]).all(axis=(-2, -1)).any()
    assert not np.array_equal(pieces, outlined.mosaic(seed=1))
