"""Checkers of lecture 04: each returns a hint, or None if the attempt is right."""

import math

from utils.course.hints import compare, floats, takes_function


def _halvings(rng):
    return (float(rng.choice([0.5, 1, 1.5, 2, 2.2, 3, 4])),)


def _factor(halvings):
    return 0.5 ** (halvings / 2.2)


FACTOR = [
    (lambda halvings: 0.73**halvings, "The factor for one halving was rounded too early. Write it as 2 ** (-1 / 2.2)."),
    (
        lambda halvings: 1 / _factor(halvings),
        "That makes the picture brighter. Less light means a factor below 1: check the sign.",
    ),
    (
        lambda halvings: 0.5**halvings,
        "That is the factor on the light. The stored number is the light to the power of 1 / 2.2.",
    ),
    (
        lambda halvings: 0.5 ** (2.2 * halvings),
        "You raised to the power of 2.2. From light to stored numbers the power is 1 / 2.2.",
    ),
    (lambda halvings: _factor(1) / halvings, "Halving twice leaves a quarter: halvings multiply, they do not add up."),
    (lambda halvings: _factor(1) * halvings, "You multiply with the number of halvings. It is an exponent."),
    (lambda halvings: _factor(1), "You use one halving whatever `halvings` says."),
    (
        lambda halvings: 1 - halvings * (1 - _factor(1)),
        "You take the same amount away for each halving. Halvings multiply: the factor to the power of `halvings`.",
    ),
    (
        lambda halvings: 0.5**halvings / 2.2,
        "You divide the light by 2.2. The stored number is the light to the *power* of 1 / 2.2.",
    ),
    (lambda halvings: 2.2**-halvings, "You halve with 2.2. The light is halved; 1 / 2.2 is the power of the result."),
    (
        lambda halvings: halvings ** (-1 / 2.2),
        "You divide the light by `halvings`. Halving it that often leaves 0.5 ** halvings.",
    ),
    (
        lambda halvings: 0.5 ** (halvings ** (1 / 2.2)),
        "You raise the halvings to the power. The light, 0.5 ** halvings, is what is raised: use brackets.",
    ),
    (
        lambda halvings: 0.5 ** (1 / (2.2 * halvings)),
        "You divide by the halvings in the exponent. More halvings mean a smaller factor: multiply.",
    ),
    (lambda halvings: 0.5 ** (halvings - 1 / 2.2), "You subtract the exponents. A power of a power multiplies them."),
    (lambda halvings: 0.5 ** (halvings + 1 / 2.2), "You add the exponents. A power of a power multiplies them."),
    (lambda halvings: 255 * _factor(halvings), "That is what becomes of the number 255. The factor alone is asked."),
    (lambda halvings: 0.5 ** (halvings / 2.4), "The curve of this lecture has the power 1 / 2.2, not 1 / 2.4."),
    (lambda halvings: 1 - _factor(halvings), "That is what is lost. Asked is what the numbers are multiplied by."),
    (lambda halvings: _factor(int(halvings)), "You count whole halvings only. 1.5 halvings are fine, too."),
    (lambda halvings: round(_factor(halvings), 2), "You rounded the factor. Return it as it is."),
]


@takes_function("my_factor", draw=_halvings, seeds=(5, 7, 9, 13, 15, 18, 20, 21))
def check_factor(attempt, cases):
    """``attempt(halvings)`` gives what stored numbers are multiplied with when light is halved that often."""
    wanted = "Return one number: the light is divided by 2 ** halvings; what becomes of light ** (1 / 2.2)?"
    return compare(attempt, cases, _factor, FACTOR, wanted=wanted, rtol=1e-3, atol=1e-8)


def _row(rng):
    fraction = float(rng.choice([1, -1, 0.6, -0.6, 0.4, -0.4, 0.3]))  # times 0 to 4 never ends in a half
    return list(range(10, 16)), rng.integers(0, 5, 6).tolist(), fraction


