"""Answers to the exercises of lecture 08."""

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


def square_maps(c_in, c_out, k, height, width):
    return c_out * c_in * k**2 + c_out, c_out * c_in * k**2 * height * height


def other_order(c_in, c_out, k, height, width):
    return c_out * c_in * k**2 * height * width, c_out * c_in * k**2 + c_out


def jump_of(step):
    """Return an attempt whose jump after a layer is ``step(jump, stride)``."""

    def attempt(layers):
        size, jump = 1, 1
        for kernel, stride in layers:
            size, jump = size + (kernel - 1) * jump, step(jump, stride)
        return size

    return attempt


def jump_too_early(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


CASES = {
    "output-size": (
        lambda n, k, s, p: convolution.output_size(n, k, stride=s, padding=p),
        {
            "forget the + 1": lambda n, k, s, p: (n + 2 * p - k) // s,
            "counts twice": padding_once,
            "divide with //": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
            "round down": lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
            "on paper": lambda n, k, s, p: n,
            "Did you use `padding`?": lambda n, k, s, p: (n - k) // s + 1,
            "*after* dividing": lambda n, k, s, p: (n + 2 * p - k + 1) // s,
            "give 5, too many": lambda n, k, s, p: round((n + 2 * p - k) / s) + 1,
            "returned no number": lambda n, k, s, p: str((n + 2 * p - k) // s + 1),
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
            "sum of 1": [[0, 0, 0], [2, 0, 0], [0, 0, 0]],
            "diagonally": [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
            "needs to be (3, 3)": [0, 1, 0],
            "not finite": [[0, 0, 0], [float("nan"), 0, 0], [0, 0, 0]],
            "is not an answer that can be read": "to the right",
        },
    ),
    "count-convolution": (
        count(sheets),
        {
            "has a bias too": count(sheets, bias=False),
            "sheet for each map in": count(lambda c_in, k: k * k),
            "for one place": count(sheets, places=False),
            "added, not multiplied": count(sheets, count_bias=True),
            "every place": lambda i, o, k, h, w: ((i * k * k + 1) * o * h * w, i * o * k * k * h * w),
            "one bias a map": lambda i, o, k, h, w: (i * o * k * k + 1, i * o * k * k * h * w),
            "How many numbers": lambda i, o, k, h, w: (i * o * k * k + o, i * k * k * h * w + 1),
            "two numbers": lambda i, o, k, h, w: 5,
            "need not be square": square_maps,
            "in the other order": other_order,
            "give the function itself": (156, 117600),
        },
    ),
    "receptive-field": (
        lambda layers: receptive_fields.receptive_field(layers)[-1].size,
        {
            "kernels added up": lambda layers: sum(k for k, _ in layers),
            "Strides matter": lambda layers: 1 + sum(k - 1 for k, _ in layers),
            "grow first": jump_too_early,
            "no number": lambda layers: [1, 2],
            "after strides 2 and 2": jump_of(lambda jump, stride: stride),
            "Jumps multiply": jump_of(lambda jump, stride: jump + stride),
            "give the function itself": 16,
            "on paper": lambda layers: 99,
        },
    ),
}
