"""Answers to the exercises of lecture 11."""

import torch
import torch.nn.functional as F
from torch import nn

from utils.networks.inspecting import macs_by_layer


def block(n_in, n_out, kernel, stride, expansion):
    wide = n_in * expansion
    widen = [nn.Conv2d(n_in, wide, 1)] if expansion > 1 else []
    around = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide)
    return [*widen, around, nn.Conv2d(wide, n_out, 1)]


def layers(n_in, n_out, kernel, side, stride, expansion):
    """Return the multiply-adds of the layers of a block, counted by running it."""
    with torch.device("meta"):
        net = nn.Sequential(*block(n_in, n_out, kernel, stride, expansion))
    return list(macs_by_layer(net, (n_in, side, side)).values())


def products(*shape):
    return sum(layers(*shape))


def parts(shape):
    """Return the multiply-adds of the widening (0 if there is none), the depthwise and the narrowing layer."""
    return [0, *layers(*shape)][-3:]


def weights(n_in, n_out, kernel, side, stride, expansion):
    return sum(layer.weight.numel() for layer in block(n_in, n_out, kernel, stride, expansion))


def outputs(n_in, n_out, kernel, side, stride, expansion):
    """Return how many numbers the layers make."""
    wide, out = n_in * expansion, side // stride
    return (side**2 * wide if expansion > 1 else 0) + out**2 * (wide + n_out)


def every(maps, step):
    """Return channels 0, step, 2 step, …, 1, step + 1, …"""
    return torch.cat([maps[:, start::step] for start in range(step)], dim=1)


