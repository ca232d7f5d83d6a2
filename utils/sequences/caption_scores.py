"""How good a caption is: BLEU, and the errors by their names."""

import math
from collections import Counter

from utils.scenes.captions import parse


def bleu(candidates, references, *, longest=4):
    """Score captions by the runs of words that they share with a reference.

    Parameters
    ----------
    candidates, references : sequence of str
        One reference for each candidate; words are parted by blanks.
    longest : int
        The longest run that is counted.

    Returns
    -------
    float
        0 to 1, over all captions together. 0 if not one run of some length is shared.

    Raises
    ------
    ValueError
        If there are not as many references as candidates, or none.

    References
    ----------
    Papineni et al., "BLEU: a method for automatic evaluation of machine translation", 2002, sections 2.1 to 2.3.

    Examples
    --------
    >>> bleu(["a blue bag on grass"], ["a blue bag on grass"])
    1.0
    """
    if len(candidates) != len(references) or not candidates:
        raise ValueError(f"there are {len(candidates)} candidates and {len(references)} references; expected one each")
    candidates, references = [c.split() for c in candidates], [r.split() for r in references]
    logarithms = []
    for n in range(1, longest + 1):
        shared = total = 0
        for candidate, reference in zip(candidates, references, strict=True):
            found = runs(candidate, n)
            shared += (found & runs(reference, n)).total()  # & keeps the smaller count of each
            total += found.total()
        if not shared:
            return 0.0
        logarithms.append(math.log(shared / total))
    ours, theirs = sum(map(len, candidates)), sum(map(len, references))
    brevity = min(0.0, 1 - theirs / ours)
    return math.exp(brevity + sum(logarithms) / longest)


def runs(words, n):
    """Count the runs of `n` words in a row in a list of `words`; return a Counter of tuples.

    Examples
    --------
    >>> runs(["a", "b", "a", "b"], 2)[("a", "b")]
    2
    """
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


ERRORS = ("no sentence", "number of things", "kind", "colour", "relation", "background")


def caption_errors(said, true):
    """Name what is wrong with a caption.

    Parameters
    ----------
    said, true : str
        The true one must follow the grammar of `utils.scenes.captions.parse`.

    Returns
    -------
    set of str
        Out of `ERRORS`; empty if the two say the same. Kinds and colours are compared as sets of words over all
        things, and only if their number is right.

    Examples
    --------
    >>> caption_errors("a blue bag on brick", "a blue boot on grass") == {"kind", "background"}
    True
    """
    right = parse(true)
    try:
        found = parse(said)
    except ValueError:
        return {"no sentence"}
    errors = set()
    if len(found.things) != len(right.things):
        errors.add("number of things")
    else:
        for name in ("kind", "colour"):
            if sorted(getattr(t, name) for t in found.things) != sorted(getattr(t, name) for t in right.things):
                errors.add(name)
        if not errors and found.things != right.things:
            errors.add("colour")  # the right colours, on the wrong things
        if found.relation != right.relation:
            errors.add("relation")
    if found.background != right.background:
        errors.add("background")
    return errors
