"""Views from a stereo pair: where points go, what hides what, which holes are left."""

import numpy as np

from utils.pictures import viewpoint
from utils.pictures.photographs import StereoPair, load_stereo_pair


def tiny_pair(disparity):
    disparity = np.array([disparity], dtype=np.float32)
    left = np.arange(10, 10 + disparity.size, dtype=np.uint8).repeat(3).reshape(1, -1, 3)
    return StereoPair(left, left, disparity, 1.0, 1.0, 0.0, "", "", "")


def test_a_row_moved_by_hand():
    # the far part has disparity 0 and stays, the near pixel has 2 and moves two to the left
    view = viewpoint.move_camera(tiny_pair([0, 0, 0, 2, 0, 0]), 1)
    assert view.pixels[0, :, 0].tolist() == [10, 13, 12, 12, 14, 15]  # the hole takes a far neighbour
    assert view.hole[0].tolist() == [False, False, False, True, False, False]
    half = viewpoint.move_camera(tiny_pair([0, 0, 0, 2, 0, 0]), 0.5)
    assert half.pixels[0, :, 0].tolist() == [10, 11, 13, 14, 14, 15]


def test_the_nearer_hides_the_farther_whatever_their_order():
    view = viewpoint.move_camera(tiny_pair([0, 0, 2, 1, 0, 0]), 1)
    assert view.pixels[0, 0, 0] == 12
    assert viewpoint.move_camera(tiny_pair([0, 2, 0, 0]), -1).pixels[0, 3, 0] == 11


def test_an_unknown_disparity_takes_the_farther_neighbour():
    view = viewpoint.move_camera(tiny_pair([0, 0, float("nan"), 2, 0, 0]), 1)
    assert view.pixels[0, :3, 0].tolist() == [10, 13, 12]


def test_the_right_photograph_is_reproduced():
    pair = load_stereo_pair()
    view = viewpoint.move_camera(pair, 1)
    error = np.abs(view.pixels.astype(int) - pair.right).mean(axis=2)
    assert np.median(error[~view.hole]) < 5
    assert np.median(np.abs(pair.left.astype(int) - pair.right).mean(axis=2)) > 15
    assert 0.05 < view.hole.mean() < 0.2
    np.testing.assert_array_equal(viewpoint.move_camera(pair, 0).pixels, pair.left)
    aimed = viewpoint.move_camera(pair, 1, aim=20.0)
    np.testing.assert_array_equal(aimed.pixels[:, 120:600], view.pixels[:, 100:580])
