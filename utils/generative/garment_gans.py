"""Generative adversarial networks for garments: DCGAN's networks, one step of each kind, and the trained weights.

`make train NAME=gans` trains every rung of `RUNGS` and writes ``utils/assets/weights/gans.npz`` with the recipes; see
`tools/trainers/gans.py`.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from utils.data.shipped import read_shipped, read_table
from utils.data.weights import unpack_weights
from utils.generative.gan_losses import clip_weights, critic_loss, generator_loss, gradient_penalty
from utils.validation import check_name

Z = 32  # numbers that every generator gets
CATEGORIES, CODES = 10, 2  # of InfoGAN, out of its Z numbers


@dataclass(frozen=True)
class Rung:
    """How one GAN of the ladder is trained.

    Attributes
    ----------
    loss : str
        One of `utils.generative.gan_losses.LOSSES`.
    steps : int
        Steps of the generator.
    critic_steps : int
        Steps of the critic before each of them.
    codes : {"", "info", "label"}
        ``"info"``: InfoGAN; ``"label"``: conditional on the class.
    lr, lr_critic : float
        Of Adam. Both fall in a straight line to 0 over the second half of the steps.
    betas : (float, float)
    batch : int
    clip, penalty, info : float
        The limit of the critic's weights, the weight of the gradient penalty, and that of InfoGAN's term.
    """

    loss: str
    steps: int
    critic_steps: int = 1
    codes: str = ""
    lr: float = 5e-4
    lr_critic: float = 1.5e-3
    betas: tuple = (0.5, 0.9)
    batch: int = 32
    clip: float = 0.03
    penalty: float = 10.0
    info: float = 1.0


RUNGS = {
    "Vanilla": Rung("Non-saturating", 5000),
    "LSGAN": Rung("LSGAN", 5000),
    "WGAN": Rung("WGAN, clipped", 2400, critic_steps=3, lr=1e-3, lr_critic=1e-3, betas=(0.0, 0.9)),  # no momentum
    "WGAN-GP": Rung("WGAN-GP", 2000, critic_steps=2, lr=1e-3, lr_critic=1e-3),
    "InfoGAN": Rung("Non-saturating", 4500, codes="info"),
    "Conditional": Rung("Non-saturating", 4500, codes="label"),
    "Saturating": Rung("Saturating", 4500),
}
SEED = 0


# ---------------------------------------------------------------- networks


class GarmentGenerator(nn.Module):
    """DCGAN's generator for 28×28 grey images: transposed convolutions, batch normalisation, ReLU, tanh.

    Parameters
    ----------
    n_inputs : int
        Noise and codes together.
    wide, narrow : int
        Maps of the two hidden layers.

    References
    ----------
    Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial
    networks", 2016. Different here: two transposed convolutions instead of four, and images in [0, 1].

    Examples
    --------
    >>> GarmentGenerator()(torch.randn(2, 32)).shape
    torch.Size([2, 1, 28, 28])
    """

    def __init__(self, n_inputs=Z, *, wide=64, narrow=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, wide * 49, bias=False), nn.Unflatten(1, (wide, 7, 7)),
            nn.BatchNorm2d(wide), nn.ReLU(),
            nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(narrow), nn.ReLU(),
            nn.ConvTranspose2d(narrow, 1, 4, stride=2, padding=1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z):
        """Make images (B, 1, 28, 28) in [0, 1] of z (B, n_inputs)."""
        return (self.layers(z) + 1) / 2


def generator_for(rung):
    """Return the generator of a rung, not trained: a conditional one is told the class beside its noise.

    Parameters
    ----------
    rung : Rung

    Returns
    -------
    GarmentGenerator
    """
    return GarmentGenerator(Z + 10 * (rung.codes == "label"))


class GarmentCritic(nn.Module):
    """The other half: strided convolutions and leaky ReLU, one score an image, and no normalisation.

    DCGAN's has batch normalisation in its hidden layers. It is left out for all, since a gradient penalty asks for
    scores that do not depend on the rest of the batch, and the ladder compares equal networks.

    Parameters
    ----------
    n_scores : int
        1, or 10 for one score a class.
    n_codes : int
        How many numbers the second head guesses; with 0 there is none. It reads the same maps: InfoGAN's Q.
    wide, narrow : int

    Examples
    --------
    >>> critic = GarmentCritic(n_codes=12)
    >>> maps = critic.maps(torch.rand(2, 1, 28, 28))
    >>> critic.score(maps).shape, critic.guess(maps).shape
    (torch.Size([2, 1]), torch.Size([2, 12]))
    """

    def __init__(self, n_scores=1, n_codes=0, *, wide=64, narrow=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, narrow, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(narrow, wide, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Flatten(),
        )  # fmt: skip
        self.score = nn.Linear(wide * 49, n_scores)
        if n_codes:
            self.guess = nn.Sequential(nn.Linear(wide * 49, 64), nn.LeakyReLU(0.2), nn.Linear(64, n_codes))

    def maps(self, images):
        """Return what both heads read, (B, 49 * wide), of images (B, 1, 28, 28) in [0, 1]."""
        return self.layers(2 * images - 1)

    def forward(self, images):
        """Return scores (B, n_scores) of images (B, 1, 28, 28) in [0, 1]."""
        return self.score(self.maps(images))


class FromNoise(nn.Module):
    """InfoGAN's generator, fed with plain Gaussian noise like all the others.

    The largest of ten of the numbers names the category, and two become codes, evenly spread from -1 to 1: that is how
    the codes are drawn in training.

    Parameters
    ----------
    generator : GarmentGenerator
    """

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def forward(self, z):
        """Make images (B, 1, 28, 28) of z (B, 32)."""
        return self.generator(codes_from_noise(z))


class FromCodes(nn.Module):
    """InfoGAN's generator with its three inputs apart.

    Parameters
    ----------
    generator : GarmentGenerator
    """

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def forward(self, noise, category, codes):
        """Make images (B, 1, 28, 28) of noise (B, 20), one-hot categories (B, 10) and codes (B, 2)."""
        return self.generator(torch.cat([noise, category, codes], dim=1))


# ---------------------------------------------------------------- training


class GarmentGan:
    """A generator, a critic and their optimisers, at some step of a rung.

    Parameters
    ----------
    rung : Rung
    seed : int
        Of the first weights, the noise and the order of the images: a second run repeats the first.

    Attributes
    ----------
    generator : GarmentGenerator
    critic : GarmentCritic
    """

    def __init__(self, rung, *, seed=0):
        self.rung, self.random = rung, torch.Generator().manual_seed(seed)
        self.generator = generator_for(rung)
        n_scores = 10 if rung.codes == "label" else 1
        self.critic = GarmentCritic(n_scores, CATEGORIES + CODES if rung.codes == "info" else 0)
        for network in (self.generator, self.critic):
            draw_weights(network, self.random)
            network.to(memory_format=torch.channels_last)  # twice as fast on a processor
        invents, judges = list(self.generator.parameters()), list(self.critic.parameters())
        if rung.codes == "info":  # who guesses the codes works with the generator, not against it
            guesses = list(self.critic.guess.parameters())
            invents, judges = invents + guesses, judges[: -len(guesses)]
        self.to_generate = torch.optim.Adam(invents, lr=rung.lr, betas=rung.betas)
        self.to_judge = torch.optim.Adam(judges, lr=rung.lr_critic, betas=rung.betas)
        self.n_done = 0

    def invent(self, labels):
        """Make as many images as there are labels; returns them with the numbers that they were made of."""
        z = torch.randn(len(labels), Z, generator=self.random)
        if self.rung.codes == "label":
            return self.generator(torch.cat([z, F.one_hot(labels, 10).float()], dim=1)), z
        if self.rung.codes == "info":
            z = codes_from_noise(z)
        return self.generator(z), z

    def score(self, images, labels):
        """Return scores (B,): of a conditional critic the one that belongs to each label."""
        scores = self.critic(images)
        return scores.gather(1, labels[:, None])[:, 0] if self.rung.codes == "label" else scores[:, 0]

    def step(self, data):
        """Train the critic `critic_steps` times, the generator once.

        Parameters
        ----------
        data : ImageSet

        Returns
        -------
        (float, float)
            The last loss of the critic, without the penalty, and the generator's, without InfoGAN's term.
        """
        rung = self.rung
        left = min(1.0, 2 * (1 - self.n_done / rung.steps))
        self.n_done += 1
        for optimizer, lr in ((self.to_generate, rung.lr), (self.to_judge, rung.lr_critic)):
            optimizer.param_groups[0]["lr"] = left * lr
        for _ in range(rung.critic_steps):
            chosen = torch.randint(len(data.labels), (rung.batch,), generator=self.random)
            images, labels = data.images[chosen], data.labels[chosen]
            with torch.no_grad():
                fake, _ = self.invent(labels)
            judged = critic_loss(rung.loss, self.score(images, labels), self.score(fake, labels))
            total = judged
            if rung.loss == "WGAN-GP":
                penalty = gradient_penalty(self.critic, images, fake, n_dims=3, generator=self.random)
                total = judged + rung.penalty * penalty
            self.to_judge.zero_grad()
            total.backward()
            self.to_judge.step()
            if rung.loss == "WGAN, clipped":
                clip_weights(self.critic, rung.clip)
        fake, z = self.invent(labels)
        loss = total = generator_loss(rung.loss, self.score(fake, labels))
        if rung.codes == "info":
            total = loss + rung.info * code_loss(self.critic.guess(self.critic.maps(fake)), z)
        self.to_generate.zero_grad()
        total.backward(inputs=self.to_generate.param_groups[0]["params"])
        self.to_generate.step()
        return judged.item(), loss.item()


def codes_from_noise(z):
    """Turn Gaussian noise into InfoGAN's input: noise, a one-hot category, codes between -1 and 1.

    Parameters
    ----------
    z : Tensor of shape (B, 32)
        The largest of ten of its numbers names the category, so that all are equally likely; of the last two, the share
        of the Gaussian below them is spread evenly from -1 to 1.

    Returns
    -------
    Tensor of shape (B, 32)
    """
    noise, ten, two = z.split([Z - CATEGORIES - CODES, CATEGORIES, CODES], dim=1)
    category = F.one_hot(ten.argmax(dim=1), CATEGORIES).to(z)
    return torch.cat([noise, category, torch.erf(two / 2**0.5)], dim=1)


def code_loss(guessed, z):
    """How badly the codes are guessed: cross-entropy of the category, half the squared error of the two others.

    Up to constants this is minus the bound on the mutual information of codes and images, if the guess of a continuous
    code is a Gaussian of variance 1.

    Parameters
    ----------
    guessed : Tensor of shape (B, 12)
        Ten logits and two means.
    z : Tensor of shape (B, 32)
        As `codes_from_noise` makes it.

    Returns
    -------
    Tensor
        A single number.

    References
    ----------
    Chen et al., "InfoGAN: interpretable representation learning by information maximizing generative adversarial
    nets", 2016, eq. 5 and 6.
    """
    category, codes = z[:, -CATEGORIES - CODES : -CODES], z[:, -CODES:]
    apart = 0.5 * ((guessed[:, CATEGORIES:] - codes) ** 2).sum(dim=1).mean()
    return F.cross_entropy(guessed[:, :CATEGORIES], category.argmax(dim=1)) + apart


def draw_weights(network, generator=None):
    """Draw all weights from a normal distribution of standard deviation 0.02, as DCGAN does; biases are 0.

    Parameters
    ----------
    network : nn.Module
    generator : torch.Generator, optional
    """
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0, 0.02, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.02, generator=generator)


# ---------------------------------------------------------------- the trained weights


def recipe_of(name):
    """Return all that decides what a rung's training makes, as plain values.

    Parameters
    ----------
    name : str
        One of `RUNGS`.

    Returns
    -------
    dict
    """
    check_name(name, RUNGS, "GAN")
    data = read_table("sets/fashion_mnist.toml")["files"]["fashion_mnist_train.npz"]
    return {**asdict(RUNGS[name]), "betas": list(RUNGS[name].betas), "seed": SEED, "data": data}


@dataclass(frozen=True)
class TrainedGan:
    """One rung as it was stored.

    Attributes
    ----------
    generator : GarmentGenerator
        In eval mode.
    recipe : dict
        How it was trained, with ``seconds`` and ``torch``.
    losses : Tensor of shape (n, 2)
        Critic and generator, each a mean over 25 steps.
    """

    generator: GarmentGenerator
    recipe: dict
    losses: torch.Tensor


def load_gans():
    """Return the trained rungs that ship with the book.

    Returns
    -------
    dict of str to TrainedGan

    Raises
    ------
    DataError
        If the file, or the table with its checksum, is missing or damaged.
    """
    stored = unpack_weights(read_shipped("weights/gans.toml", "gans.npz"))
    return {
        name: TrainedGan(weights.into(generator_for(RUNGS[name])), weights.recipe, weights.losses)
        for name, weights in stored.items()
    }
