"""Answers to the exercises of lecture 10."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def products(n_in, n_out, kernel, side, stride, padding, groups):
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        nn.Conv2d(n_in, n_out, kernel, stride, padding, groups=groups)(torch.zeros(1, n_in, side, side))
    return counter.get_total_flops() // 2


def with_output(size):
    """Return the count with another `size` of the output, a function of the layer."""

    def count(n_in, n_out, kernel, side, stride, padding, groups):
        return size(kernel, side, stride, padding) ** 2 * n_out * n_in * kernel**2 / groups

    return count


def times(factor):
    return lambda *layer: products(*layer) * factor(*layer)


def parameters(*layers):
    return sum(p.numel() for layer in layers for p in layer.parameters())


def inception(n_in, one, three, five, pool, *, kernel=5, bias=True):
    return parameters(
        nn.Conv2d(n_in, one, 1, bias=bias),
        nn.Conv2d(n_in, three[0], 1, bias=bias),
        nn.Conv2d(*three, 3, bias=bias),
        nn.Conv2d(n_in, five[0], 1, bias=bias),
        nn.Conv2d(*five, kernel, bias=bias),
        nn.Conv2d(n_in, pool, 1, bias=bias),
    )


def block(x, w1, w2, shortcut, stride):
    way = x if shortcut is None else torch.einsum("oi,nihw->nohw", shortcut[:, :, 0, 0], x)[:, :, ::stride, ::stride]
    return (way + branch(x, w1, w2, stride)).clamp(min=0)


def branch(x, w1, w2, stride, *, second=1):
    return F.conv2d(F.conv2d(x, w1, stride=stride, padding=1).clamp(min=0), w2, stride=second, padding=1)


def way(x, shortcut, stride):
    return x if shortcut is None else F.conv2d(x, shortcut, stride=stride)


def maps(n, growth, depths):
    ends = []
    for depth in depths:
        layers = list(itertools.accumulate([n] + [growth] * depth))
        ends.append(layers[-1])
        n = (layers[-1] - layers[-1] % 2) // 2
    return ends


def all_maps(n, growth, depths, *, half=lambda end: end // 2, layers=lambda depth: depth):
    ends = [n + layers(depths[0]) * growth]
    for depth in depths[1:]:
        ends.append(half(ends[-1]) + layers(depth) * growth)
    return ends


CASES = {
    "architectures-macs": (
        products,
        {
            "Where are the groups": times(lambda i, o, k, s, stride, p, g: g),
            "groups twice": times(lambda i, o, k, s, stride, p, g: 1 / g),
            "multiply by the groups": times(lambda i, o, k, s, stride, p, g: g**2),
            "two sides: kernel": times(lambda i, o, k, s, stride, p, g: 1 / k),
            "Those are FLOPs": times(lambda i, o, k, s, stride, p, g: 2),
            "not one. Multiply": times(lambda i, o, k, s, stride, p, g: g / i),
            "one kernel": times(lambda i, o, k, s, stride, p, g: 1 / o),
            "stride is missing": with_output(lambda k, s, stride, p: s + 2 * p - k + 1),
            "padding is missing": with_output(lambda k, s, stride, p: (s - k) // stride + 1),
            "both sides": with_output(lambda k, s, stride, p: (s + p - k) // stride + 1),
            "one place more": with_output(lambda k, s, stride, p: (s + 2 * p - k) // stride),
            "round up": with_output(lambda k, s, stride, p: (s + 2 * p - k + stride - 1) // stride + 1),
            "do not round": with_output(lambda k, s, stride, p: (s + 2 * p - k) / stride + 1),
            "one row": times(lambda i, o, k, s, stride, p, g: 1 / ((s + 2 * p - k) // stride + 1)),
            "Those are the weights": lambda i, o, k, s, stride, p, g: parameters(
                nn.Conv2d(i, o, k, groups=g, bias=False)
            ),
            "places of the input": with_output(lambda k, s, stride, p: s),
            "count the bias": lambda i, o, k, s, stride, p, g: (
                products(i, o, k, s, stride, p, g) + o * len(range(0, s + 2 * p - k + 1, stride)) ** 2
            ),
            "stands behind the division": with_output(lambda k, s, stride, p: (s + 2 * p - k + 1) // stride),
            "fits only where": with_output(lambda k, s, stride, p: s // stride),
            "Those are the parameters": lambda i, o, k, s, stride, p, g: parameters(nn.Conv2d(i, o, k, groups=g)),
            "padded zeros": lambda i, o, k, s, stride, p, g: (
                F.unfold(torch.ones(1, 1, s, s), k, padding=p, stride=stride).sum() * o * (i // g)
            ),
            "Return one number": lambda *layer: "many",
        },
    ),
    "architectures-inception": (
        inception,
        {
            "biases are missing": lambda *w: inception(*w, bias=False),
            "one parameter of its own": lambda *w: 2 * inception(*w) - inception(*w, bias=False),
            "scale and shift are too many": lambda *w: 3 * inception(*w) - 2 * inception(*w, bias=False),
            "not one in all": lambda *w: inception(*w, bias=False) + 6,
            "9 weights": lambda n, one, t, f, pool: (
                n * (one + t[0] + f[0] + pool) + 3 * t[0] * t[1] + 5 * f[0] * f[1] + one + sum(t) + sum(f) + pool
            ),
            "5 × 5 here": lambda *w: inception(*w, kernel=3),
            "changed places": lambda n, one, t, f, pool: (
                inception(n, one, t, f, pool) + 16 * t[0] * t[1] - 16 * f[0] * f[1]
            ),
            "3 × 3 and the 5 × 5 are missing": lambda n, one, t, f, pool: (
                inception(n, one, t, f, pool) - (n + 1) * (t[0] + f[0])
            ),
            "not the block's input": lambda n, one, t, f, pool: (
                inception(n, one, t, f, pool) + 9 * (n - t[0]) * t[1] + 25 * (n - f[0]) * f[1]
            ),
            "1 × 1 in front. The pair": lambda n, one, t, f, pool: parameters(
                nn.Conv2d(n, one + pool, 1), nn.Conv2d(n, t[1], 3), nn.Conv2d(n, f[1], 5)
            ),
            "behind the pooling is missing": lambda n, one, t, f, pool: (
                inception(n, one, t, f, pool) - parameters(nn.Conv2d(n, pool, 1))
            ),
            "first path is missing": lambda n, one, t, f, pool: (
                inception(n, one, t, f, pool) - parameters(nn.Conv2d(n, one, 1))
            ),
            "Two paths": lambda n, one, t, f, pool: parameters(
                nn.Conv2d(n, one, 1), nn.Conv2d(n, f[0], 1), nn.Conv2d(*f, 5)
            ),
            "has no weights": lambda n, one, t, f, pool: inception(n, one, t, f, pool) + 8 * n * pool,
            "pairs backwards": lambda n, one, t, f, pool: inception(n, one, t[::-1], f[::-1], pool),
            "in front have biases": lambda n, one, t, f, pool: inception(n, one, t, f, pool) - t[0] - f[0],
            "comes *out*": lambda n, one, t, f, pool: inception(n, one, t, f, pool, bias=False) + 4 * n + t[0] + f[0],
            "how many maps come out": lambda n, one, t, f, pool: one + t[1] + f[1] + pool,
            "Return one number": lambda *w: "some",
        },
    ),
    "architectures-block": (
        block,
        {
            "last ReLU is missing": lambda x, w1, w2, s, stride: way(x, s, stride) + branch(x, w1, w2, stride),
            "between the two": lambda x, w1, w2, s, stride: F.relu(
                way(x, s, stride) + F.conv2d(F.conv2d(x, w1, stride=stride, padding=1), w2, padding=1)
            ),
            "Both ReLUs": lambda x, w1, w2, s, stride: (
                way(x, s, stride) + F.conv2d(F.conv2d(x, w1, stride=stride, padding=1), w2, padding=1)
            ),
            "before the addition": lambda x, w1, w2, s, stride: way(x, s, stride) + F.relu(branch(x, w1, w2, stride)),
            "One ReLU too many": lambda x, w1, w2, s, stride: F.relu(
                way(x, s, stride) + F.relu(branch(x, w1, w2, stride))
            ),
            "hands x on": lambda x, w1, w2, s, stride: F.relu(F.relu(way(x, s, stride)) + branch(x, w1, w2, stride)),
            "Where is the shortcut": lambda x, w1, w2, s, stride: F.relu(branch(x, w1, w2, stride)),
            "take the branch away": lambda x, w1, w2, s, stride: F.relu(way(x, s, stride) - branch(x, w1, w2, stride)),
            "multiply the two": lambda x, w1, w2, s, stride: F.relu(way(x, s, stride) * branch(x, w1, w2, stride)),
            "dense block": lambda x, w1, w2, s, stride: F.relu(
                torch.hstack([way(x, s, stride), branch(x, w1, w2, stride)])
            ),
            "mean of the two": lambda x, w1, w2, s, stride: block(x, w1, w2, s, stride) / 2,
            "second convolution": lambda x, w1, w2, s, stride: F.relu(
                way(x, s, stride) + branch(x, w1, w2, 1, second=stride)
            ),
            "no ReLU behind it": lambda x, w1, w2, s, stride: F.relu(
                (x if s is None else F.relu(way(x, s, stride))) + branch(x, w1, w2, stride)
            ),
            "x twice": lambda x, w1, w2, s, stride: F.relu(2 * way(x, s, stride) + branch(x, w1, w2, stride)),
            "take x away": lambda x, w1, w2, s, stride: F.relu(branch(x, w1, w2, stride) - way(x, s, stride)),
            "x itself is added": lambda x, w1, w2, s, stride: F.relu(
                branch(x, w1, w2, stride) + (0 if s is None else way(x, s, stride))
            ),
            "what it gives is added": lambda x, w1, w2, s, stride: F.relu(
                branch(x, w1, w2, stride) + (x if s is None else 0)
            ),
            "pre-activation": lambda x, w1, w2, s, stride: way(x, s, stride) + branch(F.relu(x), w1, w2, stride),
            "padding of 1": lambda x, w1, w2, s, stride: F.conv2d(F.conv2d(x, w1, stride=2 * stride), w2),
            "ask `if shortcut": lambda x, w1, w2, s, stride: F.relu(
                (way(x, s, stride) if s else x) + branch(x, w1, w2, stride)
            ),
            "ReLU of x first": lambda x, w1, w2, s, stride: block(F.relu(x), w1, w2, s, stride),
            "differ in shape": lambda x, w1, w2, s, stride: F.relu(x + branch(x, w1, w2, stride)),
            "may be None": lambda x, w1, w2, s, stride: F.relu(
                F.conv2d(x, s + 0, stride=stride) + branch(x, w1, w2, stride)
            ),
            "Return the maps": lambda x, w1, w2, s, stride: "maps",
        },
    ),
    "architectures-maps": (
        maps,
        {
            "behind each transition": lambda n, growth, depths: [end // 2 for end in all_maps(n, growth, depths)],
            "begins with n": lambda n, growth, depths: all_maps(n // 2, growth, depths),
            "behind the last": lambda n, growth, depths: [
                *maps(n, growth, depths)[:-1],
                maps(n, growth, depths)[-1] // 2,
            ],
            "at the *start*": lambda n, growth, depths: [n, *[end // 2 for end in maps(n, growth, depths)[:-1]]],
            "transitions are missing": lambda n, growth, depths: all_maps(n, growth, depths, half=lambda end: end),
            "round up": lambda n, growth, depths: all_maps(n, growth, depths, half=lambda end: (end + 1) // 2),
            "Half of an odd": lambda n, growth, depths: all_maps(n, growth, depths, half=lambda end: end / 2),
            "even neighbour": lambda n, growth, depths: all_maps(n, growth, depths, half=lambda end: round(end / 2)),
            "n again": lambda n, growth, depths: [n + depth * growth for depth in depths],
            "*layer* adds": lambda n, growth, depths: all_maps(n, growth, depths, layers=lambda depth: 1),
            "come in are kept": lambda n, growth, depths: [depth * growth for depth in depths],
            "too few": lambda n, growth, depths: all_maps(n, growth, depths, layers=lambda depth: depth - 1),
            "too many": lambda n, growth, depths: all_maps(n, growth, depths, layers=lambda depth: depth + 1),
            "not multiplied": lambda n, growth, depths: multiplied(n, growth, depths),
            "inside a layer": lambda n, growth, depths: all_maps(n, growth, depths, layers=lambda depth: 4 * depth),
            "last block": lambda n, growth, depths: maps(n, growth, depths)[-1],
            "not with n": lambda n, growth, depths: [n, *maps(n, growth, depths)],
            "add them up": lambda n, growth, depths: sum(maps(n, growth, depths)),
            "Return a list": lambda n, growth, depths: "many",
        },
    ),
}


def multiplied(n, growth, depths):
    ends = []
    for depth in depths:
        for _ in range(depth):
            n *= growth
        ends.append(n)
        n //= 2
    return ends


ALSO_RIGHT = {
    "architectures-macs": [with_output(lambda k, s, stride, p: len(range(0, s + 2 * p - k + 1, stride)))],
    "architectures-inception": [lambda *w: torch.tensor(inception(*w))],
    "architectures-block": [
        lambda x, w1, w2, s, stride: torch.maximum(
            way(x, s, stride) + branch(x, w1, w2, stride), torch.tensor(0.0)
        ).numpy()
    ],
    "architectures-maps": [lambda n, growth, depths: tuple(all_maps(n, growth, depths))],
}
