"""Train the networks whose weights ship with the book: `make train NAME=gans`."""

import sys
from importlib import import_module
from pathlib import Path

import torch

from tools import trainers
from tools.project import BUILD
from tools.shipping import ship
from utils.data.weights import pack_weights, unpack_weights
from utils.storage import write_whole
from utils.validation import check_name


def trainer_names():
    """Return the names that `make train` takes: one module of `tools.trainers` each."""
    return sorted(path.stem for path in Path(trainers.__file__).parent.glob("[!_]*.py"))


def train(name):
    """Train all networks of one file of weights, each once, and ship them.

    What is trained is kept in ``_build/weights`` and is not trained again while its recipe stays the same. Another
    processor or another version of PyTorch rounds differently, so the file is the same byte for byte only on the same
    machine.

    Parameters
    ----------
    name : str
        A module of `tools.trainers` with `NAMES`, ``recipe_of(name)`` and ``train(name)``, which returns
        `StoredWeights`.
    """
    check_name(name, trainer_names(), "file of weights to train")
    trainer, kept = import_module(f"tools.trainers.{name}"), BUILD / "weights" / name
    kept.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    trained = {}
    for network in trainer.NAMES:
        path = kept / f"{network}.npz"
        if not path.is_file() or not _made_by(trainer.recipe_of(network), path, network):
            write_whole(path, pack_weights({network: trainer.train(network)}))
        trained |= unpack_weights(path.read_bytes())
    ship(f"weights/{name}.toml", {f"{name}.npz": pack_weights(trained)})


def _made_by(recipe, path, network):
    return recipe.items() <= unpack_weights(path.read_bytes())[network].recipe.items()


if __name__ == "__main__":
    train(" ".join(sys.argv[1:]))
