"""Autoencoders: penalties on a code, networks that learn side by side, and what a code is worth."""

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from utils.training.side_by_side import LayersSideBySide

# ---------------------------------------------------------------- what is asked of a code


def keep_largest(codes, k):
    """Keep the k largest numbers of each code; set the others to 0.

    Parameters
    ----------
    codes : Tensor of shape (..., D)
    k : int

    Returns
    -------
    Tensor of shape (..., D)

    Raises
    ------
    ValueError
        If `k` is not between 1 and D.

    References
    ----------
    Makhzani and Frey, "k-sparse autoencoders", 2014, arXiv:1312.5663.

    Examples
    --------
    >>> keep_largest(torch.tensor([3.0, -5.0, 1.0, 2.0]), 2)
    tensor([3., 0., 0., 2.])
    """
    if not 1 <= k <= codes.shape[-1]:
        raise ValueError(f"k is {k}; expected 1 to {codes.shape[-1]}, the length of a code")
    values, places = codes.topk(k, dim=-1)
    return torch.zeros_like(codes).scatter(-1, places, values)


def contractive_penalty(codes, weight):
    """Return the squared Frobenius norm of a sigmoid layer's Jacobian, averaged over the batch.

    Parameters
    ----------
    codes : Tensor of shape (..., B, D)
        ``sigmoid(inputs @ weight + bias)``.
    weight : Tensor of shape (..., n_inputs, D)

    Returns
    -------
    Tensor of shape (...)

    References
    ----------
    Rifai et al., "Contractive auto-encoders: explicit invariance during feature extraction", 2011, section 3.
    """
    slopes = (codes * (1 - codes)).square()  # (..., B, D)
    return (slopes * weight.square().sum(dim=-2, keepdim=True)).sum(dim=-1).mean(dim=-1)


def nt_xent(first, second, *, temperature=0.5):
    """Ask of each code to be nearer to the other view of its own image than to every other code of the batch.

    Parameters
    ----------
    first, second : Tensor of shape (..., B, D)
        Codes of two views of the same images; brought to length 1 here.
    temperature : float
        Divides the cosines.

    Returns
    -------
    Tensor of shape (...)
        Mean cross-entropy over both views. `info_nce_loss` of lecture 15 gives the same where each image is a class.

    References
    ----------
    Chen et al., "A simple framework for contrastive learning of visual representations", 2020, eq. 1.
    """
    units = F.normalize(torch.cat([first, second], dim=-2), dim=-1)  # (..., 2B, D)
    cosines = units @ units.transpose(-1, -2) / temperature
    n = first.shape[-2]
    itself = torch.eye(2 * n, dtype=torch.bool, device=units.device)
    log_shares = cosines.masked_fill(itself, -torch.inf).log_softmax(dim=-1)
    partner = torch.arange(2 * n, device=units.device).roll(n)
    return -log_shares[..., torch.arange(2 * n, device=units.device), partner].mean(dim=-1)


# ---------------------------------------------------------------- networks


class ManyAutoencoders(LayersSideBySide):
    """Several autoencoders of one shape that learn side by side: the first dimension of all weights counts them.

    Parameters
    ----------
    n_networks : int
    widths : sequence of int
        Of the encoder, from the pixels to the code; the decoder mirrors them with weights of its own.
    activation : callable
        After each layer but the last of the encoder and of the decoder.
    code : callable, optional
        Applied to the encoder's last layer.
    mean : Tensor of shape (n_pixels,), optional
        Taken away from the images before they are encoded, and added again after decoding.
    generator : torch.Generator, optional
        Source of the first weights, uniform up to ``1 / sqrt(inputs of the layer)`` as in PyTorch's ``nn.Linear``.

    Examples
    --------
    >>> model = ManyAutoencoders(3, (784, 64, 16))
    >>> codes = model.encode(torch.rand(3, 5, 784))
    >>> codes.shape, model.decode(codes).shape
    (torch.Size([3, 5, 16]), torch.Size([3, 5, 784]))
    """

    def __init__(self, n_networks, widths, *, activation=F.relu, code=None, mean=None, generator=None):
        super().__init__(n_networks, pairwise([*widths, *reversed(widths[:-1])]), generator=generator)
        self.register_buffer("mean", torch.zeros(widths[0]) if mean is None else mean.clone())
        self.n_layers = len(widths) - 1
        self.activation, self.code = activation, code

    def encode(self, images):
        """Map images (n_networks, B, n_pixels), or (B, n_pixels) for all networks, to (n_networks, B, n_code)."""
        values = (images - self.mean).expand(self.n_networks, *images.shape[-2:])
        values = self.run(values, range(self.n_layers), self.activation)
        return values if self.code is None else self.code(values)

    def decode(self, codes):
        """Map codes (n_networks, B, n_code) to images (n_networks, B, n_pixels)."""
        return self.run(codes, range(self.n_layers, 2 * self.n_layers), self.activation) + self.mean

    def forward(self, images):
        """Encode and decode; returns (n_networks, B, n_pixels)."""
        return self.decode(self.encode(images))


