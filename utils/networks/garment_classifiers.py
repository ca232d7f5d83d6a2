"""Classifiers of garments that other lectures train, with weights trained beforehand by the same recipes.

`make train NAME=garments` trains them and writes ``utils/assets/weights/garments.npz`` with the recipes; see
`tools/trainers/garments.py`.
"""

from dataclasses import asdict, dataclass

import torch.nn.functional as F
from torch import nn

from utils.data.shipped import read_shipped, read_table
from utils.data.weights import unpack_weights
from utils.networks.lenet import LeNet, Standardise, matched_mlp
from utils.validation import check_name

SEED = 0


@dataclass(frozen=True)
class Recipe:
    """How one classifier is trained.

    Attributes
    ----------
    lecture : str
        The lecture that explains it.
    optimizer : {"AdamW", "SGD"}
        SGD with Nesterov momentum 0.9.
    lr, weight_decay : float
    schedule : {"cosine", "one cycle"}
        Cosine: lowered after each epoch. One cycle: after each step.
    epochs, batch : int
    smoothing : float
        Of the labels.
    mirrored : bool
        Show each image mirrored half of the time.
    """

    lecture: str
    optimizer: str
    lr: float
    weight_decay: float
    schedule: str
    epochs: int
    batch: int
    smoothing: float = 0.0
    mirrored: bool = False


RECIPES = {
    "MLP": Recipe("08", "AdamW", 4e-3, 0.05, "cosine", 7, 64),
    "LeNet": Recipe("08", "AdamW", 4e-3, 0.05, "cosine", 7, 64),
    "ResNet": Recipe("10", "SGD", 0.4, 5e-4, "one cycle", 12, 96, smoothing=0.1, mirrored=True),
}


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions, and a projection shortcut around them.

    Parameters
    ----------
    n_in, n_out, stride : int
        The first convolution and the shortcut have the stride.
    width : int, optional
        Channels between the two convolutions; `n_out` if None.

    References
    ----------
    He et al., "Deep residual learning for image recognition", 2016, doi:10.1109/CVPR.2016.90.
    """

    def __init__(self, n_in, n_out, stride, width=None):
        super().__init__()
        width = width or n_out
        self.first = _conv_norm(n_in, width, 3, stride)
        self.second = _conv_norm(width, n_out, 3, 1)
        self.shortcut = _conv_norm(n_in, n_out, 1, stride)

    def forward(self, maps):
        """Turn maps (B, n_in, H, W) into maps (B, n_out, H / stride, W / stride), rounded up."""
        return F.relu(self.second(F.relu(self.first(maps))) + self.shortcut(maps))


def small_resnet(mean=0.0, std=1.0, *, widths=(32, 64)):
    """Build the residual network of lecture 10 for garments.

    Parameters
    ----------
    mean, std : float
        Of the training images; see `Standardise`.
    widths : (int, int)
        Channels between the two convolutions of each block.

    Returns
    -------
    nn.Sequential
        Takes images (B, 1, 28, 28) in [0, 1], gives ten scores each.

    Examples
    --------
    >>> sum(p.numel() for p in small_resnet().parameters())
    75002
    """
    return nn.Sequential(
        Standardise(mean, std),
        nn.Sequential(nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(16), nn.ReLU()),
        ResidualBlock(16, 32, 2, widths[0]),
        ResidualBlock(32, 64, 2, widths[1]),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 2 * 2, 10),
    )


def new_classifier(name, mean=0.0, std=1.0):
    """Build one of the classifiers, untrained.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    mean, std : float
        Of the training images; see `Standardise`.

    Returns
    -------
    nn.Module
        Takes images (B, 1, 28, 28) in [0, 1], gives ten scores each.
    """
    check_name(name, RECIPES, "classifier of garments")
    if name == "ResNet":
        return small_resnet(mean, std)
    lenet = LeNet(mean, std)
    return lenet if name == "LeNet" else matched_mlp(sum(p.numel() for p in lenet.parameters()), mean, std)


def recipe_of(name):
    """Return all that decides what a classifier's training makes, as plain values.

    Parameters
    ----------
    name : str
        One of `RECIPES`.

    Returns
    -------
    dict
    """
    check_name(name, RECIPES, "classifier of garments")
    data = read_table("sets/fashion_mnist.toml")["files"]["fashion_mnist_train.npz"]
    return {**asdict(RECIPES[name]), "seed": SEED, "data": data}


def load_classifiers():
    """Return the trained classifiers that ship with the book.

    Returns
    -------
    dict of str to nn.Module
        In evaluation mode, without gradients, on the CPU.

    Raises
    ------
    DataError
        If the file, or the table with its checksum, is missing or damaged.
    """
    stored = unpack_weights(read_shipped("weights/garments.toml", "garments.npz"))
    return {name: weights.into(new_classifier(name)) for name, weights in stored.items()}


def _conv_norm(n_in, n_out, kernel_size, stride):
    convolution = nn.Conv2d(n_in, n_out, kernel_size, stride, kernel_size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out))
