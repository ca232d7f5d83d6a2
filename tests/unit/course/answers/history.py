"""Answers to the exercises of lecture 05."""

import numpy as np


def cross(window):
    (a, b), (c, d) = window
    return ((a - d) ** 2 + (b - c) ** 2) ** 0.5


def pixels(rule):
    def attempt(window):
        (a, b), (c, d) = window.tolist()
        return rule(a, b, c, d)

    return attempt


def percentile(scores, right):
    return (len(scores) - 1 - np.sum(scores > scores[right])) / (len(scores) - 1)


def place_upwards(scores, right):
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    return order.index(right) / (len(scores) - 1)


def place_downwards(scores, right):
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return (len(scores) - 1 - order.index(right)) / (len(scores) - 1)


def energy(costs, places, parents, offsets, stiffness):
    total = 0.0
    for i, (y, x) in enumerate(places):
        total += costs[i][y][x]
        if parents[i] >= 0:
            y0, x0 = places[parents[i]]
            total += stiffness[i] * ((y - y0 - offsets[i][0]) ** 2 + (x - x0 - offsets[i][1]) ** 2)
    return total


def swapped(costs, places, parents, offsets, stiffness):
    looks = sum(costs[i, y, x] - costs[i, x, y] for i, (x, y) in enumerate(places))
    return energy(costs, places, parents, offsets, stiffness) + looks


def energy_if(counts=lambda i, parent: parent >= 0, power=1.0, rest=1, to_root=False, looks=True, stretch=None):
    def attempt(costs, places, parents, offsets, stiffness):
        total = 0.0
        for i, parent in enumerate(parents):
            total += costs[i, places[i][0], places[i][1]] if looks else 0
            if counts(i, parent):
                other = np.array(places[0 if to_root else parent])
                away = np.array(places[i]) - other - rest * np.array(offsets[i])
                total += stiffness[i] * (stretch(away) if stretch else (away**2).sum() ** power)
        return total

    return attempt


def step(w, b, x, y):
    return (w + y * x, b + y) if y * (w @ x + b) <= 0 else (w, b)


def delta(answer):
    def attempt(w, b, x, y):
        error = y - answer(w @ x + b)
        return w + error * x, b + error

    return attempt


def step_if(wrong, far=1.0):
    def attempt(w, b, x, y):
        return (w + far * y * x, b + far * y) if wrong(w @ x + b, y) else (w, b)

    return attempt


