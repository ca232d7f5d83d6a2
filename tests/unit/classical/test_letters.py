"""Drawn letters: in the middle, of several typefaces, moved and noisy as asked."""

import numpy as np

from utils.classical.letters import FONTS, draw_letters


def test_letters_are_ink_in_the_middle_and_shifts_move_them(rng):
    images, labels = draw_letters("AWI", 8, rng=rng)
    assert images.shape == (24, 20, 20)
    assert set(np.unique(images)) == {0, 1}
    assert labels.tolist() == [0] * 8 + [1] * 8 + [2] * 8
    for image in images:
        rows, columns = np.nonzero(image)
        assert abs((rows.min() + rows.max()) / 2 - 9.5) <= 1
        assert abs((columns.min() + columns.max()) / 2 - 9.5) <= 1
    assert len({image.tobytes() for image in images[:8]}) > 1  # several typefaces
    moved, _ = draw_letters("A", 30, rng=rng, shift=3)
    assert np.ptp([np.nonzero(image)[1].min() for image in moved]) >= 4
    assert len(FONTS) == 5


def test_noise_flips_the_share_it_is_asked_to():
    clean, _ = draw_letters("E", 40, rng=np.random.default_rng(1))
    noisy, _ = draw_letters("E", 40, rng=np.random.default_rng(1), noise=0.5)
    assert abs(noisy.mean() - 0.5) < 0.02
    assert clean.mean() < 0.25
