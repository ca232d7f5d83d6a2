"""Local descriptors made by hand: SIFT on a dense grid, in batches, and SIFT at keypoints by OpenCV."""

from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F

N_CELLS = 4  # along a side of a patch
N_ORIENTATIONS = 8
DIMENSIONS = N_CELLS**2 * N_ORIENTATIONS


class Keypoints(NamedTuple):
    """What `extract_sift` finds in one image.

    Attributes
    ----------
    places : ndarray of shape (n, 2)
        Row and column of each keypoint, in pixels.
    sizes : ndarray of shape (n,)
        Diameter of the blob that was found, in pixels.
    angles : ndarray of shape (n,)
        Main direction of the gradient, in degrees, as OpenCV counts them: clockwise on the screen.
    descriptors : ndarray of shape (n, 128)
        Of length 1.
    """

    places: np.ndarray
    sizes: np.ndarray
    angles: np.ndarray
    descriptors: np.ndarray


def grid_centres(length, *, patch=16, step=4):
    """Return where the centres of the patches lie along one side of an image.

    Parameters
    ----------
    length : int
        Pixels along the side.
    patch, step : int
        Side of a patch, and pixels from one patch to the next.

    Returns
    -------
    ndarray of shape (n,)
        In pixels; pixel ``i`` covers ``i - 0.5`` to ``i + 0.5``.

    Raises
    ------
    ValueError
        If no patch fits.

    Examples
    --------
    >>> grid_centres(28, patch=16, step=4).tolist()
    [7.5, 11.5, 15.5, 19.5]
    """
    if length < patch:
        raise ValueError(f"a side has {length} pixels, but a patch {patch}; enlarge the images or pass a smaller patch")
    return np.arange(0, length - patch + 1, step) + (patch - 1) / 2


