"""Layers of several small networks that learn side by side: at these sizes a step costs mostly the call itself."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LayersSideBySide(nn.Module):
    """Linear layers of several networks of one shape: the first dimension of all weights counts the networks.

    Parameters
    ----------
    n_networks : int
    sizes : iterable of (int, int)
        Inputs and outputs of each layer.
    generator : torch.Generator, optional
        Source of the first weights, uniform up to ``1 / sqrt(inputs of the layer)`` as in PyTorch's ``nn.Linear``.

    Examples
    --------
    >>> layers = LayersSideBySide(3, [(4, 8), (8, 2)])
    >>> layers.run(torch.zeros(3, 5, 4), [0, 1]).shape
    torch.Size([3, 5, 2])
    """

    def __init__(self, n_networks, sizes, *, generator=None):
        super().__init__()
        self.n_networks = n_networks
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for n_in, n_out in sizes:
            for parameters, shape in ((self.weights, (n_in, n_out)), (self.biases, (1, n_out))):
                draws = 2 * torch.rand(n_networks, *shape, generator=generator) - 1
                parameters.append(nn.Parameter(draws / math.sqrt(n_in)))

    def run(self, values, layers, activation=F.relu):
        """Send values (n_networks, B, n_in) through some layers, with `activation` after each but the last."""
        for layer in layers:
            values = torch.baddbmm(self.biases[layer], values, self.weights[layer])
            if layer != layers[-1]:
                values = activation(values)
        return values

    def linear(self, layer, index, *, n_inputs=None):
        """Return a copy of one network's layer as an ``nn.Linear``; of its first `n_inputs` inputs, if given."""
        weight = self.weights[layer][index, :n_inputs]
        linear = nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(weight.T)
            linear.bias.copy_(self.biases[layer][index, 0])
        return linear
