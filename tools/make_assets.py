"""Make the shipped Fashion-MNIST subset again, byte for byte, from the original files.

    python -m tools.make_assets FOLDER    # FOLDER holds the four *-ubyte.gz files

The training part is balanced: the first 1,000 images of each class, in the order of the original file.
"""

import io
import sys
from pathlib import Path

import numpy as np

from tools.shipping import ship
from utils.data.downloads import read_idx
from utils.data.sets import GARMENTS

PER_CLASS = 1000


def main(folder):
    images, labels = (read_idx(folder / f"train-{part}-ubyte.gz") for part in ("images-idx3", "labels-idx1"))
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == label)[:PER_CLASS] for label in range(10)]))
    subset = {"train": (images[chosen], labels[chosen])}
    subset["test"] = tuple(read_idx(folder / f"t10k-{part}-ubyte.gz") for part in ("images-idx3", "labels-idx1"))
    files = {}
    for split, (images, labels) in subset.items():
        file = io.BytesIO()
        np.savez_compressed(file, images=images, labels=labels)
        files[f"fashion_mnist_{split}.npz"] = file.getvalue()
    ship(GARMENTS, files)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
