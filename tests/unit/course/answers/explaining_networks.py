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


def along(shares, factor=lambda x, b: x - b, start=lambda b: b):
    """Integrated gradients with other shares of the way, another factor, another start."""

    def attempt(slope, x, baseline, steps):
        b = start(baseline)
        return factor(x, baseline) * sum(slope(b + a * (x - b)) for a in shares(steps)) / len(shares(steps))

    return attempt


def middles(steps):
    return [(i + 0.5) / steps for i in range(steps)]


def trapezoid(slope, x, b, steps):
    at = [slope(b + i / steps * (x - b)) for i in range(steps + 1)]
    return (x - b) * ((at[0] + at[-1]) / 2 + sum(at[1:-1])) / steps


def guided_in_place(x, incoming):
    incoming[incoming < 0] = 0
    return incoming * ((x > 0) & (x < 6))


def guided_by_loop(x, incoming):
    return [g if 0 < value < 6 and g > 0 else 0 for value, g in zip(x.tolist(), incoming.tolist(), strict=True)]


def guided_by_autograd(x, incoming):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(F.relu6(x), x, F.relu(incoming))[0]


def each(score):
    return lambda heats, inside: sum(float(score(h, i)) for h, i in zip(heats, inside, strict=True)) / len(heats)


def place(heat):
    return divmod(int(heat.argmax()), heat.shape[1])


def best(heat):
    return heat.max() if heat.numel() else -99


