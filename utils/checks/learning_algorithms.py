"""Checkers of lecture 09: each returns a hint, or None if the attempt is right."""

import math

import torch

from utils.course.hints import compare, floats, takes_function

# ---------------------------------------------------------------- momentum


def _before(rng):
    """Draw weights, gradient, memory, a rate and how much of the memory stays."""
    n = int(rng.integers(2, 6))
    w, g, v = (floats(rng.integers(-8, 9, n) + 0.5) for _ in range(3))
    return w, g, v, float(rng.choice([0.1, 0.2, 0.5])), float(rng.choice([0.5, 0.8, 0.9]))


def _momentum(w, g, v, lr, beta):
    v = beta * v + g
    return w - lr * v, v


MOMENTUM = [
    (
        lambda w, g, v, lr, beta: (w - lr * v, beta * v + g),
        "You step with the old memory. Take the gradient into it first, then step.",
    ),
    (
        lambda w, g, v, lr, beta: (w - (beta * v + lr * g), beta * v + lr * g),
        "Your memory holds the rate. In PyTorch's form the rate stands outside: it multiplies the step.",
    ),
    (
        lambda w, g, v, lr, beta: (w - lr * (beta * v + (1 - beta) * g), beta * v + (1 - beta) * g),
        "You take a mean, with 1 - beta before the gradient. Here the gradient is added whole.",
    ),
    (
        lambda w, g, v, lr, beta: (w + lr * (beta * v + g), beta * v + g),
        "You walk uphill. Take the step away from the weights.",
    ),
    (
        lambda w, g, v, lr, beta: (w - lr * (g + beta * (beta * v + g)), beta * v + g),
        "That is Nesterov's step. Plain momentum takes the new memory itself.",
    ),
    (lambda w, g, v, lr, beta: (w - lr * (v + g), v + g), "You never forget. Multiply the old memory by beta."),
    (lambda w, g, v, lr, beta: (w - lr * g, beta * v + g), "You step with the gradient alone. Step with the memory."),
    (
        lambda w, g, v, lr, beta: (w - lr * (beta * v + g), v),
        "You return the old memory. The next step needs the new one.",
    ),
    (lambda w, g, v, lr, beta: (w - (beta * v + g), beta * v + g), "The learning rate is missing."),
    (
        lambda w, g, v, lr, beta: (w - lr * (beta * v - g), beta * v - g),
        "Your memory takes the gradient away. Add it; the minus belongs to the weights.",
    ),
    (lambda w, g, v, lr, beta: (beta * v + g, w - lr * (beta * v + g)), "The two have changed places: weights first."),
    (lambda w, g, v, lr, beta: w - lr * (beta * v + g), "The new memory is missing. Return both."),
]


