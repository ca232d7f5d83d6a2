"""How a sprite is put on the pixel grid."""

import numpy as np
import pytest

from utils.scenes.layout import (
    BACKGROUNDS,
    COLOURS,
    Item,
    Scene,
)
from utils.scenes.rasterise import stamp
from utils.scenes.render import paint

COMPOSED = """
import { composed } from "./lib/scenes.js";
const array = ({ data, dims }) => ({ data: Uint8Array.from(data), dims });
const stamps = { covers: array(given.covers), brights: array(given.brights) };
console.log(JSON.stringify([...composed(array(given.grounds), given.ground, given.things, stamps)]));
"""


@pytest.mark.parametrize("ground", range(len(BACKGROUNDS)))
def test_the_page_composes_the_scene_that_is_painted(run_node, ground):
    kinds, n_sprites, size = ("trousers", "boot", "six"), 3, 48
    shapes = [[(kind, sprite, 0.32 * size) for sprite in range(n_sprites)] for kind in kinds]
    stamps = [[stamp(Item(kind, i, "pink", (5, 7), scale), split="test") for kind, i, scale in row] for row in shapes]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    places = [(24, 24), (0, 3), (47, 40), (30, 20)]  # x, y; two of them leave the picture, and two things overlap
    drawn = [(0, 1, "blue"), (1, 0, "white"), (2, 2, "yellow"), (1, 2, "orange")]
    items = [
        Item(kinds[kind], sprite, colour, place, 0.32 * size)
        for (kind, sprite, colour), place in zip(drawn, places, strict=True)
    ]
    grounds = paint([Scene(name, (), size=size) for name in BACKGROUNDS]).images
    things = [
        {"kind": kind, "sprite": sprite, "colour": COLOURS[colour], "at": [y, x]}
        for (kind, sprite, colour), (x, y) in zip(drawn, places, strict=True)
    ]
    arrays = {
        name: {"data": array.flatten().tolist(), "dims": list(array.shape)}
        for name, array in {"grounds": grounds.numpy(), "covers": covers, "brights": brights}.items()
    }
    found = run_node(COMPOSED, ground=ground, things=things, **arrays)
    painted = paint(Scene(BACKGROUNDS[ground], tuple(items), size=size, split="test")).images[0]
    assert np.array_equal(np.reshape(found, (size, size, 3)), painted.permute(1, 2, 0))