CASES = {
    "explaining-guided-rule": (
        guided,
        {
            "plain backpropagation: you": lambda x, g: g * ((x > 0) & (x < 6)),
            "backpropagation of a ReLU": lambda x, g: g * (x > 0),
            "flat there, so nothing": lambda x, g: g.clamp(min=0) * (x > 0),
            "rule of the deconvolution": lambda x, g: g.clamp(min=0),
            "flat there too": lambda x, g: F.relu(g) * (x < 6),
            "gradient through ReLU6": lambda x, g: F.relu6(g),
            "multiply it with the gradient": [
                lambda x, g: ((x > 0) & (x < 6) & (g > 0)).float(),
                lambda x, g: (x > 0) & (x < 6),
            ],
            "it is positive, else 0": [
                lambda x, g: x,
                lambda x, g: guided(x.clamp(max=5), g) * (x < 7),
                lambda x, g: guided(x, g) * (x < 5.5),
                lambda x, g: guided(x, g) * (x > 0.4),
                lambda x, g: guided(x, g) * (g > 1),
            ],
            "not positive": lambda x, g: g.abs() * ((x > 0) & (x < 6)),
            "keep the negative": lambda x, g: g.clamp(max=0) * ((x > 0) & (x < 6)),
            "Turn the condition": lambda x, g: g.clamp(min=0) * ((x <= 0) | (x >= 6)),
            "One of the two": lambda x, g: torch.where((g > 0) | ((x > 0) & (x < 6)), g, 0.0 * g),
            "cut the gradient off": lambda x, g: g.clamp(0, 6) * ((x > 0) & (x < 6)),
            "the *gradient* is below 6": [
                lambda x, g: g * ((g > 0) & (g < 6) & (x > 0)),
                lambda x, g: guided(x, g) * (g < 6),
            ],
            "multiply with x": [lambda x, g: F.relu6(x) * F.relu(g), lambda x, g: x * guided(x, g)],
            "made of x": [lambda x, g: F.relu6(x), lambda x, g: x * (guided(x, g) > 0)],
            "leave out what": lambda x, g: guided(x, g)[guided(x, g) > 0],
            "the gradient that goes on": lambda x, g: g[:2],
            "changed the given `incoming`": guided_in_place,
        },
    ),
    "explaining-grad-cam": (
        cam_of,
        {
            "largest of the maps": lambda m, g: F.relu((g.mean((2, 3), keepdim=True) * m).max(1).values),
            "one weight for all maps": lambda m, g: F.relu(m.sum(1) * g.mean((1, 2, 3))[:, None, None]),
            "are negative": lambda m, g: (g.mean((2, 3), keepdim=True) * m).sum(1),
            "size at the end": lambda m, g: (g.mean((2, 3), keepdim=True) * m).sum(1).abs(),
            "averages the gradient": [lambda m, g: F.relu((g * m).sum(1)), lambda m, g: (g * m).sum(1)],
            "before the sum": lambda m, g: F.relu(g.mean((2, 3), keepdim=True) * m).sum(1),
            "negative in the gradient": [
                lambda m, g: F.relu((F.relu(g.mean((2, 3), keepdim=True)) * m).sum(1)),
                lambda m, g: cam_of(m, g.clamp(min=0)),
            ],
            "size of the weights": lambda m, g: F.relu((g.mean((2, 3), keepdim=True).abs() * m).sum(1)),
            "not its sum": lambda m, g: F.relu((g.sum((2, 3), keepdim=True) * m).sum(1)),
            "largest gradient": lambda m, g: F.relu((g.flatten(2).amax(2)[..., None, None] * m).sum(1)),
            "over the batch too": lambda m, g: F.relu((g.mean((0, 2, 3), keepdim=True) * m).sum(1)),
            "over the maps, `dim=1`": lambda m, g: F.relu((g.mean(1, keepdim=True) * m).sum(1)),
            "one side only": [
                lambda m, g: F.relu((g.mean(2, keepdim=True) * m).sum(1)),
                lambda m, g: F.relu((g.mean(3, keepdim=True) * m).sum(1)),
            ],
            "softmax": lambda m, g: F.relu((g.mean((2, 3), keepdim=True).softmax(1) * m).sum(1)),
            "exchanged maps": lambda m, g: cam_of(g, m),
            "averaged over the maps at the end": lambda m, g: F.relu((g.mean((2, 3), keepdim=True) * m).mean(1)),
            "cut off the maps": lambda m, g: (g.mean((2, 3), keepdim=True) * F.relu(m)).sum(1),
            "divide by the largest": lambda m, g: cam_of(m, g) / cam_of(m, g).flatten(1).amax(1)[:, None, None],
            "not use the gradients": lambda m, g: F.relu(m.sum(1)),
            "keep a dimension": lambda m, g: F.relu((g.mean((2, 3), keepdim=True) * m).sum(1, keepdim=True)),
            "before the ReLU": lambda m, g: F.relu(g.mean((2, 3), keepdim=True) * m),
            "then take the ReLU": lambda m, g: g.mean((2, 3), keepdim=True) * m,
            "add up the pictures": lambda m, g: cam_of(m, g).sum(0),
            "one weight a map": lambda m, g: m.sum(1),
        },
    ),
    "explaining-integrated": (
        integrated,
        {
            "average slope. Multiply": along(middles, lambda x, b: 1),
            "sum of the slopes": lambda s, x, b, n: n * along(middles, lambda x, b: 1)(s, x, b, n),
            "number of steps. The integral": lambda s, x, b, n: n * integrated(s, x, b, n),
            "path starts at zero": along(middles, start=lambda b: 0 * b),
            "leave out the baseline": along(middles, lambda x, b: x, lambda b: 0 * b),
            "goes too far": lambda s, x, b, n: (x - b) * sum(s(b + a * x) for a in middles(n)) / n,
            "multiply with x. The": along(middles, lambda x, b: x),
            "multiply with the baseline": along(middles, lambda x, b: b),
            "has a sign": along(middles, lambda x, b: abs(x - b)),
            "slope at x only": lambda s, x, b, n: (x - b) * s(x),
            "times the input": lambda s, x, b, n: x * s(x),
            "gradient at x alone": lambda s, x, b, n: s(x),
            "middle of the way only": lambda s, x, b, n: (x - b) * s((x + b) / 2),
            "two ends": lambda s, x, b, n: (x - b) * (s(x) + s(b)) / 2,
            "sign is turned": lambda s, x, b, n: -integrated(s, x, b, n),
            "at an end of each step": [
                along(lambda n: [i / n for i in range(n)]),
                along(lambda n: [(i + 1) / n for i in range(n)]),
                along(lambda n: torch.linspace(0, 1, n)),
                along(lambda n: torch.linspace(0, 1, n + 1)),
                along(lambda n: [(i + 1) / (n + 1) for i in range(n)]),
                trapezoid,
            ],
            "Divide the places": along(lambda n: torch.arange(n) + 0.5),
            "times the mean slope at": lambda s, x, b, n: x * 0 + 1,
            "Use `steps`": [along(lambda n: middles(50)), along(lambda n: middles(100))],
            "mean(dim=0)": lambda s, x, b, n: (x - b) * (integrated(s, x, b, n) / (x - b)).mean(),
            "add up over the numbers": lambda s, x, b, n: integrated(s, x, b, n).sum(),
            "length of the way": lambda s, x, b, n: integrated(s, x, b, n) / (x - b).square().sum() ** 0.5,
        },
    ),
    "explaining-pointing-score": (
        pointing,
        {
            "Divide by the number": lambda h, i: len(h) * pointing(h, i),
            "per cent": lambda h, i: 100 * pointing(h, i),
            "share of misses": lambda h, i: 1 - pointing(h, i),
            "one a map. Return": lambda h, i: i.flatten(1)[torch.arange(len(h)), h.flatten(1).argmax(1)],
            "brightest places. Look": lambda h, i: h.flatten(1).argmax(1),
            "one maximum for all": lambda h, i: i.flatten()[h.argmax()].float(),
            "positive somewhere inside": each(lambda h, i: ((h > 0) & i).any()),
            "has an inside": each(lambda h, i: i.any()),
            "share of the map's sum": each(lambda h, i: (h * i).sum() / h.sum()),
            "most of the map": each(lambda h, i: (h * i).sum() / h.sum() > 0.5),
            "compare the sums": each(lambda h, i: (h * i).sum() > (h * ~i).sum()),
            "compare the means": each(lambda h, i: h[i].mean() > h[~i].mean()),
            "with a mean outside": each(lambda h, i: best(h[i]) > h[~i].mean()),
            "inside with a mean. The": each(lambda h, i: best(h[i]) > h.mean()),
            "`abs` first": lambda h, i: pointing(h.abs(), i),
            "darkest place": lambda h, i: pointing(-h, i),
            "row or the column": [
                each(lambda h, i: i[place(h)[0]].any()),
                each(lambda h, i: i[:, place(h)[1]].any()),
                each(lambda h, i: i[place(h)[0]].any() and i[:, place(h)[1]].any()),
            ],
            "brightest row and": each(lambda h, i: i[h.sum(1).argmax(), h.sum(0).argmax()]),
            "along the columns": each(lambda h, i: i.flatten()[h.T.flatten().argmax()]),
            "second brightest": each(lambda h, i: (i & (h >= h.flatten().sort().values[-2])).any()),
            "random place": lambda h, i: i.float().mean(),
            "how much of the inside": each(lambda h, i: ((h > 0) & i).sum() / i.sum()),
            "mean map": lambda h, i: i.flatten(1)[:, h.mean(0).argmax()].float().mean(),
            "each map's own maximum": [
                lambda h, i: h.mean(),
                lambda h, i: ((h * i).amax((1, 2)) >= h.amax((1, 2))).float().mean(),
            ],
        },
    ),
}

ALSO_RIGHT = {
    "explaining-guided-rule": [guided_by_loop, guided_by_autograd, lambda x, g: g * (x > 0) * (x <= 6) * (g >= 0)],
    "explaining-grad-cam": [
        lambda m, g: torch.einsum("bc,bchw->bhw", g.mean((2, 3)), m).clamp(min=0).double(),
        lambda m, g: cam_of(m, g).numpy(),
    ],
    "explaining-integrated": [along(middles), lambda s, x, b, n: -along(middles)(s, b, x, n)],
    "explaining-pointing-score": [
        each(lambda h, i: i[place(h)]),
        each(lambda h, i: h[i].numel() > 0 and h[i].max() == h.max()),
        lambda h, i: (h.flatten(1).argmax(1)[:, None] == torch.arange(12)).logical_and(i.flatten(1)).sum() / len(h),
    ],
}
