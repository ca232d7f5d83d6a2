"""Checkers of lecture 19: each returns a hint, or None if the attempt is right."""

import numpy as np
import torch
import torch.nn.functional as F

from utils.course.hints import compare, floats, same, takes_function
from utils.generative.point_gans import point_network
from utils.generative.quality import frechet_distance


def _logits(rng):
    return (floats(rng.normal(0.3, 1.5, int(rng.integers(3, 6))).round(1)),)


def _losses(logits):
    return -F.softplus(logits).mean(), F.softplus(-logits).mean()


def _saturating(rule):
    """A wrong saturating loss, whatever the other one is."""
    return lambda s: (rule(s), None)


def _other(rule):
    """A wrong non-saturating loss beside a right saturating one."""
    return lambda s: (_losses(s)[0], rule(s))


def _reduced(reduce):
    return lambda s: (reduce(-F.softplus(s)), reduce(F.softplus(-s)))


MINIMISES = "The saturating loss has the wrong sign. The generator minimises log(1 - D), which is never positive."
LOSSES = [
    (lambda s: _losses(s)[::-1], "The two are in the other order: first the saturating one, log(1 - D)."),
    (
        _reduced(torch.sum),
        "You added up over the samples. Take the mean, so that the loss does not depend on how many there are.",
    ),
    (_reduced(lambda each: each), "Those are the losses of each sample. Take the mean of each kind."),
    (_reduced(torch.median), "You take the median. Take the mean."),
    (_saturating(lambda s: F.softplus(s).mean()), MINIMISES),
    (_saturating(lambda s: F.softplus(s).sum()), MINIMISES),
    (_saturating(lambda s: -F.softplus(-s).mean()), "The saturating loss is log(1 - D). Yours is log D."),
    (
        _saturating(lambda s: F.softplus(-s).mean()),
        "The first loss is the saturating one, log(1 - D). Yours is -log D.",
    ),
    (_saturating(lambda s: (1 - s.sigmoid()).mean()), "The saturating loss is the *logarithm* of 1 - D."),
    (_saturating(lambda s: (1 - s.sigmoid().mean()).log()), "Take the logarithm of each sample first, then the mean."),
    (_saturating(lambda s: F.logsigmoid(1 - s).mean()), "1 - D is sigmoid(-logit), and not sigmoid(1 - logit)."),
    (
        _saturating(lambda s: (1 - s).clamp(min=1e-7).log().mean()),
        "D is sigmoid(logit). Logits themselves are no probabilities.",
    ),
    (
        _saturating(lambda s: -F.softplus(s.sigmoid()).mean()),
        "You took the sigmoid twice. softplus and logsigmoid take logits.",
    ),
    (
        _other(lambda s: -F.softplus(-s).mean()),
        "The non-saturating loss has the wrong sign: -log D, so that a high D makes it small.",
    ),
    (
        _other(lambda s: F.softplus(s).mean()),
        "-log(sigmoid(s)) is softplus(-s). Yours is softplus(s), what the critic pays for a made sample.",
    ),
    (_other(lambda s: F.softplus(-s).sum()), "You added up the second loss over the samples. Take the mean."),
    (_other(lambda s: -s.sigmoid().mean()), "The logarithm is missing in the second loss: -log D."),
    (_other(lambda s: -s.sigmoid().mean().log()), "Take the logarithm of each sample first, then the mean."),
    (
        _other(lambda s: -s.mean()),
        "That is the Wasserstein loss. The non-saturating one is -log D, with D = sigmoid(logit).",
    ),
    (_other(lambda s: (s - 1).square().mean()), "That is the least-squares loss. The non-saturating one is -log D."),
    (
        _other(lambda s: F.softplus(-s.sigmoid()).mean()),
        "You took the sigmoid twice. softplus and logsigmoid take logits.",
    ),
]
ROUNDED = "The sigmoid was rounded to 0 or 1 before the logarithm: use F.softplus or F.logsigmoid on the logits."


