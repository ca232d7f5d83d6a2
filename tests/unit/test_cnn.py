"""utils.cnn against PyTorch, slow loops and the properties that the lecture promises."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from utils import cnn, convolution

GEOMETRIES = [(1, 0), (1, 1), (2, 0), (2, 1), (3, 2)]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def random_convolution(dtype=torch.float64):
    return (
        torch.randn(2, 3, 7, 6, dtype=dtype),
        torch.randn(4, 3, 3, 2, dtype=dtype),
        torch.randn(4, dtype=dtype),
    )


# ---------------------------------------------------------------- sizes


def test_output_size_agrees_with_pytorch():
    for n, k, s, p, d in itertools.product([1, 2, 7, 8], [1, 2, 3], [1, 2, 3], [0, 1, 2], [1, 2]):
        if d * (k - 1) >= n + 2 * p:
            with pytest.raises(ValueError, match="does not fit"):
                convolution.output_size(n, k, stride=s, padding=p, dilation=d)
            continue
        made = F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), stride=s, padding=p, dilation=d)
        assert convolution.output_size(n, k, stride=s, padding=p, dilation=d) == made.shape[-1]


def test_output_size_names_a_padding_that_works():
    with pytest.raises(ValueError, match="padding of at least 2"):
        convolution.output_size(3, 6)
    assert convolution.output_size(3, 6, padding=2) == 2


@pytest.mark.parametrize("argument", ["size", "kernel", "stride", "dilation"])
def test_output_size_refuses_less_than_one(argument):
    arguments = {"size": 5, "kernel": 3, argument: 0}
    with pytest.raises(ValueError, match=f"{argument} is 0; expected at least 1"):
        convolution.output_size(**arguments)


def test_output_size_refuses_negative_padding():
    with pytest.raises(ValueError, match="padding is -1"):
        convolution.output_size(5, 3, padding=-1)


# ---------------------------------------------------------------- convolution


@pytest.mark.parametrize("convolve", [convolution.conv2d_loops, convolution.conv2d_unfold])
@pytest.mark.parametrize(("stride", "padding"), GEOMETRIES)
def test_convolution_equals_pytorch(convolve, stride, padding):
    images, kernels, bias = random_convolution()
    expected = F.conv2d(images, kernels, bias, stride=stride, padding=padding)
    assert_close(convolve(images, kernels, bias, stride=stride, padding=padding), expected)
    assert_close(convolve(images, kernels, stride=stride, padding=padding), expected - bias[:, None, None])


@pytest.mark.parametrize("convolve", [convolution.conv2d_loops, convolution.conv2d_unfold])
def test_convolution_in_single_precision(convolve):
    images, kernels, bias = random_convolution(torch.float32)
    assert_close(convolve(images, kernels, bias), F.conv2d(images, kernels, bias), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("convolve", [convolution.conv2d_loops, convolution.conv2d_unfold])
def test_convolution_gradients(convolve):
    inputs = (torch.randn(1, 2, 4, 3), torch.randn(2, 2, 2, 2), torch.randn(2))
    inputs = tuple(tensor.double().requires_grad_() for tensor in inputs)
    assert torch.autograd.gradcheck(lambda *args: convolve(*args, stride=2, padding=1), inputs)


@pytest.mark.parametrize("convolve", [convolution.conv2d_loops, convolution.conv2d_unfold])
def test_convolution_of_an_empty_batch(convolve):
    assert convolve(torch.zeros(0, 3, 5, 5), torch.zeros(2, 3, 3, 3)).shape == (0, 2, 3, 3)


@pytest.mark.parametrize("convolve", [convolution.conv2d_loops, convolution.conv2d_unfold])
def test_convolution_leaves_its_inputs_as_found(convolve):
    images, kernels, bias = random_convolution()
    before = [tensor.clone() for tensor in (images, kernels, bias)]
    convolve(images, kernels, bias, padding=1)
    for tensor, copy in zip((images, kernels, bias), before, strict=True):
        assert torch.equal(tensor, copy)


def test_convolution_passes_a_nan_on_to_its_own_windows_only():
    image = torch.zeros(1, 1, 7, 7)
    image[0, 0, 3, 3] = torch.nan
    response = convolution.conv2d_unfold(image, torch.ones(1, 1, 3, 3))
    assert response.isnan().sum() == 9
    assert torch.equal(response.isnan(), convolution.conv2d_loops(image, torch.ones(1, 1, 3, 3)).isnan())


@pytest.mark.parametrize("convolve", [convolution.conv2d_loops, convolution.conv2d_unfold])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": [[1.0]]}, TypeError, "images are a list; expected a tensor"),
        ({"images": torch.rand(7, 6)}, ValueError, r"images have shape \(7, 6\).*image\[None, None\]"),
        ({"images": torch.zeros(1, 3, 7, 6, dtype=torch.uint8)}, TypeError, r"dtype uint8.*float\(\) / 255"),
        ({"kernels": torch.rand(4, 2, 3, 3)}, ValueError, "images have 3 channels but each kernel has 2"),
        ({"kernels": torch.rand(4, 3, 3, 3).double()}, TypeError, "float32 but kernels are torch.float64"),
        ({"kernels": torch.rand(4, 3, 9, 3)}, ValueError, "does not fit"),
        ({"kernels": torch.rand(4, 3, 3, 9)}, ValueError, "does not fit"),
        ({"bias": torch.rand(3)}, ValueError, r"bias has shape \(3,\); expected \(4,\)"),
    ],
)
def test_convolution_says_what_is_wrong(convolve, change, error, message):
    arguments = {"images": torch.rand(1, 3, 7, 6), "kernels": torch.rand(4, 3, 3, 3), "bias": torch.rand(4)}
    with pytest.raises(error, match=message):
        convolve(**(arguments | change))


def test_matrix_is_the_convolution():
    kernel, image = torch.randn(3, 2).double(), torch.randn(5, 6).double()
    matrix = convolution.convolution_matrix(kernel, image.shape)
    assert matrix.shape == (3 * 5, 5 * 6)
    assert_close((matrix @ image.flatten()).reshape(3, 5), F.conv2d(image[None, None], kernel[None, None])[0, 0])
    assert ((matrix != 0).sum(dim=1) == kernel.numel()).all()


def test_matrix_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"shape \(1, 3, 3\); expected \(k_h, k_w\)"):
        convolution.convolution_matrix(torch.rand(1, 3, 3), (5, 5))
    with pytest.raises(ValueError, match="does not fit"):
        convolution.convolution_matrix(torch.rand(3, 3), (2, 5))


# ---------------------------------------------------------------- pooling and shifting


@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, None), (3, 2), (2, 3), (1, 1)])
def test_pooling_equals_pytorch(size, stride):
    images = torch.randn(2, 3, 9, 8)
    assert_close(convolution.max_pool2d_loops(images, size, stride=stride), F.max_pool2d(images, size, stride=stride))


def test_pooling_gradients():
    images = torch.randn(1, 2, 4, 4).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: convolution.max_pool2d_loops(x, 2), images)


def test_pooling_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"expected \(B, C, H, W\)"):
        convolution.max_pool2d_loops(torch.rand(4, 4), 2)
    with pytest.raises(TypeError, match="int64"):
        convolution.max_pool2d_loops(torch.ones(1, 1, 4, 4, dtype=torch.int64), 2)
    with pytest.raises(ValueError, match="does not fit"):
        convolution.max_pool2d_loops(torch.rand(1, 1, 4, 4), 5)


@pytest.mark.parametrize(("right", "down"), list(itertools.product([-4, -1, 0, 2], [-3, 0, 1, 5])))
def test_shift_equals_a_loop(right, down):
    image = torch.rand(5, 4)
    expected = torch.zeros(5, 4)
    for y, x in itertools.product(range(5), range(4)):
        if 0 <= y - down < 5 and 0 <= x - right < 4:
            expected[y, x] = image[y - down, x - right]
    assert torch.equal(convolution.shift(image, right=right, down=down), expected)
    assert torch.equal(convolution.shift(image[None, None], right=right, down=down)[0, 0], expected)


def test_shift_says_what_is_wrong():
    with pytest.raises(ValueError, match="out of their frame; use at most 4 and 5"):
        convolution.shift(torch.rand(5, 4), right=5)
    with pytest.raises(ValueError, match=r"expected \(\.\.\., H, W\)"):
        convolution.shift(torch.rand(5), right=1)


def test_convolution_is_equivariant_away_from_borders():
    image, kernel = torch.randn(1, 1, 12, 12).double(), torch.randn(1, 1, 3, 3).double()
    first = convolution.conv2d_unfold(convolution.shift(image, right=2, down=-1), kernel)
    last = convolution.shift(convolution.conv2d_unfold(image, kernel), right=2, down=-1)
    assert_close(first[..., :-1, 2:], last[..., :-1, 2:])
    assert not torch.allclose(first, last)


# ---------------------------------------------------------------- receptive fields


def test_receptive_field_of_known_chains():
    assert convolution.receptive_field([]) == []
    assert convolution.receptive_field([(3, 1)] * 3)[-1] == convolution.Field(7, 1)
    assert convolution.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)]) == [(5, 1), (6, 2), (14, 2), (16, 4)]
    assert convolution.receptive_field([(3, 1, 2)])[-1] == convolution.Field(5, 1)


@pytest.mark.parametrize("seed", range(4))
def test_receptive_field_equals_the_gradient_of_a_random_chain(seed):
    generator = torch.Generator().manual_seed(seed)
    layers = [tuple(int(torch.randint(1, high, (), generator=generator)) for high in (4, 3, 3)) for _ in range(3)]
    model = nn.Sequential(*[nn.Conv2d(1, 1, k, stride=s, dilation=d) for k, s, d in layers]).double()
    for parameter in model.parameters():
        nn.init.ones_(parameter)  # no weight cancels another
    seen = convolution.input_sensitivity(model, torch.rand(1, 1, 48, 48).double())
    # with dilation some pixels inside the box are skipped; its extent is the field all the same
    size = convolution.receptive_field(layers)[-1].size
    assert convolution.extent(seen) == (size, size)


@pytest.mark.parametrize("layer", [(3,), (3, 1, 1, 1), (0, 1), (3, 0)])
def test_receptive_field_says_what_is_wrong(layer):
    with pytest.raises(ValueError, match=r"layer 1 is .*; expected \(kernel, stride\)"):
        convolution.receptive_field([(3, 1), layer])


def test_sensitivity_is_the_kernel_itself():
    layer = nn.Conv2d(2, 1, 3, bias=False)
    seen = convolution.input_sensitivity(layer, torch.rand(3, 2, 5, 5), unit=(0, 1))
    expected = F.pad(layer.weight.detach().abs().sum(dim=(0, 1)), (1, 1, 0, 2))
    assert_close(seen, expected)


def test_sensitivity_does_not_cancel_channels():
    layer = nn.Conv2d(1, 2, 3, bias=False)
    layer.weight.data[1] = -layer.weight.data[0]
    assert convolution.extent(convolution.input_sensitivity(layer, torch.rand(1, 1, 5, 5))) == (3, 3)


def test_sensitivity_leaves_everything_as_found():
    layer, images = nn.Conv2d(1, 1, 3), torch.rand(1, 1, 5, 5)
    convolution.input_sensitivity(layer, images)
    assert layer.weight.grad is None
    assert not images.requires_grad


def test_sensitivity_says_what_is_wrong():
    with pytest.raises(ValueError, match="stop before the layer that flattens"):
        convolution.input_sensitivity(nn.Flatten(), torch.rand(1, 1, 5, 5))
    with pytest.raises(ValueError, match=r"unit \(3, 0\) lies outside maps of 3x3"):
        convolution.input_sensitivity(nn.Conv2d(1, 1, 3), torch.rand(1, 1, 5, 5), unit=(3, 0))


def test_extent_edges():
    assert convolution.extent(torch.zeros(3, 4)) == (0, 0)
    assert convolution.extent(torch.eye(4)) == (4, 4)
    with pytest.raises(ValueError, match=r"expected \(H, W\)"):
        convolution.extent(torch.zeros(1, 3, 4))


# ---------------------------------------------------------------- networks


def test_standardise():
    images = torch.rand(5, 1, 4, 4)
    out = cnn.Standardise(images.mean(), images.std())(images)
    assert_close(torch.stack([out.mean(), out.std()]), torch.tensor([0.0, 1.0]), atol=1e-6, rtol=0)
    for std in (0.0, float("nan")):
        with pytest.raises(ValueError, match="expected above 0"):
            cnn.Standardise(0.0, std)


def test_lenet_is_the_formula():
    network, images = cnn.LeNet(0.3, 0.4), torch.rand(3, 1, 28, 28)
    maps = F.conv2d((images - 0.3) / 0.4, network.conv1.weight, network.conv1.bias, padding=2)
    maps = F.max_pool2d(maps.clamp(min=0), 2)
    maps = F.max_pool2d(F.conv2d(maps, network.conv2.weight, network.conv2.bias).clamp(min=0), 2)
    units = maps.reshape(3, 400)
    for layer in (network.dense[0], network.dense[2]):
        units = (units @ layer.weight.T + layer.bias).clamp(min=0)
    expected = units @ network.dense[4].weight.T + network.dense[4].bias
    assert_close(network(images), expected)
    assert sum(p.numel() for p in network.parameters()) == 61_706


@pytest.mark.parametrize(
    ("network", "side", "shapes"),
    [
        (cnn.LeNet(n_classes=7), 28, [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (7,)]),
        (cnn.DigitNet(width=4), 8, [(4, 8, 8), (4, 4, 4), (8, 4, 4), (8, 2, 2), (10,)]),
    ],
)
def test_stages(network, side, shapes):
    images = torch.rand(2, 1, side, side)
    stages = cnn.AllStages(network)(images)
    assert [tuple(stage.shape[1:]) for stage in stages] == shapes
    assert torch.equal(stages[-1], network(images))
    assert torch.equal(stages[1], F.max_pool2d(stages[0], 2))
    assert all(stage.min() >= 0 for stage in stages[:-1])
    assert network(images[:0]).shape == (0, shapes[-1][0])
    with pytest.raises(ValueError, match=rf"expected \(B, 1, {side}, {side}\)"):
        network(images[:, 0])


@pytest.mark.parametrize("network", [cnn.LeNet(), cnn.DigitNet()])
def test_networks_learn_a_batch_by_heart(network):
    side = 28 if isinstance(network, cnn.LeNet) else 8
    images, labels = torch.rand(20, 1, side, side), torch.arange(20) % 10
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
    assert (network(images).argmax(dim=1) == labels).float().mean() > 0.9


def test_apply_kernel():
    image, kernel = torch.rand(1, 1, 9, 8), torch.randn(1, 1, 3, 3)
    assert_close(cnn.ApplyKernel()(image, kernel), convolution.conv2d_loops(image, kernel))


@pytest.mark.parametrize("n_parameters", [805, 806, 5_000, 61_706, 62_020])
def test_matched_mlp_is_the_smallest_that_is_large_enough(n_parameters):
    size = sum(p.numel() for p in cnn.matched_mlp(n_parameters).parameters())
    assert n_parameters <= size < n_parameters + 795
    assert cnn.matched_mlp(n_parameters)(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_matched_mlp_says_what_is_wrong():
    with pytest.raises(ValueError, match="804 parameters do not make one hidden unit; expected at least 805"):
        cnn.matched_mlp(804)


# ---------------------------------------------------------------- looking inside


def test_recording_removes_its_hooks():
    network = cnn.LeNet()
    with cnn.recording(network, ["conv1", "dense"]) as maps:
        scores = network(torch.rand(2, 1, 28, 28))
    assert torch.equal(maps["dense"], scores)
    assert not maps["dense"].requires_grad
    assert not network.conv1._forward_hooks

    def fail():
        with cnn.recording(network, ["conv1"]):
            network(torch.rand(2, 3))

    with pytest.raises(ValueError, match="expected"):
        fail()
    assert not network.conv1._forward_hooks


def test_recording_names_the_layers_there_are():
    with (
        pytest.raises(ValueError, match="no layer 'conv3'; it has standardise, conv1, conv2, dense"),
        cnn.recording(cnn.LeNet(), ["conv3"]),
    ):
        pass


@pytest.mark.parametrize("training", [True, False])
def test_feature_maps_restores_the_mode(training):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Dropout(0.9)).train(training)
    images = torch.rand(1, 1, 5, 5)
    maps = cnn.feature_maps(network, images, iter(["1", "0"]))
    assert list(maps) == ["1", "0"]
    assert torch.equal(maps["1"], maps["0"])  # no dropout in evaluation mode
    assert network.training is training
    with pytest.raises(ValueError, match="no layer"):
        cnn.feature_maps(network, images, ["conv9"])
    assert network.training is training
