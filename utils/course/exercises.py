"""Exercises that check themselves: in Jupyter, in Colab and offline."""

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache, wraps

from utils.validation import check_name


@dataclass(frozen=True)
class Verdict:
    """What a checker says of an attempt; true if the attempt passed.

    Attributes
    ----------
    status : {"passed", "failed", "not attempted"}
    message : str
        What is wrong and a hint why, in words for the reader.
    """

    status: str
    message: str

    def __bool__(self):
        return self.status == "passed"

    def _ipython_display_(self):
        """Show nothing when a cell ends with `check`: it has printed its words already."""


class _NotAttempted(Exception):
    """The attempt is still the empty one that the notebook came with."""


class _NoAnswer(Exception):
    """The attempt answered before, but not this time."""


def check(name, attempt):
    """Check an attempt at an exercise, print what was found and return it.

    Parameters
    ----------
    name : str
        The exercise, as written in the lecture.
    attempt : object
        Whatever the exercise asks for: a function, a tensor, a number.

    Returns
    -------
    Verdict
        An attempt that is None or ``...``, or a function that returns that or raises a bare
        NotImplementedError, is "not attempted". No attempt makes this function raise.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    check_name(name, checkers(), "exercise")
    checker = checkers()[name]
    verdict = _judge(name, checker, attempt)
    words = {"passed": "Passed", "failed": "Not yet", "not attempted": "Not yet attempted"}
    print(f"{words[verdict.status]}: {verdict.message}")
    return verdict


def _judge(name, checker, attempt):
    if _is_empty(attempt):
        return Verdict("not attempted", "put your answer in the cell above, then run it again.")
    wanted = getattr(checker, "function_name", None)
    if wanted and not callable(attempt):
        return Verdict("failed", f'give the function itself, not {attempt!r}: check("{name}", {wanted})')
    watched = _watch(attempt) if inspect.isfunction(attempt) else attempt
    try:
        hint = checker(watched)
    except _NoAnswer as error:
        return Verdict("failed", str(error))
    except Exception as error:  # the reader's own code may raise anything
        if isinstance(error, _NotAttempted) or (isinstance(error, NotImplementedError) and not str(error)):
            what = f"`{getattr(attempt, '__name__', 'the attempt')}`"
            return Verdict("not attempted", f"{what} returns nothing yet. Write it, end it with `return`, run again.")
        what = "your code stopped with" if callable(attempt) else f"{attempt!r:.60} is not an answer that can be read:"
        return Verdict("failed", f"{what} {type(error).__name__}: {error}")
    if hint:
        return Verdict("failed", hint)
    return Verdict("passed", "every case agrees with the reference. Well done.")


def _is_empty(value):
    return value is None or value is ... or value is NotImplemented


def _watch(function):
    """Wrap `function` so that an empty result is noticed where it is returned."""
    answered = False

    @wraps(function)
    def watched(*args, **kwargs):
        nonlocal answered
        result = function(*args, **kwargs)
        if not _is_empty(result):
            answered = True
            return result
        if answered:
            raise _NoAnswer("one branch of your function returns nothing; end every branch with `return`")
        raise _NotAttempted

    return watched


@cache
def checkers():
    """Collect the checkers of all lectures.

    Returns
    -------
    dict of str to callable
        Each takes an attempt and returns a hint, or None if the attempt is right.

    Raises
    ------
    ValueError
        If two lectures use one name.
    """
    found = {}
    for module in pkgutil.iter_modules(importlib.import_module("utils.checks").__path__):
        for name, checker in importlib.import_module(f"utils.checks.{module.name}").CHECKERS.items():
            if name in found:
                raise ValueError(f"two lectures have an exercise {name!r}; rename one in utils/checks")
            found[name] = checker
    return found
