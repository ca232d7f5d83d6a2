"""Checkers of lecture 17: each returns a hint, or None if the attempt is right."""

import math

import numpy as np
import torch

from utils.course.hints import compare, first_match, floats, same, takes_function, unreadable


def _codes(rng):
    n_images, n_units = int(rng.integers(3, 5)), int(rng.integers(5, 7))
    codes = rng.permutation(n_images * n_units).reshape(n_images, n_units) / 2 - 4.25  # no ties, none is 0
    codes[0] -= codes[0].max() + 1.5  # a row without any number above 0
    return floats(codes), int(rng.integers(2, 4))


def _keep_largest(codes, k):
    return codes * _chosen(codes, k)


def _chosen(numbers, k, dim=1):
    """Mark the k largest along a dimension."""
    places = numbers.topk(min(k, numbers.shape[dim]), dim=dim).indices
    return torch.zeros_like(numbers, dtype=torch.bool).scatter(dim, places, True)


def _largest_of_all(codes, k):
    return codes * (codes >= codes.flatten().topk(min(k, codes.numel())).values[-1])


KTH = "`>` leaves out the k-th itself. Use `>=`, or topk: k numbers a row are kept."
ALL_ROWS = "You choose among all rows together. Each picture keeps k numbers of its own: use `dim=1`."
ENDS = "You keep what is at the k first or last places, whatever stands there. Keep the largest."
K_SPARSE = [
    (
        lambda codes, k: codes * _chosen(codes.abs(), k),
        "You look at the numbers without their sign. -5 is not among the largest: leave out `abs`.",
    ),
    (lambda codes, k: codes * _chosen(-codes, k), "You keep the k *smallest* of each row."),
    (
        lambda codes, k: _keep_largest(codes, k).relu(),
        "You set negative numbers to 0. A number among the k largest stays, negative or not.",
    ),
    (
        lambda codes, k: _keep_largest(codes.relu(), k),
        "You set negative numbers to 0. A number among the k largest stays, negative or not.",
    ),
    (lambda codes, k: _keep_largest(codes, k).abs(), "You take the sign away from what is kept. It stays as it was."),
    (lambda codes, k: codes * (codes > codes.topk(k, dim=1).values[:, -1:]), KTH),
    (lambda codes, k: _keep_largest(codes, k + 1), "You keep k + 1 numbers a row."),
    (lambda codes, k: _keep_largest(codes, 1), "You keep one number a row. Did you use `k`?"),
    (lambda codes, k: codes * ~_chosen(codes, k), "You set the k largest to 0 and keep the others. Turn it round."),
    (
        lambda codes, k: codes * ~_chosen(-codes, k),
        "You set the k smallest to 0. Keep k numbers, however many there are.",
    ),
    (
        lambda codes, k: _chosen(codes, k),
        "You return which numbers to keep, as ones. Return the numbers themselves there.",
    ),
    (lambda codes, k: _largest_of_all(codes, k), ALL_ROWS),
    (lambda codes, k: _largest_of_all(codes, k * len(codes)), ALL_ROWS),
    (
        lambda codes, k: codes.sort(dim=1, descending=True).values * (torch.arange(codes.shape[1]) < k),
        "The right numbers are kept, but moved to the front. Each has to stay at its place.",
    ),
    (
        lambda codes, k: codes * _chosen(codes, k, dim=0),
        "You keep k numbers of each *column*. A code is a row: use `dim=1`.",
    ),
    (lambda codes, k: codes * (torch.arange(codes.shape[1]) < k), ENDS),
    (lambda codes, k: codes * (torch.arange(codes.shape[1]) >= codes.shape[1] - k), ENDS),
    (lambda codes, k: codes * (codes > 0), "You keep what is above 0. Keep k numbers a row, whatever their sign."),
    (
        lambda codes, k: codes * (codes >= codes.mean(dim=1, keepdim=True)),
        "You keep what is above the mean. Keep k numbers a row.",
    ),
    (
        lambda codes, k: codes.topk(k, dim=1).values,
        "Those are the k numbers alone. Put them where they stood, and 0 elsewhere.",
    ),
    (
        lambda codes, k: codes.topk(k, dim=1).indices,
        "Those are the places of the k largest. Return the codes, with 0 elsewhere.",
    ),
    (lambda codes, k: codes, "Nothing was set to 0. Keep the k largest of each row."),
    (
        lambda codes, k: codes.masked_fill(~_chosen(codes, k), -torch.inf),
        "You put -inf where nothing is kept. Put 0 there.",
    ),
    (
        lambda codes, k: (codes - codes.topk(k, dim=1).values[:, -1:]).relu(),
        "You subtract the k-th number. What is kept stays as it is.",
    ),
    (
        lambda codes, k: codes.sort(dim=1, descending=True).values,
        "You sort each row. Keep the numbers where they are, and set the others to 0.",
    ),
]


