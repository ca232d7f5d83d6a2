"""Checkers of lecture 11: each returns a hint, or None if the attempt is right."""

import numpy as np
import torch
import torch.nn.functional as F

from utils.course.hints import compare, floats, takes_function

EXACT = {"rtol": 1e-7, "atol": 1e-3}  # counts are whole numbers

# ---------------------------------------------------------------- an inverted residual


def _block(rng):
    """Draw a block; an expansion of 1, which has no widening layer, and a stride of 2 both come up."""
    n_in, n_out = (int(n) for n in rng.choice([3, 5, 8], 2))
    kernel, stride, expansion = int(rng.choice([3, 5])), int(rng.choice([1, 2])), int(rng.choice([1, 4, 6]))
    return n_in, n_out, kernel, stride * int(rng.integers(3, 9)), stride, expansion


def _macs(
    n_in,
    n_out,
    kernel,
    side,
    stride,
    expansion,
    *,
    widen=True,
    always=False,
    area=2,
    around=1,
    narrow=1,
    early=False,
    late=False,
    places=2,
    into=None,
):
    """Return the count, or what it is with one thing changed."""
    wide, out = n_in * expansion, side // stride
    first = (out if early else side) ** places * n_in * wide * (widen and (always or expansion > 1))
    middle = (side if late else out) ** places * wide * kernel**area * around
    last = (side if late else out) ** places * (into or wide) * n_out * narrow
    return first + middle + last


def _dense_middle(n_in, n_out, kernel, side, stride, expansion):
    return _macs(n_in, n_out, kernel, side, stride, expansion, around=n_in * expansion)


def _with_biases(n_in, n_out, kernel, side, stride, expansion):
    wide, out = n_in * expansion, side // stride
    biases = side**2 * wide * (expansion > 1) + out**2 * (wide + n_out)
    return _macs(n_in, n_out, kernel, side, stride, expansion) + biases


def _weights(n_in, n_out, kernel, side, stride, expansion):
    return _macs(n_in, n_out, kernel, 1, 1, expansion)


def _unexpanded(n_in, n_out, kernel, side, stride, expansion):
    return _macs(n_in, n_out, kernel, side, stride, 1)


def _output_wide(n_in, n_out, kernel, side, stride, expansion):
    """The wide part as if it were a multiple of the maps that come out."""
    wide, out = n_out * expansion, side // stride
    return side**2 * n_in * wide * (expansion > 1) + out**2 * wide * (kernel**2 + n_out)


