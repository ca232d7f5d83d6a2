"""Weights of few bits: batch normalisation folded into the convolutions, weights rounded, once or while it runs."""

import copy

import torch
from torch import nn
from torch.nn.utils import parametrize
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


class AdjustableBits(nn.Module):
    """A network whose weights are rounded anew each time it runs, to as many bits as it is told.

    Parameters
    ----------
    network : nn.Module
        A copy of it is used.
    groups : dict of str to sequence of nn.Module
        Layers of `network` that have the same number of bits, each under its name; other layers stay as they are.

    References
    ----------
    Nagel et al., "A white paper on neural network quantization", 2021, arXiv:2106.08295.
    """

    FLOAT = 32  # this number of bits leaves the weights as they are

    def __init__(self, network, groups):
        super().__init__()
        self.network = copy.deepcopy(network)
        self._told = {"bits": None, "per_channel": None}
        group_of = {id(layer): index for index, layers in enumerate(groups.values()) for layer in layers}
        for layer, own in zip(list(network.modules()), list(self.network.modules()), strict=True):
            if id(layer) in group_of:
                parametrize.register_parametrization(own, "weight", _Rounded(self._told, group_of[id(layer)]))

    def forward(self, images, bits, per_channel):
        """Run the network.

        Parameters
        ----------
        images : Tensor
            What the network takes.
        bits : Tensor of shape (G,)
            float32, for each group 2 to 16, or `FLOAT`. A weight of b bits is ``scale * k`` with a whole k from
            -(2^(b-1) - 1) to 2^(b-1) - 1.
        per_channel : Tensor of shape (1,)
            float32, 1: each output channel has a scale of its own; 0: each layer has one.

        Returns
        -------
        Tensor
            What the network gives.
        """
        self._told.update(bits=bits, per_channel=per_channel)
        try:
            return self.network(images)
        finally:
            self._told.update(bits=None, per_channel=None)


class _Rounded(nn.Module):
    """A weight as its layer sees it."""

    def __init__(self, told, group):
        super().__init__()
        self.told, self.group = told, group

    def forward(self, weight):
        if self.told["bits"] is None:
            return weight
        bits, per_channel = self.told["bits"][self.group], self.told["per_channel"]
        largest = weight.flatten(1).abs().amax(dim=1).view(-1, *[1] * (weight.ndim - 1))
        largest = per_channel * largest + (1 - per_channel) * largest.amax()
        scale = largest.clamp(min=1e-30) / (2 ** (bits - 1) - 1)
        return torch.where(bits < AdjustableBits.FLOAT, (weight / scale).round() * scale, weight)