@takes_function("my_keep_largest", draw=_codes, seeds=(0, 1, 4, 15, 17, 53, 58, 70))
def check_keep_largest(attempt, cases):
    """``attempt(codes, k)`` keeps the k largest numbers of each row."""
    wanted = "Return a tensor of the shape of codes: the k largest of each row where they are, and 0 elsewhere."
    return compare(attempt, cases, _keep_largest, K_SPARSE, wanted=wanted)


def _three_pictures(rng):
    clean = rng.random((3, 1, 3, 3))
    noisy, cleaned = (
        clean + rng.choice([0.05, 0.1, 0.3], (3, 1, 1, 1)) * rng.normal(0, 1, clean.shape) for _ in range(2)
    )
    return floats(cleaned), floats(noisy), floats(clean)


def _squared(images, clean, dim=(1, 2, 3)):
    return (images - clean).square().mean(dim=dim)


def _psnr(images, clean):
    return -10 * _squared(images, clean).log10()


def _gain(cleaned, noisy, clean):
    return (_psnr(cleaned, clean) - _psnr(noisy, clean)).mean()


ROOT = "You take the root of the squared error. PSNR has the mean squared error itself under 10 log10."
ONE_ERROR = "You took one mean squared error over all pictures. Take the PSNR of each picture first, then the mean."
GAIN = [
    (lambda *given: -_gain(*given), "The sign is turned round: less error after cleaning is a gain above 0."),
    (lambda c, n, x: 10 * (_squared(n, x).mean() / _squared(c, x).mean()).log10(), ONE_ERROR),
    (
        lambda *given: 2 * _gain(*given),
        "That is twice the gain. 20 log10 is for the *root* of the squared error; here it is 10 log10.",
    ),
    (lambda *given: _gain(*given) / 2, ROOT),
    (lambda *given: _gain(*given) / 10, "The factor 10 is missing: these are bels, not decibels."),
    (lambda *given: _gain(*given) * math.log(10), "Use the logarithm to base 10, `log10`."),
    (lambda *given: _gain(*given) * math.log2(10), "Use the logarithm to base 10, `log10`."),
    (
        lambda c, n, x: _psnr(c, x).mean(),
        "That is the PSNR after cleaning. The gain is the difference to the PSNR before.",
    ),
    (lambda c, n, x: _psnr(n, x).mean(), "That is the PSNR before cleaning. Take the difference to the one after."),
    (
        lambda c, n, x: (_psnr(c, x) / _psnr(n, x)).mean(),
        "You divide one PSNR by the other. By how much it was raised is a difference.",
    ),
    (
        lambda c, n, x: _psnr(c, x).mean() / _psnr(n, x).mean(),
        "You divide one PSNR by the other. By how much it was raised is a difference.",
    ),
    (
        lambda c, n, x: _psnr(c, x).mean() + _psnr(n, x).mean(),
        "You add the two PSNRs. By how much it was raised is a difference.",
    ),
    (
        lambda c, n, x: (_psnr(c, x) - _psnr(n, x)).abs().mean(),
        "You take the size of each gain. Cleaning may do harm: a loss is below 0.",
    ),
    (
        lambda c, n, x: (_psnr(c, x) - _psnr(n, x)).clamp(min=0).mean(),
        "You set losses to 0. Cleaning may do harm: a loss is below 0.",
    ),
    (lambda c, n, x: (_psnr(c, x) - _psnr(n, x)).sum(), "You added up the gains. Take their mean over the pictures."),
    (lambda c, n, x: _psnr(c, x) - _psnr(n, x), "Those are the gains of each picture. Return their mean."),
    (lambda c, n, x: (_psnr(c, x) - _psnr(n, x)).median(), "That is the median. Take the mean over the pictures."),
    (lambda c, n, x: (_psnr(c, x) - _psnr(n, x)).max(), "That is the largest gain. Take the mean over the pictures."),
    (lambda c, n, x: (_psnr(c, x) - _psnr(n, x))[0], "That is the gain of the first picture. Take the mean over all."),
    (
        lambda c, n, x: (_psnr(c, n) - _psnr(n, x)).mean(),
        "You compared `cleaned` with `noisy`. Compare both with `clean`.",
    ),
    (lambda c, n, x: _psnr(c, n).mean(), "You compared `cleaned` with `noisy`. Compare both with `clean`."),
    (
        lambda c, n, x: 10 * (_squared(n, x, dim=1) / _squared(c, x, dim=1)).log10().mean(),
        "Take the mean over all pixels of a picture, `dim=(1, 2, 3)`, before the logarithm.",
    ),
    (
        lambda c, n, x: 10 * (_squared(n, x, dim=3) / _squared(c, x, dim=3)).log10().mean(),
        "Take the mean over all pixels of a picture, `dim=(1, 2, 3)`, before the logarithm.",
    ),
    (
        lambda c, n, x: 10 * ((n - x).abs().mean(dim=(1, 2, 3)) / (c - x).abs().mean(dim=(1, 2, 3))).log10().mean(),
        "You take the absolute error. PSNR is made of the *squared* error.",
    ),
    (
        lambda c, n, x: 20 * ((n - x).abs().mean(dim=(1, 2, 3)) / (c - x).abs().mean(dim=(1, 2, 3))).log10().mean(),
        "You take the absolute error. PSNR is made of the *squared* error.",
    ),
    (
        lambda c, n, x: (_squared(n, x) - _squared(c, x)).mean(),
        "That is a difference of squared errors. Turn each into decibels first.",
    ),
    (
        lambda c, n, x: (_squared(n, x) / _squared(c, x)).mean(),
        "That is a quotient of squared errors. Turn it into decibels: 10 log10.",
    ),
    (
        lambda c, n, x: 10 * (_squared(n, x) / _squared(c, x)).mean().log10(),
        "You average before the logarithm. Take the PSNR of each picture first, then the mean.",
    ),
    (lambda c, n, x: (_psnr(c, x).square() - _psnr(n, x).square()).mean(), "Decibels are not squared; the errors are."),
    (
        lambda c, n, x: 1 - (_squared(c, x) / _squared(n, x)).mean(),
        "That is the share of the error that went. Turn errors into decibels.",
    ),
    (
        lambda c, n, x: (
            _psnr(c.mean(0, keepdim=True), x.mean(0, keepdim=True))
            - _psnr(n.mean(0, keepdim=True), x.mean(0, keepdim=True))
        ).mean(),
        "You average the pictures first. Take the PSNR of each picture.",
    ),
]


