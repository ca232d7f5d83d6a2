"""Vision of the Summer Vision Project: each stage, and what counts as recovered."""

from dataclasses import replace

import numpy as np
import pytest

from utils.classical.summer_vision import KNOWN, Region, look, models_of, on_table, recovered, stretched
from utils.classical.summer_world import SCALE, SHAPE, TABLE, Solid, World, camera_axes, random_world, render

CAMERA = (0.0, 35.0)


@pytest.fixture(scope="module")
def models():
    return models_of(CAMERA)


def test_the_vocabulary_holds_every_known_kind_and_only_those(models):
    assert {model.solid.kind for model in models} == set(KNOWN)
    assert all(model.mask.shape == (24, 24) and 0.4 < model.mask.mean() <= 1 for model in models)


@pytest.mark.parametrize("camera", [CAMERA, (40.0, 60.0)])
def test_a_place_of_the_picture_leads_back_to_the_table(camera):
    place = np.array([1.2, -0.7, 0.0])
    right, up, _ = camera_axes(camera)
    across, down = SHAPE[1] / SCALE / 2 + place @ right, SHAPE[0] / SCALE / 2 - place @ up
    np.testing.assert_allclose(on_table(down, across, camera), place[:2], atol=1e-9)


def test_a_plain_table_has_no_figure_and_dirt_is_no_object(models):
    image = np.tile(np.array(TABLE), (*SHAPE, 1))
    assert look(image, CAMERA, models).regions == ()
    image[40:43, 50:53] = 0.2  # nine pixels
    sight = look(image, CAMERA, models)
    assert sight.figure.sum() == 9
    assert sight.labels.max() == 0
    assert sight.regions == ()


@pytest.mark.parametrize("kind", KNOWN)
def test_each_kind_is_named_with_its_colour_and_place(kind, models):
    size = {"ball": (1.1, 1.1, 1.1), "brick": (1.3, 0.8, 0.9), "cylinder": (0.9, 0.9, 1.3)}[kind]
    for colour, turn in (("red", 0.0), ("yellow", 40.0), ("violet", 130.0)):
        thing = Solid(kind, (0.8, -0.3), size, turn, colour)
        (region,) = look(render(World((thing,))).image, CAMERA, models).regions
        assert (region.kind, region.colour) == (kind, colour)
        np.testing.assert_allclose(region.place, thing.place, atol=0.3)
        np.testing.assert_allclose(region.size[2], size[2], rtol=0.3)


def test_a_cone_is_unknown_and_that_is_right(models):
    world = World((Solid("cone", (0.0, 0.0), (1.2, 1.2, 1.5), 0.0, "green"),))
    (region,) = look(render(world).image, CAMERA, models).regions
    assert region.kind == "unknown"
    assert recovered(world, [region]) == [True]


def test_what_counts_as_recovered():
    thing = Solid("ball", (0.0, 0.0), (1.0, 1.0, 1.0), 0.0, "red")
    right = Region("ball", "red", (0.3, 0.3), (1.0, 1.0, 1.0), 0.0, 0.9, (0, 0, 1, 1))
    wrong = [right._replace(kind="brick"), right._replace(colour="blue"), right._replace(place=(0.6, 0.6))]
    assert recovered(World((thing,)), [right]) == [True]
    assert recovered(World((thing,)), wrong) == [False]
    assert recovered(World((thing,)), []) == [False]
    assert recovered(World((thing, thing)), [right]) == [True, False]  # one region serves once


def test_stretching_keeps_every_part():
    mask = np.zeros((40, 40), bool)
    mask[10:20, 5:30] = True
    mask[10:15, 5:17] = False
    small = stretched(mask, (10, 5, 20, 30))
    assert small.mean() == pytest.approx(mask[10:20, 5:30].mean(), abs=0.05)
    assert not small[0, 0]
    assert small[-1, -1]


def test_july_is_solved_and_shadows_are_not(models):
    rng, shares = np.random.default_rng(9), {(): [], ("shadows",): []}
    for _ in range(25):
        world = random_world(rng)
        for relaxed, found in shares.items():
            image = render(replace(world, relaxed=frozenset(relaxed))).image
            found += recovered(world, look(image, CAMERA, models).regions)
    assert np.mean(shares[()]) > 0.93
    assert np.mean(shares[("shadows",)]) < 0.3