def _move(row, disparity, fraction, *, to=None, order=None, hole=-1, fill=None):
    """Move a row; ``to(x, shift)`` is where a pixel lands, `order` sorts the writing, `fill` is for the holes."""
    moved = [hole] * len(row) if fill is None else fill(row)
    for x in sorted(range(len(row)), key=order or (lambda x: disparity[x])):
        place = to(x, fraction * disparity[x]) if to else round(x - fraction * disparity[x])
        if 0 <= place < len(row):
            moved[place] = row[x]
    return moved


def _gathered(row, disparity, fraction):
    places = [round(x + fraction * d) for x, d in enumerate(disparity)]
    return [row[place] if 0 <= place < len(row) else -1 for place in places]


def _with(**how):
    return lambda row, disparity, fraction: _move(row, disparity, fraction, **how)


WRAPS = "A pixel that leaves at one side comes back at the other: in Python, row[-1] is the last one."
CUT_OFF = "You cut off what is behind the point: int(2.6) is 2. Use `round`, for the nearest place."
HIDES = "Where two pixels meet, the nearer one has to stay. A larger disparity is nearer, and hides the other:"
ROW = [
    (
        _with(to=lambda x, shift: round(x + shift)),
        "Your pixels move the other way. The point at x of the left row is at x - d of the right one.",
    ),
    (_with(to=lambda x, shift: int(x - shift)), CUT_OFF),
    (_with(to=lambda x, shift: x - int(shift)), CUT_OFF),
    (_with(to=lambda x, shift: math.floor(x - shift)), CUT_OFF),
    (_with(to=lambda x, shift: math.ceil(x - shift)), "You round up. Use `round`, for the nearest place."),
    (
        lambda row, disparity, fraction: _move(row, disparity, 1),
        "You moved by the whole disparity. Did you use `fraction`?",
    ),
    (lambda row, disparity, fraction: _move(row, disparity, abs(fraction)), "A negative fraction moves the other way."),
    (_with(to=lambda x, shift: round(x - shift) % 6), WRAPS),
    (_with(to=lambda x, shift: round(x - shift) % 6, order=lambda x: x), WRAPS),
    (
        _with(to=lambda x, shift: min(max(round(x - shift), 0), 5)),
        "Pixels that leave the row pile up at its end. They are not seen: leave them out.",
    ),
    (_with(order=lambda x: x), f"{HIDES} with a negative fraction, you keep the far one."),
    (_with(order=lambda x: -x), f"{HIDES} with a positive fraction, you keep the far one."),
    (
        lambda row, disparity, fraction: _move(row, disparity, fraction, order=lambda x: -disparity[x]),
        f"{HIDES} you always keep the far one.",
    ),
    (_gathered, "You fetch each pixel from elsewhere, by the disparity of the place. Send each one where it goes."),
    (_with(fill=list), "Nothing landed in some places, and the old pixels are still there. Leave -1: they are holes."),
    (_with(hole=0), "You leave 0 where nothing landed. Holes hold -1."),
    (
        lambda row, disparity, fraction: [pixel for pixel in _move(row, disparity, fraction) if pixel != -1],
        "The row must keep its 6 places. Leave -1 where nothing lands.",
    ),
    (
        lambda row, disparity, fraction: _move(disparity, disparity, fraction),
        "You moved the disparities. Move the pixels of `row`.",
    ),
    (
        _with(to=lambda x, shift: round(x - shift) if round(x - shift) else -1),
        "Nothing lands at the first place. It is a place as well: 0 <= x.",
    ),
    (
        _with(to=lambda x, shift: round(x - shift) % 6 if x < shift else round(x - shift)),
        WRAPS,
    ),
]


@takes_function("my_row", draw=_row, seeds=(0, 8, 10, 55, 56, 127, 146, 149))
def check_row(attempt, cases):
    """``attempt(row, disparity, fraction)`` moves a row of pixels; holes hold -1."""
    wanted = "Return a list as long as the row, with -1 and not None where nothing lands."
    return compare(attempt, cases, _move, ROW, wanted=wanted, last="Do it on paper, pixel by pixel.")


def _scores(rng):
    right = rng.permutation(5)[: rng.integers(2, 4)].tolist()
    return *(floats(rng.normal(0, 1.5, 5).round(1)) for _ in range(2)), right


