"""Captions as numbers, BLEU against another implementation, and the names of errors."""

import random

import pytest
import sacrebleu
import torch
from torch.testing import assert_close

from utils.captioning import (
    ERRORS,
    bleu,
    caption_errors,
    decode_captions,
    encode_captions,
    runs,
    things_at_places,
    vocabulary_of,
)
from utils.composing import random_scenes
from utils.painting import paint

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


def sentences(n, seed):
    rng = random.Random(seed)
    words = ["a", "blue", "white", "bag", "boot", "on", "left", "of"]
    return [" ".join(rng.choices(words, k=rng.randint(4, 12))) for _ in range(n)]


@pytest.mark.parametrize("seed", range(5))
def test_bleu_equals_another_implementation(seed):
    references = sentences(40, seed)
    pairs = zip(references, sentences(40, 99), strict=True)
    candidates = [one if index % 3 else two for index, (one, two) in enumerate(pairs)]
    candidates = [caption.rsplit(" ", index % 2)[0] for index, caption in enumerate(candidates)]
    theirs = sacrebleu.corpus_bleu(candidates, [references], tokenize="none", smooth_method="none").score
    assert_close(100 * bleu(candidates, references), theirs, atol=1e-8, rtol=0)


def test_bleu_by_hand():
    # five words of six shared, and 3 of 5, 2 of 4, 1 of 3 runs; lengths equal
    ours, theirs = ["a blue bag on wet grass"], ["a blue bag on grass now"]
    assert bleu(ours, theirs) == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert bleu(["a blue bag on"], ["a blue bag on grass"]) == pytest.approx(2.718281828 ** (1 - 5 / 4))
    assert bleu(["a b c d"], ["e f g h"]) == 0.0
    with pytest.raises(ValueError, match="1 candidates and 2 references"):
        bleu(["a"], ["a", "b"])


def test_runs_are_counted():
    assert runs(["a", "b", "a", "b"], 2) == {("a", "b"): 2, ("b", "a"): 1}
    assert runs(["a"], 2) == {}


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ("a blue bag left of a white boot on brick", set()),
        ("a blue bag right of a white boot on brick", {"relation"}),
        ("a blue bag and a white boot on brick", {"relation"}),
        ("a blue bag left of a white boot on grass", {"background"}),
        ("a blue bag left of a blue boot on brick", {"colour"}),
        ("a white bag left of a blue boot on brick", {"colour"}),
        ("a blue boot left of a white boot on brick", {"kind"}),
        ("a blue bag on brick", {"number of things"}),
        ("a blue bag left of on brick", {"no sentence"}),
        ("", {"no sentence"}),
    ],
)
def test_errors_are_named(said, errors):
    assert caption_errors(said, "a blue bag left of a white boot on brick") == errors
    assert errors <= set(ERRORS)
