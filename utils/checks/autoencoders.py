"""Checkers of lecture 17: each returns a hint, or None if the attempt is right."""

import math

import torch

from utils.course.hints import first_match, number_or_hint, same, takes_function, tensor_or_hint

AS_GIVEN = {"why": ", as the input has", "finite": "Put 0 where nothing is kept."}


@takes_function("my_keep_largest")
def check_keep_largest(attempt):
    """``attempt(codes, k)`` keeps the k largest numbers of each row."""
    generator = torch.Generator().manual_seed(0)
    for shape, k in [((4, 6), 2), ((3, 8), 3), ((5, 5), 1)]:
        codes = torch.randn(shape, generator=generator)
        codes[0, :2] = torch.tensor([-5.0, -4.0])  # far from 0, and still small
        given, case = codes.clone(), f"for codes of shape {shape} and k={k}"
        value, hint = tensor_or_hint(attempt(given, k), codes.shape, case, **AS_GIVEN)
        if hint:
            return hint
        if not torch.equal(given, codes):
            return f"{case} you changed the given codes. Build a new tensor."
        if hint := _keep_largest_hint(value, codes, k):
            return f"{case} {hint}"
    return None


def _keep_largest_hint(value, codes, k):
    def chosen(numbers, dim=1):  # the k largest along a dimension, as a mask
        places = numbers.topk(min(k, numbers.shape[dim]), dim=dim).indices
        return torch.zeros_like(codes, dtype=torch.bool).scatter(dim, places, True)

    keep, every = chosen(codes), codes.flatten()
    in_front = codes.sort(dim=1, descending=True).values * (torch.arange(codes.shape[1]) < k)
    counts = (value != 0).sum(dim=1).tolist()
    all_rows = "you choose among all rows together. Each picture keeps k numbers of its own: use `dim=1`."
    by_size = "you look at the numbers without their sign. -5 is not among the largest: leave out `abs`."
    mistakes = [
        (codes * keep, None),
        (codes * chosen(codes.abs()), by_size),
        (codes * chosen(-codes), "you keep the k *smallest* of each row."),
        ((codes * keep).relu(), "you set negative numbers to 0. A number among the k largest stays, negative or not."),
        (
            codes * (codes > codes.topk(k, dim=1).values[:, -1:]),
            f"you keep only {k - 1} a row: `>` leaves out the k-th itself. Use `>=`.",
        ),
        (codes * ~keep, "you set the k largest to 0 and keep the others. Turn it round."),
        (keep, "you return which numbers to keep, as ones. Return the numbers themselves there."),
        (codes * (codes >= every.topk(k).values[-1]), all_rows),
        (codes * (codes >= every.topk(min(k * len(codes), len(every))).values[-1]), all_rows),
        (in_front, "the right numbers are kept, but moved to the front. Each has to stay at its place."),
        (codes * chosen(codes, dim=0), "you keep k numbers of each *column*. A code is a row: use `dim=1`."),
        (torch.equal(value != 0, keep), "the right places, but the wrong numbers: put the values of `topk` there."),
        (True, f"your rows have {counts} numbers other than 0. Keep the k largest of each row where they are."),
    ]
    return first_match(value, mistakes)


@takes_function("my_gain")
def check_gain(attempt):
    """``attempt(cleaned, noisy, clean)`` gives the mean gain in decibels."""
    generator = torch.Generator().manual_seed(1)
    clean = torch.rand(5, 1, 6, 6, generator=generator)
    noisy = clean + 0.3 * torch.randn(clean.shape, generator=generator)
    strength = torch.tensor([0.02, 0.2, 0.05, 0.1, 0.15])[:, None, None, None]
    cleaned = clean + strength * torch.randn(clean.shape, generator=generator)
    for first, second in [(cleaned, noisy), (noisy, cleaned)]:
        case = "for five pictures" if first is cleaned else "for a cleaning that does harm"
        answer = attempt(first.clone(), second.clone(), clean.clone())
        value, hint = number_or_hint(answer, case, "Average over the batch.")
        if hint:
            return hint
        if hint := _gain_hint(value, first, second, clean):
            return f"{case} you give {value:.3f}{hint}"
    return None


