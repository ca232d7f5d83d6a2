"""Answers to the exercises of lecture 19."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F


def right_losses(logits):
    return -F.softplus(logits).mean(), F.softplus(-logits).mean()


def reduced_by(reduce):
    return lambda s: (reduce(F.logsigmoid(-s)), reduce(-F.logsigmoid(s)))


def clamped(logits):
    D = logits.sigmoid().clamp(1e-7, 1 - 1e-7)
    return (1 - D).log().mean(), -D.log().mean()


def with_epsilon(logits):
    D = logits.sigmoid()
    return (1 - D + 1e-8).log().mean(), -(D + 1e-8).log().mean()


def losses_by_bce(logits):
    zeros, ones = torch.zeros_like(logits), torch.ones_like(logits)
    bce = F.binary_cross_entropy_with_logits
    return torch.stack([-bce(logits, zeros), bce(logits, ones)])


def slopes(critic, between, **how):
    between = between.detach().requires_grad_()
    return torch.autograd.grad(critic(between).sum(), between, **how)[0]


def penalty_by(rule):
    return lambda f, x: rule(slopes(f, x, create_graph=True))


def right_penalty(critic, between):
    return ((slopes(critic, between, create_graph=True).norm(dim=1) - 1) ** 2).mean()


def requires_grad_only(critic, between):
    return ((slopes(critic, between).requires_grad_().norm(dim=1) - 1) ** 2).mean()


def with_the_critic_added(critic, between):
    return ((slopes(critic, between).norm(dim=1) - 1) ** 2).mean() + 0 * critic(between).sum()


def with_a_copy(critic, between):
    return right_penalty(copy.deepcopy(critic), between)


def another_tensor(critic, between):
    score = critic(between.clone()).sum()
    return torch.autograd.grad(score, between.requires_grad_())[0].mean()


def penalty_by_rows(critic, between):
    total = 0.0
    for place in between:
        place = place.clone().requires_grad_()
        slope = torch.autograd.grad(critic(place[None]).squeeze(), place, create_graph=True)[0]
        total = total + (slope.pow(2).sum().sqrt() - 1) ** 2
    return total / len(between)


def penalty_by_ones(critic, between):
    between.requires_grad_(True)
    score = critic(between)
    slope = torch.autograd.grad(score, between, torch.ones_like(score), create_graph=True, retain_graph=True)[0]
    return ((torch.linalg.vector_norm(slope, dim=1) - 1) ** 2).mean()


def moments(rule):
    return lambda a, b: rule(a.mean() - b.mean(), a.std(), b.std())


def cdist_table(points, centres, spread):
    return torch.cdist(points, centres) <= 3 * spread


def counting(table=cdist_table, covered=lambda t: t.any(dim=0).sum(), quality=lambda t: t.any(dim=1).float().mean()):
    return lambda p, c, s: (covered(table(p, c, s)).item(), quality(table(p, c, s)).item())


def by_nearest(points, centres, spread):
    distance = torch.cdist(points, centres)
    return distance == distance.amin(dim=1, keepdim=True)


def count_by_loops(points, centres, spread):
    hit, good = set(), 0
    for x, y in points.tolist():
        near = {i for i, (a, b) in enumerate(centres.tolist()) if math.hypot(x - a, y - b) <= 3 * spread}
        hit |= near
        good += bool(near)
    return len(hit), good / len(points)


def count_in_place(points, centres, spread):
    points /= spread
    return count_by_loops(points, centres / spread, 1)


CASES = {
    "gan-generator-losses": (
        right_losses,
        {
            "other order": lambda s: right_losses(s)[::-1],
            "saturating loss has the wrong sign. The generator": [
                lambda s: (F.softplus(s).mean(), F.softplus(-s).mean()),
                lambda s: (F.softplus(s).sum(), F.softplus(-s).sum()),
            ],
            "added up over the samples": reduced_by(torch.sum),
            "losses of each sample": reduced_by(lambda each: each),
            "the median": reduced_by(torch.median),
            "Yours is log D": lambda s: (F.logsigmoid(s).mean(), -F.logsigmoid(s).mean()),
            "Yours is -log D": lambda s: (F.softplus(-s).mean(), F.softplus(s).mean() + 1),
            "*logarithm* of 1 - D": lambda s: (1 - s.sigmoid().mean(), F.softplus(-s).mean()),
            "each sample first": [
                lambda s: ((1 - s.sigmoid()).mean().log(), right_losses(s)[1]),
                lambda s: (right_losses(s)[0], -s.sigmoid().mean().log()),
            ],
            "not sigmoid(1 - logit)": lambda s: (F.logsigmoid(1 - s).mean(), right_losses(s)[1]),
            "no probabilities": lambda s: ((1 - s).clamp(min=1e-7).log().mean(), -s.clamp(min=1e-7).log().mean()),
            "sigmoid twice": [
                lambda s: right_losses(s.sigmoid()),
                lambda s: (right_losses(s)[0], right_losses(s.sigmoid())[1]),
            ],
            "non-saturating loss has the wrong": lambda s: (right_losses(s)[0], -right_losses(s)[1]),
            "second loss over the samples": lambda s: (right_losses(s)[0], F.softplus(-s).sum()),
            "logarithm is missing": lambda s: (right_losses(s)[0], -s.sigmoid().mean()),
            "Wasserstein": lambda s: (right_losses(s)[0], -s.mean()),
            "least-squares": lambda s: (right_losses(s)[0], ((s - 1) ** 2).mean()),
            "rounded to 0 or 1": lambda s: ((1 - s.sigmoid()).log().mean(), -s.sigmoid().log().mean()),
            "Do not clamp": [clamped, with_epsilon],
            "two single numbers": lambda s: F.softplus(-s).mean(),
            "softplus(-s)": lambda s: (-F.softplus(s).mean(), F.softplus(s).mean()),
            "are asked": lambda s: (right_losses(s)[0] - 1, right_losses(s)[1] + 1),
        },
    ),
    "gan-gradient-penalty": (
        right_penalty,
        {
            "cannot be differentiated once more": [
                lambda f, x: ((slopes(f, x).norm(dim=1) - 1) ** 2).mean(),
                lambda f, x: right_penalty(f, x).item(),
            ],
            "does not reach the critic's weights": [requires_grad_only, with_the_critic_added, with_a_copy],
            "each component": [
                lambda f, x: ((slopes(f, x) - 1) ** 2).mean(),
                lambda f, x: ((slopes(f, x) - 1) ** 2).sum(1).mean(),
            ],
            "whole batch": [
                lambda f, x: (slopes(f, x).norm() - 1) ** 2,
                lambda f, x: (slopes(f, x).norm() / len(x) - 1) ** 2,
            ],
            "average the gradients": penalty_by(lambda g: (g.mean(0).norm() - 1) ** 2),
            "average the norms": penalty_by(lambda g: (g.norm(dim=1).mean() - 1) ** 2),
            "towards 0": lambda f, x: (slopes(f, x).norm(dim=1) ** 2).mean(),
            "not after the mean": penalty_by(lambda g: (g**2).sum(1).mean() - 1.0),
            "*squared* norm": penalty_by(lambda g: ((g**2).sum(1) - 1).pow(2).mean()),
            "size of the difference": penalty_by(lambda g: (g.norm(dim=1) - 1).abs().mean()),
            "You add it": penalty_by(lambda g: (g.norm(dim=1) + 1).square().mean()),
            "the mean norm": penalty_by(lambda g: g.norm(dim=1).mean()),
            "added up over the batch": penalty_by(lambda g: (g.norm(dim=1) - 1).square().sum()),
            "penalties of each sample": penalty_by(lambda g: (g.norm(dim=1) - 1) ** 2),
            "root at the end": lambda f, x: right_penalty(f, x) ** 0.5,
            "half of it": lambda f, x: right_penalty(f, x) / 2,
            "largest penalty": penalty_by(lambda g: ((g.norm(dim=1) - 1) ** 2).max()),
            "only slopes above": lambda f, x: (slopes(f, x).norm(dim=1) - 1).clamp(min=0).square().mean(),
            "only slopes below": penalty_by(lambda g: F.relu(1 - g.norm(dim=1)).square().mean()),
            "square is missing": lambda f, x: (slopes(f, x).norm(dim=1) - 1).mean(),
            "for each axis": lambda f, x: ((slopes(f, x).norm(dim=0) - 1) ** 2).mean(),
            "sizes of the components": penalty_by(lambda g: (g.abs().sum(1) - 1).square().mean()),
            "You add the components": penalty_by(lambda g: (g.sum(1) - 1).square().mean()),
            "largest component": penalty_by(lambda g: (g.abs().max(1).values - 1).square().mean()),
            "multiplied by 10": lambda f, x: 10 * ((slopes(f, x, create_graph=True).norm(dim=1) - 1) ** 2).mean(),
            "not their mean": penalty_by(lambda g: ((g / len(g)).norm(dim=1) - 1).square().mean()),
            "compare the scores": lambda f, x: ((f(x) - 1) ** 2).mean(),
            "norm of the places": lambda f, x: ((x.norm(dim=1) - 1) ** 2).mean(),
            "requires_grad_": lambda f, x: torch.autograd.grad(f(x).sum(), x)[0].mean(),
            "the **sum** of the scores": lambda f, x: torch.autograd.grad(f(x.requires_grad_()), x)[0].mean(),
            "the very tensor": another_tensor,
            "you return str": lambda f, x: "small",
            "(norm - 1) ** 2 over the batch": lambda f, x: right_penalty(f, x) + 1,
        },
    ),
    "gan-frechet-gaussians": (
        lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2,
        {
            "the root at the end": lambda a, b: ((a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2) ** 0.5,
            "means only": lambda a, b: (a.mean() - b.mean()) ** 2,
            "spreads only": lambda a, b: (a.std() - b.std()) ** 2,
            "last term is missing": lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var(),
            "compare the variances": [
                lambda a, b: (a.mean() - b.mean()) ** 2 + (a.var() - b.var()) ** 2,
                lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() - b.var(),
                lambda a, b: (a.mean() - b.mean()) ** 2 + abs(a.var() - b.var()),
            ],
            "the 2 is missing": lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var() - a.std() * b.std(),
            "the root is missing": lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var() - 2 * a.var() * b.var(),
            "one root too many": moments(lambda m, s, t: m * m + s * s + t * t - 2 * (s * t) ** 0.5),
            "last term has the wrong": moments(lambda m, s, t: m * m + s * s + t * t + 2 * s * t),
            "put standard deviations": moments(lambda m, s, t: m * m + (s**0.5 - t**0.5) ** 2),
            "subtract the difference of the spreads": moments(lambda m, s, t: m * m - (s - t) ** 2),
            "each difference by itself": moments(lambda m, s, t: (m + (s - t)) ** 2),
            "half of it": moments(lambda m, s, t: 0.5 * (m * m + (s - t) ** 2)),
            "differences are to be squared": lambda a, b: (a.mean() - b.mean()).abs() + (a.std() - b.std()).abs(),
            "of the means is to be squared, too": [
                moments(lambda m, s, t: m + (s - t) ** 2),
                moments(lambda m, s, t: abs(m) + (s - t) ** 2),
            ],
            "deviations is to be squared, too": [
                moments(lambda m, s, t: m * m + abs(s - t)),
                moments(lambda m, s, t: m * m + s - t),
            ],
            "divide by n": lambda a, b: (a.mean() - b.mean()) ** 2 + (np.std(a.numpy()) - np.std(b.numpy())) ** 2,
            "to be subtracted": lambda a, b: (a.mean() + b.mean()) ** 2 + (a.std() - b.std()) ** 2,
            "not each of them": lambda a, b: a.mean() ** 2 - b.mean() ** 2 + (a.std() - b.std()) ** 2,
            "Return one number": lambda a, b: 99.0,
        },
    ),
    "gan-count-modes": (
        counting(),
        {
            "average the distances": lambda p, c, s: (
                (torch.cdist(p, c).mean(0) <= 3 * s).sum(),
                counting()(p, c, s)[1],
            ),
            "quality is in percent": counting(quality=lambda t: 100 * t.any(dim=1).float().mean()),
            "nor their sum": [
                counting(lambda p, c, s: (p[:, None] - c).abs().amax(2) <= 3 * s),
                counting(lambda p, c, s: torch.cdist(p, c, p=1) <= 3 * s),
                counting(lambda p, c, s: (p[:, None, 0] - c[:, 0]).abs() <= 3 * s),
            ],
            "three spreads: the distance": [
                counting(lambda p, c, s: torch.cdist(p, c) <= s),
                counting(lambda p, c, s: torch.cdist(p, c) <= 2 * s),
                counting(lambda p, c, s: torch.cdist(p, c) <= 3),
                counting(lambda p, c, s: torch.cdist(p, c) <= 3 * s**2),
            ],
            "square 3 * spread as a whole": [
                counting(lambda p, c, s: ((p[:, None] - c) ** 2).sum(2) <= 9 * s),
                counting(lambda p, c, s: ((p[:, None] - c) ** 2).sum(2) <= 3 * s),
                counting(lambda p, c, s: ((p[:, None] - c) ** 2).sum(2) <= 3 * s**2),
            ],
            "Turn the comparison": counting(lambda p, c, s: torch.cdist(p, c) > 3 * s),
            "is a count; it is a share": counting(quality=lambda t: t.any(dim=1).sum()),
            "a share of the modes. How": counting(covered=lambda t: t.any(dim=0).float().mean()),
            "counts twice": counting(quality=lambda t: t.sum() / len(t)),
            "share of all pairs": counting(quality=lambda t: t.float().mean()),
            "of the best mode": counting(quality=lambda t: t.float().mean(dim=0).max()),
            "near no centre": counting(quality=lambda t: (~t).all(dim=1).float().mean()),
            "good points, not modes": [
                counting(covered=lambda t: t.any(dim=1).sum()),
                counting(covered=lambda t: t.sum()),
            ],
            "quality is a share of modes": counting(quality=lambda t: t.any(dim=0).float().mean()),
            "a fifth of an even share": counting(covered=lambda t: (t.sum(0) >= len(t) / t.shape[1] / 5).sum()),
            "more than one point": counting(covered=lambda t: (t.sum(0) >= 2).sum()),
            "`any`, not `all`": counting(covered=lambda t: t.all(dim=0).sum()),
            "of it cover a mode": lambda p, c, s: (counting(by_nearest)(p, c, s)[0], counting()(p, c, s)[1]),
            "of it count": counting(by_nearest),
            "its nearest mode only": counting(lambda p, c, s: by_nearest(p, c, s) & cdist_table(p, c, s)),
            "all modes. Count": lambda p, c, s: (len(c), counting()(p, c, s)[1]),
            "expected 2 answers": lambda p, c, s: 2,
            "in the other order": lambda p, c, s: counting()(p, c, s)[::-1],
            "along each side": lambda p, c, s: (7, 0.123),
            "changed the given `points`": count_in_place,
        },
    ),
}

BY_EFFECT = {
    "gan-generator-losses": {"rounded to 0 or 1", "Do not clamp"},
    "gan-gradient-penalty": {"cannot be differentiated once more", "does not reach the critic's weights"},
}
ALSO_RIGHT = {
    "gan-generator-losses": [losses_by_bce, lambda s: [F.logsigmoid(-s).mean().item(), -F.logsigmoid(s).mean().item()]],
    "gan-gradient-penalty": [penalty_by_rows, penalty_by_ones, lambda f, x: right_penalty(f, x).double()[None]],
    "gan-frechet-gaussians": [
        lambda a, b: moments(lambda m, s, t: m * m + s * s + t * t - 2 * (s * s * t * t) ** 0.5)(a, b).item(),
        lambda a, b: (np.mean(a.numpy()) - np.mean(b.numpy())) ** 2 + (a.numpy().std(ddof=1) - b.std().item()) ** 2,
    ],
    "gan-count-modes": [
        count_by_loops,
        lambda *given: torch.tensor(counting()(*given)),
        lambda *given: np.array(count_by_loops(*given)),
        counting(lambda p, c, s: ((p[:, None] - c) ** 2).sum(2) < 9 * s * s),
    ],
}
