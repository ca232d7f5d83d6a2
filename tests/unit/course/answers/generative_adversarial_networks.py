"""Answers to the exercises of lecture 19."""

import torch
import torch.nn.functional as F


def right_losses(logits):
    return -F.softplus(logits).mean(), F.softplus(-logits).mean()


def clamped(logits):
    D = logits.sigmoid().clamp(1e-7, 1 - 1e-7)
    return (1 - D).log().mean(), -D.log().mean()


def slopes(critic, between, **how):
    between = between.detach().requires_grad_()
    return torch.autograd.grad(critic(between).sum(), between, **how)[0]


CASES = {
    "gan-generator-losses": (
        right_losses,
        {
            "other order": lambda s: right_losses(s)[::-1],
            "saturating loss has the wrong sign": lambda s: (F.softplus(s).mean(), F.softplus(-s).mean()),
            "added up": lambda s: (-F.softplus(s).sum(), F.softplus(-s).sum()),
            "rounded to 0 or 1": lambda s: ((1 - s.sigmoid()).log().mean(), -s.sigmoid().log().mean()),
            "Do not clamp": clamped,
            "two losses": lambda s: F.softplus(-s).mean(),
            "softplus(-s)": lambda s: (-F.softplus(s).mean(), F.softplus(s).mean()),
        },
    ),
    "gan-gradient-penalty": (
        lambda f, x: ((slopes(f, x, create_graph=True).norm(dim=1) - 1) ** 2).mean(),
        {
            "create_graph": lambda f, x: ((slopes(f, x).norm(dim=1) - 1) ** 2).mean(),
            "each component": lambda f, x: ((slopes(f, x) - 1) ** 2).mean(),
            "whole batch": lambda f, x: (slopes(f, x).norm() - 1) ** 2,
            "towards 0": lambda f, x: (slopes(f, x).norm(dim=1) ** 2).mean(),
            "two-sided": lambda f, x: (slopes(f, x).norm(dim=1) - 1).clamp(min=0).square().mean(),
            "square is missing": lambda f, x: (slopes(f, x).norm(dim=1) - 1).mean(),
            "for each axis": lambda f, x: ((slopes(f, x).norm(dim=0) - 1) ** 2).mean(),
            "multiplied by 10": lambda f, x: 10 * ((slopes(f, x, create_graph=True).norm(dim=1) - 1) ** 2).mean(),
            "requires_grad_": lambda f, x: torch.autograd.grad(f(x).sum(), x)[0].mean(),
            "the **sum** of the scores": lambda f, x: torch.autograd.grad(f(x.requires_grad_()), x)[0].mean(),
        },
    ),
    "gan-frechet-gaussians": (
        lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2,
        {
            "the root at the end": lambda a, b: ((a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2) ** 0.5,
            "means only": lambda a, b: (a.mean() - b.mean()) ** 2,
            "spreads only": lambda a, b: (a.std() - b.std()) ** 2,
            "last term is missing": lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var(),
            "compare the variances": lambda a, b: (a.mean() - b.mean()) ** 2 + (a.var() - b.var()) ** 2,
            "the 2 is missing": lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var() - a.std() * b.std(),
            "the root is missing": lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var() - 2 * a.var() * b.var(),
            "to be squared": lambda a, b: (a.mean() - b.mean()).abs() + (a.std() - b.std()).abs(),
        },
    ),
    "gan-count-modes": (
        lambda p, c, s: (
            (torch.cdist(p, c) <= 3 * s).any(dim=0).sum().item(),
            (torch.cdist(p, c) <= 3 * s).any(dim=1).float().mean().item(),
        ),
        {
            "not each axis": lambda p, c, s: (2, ((p[:, None] - c).abs().amax(2) <= 3 * s).any(1).float().mean()),
            "one spread": lambda p, c, s: (0, 0.0),
            "is a share": lambda p, c, s: (2, 4),
            "good points, not modes": lambda p, c, s: (4, 4 / 7),
            "however far away": lambda p, c, s: (3, 1.0),
            "is not covered": lambda p, c, s: (3, 4 / 7),
            "two numbers": lambda p, c, s: 2,
            "in the other order": lambda p, c, s: (4 / 7, 2),
        },
    ),
}
