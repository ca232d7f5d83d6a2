"""Captions as numbers and back; what stands at each place."""

import pytest
import torch
from torch.testing import assert_close

from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes
from utils.sequences.vocabulary import decode_captions, encode_captions, things_at_places, vocabulary_of

KINDS, COLOURS = ["bag", "boot"], ["white", "blue"]
CAPTIONS = ["a blue bag on grass", "a white boot left of a blue bag on brick", "a bag, a boot and a bag"]


def test_captions_come_back():
    vocabulary = vocabulary_of(CAPTIONS)
    encoded = encode_captions(CAPTIONS, vocabulary)
    assert encoded.shape == (3, 12)
    assert (encoded[:, 0] == 0).all()
    assert (encoded[:, -1] == 1).all()
    assert decode_captions(encoded[:, 1:], vocabulary) == CAPTIONS


def test_an_unknown_word_is_named():
    with pytest.raises(ValueError, match="'hat' is not in the vocabulary of 4 words"):
        encode_captions(["a hat"], vocabulary_of(["a bag"]))


def test_a_row_without_end_is_read_to_its_end():
    assert decode_captions(torch.tensor([[2, 2]]), ("<start>", "<end>", "a")) == ["a a"]


def test_each_place_says_what_lies_there():
    painted = paint(random_scenes(20, seed=0, size=48, difficulty=0, kinds=KINDS, colours=COLOURS))
    places = things_at_places(painted, kinds=KINDS, colours=COLOURS)
    assert places.shape == (20, 36)
    for row, class_map, scene in zip(places, painted.class_map, painted.scenes, strict=True):
        there = class_map[4::8, 4::8].flatten()
        assert_close(there > 0, row > 2)
        for value, label in zip(row[row > 2].tolist(), there[there > 0].tolist(), strict=True):
            kind, colour = divmod(value - 3, 2)
            assert painted.classes[label - 1] == KINDS[kind]
            assert COLOURS[colour] in {item.colour for item in scene.items if item.kind == KINDS[kind]}
        grounds = ("brick", "grass", "gravel")
        assert {grounds[value] for value in row[row < 3].tolist()} == {scene.background}
