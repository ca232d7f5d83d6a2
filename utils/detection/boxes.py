"""Boxes: how much two of them share, and one kept where many overlap."""

import math

import torch

from utils.validation import check_name, check_number


def check_boxes(boxes, name="boxes"):
    """Return boxes as a tensor, or say what is wrong with them.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        ``x0, y0, x1, y1`` of each.
    name : str
        What the error calls them.

    Returns
    -------
    Tensor of shape (n, 4)

    Raises
    ------
    ValueError
        If the shape is another, a number is not finite, or a box ends before it starts.
    """
    boxes = torch.as_tensor(boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{name} have shape {tuple(boxes.shape)}; expected (n, 4): x0, y0, x1, y1 of each box")
    if not boxes.isfinite().all():
        raise ValueError(f"{name} hold a number that is not finite; expected edges in pixels")
    turned = (boxes[:, 2:] < boxes[:, :2]).any(dim=1)
    if turned.any():
        raise ValueError(
            f"{name} hold {boxes[turned][0].tolist()}, which ends before it starts; expected corners x0, y0, x1, y1 "
            "(not x, y, width, height)"
        )
    return boxes


def box_iou(one, other, *, inclusive=False):
    """Compute for each pair of boxes the area that they share, over the area that they cover together.

    Parameters
    ----------
    one : array_like of shape (n, 4)
        ``x0, y0, x1, y1``, half-open: the box of one pixel in the upper left corner is ``0, 0, 1, 1``.
    other : array_like of shape (m, 4)
    inclusive : bool
        Add a pixel to each side, as programs do for which ``x1, y1`` is the last pixel inside.

    Returns
    -------
    Tensor of shape (n, m)
        Intersection over union, 0 to 1; 0 where both boxes are empty.

    Raises
    ------
    ValueError
        If either holds something else than boxes.

    Examples
    --------
    >>> box_iou([[0, 0, 2, 2]], [[0, 1, 2, 3], [5, 5, 6, 6]])
    tensor([[0.3333, 0.0000]])
    """
    one, other = check_boxes(one), check_boxes(other)
    extra = int(inclusive)
    sides = torch.minimum(one[:, None, 2:], other[None, :, 2:]) - torch.maximum(one[:, None, :2], other[None, :, :2])
    shared = (sides + extra).clamp(min=0).prod(dim=2)  # (n, m)
    areas = [(boxes[:, 2:] - boxes[:, :2] + extra).prod(dim=1) for boxes in (one, other)]
    together = areas[0][:, None] + areas[1][None] - shared
    return torch.where(together > 0, shared / together, 0)


def nms(boxes, scores, *, threshold, labels=None):
    """Keep the surest box, drop those that overlap it, go on with the rest: non-maximum suppression.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
    scores : array_like of shape (n,)
    threshold : float
        0 to 1; a box is dropped if its intersection over union with a kept one is larger.
    labels : array_like of shape (n,), optional
        If given, a box drops only boxes of its own class.

    Returns
    -------
    Tensor of shape (k,)
        int64, the indices of the kept boxes, the surest first. Of equal scores the earlier box goes first.

    Raises
    ------
    ValueError
        If a shape does not fit, or the threshold is out of range.

    Examples
    --------
    >>> nms([[0, 0, 9, 9], [1, 0, 10, 9], [20, 20, 29, 29]], [0.5, 0.9, 0.1], threshold=0.5)
    tensor([1, 2])
    """
    boxes, scores, labels = _check_scored(boxes, scores, labels)
    check_number(threshold, 0, 1, "threshold")
    left, kept = scores.argsort(descending=True, stable=True), []
    iou = box_iou(boxes, boxes)
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[(iou[best, left] <= threshold) | (labels[left] != labels[best])]
    return torch.stack(kept) if kept else left


def soft_nms(boxes, scores, *, method="gaussian", sigma=0.5, threshold=0.3, floor=0.001, labels=None):
    """Keep every box, but lower the scores of those that overlap a surer one.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
    scores : array_like of shape (n,)
    method : {"gaussian", "linear"}
        Multiply by ``exp(-iou ** 2 / sigma)``, or by ``1 - iou`` where the IoU is larger than `threshold`.
    sigma : float
        Above 0.
    threshold : float
        Used by "linear" only.
    floor : float
        Boxes whose score falls below are dropped.
    labels : array_like of shape (n,), optional
        If given, a box lowers only boxes of its own class.

    Returns
    -------
    kept : Tensor of shape (k,)
        int64, in the order in which the boxes were taken.
    scores : Tensor of shape (k,)
        The new scores of these.

    Raises
    ------
    ValueError
        If a shape does not fit, or an option is out of range.

    References
    ----------
    Bodla et al., "Soft-NMS: improving object detection with one line of code", 2017, equations 2 and 3.

    Examples
    --------
    >>> kept, lowered = soft_nms([[0, 0, 9, 9], [1, 0, 10, 9]], [0.5, 0.9], method="linear")
    >>> kept, lowered
    (tensor([1, 0]), tensor([0.9000, 0.1000]))
    """
    boxes, scores, labels = _check_scored(boxes, scores, labels)
    check_name(method, ("gaussian", "linear"), "method")
    check_number(sigma, math.ulp(0), math.inf, "sigma")
    iou = box_iou(boxes, boxes)
    left, scores, kept = torch.arange(len(boxes)), scores.clone(), []
    while len(left):
        best = left[scores[left].argmax()]
        if scores[best] < floor:
            break
        kept.append(best)
        left = left[left != best]
        shared = torch.where(labels[left] == labels[best], iou[best, left], 0)
        lower = torch.exp(-(shared**2) / sigma) if method == "gaussian" else 1 - shared * (shared > threshold)
        scores[left] *= lower
    kept = torch.stack(kept) if kept else left[:0]
    return kept, scores[kept]


def _check_scored(boxes, scores, labels):
    boxes = check_boxes(torch.as_tensor(boxes).reshape(-1, 4) if len(boxes) == 0 else boxes).float()
    scores = torch.as_tensor(scores, dtype=torch.float32)
    labels = torch.zeros(len(boxes), dtype=torch.int64) if labels is None else torch.as_tensor(labels)
    for values, name in ((scores, "scores"), (labels, "labels")):
        if values.shape != boxes.shape[:1]:
            raise ValueError(f"{name} have shape {tuple(values.shape)}; expected ({len(boxes)},), one for each box")
    if scores.isnan().any():
        raise ValueError("scores hold NaN; expected a number for each box")
    return boxes, scores, labels
