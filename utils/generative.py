"""Generative adversarial networks: the losses as functions, the constraints on a critic, and small networks for points.

Scores may carry leading dimensions: the losses average over the last one only. So the same lines serve one pair of
networks, whose scores are (B,), and several pairs side by side, whose scores are (S, B).
"""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from utils.names import check_name
from utils.side_by_side import LayersSideBySide

LOSSES = ("Non-saturating", "Saturating", "LSGAN", "WGAN, clipped", "WGAN-GP")

# ---------------------------------------------------------------- losses


def critic_loss(kind, real, fake):
    """What the critic (or discriminator) minimises, without a penalty on its gradient.

    Parameters
    ----------
    kind : str
        One of `LOSSES`.
    real, fake : Tensor of shape (..., B)
        Raw scores: logits for the first two kinds, plain numbers for the others.

    Returns
    -------
    Tensor of shape (...)

    References
    ----------
    Goodfellow et al., "Generative adversarial nets", 2014, eq. 1 (with its sign turned: they maximise).
    Mao et al., "Least squares generative adversarial networks", 2017, eq. 9 (targets 0 and 1).
    Arjovsky, Chintala and Bottou, "Wasserstein generative adversarial networks", 2017, eq. 2.

    Examples
    --------
    >>> critic_loss("WGAN-GP", torch.tensor([3.0, 1.0]), torch.tensor([0.0, 1.0])).item()
    -1.5
    """
    check_name(kind, LOSSES, "loss")
    if kind in ("Non-saturating", "Saturating"):
        # -log sigmoid(real) - log(1 - sigmoid(fake))
        return F.softplus(-real).mean(dim=-1) + F.softplus(fake).mean(dim=-1)
    if kind == "LSGAN":
        return 0.5 * ((real - 1) ** 2).mean(dim=-1) + 0.5 * (fake**2).mean(dim=-1)
    return fake.mean(dim=-1) - real.mean(dim=-1)


def generator_loss(kind, fake):
    """What the generator minimises.

    Parameters
    ----------
    kind : str
        One of `LOSSES`.
    fake : Tensor of shape (..., B)
        The critic's raw scores of generated samples.

    Returns
    -------
    Tensor of shape (...)

    References
    ----------
    As for `critic_loss`; the non-saturating loss is proposed at the end of section 3 of Goodfellow et al.

    Examples
    --------
    >>> generator_loss("LSGAN", torch.tensor([1.0, 3.0])).item()
    1.0
    """
    check_name(kind, LOSSES, "loss")
    if kind == "Non-saturating":
        return F.softplus(-fake).mean(dim=-1)  # -log sigmoid(fake)
    if kind == "Saturating":
        return -F.softplus(fake).mean(dim=-1)  # log(1 - sigmoid(fake))
    if kind == "LSGAN":
        return 0.5 * ((fake - 1) ** 2).mean(dim=-1)
    return -fake.mean(dim=-1)


def input_gradients(critic, points, *, create_graph=False):
    """Return the gradient of each score for its own input.

    Parameters
    ----------
    critic : callable
        Maps points (..., D) to scores (...), or images (B, C, H, W) to scores (B,).
    points : Tensor
    create_graph : bool
        Keep what is needed to differentiate once more.

    Returns
    -------
    Tensor of the shape of `points`
    """
    points = points.detach().requires_grad_()
    return torch.autograd.grad(critic(points).sum(), points, create_graph=create_graph)[0]


def gradient_penalty(critic, real, fake, *, n_dims=1, generator=None):
    """Penalise a critic whose slope between real and generated samples is not 1.

    Parameters
    ----------
    critic : callable
        Must score each sample by itself; batch normalisation mixes samples and does not belong here.
    real, fake : Tensor of equal shape
        The last `n_dims` dimensions make one sample; the one before them counts the batch.
    n_dims : int
        1 for points (..., B, D), 3 for images (B, C, H, W).
    generator : torch.Generator, optional
        Source of the places between the two.

    Returns
    -------
    Tensor of shape (...)
        The mean of ``(norm - 1) ** 2`` over the batch; multiply it by the weight, 10 in the paper.

    Raises
    ------
    ValueError
        If the two have different shapes.

    References
    ----------
    Gulrajani et al., "Improved training of Wasserstein GANs", 2017, eq. 3 and algorithm 1.

    Examples
    --------
    >>> gradient_penalty(lambda x: 3 * x[..., 0], torch.zeros(4, 2), torch.ones(4, 2)).item()
    4.0
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"real is {tuple(real.shape)} but fake is {tuple(fake.shape)}; the penalty mixes them one by one: "
            "draw as many of each"
        )
    batch = real.shape[: real.ndim - n_dims]  # (..., B)
    share = torch.rand(batch, generator=generator).to(real).reshape(*batch, *[1] * n_dims)
    between = share * real.detach() + (1 - share) * fake.detach()
    gradients = input_gradients(critic, between, create_graph=True)
    norms = gradients.flatten(len(batch)).norm(dim=-1)  # (..., B)
    return ((norms - 1) ** 2).mean(dim=-1)


@torch.no_grad()
def clip_weights(critic, limit):
    """Bring every parameter of a critic into ``[-limit, limit]``, in place.

    Parameters
    ----------
    critic : nn.Module
    limit : float

    References
    ----------
    Arjovsky, Chintala and Bottou, 2017, algorithm 1.
    """
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)


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
    Tensor of shape (*shape, D)
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
