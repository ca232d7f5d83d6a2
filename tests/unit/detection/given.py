"""Pictures that are not there, with things and with boxes that more or less find them."""

import numpy as np
import torch

N_CLASSES = 4


def images(seed, *, n_images=12, ties=False, ignored=False):
    """Draw predictions and truths: some pictures are empty, some boxes miss, some are of the wrong class."""
    rng = np.random.default_rng(seed)
    predictions, truths = [], []
    for _ in range(n_images):
        n_true, n_found = rng.integers(0, 5), rng.integers(0, 12)
        middles, sides = rng.uniform(10, 80, (n_true, 2)), rng.uniform(8, 30, (n_true, 2))
        true = np.hstack([middles - sides / 2, middles + sides / 2])
        labels = rng.integers(0, N_CLASSES, n_true)
        found, found_labels = np.tile([5.0, 5, 25, 25], (n_found, 1)), rng.integers(0, N_CLASSES, n_found)
        if n_true:
            aim = rng.integers(0, n_true, n_found)
            found = true[aim]
            found_labels = np.where(rng.random(n_found) < 0.7, labels[aim], found_labels)
        found = found + rng.normal(0, 4, (n_found, 4))
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        scores = rng.random(n_found)
        predictions.append(
            {
                "boxes": torch.tensor(found).reshape(-1, 4),
                "scores": torch.tensor(scores.round(1) if ties else scores),
                "labels": torch.tensor(found_labels),
            }
        )
        truths.append({"boxes": torch.tensor(true).reshape(-1, 4), "labels": torch.tensor(labels)})
        if ignored:
            truths[-1]["ignore"] = torch.tensor(rng.random(n_true) < 0.3)
    return predictions, truths
