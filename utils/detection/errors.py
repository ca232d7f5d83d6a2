"""The mistakes of a detector, sorted by kind, and what each kind costs."""

from typing import NamedTuple

import numpy as np
import torch

from utils.detection.boxes import box_iou
from utils.detection.scoring import Ranking, average_precision, check_lists, match_boxes

KINDS_OF_ERROR = ("class", "place", "both", "duplicate", "background", "missed")


class Errors(NamedTuple):
    """What a detector does wrong.

    Attributes
    ----------
    average_precision : float
        Mean over classes, as it is.
    cost : dict of str to float
        For each kind, how much the mean average precision would gain if nothing but this kind were mended.
    count : dict of str to int
        How many there are of each.
    """

    average_precision: float
    cost: dict
    count: dict


def sort_errors(predictions, truths, *, n_classes, threshold=0.5, background=0.1):
    """Give each wrong box and each thing that was not found its kind, and compute what mending a kind would bring.

    A wrong box is of the kind *place* if its best truth of the same class has an IoU from `background` to `threshold`;
    else *class* if one of another class reaches `threshold`; else *duplicate* if a surer box has found its thing;
    else *background* if no truth reaches `background`; else *both*. A thing is *missed* if no box found it and mending
    a box of the kinds *place* and *class* would not find it either.

    To mend is: of the boxes of the kinds *place* and *class* that aim at one thing, the surest becomes a hit when its
    kind is mended, and the others go with their kind; boxes of the other kinds go; what was missed is not asked for.

    Parameters
    ----------
    predictions, truths : list of dict
        As in `utils.detection.scoring`; no truth is ignored.
    n_classes : int
    threshold, background : float

    Returns
    -------
    Errors

    Raises
    ------
    ValueError
        If predictions and truths differ in number, or what they hold does not fit.

    References
    ----------
    Bolya et al., "TIDE: a general toolbox for identifying object detection errors", 2020, section 2. Average precision
    is read at 101 points, as there.
    """
    boxes, things = [], []
    for found, true in zip(*check_lists(predictions, truths), strict=True):
        image_boxes, image_things = _sorted_image(found, true, len(things), threshold, background)
        boxes += image_boxes
        things += image_things
    surest = _surest(boxes)
    missed = {index for index, thing in enumerate(things) if not thing.found and index not in surest}
    count = {kind: sum(box.kind == kind for box in boxes) for kind in KINDS_OF_ERROR}
    count["missed"] = len(missed)
    plain = _mean(boxes, [thing.label for thing in things], n_classes)
    cost = {}
    for kind in KINDS_OF_ERROR:
        asked = [thing.label for index, thing in enumerate(things) if kind != "missed" or index not in missed]
        cost[kind] = _mean(_mended(kind, boxes, things, surest), asked, n_classes) - plain
    return Errors(plain, cost, count)


class _Box(NamedTuple):
    score: float
    label: int
    kind: str  # "hit" or one of the errors
    thing: int | None = None  # which truth it would find if it were mended


class _Thing(NamedTuple):
    label: int
    found: bool


def _sorted_image(found, true, first, threshold, background):
    """Return the boxes and the things of one image; `first` is the number of its first thing."""
    order = torch.as_tensor(found["scores"]).argsort(descending=True, stable=True)
    labels, true_labels = torch.as_tensor(found["labels"])[order].numpy(), torch.as_tensor(true["labels"]).numpy()
    boxes = [torch.as_tensor(boxes).double() for boxes in (found["boxes"][order], true["boxes"])]
    iou = box_iou(*boxes).numpy()
    same = labels[:, None] == true_labels[None]
    hits = match_boxes(iou * same, threshold=threshold) == 1
    taken = _taken(iou * same, hits)
    result = []
    for index, score in enumerate(torch.as_tensor(found["scores"])[order].tolist()):
        kind, thing = ("hit", None) if hits[index] else _kind(iou[index], same[index], taken, threshold, background)
        thing = None if thing is None or taken[thing] else first + thing
        result.append(_Box(score, int(labels[index]), kind, thing))
    return result, [_Thing(int(label), bool(was)) for label, was in zip(true_labels, taken, strict=True)]


def _taken(iou, hits):
    """Say of each truth whether a box found it."""
    taken = np.zeros(iou.shape[1], bool)
    for row in iou[hits]:
        taken[np.where(taken, -1, row).argmax()] = True
    return taken


def _kind(iou, same, taken, threshold, background):
    """Return the kind of a wrong box, and which truth it aims at."""
    if not len(iou):
        return "background", None
    own, other = np.where(same, iou, 0), np.where(same, 0, iou)
    if background <= own.max() <= threshold:
        return "place", own.argmax()
    if other.max() >= threshold:
        return "class", other.argmax()
    if (own * taken).max() >= threshold:
        return "duplicate", None
    return ("background" if iou.max() <= background else "both"), None


def _surest(boxes):
    """Return for each thing that wrong boxes aim at the index of the surest of them."""
    surest = {}
    for index, box in enumerate(boxes):
        if box.thing is not None and (box.thing not in surest or box.score > boxes[surest[box.thing]].score):
            surest[box.thing] = index
    return surest


def _mended(kind, boxes, things, surest):
    """Return the boxes as they would be without one kind of error."""
    mended = []
    for index, box in enumerate(boxes):
        if box.kind != kind:
            mended.append(box)
        elif surest.get(box.thing) == index:
            mended.append(box._replace(kind="hit", label=things[box.thing].label))
    return mended


def _mean(boxes, asked, n_classes):
    """Return the mean average precision of boxes that are sorted already."""
    precisions = []
    for label in range(n_classes):
        own = [box for box in boxes if box.label == label]
        order = np.argsort([-box.score for box in own], kind="stable").astype(int)
        hits = np.array([own[index].kind == "hit" for index in order], bool)
        scores = np.array([own[index].score for index in order])
        precisions.append(average_precision(Ranking(scores, hits, asked.count(label))))
    return float(np.nanmean(precisions)) if asked else float("nan")