def orientation_maps(images):
    """Share each pixel's gradient between the two nearest of eight directions.

    Parameters
    ----------
    images : Tensor of shape (N, H, W)

    Returns
    -------
    Tensor of shape (N, 8, H, W)
        Map ``k`` holds how strongly each pixel gets brighter in the direction of ``45 * k`` degrees: 0 is to the
        right, 90 is up. The eight numbers of a pixel sum to the length of its gradient.
    """
    padded = F.pad(images[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    up = padded[:, :-2, 1:-1] - padded[:, 2:, 1:-1]
    length = (right**2 + up**2).sqrt()
    place = torch.atan2(up, right) * (N_ORIENTATIONS / (2 * torch.pi)) % N_ORIENTATIONS  # (N, H, W), 0 to 8
    bins = torch.arange(N_ORIENTATIONS, device=images.device)[:, None, None]
    distance = (place[:, None] - bins).abs()  # (N, 8, H, W)
    distance = torch.minimum(distance, N_ORIENTATIONS - distance)  # around the circle
    return (1 - distance).clamp(min=0) * length[:, None]


def dense_sift(images, *, patch=16, step=4, blur=0.0, clip=0.2, faintest=0.0):
    """Describe patches on a grid as SIFT does: 4×4 cells of 8 directions each.

    Parameters
    ----------
    images : Tensor of shape (N, H, W) or (N, 1, H, W)
        Grey, float, in [0, 1].
    patch : int
        Side of a patch in pixels, a multiple of 4.
    step : int
        Pixels from one patch to the next.
    blur : float
        Standard deviation in pixels of a Gaussian that smooths the images first; 0 for none.
    clip : float
        No entry of a descriptor of length 1 may exceed this; it is then brought to length 1 again. Above 1
        nothing is clipped.
    faintest : float
        A descriptor shorter than this before it is normalised describes an empty patch and is set to zero.

    Returns
    -------
    Tensor of shape (N, rows, columns, 128)
        Ordered by row of cells, column of cells, direction. Each descriptor has length 1, or 0 where the patch
        has no gradient.

    Raises
    ------
    ValueError
        For another shape, whole numbers, a patch that is no multiple of 4, or images smaller than a patch.

    References
    ----------
    Lowe, "Distinctive image features from scale-invariant keypoints", 2004, section 6. Different here: no keypoint
    gives place, size and rotation, the patches stand upright on a grid; and the Gaussian that favours the middle
    of a patch weighs whole cells instead of pixels, as Vedaldi and Fulkerson do in VLFeat (2010).

    Examples
    --------
    >>> dense_sift(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 4, 4, 128])
    """
    images = _grey_batch(images)
    if patch < N_CELLS or patch % N_CELLS:
        raise ValueError(f"patch is {patch}; expected a multiple of {N_CELLS}, so that it has {N_CELLS} cells a side")
    n_images, height, width = images.shape
    over_rows, over_columns = (_pooling(side, patch, step).to(images) for side in (height, width))
    rows, columns = (len(weights) // N_CELLS for weights in (over_rows, over_columns))
    descriptors = images.new_empty(n_images, rows, columns, DIMENSIONS)
    at_once = max(1, 2**17 // (height * width))  # the maps of so many images fit into little memory
    for start in range(0, n_images, at_once):
        part = images[start : start + at_once]
        maps = orientation_maps(_blurred(part, blur) if blur else part)
        cells = over_rows @ maps @ over_columns.T  # (n, 8, H, W) -> (n, 8, rows * 4, columns * 4)
        cells = cells.reshape(len(part), N_ORIENTATIONS, rows, N_CELLS, columns, N_CELLS)
        # (n, 8, rows, 4, columns, 4) -> (n, rows, columns, 4, 4, 8)
        patches = cells.permute(0, 2, 4, 3, 5, 1).reshape(len(part), rows, columns, DIMENSIONS)
        descriptors[start : start + at_once] = normalise(patches, clip=clip, faintest=faintest)
    return descriptors


def normalise(descriptors, *, clip=0.2, faintest=0.0):
    """Bring descriptors to length 1, clip what is large, and bring them to length 1 again.

    Parameters
    ----------
    descriptors : Tensor of shape (..., d)
        Not negative.
    clip, faintest : float
        See `dense_sift`.

    Returns
    -------
    Tensor of shape (..., d)

    Examples
    --------
    >>> normalise(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), clip=2).tolist()
    [[0.6..., 0.8...], [0.0, 0.0]]
    """
    lengths = descriptors.norm(dim=-1, keepdim=True)
    descriptors = F.normalize(descriptors, dim=-1).clamp(max=clip)
    return F.normalize(descriptors, dim=-1) * (lengths > faintest)


def cut_patches(images, *, patch=16, step=4):
    """Cut out the pixels that `dense_sift` describes.

    Parameters
    ----------
    images : Tensor of shape (N, H, W) or (N, 1, H, W)
    patch, step : int
        See `dense_sift`.

    Returns
    -------
    Tensor of shape (N, rows, columns, patch, patch)
        A view where possible.

    Examples
    --------
    >>> cut_patches(torch.rand(2, 1, 28, 28), patch=7, step=7).shape
    torch.Size([2, 4, 4, 7, 7])
    """
    images = _grey_batch(images)
    grid_centres(min(images.shape[1:]), patch=patch, step=step)  # says so if none fits
    return images.unfold(1, patch, step).unfold(2, patch, step)


def shuffle_patches(images, *, patch=7, generator=None):
    """Cut each image into square pieces and lay them down in another order, a new one for each image.

    Parameters
    ----------
    images : Tensor of shape (N, C, H, W)
    patch : int
        Side of a piece; a divisor of both sides of the image.
    generator : torch.Generator, optional
        On the CPU; PyTorch's global one if None.

    Returns
    -------
    Tensor of shape (N, C, H, W)

    Raises
    ------
    ValueError
        If the pieces do not fill the image.

    Examples
    --------
    >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> sorted(shuffle_patches(image, patch=2).flatten().tolist()) == image.flatten().tolist()
    True
    """
    n_images, channels, height, width = images.shape
    if height % patch or width % patch:
        raise ValueError(f"pieces of {patch}×{patch} do not fill {height}×{width} pixels; pass a divisor of both sides")
    rows, columns = height // patch, width // patch
    pieces = images.reshape(n_images, channels, rows, patch, columns, patch).transpose(3, 4).flatten(2, 3)
    order = torch.rand(n_images, rows * columns, generator=generator).argsort(dim=1).to(images.device)
    pieces = pieces[torch.arange(n_images, device=images.device)[:, None], :, order]  # (N, pieces, C, patch, patch)
    pieces = pieces.reshape(n_images, rows, columns, channels, patch, patch)
    return pieces.permute(0, 3, 1, 4, 2, 5).reshape(images.shape)


def extract_sift(image, *, n_keypoints=0, contrast=0.04):
    """Find keypoints in an image and describe them, with OpenCV's SIFT.

    Parameters
    ----------
    image : ndarray or Tensor of shape (H, W)
        Grey: uint8, or float in [0, 1].
    n_keypoints : int
        Keep so many, those with the strongest contrast; 0 for all.
    contrast : float
        A keypoint fainter than this is dropped.

    Returns
    -------
    Keypoints
        Empty where the image has no keypoint.

    Raises
    ------
    ValueError
        If the image is not grey, or holds values outside [0, 1].

    References
    ----------
    Lowe, "Distinctive image features from scale-invariant keypoints", 2004.

    Examples
    --------
    >>> extract_sift(np.zeros((64, 64), dtype=np.uint8)).descriptors.shape
    (0, 128)
    """
    image = np.asarray(image)
    if image.ndim != 2:
        raise ValueError(f"the image has shape {image.shape}; expected (H, W): make it grey, give one at a time")
    if image.dtype != np.uint8:
        if image.size and (image.min() < 0 or image.max() > 1):
            raise ValueError(f"the image holds {image.min():g} to {image.max():g}; expected floats in [0, 1], or uint8")
        image = (255 * image).round().astype(np.uint8)
    sift = cv2.SIFT_create(nfeatures=n_keypoints, contrastThreshold=contrast)
    found, descriptors = sift.detectAndCompute(image, None)
    if not found:
        return Keypoints(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros((0, DIMENSIONS), dtype=np.float32))
    lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
    return Keypoints(
        np.array([(point.pt[1], point.pt[0]) for point in found]),
        np.array([point.size for point in found]),
        np.array([point.angle for point in found]),
        descriptors / np.maximum(lengths, 1),
    )


def _pooling(length, patch, step):
    """Return how much each pixel of a side counts in each cell of each patch: (n_places * 4, length).

    A tent shares a pixel between the two nearest cells; a Gaussian of half the patch favours the middle.
    """
    cell = patch / N_CELLS
    middles = torch.from_numpy(grid_centres(length, patch=patch, step=step))
    offsets = cell * (torch.arange(N_CELLS) - (N_CELLS - 1) / 2)
    pixels = torch.arange(length)
    tent = (1 - (pixels - (middles[:, None] + offsets)[..., None]).abs() / cell).clamp(min=0)  # (places, 4, length)
    window = torch.exp(-((pixels - middles[:, None]) ** 2) / (2 * (patch / 2) ** 2))  # (places, length)
    return (tent * window[:, None]).flatten(0, 1)


def _blurred(images, sigma):
    """Smooth images (N, H, W) with a Gaussian that is cut off after four standard deviations."""
    reach = max(1, round(4 * sigma))
    weights = torch.exp(-(torch.arange(-reach, reach + 1, device=images.device) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum()).to(images)
    images = F.pad(images[:, None], (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(images, weights[None, None, :, None]), weights[None, None, None])[:, 0]


def _grey_batch(images):
    """Return images (N, H, W), or say what is wrong with them."""
    shape = tuple(images.shape)
    if images.ndim == 4 and shape[1] == 1:
        images = images[:, 0]  # (N, 1, H, W) -> (N, H, W)
    if images.ndim != 3:
        raise ValueError(
            f"images have shape {shape}; expected (N, H, W) or (N, 1, H, W): make them grey, add a dimension "
            "with images[None]"
        )
    if not images.is_floating_point():
        raise ValueError(f"images hold {images.dtype}; expected float in [0, 1], e.g. images / 255")
    return images
