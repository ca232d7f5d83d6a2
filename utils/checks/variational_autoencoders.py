"""Checkers of lecture 18: each returns a hint, or None if the attempt is right."""

import math
from functools import partial

import torch
import torch.nn.functional as F

from utils.course.hints import compare, floats, same, takes_function, tensor


def _clouds(rng):
    batch, n_code = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    n_code += batch == n_code
    return tuple(floats(rng.normal(*law, (batch, n_code)).round(2)) for law in ((0, 1), (-0.4, 0.8)))


def _each(mu, logvar):
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def _kl(mu, logvar):
    return _each(mu, logvar).sum(dim=1)


def _half(terms):
    """Half of the sum over the code of some `terms` of mu and logvar."""
    return lambda mu, logvar: 0.5 * terms(mu, logvar).sum(dim=1)


AS_VARIANCE = "You used `logvar` as if it were σ². Take its exponential there."
AS_SIGMA = "You used `logvar` as if it were σ. It is log σ²: exp(logvar) is σ²."
KL = [
    (_each, "You return each number of the code by itself. Add over the code, `dim=1`."),
    (
        lambda mu, logvar: _each(mu, logvar).mean(dim=1),
        "You took the mean over the numbers of the code. Divergences of independent numbers add up.",
    ),
    (
        lambda mu, logvar: _each(mu, logvar).sum(dim=0),
        "You added over the pictures. Each picture has its own price: `dim=1`.",
    ),
    (lambda mu, logvar: _kl(mu, logvar).mean(), "You averaged over the pictures, too. Return one number for each."),
    (
        lambda mu, logvar: _each(mu, logvar).mean(),
        "You averaged over everything. Add over the code, and return one number for each picture.",
    ),
    (lambda mu, logvar: _kl(mu, logvar).sum(), "You added over the pictures, too. Return one number for each."),
    (lambda mu, logvar: _each(mu, logvar).sum(dim=1, keepdim=True), "The shape has to be (B,): leave out `keepdim`."),
    (lambda mu, logvar: -_kl(mu, logvar), "The sign is turned round. A divergence is never below 0."),
    (lambda mu, logvar: 2 * _kl(mu, logvar), "You give twice the value: the ½ is missing."),
    (lambda mu, logvar: _kl(mu, logvar) / 2, "You give half of the value: there is one ½."),
    (_half(lambda mu, v: mu**2 + v.exp() - v), "The −1 is missing. At μ = 0 and σ = 1 the price has to be 0."),
    (_half(lambda mu, v: mu**2 + v.exp() + 1 - v), "It is −1, not + 1. At μ = 0 and σ = 1 the price has to be 0."),
    (_half(lambda mu, v: mu**2 - 1), "σ² and log σ² cancel in yours. One is exp(logvar), the other `logvar` itself."),
    (_half(lambda mu, v: mu**2 + v - 1 - v.log()), AS_VARIANCE),
    (_half(lambda mu, v: mu**2 + v**2 - 1 - v), AS_SIGMA),
    (_half(lambda mu, v: mu**2 + v**2 - 1 - (v**2).log()), AS_SIGMA),
    (_half(lambda mu, v: mu**2 + v**2 - 1 - 2 * v.log()), AS_SIGMA),
    (
        _half(lambda mu, v: mu**2 + (2 * v).exp() - 1 - 2 * v),
        "You used `logvar` as if it were log σ. It is log σ²: exp(logvar) is σ².",
    ),
    (_half(lambda mu, v: mu**2 + (v / 2).exp() - 1 - v), "You used σ where σ² belongs: exp(logvar) is the variance."),
    (
        _half(lambda mu, v: mu**2 + (v / 2).exp() - 1 - v / 2),
        "You used σ where σ² belongs: exp(logvar) is the variance.",
    ),
    (
        _half(lambda mu, v: mu**2 + (2 * v).exp() - 1 - v),
        "You used exp(2 · logvar). `logvar` is log σ² already: exp(logvar) is σ².",
    ),
    (_half(lambda mu, v: mu**2 + v.exp() - 1 - v / 2), "You subtract log σ. It is log σ², `logvar` itself."),
    (
        _half(lambda mu, v: mu**2 + v.exp() - 1 + v),
        "The term with log σ² has the wrong sign. It has to punish narrow clouds.",
    ),
    (_half(lambda mu, v: mu**2 + v.exp() - 1), "The term −log σ² is missing. It punishes narrow clouds."),
    (_half(lambda mu, v: mu**2 - 1 - v), "The term σ² is missing. It punishes wide clouds."),
    (_half(lambda mu, v: mu**2 - v.exp() - 1 - v), "The term σ² has the wrong sign. It has to punish wide clouds."),
    (lambda mu, v: (0.5 * mu**2 + v.exp() - 1 - v).sum(dim=1), "The ½ belongs to the whole bracket, not to μ² alone."),
    (
        lambda mu, v: (mu**2 + v.exp() - 1 - 0.5 * v).sum(dim=1),
        "The ½ belongs to the whole bracket, not to log σ² alone.",
    ),
    (
        lambda mu, v: 0.5 * (mu**2 + v.exp() - v).sum(dim=1) - 0.5,
        "The −1 belongs inside the sum: once for each number of the code.",
    ),
    (
        lambda mu, v: 0.5 * (mu**2 + v.exp() - v).sum(dim=1) - 1,
        "The −1 belongs inside the sum: once for each number of the code.",
    ),
    (_half(lambda mu, v: v.exp() - 1 - v), "μ² is missing. A cloud far from zero has its price."),
    (_half(lambda mu, v: mu + v.exp() - 1 - v), "μ has to be squared."),
    (_half(lambda mu, v: mu.abs() + v.exp() - 1 - v), "μ has to be squared."),
    (_half(lambda mu, v: v.exp() - mu**2 - 1 - v), "μ² has the wrong sign. A cloud far from zero costs more."),
    (
        _half(lambda mu, v: (1 + mu**2) / v.exp() - 1 + v),
        "You measure from N(0, 1) to the cloud. The divergence is not symmetric: turn it round.",
    ),
]


