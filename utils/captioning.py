"""Captions as numbers and back, what lies at each place of a scene, BLEU, and the ways a caption can be wrong."""

import math
from collections import Counter

import torch

from utils.captions import parse, tokenize
from utils.scenes import BACKGROUNDS

START, END = "<start>", "<end>"


def vocabulary_of(captions):
    """List the words of captions, sorted, after the two marks for start and end.

    Parameters
    ----------
    captions : iterable of str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> vocabulary_of(["a bag", "a boot"])
    ('<start>', '<end>', 'a', 'bag', 'boot')
    """
    return (START, END, *sorted({word for caption in captions for word in tokenize(caption)}))


def encode_captions(captions, vocabulary):
    """Write captions as numbers, one row each: start, the words, then end as often as the row has room.

    Parameters
    ----------
    captions : sequence of str
    vocabulary : sequence of str
        As from `vocabulary_of`.

    Returns
    -------
    Tensor of shape (N, T)
        int64; T is the number of words of the longest caption plus 2.

    Raises
    ------
    ValueError
        If a word is not in the vocabulary.

    Examples
    --------
    >>> encode_captions(["a bag", "a"], ("<start>", "<end>", "a", "bag"))
    tensor([[0, 2, 3, 1],
            [0, 2, 1, 1]])
    """
    number = {word: index for index, word in enumerate(vocabulary)}
    rows = [tokenize(caption) for caption in captions]
    for row in rows:
        for word in row:
            if word not in number:
                raise ValueError(
                    f"{word!r} is not in the vocabulary of {len(vocabulary)} words; build it from all data"
                )
    encoded = torch.full((len(rows), max(map(len, rows)) + 2), number[END])
    for index, row in enumerate(rows):
        encoded[index, : len(row) + 1] = torch.tensor([number[START], *(number[word] for word in row)])
    return encoded


def decode_captions(numbers, vocabulary):
    """Write numbers as captions; each row is read up to its first end.

    Parameters
    ----------
    numbers : Tensor of shape (N, T)
        Without the start.
    vocabulary : sequence of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> decode_captions(torch.tensor([[2, 3, 1, 1]]), ("<start>", "<end>", "a", "bag"))
    ['a bag']
    """
    end = list(vocabulary).index(END)
    captions = []
    for row in numbers.tolist():
        row = row[: row.index(end)] if end in row else row
        captions.append(" ".join(vocabulary[index] for index in row).replace(" ,", ","))
    return captions


def things_at_places(painted, *, kinds, colours, step=8):
    """Say what lies in the middle of each cell of a grid over painted scenes.

    Parameters
    ----------
    painted : Scenes
        As from `utils.painting.paint`.
    kinds, colours : sequence of str
    step : int
        Side of a cell in pixels.

    Returns
    -------
    Tensor of shape (N, H // step * W // step)
        int64: 0 to 2 for the three backgrounds, then 3 + kind * n_colours + colour.
    """
    places = torch.tensor([BACKGROUNDS.index(scene.background) for scene in painted.scenes])
    places = places[:, None, None].repeat(1, *painted.images.shape[-2:])
    for picture, scene, masks, numbers in zip(places, painted.scenes, painted.masks, painted.items, strict=True):
        for mask, number in zip(masks, numbers.tolist(), strict=True):
            item = scene.items[number]
            picture[mask] = 3 + kinds.index(item.kind) * len(colours) + colours.index(item.colour)
    return places[:, step // 2 :: step, step // 2 :: step].flatten(1)


# ---------------------------------------------------------------- judging


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
        The true one must follow the grammar of `utils.captions.parse`.

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
