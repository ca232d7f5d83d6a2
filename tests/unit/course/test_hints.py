"""What checkers share: answers are read as a reader may give them, and the mistake that fits all cases is named."""

import numpy as np
import pytest
import torch

from utils.course.attempts import Stopped
from utils.course.hints import compare, first_match, floats, same, takes_function, tensor, unreadable


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ([1, 2], [1.0, 2.0]),
        (np.array([[True, False]]), [[1.0, 0.0]]),
        (torch.tensor([0.5], dtype=torch.float64, requires_grad=True), [0.5]),
        (torch.tensor([1, 2], dtype=torch.uint8), [1.0, 2.0]),
        ([torch.tensor(1.0, requires_grad=True), np.float32(2)], [1.0, 2.0]),
        ((np.ones(2), torch.zeros(2)), [[1.0, 1.0], [0.0, 0.0]]),
        (range(3), [0.0, 1.0, 2.0]),
        ([], []),
        (0.1, 0.1),
        (True, 1.0),
    ],
)
def test_a_tensor_is_read_in_every_form(value, read):
    found = tensor(value)
    assert found.dtype == torch.float64
    assert not found.requires_grad
    assert found.tolist() == read


@pytest.mark.parametrize(
    "value", ["text", "0.5", b"1", None, {}, [[1], [1, 2]], ["a"], [None], [1, None], object(), 1j, np.array(["1"])]
)
def test_what_is_no_tensor_is_none(value):
    assert tensor(value) is None
    assert not same(value, 0.0)


def test_what_is_read_is_a_copy():
    given = torch.zeros(2, dtype=torch.float64)
    tensor(given)[0] = 1
    assert given.tolist() == [0, 0]


def test_answers_are_the_same_up_to_rounding_and_only_with_the_same_shape():
    assert same(torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([1.0, 2.00001]))
    assert not same([1.0, 2.0], [1.0, 2.001])
    assert same([1.0, 2.0], [1.0, 2.001], atol=0.01)
    assert not same([1.0, 2.0], 1.0)
    assert not same(1.0, [1.0])
    assert same(float("nan"), float("nan"))
    assert not same(float("nan"), 0.0)


@pytest.mark.parametrize("value", [0.5, [0.5], np.array([[0.5]]), torch.tensor([0.5])])
def test_one_number_is_a_number_in_whatever_shape(value):
    assert same(value, 0.5)


def test_several_answers_are_compared_one_by_one():
    pair = torch.tensor([1.0, 2.0]), 3
    assert same(([1, 2], 3.0), pair)
    assert same([np.array([1, 2]), torch.tensor(3)], pair)
    assert not same((3, [1, 2]), pair)
    assert not same(([1, 2], 3, 4), pair)
    assert not same("ab", pair)
    assert same(torch.tensor([1, 2]), (1, 2))
    assert not same(torch.tensor(1), (1, 2))


def test_none_stands_for_anything_beside_a_mistake():
    assert same((1, 2), (1, None))
    assert not same((2, 2), (1, None))


def test_the_first_mistake_that_gives_the_answer_is_named():
    mistakes = [(3.0, "three"), ([1.0, 2.0], "a pair"), (True, "anything"), (4.0, "never reached")]
    assert first_match(3, mistakes) == "three"
    assert first_match(torch.tensor([1.0, 2.0]), mistakes) == "a pair"
    assert first_match(4.0, mistakes) == "anything"


