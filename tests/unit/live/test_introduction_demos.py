"""The demo of lecture 01: the browser's graphics and vision against Python's."""

from dataclasses import replace

import numpy as np
import pytest

from utils.classical.summer_vision import look, models_of, recovered
from utils.classical.summer_world import COLOURS, RELAXATIONS, SHAPE, random_world, render, world_settings

SCRIPT = """
import { look, modelsOf, recovered, render } from "./lib/blocks.js";
const { colours } = given;
console.log(JSON.stringify(given.worlds.map(({ world, noise }) => {
  const scene = { ...world, relaxed: new Set(world.relaxed) };
  const { image, owner } = render(scene, colours, undefined, noise);
  const sight = look(image, scene.camera, modelsOf(scene.camera), colours);
  const found = recovered(scene, sight.regions);
  return { image: [...image], owner: [...owner], figure: [...sight.figure], regions: sight.regions, found };
})));
"""
CHOSEN = [
    (),
    ("shading", "shadows"),
    ("texture", "unknown", "clutter"),
    ("noise", "touching", "occlusion"),
    RELAXATIONS,
]


@pytest.fixture(scope="module")
def worlds():
    rng = np.random.default_rng(5)
    cameras = [(0.0, 35.0), (40.0, 35.0), (-25.0, 60.0), (0.0, 35.0), (10.0, 30.0)]
    return [random_world(rng, relaxed, camera=camera) for relaxed, camera in zip(CHOSEN, cameras, strict=True)]


@pytest.fixture(scope="module")
def noises():
    return np.random.default_rng(6).normal(0, 0.06, (len(CHOSEN), *SHAPE, 3))


@pytest.fixture
def browser_says(run_node, worlds, noises):
    spec = [
        {"world": world_settings(world), "noise": noise.ravel().tolist()}
        for world, noise in zip(worlds, noises, strict=True)
    ]
    return run_node(SCRIPT, worlds=spec, colours=COLOURS)


def test_the_browser_draws_and_describes_what_python_does(browser_says, worlds, noises):
    for theirs, world, noise in zip(browser_says, worlds, noises, strict=True):
        drawn = render(world, noise=noise)
        np.testing.assert_allclose(np.reshape(theirs["image"], drawn.image.shape), drawn.image, atol=1e-9)
        np.testing.assert_array_equal(np.reshape(theirs["owner"], SHAPE), drawn.owner)
        sight = look(drawn.image, world.camera, models_of(world.camera))
        np.testing.assert_array_equal(np.reshape(theirs["figure"], SHAPE), sight.figure)
        assert len(theirs["regions"]) == len(sight.regions)
        for region, ours in zip(theirs["regions"], sight.regions, strict=True):
            assert (region["kind"], region["colour"], region["turn"]) == (ours.kind, ours.colour, ours.turn)
            assert region["fit"] == pytest.approx(ours.fit)
            np.testing.assert_allclose(region["place"], ours.place, atol=1e-9)
            np.testing.assert_allclose(region["size"], ours.size, atol=1e-9)
        assert theirs["found"] == recovered(world, sight.regions)


def test_the_worlds_differ_as_their_switches_say(worlds):
    plain = replace(worlds[0], relaxed=frozenset())
    for name in ("shading", "shadows", "texture", "clutter"):
        assert not np.array_equal(render(replace(plain, relaxed=frozenset([name]))).image, render(plain).image)
