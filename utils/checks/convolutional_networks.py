"""Checkers of lecture 08: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils import convolution
from utils.checks import takes_function


def _whole(value):
    """Turn what a reader may return (int, float, tensor of one number) into a number; None if it is none."""
    if isinstance(value, str):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


@takes_function("my_output_size")
def check_output_size(attempt):
    """``attempt(size, kernel, stride, padding)`` counts the places where a kernel fits."""
    cases = [
        (28, 5, 1, 0), (28, 5, 1, 2), (28, 2, 2, 0), (7, 3, 2, 0), (8, 3, 2, 0),
        (32, 5, 3, 2), (5, 5, 1, 0), (10, 3, 2, 0), (10, 5, 3, 0),
    ]  # fmt: skip
    for size, kernel, stride, padding in cases:
        room = size + 2 * padding - kernel
        value = _whole(attempt(size, kernel, stride, padding))
        right = convolution.output_size(size, kernel, stride=stride, padding=padding)
        case = f"for size={size}, kernel={kernel}, stride={stride}, padding={padding}"
        if value is None:
            return f"{case} your function returned no number. Return one whole number."
        if value == right:
            continue
        if stride > 1 and value == (room + 1) // stride:
            return f"{case} you give {value:g}. Add the one *after* dividing: it is the first place, not a pixel."
        if value == right - 1:
            return f"{case} you give {value:g}, one too few. The first place counts too: did you forget the + 1?"
        if padding and value == (size - kernel) // stride + 1:
            return f"{case} you give {value:g}: right for an image without padding. Did you use `padding`?"
        if padding and value == convolution.output_size(size + padding, kernel, stride=stride):
            return f"{case} you give {value:g}. Padding is added at both ends of a side, so it counts twice."
        if value != int(value):
            return f"{case} you give {value:g}. A step that no longer fits is not taken: divide with //."
        if value > right and stride > 1:
            return (
                f"{case} you give {value:g}, too many. The last window must lie inside the image: "
                f"divide by the stride, and round down."
            )
        return f"{case} you give {value:g}, but a window fits at {right} places. Count them on paper for a row of 7."
    return None


def check_shift_kernel(attempt):
    """``attempt`` is a 3×3 kernel that moves every image one pixel to the right."""
    kernel = torch.as_tensor(attempt, dtype=torch.float32)
    if kernel.shape != (3, 3):
        return f"your kernel has shape {tuple(kernel.shape)}; it needs to be (3, 3)."
    if not kernel.isfinite().all():
        return "your kernel holds a number that is not finite. Zeros and a single other number are enough."
    image = torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    moved = F.conv2d(image, kernel[None, None], padding=1)[0, 0]
    inside = (slice(2, -2), slice(2, -2))
    directions = {
        "to the left": {"right": -1},
        "down": {"down": 1},
        "up": {"down": -1},
        "nowhere: it returns the image as it was": {},
    }
    if torch.allclose(moved[inside], convolution.shift(image, right=1)[0, 0][inside], atol=1e-5):
        return None
    for direction, amount in directions.items():
        if torch.allclose(moved[inside], convolution.shift(image, **amount)[0, 0][inside], atol=1e-5):
            if direction == "to the left":
                return (
                    "your kernel moves the image to the left. The kernel is not flipped: a 1 right of the centre "
                    "makes each pixel copy its right-hand neighbour, so the picture moves left."
                )
            if direction in ("up", "down"):
                return f"your kernel moves the image {direction}. Rows go down, columns go across: kernel[row, column]."
            return f"your kernel moves the image {direction}. The 1 must leave the centre."
    if (kernel != 0).sum() > 1:
        return (
            f"your kernel has {int((kernel != 0).sum())} weights that are not zero, so each pixel mixes several "
            f"neighbours. A copy needs one neighbour only."
        )
    if abs(kernel.sum() - 1) > 1e-5:
        return f"the weights of your kernel sum to {kernel.sum():g}, so brightness changes. A copy needs a sum of 1."
    return "your kernel moves the image diagonally. Stay in the middle row."


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
        weights = c_in * c_out * kernel**2
        if (multiplications, parameters) == (weights + c_out, weights * height * width):
            return f"{case} both numbers are right, in the other order: return parameters first."
        if parameters == weights:
            return f"{case} you count {parameters:g} parameters: the weights are right. Each output map has a bias too."
        if parameters == c_out * (kernel**2 + 1) and c_in > 1:
            return (
                f"{case} you count {parameters:g} parameters. A kernel has a {kernel}x{kernel} sheet for each map in."
            )
        if parameters >= weights * height * width:
            return f"{case} you count {parameters:g} parameters. One kernel serves every place: no factor for places."
        if parameters != weights + c_out:
            return f"{case} you count {parameters:g} parameters, not {weights + c_out}: weights, and one bias a map."
        if multiplications == weights:
            return f"{case} you count {multiplications:g} multiplications: that is for one place. There are many."
        if multiplications == (weights + c_out) * height * width:
            return f"{case} you count {multiplications:g} multiplications. A bias is added, not multiplied."
        if height != width and multiplications in (weights * height**2, weights * width**2):
            return f"{case} you count {multiplications:g} multiplications. Maps need not be square: height times width."
        if multiplications != weights * height * width:
            return (
                f"{case} you count {multiplications:g} multiplications. Each number of the output needs "
                f"c_in * kernel * kernel of them. How many numbers are there?"
            )
    return None


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
        value = _whole(attempt(list(layers)))
        right = convolution.receptive_field(layers)[-1].size
        if value is None:
            return f"for {layers} your function returned no number. Return the side after the last layer."
        if value == right:
            continue
        own, jump = 1, 1
        added, last, sums, total = 1, 1, 1, 1
        for kernel, stride in layers:
            jump *= stride
            own += (kernel - 1) * jump
            added, last = added + (kernel - 1) * last, stride
            sums, total = sums + (kernel - 1) * total, total + stride
        if value == sum(kernel for kernel, _ in layers) and len(layers) > 1:
            return f"for {layers} you give {value:g}: the kernels added up. A kernel of k reaches only k - 1 further."
        if value == 1 + sum(kernel - 1 for kernel, _ in layers):
            return f"for {layers} you give {value:g}. Strides matter: after stride 2, one step covers two input pixels."
        if value == own:
            return f"for {layers} you give {value:g}. A layer's own stride moves only the layers after it: grow first."
        if value in (added, sums):
            return f"for {layers} you give {value:g}. Jumps multiply: after strides 2 and 2, one step is 4 pixels."
        return f"for {layers} you give {value:g}, but {right} pixels are seen. Walk back from one unit on paper."
    return None


CHECKERS = {
    "output-size": check_output_size,
    "shift-kernel": check_shift_kernel,
    "count-convolution": check_count_convolution,
    "receptive-field": check_receptive_field,
}