def _gain_hint(value, cleaned, noisy, clean):
    def squared(images, other=clean, dim=(1, 2, 3)):
        return (images - other).square().mean(dim=dim)

    def decibels(before, after):
        return 10 * (before / after).log10()

    after, before = squared(cleaned), squared(noisy)
    gains = decibels(before, after)
    right = gains.mean()
    of_each_pixel = decibels(squared(noisy, dim=1), squared(cleaned, dim=1)).mean()
    mistakes = [
        (right, None),
        (-right, ": the sign is turned round: less error after cleaning is a gain above 0."),
        (
            decibels(before.mean(), after.mean()),
            ": you took one mean squared error over all pictures. Take the PSNR of each picture first, then the mean.",
        ),
        (2 * right, ": that is twice the gain. 20 log10 is for the *root* of the squared error; here it is 10 log10."),
        (right / 2, ": that is half the gain. Take the squared error without the root."),
        (right / 10, ": the factor 10 is missing: these are bels, not decibels."),
        (right * math.log(10), ": use the logarithm to base 10, `log10`."),
        (
            (-10 * after.log10()).mean(),
            ": that is the PSNR after cleaning. The gain is the difference to the PSNR before.",
        ),
        ((-10 * before.log10()).mean(), ": that is the PSNR before cleaning. Take the difference to the one after."),
        (gains.sum(), ": you added up the gains. Take their mean over the pictures."),
        (
            decibels(before, squared(cleaned, noisy)).mean(),
            ": you compared `cleaned` with `noisy`. Compare both with `clean`.",
        ),
        (of_each_pixel, ": take the mean over all pixels of a picture, `dim=(1, 2, 3)`."),
        ((before - after).mean(), ": that is a difference of squared errors. Turn each into decibels first."),
        (True, f" dB, expected {right:.3f} dB. PSNR is 10 log10(1 / mean squared error)."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-3)


@takes_function("my_masking")
def check_masking(attempt):
    """``attempt(images, share)`` sets a share of the pixels to 0."""
    for share in (0.25, 0.6):
        images = 0.2 + 0.8 * torch.rand(40, 1, 20, 20, generator=torch.Generator().manual_seed(2))
        given, case = images.clone(), f"for share={share:g}"
        value, hint = tensor_or_hint(attempt(given, share), images.shape, case, **AS_GIVEN)
        if hint:
            return hint
        if not torch.equal(given, images):
            return f"{case} you changed the given images. Return a new tensor."
        if hint := _masking_hint(value, images, share):
            return f"{case} {hint}"
    return None


def _masking_hint(value, images, share):
    gone = value == 0
    kept, part, each = value[~gone], gone.float().mean().item(), gone.float().mean(dim=(1, 2, 3))
    rows, columns = (gone.float().mean(dim=along).std() for along in (3, 2))
    mistakes = [
        (images, "no pixel was set to 0."),
        (bool((gone | (value == 1)).all()), "you return the mask. Multiply the images by it."),
        (
            not gone.any() and (value == 1).float().mean().item() > 0.1,
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
            torch.equal(gone, gone[:1].expand_as(gone)),
            "the same pixels are missing in every picture. Draw anew for each picture.",
        ),
        (rows.item() > 0.2, "whole rows are missing. Draw for each pixel by itself."),
        (columns.item() > 0.2, "whole columns are missing. Draw for each pixel by itself."),
        (abs(part - share) > 0.03, f"{100 * part:.0f} % of the pixels are 0, expected about {100 * share:.0f} %."),
    ]
    return first_match(value, mistakes)


@takes_function("my_penalty")
def check_penalty(attempt):
    """``attempt(codes, weight)`` gives the mean squared norm of the Jacobian of a sigmoid layer."""
    generator = torch.Generator().manual_seed(3)
    for n_images, n_units, n_inputs in [(3, 4, 6), (2, 5, 5)]:
        weight = torch.randn(n_units, n_inputs, generator=generator)
        codes = torch.sigmoid(torch.randn(n_images, n_units, generator=generator))
        case = f"for {n_images} pictures, {n_units} units and {n_inputs} inputs"
        try:
            answer = attempt(codes.clone(), weight.clone())
        except RuntimeError as error:
            words = str(error)[:50]
            return f"{case} the shapes do not fit ({words}): sum the squares of `weight` over inputs, `dim=1`."
        value, hint = number_or_hint(answer, case, "Average over the batch.")
        if hint:
            return hint
        if hint := _penalty_hint(value, codes, weight):
            return f"{case} you give {value:.4f}{hint}"
    return None


def _penalty_hint(value, codes, weight):
    def mean(slopes, lengths):
        return (slopes.square() @ lengths).mean()

    slopes, lengths, again = codes * (1 - codes), weight.square().sum(dim=1), torch.sigmoid(codes)
    n_units, n_inputs = weight.shape
    right = mean(slopes, lengths)
    mistakes = [
        (right, None),
        (right * len(codes), ": you added up over the pictures. Take the mean over the batch."),
        ((slopes @ lengths).mean(), ": the slope z (1 - z) has to be squared too."),
        ((slopes.square() @ lengths).sqrt().mean(), ": that is the norm. Its square is asked for: leave out the root."),
        (mean(codes, lengths), ": you used z itself. The slope of the sigmoid is z (1 - z)."),
        (lengths.sum(), ": these are the squared weights alone. Multiply each unit's by its squared slope."),
        (slopes.square().sum(dim=1).mean(), ": the weights are missing: sum their squares for each unit."),
        (right / n_units, ": you took the mean over the units. Sum over them."),
        (
            right / weight.numel(),
            ": you took the mean over units and inputs too. Sum over them; the mean is over pictures alone.",
        ),
        (mean(again * (1 - again), lengths), ": `codes` are already outputs of the sigmoid."),
        (right / n_inputs, ": you took the mean over the inputs. A squared norm is a sum."),
        (
            mean(slopes, weight.sum(dim=1).square()),
            ": you summed the weights and squared then. Square each weight first.",
        ),
        (mean(slopes, weight.abs().sum(dim=1)), ": the weights have to be squared, not made positive."),
        (
            n_units == n_inputs and same(value, mean(slopes, weight.square().sum(dim=0)[:n_units])),
            ": you summed over the units, `dim=0`. Each unit is a row of `weight`: use `dim=1`.",
        ),
        (True, f", not {right:.4f}. Follow the formula: squared slope times squared weights."),
    ]
    return first_match(value, mistakes, rtol=0, atol=1e-4)


CHECKERS = {
    "autoencoders-k-sparse": check_keep_largest,
    "autoencoders-gain": check_gain,
    "autoencoders-masking": check_masking,
    "autoencoders-contractive": check_penalty,
}
