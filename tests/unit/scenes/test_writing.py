"""Words in pictures are where they should be, and nowhere else."""

import pytest
import torch

from utils.scenes.writing import write_words

GREY = torch.full((3, 48, 48), 90, dtype=torch.uint8)


def test_words_are_white_with_a_dark_edge_at_the_lower_left():
    before = GREY.clone()
    written = write_words(GREY, ["green", "t-shirt"])
    changed = (written != GREY).any(dim=0)
    rows, columns = changed.nonzero().T
    assert rows.min() > 24
    assert columns.min() == 0
    assert set(written.unique().tolist()) == {0, 90, 255}
    white, dark = (written == 255).all(dim=0), (written == 0).all(dim=0)
    around = torch.nn.functional.max_pool2d(white[None, None].float(), 3, stride=1, padding=1)[0, 0] > 0
    assert torch.equal(around & ~white, dark & around)  # every white pixel has dark ones around it
    assert torch.equal(GREY, before)


def test_each_word_has_a_line_of_its_own_and_differs_from_another():
    upper, lower = (write_words(GREY, lines) for lines in (["bag", "boot"], ["boot", "bag"]))
    assert not torch.equal(upper, lower)
    assert torch.equal(write_words(GREY, ["boot"])[:, -6:], write_words(GREY, ["bag", "boot"])[:, -6:])
    assert torch.equal(write_words(GREY, []), GREY)


@pytest.mark.parametrize(
    ("picture", "words", "error", "what"),
    [
        (GREY.float(), ["bag"], TypeError, "torch.float32; expected a uint8 tensor"),
        (GREY.numpy(), ["bag"], TypeError, "ndarray; expected a uint8 tensor"),
        (GREY[0], ["bag"], ValueError, "(48, 48); expected (3, H, W)"),
        (GREY, ["a word too long"], ValueError, "'a word too long' takes"),
        (GREY, ["bag"] * 6, ValueError, "54 pixels; the picture has 48 x 48"),
    ],
)
def test_bad_input_is_told(picture, words, error, what):
    with pytest.raises(error) as told:
        write_words(picture, words)
    assert what in str(told.value)
