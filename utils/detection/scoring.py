"""How well boxes find what is there: matching, precision and recall, average precision in every convention.

Predictions and truths are lists with one dictionary an image, as torchvision's detectors return and torchmetrics takes:
``{"boxes": (n, 4), "scores": (n,), "labels": (n,)}`` and ``{"boxes": (m, 4), "labels": (m,)}``. A truth may also have
``"ignore": (m,)``, bool: a box that finds such a thing counts neither for nor against the detector.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from utils.detection.boxes import box_iou, check_boxes
from utils.validation import check_name, check_number, check_whole

HIT, FALSE_ALARM, IGNORED = 1, 0, -1
RECALLS = ("11 points", "101 points", "all points", "no envelope")
COCO_THRESHOLDS = tuple((50 + 5 * step) / 100 for step in range(10))


@dataclass(frozen=True)
class Convention:
    """What has to be said before "average precision" is a definition.

    Attributes
    ----------
    thresholds : tuple of float
        A box hits if its intersection over union is at least this; the results of several are averaged.
    recalls : {"11 points", "101 points", "all points", "no envelope"}
        Where precision is read: at 11 or 101 values of recall, or wherever recall grows, there with or without the
        envelope (at each recall the best precision of that recall or a higher one).
    matching : {"best free", "best"}
        Which truth a box is compared with: the best that no surer box has found, or the best of all, so that the box
        is a false alarm if that one is taken.
    inclusive : bool
        Whether boxes are read as if their last pixel were ``x1, y1``.
    most : int
        Only so many of the surest boxes of an image and class count.
    """

    thresholds: tuple = (0.5,)
    recalls: str = "101 points"
    matching: str = "best free"
    inclusive: bool = False
    most: int = 100

    def __post_init__(self):
        for threshold in self.thresholds:
            check_number(threshold, 0, 1, "threshold")
        check_name(self.recalls, RECALLS, "recalls")
        check_name(self.matching, ("best free", "best"), "matching")
        check_whole(self.most, 1, math.inf, "most")


CONVENTIONS = {
    "VOC 2007": Convention(recalls="11 points", matching="best"),
    "VOC 2010": Convention(recalls="all points", matching="best"),
    "COCO at 0.5": Convention(),
    "COCO": Convention(thresholds=COCO_THRESHOLDS),
    "no envelope": Convention(recalls="no envelope", matching="best"),
    "inclusive pixels": Convention(recalls="all points", matching="best", inclusive=True),
}


def match_boxes(iou, ignore=None, *, threshold=0.5, matching="best free"):
    """Say of each box of one image and class whether it hits, the surest first.

    Parameters
    ----------
    iou : array_like of shape (n, m)
        Between the boxes, the surest first, and the true ones.
    ignore : array_like of shape (m,), optional
        bool.
    threshold : float
    matching : {"best free", "best"}
        See `Convention`.

    Returns
    -------
    ndarray of shape (n,)
        `HIT`, `FALSE_ALARM` or `IGNORED`.

    Examples
    --------
    >>> match_boxes([[0.9], [0.8], [0.2]]).tolist()  # the second finds what the first has found
    [1, 0, 0]
    """
    iou = np.asarray(iou, dtype=float)
    n_true = iou.shape[1] if iou.ndim == 2 else 0
    ignore = np.zeros(n_true, bool) if ignore is None else np.asarray(ignore, bool)
    free = np.ones(n_true, bool)
    outcomes = np.full(len(iou), FALSE_ALARM)
    for index, row in enumerate(iou if n_true else []):
        good = row >= threshold
        if matching == "best free":
            good &= free
            good = (
                good & ~ignore if (good & ~ignore).any() else good
            )  # a thing that counts goes before one that does not
        best = np.where(good, row, -1).argmax()
        if not good[best]:
            continue
        if ignore[best]:
            outcomes[index] = IGNORED
        elif free[best]:
            outcomes[index] = HIT
        free[best] = False
    return outcomes


class Ranking(NamedTuple):
    """The boxes of one class from all images, the surest first.

    Attributes
    ----------
    scores : ndarray of shape (n,)
    hits : ndarray of shape (n,)
        bool.
    n_true : int
        How many things there are to find.
    """

    scores: np.ndarray
    hits: np.ndarray
    n_true: int


def rank(predictions, truths, label, convention=Convention(), *, threshold=None):
    """Match the boxes of one class in every image, and put them all in one list.

    Parameters
    ----------
    predictions, truths : list of dict
        See the head of this module.
    label : int
    convention : Convention
    threshold : float, optional
        The first of the convention's if not given.

    Returns
    -------
    Ranking
        Of equal scores, the box of the earlier image goes first, then the earlier box.

    Raises
    ------
    ValueError
        If predictions and truths differ in number, or what they hold does not fit.
    """
    threshold = convention.thresholds[0] if threshold is None else threshold
    return _ranked(_of_class(*check_lists(predictions, truths), label, convention), threshold, convention.matching)


def _of_class(predictions, truths, label, convention):
    """Return IoU, scores and what is to be ignored for each image, of one class, the surest box first."""
    images = []
    for found, true in zip(predictions, truths, strict=True):
        chosen = torch.nonzero(torch.as_tensor(found["labels"]) == label)[:, 0]
        scores = torch.as_tensor(found["scores"])[chosen]
        order = scores.argsort(descending=True, stable=True)[: convention.most]
        there = torch.as_tensor(true["labels"]) == label
        ignore = torch.as_tensor(true["ignore"])[there] if "ignore" in true else torch.zeros(int(there.sum()))
        boxes = (torch.as_tensor(found["boxes"])[chosen[order]], torch.as_tensor(true["boxes"])[there])
        iou = box_iou(*(part.double() for part in boxes), inclusive=convention.inclusive)
        images.append((iou.numpy(), scores[order].double().numpy(), ignore.bool().numpy()))
    return images


def _ranked(images, threshold, matching):
    """Match the boxes of each image, and put them all in one list."""
    outcomes = [match_boxes(iou, ignore, threshold=threshold, matching=matching) for iou, _, ignore in images]
    outcomes = np.concatenate([np.zeros(0, int), *outcomes])
    scores = np.concatenate([np.zeros(0), *(scores for _, scores, _ in images)])
    order = np.argsort(-scores, kind="stable")
    order = order[outcomes[order] != IGNORED]
    return Ranking(scores[order], outcomes[order] == HIT, int(sum((~ignore).sum() for _, _, ignore in images)))


def precision_recall(ranking):
    """Compute precision and recall after each box of a ranking.

    Parameters
    ----------
    ranking : Ranking

    Returns
    -------
    precision, recall : ndarray of shape (n,)
        NaN for the recall of a class of which there is nothing to find.

    Examples
    --------
    >>> precision_recall(Ranking(np.array([0.9, 0.8]), np.array([True, False]), 4))
    (array([1. , 0.5]), array([0.25, 0.25]))
    """
    found = ranking.hits.cumsum()
    recall = found / ranking.n_true if ranking.n_true else np.full(len(found), np.nan)
    return found / np.arange(1, len(found) + 1), recall


def average_precision(ranking, recalls="101 points"):
    """Compute the average precision of one class.

    Parameters
    ----------
    ranking : Ranking
    recalls : str
        See `Convention`.

    Returns
    -------
    float
        0 to 1; NaN if there is nothing to find.

    References
    ----------
    Everingham et al., "The PASCAL visual object classes challenge", 2010, section 4.2 (11 points); since 2010 the
    challenge reads all points. Lin et al., "Microsoft COCO", 2014, and its program pycocotools (101 points).

    Notes
    -----
    Recall is compared as pycocotools does, in floating point: 3 of 10 found is 0.3 and does not reach the point
    0.30000000000000004, so that a point may be read one hit late.

    Examples
    --------
    >>> ranking = Ranking(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([0, 1, 1, 0, 1], bool), 4)
    >>> [round(average_precision(ranking, name), 3) for name in RECALLS]
    [0.473, 0.485, 0.483, 0.442]
    """
    check_name(recalls, RECALLS, "recalls")
    if not ranking.n_true:
        return math.nan
    precision, recall = precision_recall(ranking)
    if recalls == "no envelope":
        return float((precision * ranking.hits).sum() / ranking.n_true)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    if recalls == "all points":
        return float((envelope * ranking.hits).sum() / ranking.n_true)
    points = np.linspace(0, 1, {"11 points": 11, "101 points": 101}[recalls])
    places = np.searchsorted(recall, points)
    return float(np.append(envelope, 0)[places].mean())


class MeanAveragePrecision(NamedTuple):
    """How well a detector finds the things of several classes.

    Attributes
    ----------
    mean : float
        Over the classes of which there is something to find; NaN if there is none.
    per_class : ndarray of shape (n_classes,)
        Average precision of each, NaN where there is nothing to find.
    """

    mean: float
    per_class: np.ndarray


def mean_average_precision(predictions, truths, convention=Convention(), *, n_classes):
    """Compute the average precision of each class, and their mean.

    Parameters
    ----------
    predictions, truths : list of dict
        See the head of this module.
    convention : Convention or str
        A name of `CONVENTIONS` will do.
    n_classes : int

    Returns
    -------
    MeanAveragePrecision

    Raises
    ------
    ValueError
        If predictions and truths differ in number, what they hold does not fit, or the convention is not known.
    """
    if isinstance(convention, str):
        check_name(convention, CONVENTIONS, "convention")
        convention = CONVENTIONS[convention]
    check_lists(predictions, truths)
    per_class = np.empty(n_classes)
    for label in range(n_classes):
        images = _of_class(predictions, truths, label, convention)
        rankings = [_ranked(images, threshold, convention.matching) for threshold in convention.thresholds]
        per_class[label] = np.mean([average_precision(ranking, convention.recalls) for ranking in rankings])
    something = ~np.isnan(per_class)
    return MeanAveragePrecision(float(per_class[something].mean()) if something.any() else math.nan, per_class)


def check_lists(predictions, truths):
    """Refuse lists that do not fit; return them.

    Parameters
    ----------
    predictions, truths : list of dict

    Returns
    -------
    predictions, truths

    Raises
    ------
    ValueError
        Tells which image, what came and what was expected.
    """
    if len(predictions) != len(truths):
        raise ValueError(f"{len(predictions)} predictions for {len(truths)} truths; expected one dictionary an image")
    for what, images, needed in (
        ("prediction", predictions, ("boxes", "scores", "labels")),
        ("truth", truths, ("boxes", "labels")),
    ):
        for index, image in enumerate(images):
            missing = [name for name in needed if name not in image]
            if missing:
                raise ValueError(f"{what} {index} has no {missing[0]!r}; expected a dictionary with {needed}")
            n_boxes = len(check_boxes(image["boxes"], f"boxes of {what} {index}"))
            for name in needed[1:]:
                if len(image[name]) != n_boxes:
                    raise ValueError(
                        f"{what} {index} has {n_boxes} boxes and {len(image[name])} {name}; expected one for each box"
                    )
    return predictions, truths
