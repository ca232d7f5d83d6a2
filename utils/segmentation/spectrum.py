"""What upsampling draws by itself: energy at the highest frequency that pixels can hold."""

import torch


def nyquist_energy(maps):
    """Energy at the Nyquist frequency, as a multiple of the average over all frequencies.

    Parameters
    ----------
    maps : Tensor of shape (..., H, W)
        Both sides even.

    Returns
    -------
    Tensor of shape (...)
        The mean power of the three patterns that change sign from each pixel to the next (along rows, along columns,
        along both: a checkerboard), divided by the mean power of all, after the map's mean was taken off. 1 for white
        noise, on average; 0 for a constant map.

    Raises
    ------
    ValueError
        If a side is odd.
    """
    maps = torch.as_tensor(maps)
    if maps.ndim < 2 or maps.shape[-2] % 2 or maps.shape[-1] % 2 or not maps.numel():
        raise ValueError(f"maps have shape {tuple(maps.shape)}; expected (..., H, W) with even sides")
    maps = maps.double()
    centred = maps - maps.mean(dim=(-2, -1), keepdim=True)
    power = torch.fft.fft2(centred).abs() ** 2
    row, column = maps.shape[-2] // 2, maps.shape[-1] // 2
    highest = (power[..., row, 0] + power[..., 0, column] + power[..., row, column]) / 3
    mean = power.mean(dim=(-2, -1))
    return torch.where(mean > 0, highest / mean, 0.0)
