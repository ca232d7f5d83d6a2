"""Why a network answered as it did: what the methods need around them, and pictures of their maps.

The methods themselves are a few lines each; lecture 12 shows them.
"""

import copy

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.overrides import TorchFunctionMode

# ---------------------------------------------------------------- changing a network for a while


class replacing(TorchFunctionMode):
    """Call another function in place of a PyTorch function, for as long as the ``with`` block lasts.

    Parameters
    ----------
    function : callable
        A function of `torch` or `torch.nn.functional`, e.g. ``F.relu6``.
    substitute : callable
        Is given the same positional arguments; options given by name, such as ``inplace``, are dropped.

    Examples
    --------
    >>> with replacing(F.relu, torch.neg):
    ...     print(F.relu(torch.tensor(2.0)))
    tensor(-2.)
    """

    def __init__(self, function, substitute):
        super().__init__()
        self.function, self.substitute = function, substitute

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is self.function:
            return self.substitute(*args)
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def shuffle_weights(model, names, *, generator=None):
    """Return a copy in which the weights of some parts change places at random.

    Parameters
    ----------
    model : nn.Module
    names : sequence of str
        Parts of the model, as in ``model.named_modules()``. Within each convolution and each linear layer of a part,
        the weights are shuffled: the same numbers, elsewhere. Biases stay.
    generator : torch.Generator, optional

    Returns
    -------
    nn.Module

    Raises
    ------
    ValueError
        If a name is unknown, or a part has no convolution and no linear layer.
    """
    shuffled = copy.deepcopy(model)
    parts = dict(shuffled.named_modules())
    for name in names:
        if name not in parts:
            raise ValueError(f"the model has no part {name!r}; it has {', '.join(key for key in parts if key)}")
        layers = [layer for layer in parts[name].modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
        if not layers:
            raise ValueError(f"{name!r} has no convolution and no linear layer, so there is nothing to shuffle")
        for layer in layers:
            order = torch.randperm(layer.weight.numel(), generator=generator)
            layer.weight.copy_(layer.weight.flatten()[order].view_as(layer.weight))
    return shuffled


class ClassMaps(nn.Module):
    """A network with a global mean and one linear layer, that returns its class activation maps too.

    Parameters
    ----------
    network : nn.Module
        Has `features`, which returns maps, and a linear layer `classifier` that takes their means.

    References
    ----------
    Zhou et al., "Learning deep features for discriminative localization", 2016, doi:10.1109/CVPR.2016.319.
    """

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        """Pixels (B, 3, H, W) from 0 to 255 -> scores (B, K), and maps (B, K, h, w) whose sum is score minus bias."""
        maps = self.network.features((pixels - 127) / 128)
        weights = self.network.classifier.weight
        class_maps = torch.einsum("kc,bchw->bkhw", weights, maps) / (maps.shape[2] * maps.shape[3])
        return self.network.classifier(maps.mean((2, 3))), class_maps


# ---------------------------------------------------------------- pictures


def enlarge(heat, size):
    """Resize maps, bilinearly.

    Parameters
    ----------
    heat : Tensor of shape (..., h, w)
    size : int or (int, int)

    Returns
    -------
    Tensor of shape (..., H, W)
    """
    size = (size, size) if isinstance(size, int) else tuple(size)
    flat = heat.reshape(1, -1, *heat.shape[-2:])
    return F.interpolate(flat, size, mode="bilinear", align_corners=False).reshape(*heat.shape[:-2], *size)


def blend(pixels, heat, *, strength=0.7):
    """Lay the colours of a map over a photograph in grey: yellow is large, dark violet is zero or less.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8.
    heat : Tensor of shape (h, w)
        Any scale: the brightest colour stands for the value that only 0.5 % of the places exceed.
    strength : float
        Share of the map's colours in the mixture, 0 to 1.

    Returns
    -------
    ndarray of shape (H, W, 3)
        Float, in [0, 1].

    Raises
    ------
    ValueError
        If `heat` is not one map of two axes.
    """
    if heat.ndim != 2:
        raise ValueError(f"the map has shape {tuple(heat.shape)}; expected (h, w): take one image of the batch")
    grey = np.asarray(pixels, dtype=float) / 255
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    heat = enlarge(heat.detach().float().clamp(min=0), grey.shape).numpy()
    top = np.percentile(heat, 99.5) or heat.max() or 1.0
    colour = matplotlib.colormaps["viridis"](np.minimum(heat / top, 1))[..., :3]
    return (1 - strength) * grey[..., None] + strength * colour


def halves(left, right, *, columns=(40, 56)):
    """Put an upright half of one square beside an upright half of another.

    Parameters
    ----------
    left, right : ndarray of shape (S, S, 3)
        uint8.
    columns : (int, int)
        Where the half that is kept begins, in each.

    Returns
    -------
    ndarray of shape (S, S, 3)
    """
    half = left.shape[1] // 2
    parts = [square[:, start : start + half] for square, start in zip((left, right), columns, strict=True)]
    return np.concatenate(parts, axis=1)


def quarters(squares):
    """Put four squares, each at half its size, into one: two above, two below.

    Parameters
    ----------
    squares : sequence of 4 ndarrays of shape (S, S, 3)
        uint8, S even.

    Returns
    -------
    ndarray of shape (S, S, 3)

    Raises
    ------
    ValueError
        If there are not four.
    """
    if len(squares) != 4:
        raise ValueError(f"there are {len(squares)} squares; expected 4, two above and two below")
    small = [_half_size(square) for square in squares]
    return np.concatenate([np.concatenate(small[:2], axis=1), np.concatenate(small[2:], axis=1)], axis=0)


def _half_size(square):
    size = (square.shape[1] // 2, square.shape[0] // 2)
    return np.array(Image.fromarray(square).resize(size, Image.Resampling.BICUBIC))
