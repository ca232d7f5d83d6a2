"""BLEU against another implementation, and the names of errors."""

import random

import pytest
import sacrebleu
from torch.testing import assert_close

from utils.sequences.caption_scores import ERRORS, bleu, caption_errors, runs


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
