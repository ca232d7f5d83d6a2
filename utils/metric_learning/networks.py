"""Small networks that turn an image into an embedding."""

import torch
import torch.nn.functional as F
from torch import nn

from utils.networks.lenet import Standardise


class GarmentEmbedding(nn.Module):
    """A small convolutional network from 28×28 pixels to an embedding, not brought to length 1.

    Parameters
    ----------
    mean, std : float
        Of the training images.
    n_dimensions : int

    Examples
    --------
    >>> GarmentEmbedding(0.3, 0.35)(torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 32])
    """

    def __init__(self, mean, std, *, n_dimensions=32):
        super().__init__()
        self.standardise = Standardise(mean, std)
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, n_dimensions),
        )
        # the same numbers, in an order that is faster
        self.to(memory_format=torch.channels_last)

    def forward(self, images):
        """Embed images (B, 1, 28, 28) with values in [0, 1]; returns (B, n_dimensions)."""
        if images.shape[1:] != (1, 28, 28):
            raise ValueError(f"images have shape {tuple(images.shape)}; expected (B, 1, 28, 28): resize them first")
        return self.layers(self.standardise(images))


def embed_side_by_side(nets, images):
    """Send each batch through its own network, with one call of each convolution for all, which is faster.

    Parameters
    ----------
    nets : sequence of GarmentEmbedding
        R networks; their weights may differ, their sizes must not.
    images : sequence of Tensor of shape (B, 1, 28, 28)
        R batches of one size, with values in [0, 1].

    Returns
    -------
    list of Tensor of shape (B, n_dimensions)
        What each network alone would return for its batch, with its gradients.

    Raises
    ------
    ValueError
        If there is no network, or not one batch for each.

    Examples
    --------
    >>> nets = [GarmentEmbedding(0.3, 0.35) for _ in range(3)]
    >>> batches = torch.rand(3, 5, 1, 28, 28)
    >>> together = embed_side_by_side(nets, batches)
    >>> together[1].shape
    torch.Size([5, 32])
    >>> torch.allclose(together[1], nets[1](batches[1]), atol=1e-5)
    True
    """
    if len(nets) == 0 or len(nets) != len(images):
        raise ValueError(
            f"got {len(nets)} networks and {len(images)} batches; expected one batch for each, at least one"
        )
    # the batches become channels: R times (B, 1, 28, 28) -> (B, R, 28, 28)
    values = torch.cat([net.standardise(batch) for net, batch in zip(nets, images, strict=True)], dim=1)
    for layers in zip(*[net.layers[:-2] for net in nets], strict=True):
        if isinstance(layers[0], nn.Conv2d):  # a group of channels for each network
            weight, bias = torch.cat([layer.weight for layer in layers]), torch.cat([layer.bias for layer in layers])
            how = {"stride": layers[0].stride, "padding": layers[0].padding}
            values = F.conv2d(values, weight, bias, groups=len(nets), **how)
        else:
            values = layers[0](values)
    return [net.layers[-2:](part) for net, part in zip(nets, values.chunk(len(nets), dim=1), strict=True)]


class DigitPlane(nn.Module):
    """A small convolutional network from 8×8 pixels to two numbers, which can be drawn as a point.

    Examples
    --------
    >>> DigitPlane()(torch.rand(5, 1, 8, 8)).shape
    torch.Size([5, 2])
    """

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, 32),
            nn.ReLU(),
            nn.Linear(32, 2),
        )

    def forward(self, images):
        """Place images (B, 1, 8, 8) in the plane; returns (B, 2)."""
        return self.layers(images)


class WithPlane(nn.Module):
    """A network whose embeddings have length 1, and their places in the plane where those of some images differ most.

    Parameters
    ----------
    network : nn.Module
        Images to embeddings; it is used as it is, not copied.
    images : Tensor of shape (N, C, H, W)
        Fix the plane: the two leading principal axes of their embeddings.

    Examples
    --------
    >>> images = torch.rand(5, 1, 28, 28)
    >>> [tuple(result.shape) for result in WithPlane(GarmentEmbedding(0.3, 0.35), images)(images)]
    [(5, 32), (5, 2)]
    """

    def __init__(self, network, images):
        super().__init__()
        self.network = network
        device = next(network.parameters()).device
        with torch.no_grad():
            units = F.normalize(network(images.to(device)))
        middle = units.mean(dim=0)
        self.register_buffer("middle", middle)
        # the right singular vectors, the leading ones first: (D, 2)
        self.register_buffer("axes", torch.linalg.svd(units - middle, full_matrices=False).Vh[:2].T.contiguous())

    def forward(self, images):
        """Return the embeddings (B, D), of length 1, and their places (B, 2)."""
        units = F.normalize(self.network(images))
        return units, (units - self.middle) @ self.axes
