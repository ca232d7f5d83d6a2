"""What is written into cells can be read back, and bad input is told."""

import pytest
import torch

from utils.scenes.captions import describe
from utils.scenes.grid import CELL, as_scene, cells_of, found_in
from utils.scenes.layout import COLOURS, Item, Scene
from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes

KINDS, NAMES = ("bag", "boot", "seven"), tuple(COLOURS)


def painted(n=40, n_items=(1, 3)):
    return paint(random_scenes(n, seed=3, size=64, n_items=n_items, kinds=KINDS, difficulty=0))


def perfect(cells):
    """Write the truth as a detector that is sure would: the inverse of its reading."""
    dense = torch.full((*cells.present.shape, 5 + len(KINDS) + len(NAMES)), -9.0)
    dense[..., 0] = torch.where(cells.present, 9.0, -9.0)
    dense[..., 1:5] = cells.boxes.clamp(1e-6, 1 - 1e-6).logit()
    for first, indices in ((5, cells.kinds), (5 + len(KINDS), cells.colours)):
        at = (*cells.present.nonzero().T, first + indices[cells.present])
        dense[at] = 9.0
    return dense


def test_the_truth_comes_back_whole():
    scenes = painted()
    found = found_in(perfect(cells_of(scenes, kinds=KINDS, colours=NAMES)), kinds=KINDS, colours=NAMES)
    assert sum(len(one.scores) for one in found) == sum(map(len, scenes.boxes))
    for one, boxes, scene, numbers in zip(found, scenes.boxes, scenes.scenes, scenes.items, strict=True):
        true = sorted((*map(round, box.tolist()), scene.items[i].kind, scene.items[i].colour)
                      for box, i in zip(boxes, numbers.tolist(), strict=True))  # fmt: skip
        read = sorted((*map(round, box.tolist()), kind, colour)
                      for box, kind, colour in zip(one.boxes, one.kinds, one.colours, strict=True))  # fmt: skip
        assert read == true


def test_some_pictures_can_be_selected():
    cells, some = cells_of(painted(), kinds=KINDS, colours=NAMES), torch.tensor([5, 2])
    for name in ("present", "boxes", "kinds", "colours"):
        assert torch.equal(getattr(cells[some], name), getattr(cells, name)[some])


def test_a_description_of_what_was_found_says_the_same():
    scenes = painted(n_items=(2, 2))
    found = found_in(perfect(cells_of(scenes, kinds=KINDS, colours=NAMES)), kinds=KINDS, colours=NAMES)
    said = [
        describe(as_scene(one, size=64, background=s.background)) for one, s in zip(found, scenes.scenes, strict=True)
    ]
    without_sizes = [" ".join(word for word in text.split() if word not in ("small", "a", "an")) for text in said]
    true = [" ".join(word for word in text.split() if word not in ("small", "a", "an")) for text in scenes.captions]
    assert sum(a == b for a, b in zip(without_sizes, true, strict=True)) >= 36  # a hidden part may move a middle


def test_cells_say_where_the_middle_is():
    [cells] = [
        cells_of(
            paint(Scene("brick", (Item("bag", 0, "blue", (30.0, 20.0), 16.0),), size=64)), kinds=KINDS, colours=NAMES
        )
    ]
    [cell] = cells.present[0].nonzero().flatten().tolist()
    row, column = divmod(cell, 8)
    x, y, width, height = cells.boxes[0, cell].tolist()
    assert abs(CELL * (column + x) - 30) < 1.5
    assert abs(CELL * (row + y) - 20) < 1.5
    assert 8 < 64 * width <= 16
    assert 8 < 64 * height <= 16
    assert (cells.kinds[0, cell], cells.colours[0, cell]) == (0, NAMES.index("blue"))
    assert cells.kinds[0].sum() == -63


def test_the_threshold_and_the_overlap_decide_what_is_kept():
    dense = torch.full((1, 64, 5 + len(KINDS) + len(NAMES)), 0.0)
    dense[..., 0] = -9
    dense[0, 27, 0], dense[0, 28, 0] = 2.0, 1.0  # neighbours, boxes of half the side
    for most, threshold, kept in ((0.4, 0.5, 1), (0.9, 0.5, 2), (0.9, 0.8, 1), (0.9, 0.95, 0)):
        [found] = found_in(dense, kinds=KINDS, colours=NAMES, threshold=threshold, most=most)
        assert len(found.scores) == len(found.kinds) == kept


def test_nothing_is_found_in_nothing():
    dense = torch.full((2, 64, 5 + len(KINDS) + len(NAMES)), -9.0)
    for found in found_in(dense, kinds=KINDS, colours=NAMES):
        assert found.boxes.shape == (0, 4)
        assert describe(as_scene(found, size=64)) == "nothing on brick"


def test_bad_input_is_told():
    with pytest.raises(ValueError, match=r"'seven' is not among the kinds bag, boot; list all that occur"):
        cells_of(painted(), kinds=("bag", "boot"), colours=NAMES)
    with pytest.raises(ValueError, match="60 pixels a side; expected a multiple of 8"):
        cells_of(paint(random_scenes(1, seed=0, size=60)), kinds=KINDS, colours=NAMES)
    for shape in ((1, 64, 5), (1, 60, 14), (64, 14)):
        with pytest.raises(ValueError, match=r"expected \(N, cells of a square, 14\)"):
            found_in(torch.zeros(shape), kinds=KINDS, colours=NAMES)
