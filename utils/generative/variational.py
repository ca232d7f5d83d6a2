"""Variational autoencoders: the terms of the bound, bounds of more draws, networks that learn side by side."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from utils.generative.autoencoders import SquarePictures
from utils.training.side_by_side import LayersSideBySide

# ---------------------------------------------------------------- the terms of the bound


def gaussian_kl(mu, logvar):
    """Return the Kullback-Leibler divergence of a Gaussian from N(0, 1), for each number of a code by itself.

    Parameters
    ----------
    mu, logvar : Tensor of shape (..., D)
        Mean and logarithm of the variance.

    Returns
    -------
    Tensor of shape (..., D)
        In nats, never below 0. Their sum over D is the divergence of the whole code, since the axes are independent.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B.

    Examples
    --------
    >>> gaussian_kl(torch.tensor([0.0, 2.0]), torch.zeros(2))
    tensor([0., 2.])
    """
    _check_equal_shapes(mu, logvar)
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def draw_code(mu, logvar, *, generator=None):
    """Draw a code as mean plus spread times noise, so that gradients reach the mean and the spread.

    Parameters
    ----------
    mu, logvar : Tensor
        Equal shapes.
    generator : torch.Generator, optional
        On the CPU; PyTorch's global one if None.

    Returns
    -------
    Tensor of the shape of `mu`

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Kingma and Welling, "Auto-encoding variational Bayes", 2014, section 2.4.
    """
    _check_equal_shapes(mu, logvar)
    return mu + (0.5 * logvar).exp() * torch.randn(mu.shape, generator=generator).to(mu)


def _check_equal_shapes(mu, logvar):
    if mu.shape != logvar.shape:
        raise ValueError(
            f"mu has shape {tuple(mu.shape)} and logvar {tuple(logvar.shape)}; expected one log-variance for each mean"
        )


def bernoulli_loss(logits, images):
    """Return what it costs to tell each image, if the decoder gives each pixel's chance to be white.

    Parameters
    ----------
    logits : Tensor of shape (..., n_pixels)
    images : Tensor of shape (..., n_pixels)
        In [0, 1], broadcast to the logits. A grey pixel counts as the mean over coin flips with its chance of white.

    Returns
    -------
    Tensor of shape (...)
        Minus the log-likelihood in nats, added up over the pixels.

    Raises
    ------
    ValueError
        If a pixel is outside [0, 1], or NaN.
    """
    low, high = images.aminmax()
    if not (low >= 0 and high <= 1):
        raise ValueError(f"pixels go from {low:g} to {high:g}; expected 0 (black) to 1 (white), a chance")
    images = images.expand_as(logits)
    return F.binary_cross_entropy_with_logits(logits, images, reduction="none").sum(dim=-1)


def log_mean_exp(log_weights, dim):
    """Return the logarithm of the mean of numbers whose logarithms are given, without overflow.

    Parameters
    ----------
    log_weights : Tensor
    dim : int
        Which dimension to average over; it is left out of the result.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If there is nothing to average.

    Examples
    --------
    >>> log_mean_exp(torch.tensor([1000.0, 1000.0]), 0)
    tensor(1000.)
    """
    if log_weights.shape[dim] == 0:
        raise ValueError(f"dimension {dim} of shape {tuple(log_weights.shape)} is empty; expected at least one draw")
    return log_weights.logsumexp(dim=dim) - math.log(log_weights.shape[dim])


def free_bits(kl, at_least):
    """Charge for each number of a code at least a fixed price: using less than that saves nothing.

    Parameters
    ----------
    kl : Tensor of shape (..., B, D)
        Divergence of each image's code from the prior, for each number.
    at_least : float or Tensor
        In nats, for each number, compared with the mean over the batch. Broadcast to (..., D).

    Returns
    -------
    Tensor of shape (...)

    References
    ----------
    Kingma et al., "Improved variational inference with inverse autoregressive flow", 2016, appendix C.8.

    Examples
    --------
    >>> free_bits(torch.tensor([[0.1, 2.0], [0.1, 4.0]]), 0.5)
    tensor(3.5000)
    """
    means = kl.mean(dim=-2)  # (..., D)
    return torch.maximum(means, torch.as_tensor(at_least).to(means)).sum(dim=-1)


def active_units(mu, *, threshold=0.01):
    """Count the numbers of a code that answer to the image.

    Parameters
    ----------
    mu : Tensor of shape (..., N, D)
        Means of the codes of N images.
    threshold : float
        A number is active if its mean varies over the images with more than this variance.

    Returns
    -------
    Tensor of shape (...)
        Whole numbers from 0 to D.

    Raises
    ------
    ValueError
        If there are fewer than two images, or a mean is not finite: a variance would then be NaN, and no unit active.

    References
    ----------
    Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", 2016, section 5.2.

    Examples
    --------
    >>> active_units(torch.tensor([[1.0, 0.02], [-1.0, -0.02], [0.0, 0.0]]))
    tensor(1)
    """
    if mu.shape[-2] < 2 or not mu.isfinite().all():
        raise ValueError(f"mu has shape {tuple(mu.shape)}; expected finite means of two images or more")
    return (mu.var(dim=-2) > threshold).sum(dim=-1)


# ---------------------------------------------------------------- networks


class ManyVaes(LayersSideBySide):
    """Several variational autoencoders of one shape, side by side: the first dimension of all weights counts them.

    Parameters
    ----------
    n_networks : int
    n_pixels, n_code : int
    n_hidden : int
        Units in the one hidden layer of encoder and decoder.
    mean : Tensor of shape (n_pixels,), optional
        Taken away from the images before they are encoded.
    keep : Tensor that broadcasts to (n_networks, 1, n_code), optional
        1 where a network uses a number of the code, 0 where it does not.
    sees : Tensor that broadcasts to (n_networks, 1, 1), optional
        1 for a network whose decoder also sees the pixels before the one that it predicts, 0 for the others.
        Needs the images in `decode`.
    generator : torch.Generator, optional
        Source of the first weights, uniform up to ``1 / sqrt(inputs of the layer)`` as in PyTorch's ``nn.Linear``.

    Examples
    --------
    >>> model = ManyVaes(3, 784, 16)
    >>> mu, logvar = model.encode(torch.rand(5, 784))
    >>> mu.shape, model.decode(mu).shape
    (torch.Size([3, 5, 16]), torch.Size([3, 5, 784]))
    """

    def __init__(self, n_networks, n_pixels, n_code, *, n_hidden=128, mean=None, keep=None, sees=None, generator=None):
        sizes = ((n_pixels, n_hidden), (n_hidden, 2 * n_code), (n_code, n_hidden), (n_hidden, n_pixels))
        super().__init__(n_networks, sizes, generator=generator)
        self.register_buffer("mean", torch.zeros(n_pixels) if mean is None else mean.clone())
        self.register_buffer("keep", torch.ones(1, 1, n_code) if keep is None else keep.float())
        self.register_buffer("sees", None if sees is None else sees.float())
        if sees is not None:
            self.before = nn.Parameter(torch.zeros(n_networks, n_pixels, n_pixels))

    def encode(self, images):
        """Return mean and log-variance, each (n_networks, B, n_code), of images ([n_networks,] B, n_pixels)."""
        centred = (images - self.mean).expand(self.n_networks, *images.shape[-2:])
        mu, logvar = self.run(centred, (0, 1)).chunk(2, dim=-1)
        return mu * self.keep, logvar * self.keep

    def decode(self, z, images=None):
        """Return logits (n_networks, B, n_pixels) for codes (n_networks, B, n_code).

        Raises
        ------
        ValueError
            If a decoder also sees pixels and `images` are missing.
        """
        logits = self.run(z * self.keep, (2, 3))
        if self.sees is None:
            return logits
        if images is None:
            raise ValueError("these decoders see the pixels before the one they predict: give `images`, too")
        images = images.expand(self.n_networks, *images.shape[-2:])
        return logits + self.sees * (images @ self.before.triu(diagonal=1))  # only pixels before this one


def cut_out_decoder(vaes, index, *, n_code=None):
    """Copy one decoder out of `ManyVaes`; its pictures are in [0, 1].

    Parameters
    ----------
    vaes : ManyVaes
        Whose decoders see the code alone.
    index : int
        Which network.
    n_code : int, optional
        Take only the first numbers of the code, where the others are not used.

    Returns
    -------
    SquarePictures

    Raises
    ------
    ValueError
        If this decoder also sees pixels.

    Examples
    --------
    >>> cut_out_decoder(ManyVaes(3, 784, 2), 0)(torch.zeros(5, 2)).shape
    torch.Size([5, 1, 28, 28])
    """
    if vaes.sees is not None and vaes.sees.expand(vaes.n_networks, 1, 1)[index].any():
        raise ValueError(f"decoder {index} sees pixels as well; only one that sees the code alone can be cut out")
    hidden, pixels = vaes.linear(2, index, n_inputs=n_code), vaes.linear(3, index)
    return SquarePictures(hidden, nn.ReLU(), pixels, nn.Sigmoid(), n_pixels=pixels.out_features)


class ConditionalVae(nn.Module):
    """A variational autoencoder whose encoder and decoder are both told the class.

    Parameters
    ----------
    n_pixels, n_classes, n_code : int
    n_hidden : int
    mean : Tensor of shape (n_pixels,), optional
        Taken away from the images before they are encoded.

    References
    ----------
    Sohn, Yan and Lee, "Learning structured output representation using deep conditional generative models", 2015.

    Examples
    --------
    >>> model = ConditionalVae(784, 10, 16)
    >>> mu, logvar = model.encode(torch.rand(5, 784), torch.eye(10)[:5])
    >>> model.decode(mu, torch.eye(10)[:5]).shape
    torch.Size([5, 784])
    """

    def __init__(self, n_pixels, n_classes, n_code, *, n_hidden=128, mean=None):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_pixels) if mean is None else mean.clone())
        self.encoder = nn.Sequential(
            nn.Linear(n_pixels + n_classes, n_hidden), nn.ReLU(), nn.Linear(n_hidden, 2 * n_code)
        )
        self.decoder = nn.Sequential(nn.Linear(n_code + n_classes, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_pixels))

    def encode(self, images, one_hot):
        """Return mean and log-variance (B, n_code) of images (B, n_pixels) of classes (B, n_classes)."""
        return self.encoder(torch.cat([images - self.mean, one_hot], dim=1)).chunk(2, dim=1)

    def decode(self, z, one_hot):
        """Return logits (B, n_pixels) for codes (B, n_code) and classes (B, n_classes)."""
        return self.decoder(torch.cat([z, one_hot], dim=1))


class FromControls(nn.Module):
    """The decoder of a conditional autoencoder, with two numbers of the code set apart from the others.

    Parameters
    ----------
    vae : ConditionalVae
        Shares its parameters.
    controls : sequence of two int
        Which numbers of the code are given by themselves; the others come as noise.

    Examples
    --------
    >>> model = FromControls(ConditionalVae(784, 10, 16), (3, 5))
    >>> model(torch.zeros(1, 14), torch.eye(10)[:1], torch.zeros(1, 2)).shape
    torch.Size([1, 1, 28, 28])
    """

    def __init__(self, vae, controls):
        super().__init__()
        self.vae = vae
        n_code = vae.encoder[-1].out_features // 2
        others = [d for d in range(n_code) if d not in controls]
        self.register_buffer("order", torch.tensor([*others, *controls]).argsort())

    def forward(self, noise, one_hot, codes):
        """Return pictures (B, 1, side, side) for noise (B, n_code - 2), classes (B, n_classes), numbers (B, 2)."""
        z = torch.cat([noise, codes], dim=1)[:, self.order]
        pictures = self.vae.decode(z, one_hot).sigmoid()
        side = math.isqrt(pictures.shape[1])
        return pictures.reshape(-1, 1, side, side)