@takes_function("my_gain", draw=_three_pictures, seeds=(0, 5, 12, 19, 22, 25, 34, 47))
def check_gain(attempt, cases):
    """``attempt(cleaned, noisy, clean)`` gives the mean gain in decibels."""
    wanted = "Return one number, the mean over the pictures. PSNR is 10 log10(1 / mean squared error)."
    return compare(attempt, cases, _gain, GAIN, wanted=wanted, atol=1e-3)


@takes_function("my_masking")
def check_masking(attempt):
    """``attempt(images, share)`` sets a share of the pixels to 0."""
    exact = []
    for share in (0.25, 0.6):
        images = floats(0.2 + 0.8 * torch.rand(24, 2, 20, 20, generator=torch.Generator().manual_seed(2)))
        answers = [attempt(images, share) for _ in range(2)]
        case = f"for images of shape {tuple(images.shape)} and share = {share:g}"
        if fault := unreadable(answers[0], images):
            return f"{case} {fault} Return a new tensor, with 0 where a pixel is taken away."
        value, again = (torch.as_tensor(answer).to(images) for answer in answers)
        if hint := _masking_hint(value, again, images, share):
            return f"{case} {hint}"
        exact += [abs(float((answer == 0).sum()) - share * images.numel()) < 1 for answer in (value, again)]
    return "you take away exactly that share. Let chance decide for each pixel by itself." if all(exact) else None


