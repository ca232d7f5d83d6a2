"""Checkers of lecture 12: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.course.hints import first_match, same, takes_function, tensor


def _of_shape(answer, shape):
    """Return an answer as a tensor and no hint, or None and a hint if it has another shape."""
    value = tensor(answer)
    if value is None:
        return None, f"your function returned {type(answer).__name__}; return a tensor of shape {tuple(shape)}."
    if value.shape != shape:
        return None, f"your result has shape {tuple(value.shape)}; expected {tuple(shape)}."
    return value, None


@takes_function("my_guided")
def check_guided_rule(attempt):
    """``attempt(x, incoming)`` is the backward rule of guided backprop at a ReLU6."""
    x = torch.tensor([-2.0, -2.0, 1.0, 1.0, 5.0, 8.0, 8.0])
    incoming = torch.tensor([3.0, -3.0, 5.0, -5.0, 9.0, 7.0, -7.0])
    value, hint = _of_shape(attempt(x, incoming), x.shape)
    return hint or _guided_rule_hint(value, x, incoming)


def _guided_rule_hint(value, x, incoming):
    mistakes = [
        ([0, 0, 5, 0, 9, 0, 0], None),
        (
            [0, 0, 5, -5, 9, 0, 0],
            "this is plain backpropagation: you still let negative gradients pass (x = 1, incoming = -5).",
        ),
        ([0, 0, 5, 0, 9, 7, 0], "for x = 8 you let the gradient pass. ReLU6 is flat above 6, so nothing passes there."),
        (
            [3, 0, 5, 0, 9, 7, 0],
            "this is the rule of the deconvolution: it looks at the gradient only. Look at x as well.",
        ),
        ([0, 0, 1, 0, 1, 0, 0], "you return where the gradient passes; multiply it with the gradient itself."),
        ([0, 0, 5, 5, 9, 0, 0], "you take the size of the gradient. Negative gradients become zero, not positive."),
        (
            [0, 0, 5, 0, 6, 0, 0],
            "you cut the gradient off at 6. The ceiling of ReLU6 is for x, the gradient may be larger.",
        ),
        (
            True,
            f"for x = {x.tolist()} and incoming = {incoming.tolist()} you give {value.tolist()}. Only the third and "
            "the fifth number pass: x between 0 and 6, and a positive gradient.",
        ),
    ]
    return first_match(value, mistakes)


@takes_function("my_grad_cam")
def check_grad_cam(attempt):
    """``attempt(maps, gradients)`` returns Grad-CAM, (B, h, w)."""
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(2, 6, 3, 4, generator=generator)
    gradients = torch.randn(2, 6, 3, 4, generator=generator)
    value, hint = _of_shape(attempt(maps, gradients), (2, 3, 4))
    if hint:
        return hint + " Sum over the maps (dimension 1)."
    return _grad_cam_hint(value, maps, gradients)


def _grad_cam_hint(value, maps, gradients):
    alpha = gradients.mean(dim=(2, 3), keepdim=True)
    total = (alpha * maps).sum(dim=1)
    summed = (gradients.sum(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
    mistakes = [
        (F.relu(total), None),
        (
            total,
            "some of your numbers are negative. Cut them off at the end: what speaks against the class is left out.",
        ),
        (
            F.relu((gradients * maps).sum(dim=1)),
            "you weight each place by its own gradient. Grad-CAM first averages the gradient over a whole map.",
        ),
        (
            F.relu(alpha * maps).sum(dim=1),
            "you cut off before the sum. Maps that speak against the class must be subtracted: ReLU comes last.",
        ),
        (
            F.relu((F.relu(alpha) * maps).sum(dim=1)),
            "you drop negative weights. Grad-CAM keeps them; only the sum is cut off.",
        ),
        (
            F.relu(summed),
            "your numbers are too large by the number of places. Take the mean of the gradient, not its sum.",
        ),
        (F.relu((alpha * maps).mean(dim=1)), "you averaged over the maps at the end. They are added up."),
        (True, "one weight a map: the mean of its gradient over height and width. Then the weighted sum, then ReLU."),
    ]
    return first_match(value, mistakes)


@takes_function("my_integrated")
def check_integrated(attempt):
    """``attempt(slope, x, baseline, steps)`` returns integrated gradients."""
    x, baseline = torch.tensor([2.0, -1.0, 3.0]), torch.tensor([0.5, 1.0, -1.0])

    def slope(at):  # of the sum of at ** 3
        return 3 * at**2

    steps = 50
    value, hint = _of_shape(attempt(slope, x, baseline, steps), x.shape)
    if hint:
        return hint
    if not same(value, x**3 - baseline**3, rtol=1e-2, atol=1e-2):
        return _integrated_hint(value, slope, x, baseline, steps)
    two = (x - baseline) * (slope(0.75 * baseline + 0.25 * x) + slope(0.25 * baseline + 0.75 * x)) / 2
    if not same(attempt(slope, x, baseline, 2), two):
        return "right with many steps, and not with steps=2. Use `steps`, and the middle of each step."
    return None


def _integrated_hint(value, slope, x, baseline, steps):
    right, way = x**3 - baseline**3, x - baseline
    mistakes = [
        (
            way * (right / way).mean(),
            "you averaged over the numbers of x, too. Average over the steps only: mean(dim=0).",
        ),
        (right / way, "you return the average slope. Multiply it with how far each number moved: x - baseline."),
        (
            right * steps,
            "your result is too large by the number of steps. The integral is a mean over the steps, not a sum.",
        ),
        (x**3, "your path starts at zero. It has to start at the baseline: baseline + share * (x - baseline)."),
        (x * right / way, "you multiply with x. The factor is the way that was gone: x - baseline."),
        (way * slope(x), "you take the slope at x only. Take it at many points on the way from the baseline to x."),
        (-right, "the sign is turned around: the way goes from the baseline to x."),
        (
            same(value, right, rtol=0.15, atol=0.3),
            "close, but off by more than 1 %. Take the slope at the middle of each step: (0.5, 1.5, …) / steps.",
        ),
        (True, "for the sum of x³ the result has to be x³ - baseline³. Does your path go from the baseline to x?"),
    ]
    return first_match(value, mistakes, rtol=1e-2, atol=1e-2)


@takes_function("my_pointing")
def check_pointing(attempt):
    """``attempt(heats, inside)`` returns the share of maps whose maximum lies inside."""
    heats, inside = torch.zeros(4, 3, 5), torch.zeros(4, 3, 5, dtype=torch.bool)
    inside[:, :2, 3:] = True  # 4 of 15 places: rows 0 and 1, columns 3 and 4
    for index, (row, column) in enumerate([(0, 4), (1, 3), (2, 1), (1, 4)]):
        heats[index, row, column] = 1 + index
    heats[0, 2, :3] = 0.9  # much of the first map's mass is outside
    heats[2, 2, 1] = 9  # the largest of all numbers lies outside
    heats[2, 0, 3] = 0.5  # the third map is positive inside, but brightest outside
    value, hint = _of_shape(attempt(heats.clone(), inside.clone()), torch.Size([]))
    if hint:
        return hint + " The score is one number."
    mass = torch.stack([h[i].sum() / h.sum() for h, i in zip(heats, inside, strict=True)])
    alone = "The game looks at the brightest place alone."
    mistakes = [
        (0.75, None),
        (0, "you give 0. Did you take one maximum for all maps? Each map has its own."),
        (75, "you give per cent. Return a share, from 0 to 1."),
        (3, "you counted the hits: 3. Divide by the number of maps."),
        (1, "you count every map that is positive somewhere inside. Only its brightest place counts."),
        (mass.mean(), f"this is the share of the map's sum that lies inside. {alone}"),
        ((mass > 0.5).float().mean(), f"you ask whether most of the map lies inside. {alone}"),
        (inside.float().mean(), "this is the share of places that are inside: what a random place would score."),
        (0.25, "you give the share of misses. Is the mask turned around, or the row mistaken for the column?"),
        (True, f"you give {value:.3g}; of the four maps, three are brightest inside. Find each map's own maximum."),
    ]
    return first_match(value, mistakes)


CHECKERS = {
    "explaining-guided-rule": check_guided_rule,
    "explaining-grad-cam": check_grad_cam,
    "explaining-integrated": check_integrated,
    "explaining-pointing-score": check_pointing,
}
