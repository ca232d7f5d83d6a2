"""Checkers of lecture 18: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.checks import takes_function
from utils.variational import bernoulli_loss, gaussian_kl


def _compare(value, right, wrong, case):
    """Return a hint unless `value` is `right`; `wrong` maps hints to the answers of typical mistakes."""
    if not isinstance(value, torch.Tensor):
        return f"{case} you return {type(value).__name__}. Return a tensor of shape {tuple(right.shape)}."
    for words, answer in wrong.items():
        if value.shape == answer.shape and torch.allclose(value.float(), answer, rtol=1e-4, atol=1e-4):
            return f"{case} {words}"
    if value.shape != right.shape:
        return f"{case} you return the shape {tuple(value.shape)}; expected {tuple(right.shape)}."
    if not value.isfinite().all():
        return f"{case} you return numbers that are not finite. Look for a division by 0 or a logarithm of 0."
    if not torch.allclose(value.float(), right, rtol=1e-4, atol=1e-4):
        first, expected = value.flatten()[0].item(), right.flatten()[0].item()
        return f"{case} the first number is {first:.4f}, expected {expected:.4f}. Follow the formula term by term."
    return None


def _clouds(batch, n_code, seed):
    generator = torch.Generator().manual_seed(seed)
    mu = torch.randn(batch, n_code, generator=generator)
    return mu, 0.8 * torch.randn(batch, n_code, generator=generator) - 0.5, generator


@takes_function("my_kl")
def check_kl(attempt):
    """``attempt(mu, logvar)`` is the KL divergence of each code from N(0, 1), (B,)."""
    for batch, n_code in ((4, 3), (2, 7)):
        mu, logvar, _ = _clouds(batch, n_code, batch)
        each = gaussian_kl(mu, logvar)
        right, sigma = each.sum(dim=1), (0.5 * logvar).exp()
        squared = mu.square()
        wrong = {
            "you return each number of the code by itself. Add over the code, `dim=1`.": each,
            "you took the mean over the numbers of the code. Divergences of independent numbers add up.": each.mean(1),
            "you added over the pictures. Each picture has its own price: `dim=1`.": each.sum(dim=0),
            "you averaged over the pictures, too. Return one number for each.": right.mean(),
            "the sign is turned round. A divergence is never below 0.": -right,
            "you give twice the value: the ½ is missing.": 2 * right,
            "the −1 is missing. At μ = 0 and σ = 1 the price has to be 0.": (
                0.5 * (squared + logvar.exp() - logvar).sum(1)
            ),
            "you used `logvar` as if it were σ². Take its exponential there.": (
                0.5 * (squared + logvar - 1 - logvar).sum(1)
            ),
            "you used σ where σ² belongs: exp(logvar) is the variance.": 0.5 * (squared + sigma - 1 - logvar).sum(1),
            "you used exp(2 · logvar). `logvar` is log σ² already: exp(logvar) is σ².": (
                0.5 * (squared + (2 * logvar).exp() - 1 - logvar).sum(1)
            ),
            "the term with log σ² has the wrong sign. It has to punish narrow clouds.": (
                0.5 * (squared + logvar.exp() - 1 + logvar).sum(1)
            ),
            "the term −log σ² is missing. It punishes narrow clouds.": 0.5 * (squared + logvar.exp() - 1).sum(1),
            "the ½ belongs to the whole bracket, not to μ² alone.": (0.5 * squared + logvar.exp() - 1 - logvar).sum(1),
            "the −1 belongs inside the sum: once for each number of the code.": (
                0.5 * ((squared + logvar.exp() - logvar).sum(1) - 1)
            ),
            "μ² is missing. A cloud far from zero has its price.": 0.5 * (logvar.exp() - 1 - logvar).sum(1),
            "you added over the pictures, too. Return one number for each.": right.sum(),
            "μ has to be squared.": 0.5 * (mu + logvar.exp() - 1 - logvar).sum(1),
            "you measure from N(0, 1) to the cloud. The divergence is not symmetric: turn it round.": (
                0.5 * ((1 + squared) / logvar.exp() - 1 + logvar).sum(1)
            ),
        }
        if hint := _compare(attempt(mu, logvar), right, wrong, f"for mu and logvar of shape {(batch, n_code)}"):
            return hint
    return None


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
        if isinstance(value, torch.Tensor) and value.isnan().any():
            return (
                f"{case} some codes are NaN. `logvar` may be negative and has no root there; "
                "the root of the *variance* is exp(logvar / 2)."
            )
        with torch.no_grad():
            right = mu + (0.5 * logvar).exp() * noise
            wrong = {
                "you multiplied the noise by the variance. The spread is its root: exp(logvar / 2).": (
                    mu + logvar.exp() * noise
                ),
                "you multiplied the noise by `logvar` itself. Take the exponential of a half of it.": (
                    mu + logvar * noise
                ),
                "you divided by the spread. exp(-logvar / 2) is 1/σ.": mu + (-0.5 * logvar).exp() * noise,
                "the mean is missing. Add `mu`.": (0.5 * logvar).exp() * noise,
                "you return the mean. Nothing is drawn: the noise is missing.": mu.detach(),
                "the spread is missing. Multiply the noise by exp(logvar / 2).": mu + noise,
                "the noise scales the mean, too. Only the spread is multiplied by it.": (
                    (mu + (0.5 * logvar).exp()) * noise
                ),
                "you added the spread without the noise.": mu + (0.5 * logvar).exp(),
            }
            if isinstance(value, torch.Tensor) and value.shape == right.shape and not torch.allclose(value, right):
                again = attempt(mu, logvar, given)
                if not torch.allclose(again, value):
                    return f"{case} two calls give different codes. Use the given `noise`, draw none of your own."
            if hint := _compare(value, right, wrong, case):
                return hint
        if not value.requires_grad:
            return f"{case} no gradient reaches mu or logvar. Leave out `detach`, `no_grad` and `.data`."
        slopes = torch.autograd.grad(value.sum(), (mu, logvar), allow_unused=True)
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
        fit, kl = bernoulli_loss(logits, images), gaussian_kl(mu, logvar)
        price = kl.sum(dim=1)
        right = -fit - price
        mean_fit = F.binary_cross_entropy_with_logits(logits, images, reduction="none").mean(dim=1)
        wrong = {
            "you give minus the ELBO, the loss. The bound is what we want large.": fit + price,
            "you *add* the KL. A code that tells more costs more: subtract it.": -fit + price,
            "the fit has the wrong sign. The log-likelihood is minus the cross-entropy.": fit - price,
            "the KL is missing.": -fit,
            'without `reduction="none"` you get one mean for the whole batch. Keep the pixels, add with `dim=1`.': (
                -F.binary_cross_entropy_with_logits(logits, images) - price
            ),
            'with `reduction="sum"` you get one sum for the whole batch. Take `reduction="none"`, then `dim=1`.': (
                -fit.sum() - price
            ),
            "the KL is twice too large: the ½ is missing.": -fit - 2 * price,
            "logits and images are exchanged.": (
                -F.binary_cross_entropy_with_logits(images, logits, reduction="none").sum(dim=1) - price
            ),
            "the fit is missing; this is only minus the KL.": -price,
            "you averaged over the pixels. Log-likelihoods of pixels add up, else the KL weighs too much.": (
                -mean_fit - price
            ),
            "you averaged the KL over the numbers of the code. They add up.": -fit - kl.mean(dim=1),
            "you averaged both terms. Add over pixels, and over the numbers of the code.": -mean_fit - kl.mean(dim=1),
            "you averaged over the pictures. Return one number for each.": right.mean(),
            "you added over the pictures. Return one number for each.": right.sum(),
            "you used squared errors. Here each pixel is a coin flip: binary cross-entropy.": (
                -(logits.sigmoid() - images).square().sum(dim=1) - price
            ),
            "you took the sigmoid before a function that takes it itself.": (
                -bernoulli_loss(logits.sigmoid(), images) - price
            ),
        }
        case = f"for {batch} pictures of {n_pixels} pixels and codes of {n_code} numbers"
        if hint := _compare(attempt(logits, images, mu, logvar), right, wrong, case):
            return hint
    return None


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
        variance = mu.var(dim=0)
        right = int((variance > 0.01).sum())
        value = attempt(mu)
        case = f"for {n_images} pictures and codes of {len(spreads)} numbers"
        if isinstance(value, torch.Tensor) and value.numel() > 1:
            if value.shape == (len(spreads),):
                return f"{case} you return one value for each number of the code. Count how many are active."
            return f"{case} you return the shape {tuple(value.shape)}. Return one whole number."
        try:
            value = float(value)
        except (TypeError, ValueError):
            return f"{case} you return {type(value).__name__}. Return one whole number."
        if value == right:
            continue
        answers = {
            int(mu.var() > 0.01): (
                "you took one variance over everything. Take one for each number, over pictures: `dim=0`."
            ),
            int((variance <= 0.01).sum()): "you counted the silent ones. Active is *above* the threshold.",
            int((mu.std(dim=0) > 0.01).sum()): (
                "you compared the standard deviation with 0.01. The threshold is on the variance."
            ),
            int((mu.square().mean(dim=0) > 0.01).sum()): (
                "you did not take the mean over pictures away. A number that is 1 for every picture tells nothing."
            ),
            int((mu.var(dim=1) > 0.01).sum()): "you took the variance over the code. Take it over pictures: `dim=0`.",
        }
        if value in answers:
            return f"{case} you give {value:g}: {answers[value]}"
        if 0 < value < 1:
            return f"{case} you give {value:g}, a share. Return how many, not how large a part."
        return f"{case} you give {value:g}, expected {right}. Count where the variance over pictures is above 0.01."
    return None


CHECKERS = {
    "variational-kl": check_kl,
    "variational-draw": check_draw,
    "variational-elbo": check_elbo,
    "variational-active": check_active,
}
