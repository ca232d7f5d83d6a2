"""Answers to the exercises of lecture 18."""

import numpy as np
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


def kl_of(a=lambda m: m**2, b=lambda v: v.exp(), c=lambda v: v, one=1.0):
    """The KL with another term for the mean, the variance or its logarithm."""
    return lambda m, v: (a(m) + b(v) - one - c(v)).sum(dim=1) / 2


def kl_by_torch(mu, logvar):
    unit = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    cloud = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    return torch.distributions.kl_divergence(cloud, unit).sum(dim=1)


def elbo_by_torch(logits, images, mu, logvar):
    return torch.distributions.Bernoulli(logits=logits, validate_args=False).log_prob(images).sum(dim=1) - kl_by_torch(
        mu, logvar
    )


def spread(v):
    return torch.exp(v / 2)


def half_a_gradient(mu, logvar, noise):
    codes = draw(mu, logvar, noise)
    return (codes + codes.detach()) / 2


def variances(mu):
    return [((column - column.mean()) ** 2).mean().item() for column in mu.T]


CASES = {
    "variational-kl": (
        kl,
        {
            "cancel in yours": [lambda m, v: 0.5 * (m**2 + v - 1 - v).sum(dim=1), kl_of(c=torch.exp)],
            "each number of the code by itself": each,
            "mean over the numbers": lambda m, v: each(m, v).mean(dim=1),
            "added over the pictures. Each": lambda m, v: each(m, v).sum(dim=0),
            "averaged over the pictures": lambda m, v: kl(m, v).mean(),
            "averaged over everything": lambda m, v: each(m, v).mean(),
            "`keepdim`": lambda m, v: kl(m, v)[:, None],
            "sign is turned round": lambda m, v: -kl(m, v),
            "the ½ is missing": lambda m, v: 2 * kl(m, v),
            "half of the value": lambda m, v: kl(m, v) / 2,
            "the −1 is missing": kl_of(one=0.0),
            "not + 1": kl_of(one=-1.0),
            "as if it were σ²": kl_of(b=lambda v: v, c=torch.log),
            "as if it were σ. It": [
                kl_of(b=lambda v: v**2, c=lambda v: torch.log(v**2)),
                kl_of(b=lambda v: v**2, c=lambda v: 2 * torch.log(v)),
                kl_of(b=lambda v: v**2),
            ],
            "as if it were log σ. It": kl_of(b=lambda v: torch.exp(v) ** 2, c=lambda v: 2 * v),
            "σ where σ² belongs": [kl_of(b=spread), kl_of(b=spread, c=lambda v: v / 2)],
            "exp(2 · logvar)": kl_of(b=lambda v: (2 * v).exp()),
            "subtract log σ": kl_of(c=lambda v: 0.5 * v),
            "log σ² has the wrong sign": kl_of(c=lambda v: -v),
            "log σ² is missing": kl_of(c=torch.zeros_like),
            "term σ² is missing": kl_of(b=torch.zeros_like),
            "term σ² has the wrong": kl_of(b=lambda v: -v.exp()),
            "has to be squared": [kl_of(a=lambda m: m), kl_of(a=torch.abs)],
            "μ² has the wrong sign": kl_of(a=lambda m: -(m**2)),
            "not to μ² alone": lambda m, v: (0.5 * m**2 + v.exp() - 1 - v).sum(dim=1),
            "not to log σ² alone": lambda m, v: (m**2 + v.exp() - 1 - v / 2).sum(dim=1),
            "once for each number": [
                lambda m, v: 0.5 * ((m**2 + v.exp() - v).sum(dim=1) - 1),
                lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(dim=1) - 1,
            ],
            "μ² is missing": lambda m, v: each(0 * m, v).sum(dim=1),
            "over the pictures, too. return one": lambda m, v: kl(m, v).sum(),
            "not symmetric": backwards,
            "nan or inf": lambda m, v: kl(m, v) / 0,
            "you return dict": lambda m, v: {"kl": kl(m, v)},
            "follow the formula": lambda m, v: kl(m, v) + 0.7,
            "give the function itself": 3,
        },
    ),
    "variational-draw": (
        draw,
        {
            "by the variance": lambda m, v, e: m + v.exp() * e,
            "take exp(2": lambda m, v, e: m + (2 * v).exp() * e,
            "by `logvar` itself": lambda m, v, e: m + v * e,
            "The exponential is missing": lambda m, v, e: m + 0.5 * v * e,
            "halve the variance": lambda m, v, e: m + 0.5 * v.exp() * e,
            "divided by the spread": lambda m, v, e: m + (-v / 2).exp() * e,
            "subtract the noise": lambda m, v, e: m - spread(v) * e,
            "some codes are nan": lambda m, v, e: m + v.sqrt() * e,
            "not of its logarithm": lambda m, v, e: m + v.abs() ** 0.5 * e,
            "the mean is missing": lambda m, v, e: (v / 2).exp() * e,
            "nothing is drawn": lambda m, v, e: m,
            "the spread is missing": lambda m, v, e: m + e,
            "from N(0, 1)": lambda m, v, e: e,
            "scales the mean, too. Only the spread": lambda m, v, e: (m + (v / 2).exp()) * e,
            "scales the mean, too. Only the noise": lambda m, v, e: (m + e) * spread(v),
            "are exchanged": lambda m, v, e: m * e + spread(v),
            "without the noise": lambda m, v, e: m + (v / 2).exp(),
            "You add the noise": lambda m, v, e: m + spread(v) + e,
            "square the noise": lambda m, v, e: m + spread(v) * e * e,
            "first picture for all": lambda m, v, e: m + spread(v) * e[0],
            "one spread for all": lambda m, v, e: m + spread(v).mean() * e,
            "draw none of your own": lambda m, v, e: m + (v / 2).exp() * torch.randn_like(m),
            "no gradient reaches mu or logvar": [
                lambda m, v, e: draw(m, v, e).detach(),
                lambda m, v, e: draw(m, v, e).tolist(),
            ],
            "no gradient reaches logvar": lambda m, v, e: draw(m, v.detach(), e),
            "no gradient reaches mu. the": [
                lambda m, v, e: draw(m.detach(), v, e),
                lambda m, v, e: draw(m.data, v.data, e).requires_grad_() + 0,
            ],
            "not the gradient that reaches mu": half_a_gradient,
            "changed the given `noise`": scale_in_place,
            "you return the shape": lambda m, v, e: draw(m, v, e)[0],
        },
    ),
    "variational-elbo": (
        elbo,
        {
            "the loss": lambda o, x, m, v: -elbo(o, x, m, v),
            "you *add* the kl. A": lambda o, x, m, v: -losses(o, x).sum(dim=1) + kl(m, v),
            "the fit has the wrong sign": lambda o, x, m, v: losses(o, x).sum(dim=1) - kl(m, v),
            "the kl is missing": lambda o, x, m, v: -losses(o, x).sum(dim=1),
            "the fit is missing": lambda o, x, m, v: -kl(m, v),
            "averaged over the pixels": lambda o, x, m, v: -losses(o, x).mean(dim=1) - kl(m, v),
            "averaged the kl": lambda o, x, m, v: -losses(o, x).sum(dim=1) - each(m, v).mean(dim=1),
            "averaged both terms": lambda o, x, m, v: -losses(o, x).mean(dim=1) - each(m, v).mean(dim=1),
            "keep the pixels apart": lambda o, x, m, v: -losses(o, x) - kl(m, v)[:, None],
            "averaged over the pictures": lambda o, x, m, v: elbo(o, x, m, v).mean(),
            "added over the pictures": lambda o, x, m, v: elbo(o, x, m, v).sum(),
            "one mean for the whole batch. Keep": lambda o, x, m, v: (
                -F.binary_cross_entropy_with_logits(o, x) - kl(m, v)
            ),
            "one sum for the whole batch": lambda o, x, m, v: -losses(o, x).sum() - kl(m, v),
            "mean fit of the batch": lambda o, x, m, v: -losses(o, x).sum(dim=1).mean() - kl(m, v),
            "KL of the whole batch. Each": lambda o, x, m, v: -losses(o, x).sum(dim=1) - kl(m, v).sum(),
            "mean KL of the batch": lambda o, x, m, v: -losses(o, x).sum(dim=1) - kl(m, v).mean(),
            "one mean of the KL": lambda o, x, m, v: -losses(o, x).sum(dim=1) - each(m, v).mean(),
            "You *add* the KL, of the whole": lambda o, x, m, v: -losses(o, x).sum(dim=1) + kl(m, v).sum(),
            "twice too large": lambda o, x, m, v: elbo(o, x, m, v) - kl(m, v),
            "half of what": lambda o, x, m, v: elbo(o, x, m, v) + kl(m, v) / 2,
            "images are exchanged": lambda o, x, m, v: elbo(x, o, m, v),
            "used squared errors. Here": lambda o, x, m, v: -(o.sigmoid() - x).square().sum(dim=1) - kl(m, v),
            "squared errors of the logits": lambda o, x, m, v: -((o - x) ** 2).sum(dim=1) - kl(m, v),
            "the sigmoid before": lambda o, x, m, v: elbo(o.sigmoid(), x, m, v),
            "dark pixels": lambda o, x, m, v: (x * F.logsigmoid(o)).sum(dim=1) - kl(m, v),
            "bright pixels": lambda o, x, m, v: ((1 - x) * F.logsigmoid(-o)).sum(dim=1) - kl(m, v),
            "−1 of the KL": lambda o, x, m, v: -losses(o, x).sum(dim=1) - kl_of(one=0)(m, v),
            "as if it were log σ": lambda o, x, m, v: -losses(o, x).sum(dim=1) - kl(m, 2 * v),
            "σ where σ² belongs": lambda o, x, m, v: -losses(o, x).sum(dim=1) - kl_of(b=spread)(m, v),
            "are bits": lambda o, x, m, v: elbo(o, x, m, v) / 0.69314718,
            "term by term": lambda o, x, m, v: elbo(o, x, m, v) - 3,
        },
    ),
    "variational-active": (
        lambda mu: (mu.var(dim=0) > 0.01).sum(),
        {
            "Do not divide by their": lambda mu: (mu.var(dim=0) / mu.shape[0] > 0.01).sum(),
            "the silent ones": lambda mu: (mu.var(dim=0) < 0.01).sum(),
            "compared a deviation": [
                lambda mu: (mu.std(dim=0) > 0.01).sum(),
                lambda mu: ((mu - mu.mean(dim=0)).abs().mean(dim=0) > 0.01).sum(),
            ],
            "did not take the mean": [
                lambda mu: (mu.square().mean(dim=0) > 0.01).sum(),
                lambda mu: (abs(mu).mean(dim=0) > 0.01).sum(),
            ],
            "what *varies*": [
                lambda mu: (mu.mean(dim=0) > 0.01).sum(),
                lambda mu: (abs(mu.mean(dim=0)) > 0.01).sum(),
            ],
            "one variance over everything": lambda mu: (mu.var() > 0.01).sum(),
            "averaged the variances": lambda mu: int(mu.var(dim=0).mean() > 0.01),
            "threshold is 0.01": [
                lambda mu: (mu.var(dim=0) > 0.1).sum(),
                lambda mu: (mu.var(dim=0) > 0.001).sum(),
            ],
            "variance is a mean": lambda mu: (((mu - mu.mean(dim=0)) ** 2).sum(dim=0) > 0.01).sum(),
            "take the range": lambda mu: (mu.max(dim=0).values - mu.min(dim=0).values > 0.01).sum(),
            "single means": [lambda mu: (mu > 0.01).sum(), lambda mu: (mu.abs() > 0.01).sum()],
            "over the code. Take": lambda mu: (mu.var(dim=1) > 0.01).sum(),
            "for each number of the code": lambda mu: mu.var(dim=0) > 0.01,
            "Those are the variances": lambda mu: mu.var(dim=0),
            "places of the active": lambda mu: [i for i, v in enumerate(variances(mu)) if v > 0.01],
            "add up the variances": lambda mu: mu.var(dim=0)[mu.var(dim=0) > 0.01].sum(),
            "count all": lambda mu: mu.shape[1],
            "a share": lambda mu: (mu.var(dim=0) > 0.01).float().mean(),
            "you return the shape": lambda mu: mu > 0.01,
            "you return str": lambda mu: "two",
            "count where the variance": lambda mu: 3.3,
        },
    ),
}

BY_EFFECT = {
    "variational-draw": {
        "draw none of your own",
        "no gradient reaches mu or logvar",
        "no gradient reaches logvar",
        "no gradient reaches mu. the",
        "not the gradient that reaches mu",
    }
}
ALSO_RIGHT = {
    "variational-kl": [kl_by_torch, kl_of()],
    "variational-draw": [
        lambda m, v, e: torch.normal(0.0, 1.0, m.shape) * 0 + m + v.exp().sqrt() * e,
        lambda m, v, e: torch.addcmul(m, spread(v), e).double(),
    ],
    "variational-elbo": [elbo_by_torch, lambda o, x, m, v: (x * o - F.softplus(o)).sum(1) - kl(m, v)],
    "variational-active": [
        lambda mu: sum(v > 0.01 for v in variances(mu)),
        lambda mu: float((mu.std(dim=0) > 0.1).sum()),
        lambda mu: np.count_nonzero(mu.numpy().var(axis=0) > 0.01),
    ],
}
