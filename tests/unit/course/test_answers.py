"""Each checker passes its reference and tells typical mistakes apart.

The answers are in `answers`, one module a lecture, named as the lecture's checkers in `utils.checks`: for each exercise
the reference and, under words of the hint that it must get, each wrong answer. What else is right is in ``ALSO_RIGHT``.
"""

import pkgutil
from importlib import import_module

import pytest
import torch

from utils import checks
from utils.course import check

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
MISTAKES = {name: wrong for cases in ANSWERS.values() for name, (_, wrong) in cases.items()}


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_exercise_has_answers(lecture):
    assert set(ANSWERS[lecture]) == set(import_module(f"utils.checks.{lecture}").CHECKERS)


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_passes(name, capsys):
    verdict = check(name, REFERENCES[name])
    assert verdict.status == "passed"
    assert bool(verdict) is True
    assert "Passed" in capsys.readouterr().out


def in_64_bits(value):
    """Turn what a reference returns into numbers of 64 bits."""
    if isinstance(value, (tuple, list)):
        return type(value)(map(in_64_bits, value))
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


@pytest.mark.parametrize("name", [name for name, right in REFERENCES.items() if callable(right)])
def test_the_reference_passes_in_64_bits_too(name):
    assert check(name, lambda *args: in_64_bits(REFERENCES[name](*args))).status == "passed"


@pytest.mark.parametrize(("name", "attempt"), ALSO_RIGHT)
def test_what_is_right_in_another_form_passes(name, attempt):
    assert check(name, attempt).status == "passed"


@pytest.mark.parametrize("name", [name for name, right in REFERENCES.items() if callable(right)])
def test_a_value_is_no_function(name):
    assert "give the function itself" in check(name, 3).message


@pytest.mark.parametrize("name", REFERENCES)
def test_an_unanswered_exercise_is_not_attempted(name):
    attempt = (lambda *args: ...) if callable(REFERENCES[name]) else ...
    assert check(name, attempt).status == "not attempted"


@pytest.mark.parametrize(("name", "hint"), [(name, hint) for name, wrong in MISTAKES.items() for hint in wrong])
def test_a_wrong_answer_gets_its_own_hint(name, hint):
    verdict = check(name, MISTAKES[name][hint])
    assert verdict.status == "failed"
    assert hint.lower() in verdict.message.lower()


@pytest.mark.parametrize("name", MISTAKES)
def test_hints_differ(name):
    messages = [check(name, wrong).message for wrong in MISTAKES[name].values()]
    assert len(set(messages)) == len(messages) >= 3
