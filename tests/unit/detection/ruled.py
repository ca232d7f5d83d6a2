"""What the demo of six mean average precisions lets a reader decide, in Python: equal scores, and what is ignored."""

import numpy as np
import torch

from tests.unit.detection.given import N_CLASSES
from utils.detection.boxes import box_iou
from utils.detection.scoring import IGNORED, Ranking, average_precision, match_boxes, rank


def reordered(ranking, hits_first):
    """Scores rounded to 0.1; of equal ones the hits first, or last."""
    coarse = np.floor(10 * ranking.scores + 0.5) / 10
    order = np.lexsort([~ranking.hits if hits_first else ranking.hits, -coarse])
    return Ranking(coarse[order], ranking.hits[order], ranking.n_true)


def with_ties(predictions, truths, convention, hits_first, n_classes=N_CLASSES):
    """Average precision of each class if the order of equal scores is the best, or the worst."""
    return [
        np.mean(
            [
                average_precision(
                    reordered(rank(predictions, truths, label, convention, threshold=threshold), hits_first),
                    convention.recalls,
                )
                for threshold in convention.thresholds
            ]
        )
        for label in range(n_classes)
    ]


def without_ignored(predictions, truths, n_classes=N_CLASSES):
    """Leave out the things to ignore, and the boxes that find them at an IoU of 0.5."""
    kept_boxes, kept_truths = [], []
    for found, true in zip(predictions, truths, strict=True):
        keep = torch.ones(len(found["labels"]), dtype=bool)
        for label in range(n_classes):
            own, there = found["labels"] == label, true["labels"] == label
            order = found["scores"][own].argsort(descending=True, stable=True)
            iou = box_iou(found["boxes"][own][order], true["boxes"][there])
            outcomes = match_boxes(iou, true["ignore"][there])
            keep[own.nonzero()[:, 0][order][torch.tensor(outcomes) == IGNORED]] = False
        kept_boxes.append({key: value[keep] for key, value in found.items()})
        kept_truths.append({key: value[~true["ignore"]] for key, value in true.items()})
    return kept_boxes, kept_truths
