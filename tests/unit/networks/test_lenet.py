"""The small networks: parameters, sizes, invariances."""

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from utils.networks import lenet


def test_standardise():
    images = torch.rand(5, 1, 4, 4)
    out = lenet.Standardise(images.mean(), images.std())(images)
    assert_close(torch.stack([out.mean(), out.std()]), torch.tensor([0.0, 1.0]), atol=1e-6, rtol=0)
    for std in (0.0, float("nan")):
        with pytest.raises(ValueError, match="expected above 0"):
            lenet.Standardise(0.0, std)


def test_lenet_is_the_formula():
    network, images = lenet.LeNet(0.3, 0.4), torch.rand(3, 1, 28, 28)
    maps = F.conv2d((images - 0.3) / 0.4, network.conv1.weight, network.conv1.bias, padding=2)
    maps = F.max_pool2d(maps.clamp(min=0), 2)
    maps = F.max_pool2d(F.conv2d(maps, network.conv2.weight, network.conv2.bias).clamp(min=0), 2)
    units = maps.reshape(3, 400)
    for layer in (network.dense[0], network.dense[2]):
        units = (units @ layer.weight.T + layer.bias).clamp(min=0)
    expected = units @ network.dense[4].weight.T + network.dense[4].bias
    assert_close(network(images), expected)
    assert sum(p.numel() for p in network.parameters()) == 61_706


@pytest.mark.parametrize("network", [lenet.LeNet(), lenet.DigitNet()])
def test_networks_learn_a_batch_by_heart(network):
    side = 28 if isinstance(network, lenet.LeNet) else 8
    images, labels = torch.rand(20, 1, side, side), torch.arange(20) % 10
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
    assert (network(images).argmax(dim=1) == labels).float().mean() > 0.9


@pytest.mark.parametrize("n_parameters", [805, 806, 5_000, 61_706, 62_020])
def test_matched_mlp_is_the_smallest_that_is_large_enough(n_parameters):
    size = sum(p.numel() for p in lenet.matched_mlp(n_parameters).parameters())
    assert n_parameters <= size < n_parameters + 795
    assert lenet.matched_mlp(n_parameters)(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_matched_mlp_says_what_is_wrong():
    with pytest.raises(ValueError, match="804 parameters do not make one hidden unit; expected at least 805"):
        lenet.matched_mlp(804)
