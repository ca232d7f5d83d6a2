"""Pictorial structures: parts that look like templates, held together by springs, placed with the least energy."""

from typing import NamedTuple

import cv2
import numpy as np


class Springs(NamedTuple):
    """A tree of parts and its springs.

    Attributes
    ----------
    parents : sequence of int
        The part that each part hangs on; -1 for the first, the root. A parent comes before its children.
    offsets : sequence of (int, int)
        Row and column of each part minus those of its parent, when the spring is at rest; (0, 0) for the root.
    stiffness : sequence of float
        Energy per squared pixel of stretch; that of the root is not used.
    """

    parents: tuple
    offsets: tuple
    stiffness: tuple


class Placement(NamedTuple):
    """Where the parts lie.

    Attributes
    ----------
    places : ndarray of shape (n_parts, 2), int
        Row and column of each part.
    energy : float
        Of all parts and springs together.
    """

    places: np.ndarray
    energy: float


def part_costs(image, templates):
    """Tell for each pixel how badly each part would fit there.

    Parameters
    ----------
    image : ndarray of shape (H, W)
        In [0, 1].
    templates : sequence of ndarray of shape (h, w)
        What each part looks like.

    Returns
    -------
    ndarray of shape (n_parts, H, W)
        1 minus the normalised correlation of the template with the window around the pixel: 0 where they are alike
        but for light and contrast, 1 where they have nothing in common, 2 where one is the negative of the other.
        1 where the window leaves the image.
    """
    image = np.asarray(image, dtype=np.float32)
    costs = np.ones((len(templates), *image.shape))
    for cost, template in zip(costs, templates, strict=True):
        template = np.asarray(template, dtype=np.float32)
        height, width = template.shape
        likeness = cv2.matchTemplate(image, template, cv2.TM_CCOEFF_NORMED)  # (H - h + 1, W - w + 1)
        rows, columns = likeness.shape
        cost[height // 2 : height // 2 + rows, width // 2 : width // 2 + columns] = 1 - likeness
    return costs


def part_energies(costs, places):
    """Look up what each part costs at its place.

    Parameters
    ----------
    costs : ndarray of shape (n_parts, H, W)
    places : array_like of shape (n_parts, 2), int

    Returns
    -------
    ndarray of shape (n_parts,)
    """
    rows, columns = np.asarray(places).T
    return np.asarray(costs)[np.arange(len(costs)), rows, columns]


def spring_energies(places, springs):
    """Compute the energy in each spring: its stiffness times the squared stretch.

    Parameters
    ----------
    places : array_like of shape (n_parts, 2)
    springs : Springs

    Returns
    -------
    ndarray of shape (n_parts,)
        Of the spring between a part and its parent; 0 for the root.

    Examples
    --------
    >>> springs = Springs(parents=(-1, 0), offsets=((0, 0), (0, 10)), stiffness=(0, 0.5))
    >>> spring_energies([(5, 5), (8, 19)], springs).tolist()
    [0.0, 12.5]
    """
    places, parents = np.asarray(places, dtype=float), np.asarray(springs.parents)
    stretch = places - places[parents] - np.asarray(springs.offsets)  # (n_parts, 2); the root's is not used
    return np.where(parents < 0, 0.0, np.asarray(springs.stiffness, dtype=float) * (stretch**2).sum(axis=1))


def distance_transform(values, stiffness, *, offset=(0, 0)):
    """Find for each place of a parent the cheapest place of a child, in a time that grows with the number of pixels.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        What each place of the child costs.
    stiffness : float
        Positive.
    offset : (int, int)
        Where the child is at rest, seen from the parent.

    Returns
    -------
    lowest : ndarray of shape (H, W)
        ``lowest[p]`` is the least of ``values[q] + stiffness * |q - p - offset|²`` over all places ``q``.
    place : ndarray of shape (H, W, 2), int
        The ``q`` where it is reached.

    Raises
    ------
    ValueError
        If the stiffness is not positive.

    References
    ----------
    Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012.

    Examples
    --------
    >>> lowest, place = distance_transform(np.array([[9.0, 9.0, 0.0, 9.0]]), 1.0)
    >>> lowest.tolist(), place[0, :, 1].tolist()
    ([[4.0, 1.0, 0.0, 1.0]], [2, 2, 2, 2])
    """
    if not stiffness > 0:
        raise ValueError(f"stiffness is {stiffness}; expected a positive number, or leave the spring out")
    values = np.asarray(values, dtype=float)
    height, width = values.shape
    # first along the rows, then along the columns: squares of the two stretches add up
    along = [lower_envelope(row, stiffness, start=offset[1]) for row in values.tolist()]
    lowest, column = (np.array(part) for part in zip(*along, strict=True))
    across = [lower_envelope(line, stiffness, start=offset[0]) for line in lowest.T.tolist()]
    lowest, row = (np.array(part).T for part in zip(*across, strict=True))
    return lowest, np.stack([row, column[row, np.arange(width)]], axis=-1)


def lower_envelope(values, stiffness, *, start=0):
    """Take the lowest of parabolas, one standing on each value, at whole places.

    Parameters
    ----------
    values : sequence of float
        Height of the parabola that stands at 0, 1, 2, …
    stiffness : float
        How steep they are.
    start : int
        The places are ``start``, ``start + 1``, …, as many as there are values.

    Returns
    -------
    lowest : list of float
    winner : list of int
        Which parabola is the lowest at each place.
    """
    standing, begins = [0], [-np.inf]  # the parabolas of the envelope, and from where each is the lowest
    for new in range(1, len(values)):
        while True:
            old = standing[-1]
            crossing = ((values[new] - values[old]) / stiffness + new * new - old * old) / (2 * (new - old))
            if crossing > begins[-1]:
                break
            standing.pop()
            begins.pop()
        standing.append(new)
        begins.append(crossing)
    lowest, winner, current = [], [], 0
    for place in range(start, start + len(values)):
        while current + 1 < len(standing) and begins[current + 1] < place:
            current += 1
        best = standing[current]
        lowest.append(values[best] + stiffness * (place - best) ** 2)
        winner.append(best)
    return lowest, winner


def best_placement(costs, springs):
    """Find the placement of least energy, exactly.

    Parameters
    ----------
    costs : ndarray of shape (n_parts, H, W)
        See `part_costs`.
    springs : Springs

    Returns
    -------
    Placement
        Where several are equally good, one of them.

    Raises
    ------
    ValueError
        If a part comes before its parent, or the numbers of parts differ.

    References
    ----------
    Fischler and Elschlager, "The representation and matching of pictorial structures", 1973: the energy.
    Felzenszwalb and Huttenlocher, "Pictorial structures for object recognition", 2005: from the leaves to the root,
    each part tells its parent what its best place costs for every place of the parent.
    """
    costs, parents = np.asarray(costs, dtype=float), tuple(springs.parents)
    if not len(costs) == len(parents) == len(springs.offsets) == len(springs.stiffness):
        raise ValueError(f"there are {len(costs)} maps of costs but {len(parents)} parts; give one map for each part")
    if parents[0] != -1 or any(not 0 <= parent < child for child, parent in enumerate(parents[1:], start=1)):
        raise ValueError(f"parents are {parents}; expected -1 first, then for each part one that comes before it")
    total, choice = costs.copy(), {}
    for child in range(len(costs) - 1, 0, -1):
        lowest, choice[child] = distance_transform(
            total[child], springs.stiffness[child], offset=springs.offsets[child]
        )
        total[parents[child]] += lowest
    places = np.zeros((len(costs), 2), dtype=int)
    places[0] = np.unravel_index(total[0].argmin(), total[0].shape)
    for child in range(1, len(costs)):
        places[child] = choice[child][tuple(places[parents[child]])]
    return Placement(places, float(total[0].min()))