def _relative(logits, unchanged_logits, right):
    return logits.softmax(0)[right].sum() / unchanged_logits.softmax(0)[right].sum()


def _of_shares(rule):
    """`rule` of the right classes' probabilities now and before."""
    return lambda logits, unchanged_logits, right: rule(logits.softmax(0)[right], unchanged_logits.softmax(0)[right])


def _of_each(rule):
    """The quotient of `rule` of the logits and the right classes, now and before."""
    return lambda logits, unchanged_logits, right: rule(logits, right) / rule(unchanged_logits, right)


ADD_FIRST = "Add the right classes' probabilities first, then divide once."
NO_SOFTMAX = "Logits are scores, not probabilities: softmax first."
SAW_RIGHT_ONLY = "Your softmax saw the right classes only, so it always sums to 1. Take it over all classes."
RELATIVE = [
    (_of_each(lambda logits, right: logits[right].sum()), NO_SOFTMAX),
    (
        _of_each(lambda logits, right: logits[right].exp().sum()),
        "You take exponentials without dividing by their sum over all classes. Use softmax.",
    ),
    (
        _of_each(lambda logits, right: logits[right].sigmoid().sum()),
        "You took the sigmoid. Classes exclude each other: softmax.",
    ),
    (
        _of_each(lambda logits, right: logits.log_softmax(0)[right].sum()),
        "Those are logarithms of probabilities. Use `softmax`, without the logarithm.",
    ),
    (_of_each(lambda logits, right: logits[right].softmax(0).sum()), SAW_RIGHT_ONLY),
    (
        _of_each(lambda logits, right: logits.softmax(0)[right].prod()),
        "You multiply the right classes' probabilities. Add them: any of them is right.",
    ),
    (
        _of_each(lambda logits, right: logits.softmax(0).max()),
        "You took the network's best class. Take the right classes, whatever the network prefers.",
    ),
    (_of_each(lambda logits, right: logits[right].sum().exp()), "Softmax first, then add: each class has its own."),
    (
        _of_shares(lambda now, before: before.sum() / now.sum()),
        "You divide the unchanged picture by the changed one. The changed one stands above.",
    ),
    (
        _of_shares(lambda now, before: now.sum()),
        "That is the probability now. Divide by what it was for the unchanged picture.",
    ),
    (_of_shares(lambda now, before: now.sum() - before.sum()), "That is a difference. The response is a quotient."),
    (
        _of_shares(lambda now, before: (now.sum() - before.sum()) / before.sum()),
        "That is the relative change, 0 where nothing is lost. The response is the quotient alone, 1 there.",
    ),
    (_of_shares(lambda now, before: 1 - now.sum() / before.sum()), "That is what is lost. Asked is what is left."),
    (
        _of_shares(lambda now, before: (now.sum() / before.sum()).log()),
        "You took a logarithm. The quotient itself is asked.",
    ),
    (
        _of_shares(lambda now, before: 100 * now.sum() / before.sum()),
        "That is in percent. Return the quotient: 1 if nothing is lost.",
    ),
    (_of_shares(lambda now, before: (now / before).mean()), ADD_FIRST),
    (_of_shares(lambda now, before: (now / before).sum()), ADD_FIRST),
    (_of_shares(lambda now, before: now / before), ADD_FIRST),
    (
        _of_shares(lambda now, before: now.max() / before.max()),
        "You took only the best of the right classes. Add all of them.",
    ),
    (
        _of_shares(lambda now, before: now[0] / before[0]),
        "You took only the first of the right classes. Add all of them.",
    ),
    (
        _of_shares(lambda now, before: (1 - now.sum()) / (1 - before.sum())),
        "Those are the wrong classes. Take the probabilities at the places in `right`.",
    ),
]


@takes_function("my_relative", draw=_scores, seeds=(1, 3, 4, 9, 11, 13, 14, 16))
def check_relative(attempt, cases):
    """``attempt(logits, unchanged_logits, right)`` divides the right classes' probability by what it was."""
    wanted = "Return one number: softmax over all classes, add the right ones, divide by the same before."
    return compare(attempt, cases, _relative, RELATIVE, wanted=wanted)


