"""A small language for scenes: descriptions into captions that are true, and captions back into layouts."""

from dataclasses import dataclass

from utils.scenes.layout import ACTIONS, BACKGROUNDS, COLOURS, KINDS, Clip, Scene

SIZES = ("small", "large")
RELATIONS = ("left of", "right of", "above", "below")


@dataclass(frozen=True)
class Thing:
    """What a caption says about one thing.

    Attributes
    ----------
    size : {"small", "large"} or None
        None is neither: a side from 0.27 to 0.38 of the picture's.
    colour, kind : str
    """

    size: str | None
    colour: str
    kind: str


@dataclass(frozen=True)
class Layout:
    """What a caption says: a part of a scene's description.

    Attributes
    ----------
    things : tuple of Thing
    relation : {"left of", "right of", "above", "below"} or None
        Where the first of two things lies, seen from the second.
    action : str or None
        What the only thing does.
    background : str or None
    """

    things: tuple
    relation: str | None = None
    action: str | None = None
    background: str | None = None


def describe(scene):
    """Put a description into words.

    Things are named in the order of `KINDS`, equal ones from left to right. A thing is small if its side is less than
    0.27 of the picture's, large if more than 0.38 of it. Of two things it is said how they lie to each other if their
    centres are at least a fifth of the picture's side apart in one direction, and in the other at most two thirds of
    that.

    Parameters
    ----------
    scene : Scene or Clip

    Returns
    -------
    str
        Of a clip: who does what.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> from utils.scenes.layout import Item
    >>> bag = Item("bag", 0, "orange", (30, 30), 16)
    >>> seven = Item("seven", 3, "blue", (30, 70), 30)
    >>> describe(Scene("grass", (seven, bag)))
    'a small orange bag above a blue seven on grass'
    """
    if isinstance(scene, Clip):
        actor = scene.scenes[0].items[scene.actor]
        return f"{_phrase(Thing(None, actor.colour, actor.kind))} {scene.action}"
    if not isinstance(scene, Scene):
        raise TypeError(f"describe got a {type(scene).__name__}; expected a Scene or a Clip")
    items = sorted(scene.items, key=lambda item: (KINDS.index(item.kind), item.centre))
    phrases = [_phrase(Thing(_size_word(item, scene), item.colour, item.kind)) for item in items]
    if len(phrases) == 2:
        things = f" {_relation(*items, scene.size) or 'and'} ".join(phrases)
    else:
        things = " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 2 else phrases) or "nothing"
    return f"{things} on {scene.background}"


def tokenize(caption):
    """Cut a caption into words; a comma is a word of its own.

    Parameters
    ----------
    caption : str

    Returns
    -------
    list of str

    Examples
    --------
    >>> tokenize("a pink bag, trousers")
    ['a', 'pink', 'bag', ',', 'trousers']
    """
    return caption.replace(",", " , ").split()


def caption_words():
    """Return every word that a caption can have, sorted.

    Returns
    -------
    tuple of str
    """
    words = {",", "a", "an", "and", "nothing", "on", *SIZES, *COLOURS, *KINDS, *BACKGROUNDS}
    words.update(word for phrase in (*RELATIONS, *ACTIONS) for word in phrase.split())
    return tuple(sorted(words))


def parse(caption):
    """Turn a caption back into the layout that it states.

    The grammar, with ``[]`` around what may be left out::

        caption  = (things | thing action) [on background]
        things   = nothing | thing | thing relation thing | thing {, thing} and thing
        thing    = [a | an] [size] colour kind        (trousers take no article)

    Parameters
    ----------
    caption : str

    Returns
    -------
    Layout

    Raises
    ------
    TypeError
        If it is no string.
    ValueError
        Names the first word that does not fit, and what was expected there.

    Examples
    --------
    >>> layout = parse("a small blue seven above orange trousers on grass")
    >>> layout.things[0], layout.relation, layout.background
    (Thing(size='small', colour='blue', kind='seven'), 'above', 'grass')
    >>> parse("a blue cat")
    Traceback (most recent call last):
    ValueError: word 3 of 'a blue cat' is 'cat'; expected one of t-shirt, trousers, ...
    """
    if not isinstance(caption, str):
        raise TypeError(f"parse got a {type(caption).__name__}; expected a caption, a str")
    words = _Words(caption)
    things, relation, action = [], None, None
    if not words.take(["nothing"]):
        things.append(_parse_thing(words))
        relation = words.take(RELATIONS)
        action = None if relation else words.take(ACTIONS)
        if relation:
            things.append(_parse_thing(words))
        elif not action:
            while words.take([","]):
                things.append(_parse_thing(words))
            if len(things) > 1:
                words.need(["and", ","])
                things.append(_parse_thing(words))
            elif words.take(["and"]):
                things.append(_parse_thing(words))
    background = words.need(BACKGROUNDS) if words.take(["on"]) else None
    words.end()
    return Layout(tuple(things), relation, action, background)


# ---------------------------------------------------------------- words


class _Words:
    """The words of a caption, read from left to right."""

    def __init__(self, caption):
        self.caption, self.words, self.place, self.tried = caption, tokenize(caption), 0, []

    def take(self, phrases):
        """Read on past one of the phrases and return it; stay and return None if none is next."""
        for phrase in phrases:
            parts = phrase.split()
            if self.words[self.place : self.place + len(parts)] == parts:
                self.place += len(parts)
                self.tried = []
                return phrase
        self.tried += [phrase for phrase in phrases if phrase not in self.tried]
        return None

    def need(self, phrases):
        return self.take(phrases) or self.fail()

    def end(self):
        if self.place < len(self.words):
            self.tried.append("the end")
            self.fail()

    def fail(self):
        tried = ["a comma" if word == "," else word for word in self.tried]
        expected = f"expected one of {', '.join(tried)}" if len(tried) > 1 else f"expected {tried[0]}"
        if self.place == len(self.words):
            raise ValueError(f"the caption {self.caption!r} ends too soon; {expected}")
        raise ValueError(f"word {self.place + 1} of {self.caption!r} is {self.words[self.place]!r}; {expected}")


def _parse_thing(words):
    place = words.place
    article = words.take(["a", "an"])
    thing = Thing(words.take(SIZES), words.need(COLOURS), words.need(KINDS))
    right = _phrase(thing).split()[0] if thing.kind != "trousers" else None
    if article and article != right:
        words.place, words.tried = place, [repr(right) if right else "no article before trousers"]
        words.fail()
    return thing


def _phrase(thing):
    words = [word for word in (thing.size, thing.colour, thing.kind) if word]
    if thing.kind != "trousers":
        words.insert(0, "an" if words[0][0] in "aeiou" else "a")
    return " ".join(words)


def _size_word(item, scene):
    if item.scale < 0.27 * scene.size:
        return "small"
    return "large" if item.scale > 0.38 * scene.size else None


def _relation(first, second, size):
    dx, dy = (b - a for a, b in zip(first.centre, second.centre, strict=True))
    if max(abs(dx), abs(dy)) < 0.2 * size or 3 * min(abs(dx), abs(dy)) > 2 * max(abs(dx), abs(dy)):
        return None
    if abs(dx) > abs(dy):
        return "left of" if dx > 0 else "right of"
    return "above" if dy > 0 else "below"
