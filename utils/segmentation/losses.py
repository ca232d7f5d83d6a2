"""What a segmentation network is taught by: overlap, and every pixel counted alike or weighted."""

import torch
import torch.nn.functional as F


def dice_loss(logits, labels, *, smooth=1.0):
    """One minus the Dice coefficient of probabilities, over the whole batch, averaged over classes.

    Parameters
    ----------
    logits : Tensor of shape (B, n_classes, H, W)
    labels : Tensor of shape (B, H, W)
        int64, 0 to n_classes - 1.
    smooth : float
        Added above and below, in pixels, so that a class that is nowhere costs nothing where nothing of it is given.

    Returns
    -------
    Tensor of shape ()
        About 0 to 1.

    Raises
    ------
    ValueError
        If shapes do not fit, or a label is no class: a mask of 0 and 255, say.

    References
    ----------
    Milletari et al., "V-Net: fully convolutional neural networks for volumetric medical image segmentation", 2016,
    section 3; it squares the sums below, which is not done here.
    """
    _check(logits, labels)
    given = logits.softmax(dim=1)
    true = F.one_hot(labels, logits.shape[1]).movedim(-1, 1)  # (B, H, W) -> (B, n_classes, H, W)
    shared = (given * true).sum(dim=(0, 2, 3))
    sizes = (given + true).sum(dim=(0, 2, 3))
    return 1 - ((2 * shared + smooth) / (sizes + smooth)).mean()


def rarity_weights(labels, n_classes):
    """Weights of classes for the cross-entropy: the rarer, the heavier; one on average.

    Parameters
    ----------
    labels : Tensor of shape (...)
        int64.
    n_classes : int

    Returns
    -------
    Tensor of shape (n_classes,)

    Raises
    ------
    ValueError
        If a class does not occur.
    """
    counts = torch.bincount(labels.flatten(), minlength=n_classes)
    if len(counts) != n_classes or not counts.all():
        raise ValueError(f"the classes 0 to {n_classes - 1} occur {counts.tolist()} times; expected each at least once")
    return (1 / counts) / (1 / counts).mean()


def _check(logits, labels):
    if logits.ndim != 4 or labels.shape != (logits.shape[0], *logits.shape[2:]):
        raise ValueError(
            f"logits have shape {tuple(logits.shape)}, labels {tuple(labels.shape)}; "
            "expected (B, n_classes, H, W) and (B, H, W)"
        )
    if labels.numel() and not 0 <= labels.min() <= labels.max() < logits.shape[1]:
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}; expected 0 to {logits.shape[1] - 1}, one number a class"
        )
