"""Generative adversarial networks: losses, constraints, measures, training, and the weights that ship."""

import json
import math
from hashlib import sha256

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from tools.train_gans import EVERY, train_rung
from utils import gan_images, generative
from utils.data import load_images
from utils.gan_images import RUNGS, GarmentCritic, GarmentGan, GarmentGenerator, codes_from_noise, load_gans
from utils.generation_quality import frechet_distance, nearest_rows, precision_recall, purity
from utils.generative import LOSSES, ManyPointNetworks, critic_loss, generator_loss, gradient_penalty, point_network
from utils.storage import DataError


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


# ---------------------------------------------------------------- losses


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


def test_the_penalty_of_a_critic_for_images_and_of_several_at_once():
    images = torch.rand(4, 1, 28, 28, generator=draws(1))
    steep = gradient_penalty(lambda x: 5 * x[:, 0, 0, 0], images, images.flip(0), n_dims=3)
    assert steep.item() == pytest.approx(16)
    both = gradient_penalty(
        lambda x: torch.stack([x[0, :, 0], 3 * x[1, :, 0]]), torch.zeros(2, 4, 2), torch.ones(2, 4, 2)
    )
    torch.testing.assert_close(both, torch.tensor([0.0, 4.0]))


def test_the_penalty_names_unequal_batches():
    with pytest.raises(ValueError, match="draw as many of each"):
        gradient_penalty(point_network(2, 4, 1), torch.zeros(3, 2), torch.zeros(2, 2))


def test_clipping_bounds_every_parameter_and_leaves_small_ones():
    critic = point_network(2, 8, 1)
    small = {name: value.detach().clone() for name, value in critic.named_parameters()}
    generative.clip_weights(critic, 0.1)
    for name, value in critic.named_parameters():
        assert value.abs().max() <= 0.1
        torch.testing.assert_close(value.detach(), small[name].clamp(-0.1, 0.1))


# ---------------------------------------------------------------- points


def test_networks_side_by_side_equal_each_one_alone():
    many = ManyPointNetworks(3, 2, 8, 5, generator=draws())
    points = torch.randn(3, 6, 2, generator=draws(1))
    for index in range(3):
        torch.testing.assert_close(many(points)[index], many.one(index)(points[index]))
    torch.testing.assert_close(many(points[0])[1], many.one(1)(points[0]))


@pytest.mark.parametrize("kind", LOSSES)
def test_pairs_side_by_side_do_not_touch_each_other(kind):
    """Two pairs trained together take the same first step as each would alone."""
    centres = generative.ring_centres()

    def draw(shape):
        return centres[: shape[1]].expand(*shape, 2)

    settings = {"n_steps": 1, "batch": 8, "n_hidden": 6, "clip": 0.05}
    makers, critics, kept = generative.train_point_gans(
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
            generative.clip_weights(critic, 0.05)
        to_make.zero_grad()
        generator_loss(kind, critic(maker(z2[index]))[:, 0]).backward()
        to_make.step()
        places = torch.randn(10, 2, generator=draws(5))
        torch.testing.assert_close(makers.one(index)(places), maker(places), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(critics.one(index)(places), critic(places), atol=1e-5, rtol=1e-4)
    assert kept[0].shape == (2, 512, 2)
    assert not torch.equal(kept[0], kept[1])


def test_modes_are_counted_as_by_hand():
    centres = generative.grid_centres(2, spacing=4.0)
    assert sorted(map(tuple, centres.tolist())) == [(-2, -2), (-2, 2), (2, -2), (2, 2)]
    points = torch.cat([centres[0].repeat(90, 1), centres[1].repeat(4, 1), torch.zeros(6, 2)])
    covered, quality = generative.count_modes(points, centres, 0.1)
    assert (covered.item(), round(quality.item(), 4)) == (1, 0.94)  # 4 of 100 is less than a fifth of 25
    assert generative.count_modes(points, centres, 0.1, at_least=0)[0] == 2
    order = torch.randperm(100, generator=draws())
    assert generative.count_modes(points[order], centres, 0.1)[0] == covered
    several = generative.count_modes(torch.stack([points, centres[[2] * 100]]), centres, 0.1)
    assert several[0].tolist() == [1, 1]


def test_a_mixture_lies_around_its_centres():
    centres = generative.ring_centres(8, 2.0)
    torch.testing.assert_close(centres.norm(dim=1), torch.full((8,), 2.0))
    points = generative.draw_mixture(centres, 0.1, (4000,), generator=draws())
    nearest = torch.cdist(points, centres).min(dim=1)
    assert torch.bincount(nearest.indices).min() > 400
    assert nearest.values.square().mean().sqrt().item() == pytest.approx(0.1 * 2**0.5, rel=0.05)


# ---------------------------------------------------------------- measures


def test_the_frechet_distance_equals_the_formula_with_a_matrix_root():
    first = torch.randn(300, 6, generator=draws(1)) @ torch.randn(6, 6, generator=draws(2))
    second = torch.randn(200, 6, generator=draws(3)) @ torch.randn(6, 6, generator=draws(4)) + 1
    one, other = (np.cov(cloud.double().numpy(), rowvar=False) for cloud in (first, second))
    apart = (first.double().mean(0) - second.double().mean(0)).numpy()
    expected = apart @ apart + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=draws(5)))[0]
    assert frechet_distance(first @ turn, second @ turn) == pytest.approx(expected, rel=1e-4)


