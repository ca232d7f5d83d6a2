"""The demos of lecture 09: random layers and optimisers in the page against PyTorch, NumPy and theory."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

# ---------------------------------------------------------------- random layers

LAYERS = """
import { circleOfInputs, layerSource, throughLayers } from "./lib/random_layers.js";
const { width, count, depth, runs } = given;
const points = circleOfInputs(1, width, count);
const layers = layerSource(2, width)(depth);
console.log(JSON.stringify({
  points: [...points],
  layers: layers.map(({ weights, biases }) => [[...weights], [...biases]]),
  outputs: runs.map((settings) => throughLayers(points, layers, settings).map((values) => [...values])),
}));
"""
ACTS = {"tanh": torch.tanh, "ReLU": torch.relu, "linear": lambda values: values}
RUNS = [
    {"gain": gain, "bias": bias, "activation": activation, "batchNorm": norm, "shortcut": shortcut}
    for (gain, bias), activation, norm, shortcut in itertools.product(
        [(1.3, 0.4), (0.6, 0)], ACTS, [False, True], [False, True]
    )
]


@pytest.mark.parametrize("width, count", [(12, 8), (10, 7), (5, 9)])
def test_inputs_go_through_the_layers_as_in_pytorch(run_node, width, count):
    depth = 5
    found = run_node(LAYERS, width=width, count=count, depth=depth, runs=RUNS)
    points = torch.tensor(found["points"], dtype=torch.float64).reshape(count, width)
    layers = [
        (torch.tensor(w, dtype=torch.float64).reshape(width, width), torch.tensor(b, dtype=torch.float64))
        for w, b in found["layers"]
    ]
    for settings, outputs in zip(RUNS, found["outputs"], strict=True):
        hidden = points
        for (weight, bias), output in zip([(None, None), *layers], outputs, strict=True):
            if weight is not None:
                sums = F.linear(hidden, settings["gain"] / width**0.5 * weight, settings["bias"] * bias)
                if settings["batchNorm"]:
                    sums = F.batch_norm(sums, None, None, training=True)
                hidden = ACTS[settings["activation"]](sums) + settings["shortcut"] * hidden
            np.testing.assert_allclose(np.reshape(output, (count, width)), hidden, rtol=1e-9, atol=1e-12)


def test_the_inputs_lie_evenly_on_a_circle_and_have_size_one(run_node):
    width, count = 50, 40
    found = run_node(LAYERS, width=width, count=count, depth=1, runs=[])
    points = np.reshape(found["points"], (count, width))
    angles = 2 * np.pi * np.arange(count) / count
    np.testing.assert_allclose(points @ points.T / width, np.cos(angles[:, None] - angles), atol=1e-12)


SOURCES = """
import { circleOfInputs, layerSource } from "./lib/random_layers.js";
const flat = (layers) => layers.map(({ weights, biases }) => [...weights, ...biases]);
const source = layerSource(1, 30);
console.log(JSON.stringify({
  short: flat(source(2)),
  long: flat(source(6)),
  again: flat(source(2)),
  fresh: flat(layerSource(1, 30)(6)),
  other: flat(layerSource(2, 30)(6)),
}));
"""


def test_more_layers_leave_the_first_as_they_are_and_all_numbers_are_standard_normal(run_node):
    found = run_node(SOURCES)
    assert found["short"] == found["again"] == found["long"][:2]
    assert found["long"] == found["fresh"]
    values = np.array(found["long"])
    assert values.shape == (6, 30 * 31)
    assert abs(np.corrcoef(values.ravel(), np.ravel(found["other"]))[0, 1]) < 0.05
    for power, expected in [(1, 0), (2, 1), (4, 3)]:
        assert (values**power).mean() == pytest.approx(expected, abs=4 * np.sqrt(96 / values.size))


MEASURES = """
import { curveOf, difference, principalPlane, rootMeanSquare } from "./lib/random_layers.js";
const { width, points, before } = given;
const values = Float64Array.from(points);
const earlier = { xs: Float64Array.from(before[0]), ys: Float64Array.from(before[1]) };
const { xs, ys, share } = principalPlane(values, width, earlier);
const pair = [values.subarray(0, width), values.subarray(width, 2 * width)];
console.log(JSON.stringify({
  ...curveOf(values, width), size: rootMeanSquare(values), away: difference(...pair), xs: [...xs], ys: [...ys], share,
}));
"""


@pytest.mark.parametrize("seed", range(4))
def test_what_is_measured_of_a_layer_is_what_numpy_finds(run_node, seed):
    rng = np.random.default_rng(seed)
    count, width = 60, 12
    angles = 2 * np.pi * np.arange(count) / count
    circle = np.stack([np.cos(angles), np.sin(angles)])
    ellipse = np.diag([6, 2]) @ np.array([[0.8, 0.6], [-0.6, 0.8]]) @ circle  # its axes are not those of the circle
    plane, _ = np.linalg.qr(rng.normal(size=(width, 2)))
    points = (plane @ ellipse).T + 0.3 * rng.normal(size=(count, width)) + 5
    before = circle if seed % 2 else rng.normal(size=(2, count))
    found = run_node(MEASURES, width=width, points=points.ravel().tolist(), before=before.tolist())
    centred = points - points.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    assert found["share"] == pytest.approx((values[:2] ** 2).sum() / (values**2).sum(), rel=1e-3)
    plane = np.stack([found["xs"], found["ys"]])
    expected = (left[:, :2] * values[:2]).T
    error = np.linalg.norm(plane.T @ plane - expected.T @ expected)
    assert error < 0.02 * np.linalg.norm(expected) ** 2, "the plane that NumPy finds, however it is turned"
    turn, _, other = np.linalg.svd(before @ expected.T)
    nearest = turn @ other @ expected  # orthogonal Procrustes
    assert np.trace(before @ plane.T) == pytest.approx(np.trace(before @ nearest.T), rel=0.005)
    assert found["size"] == pytest.approx(np.sqrt((points**2).mean()))
    spread = np.sqrt((centred**2).mean())
    assert found["spread"] == pytest.approx(spread)
    length = np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1).sum()
    polygon = 2 * count * np.sin(np.pi / count) * spread * np.sqrt(width)
    assert found["detour"] == pytest.approx(length / polygon)
    a, b = points[:2]
    assert found["away"] == pytest.approx(1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-12)


def test_a_circle_has_no_detour_and_a_tiny_difference_is_not_lost(run_node):
    angles = 2 * np.pi * np.arange(50) / 50
    points = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    points[:2] = [[1, 0, 0], [1, 1e-10, 0]]
    found = run_node(MEASURES, width=3, points=points.ravel().tolist(), before=points.T[:2].tolist())
    assert found["away"] == pytest.approx(0.5e-20, rel=1e-6, abs=0)
    assert found["detour"] == pytest.approx(1, abs=0.02)


# ---------------------------------------------------------------- theory

THEORY = """
import { circleOfInputs, difference, layerSource, meanField, moments, rootMeanSquare, throughLayers }
  from "./lib/random_layers.js";
