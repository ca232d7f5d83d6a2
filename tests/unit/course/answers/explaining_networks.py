"""Answers to the exercises of lecture 12."""

import torch
import torch.nn.functional as F


def guided(x, incoming):
    return incoming.clamp(min=0) * ((x > 0) & (x < 6))


def cam_of(maps, gradients):
    return F.relu((gradients.mean((2, 3), keepdim=True) * maps).sum(1))


def integrated(slope, x, baseline, steps):
    shares = (torch.arange(steps) + 0.5) / steps
    return (x - baseline) * torch.stack([slope(baseline + a * (x - baseline)) for a in shares]).mean(0)


def pointing(heats, inside):
    return inside.flatten(1)[torch.arange(len(heats)), heats.flatten(1).argmax(1)].float().mean()


CASES = {
    "explaining-guided-rule": (
        guided,
        {
            "plain backpropagation": lambda x, g: g * ((x > 0) & (x < 6)),
            "flat above 6": lambda x, g: g.clamp(min=0) * (x > 0),
            "rule of the deconvolution": lambda x, g: g.clamp(min=0),
            "multiply it with the gradient": lambda x, g: ((x > 0) & (x < 6) & (g > 0)).float(),
            "Only the third and": lambda x, g: x,
            "not positive": lambda x, g: g.abs() * ((x > 0) & (x < 6)),
            "cut the gradient off": lambda x, g: g.clamp(0, 6) * ((x > 0) & (x < 6)),
            "expected (7,)": lambda x, g: g[:2],
        },
    ),
    "explaining-grad-cam": (
        cam_of,
        {
            "are negative": lambda m, g: (g.mean((2, 3), keepdim=True) * m).sum(1),
            "averages the gradient": lambda m, g: F.relu((g * m).sum(1)),
            "ReLU comes last": lambda m, g: F.relu(g.mean((2, 3), keepdim=True) * m).sum(1),
            "negative weights": lambda m, g: F.relu((F.relu(g.mean((2, 3), keepdim=True)) * m).sum(1)),
            "mean of the gradient": lambda m, g: F.relu((g.sum((2, 3), keepdim=True) * m).sum(1)),
            "They are added up": lambda m, g: F.relu((g.mean((2, 3), keepdim=True) * m).mean(1)),
            "Sum over the maps": lambda m, g: F.relu(g.mean((2, 3), keepdim=True) * m),
            "one weight a map": lambda m, g: m.sum(1),
        },
    ),
    "explaining-integrated": (
        integrated,
        {
            "x - baseline": lambda s, x, b, n: integrated(s, x, b, n) / (x - b),
            "number of steps": lambda s, x, b, n: n * integrated(s, x, b, n),
            "starts at zero": lambda s, x, b, n: integrated(s, x, 0 * b, n),
            "you multiply with x": lambda s, x, b, n: x * integrated(s, x, b, n) / (x - b),
            "slope at x only": lambda s, x, b, n: (x - b) * s(x),
            "sign is turned": lambda s, x, b, n: -integrated(s, x, b, n),
            "x³": lambda s, x, b, n: x * 0 + 1,
            "Use `steps`": lambda s, x, b, n: integrated(s, x, b, 32),
            "mean(dim=0)": lambda s, x, b, n: (x - b) * (integrated(s, x, b, n) / (x - b)).mean(),
        },
    ),
    "explaining-pointing-score": (
        pointing,
        {
            "Divide by the number": lambda h, i: 4 * pointing(h, i),
            "per cent": lambda h, i: 100 * pointing(h, i),
            "one maximum for all": lambda h, i: i.flatten()[h.argmax()].float(),
            "brightest place counts": lambda h, i: ((h > 0) & i).flatten(1).any(1).float().mean(),
            "share of the map's sum": lambda h, i: ((h * i).sum((1, 2)) / h.sum((1, 2))).mean(),
            "random place": lambda h, i: i.float().mean(),
            "share of misses": lambda h, i: 1 - pointing(h, i),
            "each map's own maximum": lambda h, i: h.mean(),
            "one number": lambda h, i: h.flatten(1).argmax(1),
        },
    ),
}
