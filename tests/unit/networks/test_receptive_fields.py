"""Receptive fields, counted and measured."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from utils.networks import receptive_fields


def test_receptive_field_of_known_chains():
    assert receptive_fields.receptive_field([]) == []
    assert receptive_fields.receptive_field([(3, 1)] * 3)[-1] == receptive_fields.Field(7, 1)
    assert receptive_fields.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)]) == [(5, 1), (6, 2), (14, 2), (16, 4)]
    assert receptive_fields.receptive_field([(3, 1, 2)])[-1] == receptive_fields.Field(5, 1)


@pytest.mark.parametrize("seed", range(4))
def test_receptive_field_equals_the_gradient_of_a_random_chain(seed):
    generator = torch.Generator().manual_seed(seed)
    layers = [tuple(int(torch.randint(1, high, (), generator=generator)) for high in (4, 3, 3)) for _ in range(3)]
    model = nn.Sequential(*[nn.Conv2d(1, 1, k, stride=s, dilation=d) for k, s, d in layers]).double()
    for parameter in model.parameters():
        nn.init.ones_(parameter)  # no weight cancels another
    seen = receptive_fields.input_sensitivity(model, torch.rand(1, 1, 48, 48).double())
    # with dilation some pixels inside the box are skipped; its extent is the field all the same
    size = receptive_fields.receptive_field(layers)[-1].size
    assert receptive_fields.extent(seen) == (size, size)


@pytest.mark.parametrize("layer", [(3,), (3, 1, 1, 1), (0, 1), (3, 0)])
def test_receptive_field_says_what_is_wrong(layer):
    with pytest.raises(ValueError, match=r"layer 1 is .*; expected \(kernel, stride\)"):
        receptive_fields.receptive_field([(3, 1), layer])


def test_sensitivity_is_the_kernel_itself():
    layer = nn.Conv2d(2, 1, 3, bias=False)
    seen = receptive_fields.input_sensitivity(layer, torch.rand(3, 2, 5, 5), unit=(0, 1))
    expected = F.pad(layer.weight.detach().abs().sum(dim=(0, 1)), (1, 1, 0, 2))
    assert_close(seen, expected)


def test_sensitivity_does_not_cancel_channels():
    layer = nn.Conv2d(1, 2, 3, bias=False)
    layer.weight.data[1] = -layer.weight.data[0]
    assert receptive_fields.extent(receptive_fields.input_sensitivity(layer, torch.rand(1, 1, 5, 5))) == (3, 3)


def test_sensitivity_leaves_everything_as_found():
    layer, images = nn.Conv2d(1, 1, 3), torch.rand(1, 1, 5, 5)
    receptive_fields.input_sensitivity(layer, images)
    assert layer.weight.grad is None
    assert not images.requires_grad


def test_sensitivity_says_what_is_wrong():
    with pytest.raises(ValueError, match="stop before the layer that flattens"):
        receptive_fields.input_sensitivity(nn.Flatten(), torch.rand(1, 1, 5, 5))
    with pytest.raises(ValueError, match=r"unit \(3, 0\) lies outside maps of 3x3"):
        receptive_fields.input_sensitivity(nn.Conv2d(1, 1, 3), torch.rand(1, 1, 5, 5), unit=(3, 0))


def test_extent_edges():
    assert receptive_fields.extent(torch.zeros(3, 4)) == (0, 0)
    assert receptive_fields.extent(torch.eye(4)) == (4, 4)
    with pytest.raises(ValueError, match=r"expected \(H, W\)"):
        receptive_fields.extent(torch.zeros(1, 3, 4))
