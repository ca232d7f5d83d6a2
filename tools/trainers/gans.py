"""The generators of lecture 19: `make train NAME=gans` takes about a quarter of an hour on one quiet core."""

import time

import torch

from utils.data import load_images
from utils.data.weights import StoredWeights
from utils.generative.garment_gans import RUNGS, SEED, GarmentGan, recipe_of

NAMES = tuple(RUNGS)
EVERY = 25  # steps whose losses are averaged


def train(name, *, n_steps=None):
    """Train one rung from its seed.

    Parameters
    ----------
    name : str
    n_steps : int, optional
        Stop early; all steps of the recipe if None.

    Returns
    -------
    StoredWeights
        Its losses are of shape (n_steps // EVERY, 2).
    """
    data, gan, losses = load_images("fashion_mnist"), GarmentGan(RUNGS[name], seed=SEED), []
    start = time.process_time()
    n_steps = n_steps or RUNGS[name].steps
    for step in range(n_steps):
        losses.append(gan.step(data))
        if (step + 1) % 500 == 0:
            critic, generator = torch.tensor(losses[-500:]).mean(dim=0).tolist()
            print(f"{name}: step {step + 1} of {n_steps}, critic {critic:.3f}, generator {generator:.3f}", flush=True)
    seconds = round(time.process_time() - start)
    whole = torch.tensor(losses[: n_steps // EVERY * EVERY])
    recipe = {**recipe_of(name), "seconds": seconds, "torch": torch.__version__}
    return StoredWeights.of(gan.generator, recipe, whole.reshape(-1, EVERY, 2).mean(dim=1))
