"""Checkers of lecture 18: each returns a hint, or None if the attempt is right."""

from functools import partial

import torch
import torch.nn.functional as F

from utils.course.hints import first_match, number, same, takes_function, tensor_or_hint
from utils.generative.variational import bernoulli_loss, gaussian_kl


def _compare(answer, right, mistakes, case):
    """Return a hint unless an answer is `right`; a known mistake may have another shape."""
    if isinstance(answer, torch.Tensor) and (hint := first_match(answer, mistakes, atol=1e-4)):
        return f"{case} {hint}"
    value, hint = tensor_or_hint(answer, right.shape, case)
    if hint or same(value, right, atol=1e-4):
        return hint
    first, expected = value.flatten()[0].item(), right.flatten()[0].item()
    return f"{case} the first number is {first:.4f}, expected {expected:.4f}. Follow the formula term by term."


def _clouds(batch, n_code, seed):
    generator = torch.Generator().manual_seed(seed)
    mu = torch.randn(batch, n_code, generator=generator)
    return mu, 0.8 * torch.randn(batch, n_code, generator=generator) - 0.5, generator


@takes_function("my_kl")
def check_kl(attempt):
    """``attempt(mu, logvar)`` is the KL divergence of each code from N(0, 1), (B,)."""
    for batch, n_code in ((4, 3), (2, 7)):
        mu, logvar, _ = _clouds(batch, n_code, batch)
        right, case = gaussian_kl(mu, logvar).sum(dim=1), f"for mu and logvar of shape {(batch, n_code)}"
        if hint := _compare(attempt(mu, logvar), right, _kl_mistakes(mu, logvar), case):
            return hint
    return None


def _kl_mistakes(mu, logvar):
    each, squared, variance, sigma = gaussian_kl(mu, logvar), mu.square(), logvar.exp(), (0.5 * logvar).exp()
    right = each.sum(dim=1)

    def half(terms):
        return 0.5 * terms.sum(dim=1)

    return [
        (each, "you return each number of the code by itself. Add over the code, `dim=1`."),
        (each.mean(1), "you took the mean over the numbers of the code. Divergences of independent numbers add up."),
        (each.sum(dim=0), "you added over the pictures. Each picture has its own price: `dim=1`."),
        (right.mean(), "you averaged over the pictures, too. Return one number for each."),
        (-right, "the sign is turned round. A divergence is never below 0."),
        (2 * right, "you give twice the value: the ½ is missing."),
        (half(squared + variance - logvar), "the −1 is missing. At μ = 0 and σ = 1 the price has to be 0."),
        (half(squared - 1), "you used `logvar` as if it were σ². Take its exponential there."),
        (half(squared + sigma - 1 - logvar), "you used σ where σ² belongs: exp(logvar) is the variance."),
        (
            half(squared + variance.square() - 1 - logvar),
            "you used exp(2 · logvar). `logvar` is log σ² already: exp(logvar) is σ².",
        ),
        (
            half(squared + variance - 1 + logvar),
            "the term with log σ² has the wrong sign. It has to punish narrow clouds.",
        ),
        (half(squared + variance - 1), "the term −log σ² is missing. It punishes narrow clouds."),
        ((0.5 * squared + variance - 1 - logvar).sum(1), "the ½ belongs to the whole bracket, not to μ² alone."),
        (half(squared + variance - logvar) - 0.5, "the −1 belongs inside the sum: once for each number of the code."),
        (half(variance - 1 - logvar), "μ² is missing. A cloud far from zero has its price."),
        (right.sum(), "you added over the pictures, too. Return one number for each."),
        (half(mu + variance - 1 - logvar), "μ has to be squared."),
        (
            half((1 + squared) / variance - 1 + logvar),
            "you measure from N(0, 1) to the cloud. The divergence is not symmetric: turn it round.",
        ),
    ]


