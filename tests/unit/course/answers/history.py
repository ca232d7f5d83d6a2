"""Answers to the exercises of lecture 05."""

import numpy as np

from utils.classical.pictorial_structures import Springs, part_energies, spring_energies


def cross(window):
    (a, b), (c, d) = window
    return ((a - d) ** 2 + (b - c) ** 2) ** 0.5


def percentile(scores, right):
    return (len(scores) - 1 - np.sum(scores > scores[right])) / (len(scores) - 1)


def energy(costs, places, parents, offsets, stiffness):
    springs = Springs(parents, offsets, stiffness)
    return part_energies(costs, places).sum() + spring_energies(places, springs).sum()


def step(w, b, x, y):
    return (w + y * x, b + y) if y * (w @ x + b) <= 0 else (w, b)


def swap(costs, places):
    return sum(costs[i, y % 8, x] - costs[i, x, y] for i, (x, y) in enumerate(places))


def springs_of(power=1.0, rest=1, to_root=False, looks=True, stretch=True, half=False, root=False):
    def attempt(costs, places, parents, offsets, stiffness):
        total = part_energies(costs, places).sum() if looks else 0.0
        stiffness = [value / 2 for value in stiffness] if half else stiffness
        for i, parent in enumerate(parents):
            if (i or root) and stretch:
                other = np.array(places[0 if to_root else parent])
                away = np.array(places[i]) - other - rest * np.array(offsets[i])
                total += stiffness[i] * (away**2).sum() ** power
        return total

    return attempt


CASES = {
    "history-cross": (
        cross,
        {
            "Take its root": lambda w: cross(w) ** 2,
            "Square them, add": lambda w: abs(w[0, 0] - w[1, 1]) + abs(w[0, 1] - w[1, 0]),
            "diagonals": lambda w: np.hypot(w[0, 0] - w[0, 1], w[1, 0] - w[1, 1]),
            "scikit-image's scale": lambda w: cross(w) / 2**0.5,
            "cancel": lambda w: w[0, 0] - w[1, 1] + w[0, 1] - w[1, 0],
            "8: you take one diagonal": lambda w: abs(w[0, 0] - w[1, 1]),
            "3: you take one diagonal": lambda w: abs(w[0, 1] - w[1, 0]),
            "single number": lambda w: w,
        },
    ),
    "history-percentile": (
        percentile,
        {
            "the rank": lambda s, r: np.sum(s > s[r]) + 1,
            "ranks above": lambda s, r: np.sum(s > s[r]) / (len(s) - 1),
            "n − 1 others": lambda s, r: np.mean(s <= s[r]),
            "in percent": lambda s, r: 100 * percentile(s, r),
            "score itself": lambda s, r: s[r],
            "the same score": lambda s, r: np.sum(s < s[r]) / (len(s) - 1),
            "rank from below": lambda s, r: len(s) - np.sum(s > s[r]),
            "rank over n": lambda s, r: (np.sum(s > s[r]) + 1) / len(s),
        },
    ),
    "history-energy": (
        energy,
        {
            "looks alone": springs_of(stretch=False),
            "springs alone": springs_of(looks=False),
            "grows with its square": springs_of(power=0.5),
            "forget the offsets": springs_of(rest=0),
            "wrong sign": springs_of(rest=-1),
            "own parent": springs_of(to_root=True),
            "no factor ½": springs_of(half=True),
            "leave out part i": springs_of(root=True),
            "swap row and column": lambda c, p, *more: energy(c, p, *more) + swap(c, p),
        },
    ),
    "history-step": (
        step,
        {
            "only after a mistake": lambda w, b, x, y: (w + y * x, b + y),
            "Zero counts as wrong": lambda w, b, x, y: step(w, b, x, y) if w @ x + b else (w, b),
            "bias has to move": lambda w, b, x, y: (step(w, b, x, y)[0], b),
            "wrong way": lambda w, b, x, y: (w - y * x, b - y) if y * (w @ x + b) <= 0 else (w, b),
            "Multiply by y": lambda w, b, x, y: (w + x, b + y) if y * (w @ x + b) <= 0 else (w, b),
            "forget b": lambda w, b, x, y: step(w, b, x, y) if y * (w @ x) <= 0 else (w, b),
            "not by 1": lambda w, b, x, y: (step(w, b, x, y)[0], b + (y * (w @ x + b) <= 0)),
            "twice as far": lambda w, b, x, y: (w + 2 * y * x, b + y) if y * (w @ x + b) <= 0 else (w, b),
            "weights of shape": lambda w, b, x, y: ("a", "b"),
            "a pair": lambda w, b, x, y: w,
        },
    ),
}

ALSO_RIGHT = {
    "history-energy": [springs_of()],
    "history-step": [lambda w, b, x, y: list(step(w, b, x, y))],
}
