"""Times of networks, and layers that feed themselves."""

import time

import pytest
import torch
from torch import nn

from utils.efficient.timing import OnnxNetwork, SelfFed, shortest_time, time_by_layer
from utils.live.exporting import to_onnx


class Clock:
    """A clock that work moves on."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def tick(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_the_shortest_run_counts_and_the_first_does_not(clock):
    waits = iter([0.001, 7.0, 3.0, 5.0])  # the first run is the quickest, and is not counted
    assert shortest_time(lambda: clock.tick(next(waits)), runs=3) == pytest.approx(3.0)
    assert list(waits) == []


def test_what_is_timed_gets_its_inputs_and_no_gradients():
    weight, came = torch.ones(2, requires_grad=True), []
    shortest_time(lambda *inputs: came.append((inputs, (2 * weight).requires_grad)), 1, 2, runs=2)
    assert came == [((1, 2), False)] * 3


def test_no_runs_are_refused():
    with pytest.raises(ValueError, match="runs is 0; expected at least 1"):
        shortest_time(lambda: None, runs=0)


def test_each_layer_has_its_own_shortest_time(clock):
    waits = {"0": iter([9.0, 2.0, 1.5]), "2": iter([9.0, 4.0, 6.0])}

    class Slow(nn.Linear):
        def forward(self, numbers):
            clock.tick(next(self.waits))
            return super().forward(numbers)

    net = nn.Sequential(Slow(3, 3), nn.ReLU(), Slow(3, 2))
    for name in waits:
        net[int(name)].waits = waits[name]
    assert time_by_layer(net, torch.ones(1, 3), runs=2) == pytest.approx({"0": 1.5, "2": 4.0})
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in net.modules())


class Difference(nn.Module):
    """Its two inputs must not change places."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, one, other):
        return self.layer(one) - other[:, :2]


def test_the_runtime_gives_what_pytorch_gives():
    net = Difference()
    inputs = {"one": torch.randn(5, 3), "other": torch.randn(5, 3)}
    run = OnnxNetwork(to_onnx(net, inputs, ["scores"]))
    torch.testing.assert_close(run(*inputs.values()), net(*inputs.values()).detach())


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_layer_that_feeds_itself_is_run_so_often_on_a_map_of_its_shape(repeats):
    layer, shapes = nn.Conv2d(4, 4, 3, padding=1), []
    layer.register_forward_hook(lambda layer, inputs, output: shapes.append(tuple(inputs[0].shape)))
    fed = SelfFed(layer, (4, 5, 6), repeats=repeats)
    value = fed(torch.ones(1))
    assert shapes == [(1, 4, 5, 6)] * repeats
    maps = torch.einsum("c,p->cp", torch.linspace(-1, 1, 4), torch.linspace(-1, 1, 30)).view(1, 4, 5, 6)
    for _ in range(repeats):
        maps = layer(maps)
    torch.testing.assert_close(value, maps[:, :1, 0, 0])
    assert not torch.equal(fed(torch.full((1,), 2.0)), value)


def test_in_a_file_the_layer_is_not_computed_beforehand():
    """What a runtime can compute while it loads would not be timed."""
    fed = SelfFed(nn.Conv2d(4, 4, 3, padding=1, bias=False), (4, 5, 6), repeats=2)
    run = OnnxNetwork(to_onnx(fed, {"scale": torch.ones(1)}, ["value"]))
    for scale in (1.0, -2.5):
        torch.testing.assert_close(run(torch.tensor([scale])), fed(torch.tensor([scale])).detach())
