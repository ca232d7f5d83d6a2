"""The architecture calculator's networks against torchvision, layer by layer, and against known numbers."""

import itertools
import re

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from utils.runtime import import_torchvision

KEYS = [
    *("alexnet", "vgg16", "vgg19", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("densenet121", "densenet169", "densenet201"),
]
PAPER = {"towers": 2, "edition": 2012, "thirdPath": 5, "batchNorm": False, "heads": False, "stride": 1}
PAPER |= {"shortcut": "projection", "classes": 1000, "crop": 224}
TORCHVISION = PAPER | {"towers": 1, "edition": 2014, "thirdPath": 3, "batchNorm": True, "stride": 3}
COUNTED = {"linear": True, "biases": True, "norms": True}

NETWORKS = """
import { count, groupsOf } from "./lib/architectures.js";
const found = given.asked.map((settings) => {
  const groups = groupsOf(settings);
  const layers = groups.flatMap(({ layers }) => layers);
  return { groups, layers, total: count(layers, settings) };
});
console.log(JSON.stringify(found));
"""


@pytest.fixture
def networks(run_node):
    """Lay out and count networks in Node, one for each dictionary of settings."""
    return lambda asked: run_node(NETWORKS, asked=[COUNTED | settings for settings in asked])


def from_torchvision(settings):
    """Return torchvision's network on the meta device; with auxiliary heads it has to run as in training."""
    options = {"weights": None, "num_classes": settings["classes"]}
    if settings["network"] == "googlenet":
        options |= {"aux_logits": settings["heads"], "init_weights": False}
    with torch.device("meta"):
        return import_torchvision().models.get_model(settings["network"], **options).train(settings["heads"])


def run(net, crop):
    return net(torch.zeros(2 if net.training else 1, 3, crop, crop, device="meta"))


def macs(net, crop):
    """Count with PyTorch's own counter; batch norm in training takes two images."""
    with FlopCounterMode(display=False) as counter:
        run(net, crop)
    return counter.get_total_flops() // 2 // (2 if net.training else 1)


# ---------------------------------------------------------------- against torchvision


@pytest.mark.parametrize("network", KEYS)
def test_parameters_and_macs_are_torchvisions_to_the_unit(networks, network):
    heads = [False, True] if network == "googlenet" else [False]
    cases = [(224, 1000), (239, 10)]  # sides of 239, 119 or 15 are odd: which way a layer rounds shows
    asked = [
        TORCHVISION | {"network": network, "heads": heads, "crop": crop, "classes": classes}
        for heads, (crop, classes) in itertools.product(heads, cases)
    ]
    for settings, found in zip(asked, networks(asked), strict=True):
        net = from_torchvision(settings)
        assert found["total"]["parameters"] == sum(p.numel() for p in net.parameters()), settings
        assert found["total"]["macs"] == macs(net, settings["crop"]), settings


@pytest.mark.parametrize("network", KEYS)
def test_the_layers_are_torchvisions_one_by_one(networks, network):
    settings = TORCHVISION | {"network": network, "crop": 208}
    net, seen = from_torchvision(settings), []

    def note(layer, _, output):
        channels, side = output.shape[1], output.shape[2] if output.ndim == 4 else 1
        bias = 0 if layer.bias is None else layer.bias.numel()
        seen.append([channels, side, layer.weight.numel(), bias])

    for layer in net.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
            layer.register_forward_hook(note)
    run(net, 208)
    (found,) = networks([settings])
    layers = [layer for layer in found["layers"] if layer["macs"]]
    assert [[*layer["shape"].values(), layer["weights"], layer["biases"]] for layer in layers] == seen
    assert found["total"]["values"] == sum(channels * side**2 for channels, side, *_ in seen)
    assert {layer["kind"] for layer in layers} == {"convolution", "linear"}


@pytest.mark.parametrize("network", ["alexnet", "vgg16", "googlenet", "resnet50", "densenet121"])
def test_each_sort_of_parameters_can_be_left_out(networks, network):
    settings = TORCHVISION | {"network": network}
    net = from_torchvision(settings)

    def of(*kinds, named=""):
        layers = [layer for layer in net.modules() if isinstance(layer, kinds)]
        return sum(p.numel() for layer in layers for name, p in layer.named_parameters() if name.startswith(named))

    linear, conv, norm = torch.nn.Linear, torch.nn.Conv2d, torch.nn.BatchNorm2d
    left_out = [{}, {"linear": False}, {"biases": False}, {"norms": False}]
    found = networks([settings | out for out in left_out])
    whole, *rest = [one["total"]["parameters"] for one in found]
    assert [whole - part for part in rest] == [of(linear), of(linear, conv, named="bias"), of(norm)]
    work = [one["total"]["macs"] for one in found]
    assert [work[0] - part for part in work[1:]] == [of(linear, named="weight"), 0, 0]


ROOM = """
import { groupsOf } from "./lib/architectures.js";
const wordsAt = (settings) => {
  try { return groupsOf(settings) && ""; } catch (error) { return error.message; }
};
const crops = Array.from({ length: 70 }, (_, i) => i + 1);
console.log(JSON.stringify(given.asked.map((settings) => crops.map((crop) => wordsAt({ ...settings, crop })))));
"""


def test_a_crop_has_no_room_where_it_has_none_in_torchvision(run_node):
    asked = [TORCHVISION | {"network": network} for network in ("alexnet", "vgg16", "googlenet", "resnet18")]
    for settings, told in zip(asked, run_node(ROOM, asked=asked), strict=True):
        smallest = told.index("") + 1
        assert not any(told[smallest:])
        assert all("Choose a larger crop" in words for words in told[: smallest - 1])
        net = from_torchvision(settings)
        run(net, smallest)
        with pytest.raises(RuntimeError):
            run(net, smallest - 1)


# ---------------------------------------------------------------- known numbers

KNOWN = [
    ("alexnet", {"crop": 227}, 60_965_224, 0.724),
    ("alexnet", {"crop": 227, "towers": 1}, 62_378_344, 1.135),
    ("vgg16", {}, 138_357_544, 15.470),
    ("vgg19", {}, 143_667_240, 19.632),
    ("googlenet", {}, 6_998_552, 1.583),
    ("googlenet", {"heads": True}, 6_998_552 + 6_379_728, 1.591),
    ("resnet18", {}, 11_689_512, 1.814),
    ("resnet34", {"shortcut": "zeros"}, 21_797_672 - 173_824, 3.644),
    ("resnet50", {}, 25_557_032, 3.858),
    ("resnet101", {}, 44_549_160, 7.570),
    ("resnet152", {}, 60_192_808, 11.282),
    ("densenet169", {}, 14_149_480, 3.360),
]


def test_the_papers_networks_have_the_known_numbers(networks):
    found = networks([PAPER | {"network": network, **changed} for network, changed, *_ in KNOWN])
    for (network, _, parameters, billions), one in zip(KNOWN, found, strict=True):
        assert one["total"]["parameters"] == parameters, network
        assert one["total"]["macs"] == pytest.approx(1e9 * billions, abs=5e5), network


def test_the_first_values_of_all_switches_are_the_papers_at_its_own_crop(run_node):
    script = """
    import { everySetting, networks, switches } from "./lib/architectures.js";
    const settings = Object.keys(networks).map((key) => everySetting(key));
    console.log(JSON.stringify({ settings, names: Object.values(networks).map(({ name }) => name), switches }));
    """
    found = run_node(script)
    assert [rows[0]["network"] for rows in found["settings"]] == KEYS
    assert [name.lower().replace("-", "") for name in found["names"]] == KEYS
    for key, rows in zip(KEYS, found["settings"], strict=True):
        first = PAPER | COUNTED | {"network": key, "crop": 227 if key == "alexnet" else 224}
        assert first | rows[0] == first
        options = [len(found["switches"][name]["values"]) for name in rows[0] if name in found["switches"]]
        assert len({tuple(row.values()) for row in rows}) == len(rows) == np.prod(options)
        assert {row["crop"] for row in rows} == ({227, 224} if key == "alexnet" else {224})
        assert all((row["crop"] == 227) == (row.get("edition") == 2012) for row in rows)


def test_every_switch_of_a_network_changes_a_count_and_no_other_does(networks, run_node):
    script = """
    import { networks, switches } from "./lib/architectures.js";
    const all = Object.entries(networks).map(([key, network]) => [key, network.switches]);
    console.log(JSON.stringify({ all, values: Object.entries(switches).map(([key, { values }]) => [key, values]) }));
    """
    known = run_node(script)
    changes = [{key: value} for key, values in known["values"] for value in values]
    bases = [PAPER | {"network": network, "batchNorm": "batchNorm" in switches} for network, switches in known["all"]]
    totals = iter(networks([base | change for base in bases for change in changes]))
    for network, switches in known["all"]:
        for key, values in known["values"]:
            seen = {tuple(next(totals)["total"].values()) for _ in values}
            assert (len(seen) == len(values)) == (key in switches), (network, key)


# ---------------------------------------------------------------- published numbers, and numbers for people


def test_a_published_number_comes_out_where_the_rounded_amount_equals_it(run_node):
    script = """
    import { amountOf, comesOut } from "./lib/architectures.js";
    const out = given.cases.map(([amount, value, digits]) => comesOut({ value, digits }, amount));
    const total = { parameters: 5, macs: 7 };
    console.log(JSON.stringify({ out, amounts: ["parameters", "macs", "flops"].map((name) => amountOf(name, total)) }));
    """
    random = np.random.default_rng(0)
    cases, expected = [(3_857_973_248, 3.8e9, 2), (3_857_973_248, 3.9e9, 2), (6_998_552, 7e6, 1)], [False, True, True]
    for _ in range(300):
        amount, digits = int(10 ** random.uniform(2, 11)) * 7 + 1, int(random.integers(1, 5))
        near = amount * (1 + random.choice([0, 10.0**-digits, -(10.0**-digits), 1e-6]))
        value = float(f"{near:.{digits - 1}e}")
        cases.append((amount, value, digits))
        expected.append(float(f"{amount:.{digits - 1}e}") == value)
    found = run_node(script, cases=cases)
    assert found["out"] == expected
    assert set(expected) == {True, False}
    assert found["amounts"] == [5, 7, 14]


ROUNDED = [
    ((0,), "0"),
    ((512,), "512"),
    ((9_408,), "9.41 k"),
    ((123_904,), "124 k"),
    ((6_998_552,), "7.00 M"),
    ((60_965_224,), "61.0 M"),
    ((999_600_000,), "1.00 G"),
    ((15_470_264_320,), "15.5 G"),
    ((4_000_000, 1), "4 M"),
    ((60_000_000, 1), "60 M"),
    ((25_600_000, 3), "25.6 M"),
    ((3_800_000_000, 2), "3.8 G"),
    ((138_357_544, 9), "138.357544 M"),
]


def test_amounts_are_rounded_for_people(run_node):
    script = """
    import { rounded } from "./demos/architecture_calculator.js";
    console.log(JSON.stringify(given.amounts.map((amount) => rounded(...amount))));
    """
    found = run_node(script, amounts=[amount for amount, _ in ROUNDED])
    assert [text.replace("\u202f", " ") for text in found] == [text for _, text in ROUNDED]


# ---------------------------------------------------------------- settings

RIGHT = {"network": "googlenet", "quantity": "parameters", "value": 4e6, "digits": 1, "source": "a list"}
WRONG = [
    ({"start": "googlnet"}, 'start is "googlnet"; expected one of alexnet, vgg16'),
    ({"published": "4M"}, 'published is "4M"; expected a list'),
    ({"network": "resnet51"}, 'The network of published number 2 is "resnet51"; expected one of alexnet'),
    ({"quantity": "flop"}, 'The quantity of published number 2 is "flop"; expected parameters, macs or flops'),
    ({"value": None}, "The value of published number 2 is null; expected a positive number"),
    ({"value": "4e6"}, 'The value of published number 2 is "4e6"; expected a positive number'),
    ({"value": 6.62e6}, "The value of published number 2 is 6620000; .* significant digits as digits says"),
    ({"digits": 0}, "The digits of published number 2 is 0; expected how many significant digits"),
    ({"digits": 2.5}, "The digits of published number 2 is 2.5"),
    ({"source": " "}, 'The source of published number 2 is " "; expected a few words'),
]


def test_settings_that_cannot_be_are_told_in_words(run_node):
    script = """
    import demo from "./demos/architecture_calculator.js";
    const wordsOf = (settings) =>
      demo.render({ model: { get: (key) => settings[key] }, el: null }).then(String, (error) => error.message);
    console.log(JSON.stringify(await Promise.all(given.asked.map(wordsOf))));
    """
    own = {"start", "published"}
    asked = [wrong if wrong.keys() & own else {"published": [RIGHT, RIGHT | wrong]} for wrong, _ in WRONG]
    asked += [{"published": [None]}]
    asked += [{"published": [{key: value for key, value in RIGHT.items() if key != missing}]} for missing in RIGHT]
    told = run_node(script, asked=asked)
    for (_, words), found in zip(WRONG, told[: len(WRONG)], strict=True):
        assert re.search(words, found)
    assert "The network of published number 1 is missing; expected" in told[len(WRONG)]
    for missing, found in zip(RIGHT, told[len(WRONG) + 1 :], strict=True):
        assert f"The {missing} of published number 1 is missing; expected" in found
