"""What checkers share: answers are read as a reader may give them, and the first known mistake is named."""

import numpy as np
import pytest
import torch

from utils.course.hints import first_match, number, number_or_hint, same, tensor, tensor_or_hint


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (2, 2.0),
        (True, 1.0),
        (0.5, 0.5),
        (np.float32(0.5), 0.5),
        (np.array(3), 3.0),
        (torch.tensor([[0.5]], requires_grad=True), 0.5),
        ("0.5", None),
        (None, None),
        ([1.0], None),
        ((1.0, 2.0), None),
        (torch.ones(2), None),
        (np.ones(2), None),
        ({}, None),
    ],
)
def test_a_number_is_read_in_every_form_and_nothing_else(value, read):
    assert number(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ([1, 2], [1.0, 2.0]),
        (np.array([[True, False]]), [[1.0, 0.0]]),
        (torch.tensor([0.5], dtype=torch.float64, requires_grad=True), [0.5]),
        (torch.tensor([1, 2], dtype=torch.uint8), [1.0, 2.0]),
        (0.1, 0.1),
    ],
)
def test_a_tensor_is_read_in_every_form(value, read):
    found = tensor(value)
    assert found.dtype == torch.float64
    assert not found.requires_grad
    assert found.tolist() == read


@pytest.mark.parametrize("value", ["text", None, {}, [[1], [1, 2]], ["a"], object()])
def test_what_is_no_tensor_is_none(value):
    assert tensor(value) is None
    assert not same(value, 0.0)


def test_answers_are_the_same_up_to_rounding_and_only_with_the_same_shape():
    assert same(torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([1.0, 2.00001]))
    assert not same([1.0, 2.0], [1.0, 2.001])
    assert same([1.0, 2.0], [1.0, 2.001], atol=0.01)
    assert not same([1.0], 1.0)
    assert not same(float("nan"), float("nan"))


def test_the_first_mistake_that_gives_the_answer_is_named():
    mistakes = [(3.0, "three"), ([1.0, 2.0], "a pair"), (True, "anything"), (4.0, "never reached")]
    assert first_match(3, mistakes) == "three"
    assert first_match(torch.tensor([1.0, 2.0]), mistakes) == "a pair"
    assert first_match(4.0, mistakes) == "anything"


def test_a_condition_is_no_number():
    """True and False stand for "shown" and "not shown", whatever the answer is."""
    assert first_match(1.0, [(False, "no"), (np.bool_(False), "no")]) is None
    assert first_match(0.0, [(False, "no"), (np.True_, "yes")]) == "yes"


def test_the_right_answer_ends_the_search_without_a_hint():
    assert first_match(2.0, [(2.0, None), (True, "wrong")]) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("x", "for two your function returned no single number. Return a share."),
        (float("inf"), "for two you give inf, not a number. Look for a division by zero"),
        (torch.tensor(float("nan")), "for two you give nan, not a number."),
    ],
)
def test_what_is_no_finite_number_is_told(answer, words):
    value, hint = number_or_hint(answer, "for two", "Return a share.")
    assert value is None
    assert hint.startswith(words)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([1.0, 2.0], "for two you return list. Return a tensor of shape (2,)."),
        (torch.ones(3), "for two you return the shape (3,); expected (2,), as the input has."),
        (torch.tensor([1.0, float("nan")]), "for two your tensor has nan or inf. Put 0 there."),
    ],
)
def test_what_is_no_finite_tensor_of_the_shape_is_told(answer, words):
    value, hint = tensor_or_hint(answer, (2,), "for two", why=", as the input has", finite="Put 0 there.")
    assert value is None
    assert hint == words


def test_a_good_answer_gets_no_hint():
    assert number_or_hint(torch.tensor(0.5), "for two", "") == (0.5, None)
    value, hint = tensor_or_hint(torch.ones(2, dtype=torch.float64), torch.Size([2]), "for two")
    assert value.tolist() == [1, 1]
    assert hint is None
