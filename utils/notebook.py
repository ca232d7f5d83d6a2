"""What a notebook hands to its own text: the numbers and words that its sentences show."""

import math
import re

from IPython.display import publish_display_data

RECORD = "application/papermill.record/"  # outputs of this kind are kept in the notebook, and no page shows them


def report(name, value):
    """Hand a number or a word to the text, which shows it by ``{glue:text}`name```.

    Parameters
    ----------
    name : str
        One word, such as ``"lenet_accuracy"``.
    value : int, float, str, or Tensor or ndarray of one element
        What is no int and no text becomes a float.

    Raises
    ------
    TypeError
        If `value` is no single number and no text.
    ValueError
        If `name` does not fit, or `value` is NaN or infinite, which no sentence wants to say.

    Notes
    -----
    Nothing is shown where it is called. The text is filled in when the website is built. What is written is what
    ``myst_nb.glue(name, value, display=False)`` writes; importing that takes a second and all of Sphinx.

    Examples
    --------
    >>> report("ten_classes", 10)
    """
    if not re.fullmatch(r"[^\s:`]+", name):
        raise ValueError(f"the name is {name!r}; expected one word without colons: in the text a colon starts a format")
    if not isinstance(value, (int, str)):
        value = _as_float(name, value)
    metadata = {"scrapbook": {"name": name, "mime_prefix": RECORD}}
    publish_display_data({f"{RECORD}text/plain": repr(value)}, metadata)


def _as_float(name, value):
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        number = None
    if number is None:
        shape = f" of shape {tuple(value.shape)}" if hasattr(value, "shape") else ""
        raise TypeError(f"{name!r} is a {type(value).__name__}{shape}; expected one number, or a text")
    if not math.isfinite(number):
        raise ValueError(f"{name!r} is {number}; expected a finite number: look at what computed it")
    return number