@takes_function("my_kl", draw=_clouds, seeds=(0, 1, 4, 5, 8, 78, 105, 149))
def check_kl(attempt, cases):
    """``attempt(mu, logvar)`` is the KL divergence of each code from N(0, 1), (B,)."""
    wanted = "Return one number for each picture, (B,). Follow the formula term by term."
    return compare(attempt, cases, _kl, KL, wanted=wanted, atol=1e-4)


def _clouds_and_noise(rng):
    mu, logvar = _clouds(rng)
    return mu.requires_grad_(), logvar.requires_grad_(), floats(rng.normal(0, 1, mu.shape).round(2))


def _draw(mu, logvar, noise):
    return mu + (0.5 * logvar).exp() * noise


VARIANCE = "You multiplied the noise by the variance. The spread is its root: exp(logvar / 2)."
DRAW = [
    (lambda mu, logvar, noise: mu + logvar.exp() * noise, VARIANCE),
    (
        lambda mu, logvar, noise: mu + (2 * logvar).exp() * noise,
        "You take exp(2 · logvar). The spread is exp(logvar / 2).",
    ),
    (
        lambda mu, logvar, noise: mu + logvar * noise,
        "You multiplied the noise by `logvar` itself. Take the exponential of a half of it.",
    ),
    (lambda mu, logvar, noise: mu + logvar / 2 * noise, "The exponential is missing: the spread is exp(logvar / 2)."),
    (
        lambda mu, logvar, noise: mu + logvar.exp() / 2 * noise,
        "You halve the variance. Its root is the spread: the ½ stands inside, exp(logvar / 2).",
    ),
    (
        lambda mu, logvar, noise: mu + noise / (0.5 * logvar).exp(),
        "You divided by the spread. exp(-logvar / 2) is 1/σ.",
    ),
    (
        lambda mu, logvar, noise: mu - (0.5 * logvar).exp() * noise,
        "You subtract the noise. Add it: codes are mu + spread · noise.",
    ),
    (
        lambda mu, logvar, noise: mu + logvar.sqrt() * noise,
        "Some codes are NaN: `logvar` may be negative, without a root. The root of exp(logvar) is exp(logvar / 2).",
    ),
    (
        lambda mu, logvar, noise: mu + logvar.abs().sqrt() * noise,
        "The root is of the variance, exp(logvar), and not of its logarithm.",
    ),
    (lambda mu, logvar, noise: (0.5 * logvar).exp() * noise, "The mean is missing. Add `mu`."),
    (lambda mu, logvar, noise: mu, "You return the mean. Nothing is drawn: the noise is missing."),
    (lambda mu, logvar, noise: mu + noise, "The spread is missing. Multiply the noise by exp(logvar / 2)."),
    (lambda mu, logvar, noise: noise, "Those are draws from N(0, 1). Multiply by the spread, and add `mu`."),
    (
        lambda mu, logvar, noise: (mu + (0.5 * logvar).exp()) * noise,
        "The noise scales the mean, too. Only the spread is multiplied by it.",
    ),
    (
        lambda mu, logvar, noise: (mu + noise) * (0.5 * logvar).exp(),
        "The spread scales the mean, too. Only the noise is multiplied by it.",
    ),
    (
        lambda mu, logvar, noise: mu * noise + (0.5 * logvar).exp(),
        "`mu` and the spread are exchanged: the noise multiplies the spread.",
    ),
    (lambda mu, logvar, noise: mu + (0.5 * logvar).exp(), "You added the spread without the noise."),
    (lambda mu, logvar, noise: mu + (0.5 * logvar).exp() + noise, "You add the noise. Multiply the spread by it."),
    (
        lambda mu, logvar, noise: mu + (0.5 * logvar).exp() * noise**2,
        "You square the noise. Multiply the spread by the noise itself.",
    ),
    (
        lambda mu, logvar, noise: mu + (0.5 * logvar).exp() * noise[:1],
        "You use the noise of the first picture for all. Each has its own.",
    ),
    (
        lambda mu, logvar, noise: mu + (0.5 * logvar).exp().mean() * noise,
        "You use one spread for all numbers. Each number of each code has its own.",
    ),
]


