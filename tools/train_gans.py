"""Train the GANs of lecture 19 and store their generators: `make train-gans`.

    python -m tools.train_gans    # about a quarter of an hour on one quiet core

Each rung of `RUNGS` is kept in ``_build/gans`` as soon as it is trained, and is not trained again
while its recipe stays the same. At the end all go into ``utils/assets/gans.npz``; its checksum and the recipes into
``utils/assets/gans.json``. Another processor or another version of PyTorch rounds differently, so the file is the same
byte for byte only on the same machine.
"""

import json
import time
from hashlib import sha256

import torch

from tools.project import BUILD
from utils.data import load_images
from utils.generative.garment_gans import ASSETS, RUNGS, SEED, TABLE, GarmentGan, pack_gans, recipe_of, unpack_gans
from utils.storage import write_whole

EVERY = 25  # steps whose losses are averaged


def train_rung(name, data, *, n_steps=None):
    """Train one rung from its seed.

    Parameters
    ----------
    name : str
    data : ImageSet
    n_steps : int, optional
        Stop early; all steps of the recipe if None.

    Returns
    -------
    generator : GarmentGenerator
    recipe : dict
    losses : Tensor of shape (n_steps // EVERY, 2)
    """
    start, gan, losses = time.process_time(), GarmentGan(RUNGS[name], seed=SEED), []
    n_steps = n_steps or RUNGS[name].steps
    for step in range(n_steps):
        losses.append(gan.step(data))
        if (step + 1) % 500 == 0:
            critic, generator = torch.tensor(losses[-500:]).mean(dim=0).tolist()
            print(f"{name}: step {step + 1} of {n_steps}, critic {critic:.3f}, generator {generator:.3f}", flush=True)
    seconds = round(time.process_time() - start)
    whole = torch.tensor(losses[: n_steps // EVERY * EVERY])
    recipe = {**recipe_of(name), "seconds": seconds, "torch": torch.__version__}
    return gan.generator, recipe, whole.reshape(-1, EVERY, 2).mean(dim=1)


def main():
    torch.set_num_threads(1)
    data, trained, kept = load_images("fashion_mnist"), {}, BUILD / "gans"
    kept.mkdir(parents=True, exist_ok=True)
    for name in RUNGS:
        path = kept / f"{name}.npz"
        if not path.is_file() or not recipe_of(name).items() <= unpack_gans(path.read_bytes())[name].recipe.items():
            write_whole(path, pack_gans({name: train_rung(name, data)}))
        there = unpack_gans(path.read_bytes())[name]
        trained[name] = (there.generator, there.recipe, there.losses)
    content = pack_gans(trained)
    target = ASSETS / "gans.npz"
    write_whole(target, content)
    table = {
        "file": target.name,
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
        "recipes": {name: recipe for name, (_, recipe, _) in trained.items()},
    }
    write_whole(TABLE, (json.dumps(table, indent=1) + "\n").encode())
    print(f"wrote {target} ({len(content) / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
