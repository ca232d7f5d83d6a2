"""Measures of made pictures against slow loops and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from utils.generative.quality import frechet_distance, nearest_rows, precision_recall, purity


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_frechet_distance_equals_the_formula_with_a_matrix_root():
    first = torch.randn(300, 6, generator=draws(1)) @ torch.randn(6, 6, generator=draws(2))
    second = torch.randn(200, 6, generator=draws(3)) @ torch.randn(6, 6, generator=draws(4)) + 1
    one, other = (np.cov(cloud.double().numpy(), rowvar=False) for cloud in (first, second))
    apart = (first.double().mean(0) - second.double().mean(0)).numpy()
    expected = apart @ apart + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=draws(5)))[0]
    assert frechet_distance(first @ turn, second @ turn) == pytest.approx(expected, rel=1e-4)


def test_the_frechet_distance_bears_features_that_never_vary():
    flat = torch.cat([torch.randn(50, 2, generator=draws()), torch.zeros(50, 3)], dim=1)
    assert math.isfinite(frechet_distance(flat, flat + 1))
    with pytest.raises(ValueError, match="two clouds"):
        frechet_distance(torch.zeros(5, 2), torch.zeros(5, 3))


@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_equal_loops(k):
    real, fake = torch.randn(30, 3, generator=draws(1)), 0.7 * torch.randn(25, 3, generator=draws(2)) + 0.5

    def share(points, cloud):
        hits = 0
        for point in points:
            for index, member in enumerate(cloud):
                reach = sorted((member - other).norm().item() for j, other in enumerate(cloud) if j != index)[k - 1]
                if (point - member).norm().item() <= reach:
                    hits += 1
                    break
        return hits / len(points)

    precision, recall = precision_recall(real, fake, k=k)
    assert precision == pytest.approx(share(fake, real))
    assert recall == pytest.approx(share(real, fake))
    with pytest.raises(ValueError, match="pass more than 30"):
        precision_recall(real, fake, k=30)


def test_a_cloud_far_from_the_origin_keeps_its_distances():
    real, fake = (0.1 * torch.randn(200, 16, generator=draws(seed)) + 1000 for seed in (1, 2))
    exact = precision_recall(real.double() - 1000, fake.double() - 1000)
    assert precision_recall(real, fake) == pytest.approx(exact, abs=0.011)  # two of 200: 32 bits round what is given
    assert min(exact) < 0.95
    index, gap = nearest_rows(fake, real)
    by_differences = (fake.double()[:, None] - real.double()).norm(dim=2).min(dim=1)
    assert torch.equal(index, by_differences.indices)
    torch.testing.assert_close(gap, by_differences.values)
    assert nearest_rows(real, real)[1].tolist() == [0.0] * 200


def test_nearest_rows_and_purity():
    rows = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    index, gap = nearest_rows(torch.tensor([[3.0, 3.0], [0.0, 1.0]]), rows)
    assert index.tolist() == [1, 0]
    torch.testing.assert_close(gap, torch.ones(2).double())
    groups, labels = torch.tensor([0, 0, 0, 1]), torch.tensor([2, 2, 1, 1])
    value, bits = purity(groups, labels)
    expected = 0.5 * math.log2(0.5 / (0.75 * 0.5)) + 0.25 * math.log2(0.25 / (0.75 * 0.5)) + 0.25 * math.log2(2)
    assert (value, bits) == (0.75, pytest.approx(expected))
    assert purity(groups + 3, 5 * labels)[1] == pytest.approx(expected)  # names do not matter
