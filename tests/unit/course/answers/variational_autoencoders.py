"""Answers to the exercises of lecture 18."""

import torch
import torch.nn.functional as F


def each(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


def kl(mu, logvar):
    return each(mu, logvar).sum(dim=1)


def backwards(mu, logvar):
    return 0.5 * ((1 + mu**2) / logvar.exp() - 1 + logvar).sum(dim=1)


def draw(mu, logvar, noise):
    return mu + (0.5 * logvar).exp() * noise


def scale_in_place(mu, logvar, noise):
    noise *= 2
    return mu + (0.5 * logvar).exp() * noise / 2


def losses(logits, images):
    return F.binary_cross_entropy_with_logits(logits, images, reduction="none")


def elbo(logits, images, mu, logvar):
    return -losses(logits, images).sum(dim=1) - kl(mu, logvar)


CASES = {
    "variational-kl": (
        kl,
        {
            "each number of the code by itself": each,
            "mean over the numbers": lambda m, v: each(m, v).mean(dim=1),
            "added over the pictures": lambda m, v: each(m, v).sum(dim=0),
            "averaged over the pictures": lambda m, v: kl(m, v).mean(),
            "sign is turned round": lambda m, v: -kl(m, v),
            "the ½ is missing": lambda m, v: 2 * kl(m, v),
            "the −1 is missing": lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(dim=1),
            "as if it were σ²": lambda m, v: 0.5 * (m**2 + v - 1 - v).sum(dim=1),
            "σ where σ² belongs": lambda m, v: 0.5 * (m**2 + (v / 2).exp() - 1 - v).sum(dim=1),
            "exp(2 · logvar)": lambda m, v: 0.5 * (m**2 + (2 * v).exp() - 1 - v).sum(dim=1),
            "has the wrong sign": lambda m, v: 0.5 * (m**2 + v.exp() - 1 + v).sum(dim=1),
            "log σ² is missing": lambda m, v: 0.5 * (m**2 + v.exp() - 1).sum(dim=1),
            "has to be squared": lambda m, v: 0.5 * (m + v.exp() - 1 - v).sum(dim=1),
            "to the whole bracket": lambda m, v: (0.5 * m**2 + v.exp() - 1 - v).sum(dim=1),
            "once for each number": lambda m, v: 0.5 * ((m**2 + v.exp() - v).sum(dim=1) - 1),
            "μ² is missing": lambda m, v: each(0 * m, v).sum(dim=1),
            "over the pictures, too. return one": lambda m, v: kl(m, v).sum(),
            "not symmetric": backwards,
            "nan or inf": lambda m, v: kl(m, v) / 0,
            "you return float": lambda m, v: 0.5,
            "follow the formula": lambda m, v: kl(m, v) + 0.7,
            "give the function itself": 3,
        },
    ),
    "variational-draw": (
        draw,
        {
            "by the variance": lambda m, v, e: m + v.exp() * e,
            "by `logvar` itself": lambda m, v, e: m + v * e,
            "divided by the spread": lambda m, v, e: m + (-v / 2).exp() * e,
            "some codes are nan": lambda m, v, e: m + v.sqrt() * e,
            "the mean is missing": lambda m, v, e: (v / 2).exp() * e,
            "nothing is drawn": lambda m, v, e: m,
            "the spread is missing": lambda m, v, e: m + e,
            "scales the mean": lambda m, v, e: (m + (v / 2).exp()) * e,
            "without the noise": lambda m, v, e: m + (v / 2).exp(),
            "draw none of your own": lambda m, v, e: m + (v / 2).exp() * torch.randn_like(m),
            "no gradient reaches mu or logvar": lambda m, v, e: draw(m, v, e).detach(),
            "no gradient reaches logvar": lambda m, v, e: draw(m, v.detach(), e),
            "no gradient reaches mu. the": lambda m, v, e: draw(m.detach(), v, e),
            "changed the given noise": scale_in_place,
            "you return the shape": lambda m, v, e: draw(m, v, e)[0],
        },
    ),
    "variational-elbo": (
        elbo,
        {
            "the loss": lambda o, x, m, v: -elbo(o, x, m, v),
            "you *add* the kl": lambda o, x, m, v: -losses(o, x).sum(dim=1) + kl(m, v),
            "the fit has the wrong sign": lambda o, x, m, v: losses(o, x).sum(dim=1) - kl(m, v),
            "the kl is missing": lambda o, x, m, v: -losses(o, x).sum(dim=1),
            "the fit is missing": lambda o, x, m, v: -kl(m, v),
            "averaged over the pixels": lambda o, x, m, v: -losses(o, x).mean(dim=1) - kl(m, v),
            "averaged the kl": lambda o, x, m, v: -losses(o, x).sum(dim=1) - each(m, v).mean(dim=1),
            "averaged both terms": lambda o, x, m, v: -losses(o, x).mean(dim=1) - each(m, v).mean(dim=1),
            "averaged over the pictures": lambda o, x, m, v: elbo(o, x, m, v).mean(),
            "added over the pictures": lambda o, x, m, v: elbo(o, x, m, v).sum(),
            "one mean for the whole batch": lambda o, x, m, v: -F.binary_cross_entropy_with_logits(o, x) - kl(m, v),
            "one sum for the whole batch": lambda o, x, m, v: -losses(o, x).sum() - kl(m, v),
            "twice too large": lambda o, x, m, v: elbo(o, x, m, v) - kl(m, v),
            "are exchanged": lambda o, x, m, v: elbo(x, o, m, v),
            "squared errors": lambda o, x, m, v: -(o.sigmoid() - x).square().sum(dim=1) - kl(m, v),
            "the sigmoid before": lambda o, x, m, v: elbo(o.sigmoid(), x, m, v),
            "term by term": lambda o, x, m, v: elbo(o, x, m, v) - 3,
        },
    ),
    "variational-active": (
        lambda mu: (mu.var(dim=0) > 0.01).sum(),
        {
            "the silent ones": lambda mu: (mu.var(dim=0) < 0.01).sum(),
            "the standard deviation": lambda mu: (mu.std(dim=0) > 0.01).sum(),
            "did not take the mean": lambda mu: (mu.square().mean(dim=0) > 0.01).sum(),
            "one variance over everything": lambda mu: (mu.var() > 0.01).sum(),
            "over the code": lambda mu: (mu.var(dim=1) > 0.01).sum(),
            "for each number of the code": lambda mu: mu.var(dim=0) > 0.01,
            "a share": lambda mu: (mu.var(dim=0) > 0.01).float().mean(),
            "you return the shape": lambda mu: mu > 0.01,
            "you return list": lambda mu: [1],
            "expected 2": lambda mu: 4,
        },
    ),
}