class SquarePictures(nn.Module):
    """A decoder of its own, from codes to square pictures.

    Parameters
    ----------
    *layers : nn.Module
        From a code to the picture's pixels in a row.
    n_pixels : int
        A square number.

    Examples
    --------
    >>> SquarePictures(nn.Linear(2, 784), n_pixels=784)(torch.zeros(5, 2)).shape
    torch.Size([5, 1, 28, 28])
    """

    def __init__(self, *layers, n_pixels):
        super().__init__()
        self.layers, self.side = nn.Sequential(*layers), math.isqrt(n_pixels)

    def forward(self, z):
        """Return pictures (B, 1, side, side) for codes (B, n_code)."""
        return self.layers(z).reshape(-1, 1, self.side, self.side)


def cut_out_decoder(autoencoders, index, *, n_code=None):
    """Copy one decoder out of `ManyAutoencoders` with ReLU between their layers.

    Parameters
    ----------
    autoencoders : ManyAutoencoders
    index : int
        Which network.
    n_code : int, optional
        Take only the first numbers of the code, where the others are always 0.

    Returns
    -------
    SquarePictures

    Examples
    --------
    >>> cut_out_decoder(ManyAutoencoders(3, (784, 64, 2)), 0)(torch.zeros(5, 2)).shape
    torch.Size([5, 1, 28, 28])
    """
    first, last = autoencoders.n_layers, 2 * autoencoders.n_layers - 1
    layers = []
    for layer in range(first, last + 1):
        layers += [autoencoders.linear(layer, index, n_inputs=n_code if layer == first else None), nn.ReLU()]
    with torch.no_grad():
        layers[-2].bias.add_(autoencoders.mean)
    return SquarePictures(*layers[:-1], n_pixels=layers[-2].out_features)


class ConvAutoencoder(nn.Module):
    """A small convolutional autoencoder for 28×28 pixels, without connections past the code.

    The code has 32 maps of 7×7 numbers, twice as many numbers as the picture has pixels: only what it is trained for
    keeps it from copying.

    Examples
    --------
    >>> model = ConvAutoencoder().eval()
    >>> model.encode(torch.rand(5, 1, 28, 28)).shape, model(torch.rand(5, 1, 28, 28)).shape
    (torch.Size([5, 32, 7, 7]), torch.Size([5, 1, 28, 28]))
    """

    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(
            nn.PixelUnshuffle(2),  # (B, 1, 28, 28) -> (B, 4, 14, 14)
            nn.Conv2d(4, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        )  # fmt: skip
        self.decode = nn.Sequential(
            nn.ConvTranspose2d(32, 32, 2, stride=2), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 4, 3, padding=1),
            nn.PixelShuffle(2),
        )  # fmt: skip
        self.to(memory_format=torch.channels_last)  # the same numbers, in an order that is faster

    def forward(self, images):
        """Return what comes back of images (B, 1, 28, 28); not clipped."""
        return self.decode(self.encode(images))


# ---------------------------------------------------------------- what a code is worth


def draw_labelled(labels, n_per_class, *, generator=None):
    """Choose a few items of each class at random.

    Parameters
    ----------
    labels : Tensor of shape (N,)
    n_per_class : int
    generator : torch.Generator, optional

    Returns
    -------
    Tensor of shape (n_per_class * K,)
        Indices.

    Raises
    ------
    ValueError
        If a class has fewer items.
    """
    chosen = []
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        if len(members) < n_per_class:
            raise ValueError(f"class {label} has {len(members)} items; ask for at most so many, not {n_per_class}")
        chosen.append(members[torch.randperm(len(members), generator=generator)[:n_per_class]])
    return torch.cat(chosen)


def linear_probe(codes, labels, test_codes, test_labels, *, penalties=tuple(10.0**p for p in range(-2, 5))):
    """Train a linear classifier on codes; return its accuracy on others.

    Ridge regression to the classes. Codes are centred and divided by one number, their overall standard deviation, so
    that directions keep their relative lengths. Of the `penalties` the one with the least leave-one-out error on the
    training codes is taken; nothing is chosen by the test.

    Parameters
    ----------
    codes : Tensor of shape (N, D)
    labels : Tensor of shape (N,)
    test_codes : Tensor of shape (M, D)
    test_labels : Tensor of shape (M,)
    penalties : sequence of float

    Returns
    -------
    float
        In [0, 1].

    References
    ----------
    Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016, arXiv:1610.01644.
    """
    from sklearn.linear_model import RidgeClassifierCV

    mean = codes.mean(dim=0)
    scale = (codes - mean).square().mean().sqrt().clamp(min=1e-12)
    scaled, test_scaled = (((each - mean) / scale).cpu().numpy() for each in (codes, test_codes))
    probe = RidgeClassifierCV(alphas=np.asarray(penalties)).fit(scaled, labels.cpu().numpy())
    return float(probe.score(test_scaled, test_labels.cpu().numpy()))
