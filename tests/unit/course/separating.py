"""Find the fewest cases that tell the listed answers to an exercise apart from the reference and from each other.

    python -m tests.unit.course.separating history-cross

prints seeds for the checker's `takes_function`, after the answers of ``tests/unit/course/answers`` were changed.
"""

import sys
from collections import Counter
from functools import reduce
from importlib import import_module
from itertools import combinations
from operator import or_

import numpy as np

from utils.course.attempts import Fault, NotAttempted, Stopped, session_kept, watch
from utils.course.exercises import checkers
from utils.course.hints import tensor

N_SEEDS = 150


def answers_of(name):
    """Return the module with the answers to the exercise `name`."""
    return import_module(checkers()[name].__module__.replace("utils.checks", "tests.unit.course.answers"))


def listed(name):
    """Return (words of the hint, attempt) for each wrong answer; a hint may have a list of them."""
    wrong = answers_of(name).CASES[name][1]
    several = {hint: isinstance(found, list) and all(map(callable, found)) for hint, found in wrong.items()}
    return [(hint, one) for hint, found in wrong.items() for one in (found if several[hint] else [found])]


def outcome(attempt, case):
    """Return what an attempt gives for a case as arrays, or the words of its error."""
    try:
        return arrays(watch(attempt)(*case))
    except (Fault, NotAttempted, Stopped) as error:
        return f"{type(error).__name__}: {error}"


def arrays(answer):
    """Return a list of the arrays in an answer; what is none of numbers is a text."""
    numbers = tensor(answer)
    if numbers is not None:
        return [numbers.numpy().reshape(-1) if numbers.numel() == 1 else numbers.numpy()]
    if isinstance(answer, (list, tuple)):
        return [array for part in answer for array in arrays(part)]
    return [repr(answer)]


def alike(one, other):
    """Tell whether two outcomes are the same, or too near to tell them apart safely."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and np.allclose(one, other, rtol=1e-3, atol=1e-4, equal_nan=True)
    return isinstance(one, str) and isinstance(other, str) and one == other


def told_apart(name, seeds):
    """Return for each seed the pairs of answers that its case tells apart, and all pairs that have to be.

    Answers with one hint may be alike, and so may answers that are told by an effect of theirs: ``BY_EFFECT``.
    """
    module, checker = answers_of(name), checkers()[name]
    by_effect = getattr(module, "BY_EFFECT", {}).get(name, ())
    answers = [("right", module.CASES[name][0])]
    answers += [(hint, answer) for hint, answer in listed(name) if hint not in by_effect and callable(answer)]
    pairs = [(i, j) for i, j in combinations(range(len(answers)), 2) if answers[i][0] != answers[j][0]]
    found = {}
    with session_kept():
        for seed in seeds:
            came = [outcome(answer, checker.draw(np.random.default_rng(seed))) for _, answer in answers]
            found[seed] = {(i, j) for i, j in pairs if not alike(came[i], came[j])}
    return found, set(pairs), [hint for hint, _ in answers]


def not_separated(name, seeds):
    """Return the pairs of hints whose answers are the same in all cases."""
    found, pairs, hints = told_apart(name, seeds)
    return sorted((hints[i], hints[j]) for i, j in pairs.difference(*found.values()))


def smallest(found, wanted):
    """Return the fewest seeds that together tell `wanted` apart: exact up to three, then greedily."""
    everything = (1 << len(wanted)) - 1
    bits = {pair: 1 << place for place, pair in enumerate(wanted)}
    masks = {seed: sum(bits[pair] for pair in pairs & wanted) for seed, pairs in found.items()}
    for n in (1, 2, 3):
        for seeds in combinations(found, n):
            if reduce(or_, (masks[seed] for seed in seeds)) == everything:
                return seeds
    chosen, left = [], set(wanted)
    while left:
        chosen.append(max(found, key=lambda seed: len(found[seed] & left)))
        left -= found[chosen[-1]]
    return tuple(chosen)


def search(name, at_least=8):
    """Return seeds that separate all listed answers, and more for what nobody listed: cases unlike the others first."""
    found, pairs, hints = told_apart(name, range(N_SEEDS))
    possible = set().union(*found.values())
    chosen = list(smallest(found, possible))
    while len(chosen) < at_least:
        times = Counter(pair for seed in chosen for pair in found[seed])
        rest = [seed for seed in found if seed not in chosen]
        chosen.append(max(rest, key=lambda seed: sum(1 / (1 + times[pair]) ** 2 for pair in found[seed])))
    return tuple(chosen), sorted((hints[i], hints[j]) for i, j in pairs - possible)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        seeds, alike_everywhere = search(name)
        print(f"{name}: seeds={seeds}")
        for pair in alike_everywhere:
            print(f"  never told apart: {pair}")
