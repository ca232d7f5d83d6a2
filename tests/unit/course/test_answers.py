"""Each checker passes its reference and tells typical mistakes apart.

The answers are in `answers`, one module a lecture, named as the lecture's checkers in `utils.checks`: for each exercise
the reference and, under words of the hint that it must get, each wrong answer, or a list of those that get the same
hint. The checkers' cases are found by `tests.unit.course.separating`. What else is right is in ``ALSO_RIGHT``.
"""

import pkgutil
import random
from functools import cache
from importlib import import_module

import numpy as np
import pytest
import torch

from tests.unit.course.separating import alike, listed, not_separated, outcome, smallest
from utils import checks
from utils.course import check
from utils.course.exercises import checkers
from utils.course.hints import compare

LECTURES = sorted(module.name for module in pkgutil.iter_modules(checks.__path__))
MODULES = {lecture: import_module(f"tests.unit.course.answers.{lecture}") for lecture in LECTURES}
ANSWERS = {lecture: module.CASES for lecture, module in MODULES.items()}
ALSO_RIGHT = [
    (name, attempt)
    for module in MODULES.values()
    for name, attempts in getattr(module, "ALSO_RIGHT", {}).items()
    for attempt in attempts
]
REFERENCES = {name: right for cases in ANSWERS.values() for name, (right, _) in cases.items()}
FUNCTIONS = [name for name, right in REFERENCES.items() if callable(right)]
ON_CASES = [name for name in FUNCTIONS if checkers()[name].draw]


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_exercise_has_answers(lecture):
    assert set(ANSWERS[lecture]) == set(import_module(f"utils.checks.{lecture}").CHECKERS)


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_passes(name, capsys):
    verdict = check(name, REFERENCES[name])
    assert verdict.status == "passed"
    assert bool(verdict) is True
    assert "Passed" in capsys.readouterr().out


@pytest.fixture(params=[torch.float32, torch.float64])
def default_dtype(request):
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield request.param
    torch.set_default_dtype(before)


@pytest.mark.parametrize("recorded", [True, False], ids=["gradients", "no gradients"])
@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_passes_in_every_session_and_leaves_it_as_it_was(name, default_dtype, recorded):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    with torch.set_grad_enabled(recorded):
        assert check(name, REFERENCES[name]).message.startswith("every case agrees")
        assert torch.is_grad_enabled() is recorded
    assert torch.get_default_dtype() is default_dtype
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == states[1:]


def changed(value, change):
    """Turn the numbers that a reference returns into another form."""
    if isinstance(value, (tuple, list)):
        return type(value)(changed(part, change) for part in value)
    is_number = isinstance(value, (float, np.floating, np.ndarray)) or torch.is_tensor(value)
    return change(value) if is_number else value


def in_64_bits(value):
    if torch.is_tensor(value):
        return value.double() if value.is_floating_point() else value
    if isinstance(value, np.ndarray):
        return value.astype(float) if value.dtype.kind == "f" else value
    return float(value)


def in_32_bits(value):
    value = torch.as_tensor(value)
    return value.float() if value.is_floating_point() else value


def as_array(value):
    return value.numpy() if torch.is_tensor(value) else np.asarray(value)


def as_plain(value):
    return np.asarray(value).tolist()


ON_THE_WAY_BACK = {"variational-draw", "gan-gradient-penalty"}  # gradients have to reach the answer
FORMS = [(name, form) for name in FUNCTIONS for form in (in_64_bits, in_32_bits, as_array, as_plain)]
FORMS = [(name, form) for name, form in FORMS if name not in ON_THE_WAY_BACK or form in (in_64_bits, in_32_bits)]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_the_reference_passes_in_every_form(name, form):
    assert check(name, lambda *args: changed(REFERENCES[name](*args), form)).message.startswith("every case agrees")


@pytest.mark.parametrize(("name", "attempt"), ALSO_RIGHT)
def test_what_is_right_in_another_form_passes(name, attempt):
    assert check(name, attempt).message.startswith("every case agrees")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_value_is_no_function(name):
    assert "give the function itself" in check(name, 3).message


@pytest.mark.parametrize("name", REFERENCES)
def test_an_unanswered_exercise_is_not_attempted(name):
    attempt = (lambda *args: ...) if callable(REFERENCES[name]) else ...
    assert check(name, attempt).status == "not attempted"


KINDS = {"text": "half", "dictionary": {}, "none": [None], "object": object(), "texts": ["a", "b"]}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("answer", KINDS.values(), ids=KINDS)
def test_an_answer_of_a_wrong_type_is_told_as_such(name, answer):
    message = check(name, lambda *args: answer).message
    assert "stopped" not in message
    assert any(kind in message for kind in ("str", "dict", "None", "object"))


@cache
def judged(name):
    """Return the verdict on each listed answer, and the hints that the checker knows for them."""
    module, known = import_module(checkers()[name].__module__), []

    def spy(attempt, cases, right, mistakes, **more):
        known.extend(hint for _, hint in mistakes)
        return compare(attempt, cases, right, mistakes, **more)

    torch.manual_seed(0), np.random.seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "compare", spy, raising=False)
        return [check(name, attempt) for _, attempt in listed(name)], set(known)


@pytest.mark.parametrize(("name", "place"), [(name, i) for name in REFERENCES for i in range(len(listed(name)))])
def test_a_wrong_answer_gets_its_own_hint(name, place):
    verdict, hint = judged(name)[0][place], listed(name)[place][0]
    assert verdict.status == "failed"
    assert hint.lower() in verdict.message.lower()


@pytest.mark.parametrize("name", REFERENCES)
def test_hints_differ(name):
    messages = {hint: verdict.message for (hint, _), verdict in zip(listed(name), judged(name)[0], strict=True)}
    assert len(set(messages.values())) == len(messages) >= (8 if name in FUNCTIONS else 4)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_known_hint_is_earned_by_an_answer(name):
    verdicts, known = judged(name)
    assert [hint for hint in known if not any(hint in verdict.message for verdict in verdicts)] == []


@pytest.mark.parametrize("name", ON_CASES)
def test_the_cases_tell_all_listed_answers_apart(name):
    assert not_separated(name, checkers()[name].seeds) == []


def test_the_fewest_cases_are_found():
    found = {0: {"ab", "ac"}, 1: {"ab"}, 2: {"bc", "ac"}, 3: {"bc"}, 4: set()}
    assert smallest(found, {"ab", "ac", "bc"}) == (0, 2)
    assert smallest({seed: {seed} for seed in range(9)}, {1, 3, 5, 7, 8}) == (1, 3, 5, 7, 8)


def test_outcomes_are_compared_with_their_shapes():
    assert alike(outcome(lambda: (1, 2), ()), outcome(lambda: torch.tensor([1.0, 2.0]), ()))
    assert not alike(outcome(lambda: [1, 2], ()), outcome(lambda: [[1, 2]], ()))
    assert not alike(outcome(lambda: [1, 2], ()), outcome(lambda: 1 / 0, ()))
    assert alike(outcome(lambda: (1, [2, 3]), ()), outcome(lambda: (np.array(1), torch.tensor([2, 3])), ()))