def _masking_hint(value, again, images, share):
    gone, spread = value == 0, (value == 0).double()
    kept, part, each = value[~gone], spread.mean().item(), spread.mean(dim=(1, 2, 3))
    rows, columns = (spread.mean(dim=along).std() for along in (3, 2))
    together = [_correlation(spread[one], spread[other]) for one, other in NEIGHBOURS]
    mistakes = [
        (images, "no pixel was set to 0."),
        (bool((gone | (value == 1)).all()), "you return the mask. Multiply the images by it."),
        (
            not gone.any() and (value == 1).double().mean().item() > 0.1,
            "the pixels taken away have to be 0, black, not 1.",
        ),
        (
            len(kept) > 0 and same(kept * (1 - share), images[~gone]),
            "the pixels that stay became brighter, by 1 / (1 - share). Dropout does that; here they stay.",
        ),
        (
            not same(kept, images[~gone]),
            "the pixels that stay have changed. Only set pixels to 0, and leave the others.",
        ),
        (
            abs(part - (1 - share)) < 0.03 < abs(part - share),
            f"{100 * part:.0f} % of the pixels are 0. You keep that share; it should be *taken away*.",
        ),
        (
            each.std().item() > 0.15,
            "whole pictures are black and others untouched. Draw for each pixel, not for each picture.",
        ),
        (
            abs(_correlation(spread, images)) > 0.1,
            "which pixels go depends on how bright they are. Chance alone decides.",
        ),
        (
            torch.equal(gone, again == 0),
            "two calls take the same pixels away. Draw anew in each call, without a fixed seed.",
        ),
        (
            _most_alike(spread) > 0.5,
            "the same pixels are missing in every picture, or in several. Draw anew for each picture.",
        ),
        (together[0] > 0.1, "the same pixels are missing in every channel. Draw for each channel by itself."),
        (rows.item() > 0.2, "whole rows are missing. Draw for each pixel by itself."),
        (columns.item() > 0.2, "whole columns are missing. Draw for each pixel by itself."),
        (max(together) > 0.1, "neighbouring pixels go together. Draw for each pixel by itself."),
        (abs(part - share) > 0.03, f"{100 * part:.0f} % of the pixels are 0, expected about {100 * share:.0f} %."),
        (
            each.std().item() < 1e-3,
            "exactly the same share is missing in each picture. Let chance decide for each pixel by itself.",
        ),
    ]
    return first_match(value, mistakes)


NEIGHBOURS = [  # the two channels, pixels beside and below each other
    (np.s_[:, 0], np.s_[:, 1]),
    (np.s_[..., 1:], np.s_[..., :-1]),
    (np.s_[..., 1:, :], np.s_[..., :-1, :]),
]


def _most_alike(pictures):
    """Return the largest correlation between two pictures."""
    pairs = torch.corrcoef(pictures.flatten(1)).nan_to_num() - torch.eye(len(pictures))
    return pairs.max().item()


def _correlation(one, other):
    return torch.corrcoef(torch.stack([one.double().flatten(), other.double().flatten()]))[0, 1].item()


def _sigmoid_layer(rng):
    n_images, n_units, n_inputs = (int(n) for n in rng.permutation([2, 3, 4]))
    n_inputs = n_units if rng.random() < 0.4 else n_inputs  # a square weight can be summed over the wrong side
    return floats(rng.uniform(0.1, 0.9, (n_images, n_units)).round(2)), floats(
        rng.normal(0, 1, (n_units, n_inputs)).round(1)
    )


def _penalty(codes, weight):
    return ((codes * (1 - codes)).square() @ weight.square().sum(dim=1)).mean()


def _of_slopes(slopes, lengths=lambda weight: weight.square().sum(dim=1)):
    """The mean of the products of `slopes` of the codes and `lengths` of the weights."""
    return lambda codes, weight: (slopes(codes) @ lengths(weight)).mean()


def _slope(codes):
    return codes * (1 - codes)


def _jacobian(codes, weight):
    return _slope(codes)[:, :, None] * weight  # (B, D, n_inputs)


