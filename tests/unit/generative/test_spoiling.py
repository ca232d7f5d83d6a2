"""Noise, masks and decibels against the formulas and scikit-image."""

import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from utils.generative.spoiling import add_noise, best_denoised, mask_pixels, psnr, psnr_gained


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_psnr_is_the_one_of_skimage():
    clean, images = torch.rand(3, 1, 8, 8, generator=source()), torch.rand(3, 1, 8, 8, generator=source(1))
    for value, one, other in zip(psnr(images, clean), clean.numpy(), images.numpy(), strict=True):
        assert math.isclose(value, peak_signal_noise_ratio(one, other, data_range=1), rel_tol=1e-5)
    assert psnr(clean, clean).isinf().all()
    with pytest.raises(ValueError, match="compare one by one"):
        psnr(images, clean[:1])


def test_a_gain_is_a_difference_of_psnr_for_each_image():
    clean = torch.zeros(2, 4)
    noisy, cleaned = torch.full((2, 4), 0.1), torch.tensor([[0.01], [0.1]]).expand(2, 4)
    assert psnr_gained(cleaned, noisy, clean) == pytest.approx(10)  # 20 and 0
    assert psnr_gained(noisy, cleaned, clean) == pytest.approx(-10)


def test_noise_has_the_spread_asked_for_and_masks_keep_the_rest():
    images = torch.rand(50, 1, 28, 28, generator=source())
    noise = add_noise(images, 0.3, generator=source(1)) - images
    assert noise.std().item() == pytest.approx(0.3, rel=0.02)
    assert abs(noise.mean().item()) < 0.01
    assert torch.equal(add_noise(images, 0.3, generator=source(1)), images + noise) or torch.allclose(
        add_noise(images, 0.3, generator=source(1)), images + noise
    )
    masked = mask_pixels(images + 0.1, 0.4, generator=source(2))
    gone = masked == 0
    assert gone.float().mean().item() == pytest.approx(0.4, abs=0.02)
    assert torch.equal(masked[~gone], (images + 0.1)[~gone])
    assert torch.equal(mask_pixels(images, 0.0), images)
    assert not mask_pixels(images, 1.0).any()


def test_the_best_answer_is_the_score_and_beats_others():
    clean = torch.randn(200, 2, generator=source(), dtype=torch.float64)
    points = add_noise(clean, 0.4, generator=source(1)).requires_grad_()
    density = torch.stack([(-(point - clean).square().sum(dim=1) / (2 * 0.4**2)).exp().sum() for point in points])
    score = torch.autograd.grad(density.log().sum(), points)[0]
    best = best_denoised(points.detach(), clean, 0.4)
    torch.testing.assert_close(best, points.detach() + 0.4**2 * score)
    assert (best - clean).square().mean() < (points - clean).square().mean()
