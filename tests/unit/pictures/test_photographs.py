"""Every photograph is there, with its credit; the stereo pair's geometry is right."""

import numpy as np
import pytest
import torch

from utils.pictures.photographs import load_photograph, load_stereo_pair, photograph_names


@pytest.mark.parametrize("name", photograph_names())
def test_every_photograph_is_there_with_its_credit(name):
    photograph = load_photograph(name)
    assert photograph.pixels.dtype == np.uint8
    assert photograph.pixels.ndim == 2 or photograph.pixels.shape[2] == 3
    assert photograph.pixels.max() > photograph.pixels.min()
    assert photograph.credit
    assert photograph.licence


def test_gray_is_the_luminance_of_bt_601():
    colour = load_photograph("cat").pixels.astype(float)
    gray = load_photograph("cat", gray=True).pixels
    expected = colour @ [0.299, 0.587, 0.114]
    assert np.abs(gray - expected).max() <= 1


def test_resizing_keeps_the_mean():
    photograph = load_photograph("camera", size=(64, 96))
    assert photograph.pixels.shape == (64, 96)
    assert abs(photograph.pixels.mean() - load_photograph("camera").pixels.mean()) < 2


@pytest.mark.parametrize("size", [(0, 5), (5,), (2.5, 3)])
def test_a_wrong_size_is_refused(size):
    with pytest.raises(ValueError, match="two positive whole numbers"):
        load_photograph("cat", size=size)


def test_an_unknown_photograph_is_answered_with_the_closest():
    with pytest.raises(ValueError, match="unknown photograph 'astronout'; did you mean 'astronaut'"):
        load_photograph("astronout")


def test_photographs_are_those_of_scikit_image_and_scikit_learn():
    import skimage.data
    from sklearn.datasets import load_sample_image

    for name in photograph_names():
        if name in ("china", "flower"):
            expected = load_sample_image(f"{name}.jpg")
        else:
            expected = getattr(skimage.data, {"hubble": "hubble_deep_field"}.get(name, name))()
            expected = expected * np.uint8(255) if expected.dtype == bool else expected
        assert np.array_equal(load_photograph(name).pixels, expected), name


def test_a_tensor_has_channels_first_and_shares_nothing():
    photograph = load_photograph("cat", size=(30, 45))
    assert photograph.tensor.shape == (3, 30, 45)
    assert torch.equal(photograph.tensor[1, 7, 9] * 255, torch.tensor(float(photograph.pixels[7, 9, 1])))
    assert load_photograph("camera", size=(30, 45)).tensor.shape == (1, 30, 45)


def test_the_disparity_leads_from_the_left_picture_to_the_same_point_in_the_right():
    pair = load_stereo_pair()
    rows, columns = np.nonzero(np.isfinite(pair.disparity))
    target = np.round(columns - pair.disparity[rows, columns]).astype(int)
    inside = target >= 0
    rows, columns, target = rows[inside], columns[inside], target[inside]
    left, right = pair.left.astype(float), pair.right.astype(float)
    matched = np.abs(left[rows, columns] - right[rows, target]).mean()
    unmoved = np.abs(left[rows, columns] - right[rows, columns]).mean()
    wrong_way = np.abs(left[rows, columns] - right[rows, np.minimum(2 * columns - target, 740)]).mean()
    assert matched < 10
    assert min(unmoved, wrong_way) > 2 * matched


def test_depth_is_in_metres_and_unknown_where_the_disparity_is():
    pair = load_stereo_pair()
    assert np.isnan(pair.depth[np.isnan(pair.disparity)]).all()
    assert 0.05 < np.isnan(pair.depth).mean() < 0.1
    nearest = np.nanargmax(pair.disparity)
    assert pair.depth.flat[nearest] == pytest.approx(994.978 * 0.193001 / (pair.disparity.flat[nearest] + 31.086))
    assert 2 < np.nanmin(pair.depth) < np.nanmax(pair.depth) < 6
