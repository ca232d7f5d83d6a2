"""The losses against the formulas, and the gradient penalty."""

import math

import pytest
import torch

from utils.generative.gan_losses import LOSSES, critic_loss, generator_loss, gradient_penalty


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def slow_losses(kind, real, fake):
    def sigmoid(s):
        return 1 / (1 + math.exp(-s))

    n, m = len(real), len(fake)
    if kind in ("Non-saturating", "Saturating"):
        critic = -sum(math.log(sigmoid(s)) for s in real) / n - sum(math.log(1 - sigmoid(s)) for s in fake) / m
        if kind == "Saturating":
            return critic, sum(math.log(1 - sigmoid(s)) for s in fake) / m
        return critic, -sum(math.log(sigmoid(s)) for s in fake) / m
    if kind == "LSGAN":
        critic = sum((s - 1) ** 2 for s in real) / (2 * n) + sum(s * s for s in fake) / (2 * m)
        return critic, sum((s - 1) ** 2 for s in fake) / (2 * m)
    return sum(fake) / m - sum(real) / n, -sum(fake) / m


@pytest.mark.parametrize("kind", LOSSES)
def test_losses_equal_slow_sums_and_have_the_right_gradients(kind):
    real, fake = (torch.randn(7, generator=draws(seed), dtype=torch.float64) for seed in (1, 2))
    critic, maker = slow_losses(kind, real.tolist(), fake.tolist())
    assert critic_loss(kind, real, fake).item() == pytest.approx(critic, abs=1e-12)
    assert generator_loss(kind, fake).item() == pytest.approx(maker, abs=1e-12)
    real, fake = real.requires_grad_(), fake.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: critic_loss(kind, a, b), (real, fake))
    assert torch.autograd.gradcheck(lambda b: generator_loss(kind, b), (fake,))


@pytest.mark.parametrize("kind", LOSSES)
def test_losses_keep_leading_dimensions_and_bear_large_scores(kind):
    real, fake = torch.randn(3, 5, generator=draws(1)), torch.randn(3, 5, generator=draws(2))
    for index in range(3):
        torch.testing.assert_close(critic_loss(kind, real, fake)[index], critic_loss(kind, real[index], fake[index]))
        torch.testing.assert_close(generator_loss(kind, fake)[index], generator_loss(kind, fake[index]))
    far = torch.tensor([-300.0, 300.0])
    assert torch.isfinite(critic_loss(kind, far, far))
    assert torch.isfinite(generator_loss(kind, far))


def test_an_unknown_loss_is_named():
    with pytest.raises(ValueError, match="unknown loss 'WGAN'"):
        critic_loss("WGAN", torch.zeros(2), torch.zeros(2))


def test_the_penalty_of_a_critic_for_images_and_of_several_at_once():
    images = torch.rand(4, 1, 28, 28, generator=draws(1))
    steep = gradient_penalty(lambda x: 5 * x[:, 0, 0, 0], images, images.flip(0), n_dims=3)
    assert steep.item() == pytest.approx(16)
    both = gradient_penalty(
        lambda x: torch.stack([x[0, :, 0], 3 * x[1, :, 0]]), torch.zeros(2, 4, 2), torch.ones(2, 4, 2)
    )
    torch.testing.assert_close(both, torch.tensor([0.0, 4.0]))