def _distances(rng):
    n = int(rng.integers(2, 5))
    m = n + int(rng.choice([-1, 1, 2]))
    return floats(rng.integers(1, 8, n) + rng.integers(1, 3)), floats(rng.integers(1, 10, m))


def _overlap(within, between):
    return (within[:, None] > between).double().mean()


def _of_pairs(rule):
    """The mean of `rule` of a distance within and one between, over all pairs."""
    return lambda within, between: rule(within[:, None], between[None]).double().mean()


WITH_A_MEAN = "You compared with a mean. Compare every distance with every other one."
WITH_A_MEDIAN = "You compared with a median. Compare every distance with every other one."
GOOD_ORDER = "You counted the pairs in good order. Count those where the distance within is the *larger*."
PAIRWISE = "You compared the first with the first, the second with the second. All pairs: shape (n, m)."
ONE_SIDE = "You divide by the number of distances on one side. All pairs are n times m."
EXTREMES = "You compared with the largest or the smallest of the others. Compare all pairs."
OVERLAP = [
    (
        lambda within, between: within[:, None] > between,
        "That is one entry for each pair. Return the mean over all pairs.",
    ),
    (_of_pairs(lambda w, b: w >= b), "You counted equal distances too. The distance within has to be the larger: `>`."),
    (
        _of_pairs(lambda w, b: 0.5 * (w > b) + 0.5 * (w >= b)),
        "You counted equal distances half. Only a larger one counts.",
    ),
    (_of_pairs(lambda w, b: w < b), GOOD_ORDER),
    (_of_pairs(lambda w, b: w <= b), GOOD_ORDER),
    (
        lambda within, between: (within[:, None] > between).sum(),
        "That is a count of pairs. Divide it by the number of all pairs.",
    ),
    (lambda within, between: _overlap(within, between) * len(between), ONE_SIDE),
    (lambda within, between: _overlap(within, between) * len(within), ONE_SIDE),
    (
        lambda within, between: _overlap(within, between) * len(within) * len(between) / (len(within) + len(between)),
        "You divide by n + m. The number of all pairs is n times m.",
    ),
    (lambda within, between: 100 * _overlap(within, between), "That is in percent. Return a share, from 0 to 1."),
    (lambda within, between: (within > between.mean()).double().mean(), WITH_A_MEAN),
    (lambda within, between: (within.mean() > between).double().mean(), WITH_A_MEAN),
    (lambda within, between: (within > between.median()).double().mean(), WITH_A_MEDIAN),
    (lambda within, between: (within.median() > between).double().mean(), WITH_A_MEDIAN),
    (
        lambda within, between: within.mean() > between.mean(),
        "You compared two means: that answers only yes or no. Compare all pairs.",
    ),
    (lambda within, between: (within[: len(between)] > between[: len(within)]).double().mean(), PAIRWISE),
    (
        lambda within, between: (within.sort()[0][: len(between)] > between.sort()[0][: len(within)]).double().mean(),
        PAIRWISE,
    ),
    (lambda within, between: (within > between.min()).double().mean(), EXTREMES),
    (lambda within, between: (within > between.max()).double().mean(), EXTREMES),
    (lambda within, between: (within.max() > between).double().mean(), EXTREMES),
    (lambda within, between: (within.min() > between).double().mean(), EXTREMES),
]


@takes_function("my_overlap", draw=_distances, seeds=(1, 5, 72, 73, 104, 124, 137, 143))
def check_overlap(attempt, cases):
    """``attempt(within, between)`` gives the share of pairs in which the distance within is the larger."""
    wanted = "Return one number, the mean over all pairs: within[:, None] > between has one entry for each."
    return compare(attempt, cases, _overlap, OVERLAP, wanted=wanted)


CHECKERS = {
    "challenges-factor": check_factor,
    "challenges-row": check_row,
    "challenges-relative": check_relative,
    "challenges-overlap": check_overlap,
}
