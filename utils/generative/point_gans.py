"""Generative adversarial networks for points in the plane, many side by side."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from utils.generative.gan_losses import clip_weights, critic_loss, generator_loss, gradient_penalty
from utils.training.side_by_side import LayersSideBySide

# ---------------------------------------------------------------- networks for points


def point_network(n_inputs, n_hidden, n_outputs):
    """Return a plain network for points: two hidden layers with leaky ReLU.

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int

    Returns
    -------
    nn.Sequential

    Examples
    --------
    >>> point_network(2, 16, 1)(torch.zeros(5, 2)).shape
    torch.Size([5, 1])
    """
    return nn.Sequential(
        nn.Linear(n_inputs, n_hidden), nn.LeakyReLU(0.2),
        nn.Linear(n_hidden, n_hidden), nn.LeakyReLU(0.2),
        nn.Linear(n_hidden, n_outputs),
    )  # fmt: skip


class ManyPointNetworks(LayersSideBySide):
    """Several plain networks for points that learn side by side: the first dimension of all weights counts them.

    Parameters
    ----------
    n_networks, n_inputs, n_hidden, n_outputs : int
    generator : torch.Generator, optional
        Source of the first weights, uniform up to ``1 / sqrt(inputs of the layer)`` as in PyTorch's ``nn.Linear``.
    """

    def __init__(self, n_networks, n_inputs, n_hidden, n_outputs, *, generator=None):
        sizes = ((n_inputs, n_hidden), (n_hidden, n_hidden), (n_hidden, n_outputs))
        super().__init__(n_networks, sizes, generator=generator)

    def forward(self, points):
        """Map points (B, n_inputs), the same for all, or (n_networks, B, n_inputs), to (n_networks, B, n_outputs)."""
        values = points.expand(self.n_networks, *points.shape[-2:])
        return self.run(values, range(3), partial(F.leaky_relu, negative_slope=0.2))

    def one(self, index):
        """Return a copy of one of the networks, as `point_network` makes them."""
        linears = [self.linear(layer, index) for layer in range(3)]
        return nn.Sequential(linears[0], nn.LeakyReLU(0.2), linears[1], nn.LeakyReLU(0.2), linears[2])


# ---------------------------------------------------------------- points with known modes


def ring_centres(n=8, radius=2.0):
    """Return points at equal steps around a circle.

    Parameters
    ----------
    n : int
    radius : float

    Returns
    -------
    Tensor of shape (n, 2)
    """
    angles = torch.arange(n) * (2 * math.pi / n)
    return radius * torch.stack([angles.cos(), angles.sin()], dim=1)


def grid_centres(side=5, spacing=1.0):
    """Return the points of a square grid around the origin.

    Parameters
    ----------
    side : int
        Points along a side.
    spacing : float

    Returns
    -------
    Tensor of shape (side * side, 2)
    """
    places = spacing * (torch.arange(side) - (side - 1) / 2)
    return torch.cartesian_prod(places, places)


def draw_mixture(centres, spread, shape, *, generator=None):
    """Draw points from round Gaussians of equal weight.

    Parameters
    ----------
    centres : Tensor of shape (M, D)
    spread : float
        Standard deviation of each.
    shape : tuple of int
        How many; for example ``(n_networks, B)``.
    generator : torch.Generator, optional

    Returns
    -------
    Tensor of shape ``(*shape, D)``
    """
    chosen = torch.randint(len(centres), shape, generator=generator)
    return centres[chosen] + spread * torch.randn(*shape, centres.shape[1], generator=generator)


def count_modes(points, centres, spread, *, at_least=0.2):
    """Count the modes that a sample covers, and the share of its points that lie on one.

    A point lies on a mode if it is within three spreads of its centre. A mode is covered if it has at least
    `at_least` of the points that an even share would give it.

    Parameters
    ----------
    points : Tensor of shape (..., N, D)
    centres : Tensor of shape (M, D)
    spread : float
    at_least : float
        As a share of N / M; 0 asks for one point.

    Returns
    -------
    covered : Tensor of shape (...)
        int64, from 0 to M.
    quality : Tensor of shape (...)
        In [0, 1].

    References
    ----------
    Three spreads as in Srivastava et al., "VEEGAN: reducing mode collapse in GANs using implicit variational
    learning", 2017, section 4.1. There a single such point covers a mode; the default here asks for more.

    Examples
    --------
    >>> covered, quality = count_modes(torch.tensor([[0.0, 0.1], [0.0, 0.0], [9.0, 9.0]]), torch.zeros(1, 2), 0.1)
    >>> covered.item(), round(quality.item(), 3)
    (1, 0.667)
    """
    centres = centres.to(points).expand(*points.shape[:-2], *centres.shape)
    exact = "donot_use_mm_for_euclid_dist"  # by differences: products would round a distance of 0.1 by a percent
    distances = torch.cdist(points, centres, compute_mode=exact)  # (..., N, M)
    nearest = distances.min(dim=-1)
    good = nearest.values <= 3 * spread  # (..., N)
    hits = (F.one_hot(nearest.indices, centres.shape[-2]) * good[..., None]).sum(dim=-2)  # (..., M)
    needed = max(1.0, at_least * points.shape[-2] / centres.shape[-2])
    return (hits >= needed).sum(dim=-1), good.float().mean(dim=-1)


# ---------------------------------------------------------------- training on points


def train_point_gans(
    kind, draw, *, n_networks=4, n_hidden=64, n_latent=2, n_steps=2000, batch=128, lr=1e-3, lr_critic=None,
    betas=(0.5, 0.9), critic_steps=1, clip=0.05, penalty=1.0, keep=(), generator=None,
):  # fmt: skip
    """Train several pairs of generator and critic on points, side by side and independent of each other.

    Parameters
    ----------
    kind : str
        One of `LOSSES`.
    draw : callable
        ``draw(shape)`` returns real points ``(*shape, 2)``.
    n_networks, n_hidden, n_latent : int
    n_steps : int
        Steps of the generator.
    batch : int
    lr, lr_critic : float
        Of Adam; the critic's is that of the generator if None.
    betas : (float, float)
    critic_steps : int
        Steps of the critic before each step of the generator.
    clip : float
        Only for ``"WGAN, clipped"``: the largest size of a critic's weight.
    penalty : float
        Only for ``"WGAN-GP"``: the weight of the gradient penalty.
    keep : collection of int
        Steps before which to keep the points that all generators make of the same noise.
    generator : torch.Generator, optional
        Source of weights, noise and places of the penalty; PyTorch's global one if None.

    Returns
    -------
    generators, critics : ManyPointNetworks
    kept : dict of int to Tensor of shape (n_networks, 512, 2)
    """
    generators = ManyPointNetworks(n_networks, n_latent, n_hidden, 2, generator=generator)
    critics = ManyPointNetworks(n_networks, 2, n_hidden, 1, generator=generator)
    to_generate = torch.optim.Adam(generators.parameters(), lr=lr, betas=betas, fused=True)
    to_judge = torch.optim.Adam(critics.parameters(), lr=lr_critic or lr, betas=betas, fused=True)
    fixed, kept = torch.randn(512, n_latent, generator=generator), {}

    def score(points):
        return critics(points)[..., 0]  # (S, B, 1) -> (S, B)

    def invent():
        return generators(torch.randn(n_networks, batch, n_latent, generator=generator))

    for step in range(n_steps + 1):
        if step in keep:
            with torch.no_grad():
                kept[step] = generators(fixed)
        if step == n_steps:
            return generators, critics, kept
        for _ in range(critic_steps):
            real, fake = draw((n_networks, batch)), invent().detach()
            loss = critic_loss(kind, score(real), score(fake))
            if kind == "WGAN-GP":
                loss = loss + penalty * gradient_penalty(score, real, fake, generator=generator)
            to_judge.zero_grad()
            loss.sum().backward()  # a sum, so that no pair's gradient depends on how many there are
            to_judge.step()
            if kind == "WGAN, clipped":
                clip_weights(critics, clip)
        loss = generator_loss(kind, score(invent()))
        to_generate.zero_grad()
        loss.sum().backward(inputs=list(generators.parameters()))
        to_generate.step()
