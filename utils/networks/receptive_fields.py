"""Receptive fields: what one unit of a stack of layers can see, by counting and by measuring."""

from typing import NamedTuple

import torch

from utils.networks.convolution import check_maps


class Field(NamedTuple):
    """How much of the input one unit of a layer sees.

    Attributes
    ----------
    size : int
        Side of the patch of input pixels that reach the unit.
    jump : int
        Input pixels between the patches of two neighbouring units.
    """

    size: int
    jump: int


def receptive_field(layers):
    """Compute the receptive field after each layer of a chain.

    Parameters
    ----------
    layers : iterable of (kernel, stride) or (kernel, stride, dilation)
        Convolutions and poolings from the input on. Layers that work pixel by pixel are left out.

    Returns
    -------
    list of Field
        One a layer: ``size = size_before + dilation * (kernel - 1) * jump_before`` and
        ``jump = jump_before * stride``, from ``size = jump = 1`` at the input.

    Raises
    ------
    ValueError
        If a layer is no pair or triple of whole numbers of at least 1.

    References
    ----------
    Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill,
    2019. Kernels are square here, so one number does for both sides.

    Examples
    --------
    >>> receptive_field([(3, 1), (3, 1)])[-1].size
    5
    >>> receptive_field([(2, 2), (3, 1)])[-1]
    Field(size=6, jump=2)
    """
    fields, field = [], Field(1, 1)
    for index, layer in enumerate(layers):
        if len(layer) not in (2, 3) or min(layer) < 1:
            raise ValueError(
                f"layer {index} is {layer}; expected (kernel, stride) or (kernel, stride, dilation), each at least 1"
            )
        kernel, stride, dilation = (*layer, 1)[:3]
        field = Field(field.size + dilation * (kernel - 1) * field.jump, field.jump * stride)
        fields.append(field)
    return fields


def input_sensitivity(model, images, unit=None):
    """Measure how strongly each input pixel moves one unit of the output maps.

    Parameters
    ----------
    model : callable
        Maps ``(B, C, H, W)`` to maps ``(B, C_out, H_out, W_out)``.
    images : Tensor of shape (B, C, H, W)
        The gradient depends on the image wherever there is a ReLU or a maximum, so give many, random
        ones to see every pixel that *can* matter.
    unit : tuple of int, optional
        Row and column of the unit in the output maps; the middle one if not given. All output
        channels at that place are taken together.

    Returns
    -------
    Tensor of shape (H, W)
        Mean over images of the absolute gradient, summed over input channels. It is exactly zero
        where the unit cannot look.

    Raises
    ------
    ValueError
        If the output has no rows and columns, or `unit` lies outside.

    Examples
    --------
    >>> seen = input_sensitivity(torch.nn.Conv2d(1, 4, 3), torch.rand(8, 1, 9, 9))
    >>> int((seen > 0).sum())
    9
    """
    check_maps(images, "images")
    images = images.detach().requires_grad_()
    maps = model(images)
    if maps.ndim != 4:
        raise ValueError(
            f"the model returns shape {tuple(maps.shape)}; expected maps (B, C, H, W): "
            f"stop before the layer that flattens them"
        )
    row, column = unit if unit is not None else (maps.shape[2] // 2, maps.shape[3] // 2)
    if not (0 <= row < maps.shape[2] and 0 <= column < maps.shape[3]):
        raise ValueError(
            f"unit ({row}, {column}) lies outside maps of {maps.shape[2]}x{maps.shape[3]}; "
            f"rows and columns count from 0"
        )
    total = 0
    for channel in range(maps.shape[1]):  # one at a time, so that channels of opposite sign cannot cancel
        (gradient,) = torch.autograd.grad(maps[:, channel, row, column].sum(), images, retain_graph=True)
        total = total + gradient.abs().sum(dim=1).mean(dim=0)  # (B, C, H, W) -> (H, W)
    return total


def extent(sensitivity):
    """Height and width of the smallest box around the non-zero pixels.

    Parameters
    ----------
    sensitivity : Tensor of shape (H, W)

    Returns
    -------
    tuple of int
        (height, width); (0, 0) if every pixel is zero.

    Examples
    --------
    >>> extent(torch.tensor([[0.0, 0.0, 0.0], [0.0, 2.0, 1.0]]))
    (1, 2)
    """
    if sensitivity.ndim != 2:
        raise ValueError(f"sensitivity has shape {tuple(sensitivity.shape)}; expected (H, W)")
    places = sensitivity.nonzero()
    if len(places) == 0:
        return 0, 0
    height, width = (places.amax(dim=0) - places.amin(dim=0) + 1).tolist()
    return height, width