@takes_function("my_generator_losses", draw=_logits, seeds=(0, 1, 2, 3, 4, 5, 6, 7))
def check_generator_losses(attempt, cases):
    """``attempt(logits)`` returns the saturating and the non-saturating loss of made samples."""
    wanted = "Return two single numbers: `return saturating, non_saturating`."
    last = "D is sigmoid(logit). The means of log(1 - D), which is -softplus(logit), and of -log D are asked."
    hint = compare(attempt, cases, _losses, LOSSES, wanted=wanted, last=last)
    far = [(floats([-200.0, 200.0]),)]
    return hint or compare(attempt, far, _losses, (), wanted=ROUNDED, last="Do not clamp; use F.softplus.", atol=1e-3)


def _critic(rng):
    critic = point_network(2, 8, 1).to(torch.get_default_dtype())
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.copy_(floats(rng.normal(0, 0.7, parameter.shape)))  # slopes above and below 1
    return critic, floats(rng.normal(0, 1, (6, 2)).round(2))


def _penalty(critic, between):
    return (_slopes(critic, between).norm(dim=1) - 1).square().mean()


def _slopes(critic, between):
    between = between.detach().requires_grad_()
    return torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]


def _of_slopes(rule):
    """`rule` of the gradients, (B, 2), and of their norms, (B,)."""
    return lambda critic, between: rule(_slopes(critic, between), _slopes(critic, between).norm(dim=1))