CASES = {
    "history-cross": (
        cross,
        {
            "Take its root": lambda w: cross(w) ** 2,
            "Square, add": lambda w: abs(w[0, 0] - w[1, 1]) + abs(w[0, 1] - w[1, 0]),
            "diagonals": [
                lambda w: np.hypot(w[0, 0] - w[0, 1], w[1, 0] - w[1, 1]),
                pixels(lambda a, b, c, d: ((a - c) ** 2 + (b - d) ** 2) ** 0.5),
                pixels(lambda a, b, c, d: ((a - b) ** 2 + (a - c) ** 2) ** 0.5),
            ],
            "scikit-image's scale": lambda w: cross(w) / 2**0.5,
            "half of it": lambda w: cross(w) / 2,
            "cancel": [
                lambda w: w[0, 0] - w[1, 1] + w[0, 1] - w[1, 0],
                lambda w: abs(w[0, 0] - w[1, 1] + w[0, 1] - w[1, 0]),
                pixels(lambda a, b, c, d: abs((a - b) - (c - d))),
            ],
            "you take one diagonal": [lambda w: abs(w[0, 0] - w[1, 1]), lambda w: abs(w[0, 1] - w[1, 0])],
            "larger difference alone": lambda w: max(abs(w[0, 0] - w[1, 1]), abs(w[0, 1] - w[1, 0])),
            "without squaring": pixels(lambda a, b, c, d: (abs(a - d) + abs(b - c)) ** 0.5),
            "add the pixels": pixels(lambda a, b, c, d: ((a + d) ** 2 + (b + c) ** 2) ** 0.5),
            "single number": lambda w: w,
            "changed the given": lambda w: w.sort() or cross(w),
        },
    ),
    "history-percentile": (
        percentile,
        {
            "different scores": lambda s, r: (
                1 - sum(x > s[r] for x in set(s.tolist())) / max(len(set(s.tolist())) - 1, 1)
            ),
            "rank over n − 1": lambda s, r: (np.sum(s > s[r]) + 1) / (len(s) - 1),
            "by the best one": lambda s, r: s[r] / max(s),
            "That is the rank. Turn": lambda s, r: np.sum(s > s[r]) + 1,
            "ranks above": lambda s, r: np.sum(s > s[r]) / (len(s) - 1),
            "You count the right model too": [
                lambda s, r: np.mean(s <= s[r]),
                lambda s, r: (len(s) - 1 - np.sum(s > s[r])) / len(s),
                lambda s, r: np.sum(s <= s[r]) / (len(s) - 1),
            ],
            "in percent": lambda s, r: 100 * percentile(s, r),
            "score itself": lambda s, r: s[r],
            "leave out the others": lambda s, r: np.sum(s < s[r]) / (len(s) - 1),
            "count half": lambda s, r: ((s < s[r]).sum() + (s == s[r]).sum() / 2) / len(s),
            "ranked by their place": [place_upwards, place_downwards],
            "which model is at each place": lambda s, r: int(np.argsort(s, kind="stable")[r]) / (len(s) - 1),
            "rank from below": lambda s, r: len(s) - np.sum(s > s[r]),
            "a count. Divide": lambda s, r: sum(score <= s[r] for score in s) - 1,
            "rank over n": lambda s, r: (np.sum(s > s[r]) + 1) / len(s),
            "one over the rank": lambda s, r: 1 / (np.sum(s > s[r]) + 1),
            "only whether": lambda s, r: float(s.max() == s[r]),
        },
    ),
    "history-energy": (
        energy,
        {
            "square the stiffness": lambda c, p, up, o, k: energy(c, p, up, o, [one**2 for one in k]),
            "rows of the stretch alone": energy_if(stretch=lambda away: away[0] ** 2),
            "from the part before": lambda c, p, up, o, k: energy(
                c, p, [-1 if up[i] < 0 else (i or len(up)) - 1 for i in range(len(up))], o, k
            ),
            "looks of the root": lambda c, p, up, *more: (
                energy(c, p, up, *more) - sum(c[i][p[i]] for i in range(len(up)) if up[i] < 0)
            ),
            "looks alone": energy_if(counts=lambda i, parent: False),
            "springs alone": energy_if(looks=False),
            "length of the stretch": energy_if(power=0.5),
            "add the two sides of the stretch. The": energy_if(stretch=lambda away: abs(away).sum()),
            "before you square": energy_if(stretch=lambda away: (away[0] + away[1]) ** 2),
            "forget the offsets": energy_if(rest=0),
            "wrong sign": energy_if(rest=-1),
            "row and column of the offsets": lambda c, p, up, o, k: energy(c, p, up, [(x, y) for y, x in o], k),
            "own parent": energy_if(to_root=True),
            "no factor ½": lambda c, p, up, o, k: energy(c, p, up, o, [one / 2 for one in k]),
            "forget the stiffness": lambda c, p, up, o, k: energy(c, p, up, o, [1] * len(k)),
            "stiffness of the parent": lambda c, p, up, o, k: energy(c, p, up, o, [k[i] for i in up]),
            "leave out part i": energy_if(counts=lambda i, parent: True),
            "leave out part 0": energy_if(counts=lambda i, parent: i > 0),
            "whose parent is part 0": energy_if(counts=lambda i, parent: parent > 0),
            "mean over the parts": lambda c, p, *more: energy(c, p, *more) / len(p),
            "swap row and column: a place": swapped,
            "Add costs[i] at each": lambda *_: 99.0,
        },
    ),
    "history-step": (
        step,
        {
            "added in the sum": lambda w, b, x, y: (w + y * x, b + y) if y * (w @ x - b) <= 0 else (w, b),
            "bias moves the wrong way": lambda w, b, x, y: (step(w, b, x, y)[0], 2 * b - step(w, b, x, y)[1]),
            "by y alone": lambda w, b, x, y: (w + y * x, b + y * sum(x)) if y * (w @ x + b) <= 0 else (w, b),
            "only after a mistake": lambda w, b, x, y: (w + y * x, b + y),
            "never change": lambda w, b, x, y: (w, b),
            "Zero counts as wrong": lambda w, b, x, y: step(w, b, x, y) if w @ x + b else (w, b),
            "after a right answer": step_if(lambda total, y: y * total > 0),
            "without the label": step_if(lambda total, y: total <= 0),
            "at least 1": step_if(lambda total, y: y * total < 1),
            "bias has to move": lambda w, b, x, y: (step(w, b, x, y)[0], b),
            "weights have to move": lambda w, b, x, y: (w, step(w, b, x, y)[1]),
            "wrong way": lambda w, b, x, y: (w - y * x, b - y) if y * (w @ x + b) <= 0 else (w, b),
            "Multiply it by y": lambda w, b, x, y: (w + x, b + 1) if y * (w @ x + b) <= 0 else (w, b),
            "forget b": lambda w, b, x, y: (w + y * x, b + y) if y * (w @ x) <= 0 else (w, b),
            "not by 1": lambda w, b, x, y: (step(w, b, x, y)[0], b + (y * (w @ x + b) <= 0)),
            "twice as far: add": step_if(lambda total, y: y * total <= 0, far=2),
            "half as far": step_if(lambda total, y: y * total <= 0, far=0.5),
            "step size. The": step_if(lambda total, y: y * total <= 0, far=0.1),
            "y minus the answer": delta(np.sign),
            "as 0 or 1": [delta(lambda total: total > 0), delta(lambda total: total >= 0)],
            "in the other order": lambda w, b, x, y: step(w, b, x, y)[::-1],
            "holds str": lambda w, b, x, y: ("a", "b", "c"),
            "a pair": lambda w, b, x, y: w.sum(),
        },
    ),
}

ALSO_RIGHT = {
    "history-energy": [energy_if()],
    "history-step": [
        lambda w, b, x, y: list(step(w, b, x, y)),
        lambda w, b, x, y: (step(w, b, x, y)[0].tolist(), np.float32(step(w, b, x, y)[1])),
        step_if(lambda total, y: np.sign(total) != y),
    ],
}
