"""A timeline of recognition: who changed what, when, and where to read it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parents[1] / "assets" / "timeline.toml"


class Era(NamedTuple):
    """A strand of the story.

    Attributes
    ----------
    id, name, about : str
        A short name for the table, the name to show, and the strand's idea in a line.
    """

    id: str
    name: str
    about: str


class Milestone(NamedTuple):
    """One work that changed the field.

    Attributes
    ----------
    year : int
    who, title, text : str
        The authors, what it is known as, and what it changed.
    era : str
        The id of one `Era`.
    key : str
        The entry of the book's bibliography.
    link : str
        The address of the primary source, a DOI where there is one.
    """

    year: int
    who: str
    title: str
    text: str
    era: str
    key: str
    link: str


@cache
def load_timeline(table=TABLE):
    """Read the timeline, and refuse a table that is not in order.

    Parameters
    ----------
    table : Path
        A TOML file with the lists ``eras`` and ``entries``.

    Returns
    -------
    eras : tuple of Era
    milestones : tuple of Milestone
        Sorted by year.

    Raises
    ------
    ValueError
        If an entry lacks something, has an unknown era or no web address, comes before its time, or comes twice.

    Examples
    --------
    >>> eras, milestones = load_timeline()
    >>> milestones[0].year, milestones[0].who
    (1958, 'Frank Rosenblatt')
    """
    content = tomllib.loads(Path(table).read_text(encoding="utf-8"))
    eras = tuple(_read(Era, entry) for entry in content["eras"])
    milestones = tuple(_read(Milestone, entry) for entry in content["entries"])
    known = {era.id for era in eras}
    seen = set()
    for before, entry in zip((None, *milestones), milestones, strict=False):
        if entry.era not in known:
            raise ValueError(f"{entry.key} belongs to era {entry.era!r}; known eras: {', '.join(sorted(known))}")
        if not entry.link.startswith(("https://", "http://hdl.handle.net/")):
            raise ValueError(f"{entry.key} has the link {entry.link!r}; expected https://…, best a DOI")
        if before and entry.year < before.year:
            raise ValueError(f"{entry.key} of {entry.year} comes after {before.key} of {before.year}; sort by year")
        if repeated := {entry.key, entry.link, entry.title} & seen:
            raise ValueError(f"{', '.join(sorted(repeated))} comes twice; keep one entry for each work")
        seen |= {entry.key, entry.link, entry.title}
    return eras, milestones


def timeline_settings(table=TABLE):
    """Return the timeline as the live demo ``timeline`` takes it.

    Parameters
    ----------
    table : Path
        As for `load_timeline`.

    Returns
    -------
    dict
        ``eras`` and ``milestones``, each a list of dictionaries.
    """
    eras, milestones = load_timeline(table)
    return {"eras": [era._asdict() for era in eras], "milestones": [entry._asdict() for entry in milestones]}


def _read(kind, entry):
    """Make one `kind` from a table's entry, which must have exactly its fields, none empty."""
    wrong = set(kind._fields) ^ set(entry) | {name for name, value in entry.items() if value in ("", 0)}
    if wrong:
        raise ValueError(f"{entry.get('key', entry)}: {', '.join(sorted(wrong))} missing, empty or unknown")
    return kind(**entry)
