"""Answers to the exercises of lecture 08."""

import math

import numpy as np
import torch

from utils.networks import convolution, receptive_fields


def padding_once(n, k, s, p):
    return (n + p - k) // s + 1


def count(weights_per_map, *, bias=True, places=True, count_bias=False):
    def attempt(c_in, c_out, k, height, width):
        weights = c_out * weights_per_map(c_in, k)
        multiplications = (weights + count_bias * c_out) * (height * width if places else 1)
        return weights + bias * c_out, multiplications

    return attempt


def sheets(c_in, k):
    return c_in * k * k


def counted(parameters=None, multiplications=None):
    """An attempt that is wrong in one of the two: rules of (c_in, c_out, kernel, height, width)."""

    def attempt(*case):
        right = count(sheets)(*case)
        return parameters(*case) if parameters else right[0], multiplications(*case) if multiplications else right[1]

    return attempt


def jump_of(step):
    """Return an attempt whose jump after a layer is ``step(jump, stride)``."""

    def attempt(layers):
        size, jump = 1, 1
        for kernel, stride in layers:
            size, jump = size + (kernel - 1) * jump, step(jump, stride)
        return size

    return attempt


def reach_of(reach, start=1):
    """Return an attempt whose field grows by ``reach(kernel)`` jumps."""

    def attempt(layers):
        size, jump = start, 1
        for kernel, stride in layers:
            size, jump = size + reach(kernel) * jump, jump * stride
        return size

    return attempt


