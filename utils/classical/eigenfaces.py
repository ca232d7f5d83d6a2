"""Eigenfaces: the directions in which pictures of faces differ most, and how far a picture lies from all of them."""

from typing import NamedTuple

import numpy as np


class FaceSpace(NamedTuple):
    """What `fit_face_space` finds.

    Attributes
    ----------
    mean : ndarray of shape (d,)
        The mean face, its pixels in a row.
    components : ndarray of shape (k, d)
        One eigenface a row, of length 1, at right angles to each other, the most important first.
    scales : ndarray of shape (k,)
        Standard deviation of the training faces along each eigenface.
    shape : tuple of int
        Height and width of a face.
    """

    mean: np.ndarray
    components: np.ndarray
    scales: np.ndarray
    shape: tuple


def fit_face_space(images, *, n_components=None):
    """Find the mean face and the eigenfaces by a singular value decomposition.

    Parameters
    ----------
    images : Tensor or ndarray of shape (N, H, W) or (N, 1, H, W)
        Faces of one size, eyes and mouth at about the same places.
    n_components : int, optional
        How many eigenfaces to keep; N - 1 if None, for the mean takes away one degree of freedom.

    Returns
    -------
    FaceSpace
        The sign of an eigenface is arbitrary; here its strongest pixel is positive.

    Raises
    ------
    ValueError
        If there are fewer than two images, or fewer than `n_components` + 1.

    References
    ----------
    Sirovich and Kirby, "Low-dimensional procedure for the characterization of human faces", 1987.
    Turk and Pentland, "Eigenfaces for recognition", 1991. They found the eigenvectors of the small N × N matrix;
    the decomposition used here gives the same directions.

    Examples
    --------
    >>> fit_face_space(np.random.default_rng(0).random((9, 5, 4))).components.shape
    (8, 20)
    """
    rows, shape = _rows(images)
    most = len(rows) - 1
    wanted = most if n_components is None else n_components
    if most < 1 or not 1 <= wanted <= most:
        raise ValueError(f"{len(rows)} images give at most {max(most, 0)} eigenfaces, not {wanted}; take more images")
    mean = rows.mean(axis=0)
    _, lengths, components = np.linalg.svd(rows - mean, full_matrices=False)
    components = components[:wanted]
    strongest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(wanted), strongest])[:, None]
    return FaceSpace(mean, components, lengths[:wanted] / np.sqrt(most), shape)


def encode(images, space):
    """Describe pictures by their coefficients: how much of each eigenface, beyond the mean face.

    Parameters
    ----------
    images : Tensor or ndarray of shape (N, H, W) or (N, 1, H, W)
    space : FaceSpace

    Returns
    -------
    ndarray of shape (N, k)

    Raises
    ------
    ValueError
        If the images have another size than the faces of `space`.
    """
    rows, shape = _rows(images)
    if shape != tuple(space.shape):
        raise ValueError(f"images have {shape} pixels but the faces of the space {space.shape}; resize the images")
    return (rows - space.mean) @ space.components.T


def decode(coefficients, space):
    """Mix faces from coefficients.

    Parameters
    ----------
    coefficients : ndarray of shape (N, k) or (N, j) with j < k
        With fewer than `k`, the others are zero.
    space : FaceSpace

    Returns
    -------
    ndarray of shape (N, H, W)
    """
    coefficients = np.atleast_2d(coefficients)
    rows = space.mean + coefficients @ space.components[: coefficients.shape[1]]
    return rows.reshape(-1, *space.shape)


def distance_from_face_space(images, space):
    """Return what the eigenfaces cannot explain: the length of what is left of each picture.

    Parameters
    ----------
    images : Tensor or ndarray of shape (N, H, W) or (N, 1, H, W)
    space : FaceSpace

    Returns
    -------
    ndarray of shape (N,)
        Root of the sum of squares over the pixels. Small for what looks like a face.

    References
    ----------
    Turk and Pentland, "Eigenfaces for recognition", 1991.
    """
    rows, _ = _rows(images)
    known = decode(encode(images, space), space).reshape(rows.shape)
    return np.linalg.norm(rows - known, axis=1)


def _rows(images):
    """Return float64 (N, H * W), and (H, W)."""
    images = np.asarray(images, dtype=np.float64)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]  # (N, 1, H, W) -> (N, H, W)
    if images.ndim != 3:
        raise ValueError(f"images have shape {images.shape}; expected (N, H, W) or (N, 1, H, W), in grey")
    return images.reshape(len(images), -1), images.shape[1:]
