"""The demos of the lectures on generation: the browser's arithmetic against Python's."""

import pytest
import torch

from utils.generative.gan_losses import LOSSES, clip_weights, critic_loss, generator_loss, gradient_penalty
from utils.generative.point_gans import count_modes, point_network, ring_centres

GAME = """
import { criticStep, generatorStep } from "./lib/gans.js";
import { adamMemory } from "./lib/mlp.js";
const numbers = (arrays) => arrays.map((array) => Float64Array.from(array));
const player = ({ sizes, weights, biases }) => {
  const network = { sizes, weights: numbers(weights), biases: numbers(biases) };
  return { network, optimiser: adamMemory(network) };
};
const game = { generator: player(given.generator), critic: player(given.critic) };
const losses = given.rounds.map(({ real, noise, shares, more }) => [
  criticStep(game, Float64Array.from(real), Float64Array.from(noise), shares, given.options),
  generatorStep(game, Float64Array.from(more), given.options),
]);
const lists = (arrays) => arrays.map((array) => [...array]);
const plain = ({ network: { weights, biases } }) => ({ weights: lists(weights), biases: lists(biases) });
console.log(JSON.stringify({ losses, generator: plain(game.generator), critic: plain(game.critic) }));
"""
MODES = """
import { coveredModes } from "./lib/gans.js";
console.log(JSON.stringify(coveredModes(Float64Array.from(given.points), given.centres, given.spread)));
"""
SAMPLES = """
import { drawPoints } from "./lib/gans.js";
import { randomSource } from "./lib/random.js";
console.log(JSON.stringify([...drawPoints(randomSource(3), given.centres, given.spread, 4000)]));
"""


def written(network, sizes):
    layers = network[::2]
    return {
        "sizes": sizes,
        "weights": [layer.weight.flatten().tolist() for layer in layers],
        "biases": [layer.bias.tolist() for layer in layers],
    }


@pytest.mark.parametrize("kind", LOSSES)
def test_three_rounds_in_the_page_are_three_rounds_in_pytorch(run_node, kind):
    torch.manual_seed(0)
    hidden, latent, batch, rate, clip, penalty = 7, 3, 12, 2e-3, 0.3, 1.5
    generator, critic = point_network(latent, hidden, 2).double(), point_network(2, hidden, 1).double()
    given = {
        "generator": written(generator, [latent, hidden, hidden, 2]),
        "critic": written(critic, [2, hidden, hidden, 1]),
        "options": {"loss": kind, "rate": rate, "clip": clip, "penalty": penalty},
        "rounds": [],
    }
    make = torch.optim.Adam(generator.parameters(), lr=rate, betas=(0.5, 0.9))
    judge = torch.optim.Adam(critic.parameters(), lr=rate, betas=(0.5, 0.9))
    losses = []
    for seed in range(3):
        real, noise, more = (torch.randn(batch, n, dtype=torch.float64) for n in (2, latent, latent))
        shares = torch.rand(batch, generator=torch.Generator().manual_seed(seed))
        given["rounds"].append(
            {name: tensor.flatten().tolist() for name, tensor in
             {"real": real, "noise": noise, "shares": shares, "more": more}.items()}
        )  # fmt: skip
        fake = generator(noise).detach()
        loss = critic_loss(kind, critic(real)[:, 0], critic(fake)[:, 0])
        if kind == "WGAN-GP":
            source = torch.Generator().manual_seed(seed)
            loss = loss + penalty * gradient_penalty(lambda x: critic(x)[..., 0], real, fake, generator=source)
        judge.zero_grad()
        loss.backward()
        judge.step()
        if kind == "WGAN, clipped":
            clip_weights(critic, clip)
        made = generator_loss(kind, critic(generator(more))[:, 0])
        make.zero_grad()
        made.backward()
        make.step()
        losses.append([loss.item(), made.item()])
    found = run_node(GAME, **given)
    torch.testing.assert_close(torch.tensor(found["losses"]), torch.tensor(losses), rtol=0, atol=1e-9)
    for name, network in {"generator": generator, "critic": critic}.items():
        for part in ("weights", "biases"):
            for ours, layer in zip(found[name][part], network[::2], strict=True):
                theirs = getattr(layer, part[:-1] if part == "weights" else "bias").detach().flatten()
                torch.testing.assert_close(torch.tensor(ours, dtype=torch.float64), theirs, rtol=0, atol=1e-9)


def test_the_page_counts_modes_as_python_does(run_node):
    generator = torch.Generator().manual_seed(0)
    centres = ring_centres()
    for n_modes in (8, 3):
        chosen = torch.randint(n_modes, (300,), generator=generator)
        points = centres[chosen] + 0.12 * torch.randn(300, 2, generator=generator)
        found = run_node(MODES, points=points.flatten().tolist(), centres=centres.tolist(), spread=0.05)
        covered, quality = count_modes(points, centres, 0.05)
        assert found["covered"] == covered.item() == n_modes
        assert found["quality"] == pytest.approx(quality.item())
        assert 0.3 < quality < 0.95


def test_the_page_draws_from_the_same_mixture(run_node):
    centres = [[0.0, 3.0], [1.0, -2.0]]
    points = torch.tensor(run_node(SAMPLES, centres=centres, spread=0.5)).reshape(-1, 2)
    upper = points[:, 1] > 0.5
    assert upper.double().mean().item() == pytest.approx(0.5, abs=0.03)
    for chosen, centre in zip((upper, ~upper), centres, strict=True):
        torch.testing.assert_close(points[chosen].mean(dim=0), torch.tensor(centre), rtol=0, atol=0.05)
        torch.testing.assert_close(points[chosen].std(dim=0), torch.full((2,), 0.5), rtol=0, atol=0.03)