const { pairs, runs, width, depth, seeds } = given;
const [points, count, step] = [circleOfInputs(1, width, 10), 10, 1];
const at = (values, i) => values.subarray(i * width, (i + 1) * width);
console.log(JSON.stringify({
  moments: pairs.map(([activation, q, c]) => moments[activation](q, c)),
  theory: runs.map((settings) => meanField(Math.cos((2 * Math.PI * step) / count), depth, settings)),
  measured: seeds.map((seed) => {
    const layers = layerSource(seed, width)(depth);
    return runs.map((settings) => throughLayers(points, layers, settings).map((values) => {
      let cosine = 0;
      for (let i = 0; i < count; i++)
        cosine += (1 - difference(at(values, i), at(values, (i + step) % count))) / count;
      return [rootMeanSquare(values) ** 2, cosine];
    }));
  }),
}));
"""
GAINS = {"tanh": [(0.9, 0.3), (1.0, 0.0), (2.5, 0.3)], "ReLU": [(2**0.5, 0.0), (1.0, 0.2)], "linear": [(1.0, 0.1)]}
SETTINGS = [
    {"gain": gain, "bias": bias, "activation": activation, "batchNorm": False, "shortcut": False}
    for activation, pairs in GAINS.items()
    for gain, bias in pairs
]


@pytest.fixture
def theory(run_node):
    pairs = [
        (activation, q, c)
        for activation in ACTS
        for q, c in itertools.product([0.01, 1.0, 9.5], [-0.9, 0.0, 0.5, 0.99, 1.0])
    ]
    found = run_node(THEORY, pairs=pairs, runs=SETTINGS, width=200, depth=8, seeds=list(range(1, 13)))
    return pairs, found


def test_the_integrals_are_those_of_a_fine_grid(theory):
    z = np.linspace(-8, 8, 1601)
    first, second = np.meshgrid(z, z, indexing="ij")
    density = np.exp(-(first**2 + second**2) / 2)
    density /= density.sum()
    for (activation, q, c), found in zip(theory[0], theory[1]["moments"], strict=True):
        act = {"tanh": np.tanh, "ReLU": lambda x: np.maximum(x, 0), "linear": lambda x: x}[activation]
        u, v = act(np.sqrt(q) * first), act(np.sqrt(q) * (c * first + np.sqrt(1 - c * c) * second))
        expected = [(density * u * u).sum(), (density * u * v).sum()]
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5), (activation, q, c)


def test_wide_layers_do_what_theory_expects(theory):
    means = np.mean(theory[1]["measured"], axis=0)  # (settings, layers, 2)
    for settings, expected, measured in zip(SETTINGS, theory[1]["theory"], means, strict=True):
        assert expected[0] == {"size": 1, "cosine": pytest.approx(np.cos(0.2 * np.pi))}
        for layer, (square, cosine) in zip(expected, measured, strict=True):
            assert square == pytest.approx(layer["size"] ** 2, rel=0.2), settings
            assert cosine == pytest.approx(layer["cosine"], abs=0.05), settings


def test_order_and_chaos_part_where_theory_says(theory):
    ordered, edge, chaotic, he, *_ = theory[1]["theory"]
    away = [[1 - layer["cosine"] for layer in run] for run in (ordered, edge, chaotic)]
    assert away[0][8] < 0.1 * away[0][0], "inputs come together"
    assert away[1][8] > 0.6 * away[1][0], "they do so slowly"
    assert away[2][8] > 3 * away[2][0], "they part"
    assert [layer["size"] for layer in he] == pytest.approx([1] * 9), "He's gain keeps the size"


JUDGE = """
import { judge, shownLayers } from "./demos/two_inputs.js";
const measured = given.aways.map((away) => ({ size: 1, away, cosine: 1 - away }));
console.log(JSON.stringify({
  layers: given.depths.map(shownLayers),
  verdicts: given.curves.map((curve) => judge(measured, { curve })),
}));
"""


def test_a_verdict_names_what_became_of_the_circle(run_node):
    curves = [(0.04, 9), (0.06, 4), (0.06, 6), (30, 1), (30, 6), (0, None)]
    curves = [{"spread": spread, "detour": detour} for spread, detour in curves]
    found = run_node(JUDGE, curves=curves, aways=[0.2, 0.3, 0.41, 0.1, 0.02, 0.01], depths=[1, 2, 8, 30, 50])
    kinds = [verdict["kind"] for verdict in found["verdicts"]]
    assert kinds == ["point", "stays", "crumpled", "grown", "crumpled", "point"]
    assert {(verdict["fallen"], verdict["risen"]) for verdict in found["verdicts"]} == {(4, 2)}
    assert found["layers"] == [[0, 1], [0, 1, 2], [0, 1, 2, 4, 8], [0, 1, 2, 4, 8, 16, 30], [0, 1, 2, 4, 8, 16, 32, 50]]


# ---------------------------------------------------------------- optimisers

TRIALS = """
import { chanceOf, racers, surfaces, trial } from "./lib/optimisers.js";
console.log(JSON.stringify(given.runs.map(({ surface, racer, rate, start, seed }) => {
  const trail = [];
  const { noise } = chanceOf(seed);
  const loss = trial(surfaces[surface], racer, rate, { start, noise, trail });
  return { loss: String(loss), trail, noise: surfaces[surface].noise ? [...noise] : null };
})));
"""
OPTIMISERS = {
    "SGD": torch.optim.SGD,
    "Momentum": lambda values, lr: torch.optim.SGD(values, lr=lr, momentum=0.9),
    "Nesterov": lambda values, lr: torch.optim.SGD(values, lr=lr, momentum=0.9, nesterov=True),
    "AdaGrad": torch.optim.Adagrad,
    "RMSProp": torch.optim.RMSprop,
    "Adam": torch.optim.Adam,
}
TURN = np.deg2rad(20)
LOSSES = {
    "ravine": lambda u, v: 0.5 * (0.1 * u**2 + 10 * v**2),
    "saddle": lambda u, v: 5 * u**2 + 0.0125 * (v**2 - 1) ** 2,
    "plateau": lambda u, v: 1 - torch.exp(-0.5 * ((u / 1.5) ** 2 + (v / 0.3) ** 2)),
}
LOSSES["noisy ravine"] = LOSSES["ravine"]
RATES = {"SGD": 0.03, "Momentum": 0.02, "Nesterov": 0.02, "AdaGrad": 0.5, "RMSProp": 0.02, "Adam": 0.05}


def loss_at(surface, place):
    x, y = place
    return LOSSES[surface](np.cos(TURN) * x + np.sin(TURN) * y, np.cos(TURN) * y - np.sin(TURN) * x)


def test_a_trial_goes_step_by_step_as_in_torch_optim(run_node):
    runs = [
        {"surface": surface, "racer": racer, "rate": rate, "start": start, "seed": 5}
        for surface in LOSSES
        for racer, rate in RATES.items()
        for start in ([-1.8, 0.9], [0.7, -1.1])
    ]
    for settings, found in zip(runs, run_node(TRIALS, runs=runs), strict=True):
        place = torch.tensor(settings["start"], dtype=torch.float64, requires_grad=True)
        optimizer = OPTIMISERS[settings["racer"]]([place], lr=settings["rate"])
        trail = [place.tolist()]
        noise = np.reshape(found["noise"] or np.zeros(200), (100, 2))
        for step in range(100):
            optimizer.zero_grad()
            loss_at(settings["surface"], place).backward()
            place.grad += torch.tensor(noise[step])
            optimizer.step()
            trail.append(place.tolist())
        np.testing.assert_allclose(found["trail"], trail, rtol=0, atol=1e-6, err_msg=str(settings))
        loss = loss_at(settings["surface"], place).item()
        assert float(found["loss"]) == pytest.approx(loss, rel=1e-6, abs=1e-12), settings
        if settings["surface"] != "plateau":
            assert trail[-1] != pytest.approx(trail[0], abs=0.1), "it has moved"


def test_a_racer_that_diverges_has_no_loss_and_no_trail_of_what_is_no_number(run_node):
    runs = [
        {"surface": surface, "racer": racer, "rate": 10.0, "start": [2.5, 2.5], "seed": 1}
        for surface in ("ravine", "saddle", "noisy ravine")
        for racer in ("SGD", "Momentum", "Nesterov")
    ]
    for found in run_node(TRIALS, runs=runs):
        assert found["loss"] == "Infinity"
        assert 1 < len(found["trail"]) < 101
        assert np.isfinite(np.array(found["trail"], dtype=float)).all()


# ---------------------------------------------------------------- searches

SEARCHES = """
import { chanceOf, medians, racers, ranking, search, steps, surfaces, trial } from "./lib/optimisers.js";
const surface = surfaces[given.surface];
const chances = given.seeds.map(chanceOf);
const searches = chances.map((chance) => search(surface, surface.start, chance));
const plain = (loss) => (loss === Infinity ? 1e300 : loss);
console.log(JSON.stringify({
  racers, steps,
  rates: chances.map(({ rates }) => rates),
  trials: chances.map(({ rates, noise }) => racers.map((racer) =>
    rates.map((rate) => plain(trial(surface, racer, rate, { start: surface.start, noise }))))),
  bests: searches.map((one) => racers.map((racer) => one[racer].map(({ rate, loss }) => [rate, plain(loss)]))),
  medians: Object.values(medians(searches)).map((losses) => losses.map(plain)),
  ranking: ranking(given.losses),
}));
"""
TIED = {"SGD": 3, "Momentum": 1, "Nesterov": 2, "AdaGrad": 1, "RMSProp": 0.5, "Adam": 2}


@pytest.mark.parametrize("surface", LOSSES)
def test_a_search_keeps_the_best_of_its_first_trials(run_node, surface):
    found = run_node(SEARCHES, surface=surface, seeds=list(range(1, 9)), losses=TIED)
    assert found["racers"] == list(OPTIMISERS)
    trials, bests, rates = (np.array(found[key]) for key in ("trials", "bests", "rates"))
    expected = np.minimum.accumulate(np.maximum(trials, 1e-9), axis=2)
    np.testing.assert_array_equal(bests[..., 1], expected)
    for search, losses, tried in zip(bests, trials, rates, strict=True):
        for course, own in zip(search, losses, strict=True):
            for budget, (rate, loss) in enumerate(course, start=1):
                assert rate in tried[:budget]
                assert loss == 1e300 or max(1e-9, own[list(tried).index(rate)]) == loss
    middle = np.sort(expected, axis=0)[(len(expected) - 1) // 2]
    np.testing.assert_array_equal(found["medians"], middle)
    assert found["ranking"] == ["RMSProp", "Momentum", "AdaGrad", "Nesterov", "Adam", "SGD"]


RATES_DRAWN = """
import { chanceOf } from "./lib/optimisers.js";
console.log(JSON.stringify(given.seeds.map((seed) => chanceOf(seed).rates)));
"""


def test_rates_are_drawn_evenly_on_a_log_scale(run_node):
    rates = np.log10(run_node(RATES_DRAWN, seeds=list(range(1, 201))))
    assert rates.shape == (200, 32)
    assert -4 <= rates.min() < -3.99
    assert 0.99 < rates.max() <= 1
    counts, _ = np.histogram(rates, bins=10, range=(-4, 1))
    np.testing.assert_allclose(counts, rates.size / 10, rtol=0.15)


# ---------------------------------------------------------------- numbers and axes

NUMBERS = """
import { compact } from "./lib/numbers.js";
import { linear, logarithmic } from "./lib/axes.js";
console.log(JSON.stringify({
  words: given.values.map(compact),
  axes: given.ranges.map(([low, high]) => {
    const axis = logarithmic(low, high, 4, "");
    return [axis.low, axis.high, axis.ticks.map((tick) => Math.round(Math.log10(tick))), axis.ticks.map(axis.text)];
  }),
}));
"""


def test_numbers_of_any_size_are_written_in_few_digits(run_node):
    words = {
        0: "0.0000",
        0.0123: "0.0123",
        0.25: "0.25",
        12.34: "12.3",
        5.678: "5.68",
        150.2: "150",
        5.23e-8: "5.2 × 10⁻⁸",
        9.97e-6: "1.0 × 10⁻⁵",
        35400: "3.5 × 10⁴",
        -2e-12: "−2.0 × 10⁻¹²",
    }
    ranges = [(0.05, 3), (1e-9, 20), (1, 1), (1e-3, 1e3)]
    found = run_node(NUMBERS, values=list(words), ranges=ranges)
    assert [text.replace("\u202f", " ") for text in found["words"]] == list(words.values())
    for (low, high), (first, last, ticks, texts) in zip(ranges, found["axes"], strict=True):
        assert 10.0**first <= low <= high <= 10.0**last
        assert first < last
        assert 2 <= len(ticks) <= 5
        assert all(first <= tick <= last for tick in ticks)
        assert texts[0] == "10" + str(last).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
