"""Exercises that check themselves: in Jupyter, in Colab and offline."""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

from utils.course.attempts import Fault, NotAttempted, Stopped, TooLong, is_empty, session_kept, time_limit, watch
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


SECONDS = 10  # a right answer takes a small part of one


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
        NotImplementedError, is "not attempted". No attempt makes this function raise, and one that does not end is
        stopped. The attempt gets copies, and the session keeps its default dtype, gradient mode and random states.

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
    if is_empty(attempt):
        return Verdict("not attempted", "put your answer in the cell above, then run it again.")
    wanted = getattr(checker, "function_name", None)
    if wanted and not callable(attempt):
        return Verdict("failed", f'give the function itself, not {attempt!r:.60}: check("{name}", {wanted})')
    try:
        with session_kept(), time_limit(SECONDS):
            hint = checker(watch(attempt) if callable(attempt) else attempt)
    except NotAttempted:
        what = f"`{getattr(attempt, '__name__', 'the attempt')}`"
        return Verdict("not attempted", f"{what} returns nothing yet. Write it, end it with `return`, run again.")
    except Fault as fault:
        return Verdict("failed", str(fault))
    except TooLong:
        return Verdict("failed", f"your code did not end within {SECONDS} seconds. Look for a loop that never ends.")
    except Stopped as stopped:
        return Verdict("failed", f"your code stopped with {type(stopped.error).__name__}: {stopped}")
    except Exception as error:  # whatever it is, the reader's code did not raise it
        said = f"the check itself stopped with {type(error).__name__}: {error}"
        return Verdict("failed", f"{said}. It cannot read this answer; compare yours with the solution.")
    if hint:
        return Verdict("failed", hint)
    return Verdict("passed", "every case agrees with the reference. Well done.")


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
