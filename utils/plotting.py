"""Figures that several lectures draw. Each function draws on the axes it is given and returns them."""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch

STYLE = Path(__file__).parent / "assets" / "book.mplstyle"
COLORS = tuple(matplotlib.rc_params_from_file(STYLE, use_default_template=False)["axes.prop_cycle"].by_key()["color"])


def use_book_style():
    """Set the look of every later figure: called once, in the set-up cell.

    The inline backend is asked for the same size on every machine, so that pages are alike everywhere.
    """
    plt.style.use(STYLE)


def image_grid(images, *, titles=None, n_columns=8, size=1.0, cmap="gray", vmin=None, vmax=None, fig=None):
    """Show images side by side.

    Parameters
    ----------
    images : array_like or Tensor of shape (N, H, W), (N, 1, H, W), (N, 3, H, W) or (N, H, W, 3)
        Grey images are scaled together, so that equal greys mean equal values. Colour is uint8, or float in [0, 1].
    titles : sequence of str, optional
        One an image.
    n_columns : int
    size : float
        Width of an image in inches.
    cmap : str
    vmin, vmax : float, optional
        Shown darkest and brightest; the least and the greatest value of grey images if None.
    fig : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure if None.

    Returns
    -------
    ndarray of Axes, shape (rows, columns)

    Raises
    ------
    ValueError
        If the shape is none of the above, there is no image, a value is NaN, or the titles do not fit.
    """
    images = _channels_last(images)
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"there are {len(titles)} titles for {len(images)} images; give one for each")
    columns = min(n_columns, len(images))
    rows = -(-len(images) // columns)
    height = size * images.shape[1] / images.shape[2] + (0.3 if titles is not None else 0)
    if fig is None:
        fig = plt.figure(figsize=(columns * size, rows * height))
    axes = fig.subplots(rows, columns, squeeze=False)
    limits = {}
    if images.ndim == 3:
        limits = {
            "cmap": cmap,
            "vmin": images.min() if vmin is None else vmin,
            "vmax": images.max() if vmax is None else vmax,
        }
    for position, ax in enumerate(axes.flat):
        ax.axis("off")
        if position < len(images):
            ax.imshow(images[position], **limits)
            if titles is not None:
                ax.set_title(titles[position], fontsize=9)
    return axes


def plot_numbers(table, *, title="", box=None, limits=None, n_rows=None, ax=None):
    """Show a small table as a picture with its numbers written in: brighter is larger.

    Parameters
    ----------
    table : array_like or Tensor of shape (H, W)
    title : str
    box : (int, int, int), optional
        Mark a square: its upper row, its left column and its side, in cells.
    limits : (float, float), optional
        The values shown darkest and brightest; the least and the greatest of the table if None.
    n_rows : int, optional
        Leave room for this many rows: tables side by side then have cells of one size.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the table is empty or has not two axes.
    """
    table = np.asarray(table)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"the table has shape {table.shape}; expected (H, W) with at least one number")
    ax = plt.gca() if ax is None else ax
    low, high = (table.min(), table.max()) if limits is None else limits
    # the darkest cell is a middle grey, so that black numbers can be read on all
    ax.imshow(table, cmap="gray", vmin=low - 1.5 * (high - low or 1), vmax=high)
    for (row, column), value in np.ndenumerate(table):
        ax.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, lw=0.8, ec="#777777"))
        ax.text(column, row, f"{value:g}", ha="center", va="center", fontsize=14)
    if box:
        row, column, side = box
        corner, side = (column - 0.44, row - 0.44), side - 0.12
        ax.add_patch(plt.Rectangle(corner, side, side, fill=False, lw=3, ec=COLORS[1]))
    ax.set(title=title, ylim=((n_rows or len(table)) - 0.5, -0.5))
    ax.axis("off")
    return ax


