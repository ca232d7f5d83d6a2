"""Names that a reader types: an unknown one is answered with the closest that is known."""

from difflib import get_close_matches


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