ONE_NORM = "That is one norm over the whole batch. Each sample has a gradient of its own: `norm(dim=1)`."
SQUARED_NORM = "You subtract 1 from the *squared* norm. The root is missing: the norm itself is compared with 1."
NOT_THE_MEAN = (
    "Your gradients are too small by the number of places: differentiate the sum of the scores, not their mean."
)
PENALTY = [
    (
        _of_slopes(lambda g, norm: (g - 1).square().mean()),
        "You compare each component with 1. Take the norm of each sample's gradient first, `norm(dim=1)`.",
    ),
    (
        _of_slopes(lambda g, norm: (g - 1).square().sum(dim=1).mean()),
        "You compare each component with 1. Take the norm of each sample's gradient first, `norm(dim=1)`.",
    ),
    (_of_slopes(lambda g, norm: (g.norm() - 1).square()), ONE_NORM),
    (_of_slopes(lambda g, norm: (g.norm() / len(g) - 1).square()), ONE_NORM),
    (
        _of_slopes(lambda g, norm: (g.mean(dim=0).norm() - 1).square()),
        "You average the gradients before the norm. Each sample has its own norm.",
    ),
    (
        _of_slopes(lambda g, norm: (norm.mean() - 1).square()),
        "You average the norms before the square, so slopes above and below 1 cancel.",
    ),
    (_of_slopes(lambda g, norm: norm.square().mean()), "You pull the norm towards 0. Subtract 1 before the square."),
    (_of_slopes(lambda g, norm: norm.square().mean() - 1), "Subtract 1 before the square, not after the mean."),
    (_of_slopes(lambda g, norm: (norm.square() - 1).mean()), SQUARED_NORM),
    (_of_slopes(lambda g, norm: (norm.square() - 1).square().mean()), SQUARED_NORM),
    (_of_slopes(lambda g, norm: (norm - 1).mean()), "The square is missing: slopes above and below 1 would cancel."),
    (_of_slopes(lambda g, norm: (norm - 1).abs().mean()), "You take the size of the difference. Its square is asked."),
    (_of_slopes(lambda g, norm: (norm + 1).square().mean()), "Subtract 1 from the norm. You add it."),
    (_of_slopes(lambda g, norm: norm.mean()), "That is the mean norm. Subtract 1, and square."),
    (_of_slopes(lambda g, norm: (norm - 1).square().sum()), "You added up over the batch. Take the mean."),
    (_of_slopes(lambda g, norm: (norm - 1).square()), "Those are the penalties of each sample. Return their mean."),
    (
        _of_slopes(lambda g, norm: (norm - 1).square().mean().sqrt()),
        "You took the root at the end. The mean of the squares is asked.",
    ),
    (_of_slopes(lambda g, norm: (norm - 1).square().mean() / 2), "That is half of it. There is no factor here."),
    (_of_slopes(lambda g, norm: (norm - 1).square().max()), "You take the largest penalty. Take the mean."),
    (
        _of_slopes(lambda g, norm: (norm - 1).clamp(min=0).square().mean()),
        "You punish only slopes above 1. The paper's penalty is two-sided.",
    ),
    (
        _of_slopes(lambda g, norm: (1 - norm).clamp(min=0).square().mean()),
        "You punish only slopes below 1. The paper's penalty is two-sided.",
    ),
    (
        _of_slopes(lambda g, norm: (g.norm(dim=0) - 1).square().mean()),
        "You take the norm over the batch for each axis, `dim=0`. Each sample has its own norm: `norm(dim=1)`.",
    ),
    (
        _of_slopes(lambda g, norm: (g.abs().sum(dim=1) - 1).square().mean()),
        "You add the sizes of the components. The Euclidean norm is meant.",
    ),
    (
        _of_slopes(lambda g, norm: (g.sum(dim=1) - 1).square().mean()),
        "You add the components. Take the norm, `norm(dim=1)`.",
    ),
    (
        _of_slopes(lambda g, norm: (g.abs().amax(dim=1) - 1).square().mean()),
        "You take the largest component. The Euclidean norm is meant.",
    ),
    (
        _of_slopes(lambda g, norm: 10 * (norm - 1).square().mean()),
        "You multiplied by 10. The weight comes later; here only the mean is asked for.",
    ),
    (_of_slopes(lambda g, norm: (norm / len(norm) - 1).square().mean()), NOT_THE_MEAN),
    (
        lambda critic, between: (critic(between) - 1).square().mean(),
        "You compare the scores with 1. The *gradient* of the score has to have norm 1.",
    ),
    (
        lambda critic, between: (between.norm(dim=1) - 1).square().mean(),
        "You take the norm of the places. Take that of the critic's gradient there.",
    ),
]
GRAD = [
    ("does not require grad", "call `requires_grad_()` on the places first: the gradient is asked for them."),
    ("only for scalar outputs", "differentiate the **sum** of the scores: each score depends on its own place only."),
    (
        "not have been used in the graph",
        "the score you differentiate does not come from these places: give the critic the very tensor you ask about.",
    ),
]


@takes_function("my_penalty", draw=_critic, seeds=(2, 3, 7, 9, 15, 17, 18, 19))
def check_penalty(attempt, cases):
    """``attempt(critic, between)`` returns the mean of (norm of the gradient - 1) squared."""
    wanted = "Return a single number, as a tensor: the mean of (norm - 1) ** 2 over the batch."
    return compare(attempt, cases, _penalty, PENALTY, wanted=wanted, errors=GRAD, also=_no_second_gradient, atol=1e-4)


def _no_second_gradient(value, critic, between):
    """Compare what reaches the critic's weights."""
    if not torch.is_tensor(value) or not value.requires_grad:
        return (
            "the number is right, but it cannot be differentiated once more: pass create_graph=True, return a tensor."
        )
    weights = list(critic.parameters())
    for expected, came in zip(
        torch.autograd.grad(_penalty(critic, between), weights, allow_unused=True),
        torch.autograd.grad(value.sum(), weights, allow_unused=True),
        strict=True,
    ):
        if not same(_or_zero(came), _or_zero(expected), rtol=1e-3, atol=1e-4):
            return "the number is right, but its gradient does not reach the critic's weights: pass create_graph=True."
    return None


def _or_zero(gradient):
    return 0.0 if gradient is None or not gradient.any() else gradient