def plot_history(histories, *, metric="accuracy", ax=None):
    """Draw how training went, epoch by epoch.

    Parameters
    ----------
    histories : History or dict of str to History
    metric : {"accuracy", "loss"}
    ax : Axes, optional

    Returns
    -------
    Axes
        Training as a solid line with round marks, validation as a dashed line with squares.
    """
    if metric not in ("accuracy", "loss"):
        raise ValueError(f"unknown metric {metric!r}; expected 'accuracy' or 'loss'")
    ax = ax or plt.figure().subplots()
    named = histories if isinstance(histories, dict) else {"": histories}
    for color, (name, history) in zip(_cycle(COLORS), named.items(), strict=False):
        for part, style, marker, label in (("train", "-", "o", "training"), ("val", "--", "s", "validation")):
            values = getattr(history, f"{part}_{metric}")
            if values and values[0] is not None:
                epochs = np.arange(1, len(values) + 1)
                ax.plot(
                    epochs,
                    values,
                    style,
                    marker=marker,
                    markersize=4,
                    color=color,
                    label=f"{name} {label}".strip(),
                )
    ax.set(xlabel="epoch", ylabel=metric)
    ax.xaxis.get_major_locator().set_params(integer=True)
    if ax.lines:
        ax.legend()
    return ax


def plot_confusion(labels, predictions, classes, *, ax=None):
    """Draw a confusion matrix: a row for each true class, a column for each predicted one.

    Parameters
    ----------
    labels, predictions : array_like or Tensor of shape (N,)
        Indices into `classes`.
    classes : sequence of str
    ax : Axes, optional

    Returns
    -------
    Axes
        Each cell shows a count, coloured by its share of the row.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape:
        raise ValueError(f"there are {labels.shape} labels but {predictions.shape} predictions; shapes must agree")
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax = ax or plt.figure(figsize=(6.4, 5.6)).subplots()
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ink = "white" if share[row, column] > 0.5 else "black"
            ax.text(column, row, count, ha="center", va="center", fontsize=8, color=ink)
    ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(classes)), classes)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.spines[:].set_visible(False)
    return ax


def plot_scores(scores, classes, *, highlight=None, ax=None):
    """Draw one score a class as horizontal bars.

    Parameters
    ----------
    scores : array_like or Tensor of shape (K,)
    classes : sequence of K str
    highlight : int, optional
        Index of the bar to mark, with a star beside its name and another colour.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    scores = np.asarray(torch.as_tensor(scores).detach().cpu())
    if scores.shape != (len(classes),):
        raise ValueError(f"scores have shape {scores.shape}, but there are {len(classes)} classes; expected one each")
    ax = ax or plt.figure(figsize=(4.5, 0.28 * len(classes) + 0.6)).subplots()
    names = [f"{name} ★" if index == highlight else name for index, name in enumerate(classes)]
    colors = [COLORS[1] if index == highlight else COLORS[0] for index in range(len(classes))]
    ax.barh(range(len(classes)), scores, color=colors)
    ax.set_yticks(range(len(classes)), names)
    ax.invert_yaxis()
    ax.set_xlabel("score")
    return ax


def _cycle(values):
    while True:
        yield from values


def _channels_last(images):
    """Return an array of shape (N, H, W) or (N, H, W, 3)."""
    images = images.detach().cpu().numpy() if torch.is_tensor(images) else np.asarray(images)
    shape = images.shape
    if images.ndim == 4 and shape[1] == 1:
        images = images[:, 0]  # (N, 1, H, W) -> (N, H, W)
    elif images.ndim == 4 and shape[1] == 3 and shape[3] != 3:
        images = images.transpose(0, 2, 3, 1)  # (N, 3, H, W) -> (N, H, W, 3)
    if images.ndim != 3 and not (images.ndim == 4 and images.shape[3] == 3):
        raise ValueError(f"images have shape {shape}; expected (N, H, W), (N, 1, H, W), (N, 3, H, W) or (N, H, W, 3)")
    if images.size == 0:
        raise ValueError(f"images have shape {shape}; there is no image to show")
    if not np.isfinite(images).all():
        raise ValueError("images hold NaN or infinity; look for a division by zero or an exploding gradient")
    return images