def test_the_frechet_distance_bears_features_that_never_vary():
    flat = torch.cat([torch.randn(50, 2, generator=draws()), torch.zeros(50, 3)], dim=1)
    assert math.isfinite(frechet_distance(flat, flat + 1))
    with pytest.raises(ValueError, match="two clouds"):
        frechet_distance(torch.zeros(5, 2), torch.zeros(5, 3))


@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_equal_loops(k):
    real, fake = torch.randn(30, 3, generator=draws(1)), 0.7 * torch.randn(25, 3, generator=draws(2)) + 0.5

    def share(points, cloud):
        hits = 0
        for point in points:
            for index, member in enumerate(cloud):
                reach = sorted((member - other).norm().item() for j, other in enumerate(cloud) if j != index)[k - 1]
                if (point - member).norm().item() <= reach:
                    hits += 1
                    break
        return hits / len(points)

    precision, recall = precision_recall(real, fake, k=k)
    assert precision == pytest.approx(share(fake, real))
    assert recall == pytest.approx(share(real, fake))
    with pytest.raises(ValueError, match="pass more than 30"):
        precision_recall(real, fake, k=30)


def test_nearest_rows_and_purity():
    rows = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    index, gap = nearest_rows(torch.tensor([[3.0, 3.0], [0.0, 1.0]]), rows)
    assert index.tolist() == [1, 0]
    torch.testing.assert_close(gap, torch.ones(2))
    groups, labels = torch.tensor([0, 0, 0, 1]), torch.tensor([2, 2, 1, 1])
    value, bits = purity(groups, labels)
    expected = 0.5 * math.log2(0.5 / (0.75 * 0.5)) + 0.25 * math.log2(0.25 / (0.75 * 0.5)) + 0.25 * math.log2(2)
    assert (value, bits) == (0.75, pytest.approx(expected))
    assert purity(groups + 3, 5 * labels)[1] == pytest.approx(expected)  # names do not matter


# ---------------------------------------------------------------- garments


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
    gan = GarmentGan(gan_images.Rung("LSGAN", 4))
    rates = []
    for _ in range(4):
        gan.step(data)
        rates.append(gan.to_generate.param_groups[0]["lr"])
    np.testing.assert_allclose(rates, [5e-4, 5e-4, 5e-4, 2.5e-4])


def test_networks_start_as_dcgan_says():
    network = gan_images.GarmentGan(RUNGS["LSGAN"]).generator.layers
    assert network[0].weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert network[2].weight.mean().item() == pytest.approx(1, abs=0.02)
    images = GarmentGenerator()(torch.randn(4, 32))
    assert images.shape == (4, 1, 28, 28)
    assert images.min() >= 0
    assert images.max() <= 1
    assert GarmentCritic(10)(images).shape == (4, 10)


# ---------------------------------------------------------------- what ships


def test_the_shipped_weights_are_those_of_the_recipes_in_the_code():
    table = json.loads(gan_images.TABLE.read_text())
    content = (gan_images.ASSETS / table["file"]).read_bytes()
    assert (len(content), sha256(content).hexdigest()) == (table["bytes"], table["sha256"])
    assert len(content) < 2.5e6
    gans = load_gans()
    assert set(gans) == set(RUNGS)
    for name, gan in gans.items():
        assert gan.recipe == table["recipes"][name]
        assert gan_images.recipe_of(name).items() <= gan.recipe.items(), f"{name}: run `make train-gans`"
        assert gan.recipe["seconds"] > 10
        assert gan.losses.shape == (RUNGS[name].steps // EVERY, 2)
        assert torch.isfinite(gan.losses).all()


def test_the_shipped_losses_begin_as_the_tool_trains_now():
    """The first steps, made again here, are those whose losses are stored; later ones drift with rounding."""
    _, _, losses = train_rung("LSGAN", load_images("fashion_mnist"), n_steps=EVERY)
    torch.testing.assert_close(losses, load_gans()["LSGAN"].losses[:1], rtol=0.05, atol=0.02)


def test_weights_survive_packing_and_are_no_pickle(data):
    trained = {name: train_rung(name, data, n_steps=2) for name in ("Vanilla", "Conditional")}
    content = gan_images.pack_gans(trained)
    for name, gan in gan_images.unpack_gans(content).items():
        z = torch.randn(3, 42 if name == "Conditional" else 32, generator=draws())
        torch.testing.assert_close(gan.generator(z), trained[name][0].eval()(z), atol=5e-3, rtol=0)
        assert not gan.generator.training
    assert b"pickle" not in content


@pytest.mark.parametrize("damage", ["missing", "half", "no table"])
def test_damage_is_told_with_the_remedy(damage, tmp_path, monkeypatch):
    monkeypatch.setattr(gan_images, "ASSETS", tmp_path)
    monkeypatch.setattr(gan_images, "TABLE", tmp_path / "gans.json")
    if damage != "no table":
        (tmp_path / "gans.json").write_text(json.dumps({"file": "gans.npz", "sha256": "0" * 64}))
    if damage == "half":
        (tmp_path / "gans.npz").write_bytes(b"half")
    with pytest.raises(DataError, match="make train-gans"):
        load_gans()