def _numbers(rng):
    first = rng.normal(rng.integers(-2, 3), rng.choice([0.5, 1, 2]), int(rng.integers(5, 9)))
    second = rng.normal(rng.integers(-2, 3), rng.choice([0.5, 1, 2]), int(rng.integers(9, 12)))
    return floats(first.round(1)), floats(second.round(1))


def _frechet(first, second):
    return frechet_distance(first[:, None], second[:, None])


def _of_moments(rule):
    """`rule` of the difference of the means and of the two standard deviations."""
    return lambda first, second: rule(first.mean() - second.mean(), first.std(), second.std())


SPREADS = "You compare the variances. The formula compares the standard deviations."
UNBIASED = "You divide by n. Use the unbiased standard deviation, `x.std()`, which divides by n - 1."
FRECHET = [
    (
        _of_moments(lambda m, s, t: (m**2 + (s - t) ** 2).sqrt()),
        "You took the root at the end. What is reported as FID is the squared distance.",
    ),
    (
        _of_moments(lambda m, s, t: m**2),
        "You compare the means only. Two clouds with one mean and different spreads are not alike.",
    ),
    (
        _of_moments(lambda m, s, t: (s - t) ** 2),
        "You compare the spreads only. Add the squared difference of the means.",
    ),
    (
        _of_moments(lambda m, s, t: m**2 + s**2 + t**2),
        "The last term is missing: minus 2 times the root of the product of the variances.",
    ),
    (_of_moments(lambda m, s, t: m**2 + (s**2 - t**2) ** 2), SPREADS),
    (_of_moments(lambda m, s, t: m**2 + s**2 - t**2), SPREADS),
    (_of_moments(lambda m, s, t: m**2 + (s**2 - t**2).abs()), SPREADS),
    (_of_moments(lambda m, s, t: m.abs() + (s - t).abs()), "The differences are to be squared."),
    (_of_moments(lambda m, s, t: m + (s - t) ** 2), "The difference of the means is to be squared, too."),
    (_of_moments(lambda m, s, t: m.abs() + (s - t) ** 2), "The difference of the means is to be squared, too."),
    (
        _of_moments(lambda m, s, t: m**2 + (s - t).abs()),
        "The difference of the standard deviations is to be squared, too.",
    ),
    (_of_moments(lambda m, s, t: m**2 + s - t), "The difference of the standard deviations is to be squared, too."),
    (
        _of_moments(lambda m, s, t: m**2 + s**2 + t**2 - s * t),
        "The last term is −2 √(v w), with v and w the variances: the 2 is missing.",
    ),
    (
        _of_moments(lambda m, s, t: m**2 + s**2 + t**2 - 2 * s**2 * t**2),
        "The last term is −2 √(v w), with v and w the variances: the root is missing.",
    ),
    (
        _of_moments(lambda m, s, t: m**2 + s**2 + t**2 - 2 * (s * t).sqrt()),
        "The last term is −2 √(v w), of the *variances*: you took one root too many.",
    ),
    (_of_moments(lambda m, s, t: m**2 + (s + t) ** 2), "The last term has the wrong sign: minus 2 √(v w)."),
    (
        _of_moments(lambda m, s, t: m**2 + s + t - 2 * (s * t).sqrt()),
        "C and C' are variances. You put standard deviations there.",
    ),
    (
        _of_moments(lambda m, s, t: m**2 - (s - t) ** 2),
        "You subtract the difference of the spreads. Both terms are added.",
    ),
    (_of_moments(lambda m, s, t: (m + s - t) ** 2), "Square each difference by itself, then add."),
    (_of_moments(lambda m, s, t: (m**2 + (s - t) ** 2) / 2), "That is half of it. There is no factor in the formula."),
    (
        lambda first, second: (
            (first.mean() - second.mean()) ** 2 + (first.std(correction=0) - second.std(correction=0)) ** 2
        ),
        UNBIASED,
    ),
    (
        lambda first, second: (first.mean() + second.mean()) ** 2 + (first.std() - second.std()) ** 2,
        "The means are to be subtracted.",
    ),
    (
        lambda first, second: first.mean() ** 2 - second.mean() ** 2 + (first.std() - second.std()) ** 2,
        "Square the difference of the means, and not each of them.",
    ),
]


