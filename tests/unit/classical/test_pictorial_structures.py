"""Parts and springs against every placement there is."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from utils.classical.pictorial_structures import (
    Springs,
    best_placement,
    distance_transform,
    part_costs,
    part_energies,
    spring_energies,
)


@pytest.mark.parametrize("offset", [(0, 0), (3, -2), (-9, 15)])
@pytest.mark.parametrize("stiffness", [1e-3, 0.2, 5.0])
def test_the_distance_transform_is_the_definition(rng, offset, stiffness):
    values = rng.random((9, 7))
    lowest, place = distance_transform(values, stiffness, offset=offset)
    for p in np.ndindex(9, 7):
        every = [
            values[q] + stiffness * ((q[0] - p[0] - offset[0]) ** 2 + (q[1] - p[1] - offset[1]) ** 2)
            for q in np.ndindex(9, 7)
        ]
        assert lowest[p] == pytest.approx(min(every))
        q = tuple(place[p])
        reached = values[q] + stiffness * ((q[0] - p[0] - offset[0]) ** 2 + (q[1] - p[1] - offset[1]) ** 2)
        assert reached == pytest.approx(lowest[p])


@pytest.mark.parametrize("parents", [(-1, 0, 0), (-1, 0, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_placement_is_the_best_of_all(parents, seed):
    rng = np.random.default_rng(seed)
    costs = rng.random((3, 4, 5))
    springs = Springs(parents, ((0, 0), (1, -1), (2, 3)), (0, *rng.random(2)))
    best = best_placement(costs, springs)
    every = np.array(list(np.ndindex(4, 5)))
    energies = [
        part_energies(costs, every[list(chosen)]).sum() + spring_energies(every[list(chosen)], springs).sum()
        for chosen in np.ndindex(20, 20, 20)
    ]
    assert best.energy == pytest.approx(min(energies))
    again = part_energies(costs, best.places).sum() + spring_energies(best.places, springs).sum()
    assert again == pytest.approx(best.energy)


def test_part_costs_are_zero_where_the_part_was_cut_out(rng):
    image = rng.random((30, 40))
    costs = part_costs(image, [image[4:11, 20:29], 0.5 * image[12:20, 5:15] + 0.2])
    assert np.unravel_index(costs[0].argmin(), (30, 40)) == (7, 24)
    assert np.unravel_index(costs[1].argmin(), (30, 40)) == (16, 10)
    assert_allclose(costs.min(axis=(1, 2)), 0, atol=1e-4)
    assert costs[0, 0, 0] == 1  # the template would leave the image


@pytest.mark.parametrize(
    ("springs", "words"),
    [
        (Springs((-1, 2, 0), ((0, 0),) * 3, (0, 1, 1)), "comes before"),
        (Springs((0, 0, 0), ((0, 0),) * 3, (0, 1, 1)), "expected -1 first"),
        (Springs((-1, 0), ((0, 0),) * 2, (0, 1)), "one map for each part"),
        (Springs((-1, 0, 0), ((0, 0),) * 3, (0, 1, 0)), "positive"),
    ],
)
def test_springs_that_make_no_tree_are_named(springs, words):
    with pytest.raises(ValueError, match=words):
        best_placement(np.zeros((3, 4, 4)), springs)
