"""Photographs taken anew: what moves, how far, and what is refused."""

import re

import pytest
import torch

from utils.data.augment import rephotograph


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_without_any_change_the_image_stays():
    images = torch.rand(3, 1, 28, 28, generator=generator())
    torch.testing.assert_close(rephotograph(images, turn=0, shift=0, zoom=0, light=0), images, atol=1e-5, rtol=0)


def test_the_changes_are_those_asked_for():
    images = torch.zeros(50, 1, 28, 28)
    images[:, :, 12:16, 12:16] = 1
    darker = rephotograph(images, turn=0, shift=0, zoom=0, light=0.5, generator=generator())
    peaks = darker.amax(dim=(1, 2, 3))
    assert 0.5 <= peaks.min() < 0.6 < 0.9 < peaks.max() <= 1 + 1e-6
    moved = rephotograph(images, turn=0, shift=3, zoom=0, light=0, generator=generator())
    rows = torch.arange(28.0)
    middles = (moved.sum(dim=(1, 3)) * rows).sum(dim=1) / moved.sum(dim=(1, 2, 3))
    assert 2 < (middles - 13.5).abs().max() <= 3 + 1e-3
    turned = rephotograph(images, turn=45, shift=0, zoom=0, light=0, generator=generator())
    torch.testing.assert_close(turned.sum(dim=(1, 2, 3)), images.sum(dim=(1, 2, 3)), atol=0.8, rtol=0)


def test_the_same_generator_gives_the_same_photographs():
    images = torch.rand(3, 1, 28, 28, generator=generator())
    one, two = (rephotograph(images, generator=generator(7)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, rephotograph(images, generator=generator(8)))


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (torch.rand(1, 28, 28), {}, "expected (B, C, H, W)"),
        (torch.rand(1, 1, 28, 28), {"zoom": 1}, "zoom is 1"),
        (torch.rand(1, 1, 28, 28), {"light": 2}, "light is 2"),
    ],
)
def test_what_cannot_be_photographed_is_named(images, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rephotograph(images, **options)
