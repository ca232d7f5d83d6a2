"""Convolution, pooling and shifting against PyTorch, slow loops and matrices."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from utils.networks import convolution

GEOMETRIES = [(1, 0), (1, 1), (2, 0), (2, 1), (3, 2)]


def random_convolution(dtype=torch.float64):
    return (
        torch.randn(2, 3, 7, 6, dtype=dtype),
        torch.randn(4, 3, 3, 2, dtype=dtype),
        torch.randn(4, dtype=dtype),
    )


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
