"""What demos do with pictures in the browser: the same arithmetic as Pillow's and PyTorch's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from utils.pictures.crops import centre_square
from utils.pictures.photographs import load_photograph

SIZES = [(300, 200), (97, 260), (224, 224), (500, 900), (224, 300), (31, 40), (449, 448)]


@pytest.mark.parametrize("pixels", [*SIZES, "cat", "coffee", "rocket"], ids=str)
def test_the_browser_cuts_and_resizes_exactly_as_pillow(run_node, pixels):
    if isinstance(pixels, tuple):
        pixels = np.random.RandomState(0).randint(0, 256, (*pixels, 3), np.uint8)
    else:
        pixels = load_photograph(pixels).pixels
    rows, columns = pixels.shape[:2]
    script = """
    import { centreSquare } from "./lib/pictures.js";
    const picture = { data: Uint8Array.from(given.data), rows: given.rows, columns: given.columns };
    console.log(JSON.stringify([...centreSquare(picture, 224).data]));
    """
    came = run_node(script, data=pixels.ravel().tolist(), rows=rows, columns=columns)
    np.testing.assert_array_equal(np.reshape(came, (224, 224, 3)), centre_square(pixels))


def test_the_network_is_given_its_planes_in_the_order_of_pytorch(run_node):
    pixels = np.arange(24).reshape(2, 4, 3)
    script = 'import { planesOf } from "./lib/pictures.js"; console.log(JSON.stringify([...planesOf(given.pixels)]));'
    assert run_node(script, pixels=pixels.ravel().tolist()) == pixels.transpose(2, 0, 1).ravel().tolist()


@pytest.mark.parametrize(("rows", "columns", "side"), [(7, 7, 224), (3, 5, 16), (1, 1, 8)])
def test_maps_are_enlarged_as_pytorch_does(run_node, rows, columns, side):
    small = torch.rand(rows, columns, generator=torch.Generator().manual_seed(0))
    script = """
    import { enlarged } from "./demos/photo_explainer.js";
    console.log(JSON.stringify([...enlarged(given.map, given.rows, given.columns, given.side)]));
    """
    came = run_node(script, map=small.ravel().tolist(), rows=rows, columns=columns, side=side)
    expected = F.interpolate(small[None, None], (side, side), mode="bilinear", align_corners=False)
    np.testing.assert_allclose(np.reshape(came, (side, side)), expected[0, 0], atol=1e-6)


def test_the_likeliest_come_first(run_node):
    values = np.random.RandomState(1).rand(1000).tolist()
    script = """
    import { likeliest } from "./lib/numbers.js";
    console.log(JSON.stringify(likeliest(given.values, given.count)));
    """
    assert run_node(script, values=values, count=5) == np.argsort(values)[::-1][:5].tolist()
