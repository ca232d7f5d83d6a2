"""What checkers share: answers are compared with a reference on chosen cases; a hint fits all of them."""

import inspect
from contextlib import suppress
from functools import wraps

import numpy as np
import torch

from utils.course.attempts import ONE_BRANCH, Fault, NotAttempted, Stopped


def tensor(value):
    """Read what a reader may return as a tensor of float64, so that answers in 32 and in 64 bits count alike.

    Parameters
    ----------
    value : object
        A tensor, an array, a number, or a list of these.

    Returns
    -------
    Tensor or None
        Detached, on the CPU; None if it is none of these. A text is no number.

    Examples
    --------
    >>> tensor([1, 2]), tensor("1")
    (tensor([1., 2.], dtype=torch.float64), None)
    """
    try:
        array = np.asarray(value.detach().cpu() if isinstance(value, torch.Tensor) else value)
    except (TypeError, ValueError, RuntimeError):  # also a list of unlike parts, or of tensors that record gradients
        array = np.asarray(None)
    if array.dtype.kind in "biuf":
        return torch.tensor(array.astype(float))
    parts = [tensor(part) for part in value] if isinstance(value, (list, tuple)) else []
    if not parts or any(part is None or part.shape != parts[0].shape for part in parts):
        return None
    return torch.stack(parts)


def same(value, expected, *, rtol=1e-4, atol=1e-5):
    """Tell whether an answer is an expected one.

    Parameters
    ----------
    value : object
        As for `tensor`. Where a number is expected, any tensor of one number will do.
    expected : object
        As for `tensor`; or a tuple of these, if as many answers are expected. None in a tuple stands for anything.
    rtol, atol : float
        The largest difference, as a share of the expected number and in itself.

    Returns
    -------
    bool
        A NaN is the same only as another NaN.

    Examples
    --------
    >>> same(0.5, torch.tensor(0.5)), same([0.5, 1], 0.5), same(torch.tensor([1, 2]), (1, 2))
    (True, False, True)
    """
    if isinstance(expected, tuple):
        parts = _parts(value)
        fits = parts is not None and len(parts) == len(expected)
        return fits and all(same(*pair, rtol=rtol, atol=atol) for pair in zip(parts, expected, strict=True))
    if expected is None:
        return True
    ours, theirs = tensor(value), tensor(expected)
    if ours is None or theirs is None:
        return False
    ours = ours.reshape(()) if theirs.ndim == 0 and ours.numel() == 1 else ours
    return ours.shape == theirs.shape and torch.allclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True)


def _parts(value):
    if isinstance(value, (list, tuple)):
        return list(value)
    return list(value) if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim else None


def floats(values):
    """Return a tensor of `values` in the session's default type of numbers.

    Parameters
    ----------
    values : array_like

    Returns
    -------
    Tensor
    """
    return torch.tensor(np.asarray(values), dtype=torch.get_default_dtype())


def takes_function(name, draw=None, seeds=()):
    """Mark a checker whose attempt is a function; `utils.course.check` refuses anything else before it asks.

    Parameters
    ----------
    name : str
        What the lecture calls the function.
    draw : callable, optional
        Draws the arguments of one call, a tuple, from a `numpy.random.Generator`.
    seeds : sequence of int
        The checker gets one case drawn with each seed. Together they tell all listed mistakes apart.

    Returns
    -------
    callable
        A decorator of ``checker(attempt)`` or, with `draw`, of ``checker(attempt, cases)``.
    """

    def mark(checker):
        @wraps(checker)
        def marked(attempt):
            cases = [draw(np.random.default_rng(seed)) for seed in seeds]
            return checker(attempt, cases) if draw else checker(attempt)

        marked.function_name, marked.draw, marked.seeds = name, draw, seeds
        return marked

    return mark


def compare(attempt, cases, right, mistakes, *, wanted, last="", errors=(), also=None, rtol=1e-4, atol=1e-5):
    """Compare an attempt with a reference on all cases, and return the hint for the mistake that fits all of them.

    Parameters
    ----------
    attempt : callable
    cases : sequence of tuple
        The arguments of each call.
    right : callable
        The reference. Its parameters have the names that the exercise gives them.
    mistakes : iterable of (callable, str)
        Functions of the same arguments that return what a mistake gives, and their hints, whole sentences.
    wanted : str
        What to return, a sentence for who returns something else.
    last : str
        The last resort, a sentence, where no known mistake fits.
    errors : iterable of (str, str)
        Words of an error that the attempt may stop with, and a hint why.
    also : callable, optional
        ``also(answer, *case)`` returns a hint if a right answer lacks something that its numbers do not show.
    rtol, atol : float
        As for `same`.

    Returns
    -------
    str or None
        None if every answer is right.
    """
    try:
        answers = _answers(attempt, cases)
    except Stopped as stopped:
        if known := [hint for words, hint in errors if words in str(stopped)]:
            return known[0]
        raise

    def gives(rule):
        return [same(answer, rule(*case), rtol=rtol, atol=atol) for answer, case in zip(answers, cases, strict=True)]

    agrees = gives(right)
    if all(agrees):
        hints = (also(answer, *case) for answer, case in zip(answers, cases, strict=True)) if also else ()
        return next((hint for hint in hints if hint), None)
    first = agrees.index(False)
    expected, case = right(*cases[first]), f"for {_described(right, cases[first])}"
    for wrong, hint in mistakes:
        if all(gives(wrong)):
            return f"{case}{_you_give(answers[first])} {hint}"
    if fault := unreadable(answers[first], expected):
        return f"{case} {fault} {wanted}"
    return f"{case}{_you_give(answers[first], expected)} {last or wanted}"


