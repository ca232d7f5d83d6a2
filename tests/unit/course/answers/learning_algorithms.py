"""Answers to the exercises of lecture 09."""

import numpy as np
import torch
from torch import nn


def by_optimizer(optimizer_class, w, g, lr, state, **settings):
    """Take one step of torch.optim from a given state; returns the new weights and the state."""
    p = nn.Parameter(w.clone())
    optimizer = optimizer_class([p], lr=lr, **settings)
    optimizer.state[p] = state
    p.grad = g.clone()
    optimizer.step()
    return p.detach(), optimizer.state[p]


def momentum(w, g, v, lr, beta):
    new, state = by_optimizer(torch.optim.SGD, w, g, lr, {"momentum_buffer": v.clone()}, momentum=beta)
    return new, state["momentum_buffer"]


def adam(g, m, h, t, lr):
    state = {"step": torch.tensor(float(t - 1)), "exp_avg": m.clone(), "exp_avg_sq": h.clone()}
    return -by_optimizer(torch.optim.Adam, torch.zeros_like(g, dtype=torch.float64), g.double(), lr, doubled(state))[0]


def doubled(state):
    return {name: value.double() if name != "step" else value for name, value in state.items()}


def adam_parts(g, m, h, t, *, t_m=None, t_h=None, squares=True, betas=(0.9, 0.999)):
    mean = m + (1 - betas[0]) * (g - m)
    square = h + (1 - betas[1]) * ((g * g if squares else g.abs()) - h)
    t_m, t_h = t if t_m is None else t_m, t if t_h is None else t_h
    correct = [1 - beta**power if power else 1 for beta, power in zip(betas, (t_m, t_h), strict=True)]
    return mean / correct[0], square / correct[1]


def step_of(parts, lr):
    return lr * parts[0] / (torch.sqrt(parts[1]) + 1e-8)


def with_epsilon(parts):
    return parts[0], parts[1] + 1e-8


def under_root(parts):
    return parts[0], (parts[1] + 1e-8) ** 0.5


def rooted(parts):
    return parts[0], parts[1] ** 0.5


def rate(step, n_steps, n_warm, highest):
    return float(np.interp(step, [0, n_warm], [0, highest])) if step < n_warm else highest * fall(step, n_steps, n_warm)


def fall(step, n_steps, n_warm):
    return np.cos(np.pi / 2 * (step - n_warm) / (n_steps - n_warm)) ** 2


def rises(step, n_steps, n_warm, highest, cool):
    return highest * step / n_warm if step < n_warm else highest * cool((step - n_warm) / (n_steps - n_warm))


def by_layer(x, batches, *, momentum=0.1, variance=1.0, also=(), first=()):
    layer = nn.BatchNorm1d(x.shape[1], momentum=momentum)
    layer.running_var.fill_(variance)
    for batch in [*first, *batches, *also]:
        layer(batch)
    return layer.eval()(x).detach()


def biased(x, batches):
    mean, var = np.zeros(x.shape[1]), np.ones(x.shape[1])
    for batch in batches:
        mean += 0.1 * (batch.numpy().mean(0) - mean)
        var += 0.1 * (batch.numpy().var(0) - var)
    return (x.numpy() - mean) / np.sqrt(var + 1e-5)


def running(x, batches, statistic):
    mean, spread = torch.zeros(x.shape[1]), torch.ones(x.shape[1])
    for batch in batches:
        mean, spread = torch.lerp(mean, batch.mean(0), 0.1), torch.lerp(spread, statistic(batch), 0.1)
    return (x - mean) / spread