@takes_function("my_draw")
def check_draw(attempt):
    """``attempt(mu, logvar, noise)`` is the drawn code, with gradients to both."""
    for batch, n_code in ((4, 3), (2, 7)):
        mu, logvar, generator = _clouds(batch, n_code, batch)
        noise = torch.randn(mu.shape, generator=generator)
        mu.requires_grad_(), logvar.requires_grad_()
        case = f"for mu, logvar and noise of shape {(batch, n_code)}"
        given = noise.clone()
        value = attempt(mu, logvar, given)
        if not torch.equal(given, noise):
            return f"{case} you changed the given noise. Build a new tensor."
        if torch.is_tensor(value) and value.isnan().any():
            return (
                f"{case} some codes are NaN. `logvar` may be negative and has no root there; "
                "the root of the *variance* is exp(logvar / 2)."
            )
        with torch.no_grad():
            right, mistakes = mu + (0.5 * logvar).exp() * noise, _draw_mistakes(mu, logvar, noise)
        known = torch.is_tensor(value) and value.shape == right.shape and value.isfinite().all()
        if known and not same(value, right) and not same(attempt(mu, logvar, given), value):
            return f"{case} two calls give different codes. Use the given `noise`, draw none of your own."
        hint = _compare(value, right, mistakes, case) or _without_gradient(value, mu, logvar, case)
        if hint:
            return hint
    return None


def _draw_mistakes(mu, logvar, noise):
    spread = (0.5 * logvar).exp()
    return [
        (
            mu + logvar.exp() * noise,
            "you multiplied the noise by the variance. The spread is its root: exp(logvar / 2).",
        ),
        (mu + logvar * noise, "you multiplied the noise by `logvar` itself. Take the exponential of a half of it."),
        (mu + noise / spread, "you divided by the spread. exp(-logvar / 2) is 1/σ."),
        (spread * noise, "the mean is missing. Add `mu`."),
        (mu, "you return the mean. Nothing is drawn: the noise is missing."),
        (mu + noise, "the spread is missing. Multiply the noise by exp(logvar / 2)."),
        ((mu + spread) * noise, "the noise scales the mean, too. Only the spread is multiplied by it."),
        (mu + spread, "you added the spread without the noise."),
    ]


def _without_gradient(codes, mu, logvar, case):
    if not codes.requires_grad:
        return f"{case} no gradient reaches mu or logvar. Leave out `detach`, `no_grad` and `.data`."
    slopes = torch.autograd.grad(codes.sum(), (mu, logvar), allow_unused=True)
    for name, slope in zip(("mu", "logvar"), slopes, strict=True):
        if slope is None or not slope.any():
            return f"{case} no gradient reaches {name}. The codes are right; leave out `detach` or `no_grad`."
    return None


@takes_function("my_elbo")
def check_elbo(attempt):
    """``attempt(logits, images, mu, logvar)`` is the ELBO of each picture, (B,)."""
    for batch, n_pixels, n_code in ((4, 10, 3), (3, 25, 2)):
        mu, logvar, generator = _clouds(batch, n_code, batch)
        logits = torch.randn(batch, n_pixels, generator=generator)
        images = torch.rand(batch, n_pixels, generator=generator)
        kl = gaussian_kl(mu, logvar)
        right, mistakes = -bernoulli_loss(logits, images) - kl.sum(dim=1), _elbo_mistakes(logits, images, kl)
        case = f"for {batch} pictures of {n_pixels} pixels and codes of {n_code} numbers"
        if hint := _compare(attempt(logits, images, mu, logvar), right, mistakes, case):
            return hint
    return None