@takes_function("my_frechet", draw=_numbers, seeds=(2, 4, 5, 6, 7, 8, 9, 10))
def check_frechet(attempt, cases):
    """``attempt(first, second)`` returns the squared Fréchet distance of two clouds of numbers, one dimension."""
    wanted = "Return one number: (difference of means)² + (difference of standard deviations)²."
    return compare(attempt, cases, _frechet, FRECHET, wanted=wanted)


def _points(rng):
    """Points at many distances from centres, some of which lie so near that a point may belong to two."""
    spread, n_modes = float(rng.choice([0.25, 0.5, 1.0])), 4
    gaps = np.cumsum([0, *rng.choice([2.0, 4.0, 15.0], n_modes - 1)]) * spread
    centres = np.stack([gaps, rng.permutation(gaps)], axis=1)
    n_points = int(rng.choice([8, 28]))  # a fifth of an even share is more than one point of 28
    radii = spread * rng.choice([0.62, 1.43, 2.41, 2.73, 3.47, 4.1, 5.7][: rng.integers(2, 8)], n_points)
    angles = rng.choice([0.1, 0.7, 0.85, 2.3, 3.9, 5.4], n_points)
    law = [[0.6, 0.3, 0.05, 0.05], [1, 0, 0, 0]][int(rng.integers(2))]
    points = centres[rng.choice(n_modes, n_points, p=law)]
    points = points + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    away = np.linalg.norm(points[:, None] - centres, axis=2) / spread
    clear = (abs(away - 3) > 0.05).all(axis=1)  # nobody stands on the border
    return floats(points[clear]), floats(centres), spread


def _count(points, centres, spread):
    near = _near(points, centres, 3 * spread)
    return near.any(dim=0).sum(), near.any(dim=1).double().mean()


def _near(points, centres, distance, p=2.0):
    return (points[:, None] - centres).norm(p=p, dim=2) <= distance


def _counted(near):
    """Both numbers from another table of which point is near which centre."""

    def mistake(points, centres, spread):
        table = near(points, centres, spread)
        return table.any(dim=0).sum(), table.any(dim=1).double().mean()

    return mistake


def _of_table(rule):
    """Another `rule` of the right table, (N, M)."""
    return lambda p, c, s: rule(_near(p, c, 3 * s).double())


def _nearest(points, centres):
    return F.one_hot(torch.cdist(points, centres).argmin(dim=1), len(centres)).bool()


