"""What is seen of a network while it runs, and that it is left as found."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from utils.networks import convolution, inspecting, lenet


@pytest.mark.parametrize(
    ("network", "side", "shapes"),
    [
        (lenet.LeNet(n_classes=7), 28, [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (7,)]),
        (lenet.DigitNet(width=4), 8, [(4, 8, 8), (4, 4, 4), (8, 4, 4), (8, 2, 2), (10,)]),
    ],
)
def test_stages(network, side, shapes):
    images = torch.rand(2, 1, side, side)
    stages = inspecting.AllStages(network)(images)
    assert [tuple(stage.shape[1:]) for stage in stages] == shapes
    assert torch.equal(stages[-1], network(images))
    assert torch.equal(stages[1], F.max_pool2d(stages[0], 2))
    assert all(stage.min() >= 0 for stage in stages[:-1])
    assert network(images[:0]).shape == (0, shapes[-1][0])
    with pytest.raises(ValueError, match=rf"expected \(B, 1, {side}, {side}\)"):
        network(images[:, 0])


def test_apply_kernel():
    image, kernel = torch.rand(1, 1, 9, 8), torch.randn(1, 1, 3, 3)
    assert_close(inspecting.ApplyKernel()(image, kernel), convolution.conv2d_loops(image, kernel))


def test_recording_removes_its_hooks():
    network = lenet.LeNet()
    with inspecting.recording(network, ["conv1", "dense"]) as maps:
        scores = network(torch.rand(2, 1, 28, 28))
    assert torch.equal(maps["dense"], scores)
    assert not maps["dense"].requires_grad
    assert not network.conv1._forward_hooks

    def fail():
        with inspecting.recording(network, ["conv1"]):
            network(torch.rand(2, 3))

    with pytest.raises(ValueError, match="expected"):
        fail()
    assert not network.conv1._forward_hooks


def test_recording_names_the_layers_there_are():
    with (
        pytest.raises(ValueError, match="no layer 'conv3'; it has standardise, conv1, conv2, dense"),
        inspecting.recording(lenet.LeNet(), ["conv3"]),
    ):
        pass


@pytest.mark.parametrize("training", [True, False])
def test_feature_maps_restores_the_mode(training):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Dropout(0.9)).train(training)
    network[0].train(not training)
    images = torch.rand(1, 1, 5, 5)
    maps = inspecting.feature_maps(network, images, iter(["1", "0"]))
    assert list(maps) == ["1", "0"]
    assert torch.equal(maps["1"], maps["0"])  # no dropout in evaluation mode
    assert [part.training for part in network.modules()] == [training, not training, training]
    with pytest.raises(ValueError, match="no layer"):
        inspecting.feature_maps(network, images, ["conv9"])
    assert network.training is training


class Mixed(nn.Module):
    """Strides, groups, no square kernel, a layer that runs on several positions, and a mode that matters."""

    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(4, 8, (3, 5), stride=2, padding=1, groups=2)
        self.norm = nn.BatchNorm2d(8)
        self.two = nn.Linear(8, 3)

    def forward(self, maps):
        return self.two(self.norm(self.one(maps)).movedim(1, -1))


def test_multiply_adds_are_those_of_pytorchs_counter():
    net = Mixed().train()
    with FlopCounterMode(display=False) as counter:
        Mixed()(torch.zeros(1, 4, 9, 12))
    found = inspecting.macs_by_layer(net, (4, 9, 12))
    assert list(found) == ["one", "two"]
    assert 2 * sum(found.values()) == counter.get_total_flops()
    assert net.training
    assert net.norm.num_batches_tracked == 0
    with torch.device("meta"):
        assert inspecting.macs_by_layer(Mixed(), (4, 9, 12)) == found


def test_bytes_are_those_of_what_comes_in_goes_out_and_is_stored():
    net = Mixed()
    with inspecting.recording(net, ["one", "norm", "two"]) as maps:
        net.eval()(torch.zeros(1, 4, 9, 12))
    one = 4 * 9 * 12 + maps["one"].numel() + net.one.weight.numel()
    two = maps["norm"].numel() + maps["two"].numel() + net.two.weight.numel()
    assert inspecting.bytes_by_layer(net, (4, 9, 12)) == {"one": 4 * one, "two": 4 * two}
    assert not any(layer._forward_hooks for layer in net.modules())
