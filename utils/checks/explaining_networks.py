"""Checkers of lecture 12: each returns a hint, or None if the attempt is right."""

import numpy as np
import torch
import torch.nn.functional as F

from utils.course.hints import compare, floats, takes_function


def _relu6(rng):
    x = rng.choice([-3.0, -1.0, 0.25, 0.5, 1.0, 2.5, 5.0, 5.75, 6.25, 7.0, 8.0], 6, replace=False)
    return floats(x), floats(rng.choice([-9.0, -7.0, -5.0, -2.0, 0.5, 2.0, 4.0, 5.0, 7.0, 9.0], 6, replace=False))


def _open(x):
    return (x > 0) & (x < 6)


def _guided(x, incoming):
    return incoming.clamp(min=0) * _open(x)


NOTHING_ABOVE = "Where x is above 6 you let the gradient pass. ReLU6 is flat there, so nothing passes."
WHERE = "You return where the gradient passes; multiply it with the gradient itself."
OF_THE_INPUT = "You return something made of x. What goes on downwards is the gradient: `incoming`, or 0."
GUIDED = [
    (lambda x, incoming: incoming * _open(x), "This is plain backpropagation: you still let negative gradients pass."),
    (
        lambda x, incoming: incoming * (x > 0),
        "This is plain backpropagation of a ReLU: negative gradients pass, and so do those where x is above 6.",
    ),
    (lambda x, incoming: incoming.clamp(min=0) * (x > 0), NOTHING_ABOVE),
    (
        lambda x, incoming: incoming.clamp(min=0),
        "This is the rule of the deconvolution: it looks at the gradient only. Look at x as well.",
    ),
    (
        lambda x, incoming: incoming.clamp(min=0) * (x < 6),
        "Where x is below 0 you let the gradient pass. ReLU6 is flat there too.",
    ),
    (
        lambda x, incoming: incoming.clamp(0, 6),
        "You put the gradient through ReLU6. Its ceiling is for x; look at x, and cut negative gradients only.",
    ),
    (
        lambda x, incoming: incoming.clamp(0, 6) * _open(x),
        "You cut the gradient off at 6. The ceiling of ReLU6 is for x, the gradient may be larger.",
    ),
    (
        lambda x, incoming: incoming.clamp(min=0) * ((incoming < 6) & (x > 0)),
        "You ask whether the *gradient* is below 6. The ceiling of ReLU6 is for x.",
    ),
    (
        lambda x, incoming: incoming.clamp(min=0) * ((incoming < 6) & _open(x)),
        "You ask whether the *gradient* is below 6. The ceiling of ReLU6 is for x.",
    ),
    (lambda x, incoming: (_open(x) & (incoming > 0)) * 1.0, WHERE),
    (lambda x, incoming: _open(x) * 1.0, WHERE),
    (
        lambda x, incoming: incoming.abs() * _open(x),
        "You take the size of the gradient. Negative gradients become zero, not positive.",
    ),
    (
        lambda x, incoming: incoming.clamp(max=0) * _open(x),
        "You keep the negative gradients. The guided rule keeps the positive ones.",
    ),
    (
        lambda x, incoming: incoming.clamp(min=0) * ~_open(x),
        "You let the gradient pass where ReLU6 is flat. Turn the condition on x round.",
    ),
    (
        lambda x, incoming: torch.where(_open(x) | (incoming > 0), incoming, 0),
        "One of the two conditions is enough for you. Both have to hold: `&`.",
    ),
    (
        lambda x, incoming: x.clamp(0, 6) * incoming.clamp(min=0),
        "You multiply with x. x only decides whether it passes.",
    ),
    (lambda x, incoming: x * _guided(x, incoming), "You multiply with x. x only decides whether it passes."),
    (lambda x, incoming: x.clamp(0, 6), OF_THE_INPUT),
    (lambda x, incoming: x * (_open(x) & (incoming > 0)), OF_THE_INPUT),
    (lambda x, incoming: incoming[_open(x) & (incoming > 0)], "You leave out what does not pass. Put 0 there."),
]


