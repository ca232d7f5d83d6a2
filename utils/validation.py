"""What a reader types, checked: names against those that are known, numbers against their range."""

import math
from difflib import get_close_matches
from numbers import Integral, Real


def check_name(value, known, what):
    """Refuse a name that is not known.

    Parameters
    ----------
    value : str
    known : iterable of str
    what : str
        What is named, in words: ``"photograph"``.

    Raises
    ------
    ValueError
        Tells the closest name, and all of them.

    Examples
    --------
    >>> check_name("cofee", ["cat", "coffee"], "photograph")
    Traceback (most recent call last):
    ValueError: unknown photograph 'cofee'; did you mean 'coffee'? (known: cat, coffee)
    """
    known = list(known)
    if value not in known:
        near = get_close_matches(str(value), known, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {what} {value!r}{hint} (known: {', '.join(known)})")


def check_whole(value, low, high, what):
    """Refuse what is not a whole number in a range.

    Parameters
    ----------
    value : int
    low, high : int
        The least and the greatest that is allowed.
    what : str
        What is counted, in words.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{what} is {value!r}, a {type(value).__name__}; expected a whole number")
    if not low <= value <= high:
        raise ValueError(f"{what} is {value}; expected {f'{low} to {high}' if high < math.inf else f'at least {low}'}")


def check_number(value, low, high, what):
    """Refuse what is not a finite number in a range.

    Parameters
    ----------
    value : float
    low, high : float
        The least and the greatest that is allowed.
    what : str
        What is measured, in words.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{what} is {value!r}, a {type(value).__name__}; expected a number")
    if not (low <= value <= high and math.isfinite(value)):
        allowed = f"a number from {low} to {high}" if high < math.inf else "a finite number"
        raise ValueError(f"{what} is {value}; expected {allowed}")
