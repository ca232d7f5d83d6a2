"""Captions as numbers and back, and what lies at each place of a scene."""

import torch

from utils.scenes.captions import tokenize
from utils.scenes.layout import BACKGROUNDS

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
        As from `utils.scenes.render.paint`.
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
