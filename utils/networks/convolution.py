"""Convolution, pooling and shifting written out, and the sizes that come out."""

import torch
import torch.nn.functional as F

# ---------------------------------------------------------------- sizes


def output_size(size, kernel, *, stride=1, padding=0, dilation=1):
    """Count the places where a kernel fits along one side of an image.

    Parameters
    ----------
    size : int
        Length of the side in pixels, at least 1.
    kernel : int
        Length of the kernel in pixels, at least 1.
    stride : int
        Step from one place to the next, at least 1.
    padding : int
        Pixels added at *each* end.
    dilation : int
        Step between neighbouring kernel weights; 1 leaves no gap.

    Returns
    -------
    int
        ``floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1``.

    Raises
    ------
    ValueError
        If an argument is too small, or the kernel does not fit even once.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, relationship 6
    and its extension to dilation, relationship 15.

    Examples
    --------
    >>> output_size(28, 5, padding=2)
    28
    >>> output_size(28, 2, stride=2)
    14
    """
    for name, value in (("size", size), ("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if value < 1:
            raise ValueError(f"{name} is {value}; expected at least 1")
    if padding < 0:
        raise ValueError(f"padding is {padding}; expected at least 0")
    span = dilation * (kernel - 1) + 1
    if span > size + 2 * padding:
        raise ValueError(
            f"a kernel that spans {span} pixels does not fit into {size} + 2 x {padding} = {size + 2 * padding} "
            f"pixels; use a padding of at least {-(-(span - size) // 2)} or a smaller kernel"
        )
    return (size + 2 * padding - span) // stride + 1


# ---------------------------------------------------------------- convolution


def check_maps(images, what):
    """Refuse `images` that are no floating-point maps (B, C, H, W); the error calls them `what`."""
    if not isinstance(images, torch.Tensor):
        raise TypeError(f"{what} are a {type(images).__name__}; expected a tensor: use torch.as_tensor(...)")
    if images.ndim != 4:
        raise ValueError(
            f"{what} have shape {tuple(images.shape)}; expected (B, C, H, W): "
            f"one grey image of shape (H, W) becomes that with image[None, None]"
        )
    if not images.is_floating_point():
        raise TypeError(
            f"{what} have dtype {str(images.dtype).removeprefix('torch.')}; expected floating point: "
            f"use {what}.float() / 255 for bytes"
        )


def _check_convolution(images, kernels, bias):
    check_maps(images, "images")
    check_maps(kernels, "kernels")
    if images.shape[1] != kernels.shape[1]:
        raise ValueError(
            f"images have {images.shape[1]} channels but each kernel has {kernels.shape[1]}; "
            f"kernels need shape (C_out, {images.shape[1]}, k_h, k_w)"
        )
    if images.dtype != kernels.dtype:
        raise TypeError(
            f"images are {images.dtype} but kernels are {kernels.dtype}; convert one: kernels.to(images.dtype)"
        )
    if bias is not None and bias.shape != kernels.shape[:1]:
        raise ValueError(f"bias has shape {tuple(bias.shape)}; expected ({kernels.shape[0]},): one number a kernel")


def conv2d_loops(images, kernels, bias=None, *, stride=1, padding=0):
    """Convolve as the formula is written, one output number at a time.

    Slow on purpose: it is the reference that faster versions are compared with. As everywhere in deep
    learning, the kernel is *not* flipped (a signal-processing text calls this cross-correlation).

    Parameters
    ----------
    images : Tensor of shape (B, C, H, W)
        Floating point.
    kernels : Tensor of shape (C_out, C, k_h, k_w)
        Same dtype as `images`.
    bias : Tensor of shape (C_out,), optional
        Added to every number of an output map.
    stride : int
        Step between places, along both sides.
    padding : int
        Zeros added at each border.

    Returns
    -------
    Tensor of shape (B, C_out, H_out, W_out)
        Sizes as in `output_size`. Gradients flow to all three inputs.

    Raises
    ------
    TypeError
        If an input is no floating-point tensor, or the dtypes differ.
    ValueError
        If shapes do not go together, or a kernel does not fit.

    Examples
    --------
    >>> image = torch.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d_loops(image, torch.ones(1, 1, 2, 2)).flatten().tolist()
    [8.0, 12.0, 20.0, 24.0]
    """
    _check_convolution(images, kernels, bias)
    k_h, k_w = kernels.shape[2:]
    height = output_size(images.shape[2], k_h, stride=stride, padding=padding)
    width = output_size(images.shape[3], k_w, stride=stride, padding=padding)
    padded = F.pad(images, (padding, padding, padding, padding))
    maps = []
    for image in padded:
        for index, kernel in enumerate(kernels):
            for y in range(height):
                for x in range(width):
                    top, left = y * stride, x * stride
                    window = image[:, top : top + k_h, left : left + k_w]
                    maps.append((window * kernel).sum() + (0 if bias is None else bias[index]))
    if not maps:  # an empty batch
        return images.new_zeros(len(images), len(kernels), height, width)
    return torch.stack(maps).reshape(len(images), len(kernels), height, width)


def conv2d_unfold(images, kernels, bias=None, *, stride=1, padding=0):
    """Convolve with no Python loop: collect all windows, then multiply and sum once.

    Parameters
    ----------
    images, kernels, bias, stride, padding
        As for `conv2d_loops`, with the same errors.

    Returns
    -------
    Tensor of shape (B, C_out, H_out, W_out)

    Examples
    --------
    >>> images, kernels = torch.rand(2, 3, 8, 8), torch.rand(4, 3, 3, 3)
    >>> conv2d_unfold(images, kernels, padding=1).shape
    torch.Size([2, 4, 8, 8])
    """
    _check_convolution(images, kernels, bias)
    k_h, k_w = kernels.shape[2:]
    for side, kernel_side in ((images.shape[2], k_h), (images.shape[3], k_w)):
        output_size(side, kernel_side, stride=stride, padding=padding)  # raises if the kernel does not fit
    padded = F.pad(images, (padding, padding, padding, padding))
    windows = padded.unfold(2, k_h, stride).unfold(3, k_w, stride)  # (B, C, H_out, W_out, k_h, k_w)
    maps = torch.einsum("bchwij,ocij->bohw", windows, kernels)
    return maps if bias is None else maps + bias[:, None, None]  # (C_out,) -> (C_out, 1, 1)


def convolution_matrix(kernel, shape):
    """Write a convolution (no padding, stride 1) as the weight matrix of a dense layer.

    Parameters
    ----------
    kernel : Tensor of shape (k_h, k_w)
    shape : tuple of int
        Height and width (H, W) of the image.

    Returns
    -------
    Tensor of shape (H_out * W_out, H * W)
        ``matrix @ image.flatten()`` is the flattened convolution. Every row holds the same weights,
        moved along; everything else is zero.

    Raises
    ------
    ValueError
        If `kernel` is not two-dimensional, or larger than the image.

    Examples
    --------
    >>> convolution_matrix(torch.tensor([[1.0, 2.0]]), (1, 4)).tolist()
    [[1.0, 2.0, 0.0, 0.0], [0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 1.0, 2.0]]
    """
    if kernel.ndim != 2:
        raise ValueError(f"kernel has shape {tuple(kernel.shape)}; expected (k_h, k_w): pass kernels[i, j]")
    (height, width), (k_h, k_w) = shape, kernel.shape
    rows = []
    for y in range(output_size(height, k_h)):
        for x in range(output_size(width, k_w)):
            row = kernel.new_zeros(height, width)
            row[y : y + k_h, x : x + k_w] = kernel
            rows.append(row.flatten())
    return torch.stack(rows)


# ---------------------------------------------------------------- pooling and shifting


def max_pool2d_loops(images, size, *, stride=None):
    """Keep the largest number of each window, one window at a time.

    Parameters
    ----------
    images : Tensor of shape (B, C, H, W)
        Floating point.
    size : int
        Side of the square window.
    stride : int, optional
        Step between windows. Windows lie side by side (``stride = size``) if not given.

    Returns
    -------
    Tensor of shape (B, C, H_out, W_out)
        Rows and columns that no whole window covers are dropped, as in PyTorch.

    Raises
    ------
    TypeError, ValueError
        As in `conv2d_loops`.

    Examples
    --------
    >>> max_pool2d_loops(torch.arange(16.0).reshape(1, 1, 4, 4), 2).tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]
    """
    check_maps(images, "images")
    stride = size if stride is None else stride
    height = output_size(images.shape[2], size, stride=stride)
    width = output_size(images.shape[3], size, stride=stride)
    pooled = images.new_empty(*images.shape[:2], height, width)
    for y in range(height):
        for x in range(width):
            window = images[:, :, y * stride : y * stride + size, x * stride : x * stride + size]
            pooled[:, :, y, x] = window.amax(dim=(2, 3))
    return pooled


def shift(images, *, right=0, down=0):
    """Move images by whole pixels; what comes in from outside is zero.

    Parameters
    ----------
    images : Tensor of shape (..., H, W)
    right, down : int
        Pixels to move by; negative is left and up.

    Returns
    -------
    Tensor of shape (..., H, W)
        A new tensor.

    Raises
    ------
    ValueError
        If `images` has fewer than two dimensions, or would leave the frame.

    Examples
    --------
    >>> shift(torch.tensor([[1.0, 2.0, 3.0]]), right=1).tolist()
    [[0.0, 1.0, 2.0]]
    """
    if images.ndim < 2:
        raise ValueError(f"images have shape {tuple(images.shape)}; expected (..., H, W)")
    height, width = images.shape[-2:]
    if abs(right) > width or abs(down) > height:
        raise ValueError(
            f"a shift by right={right}, down={down} moves {height}x{width} images out of their frame; "
            f"use at most {width} and {height}"
        )
    # a negative padding cuts off
    return F.pad(images, (right, -right, down, -down))
