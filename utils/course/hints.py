"""What checkers share: an answer read as a number or tensor, and the hint for the first known mistake that gives it."""

import math

import numpy as np
import torch


def number(value):
    """Read what a reader may return as one number.

    Parameters
    ----------
    value : object
        A number, or a tensor or array of one element. A text is no number.

    Returns
    -------
    float or None
        None if there is no single number; it may be NaN or infinite.

    Examples
    --------
    >>> number(torch.tensor([0.5])), number([1, 2])
    (0.5, None)
    """
    if isinstance(value, str):
        return None
    try:
        return float(value.detach() if isinstance(value, torch.Tensor) else value)
    except (TypeError, ValueError, RuntimeError):
        return None


def tensor(value):
    """Read what a reader may return as a tensor of float64, so that answers in 32 and in 64 bits count alike.

    Parameters
    ----------
    value : object
        A tensor, an array, a list of numbers, or a number.

    Returns
    -------
    Tensor or None
        Detached; None if it is none of these.

    Examples
    --------
    >>> tensor([1, 2]), tensor("one")
    (tensor([1., 2.], dtype=torch.float64), None)
    """
    if isinstance(value, str):
        return None
    try:
        return torch.as_tensor(value, dtype=torch.float64).detach()
    except (TypeError, ValueError, RuntimeError):
        return None


def same(value, expected, *, rtol=1e-4, atol=1e-5):
    """Tell whether an answer is an expected one: a number, or a tensor of the same shape.

    Parameters
    ----------
    value, expected : object
        As for `tensor`.
    rtol, atol : float
        The largest difference, as a share of the expected number and in itself.

    Returns
    -------
    bool

    Examples
    --------
    >>> same(0.5, torch.tensor(0.5)), same([0.5, 1], 0.5)
    (True, False)
    """
    ours, theirs = tensor(value), tensor(expected)
    if ours is None or theirs is None or ours.shape != theirs.shape:
        return False
    return torch.allclose(ours, theirs, rtol=rtol, atol=atol)


def first_match(value, mistakes, *, rtol=1e-4, atol=1e-5):
    """Return the hint for the first known mistake that an answer shows.

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


def number_or_hint(answer, case, wanted):
    """Read an answer as a finite number, or say why it is none.

    Parameters
    ----------
    answer : object
        As for `number`.
    case : str
        What was asked, to begin the hint with.
    wanted : str
        What to return instead, a sentence.

    Returns
    -------
    (float, None) or (None, str)
    """
    value = number(answer)
    if value is None:
        return None, f"{case} your function returned no single number. {wanted}"
    if not math.isfinite(value):
        return None, f"{case} you give {value}, not a number. Look for a division by zero or the logarithm of 0."
    return value, None


def tensor_or_hint(answer, shape, case, *, why="", finite="Look for a division by zero or the logarithm of 0."):
    """Read an answer as a tensor of a shape, or say why it is none.

    Parameters
    ----------
    answer : object
        Only a tensor will do, of any type of numbers.
    shape : torch.Size or tuple of int
    case : str
        What was asked, to begin the hint with.
    why : str
        Ends the sentence about a wrong shape: why it has to be this one.
    finite : str
        What to do about numbers that are not finite, a sentence.

    Returns
    -------
    (Tensor, None) or (None, str)
    """
    shape = tuple(shape)
    if not isinstance(answer, torch.Tensor):
        return None, f"{case} you return {type(answer).__name__}. Return a tensor of shape {shape}."
    value = tensor(answer)
    if value.shape != shape:
        return None, f"{case} you return the shape {tuple(value.shape)}; expected {shape}{why}."
    if not value.isfinite().all():
        return None, f"{case} your tensor has nan or inf. {finite}"
    return value, None


def takes_function(name):
    """Mark a checker whose attempt is a function; `utils.course.check` refuses anything else before it asks.

    Parameters
    ----------
    name : str
        What the lecture calls the function.

    Returns
    -------
    callable
        A decorator.
    """

    def mark(checker):
        checker.function_name = name
        return checker

    return mark