EUCLID = "Measure the Euclidean distance, the root of the sum of squares: not each axis by itself, nor their sum."
THREE = "The rule is three spreads: the distance is at most 3 * spread."
SQUARE = "You compare squared distances with a distance. Take the root first, or square 3 * spread as a whole."
COUNT = [
    (lambda *given: _count(*given)[::-1], "The two are in the other order: first how many modes, then the share."),
    (
        _of_table(lambda near: (near.amax(dim=0).sum(), near.amax(dim=1).sum())),
        "Your quality is a count; it is a share: divide by the number of points.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=0).mean(), near.amax(dim=1).mean())),
        "You give a share of the modes. How many are covered is asked, a number of modes.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=0).sum(), near.sum() / len(near))),
        "A point near two centres counts twice in your quality. Count each point once.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=0).sum(), near.mean())),
        "Your quality is a share of all pairs. Asked is the share of *points* that lie near some centre.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=0).sum(), near.mean(dim=0).max())),
        "Your quality is that of the best mode. Asked is the share of all points near *some* centre.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=0).sum(), 1 - near.amax(dim=1).mean())),
        "That is the share of points that are near no centre.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=1).sum(), near.amax(dim=1).mean())),
        "You count good points, not modes. Several points may lie on one mode: count each mode once.",
    ),
    (
        _of_table(lambda near: (near.sum(), near.amax(dim=1).mean())),
        "You count good points, not modes. Several points may lie on one mode: count each mode once.",
    ),
    (
        _of_table(lambda near: (near.amax(dim=0).sum(), near.amax(dim=0).mean())),
        "Your quality is a share of modes. Asked is the share of points.",
    ),
    (
        _of_table(lambda near: ((near.sum(dim=0) >= 0.2 * len(near) / near.shape[1]).sum(), near.amax(dim=1).mean())),
        "You ask for a fifth of an even share, as the figure does. Here one point is enough to cover a mode.",
    ),
    (
        _of_table(lambda near: ((near.sum(dim=0) > 1).sum(), near.amax(dim=1).mean())),
        "You ask for more than one point. One is enough to cover a mode.",
    ),
    (
        _of_table(lambda near: (near.amin(dim=0).sum(), near.amax(dim=1).mean())),
        "You ask that all points lie on a mode: `any`, not `all`.",
    ),
    (_counted(lambda p, c, s: _near(p, c, 3 * s, p=float("inf"))), EUCLID),
    (_counted(lambda p, c, s: _near(p, c, 3 * s, p=1)), EUCLID),
    (_counted(lambda p, c, s: _near(p[:, :1], c[:, :1], 3 * s)), EUCLID),
    (_counted(lambda p, c, s: _near(p, c, s)), THREE),
    (_counted(lambda p, c, s: _near(p, c, 2 * s)), THREE),
    (_counted(lambda p, c, s: _near(p, c, 3)), THREE),
    (_counted(lambda p, c, s: _near(p, c, 3 * s**2)), THREE),
    (_counted(lambda p, c, s: _near(p, c, 3 * s**0.5)), SQUARE),
    (_counted(lambda p, c, s: _near(p, c, (3 * s) ** 0.5)), SQUARE),
    (_counted(lambda p, c, s: _near(p, c, 3**0.5 * s)), SQUARE),
    (
        _counted(lambda p, c, s: ~_near(p, c, 3 * s)),
        "You count what lies *farther* than three spreads. Turn the comparison round.",
    ),
    (
        lambda p, c, s: (_nearest(p, c).any(dim=0).sum(), _count(p, c, s)[1]),
        "Every point has a nearest centre, however far away. Only points within 3 spreads of it cover a mode.",
    ),
    (
        _counted(lambda p, c, s: _nearest(p, c)),
        "Every point has a nearest centre, however far away. Only points within 3 spreads of it count.",
    ),
    (
        _counted(lambda p, c, s: _near(p, c, 3 * s) & _nearest(p, c)),
        "You let a point cover its nearest mode only. Where modes overlap, it lies within three spreads of both.",
    ),
    (
        lambda p, c, s: (len(c), _count(p, c, s)[1]),
        "You count all modes. Count those with at least one point within three spreads.",
    ),
    (
        lambda p, c, s: ((torch.cdist(p, c).mean(dim=0) <= 3 * s).sum(), _count(p, c, s)[1]),
        "You average the distances from a mode. One point that is near enough covers it.",
    ),
    (
        lambda p, c, s: (_count(p, c, s)[0], 100 * _count(p, c, s)[1]),
        "Your quality is in percent. Return a share, from 0 to 1.",
    ),
]


@takes_function("my_count", draw=_points, seeds=(17, 43, 82, 97, 102, 127, 133, 139))
def check_count(attempt, cases):
    """``attempt(points, centres, spread)`` returns how many modes are covered and the share of good points."""
    wanted = "Return two numbers: `return covered, quality`."
    last = "A table of all distances, (N, M), says which points are near which centres: `any` along each side."
    return compare(attempt, cases, _count, COUNT, wanted=wanted, last=last)


CHECKERS = {
    "gan-generator-losses": check_generator_losses,
    "gan-gradient-penalty": check_penalty,
    "gan-frechet-gaussians": check_frechet,
    "gan-count-modes": check_count,
}