@takes_function("my_guided", draw=_relu6, seeds=(0, 4, 9, 21, 116, 52, 31, 103))
def check_guided_rule(attempt, cases):
    """``attempt(x, incoming)`` is the backward rule of guided backprop at a ReLU6."""
    wanted = "Return the gradient that goes on: `incoming` where x is between 0 and 6 and it is positive, else 0."
    return compare(attempt, cases, _guided, GUIDED, wanted=wanted)


def _maps(rng):
    return tuple(floats(rng.normal(0, 1, (2, 5, 3, 4)).round(2)) for _ in range(2))


def _mean(gradients):
    return gradients.mean(dim=(2, 3), keepdim=True)


def _grad_cam(maps, gradients):
    return F.relu((_mean(gradients) * maps).sum(dim=1))


def _weighted(weights):
    """Grad-CAM with other weights of the maps."""
    return lambda maps, gradients: F.relu((weights(maps, gradients) * maps).sum(dim=1))


OWN_GRADIENT = "You weight each place by its own gradient. Grad-CAM first averages the gradient over a whole map."
DROP = "You drop what is negative in the gradient. Grad-CAM keeps it; only the sum is cut off."
GRAD_CAM = [
    (
        lambda maps, gradients: (_mean(gradients) * maps).sum(dim=1),
        "Some of your numbers are negative. Cut them off at the end: what speaks against the class is left out.",
    ),
    (
        lambda maps, gradients: (_mean(gradients) * maps).sum(dim=1).abs(),
        "You take the size at the end. What speaks against the class becomes 0, not positive.",
    ),
    (_weighted(lambda maps, gradients: gradients), OWN_GRADIENT),
    (lambda maps, gradients: (gradients * maps).sum(dim=1), OWN_GRADIENT),
    (
        lambda maps, gradients: F.relu(_mean(gradients) * maps).sum(dim=1),
        "You cut off before the sum. Maps that speak against the class must be subtracted: ReLU comes last.",
    ),
    (_weighted(lambda maps, gradients: F.relu(_mean(gradients))), DROP),
    (_weighted(lambda maps, gradients: _mean(F.relu(gradients))), DROP),
    (_weighted(lambda maps, gradients: _mean(gradients).abs()), "You take the size of the weights. Keep their signs."),
    (
        _weighted(lambda maps, gradients: gradients.sum(dim=(2, 3), keepdim=True)),
        "Your numbers are too large by the number of places. Take the mean of the gradient, not its sum.",
    ),
    (
        _weighted(lambda maps, gradients: gradients.amax(dim=(2, 3), keepdim=True)),
        "You take the largest gradient of a map. Take the mean.",
    ),
    (
        _weighted(lambda maps, gradients: _mean(gradients).mean(dim=0, keepdim=True)),
        "You average over the batch too. Each picture has weights of its own: the mean over height and width.",
    ),
    (
        _weighted(lambda maps, gradients: gradients.mean(dim=1, keepdim=True)),
        "You average the gradient over the maps, `dim=1`. Average each map's over height and width, `dim=(2, 3)`.",
    ),
    (
        _weighted(lambda maps, gradients: gradients.mean(dim=2, keepdim=True)),
        "You average along one side only: `dim=(2, 3)`.",
    ),
    (
        _weighted(lambda maps, gradients: gradients.mean(dim=3, keepdim=True)),
        "You average along one side only: `dim=(2, 3)`.",
    ),
    (
        _weighted(lambda maps, gradients: _mean(gradients).softmax(dim=1)),
        "You put the weights through a softmax. Take them as they are.",
    ),
    (
        lambda maps, gradients: F.relu((_mean(maps) * gradients).sum(dim=1)),
        "You exchanged maps and gradients: the *gradients* are averaged, the maps are added up.",
    ),
    (
        lambda maps, gradients: F.relu((_mean(gradients) * maps).mean(dim=1)),
        "You averaged over the maps at the end. They are added up.",
    ),
    (
        lambda maps, gradients: (_mean(gradients) * F.relu(maps)).sum(dim=1),
        "You cut off the maps. Leave them as they are; ReLU comes last.",
    ),
    (
        lambda maps, gradients: _grad_cam(maps, gradients) / _grad_cam(maps, gradients).amax(dim=(1, 2), keepdim=True),
        "You divide by the largest number. That is for the picture; the map itself is asked.",
    ),
    (
        lambda maps, gradients: F.relu(maps.sum(dim=1)),
        "You do not use the gradients. They say how much each map counts.",
    ),
    (
        lambda maps, gradients: _grad_cam(maps, gradients)[:, None],
        "You keep a dimension for the maps. Sum over dimension 1: (B, h, w).",
    ),
    (lambda maps, gradients: F.relu(_mean(gradients) * maps), "Sum over the maps (dimension 1), before the ReLU."),
    (lambda maps, gradients: _mean(gradients) * maps, "Sum over the maps (dimension 1), then take the ReLU."),
    (
        lambda maps, gradients: _grad_cam(maps, gradients).sum(dim=0),
        "You add up the pictures. Return one map for each.",
    ),
    (
        lambda maps, gradients: F.relu((_mean(gradients) * maps).amax(dim=1)),
        "You take the largest of the maps. They are added up.",
    ),
    (
        _weighted(lambda maps, gradients: gradients.mean(dim=(1, 2, 3), keepdim=True)),
        "You use one weight for all maps. Each has its own: the mean over height and width.",
    ),
]