def _shortcut_counted(n_in, n_out, kernel, side, stride, expansion):
    return _macs(n_in, n_out, kernel, side, stride, expansion) + (side // stride) ** 2 * n_in * n_out


def _additions_counted(n_in, n_out, kernel, side, stride, expansion):
    added = (stride == 1 and n_in == n_out) * side**2 * n_out
    return _macs(n_in, n_out, kernel, side, stride, expansion) + added


def _narrow_middle(n_in, n_out, kernel, side, stride, expansion):
    return _macs(n_in, n_out, kernel, side, stride, expansion, around=1 / expansion)


MACS = [
    (
        _dense_middle,
        "In the depthwise layer each kernel reads one map: kernel**2 products for each number, not times the maps.",
    ),
    (lambda *b: _macs(*b, always=True), "With an expansion of 1 there is no widening layer."),
    (
        lambda *b: _macs(*b, widen=False),
        "The 1 × 1 convolution that widens is missing, where the expansion is above 1.",
    ),
    (
        lambda *b: _macs(*b, around=0),
        "The depthwise convolution is missing: kernel**2 products for each number that it makes.",
    ),
    (lambda *b: _macs(*b, narrow=0), "The 1 × 1 convolution that narrows is missing."),
    (lambda *b: _macs(*b, area=1), "A kernel has two sides: kernel**2."),
    (lambda *b: _macs(*b, early=True), "The widening layer stands before the stride: it works at side × side places."),
    (
        lambda *b: _macs(*b, late=True),
        "The stride is in the depthwise layer: what it makes, and what follows, has (side / stride)² places.",
    ),
    (
        lambda n, o, k, s, stride, e: _macs(n, o, k, s, stride, e) + (s**2 - (s // stride) ** 2) * n * e * k**2,
        "The depthwise layer makes maps of side / stride: its products are counted at the places of its *output*.",
    ),
    (
        lambda n, o, k, s, stride, e: _macs(n, o, k, s, stride, e) + (s**2 - (s // stride) ** 2) * n * e * o,
        "The narrowing layer works on the maps behind the stride: (side / stride)² places.",
    ),
    (lambda *b: _macs(*b, places=1), "Maps have rows and columns: side**2 places, not side."),
    (lambda *b: 2 * _macs(*b), "Those are FLOPs. One multiplication and one addition are one MAC."),
    (_weights, "Those are the weights. Each is used at every place of the maps that its layer makes."),
    (_unexpanded, "Where is the expansion? Inside the block there are n_in * expansion maps."),
    (_output_wide, "The block widens what comes in: n_in * expansion maps, not n_out * expansion."),
    (
        lambda n, o, k, s, stride, e: _macs(n, o, k, s, stride, e, into=n),
        "The narrowing layer reads the wide maps: n_in * expansion of them.",
    ),
    (_with_biases, "You count biases. They are additions without a multiplication; leave them out."),
    (_shortcut_counted, "The shortcut is an addition. It has no weights and no multiply-adds."),
    (_additions_counted, "The shortcut is an addition. It has no weights and no multiply-adds."),
    (_narrow_middle, "The depthwise layer works on the wide maps: n_in * expansion of them."),
    (lambda n, o, *rest: _macs(o, n, *rest), "You take n_in for n_out. The block widens what comes *in*."),
]


@takes_function("my_macs", draw=_block, seeds=(4, 6, 23, 7, 18, 37, 28, 32))
def check_macs(attempt, cases):
    """``attempt(n_in, n_out, kernel, side, stride, expansion)`` returns the multiply-adds."""
    wanted = "Return one number: the products of the widening, the depthwise and the narrowing layer."
    last = "Count the layers one by one: the products of one number that comes out, times how many come out."
    return compare(attempt, cases, _macs, MACS, wanted=wanted, last=last, **EXACT)


# ---------------------------------------------------------------- channel shuffle


def _maps(rng):
    """Draw maps whose rows differ in number from their columns, and groups that differ from what is in a group."""
    groups, inside = ((2, 3), (3, 2), (3, 4), (2, 5))[int(rng.integers(4))]
    return floats(rng.normal(size=(2, groups * inside, 2, 3))), groups


def _shuffle(maps, groups):
    b, c, h, w = maps.shape
    return maps.reshape(b, groups, c // groups, h, w).transpose(1, 2).reshape(b, c, h, w)


def _dealt(maps, groups):
    return _shuffle(maps, maps.shape[1] // groups)


def _blocks_reversed(maps, groups):
    return torch.cat(maps.chunk(groups, dim=1)[::-1], dim=1)


SHUFFLE = [
    (lambda maps, groups: maps, "Nothing has moved. Without a transposition the table is read as it was written."),
    (_dealt, "Your table is turned: it has `groups` *rows*, each with the C / groups maps of one group."),
    (lambda maps, groups: maps.flip(1), "You turn the order around. Deal the channels out in rows, and read columns."),
    (_blocks_reversed, "You swap whole groups. Then a group still holds only its own maps."),
    (
        lambda maps, groups: maps.roll(maps.shape[1] // groups, dims=1),
        "You move whole groups along. Then a group still holds only its own maps.",
    ),
    (
        lambda maps, groups: maps.roll(1, dims=1),
        "You move every map along by one. Deal the channels out in rows, and read columns.",
    ),
    (
        lambda maps, groups: maps.reshape(len(maps), groups, -1, *maps.shape[2:]).transpose(1, 2),
        "The table is right. Make one axis of its two again: (B, C, H, W).",
    ),
    (
        lambda maps, groups: maps.reshape(len(maps), groups, -1, *maps.shape[2:]),
        "That is the table. Transpose its two axes, and make one axis of them again.",
    ),
    (
        lambda maps, groups: maps.transpose(2, 3).reshape(maps.shape),
        "You transpose rows and columns of the images. The axes of the *table* are to change places.",
    ),
    (lambda maps, groups: _shuffle(maps[:1], groups), "Only the first image of the batch comes back."),
    (
        lambda maps, groups: _shuffle(_shuffle(maps, groups), groups),
        "You shuffle twice.",
    ),
]
SHUFFLE_ERRORS = [
    (
        "view size is not compatible",
        "After a transposition `view` does not work. Use `reshape`, or `contiguous()` first.",
    ),
    (
        "is invalid for input of size",
        "The table has B × groups × C / groups × H × W numbers: those are the sizes to give.",
    ),
]


@takes_function("my_shuffle", draw=_maps, seeds=(1, 4, 5, 6, 8, 9, 12, 16))
def check_shuffle(attempt, cases):
    """``attempt(maps, groups)`` returns the maps in another order of channels."""
    wanted = "Return the maps, (B, C, H, W)."
    last = "Write the channels into a table of `groups` rows, and read it column by column."
    return compare(attempt, cases, _shuffle, SHUFFLE, wanted=wanted, last=last, errors=SHUFFLE_ERRORS)


# ---------------------------------------------------------------- rounding


def _weights_and_bits(rng):
    """Draw weights whose maps have different ranges; the largest weight of every other map is negative.

    The scales are powers of two, so that the largest weights are whole multiples of theirs however one computes.
    """
    bits = int(rng.choice([3, 4, 5]))
    largest = (2 ** (bits - 1) - 1) * 2.0 ** rng.permutation([-5, -4, -3, -2])
    rows = 0.95 * rng.uniform(-1, 1, size=(4, 18)) * largest[:, None]
    rows[range(4), rng.integers(0, 18, 4)] = largest * np.where(np.arange(4) % 2, 1, -1)
    return floats(rows.reshape(4, 2, 3, 3)), bits


def _each(weights):
    return weights.abs().amax(dim=(1, 2, 3), keepdim=True)


def _rounded(weights, bits, *, top=lambda bits: 2 ** (bits - 1) - 1, largest=_each, how=torch.round, low=None):
    scale = largest(weights) / top(bits)
    whole = how(weights / scale)
    return (whole if low is None else whole.clamp(min=low(bits))) * scale


def _affine(weights, bits):
    low, high = (getattr(weights, name)(dim=(1, 2, 3), keepdim=True) for name in ("amin", "amax"))
    scale = (high - low) / (2**bits - 1)
    return ((weights - low) / scale).round() * scale + low


ROUNDING = [
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.abs().amax()),
        "You use one scale for all. Each of the N output maps has its own.",
    ),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.amax(dim=(1, 2, 3), keepdim=True)),
        "The largest weight may be negative: take `abs()` before the maximum.",
    ),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.amax()),
        "The largest weight may be negative: take `abs()`; and each output map has its own scale.",
    ),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.abs().amax(dim=(0, 2, 3), keepdim=True)),
        "That is a scale for each map *in*. One for each map that comes *out*: the maximum over the other three axes.",
    ),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.abs().amax(dim=(2, 3), keepdim=True)),
        "That is a scale for each kernel plane. One for each output map: the maximum over three axes.",
    ),
    (
        lambda w, b: _rounded(w, b, top=lambda b: 2 ** (b - 1)),
        "The largest is 2**(b - 1) - 1: one value less on each side.",
    ),
    (
        lambda w, b: _rounded(w, b, top=lambda b: 2**b - 1),
        "One bit is for the sign: 2**(bits - 1) - 1 values on each side of 0.",
    ),
    (
        lambda w, b: _rounded(w, b, top=lambda b: 2**b),
        "One bit is for the sign: 2**(bits - 1) - 1 values on each side of 0.",
    ),
    (
        lambda w, b: _rounded(w, b, top=lambda b: b),
        "`bits` bits make 2**(bits - 1) - 1 steps on each side of 0, not `bits` steps.",
    ),
    (lambda w, b: _rounded(w, b, how=torch.floor), "You round down. Round to the nearest: `round()`."),
    (lambda w, b: _rounded(w, b, how=torch.ceil), "You round up. Round to the nearest: `round()`."),
    (lambda w, b: _rounded(w, b, how=torch.trunc), "You cut the fraction off. Round to the nearest: `round()`."),
    (
        lambda w, b: _rounded(w, b, how=lambda x: x),
        "Nothing is rounded. Divide by the scale, `round()`, multiply by the scale.",
    ),
    (
        lambda w, b: _rounded(w, b) / (_each(w) / (2 ** (b - 1) - 1)),
        "Those are the whole numbers. Multiply by the scale again.",
    ),
    (lambda w, b: w.round(), "You round the weights themselves. Divide by the scale first."),
    (
        lambda w, b: (w * _each(w) / (2 ** (b - 1) - 1)).round() / (_each(w) / (2 ** (b - 1) - 1)),
        "Divide by the scale before you round, and multiply afterwards; not the other way round.",
    ),
    (
        lambda w, b: _rounded(w, 8),
        "You always round to 8 bits. The argument `bits` says to how many: 2**(bits - 1) - 1 steps on each side of 0.",
    ),
    (
        lambda w, b: (w / (_each(w) / 2 ** (b - 1) - 1)).round() * (_each(w) / 2 ** (b - 1) - 1),
        "Brackets: the scale is largest / (2**(bits - 1) - 1). Without them the 1 is taken from the scale.",
    ),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: -w.amin(dim=(1, 2, 3), keepdim=True)),
        "You look at the smallest weight. The largest in size may have either sign: `abs()` before the maximum.",
    ),
    (
        lambda w, b: _rounded(
            w, b, largest=lambda w: (w.amax((1, 2, 3), keepdim=True) - w.amin((1, 2, 3), keepdim=True)) / 2
        ),
        "You take half of the range from the smallest to the largest weight. The largest in size decides.",
    ),
    (_affine, "That is asymmetric quantisation, from the smallest to the largest weight. Here 0 is in the middle."),
    (lambda w, b: _each(w) / (2 ** (b - 1) - 1), "That is the scale. Round weights / scale, and multiply by it."),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.abs().mean(dim=(1, 2, 3), keepdim=True)),
        "The scale comes from the *largest* weight of a map, not from the mean.",
    ),
    (
        lambda w, b: _rounded(w, b, largest=lambda w: w.std(dim=(1, 2, 3), keepdim=True)),
        "The scale comes from the *largest* weight of a map, not from the standard deviation.",
    ),
]
ROUNDING_ERRORS = [
    ("must match the size of tensor", "Keep the reduced axes, `keepdim=True`, so that the scale fits the weights.")
]