def test_a_condition_is_no_number():
    """True and False stand for "shown" and "not shown", whatever the answer is."""
    assert first_match(1.0, [(False, "no"), (np.bool_(False), "no")]) is None
    assert first_match(0.0, [(False, "no"), (np.True_, "yes")]) == "yes"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cases_have_the_sessions_type_of_numbers(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    assert floats(np.arange(3)).dtype is dtype
    torch.set_default_dtype(before)


def power(x, k):
    return x**k


POWERS = [
    (lambda x, k: x * k, "You multiply."),
    (lambda x, k: x + k, "You add."),
    (lambda x, k: [x, k], "Those are the two."),
]
CASES = [(2.0, 2), (3.0, 2), (2.0, 3)]  # 2 * 2 is 2 + 2 and 2 ** 2


def compared(attempt, **more):
    return compare(attempt, CASES, power, POWERS, wanted="Return one power.", **more)


def test_a_right_answer_gets_no_hint():
    assert compared(lambda x, k: torch.tensor([x**k])) is None


def test_the_hint_fits_all_cases_and_tells_the_first_that_fails():
    assert compared(lambda x, k: x * k) == "for x = 3, k = 2 you give 6. You multiply."
    assert compared(lambda x, k: x + k) == "for x = 3, k = 2 you give 5. You add."
    assert compared(lambda x, k: (x, k)) == "for x = 2, k = 2 you give (2, 2). Those are the two."


def test_what_fits_some_cases_only_gets_the_last_resort():
    both = compared(lambda x, k: x * k if k == 2 else x + k)
    assert both == "for x = 3, k = 2 you give 6, expected 9. Return one power."
    assert compared(lambda x, k: 0, last="Think.") == "for x = 2, k = 2 you give 0, expected 4. Think."


def test_large_arguments_are_told_by_their_shape():
    message = compare(lambda x: x + 1, [(np.zeros((9, 9)),)], lambda x: x, [(lambda x: x + 1, "No.")], wanted="")
    assert message == "for x of shape (9, 9): No."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("four", "you return str, and no single number. Return one power."),
        ([1, 2, 3], "you return the shape (3,), and no single number. Return one power."),
        ([None], "you return a list of 1 that holds None, and no single number. Return one power."),
        (float("inf"), "you give inf, nan or inf. Look for a division by zero"),
        (torch.tensor(float("nan")), "you give nan, nan or inf."),
    ],
)
def test_an_answer_of_another_kind_is_told_as_such(answer, words):
    assert compared(lambda x, k: answer).startswith(f"for x = 2, k = 2 {words}")


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (torch.ones(3), torch.ones(2), "you return the shape (3,); expected the shape (2,)."),
        (None, torch.ones(2), "you return NoneType; expected the shape (2,)."),
        (2.0, torch.ones(2), "you return one number; expected the shape (2,)."),
        (2.0, (1.0, 2.0), "you return one number; expected 2 answers"),
        ((1.0, 2.0, 3.0), (1.0, 2.0), "you return the shape (3,); expected 2 answers"),
        (([1], "b"), (1.0, 2.0), "in place 2, you return str, and no single number."),
        (([1.0, 2.0], 3.0), (torch.ones(2), 1.0), None),
        ([1.0, float("inf")], torch.ones(2), "you give [1, inf], nan or inf."),
    ],
)
def test_why_an_answer_cannot_be_compared(answer, expected, words):
    fault = unreadable(answer, expected)
    assert fault == words or fault.startswith(words)


def stopping(x, k):
    raise Stopped(TypeError("can't multiply sequence"))


def test_a_known_error_gets_its_hint_and_another_stays():
    assert compared(stopping, errors=[("multiply", "Use numbers.")]) == "Use numbers."
    with pytest.raises(Stopped, match="sequence"):
        compared(stopping, errors=[("divide", "Use numbers.")])


def test_an_effect_is_asked_of_right_answers_only():
    def even(answer, x, k):
        return None if answer % 2 == 0 else "even powers only"

    assert compared(lambda x, k: x**k, also=even) == "even powers only"
    assert "You add." in compared(lambda x, k: x + k, also=even)


def test_a_checker_gets_the_cases_of_its_seeds():
    @takes_function("my_power", draw=lambda rng: (int(rng.integers(1000)),), seeds=(3, 4))
    def check_power(attempt, cases):
        return cases

    assert check_power.function_name == "my_power"
    assert check_power(None) == [(int(np.random.default_rng(seed).integers(1000)),) for seed in (3, 4)]
