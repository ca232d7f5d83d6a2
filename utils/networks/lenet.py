"""Small convolutional networks for garments and digits: LeNet, its relatives, and a perceptron of equal size."""

import torch
import torch.nn.functional as F
from torch import nn


class Standardise(nn.Module):
    """Subtract a mean and divide by a standard deviation, the same for every pixel.

    Parameters
    ----------
    mean, std : float
        Of the training images, so that what comes out has mean 0 and standard deviation 1.

    Raises
    ------
    ValueError
        If `std` is not positive: the images are all alike, or empty.

    Examples
    --------
    >>> Standardise(0.5, 0.25)(torch.tensor([0.5, 1.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, mean=0.0, std=1.0):
        super().__init__()
        if not std > 0:
            raise ValueError(f"std is {std}; expected above 0: measure it on images that are not all alike")
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("std", torch.tensor(float(std)))

    def forward(self, images):
        """Standardise a tensor of any shape."""
        return (images - self.mean) / self.std


def _two_stages(network, images):
    """Run convolution, ReLU and pooling twice; return each stage."""
    conv1 = F.relu(network.conv1(images))
    pool1 = F.max_pool2d(conv1, 2)
    conv2 = F.relu(network.conv2(pool1))
    return conv1, pool1, conv2, F.max_pool2d(conv2, 2)


class LeNet(nn.Module):
    """LeNet with today's parts, for 28×28 grey images.

    Parameters
    ----------
    mean, std : float
        Of the training images; see `Standardise`.
    n_classes : int
        Number of scores.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998,
    section II.B. Same layer widths as their LeNet-5. Different here: ReLU in place of a scaled tanh;
    max pooling in place of a trained average; the second convolution sees all six maps instead of a
    chosen part; a linear output with cross-entropy instead of radial basis functions; 28×28 images
    padded by two inside the first layer instead of 32×32 images.

    Examples
    --------
    >>> LeNet()(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, mean=0.0, std=1.0, *, n_classes=10):
        super().__init__()
        self.standardise = Standardise(mean, std)
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.dense = nn.Sequential(
            nn.Linear(16 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes)
        )

    def stages(self, images):
        """Return (conv1, pool1, conv2, pool2, logits) for images (B, 1, 28, 28)."""
        if images.ndim != 4 or images.shape[1:] != (1, 28, 28):
            raise ValueError(
                f"images have shape {tuple(images.shape)}; expected (B, 1, 28, 28): "
                f"resize with F.interpolate(images, (28, 28)), add dimensions with images[:, None]"
            )
        maps = _two_stages(self, self.standardise(images))
        return (*maps, self.dense(maps[-1].flatten(1)))  # (B, 16, 5, 5) -> (B, 400)

    def forward(self, images):
        """Class scores (B, n_classes) for images (B, 1, 28, 28) in [0, 1]."""
        return self.stages(images)[-1]


class DigitNet(nn.Module):
    """A convolutional network small enough for 8×8 digits.

    Parameters
    ----------
    width : int
        Maps in the first layer; the second has twice as many.

    Examples
    --------
    >>> DigitNet()(torch.rand(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """

    def __init__(self, width=8):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.dense = nn.Linear(2 * width * 2 * 2, 10)

    def stages(self, images):
        """Return (conv1, pool1, conv2, pool2, logits) for images (B, 1, 8, 8)."""
        if images.ndim != 4 or images.shape[1:] != (1, 8, 8):
            raise ValueError(
                f"images have shape {tuple(images.shape)}; expected (B, 1, 8, 8): count the on-pixels of a "
                f"32x32 bitmap in 4x4 blocks and divide by 16"
            )
        maps = _two_stages(self, images)
        return (*maps, self.dense(maps[-1].flatten(1)))  # (B, 2 * width, 2, 2) -> (B, 8 * width)

    def forward(self, images):
        """Class scores (B, 10) for images (B, 1, 8, 8) in [0, 1]."""
        return self.stages(images)[-1]


def matched_mlp(n_parameters, mean=0.0, std=1.0, *, n_inputs=28 * 28, n_classes=10):
    """Build a perceptron with one hidden layer and at least `n_parameters` parameters.

    Parameters
    ----------
    n_parameters : int
        What to match. The hidden layer is the smallest that gives as many, so the perceptron never has fewer.
    mean, std : float
        Of the training images; see `Standardise`.
    n_inputs, n_classes : int
        Numbers in and out.

    Returns
    -------
    nn.Sequential
        Standardise, flatten, linear, ReLU, linear.

    Raises
    ------
    ValueError
        If `n_parameters` is below that of a single hidden unit.

    Examples
    --------
    >>> sum(p.numel() for p in matched_mlp(61_706).parameters())
    62020
    """
    per_unit = n_inputs + 1 + n_classes
    if n_parameters < per_unit + n_classes:
        raise ValueError(
            f"{n_parameters} parameters do not make one hidden unit; expected at least {per_unit + n_classes}"
        )
    hidden = -(-(n_parameters - n_classes) // per_unit)  # rounded up
    return nn.Sequential(
        Standardise(mean, std),
        nn.Flatten(),
        nn.Linear(n_inputs, hidden),
        nn.ReLU(),
        nn.Linear(hidden, n_classes),
    )
