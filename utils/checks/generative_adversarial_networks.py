"""Checkers of lecture 19: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.checks import takes_function
from utils.generation_quality import frechet_distance
from utils.generative import count_modes, gradient_penalty, point_network


def _near(value, expected):
    value, expected = (float(torch.as_tensor(one).detach()) for one in (value, expected))
    return abs(value - expected) < 1e-4


@takes_function("my_generator_losses")
def check_generator_losses(attempt):
    """``attempt(logits)`` returns the saturating and the non-saturating loss of made samples."""
    logits = torch.tensor([-2.0, 0.0, 3.0])
    value = attempt(logits)
    if torch.is_tensor(value) and value.shape == (2,):
        value = tuple(value)
    if not isinstance(value, tuple | list) or len(value) != 2 or any(one is ... or one is None for one in value):
        return "expected two losses: `return saturating, non_saturating`."
    saturating, other = (torch.as_tensor(one) for one in value)
    if saturating.numel() != 1 or other.numel() != 1:
        return f"expected two single numbers; yours have {saturating.numel()} and {other.numel()}. Take the mean."
    right = -F.softplus(logits).mean(), F.softplus(-logits).mean()
    if _near(saturating, right[1]) and _near(other, right[0]):
        return "the two are in the other order: first the saturating one, log(1 - D)."
    if _near(saturating, -right[0]):
        return "the saturating loss has the wrong sign. The generator minimises log(1 - D), which is never positive."
    if _near(other, -right[1]):
        return "the non-saturating loss has the wrong sign: -log D, so that a high D makes it small."
    if _near(saturating, 3 * right[0]) or _near(other, 3 * right[1]):
        return "you added up over the samples. Take the mean, so that the loss does not depend on how many there are."
    if _near(other, F.softplus(logits).mean()):
        return "-log(sigmoid(s)) is softplus(-s). Yours is softplus(s), what the critic pays for a made sample."
    if not (_near(saturating, right[0]) and _near(other, right[1])):
        return (
            f"for logits -2, 0, 3 you give {float(saturating):.3f} and {float(other):.3f}, expected "
            f"{float(right[0]):.3f} and {float(right[1]):.3f}. D is sigmoid(logit); log(1 - D) is -softplus(logit)."
        )
    far = [float(one) for one in attempt(torch.tensor([-200.0, 200.0]))]
    if not all(abs(one) < 1e4 for one in far):
        return (
            f"for logits of -200 and 200 you give {far[0]} and {far[1]}: the sigmoid was rounded to 0 or 1 before the "
            "logarithm. Use F.softplus or F.logsigmoid on the logits."
        )
    if not all(_near(one, expected) for one, expected in zip(far, (-100, 100), strict=True)):
        return "right for small logits, not for -200 and 200: expected -100 and 100. Do not clamp; use F.softplus."
    return None


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
    inputs = places.clone().requires_grad_()
    (slope,) = torch.autograd.grad(critic(inputs).sum(), inputs)
    right = gradient_penalty(critic, places, places)
    if _near(value, ((slope - 1) ** 2).mean()):
        return "you compare each component with 1. Take the norm of each sample's gradient first, `norm(dim=1)`."
    if _near(value, (slope.norm() - 1) ** 2):
        return "that is one norm over the whole batch. Each sample has a gradient of its own: `norm(dim=1)`."
    if _near(value, (slope.norm(dim=1) ** 2).mean()):
        return "you pull the norm towards 0. Subtract 1 before the square."
    if _near(value, (slope.norm(dim=1) - 1).mean()):
        return "the square is missing: slopes above and below 1 would cancel."
    if _near(value, (slope.norm(dim=1) - 1).clamp(min=0).square().mean()):
        return "you punish only slopes above 1. The paper's penalty is two-sided."
    if _near(value, ((slope.norm(dim=0) - 1) ** 2).mean()):
        return "you take the norm over the batch for each axis, `dim=0`. Each sample has its own norm: `norm(dim=1)`."
    if _near(value, 10 * right):
        return "you multiplied by 10. The weight comes later; here only the mean is asked for."
    if _near(value, ((slope.norm(dim=1) / 6 - 1) ** 2).mean()):
        return "your gradients are six times too small: differentiate the sum of the scores, not their mean."
    if not _near(value, right):
        return f"you give {value.item():.4f}, expected {right.item():.4f}: the mean of (norm - 1) ** 2 over the batch."
    if not value.requires_grad:
        return "the number is right, but it cannot be differentiated once more: pass create_graph=True."
    return None


@takes_function("my_frechet")
def check_frechet(attempt):
    """``attempt(first, second)`` returns the squared Fréchet distance of two clouds of numbers, one dimension."""
    generator = torch.Generator().manual_seed(19)
    first, second = torch.randn(50, generator=generator), 3 * torch.randn(80, generator=generator) + 2
    value = float(attempt(first.clone(), second.clone()))
    right = frechet_distance(first[:, None], second[:, None])
    apart, one, other = (first.mean() - second.mean()) ** 2, first.std(), second.std()
    if _near(value, right):
        return None
    if _near(value, right**0.5):
        return "you took the root at the end. What is reported as FID is the squared distance."
    if _near(value, apart):
        return "you compare the means only. Two clouds with one mean and different spreads are not alike."
    if _near(value, (one - other) ** 2):
        return "you compare the spreads only. Add the squared difference of the means."
    if _near(value, apart + one**2 + other**2):
        return "the last term is missing: minus 2 times the root of the product of the variances."
    if _near(value, apart + (one**2 - other**2) ** 2):
        return "you compare the variances. The formula compares the standard deviations."
    if _near(value, (first.mean() - second.mean()).abs() + (one - other).abs()):
        return "the differences are to be squared."
    if _near(value, apart + one**2 + other**2 - one * other):
        return "the last term is −2 √(v w), with v and w the variances: the 2 is missing."
    if _near(value, apart + one**2 + other**2 - 2 * one**2 * other**2):
        return "the last term is −2 √(v w), with v and w the variances: the root is missing."
    if abs(value - right) < 0.1 * right:
        return "close: use the unbiased standard deviation, `x.std()`, which divides by n - 1."
    return f"you give {value:.3f}, expected {right:.3f}: (difference of means)² + (difference of standard deviations)²."


@takes_function("my_count")
def check_count(attempt):
    """``attempt(points, centres, spread)`` returns how many modes are covered and the share of good points."""
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = torch.tensor([[0.0, 0.2], [0.25, 0.25], [0.2, 0.0], [10.0, 0.25], [10.0, -0.15], [5.0, 5.0], [0.0, 9.0]])
    value = attempt(points.clone(), centres.clone(), 0.1)
    if not isinstance(value, tuple | list) or len(value) != 2:
        return "expected two numbers: `return covered, quality`."
    covered, quality = (float(one) for one in value)
    right = count_modes(points, centres, 0.1, at_least=0)
    if (covered, round(quality, 4)) == (right[0].item(), round(right[1].item(), 4)):
        return None
    if covered < 1 <= quality:
        return "the two are in the other order: first how many modes, then the share."
    if quality > 1:
        return f"your quality is {quality:g}; it is a share, between 0 and 1: divide by the number of points."
    if abs(quality - 5 / 7) < 1e-3:
        return "(0.25, 0.25) lies 0.35 from its centre, too far. Measure the Euclidean distance, not each axis."
    if covered == 0 or quality < 1e-3:
        return "you ask for points within one spread. The rule is three spreads, 0.3 here."
    if quality > 0.99:
        return "every point has a nearest centre, however far away. Only points within 3 spreads of it count."
    if covered == 4:
        return "you count good points, not modes. Several points may lie on one mode: count each mode once."
    if covered == 3:
        return "nobody is within 3 spreads of (0, 10): its nearest point is 1 away. That mode is not covered."
    return f"you give {covered:g} and {quality:.2f}, expected {right[0].item()} and {right[1].item():.2f}."


CHECKERS = {
    "gan-generator-losses": check_generator_losses,
    "gan-gradient-penalty": check_penalty,
    "gan-frechet-gaussians": check_frechet,
    "gan-count-modes": check_count,
}