def table(maps, groups):
    return maps.view(len(maps), groups, maps.shape[1] // groups, *maps.shape[2:])


def each(weights):
    return weights.flatten(1).abs().max(1).values.view(-1, 1, 1, 1)


def on_grid(weights, largest, steps, how=torch.round):
    return how(weights * steps / largest) * largest / steps


def steps(bits):
    return 2 ** (bits - 1) - 1


def divergence(student, teacher, T, reduction="batchmean"):
    return F.kl_div(F.log_softmax(student / T, 1), F.softmax(teacher / T, 1), reduction=reduction)


def soft(student, teacher, T):
    return T**2 * divergence(student, teacher, T)


CASES = {
    "efficient-macs": (
        products,
        {
            "each kernel reads one map": lambda *s: products(*s) + parts(s)[1] * (s[0] * s[5] - 1),
            "no widening layer": lambda *s: products(*s) + (s[3] ** 2 * s[0] ** 2 if s[5] == 1 else 0),
            "that widens is missing": lambda *s: sum(parts(s)[1:]),
            "depthwise convolution is missing": lambda *s: parts(s)[0] + parts(s)[2],
            "that narrows is missing": lambda *s: sum(parts(s)[:2]),
            "two sides: kernel": lambda *s: products(*s) + parts(s)[1] / s[2] - parts(s)[1],
            "before the stride": lambda *s: parts(s)[0] / s[4] ** 2 + sum(parts(s)[1:]),
            "stride is in the depthwise": lambda *s: parts(s)[0] + s[4] ** 2 * sum(parts(s)[1:]),
            "places of its *output*": lambda *s: parts(s)[0] + s[4] ** 2 * parts(s)[1] + parts(s)[2],
            "maps behind the stride": lambda *s: parts(s)[0] + parts(s)[1] + s[4] ** 2 * parts(s)[2],
            "rows and columns": lambda *s: parts(s)[0] / s[3] + sum(parts(s)[1:]) / (s[3] // s[4]),
            "Those are FLOPs": lambda *s: 2 * products(*s),
            "Those are the weights": weights,
            "Where is the expansion": lambda *s: products(*s[:5], 1),
            "n_out * expansion": lambda n, o, k, side, stride, e: (
                (side * side * n * o * e if e > 1 else 0) + (side // stride) ** 2 * o * e * (k * k + o)
            ),
            "reads the wide maps": lambda *s: parts(s)[0] + parts(s)[1] + parts(s)[2] / s[5],
            "count biases": lambda *s: products(*s) + outputs(*s),
            "shortcut is an addition": [
                lambda *s: products(*s) + (s[3] // s[4]) ** 2 * s[0] * s[1],
                lambda *s: products(*s) + (s[3] ** 2 * s[1] if s[0] == s[1] and s[4] == 1 else 0),
            ],
            "works on the wide maps": lambda *s: parts(s)[0] + parts(s)[1] / s[5] + parts(s)[2],
            "n_in for n_out": lambda n, o, *rest: products(o, n, *rest),
            "layers one by one": lambda *s: products(*s) + 1,
            "Return one number": lambda *s: "many",
        },
    ),
    "efficient-shuffle": (
        lambda maps, groups: every(maps, maps.shape[1] // groups),
        {
            "Nothing has moved": lambda maps, groups: maps + 0,
            "table is turned": lambda maps, groups: every(maps, groups),
            "order around": lambda maps, groups: maps[:, list(range(maps.shape[1]))[::-1]],
            "swap whole groups": lambda maps, groups: table(maps, groups).flip(1).flatten(1, 2),
            "whole groups along": lambda maps, groups: table(maps, groups).roll(1, 1).flatten(1, 2),
            "every map along": lambda maps, groups: torch.cat([maps[:, -1:], maps[:, :-1]], 1),
            "one axis of its two": lambda maps, groups: table(maps, groups).swapaxes(1, 2),
            "That is the table": table,
            "rows and columns of the images": lambda maps, groups: maps.permute(0, 1, 3, 2).reshape(maps.shape),
            "first image": lambda maps, groups: F.channel_shuffle(maps[:1], groups),
            "shuffle twice": lambda maps, groups: F.channel_shuffle(F.channel_shuffle(maps, groups), groups),
            "`view` does not work": lambda maps, groups: table(maps, groups).transpose(1, 2).view(maps.shape),
            "sizes to give": lambda maps, groups: maps.reshape(len(maps), groups, groups + 7, *maps.shape[2:]),
            "column by column": lambda maps, groups: maps[:, [1, 0, *range(2, maps.shape[1])]],
            "(B, C, H, W).": lambda maps, groups: "maps",
        },
    ),
    "efficient-rounding": (
        lambda w, bits: on_grid(w, each(w), steps(bits)),
        {
            "one scale for all": lambda w, bits: on_grid(w, w.abs().max(), steps(bits)),
            "before the maximum": lambda w, bits: on_grid(w, w.flatten(1).max(1).values.view(-1, 1, 1, 1), steps(bits)),
            "and each output map": lambda w, bits: on_grid(w, w.max(), steps(bits)),
            "each map *in*": lambda w, bits: on_grid(w, each(w.transpose(0, 1)).view(1, -1, 1, 1), steps(bits)),
            "each kernel plane": lambda w, bits: on_grid(
                w, w.flatten(2).abs().max(2).values[..., None, None], steps(bits)
            ),
            "one value less": lambda w, bits: on_grid(w, each(w), steps(bits) + 1),
            "for the sign": [
                lambda w, bits: on_grid(w, each(w), 2**bits - 1),
                lambda w, bits: on_grid(w, each(w), 2**bits),
            ],
            "not `bits` steps": lambda w, bits: on_grid(w, each(w), bits),
            "round down": lambda w, bits: on_grid(w, each(w), steps(bits), torch.floor),
            "round up": lambda w, bits: on_grid(w, each(w), steps(bits), torch.ceil),
            "cut the fraction": lambda w, bits: on_grid(w, each(w), steps(bits), lambda x: x.int()),
            "Nothing is rounded": lambda w, bits: w * 1.0,
            "whole numbers. Multiply": lambda w, bits: (w * steps(bits) / each(w)).round(),
            "weights themselves": lambda w, bits: torch.round(w),
            "other way round": lambda w, bits: (w * each(w) / steps(bits)).round() * steps(bits) / each(w),
            "always round to 8": lambda w, bits: on_grid(w, each(w), 127),
            "Brackets": lambda w, bits: (w / (each(w) / 2 ** (bits - 1) - 1)).round() * (each(w) / 2 ** (bits - 1) - 1),
            "smallest weight. The": lambda w, bits: on_grid(
                w, w.flatten(1).min(1).values.view(-1, 1, 1, 1), steps(bits)
            ),
            "half of the range": lambda w, bits: on_grid(
                w, (w.flatten(1).max(1).values - w.flatten(1).min(1).values).view(-1, 1, 1, 1) / 2, steps(bits)
            ),
            "For each output map": lambda w, bits: on_grid(w, 3 * each(w), steps(bits)),
            "asymmetric": lambda w, bits: torch.stack(
                [
                    (m - m.min()).div((m.max() - m.min()) / (2**bits - 1)).round() * (m.max() - m.min()) / (2**bits - 1)
                    + m.min()
                    for m in w
                ]
            ),
            "That is the scale": lambda w, bits: each(w) / steps(bits),
            "from the mean": lambda w, bits: on_grid(w, w.flatten(1).abs().mean(1).view(-1, 1, 1, 1), steps(bits)),
            "standard deviation": lambda w, bits: on_grid(w, w.flatten(1).std(1).view(-1, 1, 1, 1), steps(bits)),
            "keepdim=True": lambda w, bits: w / w.abs().amax((1, 2, 3)),
            "weights' shape": lambda w, bits: "rounded",
        },
    ),
    "efficient-distillation-loss": (
        lambda s, t, y, T, w: w * soft(s, t, T) + (1 - w) * F.cross_entropy(s, y),
        {
            "T² is missing from": lambda s, t, y, T, w: w * divergence(s, t, T) + (1 - w) * F.cross_entropy(s, y),
            "classes as well: `red": lambda s, t, y, T, w: (
                w * soft(s, t, T) / s.shape[1] + (1 - w) * F.cross_entropy(s, y)
            ),
            "T² is missing, and": lambda s, t, y, T, w: (
                w * divergence(s, t, T) / s.shape[1] + (1 - w) * F.cross_entropy(s, y)
            ),
            "sum over the batch": lambda s, t, y, T, w: (
                w * T * T * divergence(s, t, T, "sum") + (1 - w) * F.cross_entropy(s, y)
            ),
            "turned around": lambda s, t, y, T, w: w * soft(t, s, T) + (1 - w) * F.cross_entropy(s, y),
            "changed places": lambda s, t, y, T, w: (1 - w) * soft(s, t, T) + w * F.cross_entropy(s, y),
            "Only the teacher": lambda s, t, y, T, w: w * soft(s * T, t, T) + (1 - w) * F.cross_entropy(s, y),
            "Only the student": lambda s, t, y, T, w: w * soft(s, t * T, T) + (1 - w) * F.cross_entropy(s, y),
            "Nobody is softened": lambda s, t, y, T, w: w * T**2 * soft(s, t, 1) + (1 - w) * F.cross_entropy(s, y),
            "temperature of 1": lambda s, t, y, T, w: w * soft(s, t, T) + (1 - w) * F.cross_entropy(s / T, y),
            "that of the *student*": lambda s, t, y, T, w: w * soft(s, t, T) + (1 - w) * F.cross_entropy(t, y),
            "labels is missing": lambda s, t, y, T, w: w * soft(s, t, T),
            "counts 1 - weight": lambda s, t, y, T, w: w * soft(s, t, T) + F.cross_entropy(s, y),
            "weights are missing": lambda s, t, y, T, w: soft(s, t, T) + F.cross_entropy(s, y),
            "divergence counts": lambda s, t, y, T, w: soft(s, t, T) + (1 - w) * F.cross_entropy(s, y),
            "divergence alone": lambda s, t, y, T, w: (
                T * T * (w * divergence(s, t, T) + (1 - w) * F.cross_entropy(s, y))
            ),
            "multiply by T. The": lambda s, t, y, T, w: w * T * divergence(s, t, T) + (1 - w) * F.cross_entropy(s, y),
            "teacher's entropy": lambda s, t, y, T, w: (
                w * T * T * -(F.softmax(t / T, 1) * F.log_softmax(s / T, 1)).sum(1).mean()
                + (1 - w) * F.cross_entropy(s, y)
            ),
            "A temperature divides": lambda s, t, y, T, w: (
                w * T**4 * soft(s, t, 1 / T) + (1 - w) * F.cross_entropy(s, y)
            ),
            "squared difference": lambda s, t, y, T, w: (
                w * T * T * (s - t).square().mean() + (1 - w) * F.cross_entropy(s, y)
            ),
            "Soften both": lambda s, t, y, T, w: (
                w * T * T * F.kl_div(F.softmax(s / T, 1), F.softmax(t / T, 1), reduction="batchmean")
                + (1 - w) * F.cross_entropy(s, y)
            ),
            "Return one number": [
                lambda s, t, y, T, w: "the loss",
                lambda s, t, y, T, w: w * F.kl_div((s / T).log_softmax(1), (t / T).log_softmax(1), reduction="sum"),
            ],
        },
    ),
}

ALSO_RIGHT = {
    "efficient-macs": [
        lambda n, o, k, side, stride, e: (side // stride) ** 2 * n * e * (stride**2 * n * (e != 1) + k**2 + o),
    ],
    "efficient-shuffle": [
        F.channel_shuffle,
        lambda maps, groups: torch.stack(maps.chunk(groups, 1), 2).flatten(1, 2),
    ],
    "efficient-rounding": [
        lambda w, bits: torch.stack(
            [(m * steps(bits) / m.abs().max()).round() * m.abs().max() / steps(bits) for m in w]
        ),
        lambda w, bits: torch.fake_quantize_per_channel_affine(
            w, (each(w) / steps(bits)).flatten(), torch.zeros(len(w), dtype=torch.int32), 0, -steps(bits), steps(bits)
        ),
    ],
    "efficient-distillation-loss": [
        lambda s, t, y, T, w: (
            w * T * T * F.kl_div((s / T).log_softmax(1), (t / T).log_softmax(1), reduction="batchmean", log_target=True)
            - (1 - w) * s.log_softmax(1)[range(len(y)), y].mean()
        ),
    ],
}
