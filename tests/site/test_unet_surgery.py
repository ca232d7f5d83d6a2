"""U-Net surgery in the browser: what it shows is held against PyTorch and NumPy, by mouse and keyboard."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.site.exported import publish
from utils.scenes.layout import Item
from utils.scenes.rasterise import stamp

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its demo is replaced by that of this test
CLASSES, KINDS, KIND_CLASSES = ["background", "garment", "digit"], ["t-shirt", "bag", "three"], [1, 1, 2]
COLOURS = {"orange": [213, 94, 0], "blue": [0, 114, 178]}
SIZE, LEVELS = 64, [64, 32, 16]


class Gated(nn.Module):
    """A stand-in that needs no training: orange is a garment, blue a digit; each skip adds what its resolution knows.

    `loss` is taken from the coarsest map, which is drawn as a checkerboard, as a bad decoder does.
    """

    def __init__(self, checks=0.0, used=1.0):
        super().__init__()
        self.used = used
        rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
        self.register_buffer("board", checks * (1.0 - 2 * ((rows + columns) % 2)))

    def forward(self, image, gates):
        orange, blue = image[:, 0] - image[:, 2], image[:, 2] - image[:, 0]
        known = torch.stack([torch.full_like(orange, 0.12), orange, blue], dim=1)
        logits = 0.5 * F.interpolate(F.avg_pool2d(known, 8), scale_factor=8)
        for level in range(3):
            pooled = known if level == 0 else F.interpolate(F.avg_pool2d(known, 2**level), scale_factor=2**level)
            logits = logits + (1 - self.used + self.used * gates[:, level]) * pooled
        return 6 * logits + self.board


def task():
    stamps = [[stamp(Item(kind, k, "blue", (0, 0), 28), split="test") for k in range(3)] for kind in KINDS]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    grounds = np.full((2, 3, SIZE, SIZE), 128, np.uint8)
    grounds[1] = 90
    return {
        "classes": CLASSES,
        "kinds": KINDS,
        "kind_classes": KIND_CLASSES,
        "colours": COLOURS,
        "grounds": grounds,
        "ground_names": ["grey", "dark"],
        "covers": np.ascontiguousarray(covers),
        "brights": np.ascontiguousarray(brights),
    }


NETS = {"plain": Gated(), "with a checkerboard": Gated(checks=0.4), "deaf to its skips": Gated(used=0.0)}


def export(folder, settings, nets=None):
    return publish(
        folder,
        "unet_surgery",
        id=ID,
        alt="A scene, the mask of a network, its errors and its spectrum.",
        model={name: net.eval() for name, net in (nets or NETS).items()},
        example=(torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)), torch.ones(1, 3)),
        input_names=["image", "gates"],
        output_names=["logits"],
        **settings,
    )
