"""The demos of lecture 07: the machine's rule against NumPy, gradient descent against PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binomtest
from torch import nn

CELLS, UNITS = 400, 40
LAYERS = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "ReLU": nn.ReLU}


@pytest.fixture(scope="module")
def retina():
    """Pictures with labels, wires from -1 to 1, and thresholds."""
    rng = np.random.default_rng(0)
    pictures = (rng.random((24, CELLS)) < 0.3).astype(int)
    wires = rng.choice([-1, 0, 1], size=(UNITS, CELLS), p=[0.04, 0.92, 0.04])
    return pictures, rng.integers(0, 2, 24), wires, rng.integers(-4, 5, UNITS) + 0.5


# ---------------------------------------------------------------- Rosenblatt's machine

MACHINE = """
import { everOn, perceptron, rightShare, showNext, training, wired } from "./demos/rosenblatt_machine.js";
const all = wired({ data: Uint8Array.from(given.wires.flat()), dims: [given.wires.length, 400] }, given.thresholds);
const { pictures, labels } = given;
console.log(JSON.stringify(given.counts.map((count) => {
  const machine = perceptron(all.slice(0, count), 400);
  const run = training(machine, pictures, labels, Math.random);
  const shown = [];
  for (let i = 0; i < given.epochs * pictures.length; i++) shown.push(showNext(run));
  return {
    units: run.seen.map((seen) => [...machine.unitsOf(seen)]),
    shown, weights: [...machine.weights], bias: machine.bias, history: run.history, total: run.total,
    ever: everOn(run), right: rightShare(machine, { pictures, labels }),
  };
})));
"""


def by_the_rule(units, labels, order):
    """Weights and sums after the pictures in `order`, by a plain loop over the rule."""
    weights, bias, sums = np.zeros(units.shape[1]), 0, []
    for picture in order:
        sums.append(weights @ units[picture] + bias)
        said = int(sums[-1] > 0)
        if said != labels[picture]:
            weights = weights + (units[picture] if labels[picture] else -units[picture])
            bias += 1 if labels[picture] else -1
    return weights, bias, np.array(sums)


def test_the_machine_corrects_itself_as_a_plain_loop_does(run_node, retina):
    pictures, labels, wires, thresholds = retina
    counts, epochs = [0, 5, UNITS], 6
    found = run_node(
        MACHINE,
        wires=(wires + 1).tolist(),
        thresholds=thresholds.tolist(),
        pictures=pictures.tolist(),
        labels=labels.tolist(),
        counts=counts,
        epochs=epochs,
    )
    for count, one in zip(counts, found, strict=True):
        units = (pictures @ wires[:count].T > thresholds[:count]).astype(int) if count else pictures
        assert one["units"] == units.tolist()
        order = [shown["picture"] for shown in one["shown"]]
        assert all(sorted(epoch) == list(range(24)) for epoch in np.reshape(order, (epochs, 24)).tolist())
        weights, bias, sums = by_the_rule(units, labels, order)
        assert [shown["sum"] for shown in one["shown"]] == sums.tolist()
        wrong = (sums > 0) != labels[order]
        assert [shown["wrong"] for shown in one["shown"]] == wrong.tolist()
        assert (one["weights"], one["bias"]) == (weights.tolist(), bias)
        assert one["history"] == wrong.reshape(epochs, 24).sum(axis=1).tolist()
        assert one["total"] == wrong.sum() > 10
        assert one["ever"] == units.any(axis=0).sum()
        assert one["right"] == pytest.approx(((units @ weights + bias > 0) == labels).mean())
    assert found[-1]["ever"] < UNITS, "the case of a unit that is never on"


WIRES = """
import { otherWires, wired } from "./demos/rosenblatt_machine.js";
import { randomSource } from "./lib/random.js";
const all = wired({ data: Uint8Array.from(given.wires.flat()), dims: [given.wires.length, 400] }, given.thresholds);
console.log(JSON.stringify([1, 1, 2].map((seed) => otherWires(all, 400, randomSource(seed)))));
"""


def test_other_wires_are_as_frequent_as_the_given_ones_and_a_seed_repeats_them(run_node, retina):
    _, _, wires, thresholds = retina
    first, again, other = run_node(WIRES, wires=(wires + 1).tolist(), thresholds=thresholds.tolist())
    assert first == again != other
    for end, sign in {"plus": 1, "minus": -1}.items():
        n_wires = sum(len(unit[end]) for unit in first)
        expected = (wires == sign).sum()
        assert n_wires == pytest.approx(expected, abs=4 * np.sqrt(expected))
        assert max(max(unit[end], default=0) for unit in first) > 380
    assert not any(set(unit["plus"]) & set(unit["minus"]) for unit in first)
    assert {unit["threshold"] for unit in first} <= set(thresholds)
    assert len({unit["threshold"] for unit in first}) > 3


LEARNING = """
import { showNext, training, twoLayers } from "./demos/rosenblatt_machine.js";
import { randomSource } from "./lib/random.js";
console.log(JSON.stringify(given.counts.map((count) => {
  const machine = twoLayers(randomSource(3), count, 400, given.rate);
  const lists = () => ["weights", "biases"].map((part) => machine.network[part].map((values) => [...values]));
  const first = lists();
  const run = training(machine, given.pictures, given.labels, randomSource(4));
  const shown = given.pictures.flatMap(() => [0, 1, 2].map(() => showNext(run)));
  return { first, last: lists(), shown, units: [...machine.unitsOf(run.seen[0])] };
})));
"""


def network_with(sizes, weights, biases, activation):
    """A network of PyTorch in 64 bits, its numbers from the page."""
    layers = []
    for inputs, outputs, weight, bias in zip(sizes[:-1], sizes[1:], weights, biases, strict=True):
        layer = nn.Linear(inputs, outputs).double()
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight, dtype=torch.float64).reshape(outputs, inputs))
            layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))
        layers += [layer, LAYERS[activation]()]
    return nn.Sequential(*layers[:-1])


def flat(network):
    return np.concatenate([parameter.detach().numpy().ravel() for parameter in network.parameters()])


def assert_same_numbers(found, network):
    """Weights and biases from the page, layer by layer, against a network of PyTorch."""
    ours = np.concatenate([np.array(values) for pair in zip(*found, strict=True) for values in pair])
    np.testing.assert_allclose(ours, flat(network), rtol=0, atol=1e-9)


def test_a_first_layer_that_learns_does_so_by_the_gradients_of_autograd(run_node, retina):
    pictures, labels, *_ = retina
    given = {"pictures": pictures.tolist(), "labels": labels.tolist(), "counts": [0, 1, 6], "rate": 0.002}
    for count, one in zip(given["counts"], run_node(LEARNING, **given), strict=True):
        sizes = [CELLS, count, 1] if count else [CELLS, 1]
        network = network_with(sizes, *one["first"], "tanh")
        bound = 1 / np.sqrt(CELLS)
        assert 0.9 * bound < abs(np.array(one["first"][0][0])).max() <= bound, "as in nn.Linear"
        before = flat(network)
        optimizer = torch.optim.SGD(network.parameters(), lr=given["rate"])
        for shown in one["shown"]:
            picture = torch.tensor(3.0 * pictures[shown["picture"]] - 1, dtype=torch.float64)
            target = torch.tensor([labels[shown["picture"]]], dtype=torch.float64)
            score = network(picture)
            assert shown["sum"] == pytest.approx(score.item(), abs=1e-9)
            assert shown["wrong"] == ((score.item() > 0) != bool(target.item()))
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(score, target).backward()
            optimizer.step()
        assert abs(flat(network) - before).max() > 0.01
        assert_same_numbers(one["last"], network)
        hidden = network[:-1](torch.tensor(3.0 * pictures[0] - 1, dtype=torch.float64))
        np.testing.assert_allclose(one["units"], hidden.detach().numpy(), rtol=0, atol=1e-9)


# ---------------------------------------------------------------- XOR

PLAYGROUND = """
import { factsOf, learn, newRun } from "./demos/xor_playground.js";
const { points, labels, steps, rate } = given;
console.log(JSON.stringify(given.starts.map((start) => {
  const run = newRun(start);
  const lists = () => ["weights", "biases"].map((part) => run.network[part].map((values) => [...values]));
  const first = lists();
  learn(run, { points, labels }, steps, rate);
  return { first, last: lists(), losses: run.losses, step: run.step, facts: factsOf(run, { points, labels }) };
})));
"""
POINTS, CLASSES = np.array([[0, 0], [0, 1], [1, 0], [1.25, 0.95]]), np.array([0, 1, 1, 0])
STEPS, RATE = 60, 0.5
STARTS = [
    {"width": width, "activation": activation, "seed": seed}
    for activation in LAYERS
    for width, seed in [(1, 1), (2, 2), (3, 4), (3, 5), (16, 3)]
]


def test_the_playground_trains_as_pytorch_does_and_tells_how_a_network_stands(run_node):
    given = {"points": POINTS.ravel().tolist(), "labels": CLASSES.tolist(), "steps": STEPS, "rate": RATE}
    found = run_node(PLAYGROUND, **given, starts=STARTS)
    inputs, targets = torch.tensor(POINTS), torch.tensor(CLASSES, dtype=torch.float64)[:, None]
    stood = []
    for start, one in zip(STARTS, found, strict=True):
        network = network_with([2, start["width"], 1], *one["first"], start["activation"])
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=RATE), []
        for _ in range(STEPS + 1):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(network(inputs), targets)
            loss.backward()
            losses.append(loss.item())
            if len(losses) <= STEPS:
                optimizer.step()
        np.testing.assert_allclose([*one["losses"], one["facts"]["loss"]], losses, rtol=0, atol=1e-9)
        assert one["step"] == STEPS
        assert_same_numbers(one["last"], network)
        slopes = torch.cat([parameter.grad.ravel() for parameter in network.parameters()])
        scores, values = network(inputs).detach(), network[:2](inputs).detach()
        dead = (values == 0).all(dim=0)
        facts = one["facts"]
        assert facts["slope"] == pytest.approx(slopes.norm().item(), abs=1e-9)
        assert facts["right"] == ((scores > 0) == targets.bool()).sum().item()
        assert (facts["deadUnits"], facts["dead"]) == (dead.tolist(), dead.sum().item())
        stood.append((start["activation"], facts["dead"], facts["right"]))
    assert {activation for activation, dead, _ in stood if dead} == {"ReLU"}, "the case of a dead unit"
    assert len({right for *_, right in stood}) > 1


FIRST = """
import { newRun } from "./demos/xor_playground.js";
const of = (seed, width) => newRun({ seed, width, activation: "tanh" }).network;
const all = (width) => Array.from({ length: 500 }, (_, seed) => of(seed, width)).flatMap(({ weights, biases }) =>
  [[...weights[0], ...biases[0]], [...weights[1], ...biases[1]]]);