CASES = {
    "learning-momentum": (
        momentum,
        {
            "old memory. Take": lambda w, g, v, lr, beta: (w - lr * v, g + beta * v),
            "holds the rate": lambda w, g, v, lr, beta: (w - beta * v - lr * g, beta * v + lr * g),
            "1 - beta": lambda w, g, v, lr, beta: (w - lr * torch.lerp(g, v, beta), torch.lerp(g, v, beta)),
            "uphill": lambda w, g, v, lr, beta: (w + lr * beta * v + lr * g, g + beta * v),
            "Nesterov": lambda w, g, v, lr, beta: (
                by_optimizer(torch.optim.SGD, w, g, lr, {"momentum_buffer": v.clone()}, momentum=beta, nesterov=True)[
                    0
                ],
                g + beta * v,
            ),
            "never forget": lambda w, g, v, lr, beta: (w - lr * v - lr * g, v + g),
            "gradient alone": lambda w, g, v, lr, beta: (w - lr * g, g + beta * v),
            "return the old memory": lambda w, g, v, lr, beta: (w - lr * (g + beta * v), v),
            "learning rate is missing": lambda w, g, v, lr, beta: (w - g - beta * v, g + beta * v),
            "takes the gradient away": lambda w, g, v, lr, beta: (w - lr * beta * v + lr * g, beta * v - g),
            "changed places": lambda w, g, v, lr, beta: momentum(w, g, v, lr, beta)[::-1],
            "memory is missing": lambda w, g, v, lr, beta: momentum(w, g, v, lr, beta)[0],
            "Return two tensors": lambda w, g, v, lr, beta: 3.0,
        },
    ),
    "learning-adam": (
        adam,
        {
            "Neither mean": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t, t_m=0, t_h=0), lr),
            "m is not corrected": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t, t_m=0), lr),
            "h is not corrected": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t, t_h=0), lr),
            "under the root": lambda g, m, h, t, lr: lr * torch.divide(*under_root(adam_parts(g, m, h, t))),
            "Epsilon is missing": lambda g, m, h, t, lr: lr * torch.divide(*rooted(adam_parts(g, m, h, t))),
            "one too many": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t + 1), lr),
            "two betas": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t, betas=(0.999, 0.9)), lr),
            "rate is missing": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t), 1),
            "sign is turned": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t), -lr),
            "root is missing": lambda g, m, h, t, lr: lr * torch.divide(*with_epsilon(adam_parts(g, m, h, t))),
            "has to be squared": lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t, squares=False), lr),
            "gradient of this batch": lambda g, m, h, t, lr: lr * g / torch.sqrt(adam_parts(g, m, h, t)[1]),
            "from before the step": lambda g, m, h, t, lr: step_of((m / (1 - 0.9**t), h / (1 - 0.999**t)), lr),
            "need both parts": lambda g, m, h, t, lr: step_of(
                ((0.9 * m + g) / (1 - 0.9**t), (0.999 * h + g * g) / (1 - 0.999**t)), lr
            ),
            "one tensor of the shape": lambda g, m, h, t, lr: "a step",
        },
    ),
    "learning-schedule": (
        rate,
        {
            "one step early": lambda s, n, w, top: top * (s + 1) / w if s < w else rate(s, n, w, top),
            "begins at step 0": lambda s, n, w, top: top * s / w if s < w else top * fall(s, n, 0),
            "too long": lambda s, n, w, top: top * s / w if s < w else top * fall(s - w, n, 0),
            "quarter of a wave": lambda s, n, w, top: rises(s, n, w, top, lambda t: np.cos(np.pi * t / 2)),
            "becomes negative": lambda s, n, w, top: rises(s, n, w, top, lambda t: np.cos(np.pi * t)),
            "fall in a straight line": lambda s, n, w, top: rises(s, n, w, top, lambda t: 1 - t),
            "your rate stays": lambda s, n, w, top: min(top, top * s / w),
            "warm-up is missing": lambda s, n, w, top: top * fall(s, n, 0),
            "highest rate is 1": lambda s, n, w, top: rate(s, n, w, 1),
            "from the beginning": lambda s, n, w, top: top if s < w else rate(s, n, w, top),
            "rise along a cosine": lambda s, n, w, top: (
                top * np.sin(np.pi / 2 * s / w) ** 2 if s < w else rate(s, n, w, top)
            ),
            "cosine rises": lambda s, n, w, top: rises(s, n, w, top, lambda t: np.sin(np.pi * t / 2) ** 2),
            "π is missing": lambda s, n, w, top: rises(s, n, w, top, lambda t: np.cos(t / 2) ** 2),
            "the rate of this step": lambda s, n, w, top: [top, top],
        },
    ),
    "learning-tested": (
        by_layer,
        {
            "one less": biased,
            "turned round": lambda x, batches: by_layer(x, batches, momentum=0.9),
            "begin at 0": lambda x, batches: by_layer(x, batches, variance=0.0),
            "last batch only": lambda x, batches: by_layer(x, batches[-1:]),
            "first batch only": lambda x, batches: by_layer(x, batches[:1]),
            "backwards": lambda x, batches: by_layer(x, list(reversed(batches))),
            "nothing of the past": lambda x, batches: by_layer(x, batches, momentum=1.0),
            "by itself": lambda x, batches: nn.BatchNorm1d(x.shape[1])(x).detach(),
            "pool all rows": lambda x, batches: by_layer(x, [torch.cat(batches)], momentum=1.0),
            "plain means": lambda x, batches: by_layer(x, batches, momentum=None),
            "divide by the variance": lambda x, batches: running(x, batches, lambda batch: batch.var(0)),
            "standard deviations": lambda x, batches: running(x, batches, lambda batch: batch.std(0)),
            "numbers first": lambda x, batches: by_layer(x, batches, first=[x]),
            "numbers last": lambda x, batches: by_layer(x, batches, also=[x]),
            "one tensor of the shape": lambda x, batches: 1.0,
        },
    ),
}

ALSO_RIGHT = {
    "learning-momentum": [lambda w, g, v, lr, beta: [w - lr * beta * v - lr * g, v * beta + g]],
    "learning-adam": [lambda g, m, h, t, lr: step_of(adam_parts(g, m, h, t), lr)],
    "learning-schedule": [
        lambda s, n, w, top: rises(s, n, w, top, lambda t: (1 + np.cos(np.pi * t)) / 2),
        lambda s, n, w, top: torch.tensor(rate(s, n, w, top)),
    ],
    "learning-tested": [lambda x, batches: by_layer(x, batches).numpy()],
}
