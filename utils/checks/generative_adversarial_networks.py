"""Checkers of lecture 19: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.course.hints import first_match, same, takes_function
from utils.generative.gan_losses import gradient_penalty
from utils.generative.point_gans import count_modes, point_network
from utils.generative.quality import frechet_distance


@takes_function("my_generator_losses")
def check_generator_losses(attempt):
    """``attempt(logits)`` returns the saturating and the non-saturating loss of made samples."""
    logits = torch.tensor([-2.0, 0.0, 3.0])
    value = attempt(logits)
    if torch.is_tensor(value) and value.shape == (2,):
        value = tuple(value)
    if not isinstance(value, tuple | list) or len(value) != 2 or any(one is ... or one is None for one in value):
        return "expected two losses: `return saturating, non_saturating`."
    sizes = [torch.as_tensor(one).numel() for one in value]
    if sizes != [1, 1]:
        return f"expected two single numbers; yours have {sizes[0]} and {sizes[1]}. Take the mean."
    if hint := _generator_losses_hint(*map(float, value), logits):
        return hint
    far = [float(one) for one in attempt(torch.tensor([-200.0, 200.0]))]
    if not all(abs(one) < 1e4 for one in far):
        return (
            f"for logits of -200 and 200 you give {far[0]} and {far[1]}: the sigmoid was rounded to 0 or 1 before the "
            "logarithm. Use F.softplus or F.logsigmoid on the logits."
        )
    if not same(far, [-100, 100]):
        return "right for small logits, not for -200 and 200: expected -100 and 100. Do not clamp; use F.softplus."
    return None


def _generator_losses_hint(saturating, other, logits):
    right = float(-F.softplus(logits).mean()), float(F.softplus(-logits).mean())

    def near(value, expected):
        return same(value, expected, rtol=0, atol=1e-4)

    mistakes = [
        (near(saturating, right[0]) and near(other, right[1]), None),
        (
            near(saturating, right[1]) and near(other, right[0]),
            "the two are in the other order: first the saturating one, log(1 - D).",
        ),
        (
            near(saturating, -right[0]),
            "the saturating loss has the wrong sign. The generator minimises log(1 - D), which is never positive.",
        ),
        (
            near(other, -right[1]),
            "the non-saturating loss has the wrong sign: -log D, so that a high D makes it small.",
        ),
        (
            near(saturating, 3 * right[0]) or near(other, 3 * right[1]),
            "you added up over the samples. Take the mean, so that the loss does not depend on how many there are.",
        ),
        (
            near(other, -right[0]),
            "-log(sigmoid(s)) is softplus(-s). Yours is softplus(s), what the critic pays for a made sample.",
        ),
        (
            True,
            f"for logits -2, 0, 3 you give {saturating:.3f} and {other:.3f}, expected {right[0]:.3f} and "
            f"{right[1]:.3f}. D is sigmoid(logit); log(1 - D) is -softplus(logit).",
        ),
    ]
    return first_match(other, mistakes)


@takes_function("my_penalty")
def check_penalty(attempt):
    """``attempt(critic, between)`` returns the mean of (norm of the gradient - 1) squared."""
    generator = torch.Generator().manual_seed(19)
    critic = point_network(2, 8, 1)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.copy_(0.6 * torch.randn(parameter.shape, generator=generator))  # slopes above and below 1
    places = torch.randn(6, 2, generator=generator)
    try:
        value = attempt(critic, places.clone())
    except RuntimeError as error:
        if "does not require grad" in str(error):
            return "call `requires_grad_()` on the places first: the gradient is asked for them."
        if "only for scalar outputs" in str(error):
            return "differentiate the **sum** of the scores: each score depends on its own place only."
        raise
    if not torch.is_tensor(value) or value.numel() != 1:
        return "expected a single number, as a tensor: the mean over the batch."
    if hint := _penalty_hint(value.item(), critic, places):
        return hint
    if not value.requires_grad:
        return "the number is right, but it cannot be differentiated once more: pass create_graph=True."
    return None


def _penalty_hint(value, critic, places):
    inputs = places.clone().requires_grad_()
    (slope,) = torch.autograd.grad(critic(inputs).sum(), inputs)
    norms, right = slope.norm(dim=1), gradient_penalty(critic, places, places).item()
    mistakes = [
        (right, None),
        (
            (slope - 1).square().mean(),
            "you compare each component with 1. Take the norm of each sample's gradient first, `norm(dim=1)`.",
        ),
        (
            (slope.norm() - 1).square(),
            "that is one norm over the whole batch. Each sample has a gradient of its own: `norm(dim=1)`.",
        ),
        (norms.square().mean(), "you pull the norm towards 0. Subtract 1 before the square."),
        ((norms - 1).mean(), "the square is missing: slopes above and below 1 would cancel."),
        ((norms - 1).clamp(min=0).square().mean(), "you punish only slopes above 1. The paper's penalty is two-sided."),
        (
            (slope.norm(dim=0) - 1).square().mean(),
            "you take the norm over the batch for each axis, `dim=0`. Each sample has its own norm: `norm(dim=1)`.",
        ),
        (10 * right, "you multiplied by 10. The weight comes later; here only the mean is asked for."),
        (
            (norms / len(places) - 1).square().mean(),
            "your gradients are six times too small: differentiate the sum of the scores, not their mean.",
        ),
        (True, f"you give {value:.4f}, expected {right:.4f}: the mean of (norm - 1) ** 2 over the batch."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


@takes_function("my_frechet")
def check_frechet(attempt):
    """``attempt(first, second)`` returns the squared Fréchet distance of two clouds of numbers, one dimension."""
    generator = torch.Generator().manual_seed(19)
    first, second = torch.randn(50, generator=generator), 3 * torch.randn(80, generator=generator) + 2
    return _frechet_hint(float(attempt(first.clone(), second.clone())), first, second)


def _frechet_hint(value, first, second):
    right = float(frechet_distance(first[:, None], second[:, None]))
    apart, one, other = (first.mean() - second.mean()).square(), first.std(), second.std()
    both = one.square() + other.square()
    mistakes = [
        (right, None),
        (right**0.5, "you took the root at the end. What is reported as FID is the squared distance."),
        (apart, "you compare the means only. Two clouds with one mean and different spreads are not alike."),
        ((one - other).square(), "you compare the spreads only. Add the squared difference of the means."),
        (apart + both, "the last term is missing: minus 2 times the root of the product of the variances."),
        (
            apart + (one.square() - other.square()).square(),
            "you compare the variances. The formula compares the standard deviations.",
        ),
        (apart.sqrt() + (one - other).abs(), "the differences are to be squared."),
        (apart + both - one * other, "the last term is −2 √(v w), with v and w the variances: the 2 is missing."),
        (
            apart + both - 2 * (one * other).square(),
            "the last term is −2 √(v w), with v and w the variances: the root is missing.",
        ),
        (
            abs(value - right) < 0.1 * right,
            "close: use the unbiased standard deviation, `x.std()`, which divides by n - 1.",
        ),
        (
            True,
            f"you give {value:.3f}, expected {right:.3f}: (difference of means)² + (difference of standard "
            "deviations)².",
        ),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


@takes_function("my_count")
def check_count(attempt):
    """``attempt(points, centres, spread)`` returns how many modes are covered and the share of good points."""
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = torch.tensor([[0.0, 0.2], [0.25, 0.25], [0.2, 0.0], [10.0, 0.25], [10.0, -0.15], [5.0, 5.0], [0.0, 9.0]])
    value = attempt(points.clone(), centres.clone(), 0.1)
    if not isinstance(value, tuple | list) or len(value) != 2:
        return "expected two numbers: `return covered, quality`."
    covered, quality = (float(one) for one in value)
    right = [float(one) for one in count_modes(points, centres, 0.1, at_least=0)]
    mistakes = [
        (right, None),
        (covered < 1 <= quality, "the two are in the other order: first how many modes, then the share."),
        (quality > 1, f"your quality is {quality:g}; it is a share, between 0 and 1: divide by the number of points."),
        (
            same(quality, 5 / 7),
            "(0.25, 0.25) lies 0.35 from its centre, too far. Measure the Euclidean distance, not each axis.",
        ),
        (covered == 0 or quality < 1e-3, "you ask for points within one spread. The rule is three spreads, 0.3 here."),
        (
            quality > 0.99,
            "every point has a nearest centre, however far away. Only points within 3 spreads of it count.",
        ),
        (covered == 4, "you count good points, not modes. Several points may lie on one mode: count each mode once."),
        (covered == 3, "nobody is within 3 spreads of (0, 10): its nearest point is 1 away. That mode is not covered."),
        (True, f"you give {covered:g} and {quality:.2f}, expected {right[0]:g} and {right[1]:.2f}."),
    ]
    return first_match([covered, quality], mistakes)


CHECKERS = {
    "gan-generator-losses": check_generator_losses,
    "gan-gradient-penalty": check_penalty,
    "gan-frechet-gaussians": check_frechet,
    "gan-count-modes": check_count,
}
