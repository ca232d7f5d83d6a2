"""How well masks fit: overlap pooled and per picture, boundaries and their distances, panoptic quality.

A mask is a bool array of shape (H, W). Class maps are integer tensors of shape (N, H, W), 0 to n_classes - 1.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage

from utils.validation import check_number, check_whole

AVERAGES = ("pooled", "per picture")


def confusion_counts(predicted, truth, n_classes):
    """Count, picture by picture, how often each true class was given each class.

    Parameters
    ----------
    predicted, truth : Tensor of shape (N, H, W)
        Whole numbers, 0 to `n_classes` - 1.
    n_classes : int

    Returns
    -------
    Tensor of shape (N, n_classes, n_classes)
        int64; row is the true class, column the predicted one. The sum over N is the confusion matrix of the set.

    Raises
    ------
    TypeError, ValueError
        If shapes differ, or a value is no class: a mask of 0 and 255 has none of the values expected.
    """
    check_whole(n_classes, 2, math.inf, "n_classes")
    predicted, truth = _class_map(predicted, n_classes, "predicted"), _class_map(truth, n_classes, "truth")
    if predicted.shape != truth.shape:
        raise ValueError(f"predicted has shape {tuple(predicted.shape)}, truth {tuple(truth.shape)}; expected the same")
    pairs = (n_classes * truth + predicted).flatten(1)
    pairs = pairs + n_classes**2 * torch.arange(len(pairs))[:, None]
    counts = torch.bincount(pairs.flatten(), minlength=len(pairs) * n_classes**2)
    return counts.reshape(len(truth), n_classes, n_classes)


def iou_of(counts):
    """Intersection over union of each class (Jaccard index).

    Parameters
    ----------
    counts : Tensor of shape (..., n_classes, n_classes)
        As from `confusion_counts`, summed or not.

    Returns
    -------
    Tensor of shape (..., n_classes)
        float64, 0 to 1; NaN for a class that is in neither map: 0 / 0.

    References
    ----------
    Everingham et al., "The Pascal visual object classes (VOC) challenge", 2010, section 4.
    """
    hit, true, given = _parts(counts)
    return hit / (true + given - hit)


def dice_of(counts):
    """Dice coefficient of each class (F1 score of its pixels).

    Parameters
    ----------
    counts : Tensor of shape (..., n_classes, n_classes)

    Returns
    -------
    Tensor of shape (..., n_classes)
        float64, 0 to 1; NaN for a class that is in neither map.

    References
    ----------
    Dice, "Measures of the amount of ecologic association between species", 1945.
    """
    hit, true, given = _parts(counts)
    return 2 * hit / (true + given)


def mean_iou(predicted, truth, n_classes, *, average="pooled"):
    """Mean intersection over union, of all classes.

    Parameters
    ----------
    predicted, truth : Tensor of shape (N, H, W)
    n_classes : int
    average : {"pooled", "per picture"}
        Pixels of all pictures counted together, then the mean over classes; or the mean over the classes of each
        picture that are in one of its two maps, then over pictures.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    TypeError, ValueError
    """
    counts = confusion_counts(predicted, truth, n_classes)
    if average == "pooled":
        return iou_of(counts.sum(dim=0)).nanmean().item()
    if average == "per picture":
        return iou_of(counts).nanmean(dim=1).mean().item()
    raise ValueError(f"average is {average!r}; expected one of {', '.join(AVERAGES)}")


def boundary(mask):
    """Pixels of a mask of which one of the four neighbours is outside; so is all beyond the picture's edge.

    Parameters
    ----------
    mask : array_like of shape (H, W)
        bool.

    Returns
    -------
    ndarray of shape (H, W)
        bool.
    """
    mask = _mask(mask, "mask")
    return mask & ~ndimage.binary_erosion(mask)


class Distances(NamedTuple):
    """Distances between two boundaries, in pixels.

    Attributes
    ----------
    forth, back : ndarray
        For each boundary pixel of the first mask how far the nearest of the second is, and the other way round.
    """

    forth: np.ndarray
    back: np.ndarray


def surface_distances(first, second):
    """Measure from each boundary pixel of a mask to the nearest one of another, both ways.

    Parameters
    ----------
    first, second : array_like of shape (H, W)
        bool, neither empty.

    Returns
    -------
    Distances

    Raises
    ------
    ValueError
        If shapes differ, or a mask is empty.
    """
    first, second = _pair(first, second)
    if not (first.any() and second.any()):
        raise ValueError("an empty mask has no boundary to measure from; expected at least one pixel in both")
    edges = boundary(first), boundary(second)
    to_first, to_second = (ndimage.distance_transform_edt(~edge) for edge in edges)
    return Distances(to_second[edges[0]], to_first[edges[1]])


def hausdorff(first, second, *, percentile=100):
    """How far the worst pixel of one boundary is from the other boundary (Hausdorff distance).

    Parameters
    ----------
    first, second : array_like of shape (H, W)
        bool.
    percentile : float
        95 leaves out the worst twentieth, in each of the two directions for itself; the larger of the two counts.

    Returns
    -------
    float
        In pixels; 0 if both masks are empty, infinite if one is.

    Raises
    ------
    ValueError

    References
    ----------
    Huttenlocher et al., "Comparing images using the Hausdorff distance", 1993.
    """
    check_number(percentile, 0, 100, "percentile")
    first, second = _pair(first, second)
    if not (first.any() and second.any()):
        return math.inf if first.any() or second.any() else 0.0
    return float(max(np.percentile(way, percentile) for way in surface_distances(first, second)))


def mean_surface_distance(first, second):
    """How far two boundaries are apart on average, over the pixels of both.

    Parameters
    ----------
    first, second : array_like of shape (H, W)
        bool.

    Returns
    -------
    float
        In pixels; 0 if both masks are empty, infinite if one is.

    Raises
    ------
    ValueError
    """
    first, second = _pair(first, second)
    if not (first.any() and second.any()):
        return math.inf if first.any() or second.any() else 0.0
    return float(np.concatenate(surface_distances(first, second)).mean())


def boundary_f(predicted, truth, *, tolerance=1):
    """F score of a boundary: the harmonic mean of its precision and recall.

    Parameters
    ----------
    predicted, truth : array_like of shape (H, W)
        bool.
    tolerance : float
        A boundary pixel is right if the other boundary is at most so many pixels away.

    Returns
    -------
    float
        0 to 1; 1 if both masks are empty, 0 if one is.

    Raises
    ------
    ValueError

    References
    ----------
    Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation", 2016, section 5.1.
    """
    check_number(tolerance, 0, math.inf, "tolerance")
    predicted, truth = _pair(predicted, truth)
    if not (predicted.any() and truth.any()):
        return float(predicted.any() == truth.any())
    precision, recall = (np.mean(way <= tolerance) for way in surface_distances(predicted, truth))
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


class PanopticQuality(NamedTuple):
    """Panoptic quality and its two factors.

    Attributes
    ----------
    quality : float
        0 to 1: segmentation quality times recognition quality.
    segmentation : float
        Mean intersection over union of the matched segments; NaN if none matches.
    recognition : float
        F1 score of the segments.
    """

    quality: float
    segmentation: float
    recognition: float


def panoptic_quality(predicted, truth):
    """Score segments of one class, each with an identity, in one picture.

    Parameters
    ----------
    predicted, truth : array_like of shape (H, W)
        Whole numbers: 0 for what is no segment, else which segment the pixel belongs to.

    Returns
    -------
    PanopticQuality

    Raises
    ------
    ValueError
        If shapes differ.

    Notes
    -----
    Two segments match if their intersection over union is above 0.5. No segment can so match two others.

    References
    ----------
    Kirillov et al., "Panoptic segmentation", 2019, section 4.
    """
    predicted, truth = np.asarray(predicted), np.asarray(truth)
    _same_shape(predicted, truth)
    names = [np.setdiff1d(ids, [0]) for ids in (predicted, truth)]
    overlaps = [iou for a in names[0] for b in names[1] if (iou := _iou(predicted == a, truth == b)) > 0.5]
    n_segments = len(names[0]) + len(names[1])
    if not n_segments:
        return PanopticQuality(math.nan, math.nan, math.nan)
    recognition = 2 * len(overlaps) / n_segments
    segmentation = sum(overlaps) / len(overlaps) if overlaps else math.nan
    return PanopticQuality(2 * sum(overlaps) / n_segments, segmentation, recognition)


# ---------------------------------------------------------------- parts


def _class_map(values, n_classes, what):
    values = torch.as_tensor(values)
    if values.is_floating_point() or values.is_complex():
        raise TypeError(f"{what} is {values.dtype}; expected whole numbers, one class a pixel: take the argmax first")
    if values.ndim != 3:
        raise ValueError(f"{what} has shape {tuple(values.shape)}; expected (N, H, W)")
    values = values.long().cpu()
    if values.numel() and not 0 <= values.min() <= values.max() < n_classes:
        raise ValueError(
            f"{what} has values from {values.min()} to {values.max()}; expected 0 to {n_classes - 1}, one a class"
        )
    return values


def _parts(counts):
    """Return of each class its hits, its true pixels and the pixels that were given to it."""
    counts = torch.as_tensor(counts).double()
    return counts.diagonal(dim1=-2, dim2=-1), counts.sum(dim=-1), counts.sum(dim=-2)


def _mask(mask, what):
    mask = np.asarray(mask)
    if mask.ndim != 2 or mask.dtype != bool:
        raise ValueError(f"{what} is {mask.dtype} of shape {mask.shape}; expected bool of shape (H, W)")
    return mask


def _pair(first, second):
    first, second = _mask(first, "the first mask"), _mask(second, "the second mask")
    _same_shape(first, second)
    return first, second


def _same_shape(first, second):
    if first.shape != second.shape:
        raise ValueError(f"the masks have shapes {first.shape} and {second.shape}; expected the same")


def _iou(first, second):
    return (first & second).sum() / (first | second).sum()