@takes_function("my_momentum", draw=_before, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_momentum(attempt, cases):
    """``attempt(w, g, v, lr, beta)`` returns the new weights and the new memory."""
    wanted = "Return two tensors: the new weights and the new memory, in this order."
    return compare(attempt, cases, _momentum, MOMENTUM, wanted=wanted)


# ---------------------------------------------------------------- Adam


def _adam_before(rng):
    """Draw a gradient, the two means before the step, which step it is, and a rate."""
    n = int(rng.integers(2, 6))
    g, m = (floats(rng.integers(-8, 9, n) + 0.5) for _ in range(2))
    h = floats(rng.integers(1, 30, n))
    t = int(rng.choice([1, 2, 3, 10, 100]))
    scale = 4e-9 if t == 1 else 1  # so small that epsilon matters
    return scale * g, m * (t > 1), h * (t > 1), t, float(rng.choice([0.1, 0.5]))


def _adam(
    g, m, h, t, lr, *, first=True, second=True, eps=1e-8, inside=False, betas=(0.9, 0.999), absolute=False, old=False
):
    """Return Adam's step, or what it is with one thing changed."""
    new_m = betas[0] * m + (1 - betas[0]) * g
    new_h = betas[1] * h + (1 - betas[1]) * (g.abs() if absolute else g**2)
    power = t - 1 if old else t
    m_hat = new_m / (1 - betas[0] ** power) if first else new_m
    h_hat = new_h / (1 - betas[1] ** power) if second else new_h
    return lr * m_hat / ((h_hat + eps).sqrt() if inside else h_hat.sqrt() + eps)


def _old_means(g, m, h, t, lr):
    return lr * (m / (1 - 0.9**t)) / ((h / (1 - 0.999**t)).sqrt() + 1e-8)


ADAM = [
    (
        lambda g, m, h, t, lr: _adam(g, m, h, t, lr, first=False, second=False),
        "Neither mean is corrected. Divide m by 1 - 0.9**t, and h by 1 - 0.999**t.",
    ),
    (lambda g, m, h, t, lr: _adam(g, m, h, t, lr, first=False), "m is not corrected: divide it by 1 - 0.9**t."),
    (lambda g, m, h, t, lr: _adam(g, m, h, t, lr, second=False), "h is not corrected: divide it by 1 - 0.999**t."),
    (
        lambda g, m, h, t, lr: _adam(g, m, h, t, lr, inside=True),
        "Your epsilon stands under the root. It is added after the root is taken.",
    ),
    (lambda g, m, h, t, lr: _adam(g, m, h, t, lr, eps=0.0), "Epsilon is missing: add 1e-8 to the root."),
    (
        lambda g, m, h, t, lr: _adam(g, m, h, t + 1, lr),
        "Your t is one too many. The first step is 1, and needs no addition.",
    ),
    (
        lambda g, m, h, t, lr: _adam(g, m, h, t, lr, betas=(0.999, 0.9)),
        "The two betas have changed places: 0.9 for m, 0.999 for h.",
    ),
    (
        lambda g, m, h, t, lr: _adam(g, m, h, t, lr) / lr,
        "The learning rate is missing.",
    ),
    (
        lambda g, m, h, t, lr: -_adam(g, m, h, t, lr),
        "Your sign is turned. Return what is taken *away* from the weights.",
    ),
    (
        lambda g, m, h, t, lr: (
            lr * ((0.9 * m + 0.1 * g) / (1 - 0.9**t)) / ((0.999 * h + 0.001 * g**2) / (1 - 0.999**t) + 1e-8)
        ),
        "The root is missing: divide by the root of h.",
    ),
    (
        lambda g, m, h, t, lr: _adam(g, m, h, t, lr, absolute=True),
        "h is a mean of squares: the gradient has to be squared in it.",
    ),
    (
        lambda g, m, h, t, lr: lr * g / ((0.999 * h + 0.001 * g**2) / (1 - 0.999**t)).sqrt(),
        "You step along the gradient of this batch. Adam steps along m, the running mean.",
    ),
    (_old_means, "You use the means from before the step. Take this gradient into them first."),
    (
        lambda g, m, h, t, lr: (
            lr * ((0.9 * m + g) / (1 - 0.9**t)) / (((0.999 * h + g**2) / (1 - 0.999**t)).sqrt() + 1e-8)
        ),
        "Means need both parts: 0.9 m + 0.1 g, and 0.999 h + 0.001 g².",
    ),
]


@takes_function("my_adam", draw=_adam_before, seeds=(1, 6, 2, 7, 12, 31, 17, 79))
def check_adam(attempt, cases):
    """``attempt(g, m, h, t, lr)`` returns what is taken away from the weights."""
    wanted = "Return one tensor of the shape of g: what is taken away from the weights."
    return compare(attempt, cases, _adam, ADAM, wanted=wanted, rtol=1e-3)


# ---------------------------------------------------------------- a schedule


def _moment(rng):
    """Draw a step and the numbers of a schedule; the step is at the start, the top, the end, or in between."""
    n_warm, n_steps = int(rng.integers(3, 9)), int(rng.integers(20, 40))
    step = int(rng.choice([0, 1, n_warm - 1, n_warm, n_warm + 1, (n_warm + n_steps) // 2, n_steps - 1, n_steps]))
    return step, n_steps, n_warm, float(rng.choice([0.1, 0.5, 3.0]))


def _rate(step, n_steps, n_warm, highest):
    if step < n_warm:
        return highest * step / n_warm
    return highest * 0.5 * (1 + math.cos(math.pi * (step - n_warm) / (n_steps - n_warm)))


def _by_parts(warm, cool):
    """Return a schedule that rises and falls in another way."""
    return lambda step, n_steps, n_warm, highest: (
        highest * (warm(step, n_warm) if step < n_warm else cool(step, n_steps, n_warm))
    )


def _line(step, n_warm):
    return step / n_warm


def _cosine(step, n_steps, n_warm):
    return 0.5 * (1 + math.cos(math.pi * (step - n_warm) / (n_steps - n_warm)))


SCHEDULE = [
    (
        _by_parts(lambda step, n_warm: (step + 1) / n_warm, _cosine),
        "You rise one step early: at step 0 the rate is 0.",
    ),
    (
        _by_parts(_line, lambda s, n, w: 0.5 * (1 + math.cos(math.pi * s / n))),
        "Your cosine begins at step 0. It begins at the end of the warm-up, with the highest rate.",
    ),
    (
        _by_parts(_line, lambda s, n, w: 0.5 * (1 + math.cos(math.pi * (s - w) / n))),
        "Your cosine is too long: it has n_steps - n_warm steps to reach 0.",
    ),
    (
        _by_parts(_line, lambda s, n, w: math.cos(math.pi / 2 * (s - w) / (n - w))),
        "That is a quarter of a wave, from 1 to 0. Half a wave is (1 + cos(πt)) / 2.",
    ),
    (
        _by_parts(_line, lambda s, n, w: math.cos(math.pi * (s - w) / (n - w))),
        "Your rate becomes negative. Half a wave goes from 1 to -1: add 1 and halve it.",
    ),
    (_by_parts(_line, lambda s, n, w: 1 - (s - w) / (n - w)), "You fall in a straight line. Fall along half a cosine."),
    (_by_parts(_line, lambda s, n, w: 1.0), "After the warm-up your rate stays. It falls to 0."),
    (
        lambda step, n_steps, n_warm, highest: highest * 0.5 * (1 + math.cos(math.pi * step / n_steps)),
        "The warm-up is missing. The rate begins at 0.",
    ),
    (
        lambda step, n_steps, n_warm, highest: _rate(step, n_steps, n_warm, 1.0),
        "Your highest rate is 1. Multiply with `highest`.",
    ),
    (
        _by_parts(lambda step, n_warm: 1.0, _cosine),
        "Your rate is highest from the beginning. It rises in a straight line.",
    ),
    (
        _by_parts(lambda step, n_warm: 0.5 * (1 - math.cos(math.pi * step / n_warm)), _cosine),
        "You rise along a cosine. Rise in a straight line.",
    ),
    (
        _by_parts(_line, lambda s, n, w: 0.5 * (1 - math.cos(math.pi * (s - w) / (n - w)))),
        "Your cosine rises. At the end of the warm-up it is at its highest.",
    ),
    (
        _by_parts(_line, lambda s, n, w: 0.5 * (1 + math.cos((s - w) / (n - w)))),
        "The π is missing in your cosine.",
    ),
]


@takes_function("my_rate", draw=_moment, seeds=(1, 3, 11, 13, 14, 8, 15, 16))
def check_schedule(attempt, cases):
    """``attempt(step, n_steps, n_warm, highest)`` returns the rate of a step."""
    return compare(attempt, cases, _rate, SCHEDULE, wanted="Return one number: the rate of this step.")


# ---------------------------------------------------------------- batch norm, tested


def _batches(rng):
    """Draw rows to test with, and batches that a layer was trained on."""
    k, size = (int(x) for x in rng.choice([2, 3, 4, 5], 2, replace=False))
    x = floats(rng.integers(-9, 10, (int(rng.integers(3, 6)), k)))
    return x, [floats(rng.integers(-9, 10, (size + 1, k))) for _ in range(int(rng.integers(2, 5)))]


def _tested(x, batches, *, unbiased=True, momentum=0.1, start=(0.0, 1.0), eps=1e-5, take=slice(None)):
    mean, var = torch.full((x.shape[1],), start[0]), torch.full((x.shape[1],), start[1])
    for batch in batches[take]:
        mean = (1 - momentum) * mean + momentum * batch.mean(dim=0)
        var = (1 - momentum) * var + momentum * batch.var(dim=0, unbiased=unbiased)
    return (x - mean) / (var + eps).sqrt()


def _by_itself(x, batches):
    return (x - x.mean(dim=0)) / (x.var(dim=0, unbiased=False) + 1e-5).sqrt()


def _by_all(x, batches):
    rows = torch.cat(batches)
    return (x - rows.mean(dim=0)) / (rows.var(dim=0) + 1e-5).sqrt()


def _means_of(x, batches):
    mean = torch.stack([batch.mean(dim=0) for batch in batches]).mean(dim=0)
    var = torch.stack([batch.var(dim=0) for batch in batches]).mean(dim=0)
    return (x - mean) / (var + 1e-5).sqrt()


def _not_rooted(x, batches):
    mean, var = torch.zeros(x.shape[1]), torch.ones(x.shape[1])
    for batch in batches:
        mean, var = 0.9 * mean + 0.1 * batch.mean(dim=0), 0.9 * var + 0.1 * batch.var(dim=0)
    return (x - mean) / (var + 1e-5)


def _deviations(x, batches):
    mean, std = torch.zeros(x.shape[1]), torch.ones(x.shape[1])
    for batch in batches:
        mean, std = 0.9 * mean + 0.1 * batch.mean(dim=0), 0.9 * std + 0.1 * batch.std(dim=0)
    return (x - mean) / std


TESTED = [
    (
        lambda x, b: _tested(x, b, unbiased=False),
        "Your running variance divides by the size of the batch. PyTorch's divides by one less.",
    ),
    (
        lambda x, b: _tested(x, b, momentum=0.9),
        "Your momentum is turned round: 0.1 is the weight of the *new* batch.",
    ),
    (lambda x, b: _tested(x, b, start=(0.0, 0.0)), "Your variances begin at 0. They begin at 1."),
    (
        lambda x, b: _tested(x, b, take=slice(-1, None)),
        "You use the last batch only. All of them, one after the other.",
    ),
    (lambda x, b: _tested(x, b, take=slice(0, 1)), "You use the first batch only. All of them, one after the other."),
    (lambda x, b: _tested(x, b[::-1]), "You go through the batches backwards. The last one counts most."),
    (lambda x, b: _tested(x, b, momentum=1.0), "You keep nothing of the past: 0.9 of it stays at each batch."),
    (_by_itself, "You normalise x by itself. When tested, the running numbers are used."),
    (_by_all, "You pool all rows. A layer keeps running numbers, with a momentum of 0.1."),
    (_means_of, "You take plain means over the batches. A layer keeps running ones, with a momentum of 0.1."),
    (_not_rooted, "You divide by the variance. Divide by its root."),
    (_deviations, "You keep running standard deviations. The layer keeps variances, and takes the root at the end."),
    (lambda x, b: _tested(x, [x, *b]), "You let x change the running numbers first. When tested, nothing is learned."),
    (lambda x, b: _tested(x, [*b, x]), "You let x change the running numbers last. When tested, nothing is learned."),
]


@takes_function("my_tested", draw=_batches, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_tested(attempt, cases):
    """``attempt(x, batches)`` returns the normalised rows."""
    wanted = "Return one tensor of the shape of x: its rows, normalised with the running numbers."
    return compare(attempt, cases, _tested, TESTED, wanted=wanted)


CHECKERS = {
    "learning-momentum": check_momentum,
    "learning-adam": check_adam,
    "learning-schedule": check_schedule,
    "learning-tested": check_tested,
}