@takes_function("my_rounding", draw=_weights_and_bits, seeds=(12, 16, 24, 25, 31, 41, 43, 56))
def check_rounding(attempt, cases):
    """``attempt(weights, bits)`` returns the rounded weights."""
    wanted = "Return the rounded weights, a tensor of the weights' shape."
    last = "For each output map: the scale is its largest weight in size / (2**(bits - 1) - 1); round weights / scale."
    return compare(attempt, cases, _rounded, ROUNDING, wanted=wanted, last=last, errors=ROUNDING_ERRORS)


# ---------------------------------------------------------------- the loss of a student


def _logits(rng):
    """Draw logits, labels, a temperature and a weight, such that no two mistakes agree."""
    student, teacher = (floats(rng.normal(size=(4, 5)) * 2) for _ in range(2))
    labels = torch.as_tensor(rng.integers(0, 5, 4))
    return student, teacher, labels, float(rng.choice([2.0, 3.0])), float(rng.choice([0.3, 0.8]))


def _soft(student, teacher, T, *, square=True, turned=False, reduce=lambda each: each.mean(), hot=(True, True)):
    p, q = (F.log_softmax(z / (T if warm else 1), dim=1) for z, warm in zip((student, teacher), hot, strict=True))
    p, q = (q, p) if turned else (p, q)
    return (T**2 if square else 1) * reduce((q.exp() * (q - p)).sum(1))


