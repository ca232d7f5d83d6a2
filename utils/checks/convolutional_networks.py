"""Checkers of lecture 08: each returns a hint, or None if the attempt is right."""

import math

import torch
import torch.nn.functional as F

from utils.course.hints import compare, first_match, same, takes_function, tensor
from utils.networks import convolution
from utils.networks.receptive_fields import receptive_field


def _layer(rng):
    return int(rng.integers(7, 33)), int(rng.integers(1, 7)), int(rng.integers(1, 5)), int(rng.integers(0, 4))


def _places(size, kernel, stride, padding):
    return convolution.output_size(size, kernel, stride=stride, padding=padding)


AFTER = "Add the one *after* dividing: it is the first place, not a pixel."
ROUND_DOWN = "That is too many. The last window must lie inside the image: divide by the stride, and round down."
OUTPUT_SIZE = [
    (lambda n, k, s, p: (n + 2 * p - k + 1) // s, AFTER),
    (lambda n, k, s, p: (n + 2 * p - k + 1) / s, AFTER),
    (
        lambda n, k, s, p: (n + 2 * p - k) // s,
        "That is one too few. The first place counts too: did you forget the + 1?",
    ),
    (lambda n, k, s, p: (n - k) // s + 1, "That is right for an image without padding. Did you use `padding`?"),
    (lambda n, k, s, p: (n + p - k) // s + 1, "Padding is added at both ends of a side, so it counts twice."),
    (lambda n, k, s, p: (n - 2 * p - k) // s + 1, "Padding makes the image larger: add it, at both ends."),
    (
        lambda n, k, s, p: (n - k) // s + 1 + 2 * p,
        "The padding is there before the window walks: add it before you divide.",
    ),
    (lambda n, k, s, p: n + 2 * p - k + 1, "That is right for a stride of 1. Did you use `stride`?"),
    (lambda n, k, s, p: (n + 2 * p) // s, "The window needs room for itself. Did you use `kernel`?"),
    (lambda n, k, s, p: (n + 2 * p) // s + 1, "The window needs room for itself. Did you use `kernel`?"),
    (lambda n, k, s, p: (n + 2 * p) // s - k + 1, "Subtract the kernel before you divide by the stride."),
    (
        lambda n, k, s, p: (n + 2 * p - k - 1) // s + 1,
        "You subtract one pixel too many: the window moves over size − kernel.",
    ),
    (lambda n, k, s, p: (n + 2 * p - k // 2) // s + 1, "You subtract half of the kernel. The whole window has to fit."),
    (lambda n, k, s, p: (n + 2 * p - k) // s + s, "The first place counts once: + 1, not + stride."),
    (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "A step that no longer fits is not taken: divide with //."),
    (lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1, ROUND_DOWN),
    (lambda n, k, s, p: round((n + 2 * p - k) / s) + 1, ROUND_DOWN),
    (
        lambda n, k, s, p: math.ceil(n / s),
        "That is the rule for padding that keeps the size. Here the padding is given.",
    ),
    (lambda n, k, s, p: _places(n, k, s, p) ** 2, "You count the places of a square image. One side is asked."),
    (
        lambda n, k, s, p: (n + 2 * p - 2 * (k - 1)) // s + 1,
        "You take the kernel away at both ends. The window needs room once.",
    ),
    (
        lambda n, k, s, p: (n - 1) * s - 2 * p + k,
        "That is the size after a transposed convolution, which spreads. Here a window walks.",
    ),
    (
        lambda n, k, s, p: n // s,
        "Neither the kernel nor the padding is in your answer. The window needs room for itself.",
    ),
    (
        lambda n, k, s, p: (n - k) // s + 1 + p,
        "The padding is there before the window walks: add it before you divide, at both ends.",
    ),
]


@takes_function("my_output_size", draw=_layer, seeds=(0, 4, 5, 76, 89, 104, 112, 138))
def check_output_size(attempt, cases):
    """``attempt(size, kernel, stride, padding)`` counts the places where a kernel fits."""
    wanted = "Return one whole number: count the places on paper, for a row of 7."
    return compare(attempt, cases, _places, OUTPUT_SIZE, wanted=wanted)


def check_shift_kernel(attempt):
    """``attempt`` is a 3×3 kernel that moves every image one pixel to the right."""
    kernel = tensor(attempt)
    if kernel is None:
        return f"{attempt!r:.60} is not an answer that can be read: give three rows of three numbers."
    if kernel.shape != (3, 3):
        return f"your kernel has shape {tuple(kernel.shape)}; it needs to be (3, 3)."
    if not kernel.isfinite().all():
        return "your kernel holds a number that is not finite. Zeros and a single other number are enough."
    image = torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    moved = F.conv2d(image, kernel[None, None], padding=1)
    inside = (..., slice(2, -2), slice(2, -2))
    if same(moved[inside], convolution.shift(image, right=1)[inside]):
        return None
    return _shift_kernel_hint(moved[inside], kernel, image, inside)


def _shift_kernel_hint(moved, kernel, image, inside):
    rows_and_columns = "Rows go down, columns go across: kernel[row, column]."
    n_weights = int((kernel != 0).sum())
    mistakes = [
        (
            convolution.shift(image, right=-1)[inside],
            "your kernel moves the image to the left. The kernel is not flipped: a 1 right of the centre "
            "makes each pixel copy its right-hand neighbour, so the picture moves left.",
        ),
        (convolution.shift(image, down=1)[inside], f"your kernel moves the image down. {rows_and_columns}"),
        (convolution.shift(image, down=-1)[inside], f"your kernel moves the image up. {rows_and_columns}"),
        (
            image[inside],
            "your kernel moves the image nowhere: it returns the image as it was. The 1 must leave the centre.",
        ),
        (n_weights == 0, "your kernel is all zeros: it makes the image black. One weight has to be 1."),
        (
            n_weights > 1 and bool(kernel[1, 1] == 1) and same(kernel.sum(), 2),
            "your kernel adds the moved image to the old one. Take the 1 away from the centre.",
        ),
        (
            n_weights > 1 and bool((kernel < 0).any()),
            "your kernel takes differences of neighbours, as an edge detector does. A copy needs one neighbour only.",
        ),
        (
            n_weights > 1,
            f"your kernel has {n_weights} weights that are not zero, so each pixel mixes several neighbours. "
            "A copy needs one neighbour only.",
        ),
        (
            not same(kernel.sum(), 1),
            f"the weights of your kernel sum to {kernel.sum():g}, so brightness changes. A copy needs a sum of 1.",
        ),
        (True, "your kernel moves the image diagonally. Stay in the middle row."),
    ]
    return first_match(moved, mistakes)


def _count_case(rng):
    height = int(rng.integers(5, 30))
    width = height + int(rng.integers(-3, 9))
    return int(rng.integers(2, 8)), int(rng.integers(2, 9)), int(rng.choice([1, 3, 4, 5])), height, width


def _count(c_in, c_out, kernel, height, width):
    weights = c_in * c_out * kernel**2
    return weights + c_out, weights * height * width


def _counting(parameters=None, multiplications=None):
    """A mistake in one of the two: `parameters` of (weights, c_in, c_out, kernel), or `multiplications` of the rest."""

    def mistake(c_in, c_out, kernel, height, width):
        weights = c_in * c_out * kernel**2
        if parameters:
            return parameters(weights, c_in, c_out, kernel), None
        return weights + c_out, multiplications(weights, c_out, height, width)

    return mistake


ONE_KERNEL = "The parameters: one kernel serves every place, so there is no factor for places."
COUNT = [
    (lambda *case: _count(*case)[::-1], "Both numbers are right, in the other order: return parameters first."),
    (
        lambda c_in, c_out, kernel, height, width: ((c_in * c_out * kernel**2 + c_out) * height * width, None),
        ONE_KERNEL,
    ),
    (lambda c_in, c_out, kernel, height, width: (c_in * c_out * kernel**2 * height * width + c_out, None), ONE_KERNEL),
    (lambda c_in, c_out, kernel, height, width: ((c_in * kernel**2 + 1) * c_out * height * width, None), ONE_KERNEL),
    (
        _counting(lambda weights, i, o, k: weights),
        "The parameters: the weights are right. Each output map has a bias too.",
    ),
    (
        _counting(lambda weights, i, o, k: weights + 1),
        "The parameters: there is one bias for each output map, not one in all.",
    ),
    (
        _counting(lambda weights, i, o, k: weights + i),
        "The parameters: a bias belongs to an output map, not to an input map.",
    ),
    (
        _counting(lambda weights, i, o, k: weights + i * o),
        "The parameters: a bias belongs to an output map, not to each sheet of its kernel.",
    ),
    (_counting(lambda weights, i, o, k: weights + 2 * o), "The parameters: each output map has one bias."),
    (_counting(lambda weights, i, o, k: o * (k**2 + 1)), "The parameters: a kernel has a sheet for each map in."),
    (_counting(lambda weights, i, o, k: i * (k**2 + 1)), "The parameters: there is a kernel for each map *out*."),
    (_counting(lambda weights, i, o, k: i * k**2 + o), "The parameters: there is a kernel for each map *out*."),
    (_counting(lambda weights, i, o, k: (i + o) * k**2 + o), "The parameters: maps in times maps out, not their sum."),
    (
        _counting(lambda weights, i, o, k: i * o * k + o),
        "The parameters: a sheet of a kernel has kernel × kernel weights.",
    ),
    (_counting(None, lambda weights, o, h, w: weights), "The multiplications: that is for one place. There are many."),
    (_counting(None, lambda weights, o, h, w: (weights + o) * h * w), "A bias is added, not multiplied."),
    (_counting(None, lambda weights, o, h, w: weights * h * w + o), "A bias is added, not multiplied."),
    (_counting(None, lambda weights, o, h, w: weights * h * h), "Maps need not be square: height times width."),
    (_counting(None, lambda weights, o, h, w: weights * w * w), "Maps need not be square: height times width."),
    (_counting(None, lambda weights, o, h, w: weights * (h + w)), "The places: height times width, not their sum."),
    (
        _counting(None, lambda weights, o, h, w: 2 * weights * h * w),
        "You count additions too. Multiplications alone are asked.",
    ),
    (
        lambda c_in, c_out, kernel, height, width: (
            _count(c_in, c_out, kernel, height, width)[0],
            c_out * kernel**2 * height * width,
        ),
        "The multiplications: each number of the output needs one for each map in as well.",
    ),
    (
        lambda c_in, c_out, kernel, height, width: (
            _count(c_in, c_out, kernel, height, width)[0],
            c_in * kernel**2 * height * width,
        ),
        "The multiplications: there is an output for each map *out* as well.",
    ),
    (
        lambda c_in, c_out, kernel, height, width: (
            _count(c_in, c_out, kernel, height, width)[0],
            c_in * c_out * kernel**2 * (height - kernel + 1) * (width - kernel + 1),
        ),
        "The multiplications: height and width are those of the maps *out*. Do not subtract the kernel.",
    ),
    (
        _counting(None, lambda weights, o, h, w: weights * h * w // 2),
        "The multiplications: that is half of them. Every weight multiplies at every place.",
    ),
]


@takes_function("my_count", draw=_count_case, seeds=(0, 6, 7, 11, 14, 18, 49, 142))
def check_count_convolution(attempt, cases):
    """``attempt(c_in, c_out, kernel, height, width)`` gives (parameters, multiplications)."""
    wanted = "Return two numbers: parameters, multiplications."
    last = (
        "Parameters: weights, and one bias a map out. Each number of the output needs c_in * kernel * kernel products."
    )
    return compare(attempt, cases, _count, COUNT, wanted=wanted, last=last)


def _layers(rng):
    return ([(int(rng.integers(1, 7)), int(rng.integers(1, 4))) for _ in range(rng.integers(2, 5))],)


def _field(layers):
    return receptive_field(layers)[-1].size


def _growing(grow, jump=lambda jump, stride: jump * stride, size=1):
    """Walk up the layers: ``grow(kernel, jump, stride)`` is added by each, then `jump` changes."""

    def mistake(layers):
        total, step = size, 1
        for kernel, stride in layers:
            total += grow(kernel, step, stride)
            step = jump(step, stride)
        return total

    return mistake


def _jump(layers):
    return math.prod(stride for _, stride in layers)


def _above(layers, down):
    """Walk down from one unit of the last layer."""
    size = 1
    for kernel, stride in reversed(layers):
        size = down(size, kernel, stride)
    return size


KERNELS = "Those are the kernels added up. A kernel of k reaches only k - 1 further."
MULTIPLY = "Jumps multiply: after strides 2 and 2, one step is 4 pixels."
REACHES = "A kernel of k reaches only k - 1 steps further than a single unit."
RECEPTIVE_FIELD = [
    (lambda layers: sum(kernel for kernel, _ in layers), KERNELS),
    (_growing(lambda k, jump, stride: k), KERNELS),
    (_growing(lambda k, jump, stride: k - 1), "Strides matter: after stride 2, one step covers two input pixels."),
    (
        _growing(lambda k, jump, stride: (k - 1) * jump * stride),
        "A layer's own stride moves only the layers after it: grow first.",
    ),
    (
        _growing(lambda k, jump, stride: (k - 1) * stride),
        "A layer's own stride moves only the layers after it: grow first.",
    ),
    (_growing(lambda k, jump, stride: (k - 1) * jump, lambda jump, stride: stride), MULTIPLY),
    (_growing(lambda k, jump, stride: (k - 1) * jump, lambda jump, stride: jump + stride), MULTIPLY),
    (_growing(lambda k, jump, stride: (k - 1) * jump, lambda jump, stride: jump + stride - 1), MULTIPLY),
    (_growing(lambda k, jump, stride: k * jump), REACHES),
    (_growing(lambda k, jump, stride: k * jump, size=0), REACHES),
    (_growing(lambda k, jump, stride: (k - 1) * jump, size=0), "That is one too few: start with the unit itself, 1."),
    (
        lambda layers: _growing(lambda k, jump, stride: (k - 1) * jump)(layers[::-1]),
        "The jumps come from the layers *below*: go from the first layer to the last.",
    ),
    (
        lambda layers: math.prod(kernel for kernel, _ in layers),
        "Fields grow by adding: each layer reaches (k - 1) jumps further.",
    ),
    (
        lambda layers: math.prod(stride for _, stride in layers),
        "That is the jump after the last layer. The side of the field is asked.",
    ),
    (
        lambda layers: _field(layers[:-1]) if len(layers) > 1 else 1,
        "That is the field before the last layer. The last one counts too.",
    ),
    (
        lambda layers: max(kernel for kernel, _ in layers),
        "That is the largest kernel. Each layer adds to what those below see.",
    ),
    (lambda layers: _field(layers) ** 2, "That is the area. The side is asked."),
    (
        _growing(lambda k, jump, stride: (k // 2) * jump),
        "A kernel reaches on both sides: k - 1 in all, also where k is even.",
    ),
    (_growing(lambda k, jump, stride: 2 * (k // 2) * jump), "That is for odd kernels. One of k reaches k - 1 further."),
    (
        lambda layers: [1] + [field.size for field in receptive_field(layers)],
        "Those are the fields after each layer. Return the last one.",
    ),
    (
        lambda layers: [field.size for field in receptive_field(layers)],
        "Those are the fields after each layer. Return the last one.",
    ),
    (
        lambda layers: _growing(lambda k, jump, stride: (k - 1) * jump, size=0)(layers[-1:]) * _jump(layers[:-1]) + 1,
        "You look at the last layer alone. Those below reach further, too: each adds (k - 1) of its jumps.",
    ),
    (
        lambda layers: _above(layers, lambda size, k, stride: size * stride + k - 1),
        "Going down, a field of n units covers (n - 1) * stride + kernel, and not n * stride.",
    ),
    (
        lambda layers: _above(layers, lambda size, k, stride: size * stride + k),
        "Going down, a field of n units covers (n - 1) * stride + kernel, and not n * stride.",
    ),
]


@takes_function("my_receptive_field", draw=_layers, seeds=(53, 26, 59, 7, 13, 4, 45, 17))
def check_receptive_field(attempt, cases):
    """``attempt(layers)`` gives the side of the receptive field after (kernel, stride) layers."""
    wanted = "Return the side after the last layer, one number: walk back from one unit on paper."
    return compare(attempt, cases, _field, RECEPTIVE_FIELD, wanted=wanted)


CHECKERS = {
    "output-size": check_output_size,
    "shift-kernel": check_shift_kernel,
    "count-convolution": check_count_convolution,
    "receptive-field": check_receptive_field,
}