def jump_too_early(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


def from_above(layers):
    size = 1
    for kernel, stride in reversed(layers):
        size = (size - 1) * stride + kernel
    return size


def from_above_without_the_first(more):
    def attempt(layers):
        size = 1
        for kernel, stride in layers[::-1]:
            size = size * stride + kernel - 1 + more
        return size

    return attempt


def from_above_in_the_wrong_order(layers):
    size = 1
    for kernel, stride in layers:
        size = (size - 1) * stride + kernel
    return size


def from_above_emptying(layers):
    size = 1
    while layers:
        kernel, stride = layers.pop()
        size = (size - 1) * stride + kernel
    return size


CASES = {
    "output-size": (
        lambda n, k, s, p: convolution.output_size(n, k, stride=s, padding=p),
        {
            "at both ends. The window": lambda n, k, s, p: (n + 2 * p - 2 * k + 2) // s + 1,
            "transposed": lambda n, k, s, p: s * (n - 1) + k - 2 * p,
            "Neither the kernel": lambda n, k, s, p: n // s,
            "divide, at both ends": lambda n, k, s, p: (n - k) // s + p + 1,
            "forget the + 1": lambda n, k, s, p: (n + 2 * p - k) // s,
            "counts twice": padding_once,
            "makes the image larger": lambda n, k, s, p: (n - 2 * p - k) // s + 1,
            "before the window walks": lambda n, k, s, p: (n - k) // s + 1 + 2 * p,
            "divide with //": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
            "and round down": [
                lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
                lambda n, k, s, p: round((n + 2 * p - k) / s) + 1,
            ],
            "on paper": lambda n, k, s, p: n,
            "Did you use `padding`?": lambda n, k, s, p: (n - k) // s + 1,
            "Did you use `stride`?": lambda n, k, s, p: n + 2 * p - k + 1,
            "Did you use `kernel`?": [
                lambda n, k, s, p: (n + 2 * p) // s,
                lambda n, k, s, p: (n + 2 * p) // s + 1,
            ],
            "before you divide by the stride": lambda n, k, s, p: (n + 2 * p) // s - k + 1,
            "one pixel too many": lambda n, k, s, p: (n + 2 * p - k - 1) // s + 1,
            "half of the kernel": lambda n, k, s, p: (n + 2 * p - k // 2) // s + 1,
            "not + stride": lambda n, k, s, p: (n + 2 * p - k) // s + s,
            "keeps the size": lambda n, k, s, p: (n + s - 1) // s,
            "square image": lambda n, k, s, p: ((n + 2 * p - k) // s + 1) ** 2,
            "*after* dividing": [
                lambda n, k, s, p: (n + 2 * p - k + 1) // s,
                lambda n, k, s, p: (n + 2 * p - k + 1) / s,
            ],
            "no single number": lambda n, k, s, p: str((n + 2 * p - k) // s + 1),
            "give the function itself": 14,
        },
    ),
    "shift-kernel": (
        torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0]]),
        {
            "to the left": [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
            "image down": [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
            "image up": [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
            "must leave the centre": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
            "mixes several": [[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]],
            "edge detector": [[0, 0, 0], [1, 0, -1], [0, 0, 0]],
            "adds the moved image": [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
            "all zeros": torch.zeros(3, 3),
            "sum of 1": [[0, 0, 0], [2, 0, 0], [0, 0, 0]],
            "diagonally": [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
            "needs to be (3, 3)": [0, 1, 0],
            "not finite": [[0, 0, 0], [float("nan"), 0, 0], [0, 0, 0]],
            "is not an answer that can be read": "to the right",
            "give three rows": lambda image: image,
        },
    ),
    "count-convolution": (
        count(sheets),
        {
            "half of them": counted(None, lambda i, o, k, h, w: i * o * k * k * h * w // 2),
            "has a bias too": count(sheets, bias=False),
            "sheet for each map in": count(lambda c_in, k: k * k),
            "for one place": count(sheets, places=False),
            "added, not multiplied": [
                count(sheets, count_bias=True),
                counted(None, lambda i, o, k, h, w: i * o * k * k * h * w + o),
            ],
            "every place": [
                counted(lambda i, o, k, h, w: (i * k * k + 1) * o * h * w),
                counted(lambda i, o, k, h, w: i * k * k * o * h * w + o),
            ],
            "not one in all": counted(lambda i, o, k, h, w: i * o * k * k + 1),
            "not to an input map": counted(lambda i, o, k, h, w: i * o * k * k + i),
            "each sheet of its kernel": counted(lambda i, o, k, h, w: i * o * (k * k + 1)),
            "has one bias": counted(lambda i, o, k, h, w: i * o * k * k + 2 * o),
            "a kernel for each map *out*": [
                counted(lambda i, o, k, h, w: i * (k * k + 1)),
                counted(lambda i, o, k, h, w: i * k * k + o),
            ],
            "not their sum": [
                counted(lambda i, o, k, h, w: (i + o) * k * k + o),
                counted(None, lambda i, o, k, h, w: i * o * k * k * (h + w)),
            ],
            "kernel × kernel": counted(lambda i, o, k, h, w: i * o * k + o),
            "additions too": counted(None, lambda i, o, k, h, w: 2 * i * o * k * k * h * w),
            "one for each map in as well": counted(None, lambda i, o, k, h, w: o * k * k * h * w),
            "for each map *out* as well": counted(None, lambda i, o, k, h, w: i * k * k * h * w),
            "Do not subtract": counted(None, lambda i, o, k, h, w: i * o * k**2 * (h + 1 - k) * (w + 1 - k)),
            "needs c_in": counted(None, lambda i, o, k, h, w: 7),
            "expected 2 answers": lambda i, o, k, h, w: 5,
            "need not be square": [
                counted(None, lambda i, o, k, h, w: i * o * k**2 * h**2),
                counted(None, lambda i, o, k, h, w: i * o * k**2 * w**2),
            ],
            "in the other order": lambda *case: count(sheets)(*case)[::-1],
            "give the function itself": (156, 117600),
        },
    ),
    "receptive-field": (
        lambda layers: receptive_fields.receptive_field(layers)[-1].size,
        {
            "last layer alone": lambda layers: 1 + (layers[-1][0] - 1) * math.prod(s for _, s in layers[:-1]),
            "and not n * stride": [from_above_without_the_first(0), from_above_without_the_first(1)],
            "kernels added up": [
                lambda layers: sum(k for k, _ in layers),
                lambda layers: 1 + sum(k for k, _ in layers),
            ],
            "Strides matter": lambda layers: 1 + sum(k - 1 for k, _ in layers),
            "grow first": [jump_too_early, lambda layers: 1 + sum((k - 1) * s for k, s in layers)],
            "Jumps multiply": [
                jump_of(lambda jump, stride: stride),
                jump_of(lambda jump, stride: jump + stride),
                jump_of(lambda jump, stride: jump + stride - 1),
            ],
            "than a single unit": [reach_of(lambda k: k), reach_of(lambda k: k, start=0)],
            "walk back from one unit": reach_of(lambda k: max(k - 1, 1)),
            "one too few": reach_of(lambda k: k - 1, start=0),
            "from the layers *below*": from_above_in_the_wrong_order,
            "grow by adding": lambda layers: math.prod(k for k, _ in layers),
            "the jump after the last": lambda layers: math.prod(s for _, s in layers),
            "before the last layer": lambda layers: from_above(layers[:-1]),
            "largest kernel": lambda layers: max(layers)[0],
            "the area": lambda layers: from_above(layers) ** 2,
            "also where k is even": reach_of(lambda k: k // 2),
            "for odd kernels": reach_of(lambda k: k // 2 * 2),
            "after each layer": [
                lambda layers: [from_above(layers[:n]) for n in range(1, len(layers) + 1)],
                lambda layers: [from_above(layers[:n]) for n in range(len(layers) + 1)],
            ],
            "no single number": lambda layers: "wide",
            "changed the given `layers`": from_above_emptying,
            "give the function itself": 16,
            "on paper": lambda layers: 99,
        },
    ),
}

ALSO_RIGHT = {
    "output-size": [
        lambda n, k, s, p: -(-(n + 2 * p - k + 1) // s),
        lambda n, k, s, p: len(range(0, n + 2 * p - k + 1, s)),
        lambda n, k, s, p: math.floor((n + 2 * p - k) / s + 1),
        lambda n, k, s, p: torch.zeros(1, n + 2 * p).unfold(1, k, s).shape[1],
    ],
    "shift-kernel": [
        [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
        np.eye(9)[3].reshape(3, 3),
        torch.eye(9, dtype=torch.float64, requires_grad=True)[3].reshape(3, 3),
        [torch.zeros(3), torch.tensor([1.0, 0, 0]), torch.zeros(3)],
    ],
    "count-convolution": [lambda *case: list(map(float, count(sheets)(*case)))],
    "receptive-field": [from_above, jump_of(lambda jump, stride: jump * stride)],
}
