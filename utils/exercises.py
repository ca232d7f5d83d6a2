"""Exercises that check themselves, and multiple-choice questions: in Jupyter, in Colab and offline."""

import html
import importlib
import inspect
import pkgutil
import re
import tomllib
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path

from IPython.display import display

from utils import checks
from utils.names import check_name

QUIZZES = Path(__file__).parent / "assets" / "quizzes"


# ---------------------------------------------------------------- exercises


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
    checker = _named(name, checkers(), "exercise")
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
    for module in pkgutil.iter_modules(checks.__path__):
        for name, checker in importlib.import_module(f"{checks.__name__}.{module.name}").CHECKERS.items():
            if name in found:
                raise ValueError(f"two lectures have an exercise {name!r}; rename one in utils/checks")
            found[name] = checker
    return found


# ---------------------------------------------------------------- questions


def quiz(name):
    """Show one multiple-choice question.

    Each option opens to say whether it is right, and why. It is plain HTML, so it works without
    JavaScript, by keyboard and with a screen reader, on the page and in the deck.

    Parameters
    ----------
    name : str
        The question's name in ``utils/assets/quizzes``.

    Raises
    ------
    ValueError
        If there is no question of that name.
    """
    question = _named(name, questions(), "question")
    display({"text/html": question_html(name, question), "text/plain": question_text(question)}, raw=True)


@cache
def questions():
    """Read the questions of all lectures.

    Returns
    -------
    dict of str to dict
        ``question`` and ``options``, each option with ``text``, ``why`` and maybe ``right = true``.

    Raises
    ------
    ValueError
        If a file breaks a rule; the message names the file and the rule.
    """
    found = {}
    for path in sorted(QUIZZES.glob("*.toml")):
        for name, question in read_quizzes(path).items():
            if name in found:
                raise ValueError(f"{path.name}: another lecture has a question {name!r}; rename one")
            found[name] = question
    return found


def read_quizzes(path):
    """Read and check one file of questions.

    Parameters
    ----------
    path : Path
        A TOML file with a table a question.

    Returns
    -------
    dict of str to dict

    Raises
    ------
    ValueError
        If the file is no TOML, or a question lacks its text, has fewer than two options, not exactly
        one right option, or an option without `text` and `why`.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{Path(path).name} is not valid TOML: {error}") from error
    for name, question in found.items():
        where = f"{Path(path).name}, question {name!r}"
        options = question.get("options", [])
        if not question.get("question"):
            raise ValueError(f"{where} has no text; add `question = ...`")
        if len(options) < 2:
            raise ValueError(f"{where} has {len(options)} options; expected at least 2")
        right = sum(option.get("right", False) for option in options)
        if right != 1:
            raise ValueError(f"{where} has {right} right options; expected exactly 1")
        for number, option in enumerate(options, start=1):
            for key in ("text", "why"):
                if not option.get(key):
                    raise ValueError(f"{where}: option {number} has no `{key}`; every option needs one")
    return found


def question_html(name, question):
    """Write a question as a fieldset of options that open.

    Parameters
    ----------
    name : str
    question : dict
        As from `questions`. Backticks mark code.

    Returns
    -------
    str
    """
    options = "".join(
        f'<details class="quiz-option"><summary>{_inline(option["text"])}</summary>'
        f"<p><strong>{_state(option)}</strong> {_inline(option['why'])}</p></details>"
        for option in question["options"]
    )
    return (
        f'<fieldset class="quiz" data-quiz="{html.escape(name)}">'
        f"<legend>{_inline(question['question'])}</legend>{options}</fieldset>"
    )


def question_text(question):
    """Return a question (a dict as from `questions`) as plain text, for where no HTML is shown."""
    lines = [question["question"]]
    lines += [f"  {letter}. {option['text']}" for letter, option in zip("abcdefgh", question["options"], strict=False)]
    return "\n".join(lines)


def _state(option):
    return "Right." if option.get("right", False) else "Not quite."


def _inline(text):
    """Escape text for HTML; `code` in backticks stays code, words between asterisks are stressed."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"<em>\1</em>", text)


def _named(name, known, what):
    check_name(name, known, what)
    return known[name]
