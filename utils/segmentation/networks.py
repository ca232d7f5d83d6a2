"""Small U-Nets for composed scenes, with weights trained beforehand: skips cut, upsampling and losses exchanged.

`make train NAME=segmenters` trains them and writes ``utils/assets/weights/segmenters.npz`` with the recipes; see
`tools/trainers/segmenters.py`.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from utils.data.shipped import read_shipped
from utils.data.weights import unpack_weights
from utils.scenes.layout import DIGITS, KINDS
from utils.validation import check_name

CLASSES = ("background", "garment", "digit")
THINGS = ("t-shirt", "trousers", "bag", "boot", "zero", "three", "five", "eight")
SCENES = {"size": 64, "n_items": (1, 4), "difficulty": 0.4, "kinds": THINGS}
SEEDS = (0, 1, 2)
WIDTHS = (12, 16, 32, 64)
UPSAMPLING = ("transposed 2×2", "transposed 3×3", "resize")


@dataclass(frozen=True)
class Recipe:
    """How one network is built and trained.

    Attributes
    ----------
    upsampling : {"transposed 2×2", "transposed 3×3", "resize"}
        Transposed convolutions have stride 2; resize repeats each value twice along both sides, then convolves 3×3.
    gates : (int, int, int)
        Which skip connections are open, the one of full resolution first; a shut one carries zeros.
    loss : {"cross-entropy", "weighted cross-entropy", "Dice", "cross-entropy + Dice"}
    widths : (int, int, int, int)
        See `SmallUNet`.
    n_scenes, epochs, batch : int
    lr, weight_decay, warm_up : float
        AdamW and one cycle; the learning rate rises during the share `warm_up` of the steps.
    """

    upsampling: str = "transposed 2×2"
    gates: tuple = (1, 1, 1)
    loss: str = "cross-entropy + Dice"
    widths: tuple = WIDTHS
    n_scenes: int = 800
    epochs: int = 6
    batch: int = 16
    lr: float = 5e-3
    weight_decay: float = 0.01
    warm_up: float = 0.15


RECIPES = {
    "U-Net": Recipe(),
    "without skip 64": Recipe(gates=(0, 1, 1)),
    "without skip 32": Recipe(gates=(1, 0, 1)),
    "without skip 16": Recipe(gates=(1, 1, 0)),
    "without skips": Recipe(gates=(0, 0, 0)),
    "transposed 3×3": Recipe(upsampling="transposed 3×3"),
    "resize": Recipe(upsampling="resize"),
    "cross-entropy": Recipe(loss="cross-entropy"),
    "weighted cross-entropy": Recipe(loss="weighted cross-entropy"),
    "Dice": Recipe(loss="Dice"),
}
NAMES = tuple(f"{name}, seed {seed}" for name in RECIPES for seed in SEEDS)


class SmallUNet(nn.Module):
    """An encoder–decoder of four resolutions with a gated skip connection at each but the coarsest.

    Parameters
    ----------
    upsampling : {"transposed 2×2", "transposed 3×3", "resize"}
    gates : sequence of 3 numbers
        What the skips are multiplied by where `forward` is given no others.
    widths : (int, int, int, int)
        Channels at full resolution, at a half, a quarter, an eighth.
    n_classes : int

    References
    ----------
    Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", 2015,
    doi:10.1007/978-3-319-24574-4_28. Unlike there, convolutions are padded, and there is one a resolution, not two.

    Examples
    --------
    >>> sum(p.numel() for p in SmallUNet().parameters())
    62199
    """

    def __init__(self, upsampling="transposed 2×2", gates=(1, 1, 1), widths=WIDTHS, n_classes=3):
        super().__init__()
        check_name(upsampling, UPSAMPLING, "upsampling")
        pairs = list(pairwise(widths))  # finer, coarser
        self.down = nn.ModuleList([_conv_norm(3, widths[0]), *(_conv_norm(a, b) for a, b in pairs)])
        self.up = nn.ModuleList(_upsampled(upsampling, b, a) for a, b in pairs)
        self.join = nn.ModuleList(_conv_norm(2 * a, a) for a, _ in pairs)
        self.score = nn.Conv2d(widths[0], n_classes, 1)
        self.register_buffer("gates", torch.tensor(gates, dtype=torch.float32), persistent=False)

    def forward(self, images, gates=None):
        """Give each pixel of images (B, 3, H, W) in [0, 1] a logit a class: (B, n_classes, H, W).

        H and W are multiples of 8. `gates` is a tensor of shape (3,), the gate of full resolution first.
        """
        gates = self.gates if gates is None else gates
        maps, kept = self.down[0](images), []
        for block in self.down[1:]:
            kept.append(maps)
            maps = block(F.max_pool2d(maps, 2))
        for level in reversed(range(len(kept))):
            skip = gates[level] * kept[level]
            maps = self.join[level](torch.cat([skip, self.up[level](maps)], dim=1))
        return self.score(maps)


def things_map(class_map):
    """Turn the class map of painted scenes into background, garment and digit.

    Parameters
    ----------
    class_map : Tensor of shape (N, H, W)
        int64, as in `utils.scenes.render.Scenes`.

    Returns
    -------
    Tensor of shape (N, H, W)
        int64, an index into `CLASSES`.
    """
    classes = torch.tensor([0] + [1 + (kind in DIGITS) for kind in KINDS])
    return classes[class_map]


def recipe_of(name):
    """Return all that decides what a network's training makes, as plain values.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    dict
    """
    check_name(name, NAMES, "network for segmentation")
    kind, seed = name.split(", seed ")
    recipe = {**asdict(RECIPES[kind]), "seed": int(seed), "scenes": SCENES}
    return json.loads(json.dumps(recipe))  # tuples become lists, as in the file


def new_network(name):
    """Build one of the networks, untrained.

    Parameters
    ----------
    name : str
        One of `RECIPES`.

    Returns
    -------
    SmallUNet
    """
    check_name(name, RECIPES, "network for segmentation")
    recipe = RECIPES[name]
    return SmallUNet(recipe.upsampling, recipe.gates, recipe.widths)


def load_networks():
    """Return the trained networks that ship with the book.

    Returns
    -------
    dict of str to list of SmallUNet
        For each of `RECIPES` one a seed, in evaluation mode, without gradients, on the CPU.

    Raises
    ------
    DataError
        If the file, or the table with its checksum, is missing or damaged.
    """
    stored = unpack_weights(read_shipped("weights/segmenters.toml", "segmenters.npz"))
    return {name: [stored[f"{name}, seed {seed}"].into(new_network(name)) for seed in SEEDS] for name in RECIPES}


def _conv_norm(n_in, n_out):
    convolution = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())


def _upsampled(how, n_in, n_out):
    if how == "transposed 2×2":
        return nn.ConvTranspose2d(n_in, n_out, 2, stride=2)
    if how == "transposed 3×3":
        return nn.ConvTranspose2d(n_in, n_out, 3, stride=2, padding=1, output_padding=1)
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(n_in, n_out, 3, padding=1))