@takes_function("my_draw", draw=_clouds_and_noise, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_draw(attempt, cases):
    """``attempt(mu, logvar, noise)`` is the drawn code, with gradients to both."""
    codes, again = (attempt(*cases[0]) for _ in range(2))
    if tensor(codes) is not None and not same(again, codes):
        return "two calls give different codes. Use the given `noise`, draw none of your own."
    wanted = "Return a tensor of codes, (B, D): mu plus spread times noise. Follow the formula term by term."
    return compare(attempt, cases, _draw, DRAW, wanted=wanted, also=_without_gradient, atol=1e-4)


def _without_gradient(codes, mu, logvar, noise):
    if not torch.is_tensor(codes) or not codes.requires_grad:
        return "no gradient reaches mu or logvar. Leave out `detach`, `no_grad`, `.data` and NumPy."
    right = torch.autograd.grad(_draw(mu, logvar, noise).sum(), (mu, logvar))
    slopes = torch.autograd.grad(codes.sum(), (mu, logvar), allow_unused=True)
    for name, slope, expected in zip(("mu", "logvar"), slopes, right, strict=True):
        if slope is None or not slope.any():
            return f"no gradient reaches {name}. The codes are right; leave out `detach` or `no_grad`."
        if not same(slope, expected, atol=1e-4):
            return f"the codes are right, but not the gradient that reaches {name}. Leave out `detach` or `no_grad`."
    return None


def _pictures(rng):
    mu, logvar = _clouds(rng)
    n_pixels = int(rng.integers(5, 9))
    logits = floats(rng.normal(0, 1, (len(mu), n_pixels)).round(2))
    return logits, floats(rng.random((len(mu), n_pixels)).round(2)), mu, logvar


_entropy = partial(F.binary_cross_entropy_with_logits, reduction="none")


def _fit(logits, images):
    return _entropy(logits, images).sum(dim=1)


def _elbo(logits, images, mu, logvar):
    return -_fit(logits, images) - _kl(mu, logvar)


def _of_both(rule):
    """`rule` of the cross-entropy of each picture and of its KL."""
    return lambda logits, images, mu, logvar: rule(_fit(logits, images), _kl(mu, logvar))


def _of_each(rule):
    """`rule` of the cross-entropy of each pixel, (B, n), and of the KL of each number of the code, (B, D)."""
    return lambda logits, images, mu, logvar: rule(_entropy(logits, images), _each(mu, logvar))


ELBO = [
    (_of_both(lambda fit, kl: fit + kl), "You give minus the ELBO, the loss. The bound is what we want large."),
    (_of_both(lambda fit, kl: -fit + kl), "You *add* the KL. A code that tells more costs more: subtract it."),
    (_of_both(lambda fit, kl: fit - kl), "The fit has the wrong sign. The log-likelihood is minus the cross-entropy."),
    (_of_both(lambda fit, kl: -fit), "The KL is missing."),
    (_of_both(lambda fit, kl: -kl), "The fit is missing; this is only minus the KL."),
    (
        _of_each(lambda fit, kl: -fit.mean() - kl.sum(dim=1)),
        'Without `reduction="none"` you get one mean for the whole batch. Keep the pixels, add with `dim=1`.',
    ),
    (
        _of_each(lambda fit, kl: -fit.sum() - kl.sum(dim=1)),
        'With `reduction="sum"` you get one sum for the whole batch. Take `reduction="none"`, then `dim=1`.',
    ),
    (
        _of_each(lambda fit, kl: -fit.sum() / len(fit) - kl.sum(dim=1)),
        "You took the mean fit of the batch. Each picture has its own.",
    ),
    (
        _of_each(lambda fit, kl: -fit.sum(dim=1) - kl.sum()),
        "You took the KL of the whole batch. Each picture has its own: `dim=1`.",
    ),
    (
        _of_each(lambda fit, kl: -fit.sum(dim=1) - kl.sum(dim=1).mean()),
        "You took the mean KL of the batch. Each picture has its own.",
    ),
    (
        _of_each(lambda fit, kl: -fit.sum(dim=1) - kl.mean()),
        "You took one mean of the KL for the whole batch. Add it over the code, `dim=1`.",
    ),
    (_of_both(lambda fit, kl: -fit - 2 * kl), "The KL is twice too large: the ½ is missing."),
    (_of_both(lambda fit, kl: -fit - kl / 2), "The KL is half of what it should be: there is one ½."),
    (lambda logits, images, mu, v: -_fit(images, logits) - _kl(mu, v), "Logits and images are exchanged."),
    (
        _of_each(lambda fit, kl: -fit.mean(dim=1) - kl.sum(dim=1)),
        "You averaged over the pixels. Log-likelihoods of pixels add up, else the KL weighs too much.",
    ),
    (
        _of_each(lambda fit, kl: -fit.sum(dim=1) - kl.mean(dim=1)),
        "You averaged the KL over the numbers of the code. They add up.",
    ),
    (
        _of_each(lambda fit, kl: -fit.mean(dim=1) - kl.mean(dim=1)),
        "You averaged both terms. Add over pixels, and over the numbers of the code.",
    ),
    (
        _of_each(lambda fit, kl: -fit - kl.sum(dim=1, keepdim=True)),
        "You keep the pixels apart. Add over them, `dim=1`.",
    ),
    (lambda *given: _elbo(*given).mean(), "You averaged over the pictures. Return one number for each."),
    (lambda *given: _elbo(*given).sum(), "You added over the pictures. Return one number for each."),
    (
        lambda logits, images, mu, v: -(logits.sigmoid() - images).square().sum(dim=1) - _kl(mu, v),
        "You used squared errors. Here each pixel is a coin flip: binary cross-entropy.",
    ),
    (
        lambda logits, images, mu, v: -(logits - images).square().sum(dim=1) - _kl(mu, v),
        "You used squared errors of the logits. Here each pixel is a coin flip: binary cross-entropy.",
    ),
    (
        lambda logits, images, mu, v: -_fit(logits.sigmoid(), images) - _kl(mu, v),
        "You took the sigmoid before a function that takes it itself.",
    ),
    (
        lambda logits, images, mu, v: (images * logits.sigmoid().log()).sum(dim=1) - _kl(mu, v),
        "You leave out what dark pixels say: add (1 − x) log(1 − p).",
    ),
    (
        lambda logits, images, mu, v: ((1 - images) * (1 - logits.sigmoid()).log()).sum(dim=1) - _kl(mu, v),
        "You leave out what bright pixels say: add x log p.",
    ),
    (
        lambda logits, images, mu, v: -_fit(logits, images) - 0.5 * (mu**2 + v.exp() - v).sum(dim=1),
        "The −1 of the KL is missing.",
    ),
    (
        _of_each(lambda fit, kl: -fit.sum(dim=1) + kl.sum()),
        "You *add* the KL, of the whole batch. Subtract that of each picture, `dim=1`.",
    ),
    (
        lambda logits, images, mu, v: -_fit(logits, images) - 0.5 * (mu**2 + (2 * v).exp() - 1 - 2 * v).sum(dim=1),
        "In the KL you used `logvar` as if it were log σ. exp(logvar) is σ².",
    ),
    (
        lambda logits, images, mu, v: -_fit(logits, images) - 0.5 * (mu**2 + (v / 2).exp() - 1 - v).sum(dim=1),
        "In the KL you used σ where σ² belongs: exp(logvar) is the variance.",
    ),
    (
        lambda logits, images, mu, v: -_fit(logits, images) / math.log(2) - _kl(mu, v) / math.log(2),
        "Those are bits. The natural logarithm is meant.",
    ),
]


@takes_function("my_elbo", draw=_pictures, seeds=(0, 1, 4, 5, 6, 7, 9, 10))
def check_elbo(attempt, cases):
    """``attempt(logits, images, mu, logvar)`` is the ELBO of each picture, (B,)."""
    wanted = "Return one number for each picture, (B,). Follow the formula term by term."
    return compare(attempt, cases, _elbo, ELBO, wanted=wanted, atol=1e-4)


def _means(rng):
    n_images, n_code = int(rng.integers(14, 20)), int(rng.integers(4, 8))
    some = rng.choice(
        [0.001, 0.005, 0.0115, 0.018, 0.028, 0.06, 0.13, 0.25, 0.34, 0.6], 3
    )  # the threshold is a spread of 0.1
    spreads = rng.choice(some, n_code)
    mu = rng.normal(0, 1, (n_images, n_code))
    return (floats((mu - mu.mean(axis=0)) / mu.std(axis=0) * spreads + rng.choice([0, 0, 0.05, -0.2, 2], n_code)),)


def _active(mu):
    return (mu.var(dim=0) > 0.01).sum()


def _above(numbers, threshold=0.01):
    """Count the `numbers` of mu above a threshold."""
    return lambda mu: (numbers(mu) > threshold).sum()


ONE_VARIANCE = "You took one variance over everything. Take one for each number, over pictures: `dim=0`."
NO_MEAN = "You did not take the mean over pictures away. A number that is 1 for every picture tells nothing."
DEVIATION = "You compared a deviation with 0.01, such as the standard one. The threshold is on the variance."
THRESHOLD = "The threshold is 0.01, on the variance."
ACTIVE = [
    (_above(lambda mu: mu.var(dim=1)), "You took the variance over the code. Take it over pictures: `dim=0`."),
    (_above(lambda mu: mu.square().mean(dim=0)), NO_MEAN),
    (_above(lambda mu: mu.abs().mean(dim=0)), NO_MEAN),
    (
        _above(lambda mu: mu.mean(dim=0)),
        "You look at the means over pictures. Active is what *varies*: take the variance.",
    ),
    (
        _above(lambda mu: mu.mean(dim=0).abs()),
        "You look at the means over pictures. Active is what *varies*: take the variance.",
    ),
    (
        _above(lambda mu: mu.std(dim=0)),
        DEVIATION,
    ),
    (lambda mu: mu.shape[1] - _active(mu), "You counted the silent ones. Active is *above* the threshold."),
    (_above(lambda mu: mu.var()), ONE_VARIANCE),
    (_above(lambda mu: mu.var(dim=0).mean()), "You averaged the variances. Compare each one with the threshold."),
    (_above(lambda mu: mu.var(dim=0), 0.1), THRESHOLD),
    (_above(lambda mu: mu.var(dim=0), 0.001), THRESHOLD),
    (
        _above(lambda mu: (mu - mu.mean(dim=0)).square().sum(dim=0)),
        "You added over the pictures. A variance is a mean over them.",
    ),
    (
        _above(lambda mu: mu.amax(dim=0) - mu.amin(dim=0)),
        "You take the range. The threshold is on the variance over pictures.",
    ),
    (_above(lambda mu: mu, 0.01), "You count single means. Take the variance of each number over pictures first."),
    (
        _above(lambda mu: mu.abs(), 0.01),
        "You count single means. Take the variance of each number over pictures first.",
    ),
    (lambda mu: _active(mu) / mu.shape[1], "That is a share. Return how many, not how large a part."),
    (lambda mu: mu.var(dim=0) > 0.01, "You return one value for each number of the code. Count how many are active."),
    (lambda mu: mu.var(dim=0), "Those are the variances. Count how many are above 0.01."),
    (lambda mu: (mu.var(dim=0) > 0.01).nonzero().flatten(), "Those are the places of the active ones. Count them."),
    (lambda mu: mu.var(dim=0)[mu.var(dim=0) > 0.01].sum(), "You add up the variances of the active ones. Count them."),
    (lambda mu: mu.shape[1], "You count all numbers. Active is where the variance over pictures is above 0.01."),
    (_above(lambda mu: (mu - mu.mean(dim=0)).abs().mean(dim=0)), DEVIATION),
    (
        _above(lambda mu: mu.var(dim=0) / len(mu)),
        "A variance is a mean over the pictures already. Do not divide by their number again.",
    ),
]


@takes_function("my_active", draw=_means, seeds=(0, 5, 21, 40, 64, 90, 99, 101))
def check_active(attempt, cases):
    """``attempt(mu)`` counts the numbers of the code whose mean varies over pictures."""
    wanted = "Return one whole number: count where the variance over pictures is above 0.01."
    return compare(attempt, cases, _active, ACTIVE, wanted=wanted)


CHECKERS = {
    "variational-kl": check_kl,
    "variational-draw": check_draw,
    "variational-elbo": check_elbo,
    "variational-active": check_active,
}
