"""The machinery of exercises that check themselves."""

import pytest
import torch

from utils.course import check, exercises


@pytest.mark.parametrize("attempt", [None, ..., NotImplemented])
def test_an_empty_value_is_not_attempted(attempt, capsys):
    verdict = check("shift-kernel", attempt)
    assert verdict.status == "not attempted"
    assert not verdict
    assert "Not yet attempted" in capsys.readouterr().out


def unanswered(*args):
    return ...


def returns_nothing(*args):
    pass


def not_implemented(*args):
    raise NotImplementedError


@pytest.mark.parametrize("attempt", [unanswered, returns_nothing, not_implemented])
@pytest.mark.parametrize("name", ["output-size", "count-convolution", "receptive-field"])
def test_an_empty_function_is_not_attempted(name, attempt, capsys):
    assert check(name, attempt).status == "not attempted"
    out = capsys.readouterr().out
    assert "Not yet attempted" in out
    assert attempt.__name__ in out


@pytest.mark.parametrize("answered", [1, 2, 3, 4])
def test_a_branch_without_return_is_a_failure(answered):
    """Whether it is met first or later."""

    def sometimes(size, kernel, stride, padding):
        if stride == answered:
            return size + 2 * padding - kernel + 1

    verdict = check("output-size", sometimes)
    assert verdict.status == "failed"
    assert "end every branch with `return`" in verdict.message


def test_what_pytorch_has_not_implemented_is_an_error_and_no_empty_answer():
    verdict = check("output-size", lambda *sizes: torch.ones(2) & torch.ones(2))
    assert verdict.status == "failed"
    assert "bitwise_and" in verdict.message


def test_an_error_in_the_attempt_is_reported_and_not_raised():
    verdict = check("output-size", lambda size: size)
    assert verdict.status == "failed"
    assert "TypeError" in verdict.message


def test_an_error_of_the_checker_is_not_blamed_on_the_reader(monkeypatch):
    monkeypatch.setitem(exercises.checkers(), "output-size", lambda attempt: {}["missing"])
    verdict = check("output-size", lambda *sizes: 1)
    assert verdict.status == "failed"
    assert "the check itself stopped with KeyError" in verdict.message
    assert "your code" not in verdict.message


def test_an_attempt_that_never_ends_is_stopped(monkeypatch):
    def endless(size, kernel, stride, padding):
        while size:
            pass

    monkeypatch.setattr(exercises, "SECONDS", 0.1)
    verdict = check("output-size", endless)
    assert verdict.status == "failed"
    assert "did not end within 0.1 seconds" in verdict.message


def test_an_attempt_that_changes_its_input_is_told_so():
    verdict = check("receptive-field", lambda layers: len([layers.pop() for _ in range(len(layers))]))
    assert "changed the given `layers`" in verdict.message


def test_unknown_exercise_names_the_closest_first():
    with pytest.raises(ValueError, match="unknown exercise 'output_size'; did you mean 'output-size'"):
        check("output_size", None)
    with pytest.raises(ValueError, match="known: .*receptive-field"):
        check("zzz", None)


def test_two_lectures_cannot_share_a_name(monkeypatch):
    exercises.checkers.cache_clear()
    module = type("module", (), {"CHECKERS": {"same": None}, "__path__": []})
    infos = [type("info", (), {"name": name}) for name in ("one", "two")]
    monkeypatch.setattr(exercises.pkgutil, "iter_modules", lambda path: infos)
    monkeypatch.setattr(exercises.importlib, "import_module", lambda name: module)
    with pytest.raises(ValueError, match="two lectures have an exercise 'same'"):
        exercises.checkers()
