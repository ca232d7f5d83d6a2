"""Pictures spoiled and cleaned: noise, masks, and the decibels that cleaning gains."""

import torch


def psnr(images, clean):
    """Return the peak signal-to-noise ratio of each image in decibels; white is 1.

    Parameters
    ----------
    images, clean : Tensor of shape (N, ...)
        Equal shapes.

    Returns
    -------
    Tensor of shape (N,)
        ``10 * log10(1 / mean squared error)``; infinite for an image without error.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> psnr(torch.full((1, 4), 0.1), torch.zeros(1, 4)).round()
    tensor([20.])
    """
    if images.shape != clean.shape:
        raise ValueError(
            f"images have shape {tuple(images.shape)} but clean has {tuple(clean.shape)}; compare one by one"
        )
    return -10 * (images - clean).square().flatten(1).mean(dim=1).log10()


def psnr_gained(cleaned, noisy, clean):
    """Return by how many decibels cleaning brought noisy images nearer to the clean ones, on average.

    Parameters
    ----------
    cleaned, noisy, clean : Tensor of shape (N, ...)

    Returns
    -------
    float
        Below zero where cleaning did harm.
    """
    return (psnr(cleaned, clean) - psnr(noisy, clean)).mean().item()


def add_noise(images, std, *, generator=None):
    """Add Gaussian noise, drawn anew for each pixel; nothing is clipped.

    Parameters
    ----------
    images : Tensor
    std : float
        Standard deviation, where white is 1.
    generator : torch.Generator, optional
        On the CPU; PyTorch's global one if None.

    Returns
    -------
    Tensor of the shape of `images`
    """
    return images + std * torch.randn(images.shape, generator=generator).to(images)


def mask_pixels(images, share, *, generator=None):
    """Set a share of the pixels, drawn anew for each image, to black. The others stay as they are.

    Parameters
    ----------
    images : Tensor
    share : float
        Chance of each pixel to be set to 0.
    generator : torch.Generator, optional
        On the CPU; PyTorch's global one if None.

    Returns
    -------
    Tensor of the shape of `images`

    References
    ----------
    Vincent et al., "Extracting and composing robust features with denoising autoencoders", 2008, section 2.3.
    """
    keep = torch.rand(images.shape, generator=generator) >= share
    return images * keep.to(images)


def best_denoised(points, clean, std):
    """Return the answer with the least expected squared error, if `clean` were all the clean points there are.

    Parameters
    ----------
    points : Tensor of shape (N, D)
        Clean points with Gaussian noise.
    clean : Tensor of shape (M, D)
    std : float
        Of the noise.

    Returns
    -------
    Tensor of shape (N, D)
        Means of the clean points, weighted by how likely each is behind the noisy one. The step from `points` to
        them is ``std ** 2`` times the score, the gradient of the logarithm of the density of noisy points.

    References
    ----------
    Vincent, "A connection between score matching and denoising autoencoders", 2011, doi:10.1162/NECO_a_00142.

    Examples
    --------
    >>> best_denoised(torch.tensor([[0.0]]), torch.tensor([[-1.0], [3.0]]), 0.5)
    tensor([[-1.0000]])
    """
    logits = -torch.cdist(points, clean, compute_mode="donot_use_mm_for_euclid_dist").square() / (2 * std**2)
    return logits.softmax(dim=1) @ clean
