"""The networks and steps of the garment GANs, and the weights that ship."""

import numpy as np
import pytest
import torch

from tools.trainers.gans import EVERY, train
from utils.data import load_images
from utils.data.shipped import ASSETS
from utils.generative import garment_gans
from utils.generative.gan_losses import critic_loss, generator_loss
from utils.generative.garment_gans import (
    RUNGS,
    GarmentCritic,
    GarmentGan,
    GarmentGenerator,
    codes_from_noise,
    load_gans,
)


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def data():
    return load_images("fashion_mnist", n=200)


def test_infogan_codes_are_even():
    z = codes_from_noise(torch.randn(5000, 32, generator=draws()))
    shares = z[:, 20:30].mean(dim=0)
    assert (z[:, 20:30].sum(dim=1) == 1).all()
    assert shares.min() > 0.08
    assert shares.max() < 0.12
    assert z[:, 30:].abs().max() <= 1
    assert z[:, 30:].std().item() == pytest.approx(3**-0.5, rel=0.03)  # as if spread evenly


@pytest.mark.parametrize("name", RUNGS)
def test_a_step_repeats_and_changes_both_networks(name, data):
    gans = [GarmentGan(RUNGS[name], seed=3) for _ in range(2)]
    before = [network.score.weight.detach().clone() for network in (gans[0].critic,)]
    first = [gan.step(data) for gan in gans]
    assert first[0] == first[1]
    assert not torch.equal(before[0], gans[0].critic.score.weight)
    for one, other in zip(gans[0].generator.parameters(), gans[1].generator.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", ["Vanilla", "LSGAN", "Saturating"])
def test_the_first_step_is_that_of_the_losses(name, data):
    """One step written out with this module's losses gives the numbers of `GarmentGan.step`."""
    rung = RUNGS[name]
    gan, copy = GarmentGan(rung, seed=4), GarmentGan(rung, seed=4)
    judged, fooled = gan.step(data)
    chosen = torch.randint(200, (rung.batch,), generator=copy.random)
    fake = copy.generator(torch.randn(rung.batch, 32, generator=copy.random))
    loss = critic_loss(rung.loss, copy.critic(data.images[chosen])[:, 0], copy.critic(fake.detach())[:, 0])
    assert judged == pytest.approx(loss.item(), abs=1e-6)
    loss.backward()
    copy.to_judge.step()
    again = copy.generator(torch.randn(rung.batch, 32, generator=copy.random))
    assert fooled == pytest.approx(generator_loss(rung.loss, copy.critic(again)[:, 0]).item(), abs=1e-5)


def test_only_the_guess_of_the_codes_works_with_the_generator(data):
    gan = GarmentGan(RUNGS["InfoGAN"], seed=1)
    with_generator = {id(p) for p in gan.to_generate.param_groups[0]["params"]}
    against = {id(p) for p in gan.to_judge.param_groups[0]["params"]}
    assert {id(p) for p in gan.critic.guess.parameters()} <= with_generator
    assert not with_generator & against


def test_the_learning_rate_falls_to_zero(data):
    gan = GarmentGan(garment_gans.Rung("LSGAN", 4))
    rates = []
    for _ in range(4):
        gan.step(data)
        rates.append(gan.to_generate.param_groups[0]["lr"])
    np.testing.assert_allclose(rates, [5e-4, 5e-4, 5e-4, 2.5e-4])


def test_networks_start_as_dcgan_says():
    network = garment_gans.GarmentGan(RUNGS["LSGAN"]).generator.layers
    assert network[0].weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert network[2].weight.mean().item() == pytest.approx(1, abs=0.02)
    images = GarmentGenerator()(torch.randn(4, 32))
    assert images.shape == (4, 1, 28, 28)
    assert images.min() >= 0
    assert images.max() <= 1
    assert GarmentCritic(10)(images).shape == (4, 10)


def test_the_shipped_weights_are_those_of_the_recipes_in_the_code():
    assert (ASSETS / "weights" / "gans.npz").stat().st_size < 2.5e6
    gans = load_gans()
    assert set(gans) == set(RUNGS)
    for name, gan in gans.items():
        assert garment_gans.recipe_of(name).items() <= gan.recipe.items(), f"{name}: run `make train NAME=gans`"
        assert gan.recipe["seconds"] > 10
        assert gan.losses.shape == (RUNGS[name].steps // EVERY, 2)
        assert torch.isfinite(gan.losses).all()
        assert not gan.generator.training


def test_the_shipped_losses_begin_as_the_tool_trains_now():
    """The first steps, made again here, are those whose losses are stored; later ones drift with rounding."""
    losses = train("LSGAN", n_steps=EVERY).losses
    torch.testing.assert_close(losses, load_gans()["LSGAN"].losses[:1], rtol=0.05, atol=0.02)
