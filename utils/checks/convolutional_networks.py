"""Checkers of lecture 08: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.course.hints import first_match, number, same, takes_function
from utils.networks import convolution
from utils.networks.receptive_fields import receptive_field


@takes_function("my_output_size")
def check_output_size(attempt):
    """``attempt(size, kernel, stride, padding)`` counts the places where a kernel fits."""
    cases = [
        (28, 5, 1, 0), (28, 5, 1, 2), (28, 2, 2, 0), (7, 3, 2, 0), (8, 3, 2, 0),
        (32, 5, 3, 2), (5, 5, 1, 0), (10, 3, 2, 0), (10, 5, 3, 0),
    ]  # fmt: skip
    for size, kernel, stride, padding in cases:
        value = number(attempt(size, kernel, stride, padding))
        right = convolution.output_size(size, kernel, stride=stride, padding=padding)
        case = f"for size={size}, kernel={kernel}, stride={stride}, padding={padding}"
        if value is None:
            return f"{case} your function returned no number. Return one whole number."
        if value != right:
            return f"{case} you give {value:g}{_output_size_hint(value, right, size, kernel, stride, padding)}"
    return None


def _output_size_hint(value, right, size, kernel, stride, padding):
    one_after = (size + 2 * padding - kernel + 1) // stride
    unpadded = (size - kernel) // stride + 1
    padded_once = convolution.output_size(size + padding, kernel, stride=stride)
    too_many = ", too many. The last window must lie inside the image: divide by the stride, and round down."
    mistakes = [
        (stride > 1 and value == one_after, ". Add the one *after* dividing: it is the first place, not a pixel."),
        (value == right - 1, ", one too few. The first place counts too: did you forget the + 1?"),
        (padding > 0 and value == unpadded, ": right for an image without padding. Did you use `padding`?"),
        (padding > 0 and value == padded_once, ". Padding is added at both ends of a side, so it counts twice."),
        (value % 1 != 0, ". A step that no longer fits is not taken: divide with //."),
        (value > right and stride > 1, too_many),
        (True, f", but a window fits at {right} places. Count them on paper for a row of 7."),
    ]
    return first_match(value, mistakes)


def check_shift_kernel(attempt):
    """``attempt`` is a 3×3 kernel that moves every image one pixel to the right."""
    kernel = torch.as_tensor(attempt, dtype=torch.float32)
    if kernel.shape != (3, 3):
        return f"your kernel has shape {tuple(kernel.shape)}; it needs to be (3, 3)."
    if not kernel.isfinite().all():
        return "your kernel holds a number that is not finite. Zeros and a single other number are enough."
    image = torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(0))
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


@takes_function("my_count")
def check_count_convolution(attempt):
    """``attempt(c_in, c_out, kernel, height, width)`` gives (parameters, multiplications)."""
    for c_in, c_out, kernel, height, width in [
        (1, 6, 5, 28, 28),
        (6, 16, 5, 10, 10),
        (3, 64, 7, 112, 112),
        (3, 8, 3, 20, 30),
    ]:
        answer = attempt(c_in, c_out, kernel, height, width)
        case = f"for c_in={c_in}, c_out={c_out}, a {kernel}x{kernel} kernel and {height}x{width} places"
        try:
            parameters, multiplications = map(float, answer)
        except (TypeError, ValueError):
            return f"{case} your function returned {answer!r}; return two numbers: parameters, multiplications."
        weights, places = c_in * c_out * kernel**2, height * width
        if (multiplications, parameters) == (weights + c_out, weights * places):
            return f"{case} both numbers are right, in the other order: return parameters first."
        if parameters != weights + c_out:
            sheet = c_out * (kernel**2 + 1) if c_in > 1 else None
            hint = _parameters_hint(parameters, weights, c_out, kernel, sheet, places)
            return f"{case} you count {parameters:g} parameters{hint}"
        if multiplications != weights * places:
            hint = _multiplications_hint(multiplications, weights, c_out, height, width)
            return f"{case} you count {multiplications:g} multiplications{hint}"
    return None


def _parameters_hint(parameters, weights, c_out, kernel, sheet, places):
    mistakes = [
        (parameters == weights, ": the weights are right. Each output map has a bias too."),
        (parameters == sheet, f". A kernel has a {kernel}x{kernel} sheet for each map in."),
        (parameters >= weights * places, ". One kernel serves every place: no factor for places."),
        (True, f", not {weights + c_out}: weights, and one bias a map."),
    ]
    return first_match(parameters, mistakes)


def _multiplications_hint(multiplications, weights, c_out, height, width):
    square = height != width and multiplications in (weights * height**2, weights * width**2)
    mistakes = [
        (multiplications == weights, ": that is for one place. There are many."),
        (multiplications == (weights + c_out) * height * width, ". A bias is added, not multiplied."),
        (square, ". Maps need not be square: height times width."),
        (True, ". Each number of the output needs c_in * kernel * kernel of them. How many numbers are there?"),
    ]
    return first_match(multiplications, mistakes)


@takes_function("my_receptive_field")
def check_receptive_field(attempt):
    """``attempt(layers)`` gives the side of the receptive field after (kernel, stride) layers."""
    cases = [
        [(3, 1)],
        [(3, 1), (3, 1)],
        [(2, 2), (3, 1)],
        [(5, 1), (2, 2), (5, 1), (2, 2)],
        [(7, 2), (3, 2), (3, 1)],
    ]
    for layers in cases:
        value = number(attempt(list(layers)))
        right = receptive_field(layers)[-1].size
        if value is None:
            return f"for {layers} your function returned no number. Return the side after the last layer."
        if value != right:
            return f"for {layers} you give {value:g}{_receptive_field_hint(value, right, layers)}"
    return None


def _receptive_field_hint(value, right, layers):
    own, jump = 1, 1  # a layer's own stride counts too early
    added, last, sums, total = 1, 1, 1, 1  # strides do not multiply
    for kernel, stride in layers:
        jump *= stride
        own += (kernel - 1) * jump
        added, last = added + (kernel - 1) * last, stride
        sums, total = sums + (kernel - 1) * total, total + stride
    all_kernels = sum(kernel for kernel, _ in layers)
    mistakes = [
        (len(layers) > 1 and value == all_kernels, ": the kernels added up. A kernel of k reaches only k - 1 further."),
        (value == 1 + all_kernels - len(layers), ". Strides matter: after stride 2, one step covers two input pixels."),
        (value == own, ". A layer's own stride moves only the layers after it: grow first."),
        (value in (added, sums), ". Jumps multiply: after strides 2 and 2, one step is 4 pixels."),
        (True, f", but {right} pixels are seen. Walk back from one unit on paper."),
    ]
    return first_match(value, mistakes)


CHECKERS = {
    "output-size": check_output_size,
    "shift-kernel": check_shift_kernel,
    "count-convolution": check_count_convolution,
    "receptive-field": check_receptive_field,
}