def _loss(student, teacher, labels, T, weight, *, hard=None, swapped=False, **changed):
    hard = F.cross_entropy(student, labels) if hard is None else hard
    weight = 1 - weight if swapped else weight
    return weight * _soft(student, teacher, T, **changed) + (1 - weight) * hard


def _softened_cross_entropy(student, teacher, labels, T, weight):
    soft = F.cross_entropy(student / T, F.softmax(teacher / T, dim=1))
    return weight * T**2 * soft + (1 - weight) * F.cross_entropy(student, labels)


LOSS = [
    (lambda *a: _loss(*a, square=False), "T² is missing from the divergence."),
    (
        lambda *a: _loss(*a, reduce=lambda each: each.mean() / 5),
        'You divide by the classes as well: `reduction="mean"` does. Use `"batchmean"`.',
    ),
    (
        lambda *a: _loss(*a, reduce=lambda each: each.mean() / 5, square=False),
        'T² is missing, and `reduction="mean"` divides by the classes as well.',
    ),
    (
        lambda *a: _loss(*a, reduce=lambda each: each.sum()),
        "That is the sum over the batch. The loss is the mean over the batch.",
    ),
    (
        lambda *a: _loss(*a, turned=True),
        "Your divergence is turned around. `F.kl_div` takes the student's logarithms first, then the teacher.",
    ),
    (lambda *a: _loss(*a, swapped=True), "The two weights have changed places: `weight` belongs to the divergence."),
    (
        lambda *a: _loss(*a, hot=(False, True)),
        "Only the teacher is softened. Divide the student's logits by T as well.",
    ),
    (
        lambda *a: _loss(*a, hot=(True, False)),
        "Only the student is softened. Divide the teacher's logits by T as well.",
    ),
    (lambda *a: _loss(*a, hot=(False, False)), "Nobody is softened: divide both logits by T before the softmax."),
    (
        lambda s, t, y, T, w: _loss(s, t, y, T, w, hard=F.cross_entropy(s / T, y)),
        "The cross-entropy with the labels has a temperature of 1: the logits as they are.",
    ),
    (
        lambda s, t, y, T, w: _loss(s, t, y, T, w, hard=F.cross_entropy(t, y)),
        "The cross-entropy is that of the *student* with the labels. The teacher's is a constant.",
    ),
    (lambda s, t, y, T, w: w * _soft(s, t, T), "The cross-entropy with the labels is missing."),
    (lambda s, t, y, T, w: w * _soft(s, t, T) + F.cross_entropy(s, y), "The cross-entropy counts 1 - weight."),
    (
        lambda s, t, y, T, w: _soft(s, t, T) + F.cross_entropy(s, y),
        "The weights are missing: `weight`, and 1 - weight.",
    ),
    (lambda s, t, y, T, w: _soft(s, t, T) + (1 - w) * F.cross_entropy(s, y), "The divergence counts `weight`."),
    (
        lambda s, t, y, T, w: T**2 * (w * _soft(s, t, T, square=False) + (1 - w) * F.cross_entropy(s, y)),
        "T² belongs to the divergence alone, not to the cross-entropy.",
    ),
    (
        lambda s, t, y, T, w: w * T * _soft(s, t, T, square=False) + (1 - w) * F.cross_entropy(s, y),
        "You multiply by T. The gradient shrinks like 1 / T², so the factor is T².",
    ),
    (
        _softened_cross_entropy,
        "That is the cross-entropy with the soft targets. Take the teacher's entropy away from it.",
    ),
    (
        lambda s, t, y, T, w: _loss(s * T * T, t * T * T, y, T, w, hard=F.cross_entropy(s, y)),
        "You multiply the logits by T. A temperature divides.",
    ),
    (
        lambda s, t, y, T, w: w * T**2 * F.mse_loss(s, t) + (1 - w) * F.cross_entropy(s, y),
        "That is the squared difference of the logits. The divergence compares softened probabilities.",
    ),
]


@takes_function("my_distillation", draw=_logits, seeds=(0, 1, 3, 4, 5, 6, 7, 8))
def check_distillation(attempt, cases):
    """``attempt(student, teacher, labels, T, weight)`` returns the loss."""
    wanted = (
        "Return one number, the loss. `F.kl_div(log_p, q)` wants the logarithm of the student's probabilities, and the "
        "teacher's probabilities themselves; their logarithms only with `log_target=True`."
    )
    last = (
        "Soften both along the classes, take the divergence of the student from the teacher as a mean over the batch, "
        "times T²; the cross-entropy is the mean over the batch, of the student's logits as they are."
    )
    return compare(attempt, cases, _loss, LOSS, wanted=wanted, last=last)


CHECKERS = {
    "efficient-macs": check_macs,
    "efficient-shuffle": check_shuffle,
    "efficient-rounding": check_rounding,
    "efficient-distillation-loss": check_distillation,
}