def _elbo_mistakes(logits, images, kl):
    entropy = partial(F.binary_cross_entropy_with_logits, reduction="none")
    fit, price, mean_fit = bernoulli_loss(logits, images), kl.sum(dim=1), entropy(logits, images).mean(dim=1)
    right = -fit - price
    return [
        (fit + price, "you give minus the ELBO, the loss. The bound is what we want large."),
        (-fit + price, "you *add* the KL. A code that tells more costs more: subtract it."),
        (fit - price, "the fit has the wrong sign. The log-likelihood is minus the cross-entropy."),
        (-fit, "the KL is missing."),
        (
            -mean_fit.mean() - price,
            'without `reduction="none"` you get one mean for the whole batch. Keep the pixels, add with `dim=1`.',
        ),
        (
            -fit.sum() - price,
            'with `reduction="sum"` you get one sum for the whole batch. Take `reduction="none"`, then `dim=1`.',
        ),
        (-fit - 2 * price, "the KL is twice too large: the ½ is missing."),
        (-entropy(images, logits).sum(dim=1) - price, "logits and images are exchanged."),
        (-price, "the fit is missing; this is only minus the KL."),
        (
            -mean_fit - price,
            "you averaged over the pixels. Log-likelihoods of pixels add up, else the KL weighs too much.",
        ),
        (-fit - kl.mean(dim=1), "you averaged the KL over the numbers of the code. They add up."),
        (-mean_fit - kl.mean(dim=1), "you averaged both terms. Add over pixels, and over the numbers of the code."),
        (right.mean(), "you averaged over the pictures. Return one number for each."),
        (right.sum(), "you added over the pictures. Return one number for each."),
        (
            -(logits.sigmoid() - images).square().sum(dim=1) - price,
            "you used squared errors. Here each pixel is a coin flip: binary cross-entropy.",
        ),
        (
            -bernoulli_loss(logits.sigmoid(), images) - price,
            "you took the sigmoid before a function that takes it itself.",
        ),
    ]


@takes_function("my_active")
def check_active(attempt):
    """``attempt(mu)`` counts the numbers of the code whose mean varies over pictures."""
    generator = torch.Generator().manual_seed(0)
    for n_images, spreads, shifts in (
        (50, (1.0, 0.05, 0.5, 0.005, 0.05, 0.005, 0.05, 0.005), (0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
        (40, (0.03, 0.7, 0.05, 0.05), (1.0, 0.0, 0.0, 2.0)),
    ):
        mu = torch.randn(n_images, len(spreads), generator=generator)
        mu = (mu - mu.mean(dim=0)) / mu.std(dim=0) * torch.tensor(spreads) + torch.tensor(shifts)
        answer = attempt(mu)
        case = f"for {n_images} pictures and codes of {len(spreads)} numbers"
        if isinstance(answer, torch.Tensor) and answer.numel() > 1:
            if answer.shape == (len(spreads),):
                return f"{case} you return one value for each number of the code. Count how many are active."
            return f"{case} you return the shape {tuple(answer.shape)}. Return one whole number."
        value = number(answer)
        if value is None:
            return f"{case} you return {type(answer).__name__}. Return one whole number."
        if hint := _active_hint(value, mu):
            return f"{case} you give {value:g}{hint}"
    return None


def _active_hint(value, mu):
    def count(numbers):
        return int((numbers > 0.01).sum())

    right = count(mu.var(dim=0))
    mistakes = [
        (right, None),
        (count(mu.var(dim=1)), ": you took the variance over the code. Take it over pictures: `dim=0`."),
        (
            count(mu.square().mean(dim=0)),
            ": you did not take the mean over pictures away. A number that is 1 for every picture tells nothing.",
        ),
        (count(mu.std(dim=0)), ": you compared the standard deviation with 0.01. The threshold is on the variance."),
        (mu.shape[1] - right, ": you counted the silent ones. Active is *above* the threshold."),
        (count(mu.var()), ": you took one variance over everything. Take one for each number, over pictures: `dim=0`."),
        (0 < value < 1, ", a share. Return how many, not how large a part."),
        (True, f", expected {right}. Count where the variance over pictures is above 0.01."),
    ]
    return first_match(value, mistakes)


CHECKERS = {
    "variational-kl": check_kl,
    "variational-draw": check_draw,
    "variational-elbo": check_elbo,
    "variational-active": check_active,
}
