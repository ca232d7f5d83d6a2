"""Variational autoencoders: terms of the bound, bounds of more draws, networks side by side."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Independent, Normal, kl_divergence

from utils.generative.variational import (
    ConditionalVae,
    FromControls,
    ManyVaes,
    active_units,
    bernoulli_loss,
    cut_out_decoder,
    draw_code,
    free_bits,
    gaussian_kl,
    log_mean_exp,
)


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def clouds(shape=(3, 5, 4), dtype=torch.float64):
    generator = source()
    return (torch.randn(shape, generator=generator, dtype=dtype) for _ in range(2))


def test_the_kl_is_the_one_of_torch_and_its_gradient_is_right():
    mu, logvar = clouds()
    theirs = kl_divergence(
        Independent(Normal(mu, (0.5 * logvar).exp()), 1),
        Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1),
    )
    torch.testing.assert_close(gaussian_kl(mu, logvar).sum(dim=-1), theirs)
    assert (gaussian_kl(mu, logvar) >= 0).all()
    mu.requires_grad_(), logvar.requires_grad_()
    assert torch.autograd.gradcheck(gaussian_kl, (mu, logvar))


def test_a_drawn_code_has_its_mean_its_spread_and_its_gradient():
    mu, logvar = torch.tensor([1.0, -2.0]), torch.tensor([0.0, -2.0])
    many = draw_code(mu.expand(40_000, 2), logvar.expand(40_000, 2), generator=source())
    torch.testing.assert_close(many.mean(dim=0), mu, atol=0.02, rtol=0)
    torch.testing.assert_close(many.std(dim=0), (0.5 * logvar).exp(), rtol=0.02, atol=0)
    mu.requires_grad_(), logvar.requires_grad_()
    draw = draw_code(mu, logvar, generator=source())
    to_mu, to_logvar = torch.autograd.grad(draw.sum(), (mu, logvar))
    torch.testing.assert_close(to_mu, torch.ones(2))
    torch.testing.assert_close(to_logvar, 0.5 * (draw - mu).detach())


def test_the_fit_is_a_sum_over_pixels_of_coin_flips():
    logits, images = torch.randn(3, 4, 6, generator=source()), torch.rand(4, 6, generator=source(1))
    p = logits.sigmoid()
    by_hand = -(images * p.log() + (1 - images) * (1 - p).log()).sum(dim=-1)
    torch.testing.assert_close(bernoulli_loss(logits, images), by_hand)
    flips = (torch.rand(20_000, 6, generator=source(2)) < images[0]).float()
    assert bernoulli_loss(logits[0, 0], images[0]).item() == pytest.approx(
        bernoulli_loss(logits[0, 0].expand(20_000, 6), flips).mean().item(), abs=0.05
    )


def test_the_mean_of_exponentials_does_not_overflow():
    values = torch.randn(7, 3, generator=source(), dtype=torch.float64)
    torch.testing.assert_close(log_mean_exp(values, 0), values.exp().mean(dim=0).log())
    assert log_mean_exp(values + 5000, 0).isfinite().all()
    assert (log_mean_exp(values, 1) >= values.mean(dim=1)).all()  # Jensen


def test_more_draws_tighten_the_bound_of_a_linear_model():
    w, s, x, n = 1.5, 0.8, torch.tensor(2.0), 20_000
    z = torch.randn(n, 100, generator=source())
    weights = Normal(w * z, s).log_prob(x)  # drawn from the prior
    exact = Normal(0.0, math.hypot(w, s)).log_prob(x)
    one, ten, hundred = (log_mean_exp(weights[:, :k], 1).mean() for k in (1, 10, 100))
    assert one < ten < hundred < exact + 0.01
    assert exact - hundred < 0.1


def test_free_bits_charge_at_least_the_floor_and_pass_no_gradient_below():
    kl = torch.tensor([[0.1, 2.0], [0.1, 4.0]], requires_grad=True)
    loss = free_bits(kl, 0.5)
    assert loss.item() == pytest.approx(3.5)
    loss.backward()
    torch.testing.assert_close(kl.grad, torch.tensor([[0.0, 0.5], [0.0, 0.5]]))
    torch.testing.assert_close(free_bits(kl, 0.0), kl.mean(dim=0).sum())
    floors = torch.tensor([[0.0], [0.5]])  # one for each of two networks
    torch.testing.assert_close(free_bits(kl.expand(2, 2, 2), floors), torch.tensor([3.1, 3.5]))


def test_active_numbers_vary_over_images():
    mu = torch.zeros(100, 4)
    mu[:, 0] = torch.randn(100, generator=source())
    mu[:, 1] = 5.0  # large and silent
    mu[:, 2] = 0.05 * torch.randn(100, generator=source(1))  # below the threshold
    assert active_units(mu) == 1
    assert active_units(mu, threshold=1e-4) == 2
    assert active_units(mu.expand(3, 100, 4)).tolist() == [1, 1, 1]


def by_layers(model, index, images):
    """One network of several, written out."""
    hidden = F.relu((images - model.mean) @ model.weights[0][index] + model.biases[0][index])
    return (hidden @ model.weights[1][index] + model.biases[1][index]).chunk(2, dim=-1)


def test_networks_side_by_side_are_each_what_they_are_alone():
    images = torch.rand(6, 49, generator=source())
    keep = torch.ones(3, 1, 4)
    keep[0, :, 2:] = 0
    model = ManyVaes(3, 49, 4, n_hidden=8, mean=images.mean(dim=0), keep=keep, generator=source(1))
    mu, logvar = model.encode(images)
    for index in (1, 2):
        alone = by_layers(model, index, images)
        torch.testing.assert_close(mu[index], alone[0])
        torch.testing.assert_close(logvar[index], alone[1])
    assert (mu[0, :, 2:] == 0).all()
    assert (gaussian_kl(mu, logvar)[0, :, 2:] == 0).all()
    pictures = cut_out_decoder(model, 2)(mu[2])
    torch.testing.assert_close(pictures.flatten(1), model.decode(mu)[2].sigmoid())
    pictures = cut_out_decoder(model, 0, n_code=2)(mu[0, :, :2])
    torch.testing.assert_close(pictures.flatten(1), model.decode(mu)[0].sigmoid())
    moved = mu.clone()
    moved[0, :, 2:] = 7.0  # numbers that are not used
    torch.testing.assert_close(model.decode(moved)[0], model.decode(mu)[0])


def test_a_decoder_that_sees_pixels_sees_only_those_before():
    model = ManyVaes(2, 9, 2, n_hidden=4, sees=torch.tensor([1.0, 0.0])[:, None, None], generator=source())
    torch.nn.init.normal_(model.before, generator=source(1))
    z, images = torch.zeros(2, 1, 2), torch.rand(1, 9, generator=source(2))
    for pixel in range(9):
        changed = images.clone()
        changed[0, pixel] += 1
        moved = (model.decode(z, changed) - model.decode(z, images)).abs() > 1e-6
        assert not moved[0, 0, : pixel + 1].any()
        assert moved[0, 0, pixel + 1 :].all()
        assert not moved[1].any()


def test_controls_go_to_their_places_in_the_code():
    vae = ConditionalVae(49, 3, 5, n_hidden=8).eval()
    maker = FromControls(vae, (3, 1))
    noise, one_hot, codes = torch.randn(2, 3), torch.eye(3)[:2], torch.randn(2, 2)
    z = torch.stack([noise[:, 0], codes[:, 1], noise[:, 1], codes[:, 0], noise[:, 2]], dim=1)
    expected = vae.decode(z, one_hot).sigmoid()
    torch.testing.assert_close(maker(noise, one_hot, codes).flatten(1), expected)
    mu, _ = vae.encode(torch.rand(2, 49), one_hot)
    assert mu.shape == (2, 5)


def test_a_little_training_lowers_minus_the_bound():
    images = (torch.rand(64, 16, generator=source()) < torch.tensor([0.9, 0.1]).repeat(8)).float()
    model = ManyVaes(2, 16, 2, n_hidden=8, generator=source(1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for step in range(60):
        mu, logvar = model.encode(images)
        codes = draw_code(mu, logvar, generator=source(step))
        loss = (bernoulli_loss(model.decode(codes), images) + gaussian_kl(mu, logvar).sum(dim=-1)).mean(dim=-1)
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        losses.append(loss.detach())
    assert (losses[-1] < 0.7 * losses[0]).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gaussian_kl(torch.zeros(3, 2), torch.zeros(2)), "one log-variance for each mean"),
        (lambda: draw_code(torch.zeros(3, 2), torch.zeros(3, 1)), "one log-variance for each mean"),
        (lambda: bernoulli_loss(torch.zeros(2, 4), torch.full((2, 4), 255.0)), "255; expected 0"),
        (lambda: bernoulli_loss(torch.zeros(2, 4), torch.full((2, 4), torch.nan)), "nan; expected 0"),
        (lambda: log_mean_exp(torch.zeros(3, 0), 1), "at least one draw"),
        (lambda: active_units(torch.zeros(1, 4)), "two images or more"),
        (lambda: active_units(torch.full((3, 4), torch.nan)), "expected finite means"),
        (lambda: ManyVaes(1, 9, 2, sees=torch.ones(1, 1, 1)).decode(torch.zeros(1, 3, 2)), "give `images`, too"),
        (lambda: cut_out_decoder(ManyVaes(2, 9, 2, sees=torch.eye(2)[:, 1:, None]), 1), "decoder 1 sees pixels"),
    ],
)
def test_wrong_input_is_told_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
