"""Small networks that turn an image into an embedding, and pictures of one item taken anew."""

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
