"""Quantising and exporting: what folding and rounding change, and what storing them small does not."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.efficient.quantising import AdjustableBits, fold_batch_norm, round_weights
from utils.live.exporting import to_onnx


class Small(nn.Module):
    """A convolution with batch normalisation, a depthwise one, a linear layer; one channel is dead."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 64, 3, bias=False), nn.BatchNorm2d(64, eps=1e-3))
        self.depthwise = nn.Conv2d(64, 64, 5, groups=64)
        self.last = nn.Linear(64, 32)
        with torch.no_grad():
            self.first[0].weight[5] = 0
            self.first[1].running_mean.uniform_(-1, 1)
            self.first[1].running_var.uniform_(0.5, 2)
            self.first[1].weight.uniform_(0.5, 2)
            self.first[1].bias.uniform_(-1, 1)

    def forward(self, images):
        maps = self.depthwise(F.relu6(self.first(images)))
        return (self.last(maps.mean((2, 3))),)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Small().eval()


@pytest.fixture
def images():
    return torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def weights_of(content):
    return {weight.name: weight for weight in onnx.load_from_string(content).graph.initializer}


def exported(network, images):
    return to_onnx(network, {"images": images}, ["scores"])


@torch.no_grad()
def test_folding_changes_nothing_but_the_structure(network, images):
    folded = fold_batch_norm(network)
    torch.testing.assert_close(folded(images)[0], network(images)[0], atol=1e-5, rtol=1e-5)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    assert isinstance(network.first[1], nn.BatchNorm2d)  # the original is left as found


def test_a_network_in_training_is_not_folded(network):
    with pytest.raises(ValueError, match="training mode; call eval"):
        fold_batch_norm(network.train())


def test_rounded_weights_are_whole_multiples_and_off_by_half_a_step_at_most(network):
    rounded = round_weights(network)
    for name in ("first.0", "depthwise", "last"):
        before = network.get_submodule(name).weight.flatten(1)
        after = rounded.get_submodule(name).weight.flatten(1)
        for old, new in zip(before, after, strict=True):
            step = old.abs().max() / 127
            assert len(new.unique()) <= 255
            assert ((new - old).abs() <= 0.5001 * step).all()
            assert not torch.equal(new, old) or step == 0
    assert torch.isfinite(rounded.first[0].weight).all()  # also in the dead channel


def test_layers_to_keep_are_kept(network):
    rounded = round_weights(network, keep=[network.depthwise])
    assert torch.equal(rounded.depthwise.weight, network.depthwise.weight)
    assert not torch.equal(rounded.last.weight, network.last.weight)


def test_rounded_weights_are_stored_in_a_quarter_and_compute_the_same(network, images):
    rounded = round_weights(fold_batch_norm(network))
    small, large = exported(rounded, images), exported(network, images)
    kinds = {weight.data_type for weight in weights_of(small).values() if len(weight.dims) > 1}
    assert kinds == {onnx.TensorProto.INT8}
    assert len(small) < 0.5 * len(large)
    answer = onnxruntime.InferenceSession(small).run(None, {"images": images.numpy()})[0]
    with torch.no_grad():
        np.testing.assert_allclose(answer, rounded(images)[0], atol=1e-5)
    restored = onnx.numpy_helper.to_array
    stored = weights_of(small)
    for name in (name.removesuffix("_int8") for name in stored if name.endswith("_int8")):
        integers, scales = restored(stored[f"{name}_int8"]), restored(stored[f"{name}_scale"])
        axes = [axis for axis, size in enumerate(integers.shape) if size == len(scales)]
        products = [np.moveaxis(np.moveaxis(integers, axis, -1) * scales, -1, axis) for axis in axes]
        originals = [weight.detach().numpy() for weight in rounded.parameters() if weight.dim() > 1]
        assert any(
            np.array_equal(product, original) or np.array_equal(product, original.T)
            for product in products
            for original in originals
            if original.size == product.size
        ), name


def test_other_weights_are_stored_as_they_are(network, images):
    assert {weight.data_type for weight in weights_of(exported(network, images)).values() if len(weight.dims) > 1} == {
        onnx.TensorProto.FLOAT
    }


# ---------------------------------------------------------------- rounded while it runs


GROUPS = ("first", "depthwise", "last")


def adjustable(network):
    layers = (network.first[0], network.depthwise, network.last)
    return AdjustableBits(network, {name: [layer] for name, layer in zip(GROUPS, layers, strict=True)}).eval()


def rounded_by_hand(weights, bits, per_channel):
    """Round with NumPy, channel by channel."""
    result, top = np.zeros_like(weights), 2 ** (bits - 1) - 1
    for channel, row in enumerate(weights):
        largest = np.abs(row if per_channel else weights).max()
        if largest > 0:
            result[channel] = np.round(row / np.float32(largest / top)) * np.float32(largest / top)
    return result


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("bits", [(8, 8, 8), (2, 32, 32), (32, 3, 32), (32, 32, 4), (5, 6, 2)])
@torch.no_grad()
def test_each_group_has_the_bits_it_is_told(network, images, bits, per_channel):
    by_hand = Small().eval()
    by_hand.load_state_dict(network.state_dict())
    for layer, b in zip((by_hand.first[0], by_hand.depthwise, by_hand.last), bits, strict=True):
        if b < 32:
            layer.weight.copy_(torch.from_numpy(rounded_by_hand(layer.weight.numpy(), b, per_channel)))
    told = torch.tensor(bits).float(), torch.tensor([float(per_channel)])
    torch.testing.assert_close(adjustable(network)(images, *told)[0], by_hand(images)[0], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_with_all_its_bits_it_is_the_network_and_the_network_is_left_alone(network, images):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    expected, model = network(images)[0], adjustable(network)
    model(images, torch.full((3,), 2.0), torch.ones(1))
    assert torch.equal(model(images, torch.full((3,), 32.0), torch.zeros(1))[0], expected)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


class FirstResult(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        return self.model(*inputs)[0]


@torch.no_grad()
def test_in_a_file_the_bits_are_still_inputs(network, images):
    model = FirstResult(adjustable(network))
    inputs = {"images": images, "bits": torch.full((3,), 8.0), "per_channel": torch.ones(1)}
    session = onnxruntime.InferenceSession(to_onnx(model, inputs, ["scores"]))
    for bits in ([2.0, 8.0, 32.0], [32.0, 4.0, 3.0]):
        for per_channel in (0.0, 1.0):
            told = images, torch.tensor(bits), torch.tensor([per_channel])
            feeds = {name: value.numpy() for name, value in zip(inputs, told, strict=True)}
            torch.testing.assert_close(
                torch.from_numpy(session.run(None, feeds)[0]), model(*told), atol=1e-4, rtol=1e-4
            )
