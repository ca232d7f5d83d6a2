"""The networks of lecture 14: `make train NAME=segmenters` takes about ten minutes on one quiet core."""

import time

import torch
import torch.nn.functional as F
from torch import optim

from utils.data.weights import StoredWeights
from utils.runtime import seed_everything
from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes
from utils.segmentation.losses import dice_loss, rarity_weights
from utils.segmentation.networks import CLASSES, NAMES, RECIPES, SCENES, new_network, recipe_of, things_map

__all__ = ["NAMES", "recipe_of", "train"]


def train(name, *, n_steps=None):
    """Train one network from its seed.

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
    kind, seed = name.split(", seed ")
    recipe = RECIPES[kind]
    painted = paint(random_scenes(recipe.n_scenes, seed=0, **SCENES))
    labels = things_map(painted.class_map)
    loss_of = _loss(recipe.loss, labels)
    seed_everything(int(seed))
    net = new_network(kind).to(memory_format=torch.channels_last)
    optimizer = optim.AdamW(net.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True)
    order = [rows for _ in range(recipe.epochs) for rows in torch.randperm(recipe.n_scenes).split(recipe.batch)]
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, total_steps=len(order), pct_start=recipe.warm_up)
    start, losses = time.process_time(), []
    for rows in order[:n_steps]:
        loss = loss_of(net(painted.images[rows] / 255), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    seconds = round(time.process_time() - start)
    print(f"{name}: loss {sum(losses[-50:]) / len(losses[-50:]):.3f} after {seconds} s", flush=True)
    return StoredWeights.of(
        net, {**recipe_of(name), "seconds": seconds, "torch": torch.__version__}, torch.tensor(losses)
    )


def _loss(kind, labels):
    weight = rarity_weights(labels, len(CLASSES)) if kind == "weighted cross-entropy" else None

    def loss(logits, truth):
        by_pixel = 0 if kind == "Dice" else F.cross_entropy(logits, truth, weight=weight)
        return by_pixel + (dice_loss(logits, truth) if "Dice" in kind else 0)

    return loss