@takes_function("my_grad_cam", draw=_maps, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_grad_cam(attempt, cases):
    """``attempt(maps, gradients)`` returns Grad-CAM, (B, h, w)."""
    wanted = "One weight a map: the mean of its gradient over height and width. Then the weighted sum, then ReLU."
    return compare(attempt, cases, _grad_cam, GRAD_CAM, wanted=wanted)


def _cubes(at):
    return 3 * at**2  # the gradient of the sum of at ** 3


def _path(rng):
    x, baseline = rng.integers(-6, 7, 3) / 2 + 0.25, rng.integers(-6, 7, 3) / 2
    return _cubes, floats(x), floats(baseline), int(rng.integers(2, 6))


def _integrated(slope, x, baseline, steps):
    return _with_shares((torch.arange(steps) + 0.5) / steps, slope, x, baseline)


def _with_shares(shares, slope, x, baseline):
    return (x - baseline) * torch.stack([slope(baseline + a * (x - baseline)) for a in shares]).mean(dim=0)


def _at_shares(shares):
    """Integrated gradients with other shares of the way, a function of the number of steps."""
    return lambda slope, x, baseline, steps: _with_shares(shares(steps), slope, x, baseline)


def _mean_slope(slope, x, baseline, steps):
    return torch.stack([slope(baseline + (i + 0.5) / steps * (x - baseline)) for i in range(steps)]).mean(dim=0)


def _trapezoid(slope, x, baseline, steps):
    ends = [_with_shares(torch.arange(steps) / steps + shift, slope, x, baseline) for shift in (0, 1 / steps)]
    return sum(ends) / 2


MIDDLE = "You take the slope at an end of each step. Take it at the middle: (0.5, 1.5, …) / steps."
USE_STEPS = "Right with many steps, and not with these. Use `steps`, and no number of your own."
INTEGRATED = [
    (
        lambda *given: _integrated(*given) * given[3],
        "Your result is too large by the number of steps. The integral is a mean, not a sum.",
    ),
    (_mean_slope, "You return the average slope. Multiply it with how far each number moved: x - baseline."),
    (
        lambda slope, x, baseline, steps: _mean_slope(slope, x, baseline, steps) * steps,
        "You return the sum of the slopes. Take the mean, times x - baseline.",
    ),
    (
        lambda slope, x, baseline, steps: x * _mean_slope(slope, x, baseline, steps),
        "You multiply with x. The factor is the way that was gone: x - baseline.",
    ),
    (
        lambda slope, x, baseline, steps: baseline * _mean_slope(slope, x, baseline, steps),
        "You multiply with the baseline. The factor is the way that was gone: x - baseline.",
    ),
    (
        lambda slope, x, baseline, steps: (x - baseline).abs() * _mean_slope(slope, x, baseline, steps),
        "You multiply with a distance. The way x - baseline has a sign.",
    ),
    (
        lambda slope, x, baseline, steps: (x - baseline) * _mean_slope(slope, x, baseline, steps).mean(),
        "You averaged over the numbers of x, too. Average over the steps only: mean(dim=0).",
    ),
    (lambda *given: _integrated(*given).sum(), "You add up over the numbers of x. Return one number for each."),
    (
        lambda slope, x, baseline, steps: (x - baseline) * _mean_slope(slope, x, torch.zeros_like(x), steps),
        "Your path starts at zero. It has to start at the baseline: baseline + share * (x - baseline).",
    ),
    (
        lambda slope, x, baseline, steps: _integrated(slope, x, torch.zeros_like(x), steps),
        "You leave out the baseline: the path starts there, and the factor is x - baseline.",
    ),
    (
        lambda slope, x, baseline, steps: (x - baseline) * _mean_slope(slope, x + baseline, baseline, steps),
        "Your path goes too far: from the baseline, by a share of x - baseline.",
    ),
    (
        lambda slope, x, baseline, steps: (x - baseline) * slope(x),
        "You take the slope at x only. Take it at many points on the way.",
    ),
    (
        lambda slope, x, baseline, steps: x * slope(x),
        "That is the gradient times the input. Take slopes on the way from the baseline to x.",
    ),
    (
        lambda slope, x, baseline, steps: slope(x),
        "That is the gradient at x alone. Take slopes on the way from the baseline to x.",
    ),
    (
        _at_shares(lambda steps: torch.tensor([0.5])),
        "You take the slope at the middle of the way only. Take it in each of the steps.",
    ),
    (
        lambda slope, x, baseline, steps: (x - baseline) * (slope(x) + slope(baseline)) / 2,
        "You use the two ends of the way only. Take slopes in each of the steps.",
    ),
    (lambda *given: -_integrated(*given), "The sign is turned around: the way goes from the baseline to x."),
    (_at_shares(lambda steps: torch.arange(steps) / steps), MIDDLE),
    (_at_shares(lambda steps: (torch.arange(steps) + 1) / steps), MIDDLE),
    (_at_shares(lambda steps: torch.linspace(0, 1, steps)), MIDDLE),
    (_at_shares(lambda steps: torch.linspace(0, 1, steps + 1)), MIDDLE),
    (_at_shares(lambda steps: torch.linspace(0, 1, steps + 2)[1:-1]), MIDDLE),
    (_trapezoid, MIDDLE),
    (_at_shares(lambda steps: (torch.arange(50) + 0.5) / 50), USE_STEPS),
    (_at_shares(lambda steps: (torch.arange(100) + 0.5) / 100), USE_STEPS),
    (_at_shares(lambda steps: torch.arange(steps) + 0.5), "Divide the places by `steps`: the way ends at share 1."),
    (
        lambda slope, x, baseline, steps: _integrated(slope, x, baseline, steps) / (x - baseline).norm(),
        "You divide by the length of the way. The factor is x - baseline itself.",
    ),
]


@takes_function("my_integrated", draw=_path, seeds=(1, 2, 3, 4, 5, 6, 7, 8))
def check_integrated(attempt, cases):
    """``attempt(slope, x, baseline, steps)`` returns integrated gradients."""
    wanted = "Return one number for each number of x: x - baseline, times the mean slope at the middles of the steps."
    return compare(attempt, cases, _integrated, INTEGRATED, wanted=wanted, rtol=1e-3, atol=1e-3)


def _heats(rng):
    n, size = int(rng.integers(4, 7)), (3, 4)
    heats = rng.permuted(np.tile(np.arange(12.0), (n, 1)), axis=1)  # no ties
    heats -= rng.choice([2.5, 4.5, 7.5, 12.5], (n, 1))  # brighter and darker than 0, some nowhere brighter
    return floats(heats.reshape(n, *size)), torch.tensor(rng.random((n, *size)) < 0.4)


def _pointing(heats, inside):
    return _at(heats.flatten(1).argmax(dim=1), inside).double().mean()


def _at(places, inside):
    return inside.flatten(1)[torch.arange(len(inside)), places]


def _scored(rule):
    """The mean over the maps of a `rule` of one map and what is inside."""
    return lambda heats, inside: torch.stack(
        [torch.as_tensor(rule(*pair)).double() for pair in zip(heats, inside, strict=True)]
    ).mean()


def _row_only(heat, inside):
    return inside[heat.amax(dim=1).argmax()].any()


def _column_only(heat, inside):
    return inside[:, heat.amax(dim=0).argmax()].any()


ALONE = "The game looks at the brightest place alone."
ONE_COORDINATE = "You look at the row or the column of the brightest place only. It lies inside or not as a place."
TURNED = "You give the share of misses. Is the mask turned around?"
POINTING = [
    (
        lambda heats, inside: _pointing(heats, inside) * len(heats),
        "You counted the hits. Divide by the number of maps.",
    ),
    (lambda heats, inside: 100 * _pointing(heats, inside), "You give per cent. Return a share, from 0 to 1."),
    (lambda heats, inside: 1 - _pointing(heats, inside), TURNED),
    (
        lambda heats, inside: _at(heats.flatten(1).argmax(dim=1), inside),
        "Those are the hits, one a map. Return their mean.",
    ),
    (
        lambda heats, inside: heats.flatten(1).argmax(dim=1),
        "Those are the brightest places. Look up whether they lie inside, and take the mean.",
    ),
    (
        lambda heats, inside: inside.flatten()[heats.argmax()],
        "You took one maximum for all maps. Each map has its own.",
    ),
    (
        _scored(lambda heat, inside: (inside & (heat > 0)).any()),
        f"You count every map that is positive somewhere inside. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: inside.any()),
        "You count every map that has an inside. Ask for its brightest place.",
    ),
    (
        _scored(lambda heat, inside: heat[inside].sum() / heat.sum()),
        f"This is the share of the map's sum that lies inside. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: (heat * inside).sum() / heat.sum() > 0.5),
        f"You ask whether most of the map lies inside. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: heat[inside].sum() > heat[~inside].sum()),
        f"You compare the sums inside and outside. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: heat[inside].mean() > heat[~inside].mean()),
        f"You compare the means inside and outside. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: heat[inside].max() > heat[~inside].mean() if inside.any() else False),
        f"You compare the brightest place inside with a mean outside. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: heat[inside].max() > heat.mean() if inside.any() else False),
        f"You compare the brightest place inside with a mean. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: _at(heat.abs().reshape(1, -1).argmax(dim=1), inside[None])),
        "You took `abs` first. The brightest place is the largest number, not the farthest from 0.",
    ),
    (
        _scored(lambda heat, inside: _at(heat.reshape(1, -1).argmin(dim=1), inside[None])),
        "You took the darkest place. The brightest is the largest: argmax.",
    ),
    (_scored(_row_only), ONE_COORDINATE),
    (_scored(_column_only), ONE_COORDINATE),
    (_scored(lambda heat, inside: _row_only(heat, inside) & _column_only(heat, inside)), ONE_COORDINATE),
    (
        _scored(lambda heat, inside: inside[heat.sum(dim=1).argmax(), heat.sum(dim=0).argmax()]),
        f"You look for the brightest row and the brightest column. {ALONE}",
    ),
    (
        _scored(lambda heat, inside: _at(heat.T.reshape(1, -1).argmax(dim=1), inside[None])),
        "The places were numbered along the columns, and looked up along the rows.",
    ),
    (
        _scored(lambda heat, inside: inside.flatten()[heat.flatten().topk(2).indices].any()),
        f"You let the second brightest place count too. {ALONE}",
    ),
    (
        lambda heats, inside: inside.double().mean(),
        "This is the share of places that are inside: what a random place would score.",
    ),
    (
        _scored(lambda heat, inside: (heat > 0)[inside].double().mean()),
        f"This is how much of the inside is positive. {ALONE}",
    ),
    (
        lambda heats, inside: (
            _at(heats.mean(dim=0).reshape(1, -1).argmax(dim=1).expand(len(heats)), inside).double().mean()
        ),
        "You took the brightest place of the mean map. Each map has its own.",
    ),
]


@takes_function("my_pointing", draw=_heats, seeds=(0, 1, 27, 55, 100, 78, 85, 67))
def check_pointing(attempt, cases):
    """``attempt(heats, inside)`` returns the share of maps whose maximum lies inside."""
    wanted = "Return one number, a share: find each map's own maximum, and look up whether it lies inside."
    return compare(attempt, cases, _pointing, POINTING, wanted=wanted)


CHECKERS = {
    "explaining-guided-rule": check_guided_rule,
    "explaining-grad-cam": check_grad_cam,
    "explaining-integrated": check_integrated,
    "explaining-pointing-score": check_pointing,
}