BOTH_SQUARED = "The slope z (1 - z) has to be squared too."
PENALTY = [
    (
        lambda codes, weight: _penalty(codes, weight) * len(codes),
        "You added up over the pictures. Take the mean over the batch.",
    ),
    (_of_slopes(_slope), BOTH_SQUARED),
    (_of_slopes(lambda codes: codes.square() * (1 - codes)), "Square the whole slope, z (1 - z): with brackets."),
    (_of_slopes(lambda codes: codes * (1 - codes).square()), "Square the whole slope, z (1 - z): with brackets."),
    (
        lambda codes, weight: _jacobian(codes, weight).square().sum(dim=(1, 2)).sqrt().mean(),
        "That is the norm. Its square is asked for: leave out the root.",
    ),
    (
        lambda codes, weight: _jacobian(codes, weight).square().sum().sqrt(),
        "That is one norm over the whole batch. Take the squared norm of each picture, then the mean.",
    ),
    (
        lambda codes, weight: _jacobian(codes, weight).sum(dim=(1, 2)).square().mean(),
        "You add up the Jacobian before you square. Square each number of it.",
    ),
    (
        lambda codes, weight: _jacobian(codes, weight).mean(dim=0).square().sum(),
        "You average the Jacobian over the pictures before you square. Square first.",
    ),
    (
        lambda codes, weight: _jacobian(codes, weight).abs().sum(dim=(1, 2)).mean(),
        "You take sizes. The Frobenius norm is made of squares.",
    ),
    (_of_slopes(lambda codes: codes.square()), "You used z itself. The slope of the sigmoid is z (1 - z)."),
    (_of_slopes(lambda codes: (1 - codes).square()), "The slope of the sigmoid is z (1 - z); z is missing."),
    (
        _of_slopes(lambda codes: (1 - codes.square()).square()),
        "That is the slope of tanh. Of the sigmoid it is z (1 - z).",
    ),
    (_of_slopes(lambda codes: _slope(torch.sigmoid(codes)).square()), "`codes` are already outputs of the sigmoid."),
    (
        _of_slopes(lambda codes: _slope(codes).square(), lambda weight: weight.square().mean(dim=1)),
        "You took the mean over the inputs. A squared norm is a sum.",
    ),
    (
        _of_slopes(lambda codes: _slope(codes).square(), lambda weight: weight.sum(dim=1).square()),
        "You summed the weights and squared then. Square each weight first.",
    ),
    (
        _of_slopes(lambda codes: _slope(codes).square(), lambda weight: weight.abs().sum(dim=1)),
        "The weights have to be squared, not made positive.",
    ),
    (
        _of_slopes(lambda codes: _slope(codes).square(), lambda weight: weight.sum(dim=1)),
        "The weights have to be squared.",
    ),
    (
        _of_slopes(lambda codes: _slope(codes).square(), lambda weight: weight.norm(dim=1)),
        "You take the length of each unit's weights. Its square is meant: leave out the root.",
    ),
    (
        _of_slopes(lambda codes: _slope(codes).square(), lambda weight: torch.ones(len(weight)).to(weight)),
        "The weights are missing: sum their squares for each unit.",
    ),
    (
        lambda codes, weight: weight.square().sum(),
        "These are the squared weights alone. Multiply each unit's by its squared slope.",
    ),
    (
        lambda codes, weight: weight.square().sum() * _slope(codes).square().sum(dim=1).mean(),
        "You multiply two sums. Each unit's slope belongs to its own weights.",
    ),
    (
        lambda codes, weight: _penalty(codes, weight) / codes.shape[1],
        "You took the mean over the units. Sum over them.",
    ),
    (
        lambda codes, weight: _penalty(codes, weight) / weight.numel(),
        "You took the mean over units and inputs too. Sum over them; the mean is over pictures alone.",
    ),
    (
        lambda codes, weight: _jacobian(codes, weight).square().sum(dim=(1, 2)),
        "Those are the squared norms of each picture. Return their mean.",
    ),
    (lambda codes, weight: 0.5 * _penalty(codes, weight), "That is half of it. There is no factor in the formula."),
    (
        lambda codes, weight: codes.square().sum(dim=1).mean(),
        "That is the size of the codes. Asked is the Jacobian: slope times weight.",
    ),
]
FIT = "the shapes do not fit: sum the squares of `weight` over inputs, `dim=1`, for one number a unit."


@takes_function("my_penalty", draw=_sigmoid_layer, seeds=(4, 7, 15, 17, 19, 20, 39, 47))
def check_penalty(attempt, cases):
    """``attempt(codes, weight)`` gives the mean squared norm of the Jacobian of a sigmoid layer."""
    wanted = "Return one number, the mean over the pictures of: squared slope times squared weights, summed up."
    errors = [
        (words, FIT) for words in ("size mismatch", "must match the size", "cannot be multiplied", "inconsistent")
    ]
    return compare(attempt, cases, _penalty, PENALTY, wanted=wanted, errors=errors)


CHECKERS = {
    "autoencoders-k-sparse": check_keep_largest,
    "autoencoders-gain": check_gain,
    "autoencoders-masking": check_masking,
    "autoencoders-contractive": check_penalty,
}
