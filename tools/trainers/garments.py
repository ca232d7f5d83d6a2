"""The classifiers of `utils.networks.garment_classifiers`: `make train NAME=garments` takes about a minute."""

import time

import torch
import torch.nn.functional as F
from torch import optim

from utils.data import load_images
from utils.data.weights import StoredWeights
from utils.networks.garment_classifiers import RECIPES, SEED, new_classifier, recipe_of
from utils.runtime import seed_everything

NAMES = tuple(RECIPES)


def train(name, *, n_steps=None):
    """Train one classifier from its seed.

    Parameters
    ----------
    name : str
    n_steps : int, optional
        Stop early; all epochs of the recipe if None.

    Returns
    -------
    StoredWeights
        Its losses are of shape (n_steps,).
    """
    recipe, data = RECIPES[name], load_images("fashion_mnist")
    seed_everything(SEED)
    net = new_classifier(name, data.images.mean().item(), data.images.std().item())
    net = net.to(memory_format=torch.channels_last)
    n_batches = len(data.images) // recipe.batch
    optimizer, schedule = steps_of(recipe, net.parameters(), n_batches)
    start, losses = time.process_time(), []
    for step in range(n_steps or recipe.epochs * n_batches):
        if step % n_batches == 0:
            order = torch.randperm(len(data.images))
        rows = order[step % n_batches * recipe.batch :][: recipe.batch]
        images = data.images[rows]
        if recipe.mirrored:
            images = torch.where(torch.rand(len(rows), 1, 1, 1) < 0.5, images.flip(-1), images)
        loss = F.cross_entropy(net(images), data.labels[rows], label_smoothing=recipe.smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if recipe.schedule == "one cycle" or (step + 1) % n_batches == 0:
            schedule.step()
        losses.append(loss.item())
    seconds = round(time.process_time() - start)
    return StoredWeights.of(
        net, {**recipe_of(name), "seconds": seconds, "torch": torch.__version__}, torch.tensor(losses)
    )


def steps_of(recipe, parameters, n_batches):
    """Return the optimizer and the schedule of a recipe."""
    options = {"lr": recipe.lr, "weight_decay": recipe.weight_decay, "fused": True}
    if recipe.optimizer == "SGD":
        optimizer = optim.SGD(parameters, momentum=0.9, nesterov=True, **options)
    else:
        optimizer = optim.AdamW(parameters, **options)
    if recipe.schedule == "one cycle":
        total = recipe.epochs * n_batches
        return optimizer, optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, total_steps=total, pct_start=0.2)
    return optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs)
