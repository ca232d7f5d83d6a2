"""Energy at the Nyquist frequency: by NumPy, and of patterns whose energy is known."""

import numpy as np
import pytest
import torch

from utils.segmentation.spectrum import nyquist_energy


def test_it_is_what_numpy_finds_and_stays_when_a_constant_is_added_or_the_scale_changes():
    maps = torch.randn(3, 2, 8, 12, dtype=torch.float64)
    power = np.abs(np.fft.fft2(maps - maps.mean(dim=(2, 3), keepdim=True))) ** 2
    expected = (power[..., 4, 0] + power[..., 0, 6] + power[..., 4, 6]) / 3 / power.mean(axis=(2, 3))
    assert np.allclose(nyquist_energy(maps), expected)
    assert torch.allclose(nyquist_energy(5 * maps + 3), nyquist_energy(maps))


def test_patterns_whose_energy_is_known():
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    board, stripes, slow = (-1.0) ** (rows + columns), (-1.0) ** rows, torch.cos(torch.pi * rows / 4)
    assert nyquist_energy(torch.stack([board, stripes, slow])).tolist() == pytest.approx([64 / 3, 64 / 3, 0], abs=1e-9)
    assert nyquist_energy(torch.full((8, 8), 2.5)) == 0
    noise = torch.randn(400, 16, 16, generator=torch.Generator().manual_seed(0))
    assert nyquist_energy(noise).mean().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("shape", [(7, 8), (8, 7), (8,), (0, 8)])
def test_sides_without_a_nyquist_frequency_are_refused(shape):
    with pytest.raises(ValueError, match="even sides"):
        nyquist_energy(torch.zeros(shape))
