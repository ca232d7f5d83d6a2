"""What is handed to the text of a lecture arrives there as it was said."""

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue

from utils.notebook import report


def handed(name, value, *, hand=report):
    """Return what the website finds in a cell that reports, and what the reader of the notebook sees."""
    InteractiveShell.instance()
    with capture_output() as captured:
        hand(name, value)
    [output] = captured.outputs
    return output.metadata["scrapbook"], output.data


@pytest.mark.parametrize(
    "value, text",
    [
        (3, "3"),
        ("two of three", "'two of three'"),
        (0.25, "0.25"),
        (torch.tensor(0.5), "0.5"),
        (torch.tensor([[2]]), "2.0"),
        (np.float32(1.5), "1.5"),
        (np.int64(7), "7.0"),
    ],
)
def test_a_number_or_a_word_reaches_the_text_and_nothing_is_shown(value, text):
    scrapbook, data = handed("share_of-LSTM", value)
    assert scrapbook == {"name": "share_of-LSTM", "mime_prefix": "application/papermill.record/"}
    assert data == {"application/papermill.record/text/plain": text}


@pytest.mark.parametrize("value", [3, -0.125, 1e-12, 0.1 + 0.2, True, "two of three", "it's", 'a "word"'])
def test_the_website_finds_what_its_own_glue_would_have_left(value):
    assert handed("name", value) == handed("name", value, hand=lambda *given: glue(*given, display=False))


@pytest.mark.parametrize(
    "value, said",
    [
        (torch.ones(2), r"'share' is a Tensor of shape \(2,\); expected one number"),
        (np.ones((2, 3)), r"'share' is a ndarray of shape \(2, 3\)"),
        (None, "'share' is a NoneType; expected one number, or a text"),
        ([1.0], "'share' is a list"),
    ],
)
def test_what_is_no_single_number_is_refused(value, said):
    with pytest.raises(TypeError, match=said):
        report("share", value)


@pytest.mark.parametrize("value", [float("nan"), torch.tensor(float("inf"))])
def test_a_number_that_no_sentence_wants_is_refused(value):
    with pytest.raises(ValueError, match="'share' is (nan|inf); expected a finite number"):
        report("share", value)


@pytest.mark.parametrize("name", ["", "of two", "share:.1f", "a`b"])
def test_a_name_that_the_text_cannot_say_is_refused(name):
    with pytest.raises(ValueError, match="expected one word without colons"):
        report(name, 1)
