"""Weights that need only 8 bits: batch normalisation folded into the convolutions, then rounded channel by channel."""

import copy

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norm(network):
    """Return a copy in which each convolution does the work of the batch normalisation that follows it.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode. The pairs are those of an `nn.Sequential` in which a convolution is directly followed by
        an `nn.BatchNorm2d`.

    Returns
    -------
    nn.Module
        Computes the same, up to rounding.

    Raises
    ------
    ValueError
        If the network is in training mode, where normalisation depends on the batch.
    """
    if network.training:
        raise ValueError("the network is in training mode; call eval() first, so that its normalisation is fixed")
    folded = copy.deepcopy(network)
    for sequence in [module for module in folded.modules() if isinstance(module, nn.Sequential)]:
        for index in range(len(sequence) - 1):
            convolution, norm = sequence[index], sequence[index + 1]
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                sequence[index], sequence[index + 1] = fuse_conv_bn_eval(convolution, norm), nn.Identity()
    return folded


@torch.no_grad()
def round_weights(network, *, keep=()):
    """Return a copy whose weights take at most 255 evenly spaced values in each output channel.

    Parameters
    ----------
    network : nn.Module
    keep : sequence of nn.Module
        Layers of `network` that are left as they are. Depthwise convolutions and the first layers have few weights
        and suffer most from rounding.

    Returns
    -------
    nn.Module
        Weights of convolutions and linear layers are ``scale * k`` with a whole k from -127 to 127.

    References
    ----------
    Nagel et al., "A white paper on neural network quantization", 2021, arXiv:2106.08295.
    """
    rounded = copy.deepcopy(network)
    kept = {name for name, module in network.named_modules() if any(module is layer for layer in keep)}
    for name, module in rounded.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)) and name not in kept:
            rows = module.weight.flatten(1)  # (channels out, all others)
            scale = rows.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(rows.dtype).tiny * 127) / 127
            module.weight.copy_(((rows / scale).round() * scale).view_as(module.weight))
    return rounded
