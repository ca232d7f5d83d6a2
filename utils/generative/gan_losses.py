"""The losses of generative adversarial networks, and what keeps their critic smooth."""

import torch
import torch.nn.functional as F

from utils.validation import check_name

LOSSES = ("Non-saturating", "Saturating", "LSGAN", "WGAN, clipped", "WGAN-GP")


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