def _answers(attempt, cases):
    answers = []
    for case in cases:
        with suppress(NotAttempted):  # perhaps another branch answers
            answers.append(attempt(*case))
    if answers and len(answers) < len(cases):
        raise Fault(ONE_BRANCH)
    if not answers:
        raise NotAttempted
    return answers


def unreadable(answer, expected):
    """Say why an answer cannot be compared with an expected one.

    Parameters
    ----------
    answer : object
    expected : object
        As for `same`.

    Returns
    -------
    str or None
        A sentence about its kind, its shape or numbers that are not finite; None if it can be compared.

    Examples
    --------
    >>> unreadable("half", 0.5), unreadable([1, 2], 0.5)
    ('you return str, and no single number.', 'you return the shape (2,), and no single number.')
    """
    if isinstance(expected, tuple):
        parts = _parts(answer)
        if parts is None or len(parts) != len(expected):
            return f"you return {_kind(answer)}; expected {len(expected)} answers, with commas between them."
        faults = (unreadable(*pair) for pair in zip(parts, expected, strict=True))
        return next((f"in place {at}, {fault}" for at, fault in enumerate(faults, 1) if fault), None)
    ours, theirs = tensor(answer), tensor(expected)
    if theirs.ndim == 0 and (ours is None or ours.numel() != 1):
        return f"you return {_kind(answer)}, and no single number."
    if ours is None or (theirs.ndim and ours.shape != theirs.shape):
        return f"you return {_kind(answer)}; expected the shape {tuple(theirs.shape)}."
    if (theirs.isfinite() & ~ours.isfinite()).any():
        return f"you give {_shown(answer) or 'numbers'}, nan or inf. Look for a division by zero or the logarithm of 0."
    return None


def _kind(answer):
    numbers = tensor(answer)
    if numbers is not None and numbers.ndim:
        return f"the shape {tuple(numbers.shape)}"
    if isinstance(answer, (list, tuple)):
        inside = sorted({"None" if part is None else type(part).__name__ for part in answer})
        return f"a {type(answer).__name__} of {len(answer)} that holds {' and '.join(inside) or 'nothing'}"
    return type(answer).__name__ if numbers is None else "one number"


def _described(right, case):
    """Name the arguments of a call; small ones with their numbers."""
    words = []
    for name, value in zip(inspect.signature(right).parameters, case, strict=False):
        numbers = tensor(value)
        if shown := _shown(value):
            words.append(f"{name} = {shown}")
        elif numbers is not None:
            words.append(f"{name} of shape {tuple(numbers.shape)}")
    return ", ".join(words)


def _shown(value):
    """Write an argument or an answer in a few characters; None if it is too large, or none of numbers or words."""
    if isinstance(value, (bool, str)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        inside = [_shown(part) for part in value]
        if all(inside) and len(", ".join(inside)) <= 100:
            return f"[{', '.join(inside)}]" if isinstance(value, list) else f"({', '.join(inside)})"
        return None
    numbers = tensor(value)
    if numbers is None or numbers.numel() > 12:
        return None
    return f"{numbers.item():.4g}" if numbers.ndim == 0 else _shown(numbers.tolist())


def _you_give(answer, expected=None):
    given, right = _shown(answer), None if expected is None else _shown(expected)
    words = f" you give {given}" if given else ""
    words += f"{',' if given else ''} expected {right}" if right else ""
    return f"{words}." if words else ":"


def first_match(value, mistakes, *, rtol=1e-4, atol=1e-5):
    """Return the hint for the first known mistake that an answer shows, where no function of the arguments tells it.

    Parameters
    ----------
    value : object
        As for `tensor`.
    mistakes : iterable of (wrong, hint)
        `wrong` is the answer that a mistake gives, as for `tensor`; or True or False, where the mistake shows in
        another way.
    rtol, atol : float
        As for `same`.

    Returns
    -------
    str or None
        None if no mistake is known that gives this answer.

    Examples
    --------
    >>> first_match(4.0, [(2.0, "take the square"), (4.0, "add the bias"), (True, "look again")])
    'add the bias'
    """
    for wrong, hint in mistakes:
        shown = bool(wrong) if isinstance(wrong, (bool, np.bool_)) else same(value, wrong, rtol=rtol, atol=atol)
        if shown:
            return hint
    return None
