"""Pictures of one item taken anew: turned, shifted, nearer or farther, in weaker light."""

import torch
import torch.nn.functional as F


def rephotograph(images, *, generator=None, turn=20.0, shift=2.0, zoom=0.1, light=0.3):
    """Imitate a new photograph of each item: turned, shifted, nearer or farther, in weaker light.

    Parameters
    ----------
    images : Tensor of shape (B, C, H, W)
        Values in [0, 1]; the background is 0.
    generator : torch.Generator, optional
        Source of the changes; PyTorch's global one if None.
    turn : float
        Largest angle in degrees, to either side.
    shift : float
        Longest shift in pixels, along each side.
    zoom : float
        Largest change of size, as a share.
    light : float
        Largest loss of brightness, as a share, from 0 to 1.

    Returns
    -------
    Tensor of shape (B, C, H, W)

    Raises
    ------
    ValueError
        If `images` has not four axes, `zoom` is not below 1, or `light` is not in [0, 1].
    """
    if images.ndim != 4:
        raise ValueError(f"images have shape {tuple(images.shape)}; expected (B, C, H, W)")
    if not 0 <= zoom < 1 or not 0 <= light <= 1:
        raise ValueError(f"zoom is {zoom} and light is {light}; expected shares, with zoom below 1")
    n, _, height, width = images.shape
    draws = torch.rand(n, 5, generator=generator).to(images) * 2 - 1  # each in [-1, 1)
    angle = torch.deg2rad(turn * draws[:, 0])
    size = 1 + zoom * draws[:, 1]
    # the sampling grid is given in units of half a side, and says where each new pixel comes from
    across, down = 2 * shift * draws[:, 2] / width, 2 * shift * draws[:, 3] / height
    cos, sin = angle.cos() * size, angle.sin() * size
    rows = [torch.stack([cos, -sin * height / width, across], 1), torch.stack([sin * width / height, cos, down], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, align_corners=False)
    return moved * (1 - light * (draws[:, 4] + 1) / 2)[:, None, None, None]
