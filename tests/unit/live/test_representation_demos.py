"""The demos on codes and noise: the browser's arithmetic against NumPy's and scikit-image's."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

NOISE = """
import { peakRatio, withNoise } from "./demos/denoiser.js";
const pixels = Float64Array.from(given.pixels);
const noisy = withNoise(pixels, given.level, given.kind, 7);
const again = withNoise(pixels, given.level, given.kind, 7);
console.log(JSON.stringify({ noisy: [...noisy], again: [...again], ratio: peakRatio(noisy, pixels) }));
"""
WALK = """
import { greatCircle } from "./demos/latent_walk.js";
console.log(JSON.stringify(given.shares.map((share) => [...greatCircle(given.from, given.to, share)])));
"""


@pytest.mark.parametrize(("kind", "level"), [(0, 0.1), (0, 0.5), (1, 0.3)])
def test_noise_and_its_measure(run_node, kind, level):
    pixels = np.random.default_rng(0).uniform(0.2, 1, 4000)
    found = run_node(NOISE, pixels=pixels.tolist(), kind=kind, level=level)
    noisy = np.array(found["noisy"])
    assert found["again"] == found["noisy"]  # the same noise as long as its seed is the same
    assert found["ratio"] == pytest.approx(peak_signal_noise_ratio(pixels, noisy, data_range=1), abs=1e-9)
    if kind:
        assert (noisy == 0).mean() == pytest.approx(level, abs=0.03)
        assert np.array_equal(noisy[noisy > 0], pixels[noisy > 0])
    else:
        assert (noisy - pixels).std() == pytest.approx(level, rel=0.04)
        assert abs((noisy - pixels).mean()) < 0.05 * level + 0.01


def test_a_walk_stays_on_its_sphere_and_turns_evenly(run_node):
    draws = np.random.default_rng(1).normal(size=(2, 32))
    start, end = np.sqrt(32) * draws / np.linalg.norm(draws, axis=1, keepdims=True)
    shares = [0, 0.25, 0.5, 1]
    places = np.array(run_node(WALK, **{"from": start.tolist(), "to": end.tolist(), "shares": shares}))
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), np.sqrt(32), atol=1e-9)
    np.testing.assert_allclose(places[[0, 3]], [start, end], atol=1e-9)
    whole = np.arccos(start @ end / 32)
    np.testing.assert_allclose(np.arccos((places @ start / 32)[1:]), np.array(shares[1:]) * whole, atol=1e-6)
