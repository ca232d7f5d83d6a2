"""GANs on points: their data, their counting, networks side by side."""

import pytest
import torch

from utils.generative import gan_losses, point_gans
from utils.generative.gan_losses import LOSSES, critic_loss, generator_loss, gradient_penalty
from utils.generative.point_gans import ManyPointNetworks, point_network


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_penalty_equals_a_loop_over_samples():
    critic = point_network(2, 8, 1).double()
    real, fake = (torch.randn(6, 2, generator=draws(seed), dtype=torch.float64) for seed in (1, 2))
    shares, total = torch.rand(6, generator=draws(3)).double(), 0
    for share, one, other in zip(shares, real, fake, strict=True):
        between = (share * one + (1 - share) * other).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between)
        total += (slope.norm().item() - 1) ** 2 / 6
    penalty = gradient_penalty(critic, real, fake, generator=draws(3))
    assert penalty.item() == pytest.approx(total, abs=1e-9)
    penalty.backward()
    assert all(weight.grad.abs().sum() > 0 for weight in (critic[0].weight, critic[2].weight, critic[4].weight))


def test_the_penalty_names_unequal_batches():
    with pytest.raises(ValueError, match="draw as many of each"):
        gradient_penalty(point_network(2, 4, 1), torch.zeros(3, 2), torch.zeros(2, 2))


def test_clipping_bounds_every_parameter_and_leaves_small_ones():
    critic = point_network(2, 8, 1)
    small = {name: value.detach().clone() for name, value in critic.named_parameters()}
    gan_losses.clip_weights(critic, 0.1)
    for name, value in critic.named_parameters():
        assert value.abs().max() <= 0.1
        torch.testing.assert_close(value.detach(), small[name].clamp(-0.1, 0.1))


def test_networks_side_by_side_equal_each_one_alone():
    many = ManyPointNetworks(3, 2, 8, 5, generator=draws())
    points = torch.randn(3, 6, 2, generator=draws(1))
    for index in range(3):
        torch.testing.assert_close(many(points)[index], many.one(index)(points[index]))
    torch.testing.assert_close(many(points[0])[1], many.one(1)(points[0]))


@pytest.mark.parametrize("kind", LOSSES)
def test_pairs_side_by_side_do_not_touch_each_other(kind):
    """Two pairs trained together take the same first step as each would alone."""
    centres = point_gans.ring_centres()

    def draw(shape):
        return centres[: shape[1]].expand(*shape, 2)

    settings = {"n_steps": 1, "batch": 8, "n_hidden": 6, "clip": 0.05}
    makers, critics, kept = point_gans.train_point_gans(
        kind, draw, n_networks=2, generator=draws(), keep=[0, 1], **settings
    )
    random = draws()
    start = ManyPointNetworks(2, 2, 6, 2, generator=random), ManyPointNetworks(2, 2, 6, 1, generator=random)
    torch.randn(512, 2, generator=random)
    z, share = torch.randn(2, 8, 2, generator=random), None
    if kind == "WGAN-GP":
        share = torch.rand(2, 8, generator=random)
    z2 = torch.randn(2, 8, 2, generator=random)
    for index in range(2):
        maker, critic = (network.one(index) for network in start)
        to_make, to_judge = (torch.optim.Adam(n.parameters(), lr=1e-3, betas=(0.5, 0.9)) for n in (maker, critic))
        real, fake = draw((2, 8))[index], maker(z[index]).detach()
        loss = critic_loss(kind, critic(real)[:, 0], critic(fake)[:, 0])
        if kind == "WGAN-GP":
            between = (share[index, :, None] * real + (1 - share[index, :, None]) * fake).requires_grad_()
            slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
            loss = loss + ((slope.norm(dim=1) - 1) ** 2).mean()
        loss.backward()
        to_judge.step()
        if kind == "WGAN, clipped":
            gan_losses.clip_weights(critic, 0.05)
        to_make.zero_grad()
        generator_loss(kind, critic(maker(z2[index]))[:, 0]).backward()
        to_make.step()
        places = torch.randn(10, 2, generator=draws(5))
        torch.testing.assert_close(makers.one(index)(places), maker(places), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(critics.one(index)(places), critic(places), atol=1e-5, rtol=1e-4)
    assert kept[0].shape == (2, 512, 2)
    assert not torch.equal(kept[0], kept[1])


def test_modes_are_counted_as_by_hand():
    centres = point_gans.grid_centres(2, spacing=4.0)
    assert sorted(map(tuple, centres.tolist())) == [(-2, -2), (-2, 2), (2, -2), (2, 2)]
    points = torch.cat([centres[0].repeat(90, 1), centres[1].repeat(4, 1), torch.zeros(6, 2)])
    covered, quality = point_gans.count_modes(points, centres, 0.1)
    assert (covered.item(), round(quality.item(), 4)) == (1, 0.94)  # 4 of 100 is less than a fifth of 25
    assert point_gans.count_modes(points, centres, 0.1, at_least=0)[0] == 2
    order = torch.randperm(100, generator=draws())
    assert point_gans.count_modes(points[order], centres, 0.1)[0] == covered
    several = point_gans.count_modes(torch.stack([points, centres[[2] * 100]]), centres, 0.1)
    assert several[0].tolist() == [1, 1]


def test_a_mixture_lies_around_its_centres():
    centres = point_gans.ring_centres(8, 2.0)
    torch.testing.assert_close(centres.norm(dim=1), torch.full((8,), 2.0))
    points = point_gans.draw_mixture(centres, 0.1, (4000,), generator=draws())
    nearest = torch.cdist(points, centres).min(dim=1)
    assert torch.bincount(nearest.indices).min() > 400
    assert nearest.values.square().mean().sqrt().item() == pytest.approx(0.1 * 2**0.5, rel=0.05)
