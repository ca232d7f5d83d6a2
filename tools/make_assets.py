"""Make the shipped Fashion-MNIST subset again, byte for byte, from the original files.

    python -m tools.make_assets FOLDER    # FOLDER holds the four *-ubyte.gz files

The training part is balanced: the first 1,000 images of each class, in the order of the original file.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from utils.data.downloads import read_idx
from utils.data.sets import ASSETS, MANIFEST

PER_CLASS = 1000


def main(folder):
    images, labels = (read_idx(folder / f"train-{part}-ubyte.gz") for part in ("images-idx3", "labels-idx1"))
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == label)[:PER_CLASS] for label in range(10)]))
    subset = {"train": (images[chosen], labels[chosen])}
    subset["test"] = tuple(read_idx(folder / f"t10k-{part}-ubyte.gz") for part in ("images-idx3", "labels-idx1"))
    manifest = {}
    for split, (images, labels) in subset.items():
        target = ASSETS / f"fashion_mnist_{split}.npz"
        np.savez_compressed(target, images=images, labels=labels)
        manifest[target.name] = {
            "bytes": target.stat().st_size,
            "sha256": sha256(target.read_bytes()).hexdigest(),
        }
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