const layer = (width, l) => all(width).filter((_, i) => i % 2 === l).flat();
console.log(JSON.stringify(given.widths.map((width) => [0, 1].map((l) => layer(width, l)))));
"""


def test_networks_begin_as_those_of_pytorch(run_node):
    for width, layers in zip([2, 9], run_node(FIRST, widths=[2, 9]), strict=True):
        for inputs, values in zip([2, width], layers, strict=True):
            bound = 1 / np.sqrt(inputs)
            assert 0.99 * bound < abs(np.array(values)).max() <= bound
            assert np.std(values) == pytest.approx(bound / np.sqrt(3), rel=0.05)
            assert abs(np.mean(values)) < 0.05 * bound


WILSON = """
import { wilson } from "./demos/xor_playground.js";
console.log(JSON.stringify(given.pairs.map(([hits, count]) => wilson(hits, count))));
"""


def test_intervals_are_wilsons(run_node):
    pairs = [[0, 50], [1, 50], [34, 50], [136, 200], [200, 200]]
    for (hits, count), interval in zip(pairs, run_node(WILSON, pairs=pairs), strict=True):
        low, high = binomtest(hits, count).proportion_ci(0.95, "wilson")
        assert interval == pytest.approx([low, high], abs=1e-6)


LINES = """
import { unitLines } from "./demos/xor_playground.js";
console.log(JSON.stringify(given.networks.map((one) => unitLines(one))));
"""


def test_the_line_of_a_hidden_unit_is_where_its_input_is_0(run_node):
    rng = np.random.default_rng(5)
    units = [*rng.normal(size=(60, 3)), [1, 0, -0.5], [0, 1, -1], [1, 1, 9], [1, -1, 0]]
    networks = [{"weights": [[a, b]], "biases": [[c]]} for a, b, c in np.array(units).tolist()]
    corners = np.array([[x, y, 1] for x in (-0.5, 1.5) for y in (-0.5, 1.5)])
    n_crossing = 0
    for unit, lines in zip(units, run_node(LINES, networks=networks), strict=True):
        sides = corners @ unit
        crosses = sides.min() < 0 < sides.max()
        n_crossing += crosses
        assert len(lines) == crosses
        for ends in lines:
            np.testing.assert_allclose(np.column_stack([ends, [1, 1]]) @ unit, 0, atol=1e-9)
            assert np.isclose(np.abs(np.array(ends) - 0.5).max(axis=1), 1).all(), "from frame to frame"
            assert not np.allclose(*ends)
    assert 20 < n_crossing < len(units)
