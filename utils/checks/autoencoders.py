"""Checkers of lecture 17: each returns a hint, or None if the attempt is right."""

import math

import torch

from utils.checks import takes_function


def _tensor_of(value, shape, case):
    """Return the attempt's tensor and no hint, or None and a hint."""
    if not isinstance(value, torch.Tensor):
        return None, f"{case} you return {type(value).__name__}. Return a tensor of shape {tuple(shape)}."
    if value.shape != shape:
        return None, f"{case} you return the shape {tuple(value.shape)}; expected {tuple(shape)}, as the input has."
    if not value.isfinite().all():
        return None, f"{case} your tensor has nan or inf. Put 0 where nothing is kept."
    return value.float(), None


def _number_of(value, case):
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        return None, f"{case} your function returned no single number. Average over the batch."
    if math.isnan(number) or math.isinf(number):
        return None, f"{case} you give {number}. Look for a division by zero or the logarithm of 0."
    return number, None


@takes_function("my_keep_largest")
def check_keep_largest(attempt):
    """``attempt(codes, k)`` keeps the k largest numbers of each row."""
    generator = torch.Generator().manual_seed(0)
    for shape, k in [((4, 6), 2), ((3, 8), 3), ((5, 5), 1)]:
        codes = torch.randn(shape, generator=generator)
        codes[0, :2] = torch.tensor([-5.0, -4.0])  # far from 0, and still small
        given = codes.clone()
        case = f"for codes of shape {shape} and k={k}"
        value, hint = _tensor_of(attempt(given, k), codes.shape, case)
        if hint:
            return hint
        if not torch.equal(given, codes):
            return f"{case} you changed the given codes. Build a new tensor."
        places = codes.topk(k, dim=1).indices
        keep = torch.zeros_like(codes, dtype=torch.bool).scatter(1, places, True)
        if torch.allclose(value, codes * keep):
            continue
        by_size = torch.zeros_like(keep).scatter(1, codes.abs().topk(k, dim=1).indices, True)
        if torch.allclose(value, codes * by_size):
            return f"{case} you look at the numbers without their sign. -5 is not among the largest: leave out `abs`."
        smallest = torch.zeros_like(keep).scatter(1, (-codes).topk(k, dim=1).indices, True)
        if torch.allclose(value, codes * smallest):
            return f"{case} you keep the k *smallest* of each row."
        if torch.allclose(value, (codes * keep).relu()):
            return f"{case} you set negative numbers to 0. A number among the k largest stays, negative or not."
        if torch.allclose(value, codes * (codes > codes.topk(k, dim=1).values[:, -1:])):
            return f"{case} you keep only {k - 1} a row: `>` leaves out the k-th itself. Use `>=`."
        if torch.allclose(value, codes * ~keep):
            return f"{case} you set the k largest to 0 and keep the others. Turn it round."
        if torch.equal(value, keep.float()):
            return f"{case} you return which numbers to keep, as ones. Return the numbers themselves there."
        limit = codes.flatten().topk(k).values[-1]
        whole = codes.flatten().topk(min(k * len(codes), codes.numel())).values[-1]
        if torch.allclose(value, codes * (codes >= limit)) or torch.allclose(value, codes * (codes >= whole)):
            return f"{case} you choose among all rows together. Each picture keeps k numbers of its own: use `dim=1`."
        if torch.allclose(value, codes.sort(dim=1, descending=True).values * (torch.arange(shape[1]) < k)):
            return f"{case} the right numbers are kept, but moved to the front. Each has to stay at its place."
        columns = torch.zeros_like(keep).scatter(0, codes.topk(min(k, len(codes)), dim=0).indices, True)
        if torch.allclose(value, codes * columns):
            return f"{case} you keep k numbers of each *column*. A code is a row: use `dim=1`."
        if torch.equal(value != 0, keep):
            return f"{case} the right places, but the wrong numbers: put the values of `topk` there."
        counts = (value != 0).sum(dim=1).tolist()
        return f"{case} your rows have {counts} numbers other than 0. Keep the k largest of each row where they are."
    return None


def _rowwise_gain(cleaned, noisy, clean):
    """The gain of somebody who takes the mean over dimension 1 only, and so a PSNR of each pixel."""
    before, after = ((images - clean).square().mean(dim=1) for images in (noisy, cleaned))
    return (10 * (before / after).log10()).mean().item()


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
        value, hint = _number_of(attempt(first.clone(), second.clone(), clean.clone()), case)
        if hint:
            return hint
        after = (first - clean).square().mean(dim=(1, 2, 3))
        before = (second - clean).square().mean(dim=(1, 2, 3))
        gains = 10 * (before / after).log10()
        right = gains.mean().item()
        answers = {
            right: None,
            -right: "the sign is turned round: less error after cleaning is a gain above 0.",
            10 * (before.mean() / after.mean()).log10().item(): (
                "you took one mean squared error over all pictures. Take the PSNR of each picture first, then the mean."
            ),
            2 * right: "that is twice the gain. 20 log10 is for the *root* of the squared error; here it is 10 log10.",
            right / 2: "that is half the gain. Take the squared error without the root.",
            right / 10: "the factor 10 is missing: these are bels, not decibels.",
            right * math.log(10): "use the logarithm to base 10, `log10`.",
            (-10 * after.log10()).mean().item(): (
                "that is the PSNR after cleaning. The gain is the difference to the PSNR before."
            ),
            (-10 * before.log10())
            .mean()
            .item(): "that is the PSNR before cleaning. Take the difference to the one after.",
            gains.sum().item(): "you added up the gains. Take their mean over the pictures.",
            (10 * (before / (first - second).square().mean(dim=(1, 2, 3))).log10()).mean().item(): (
                "you compared `cleaned` with `noisy`. Compare both with `clean`."
            ),
            _rowwise_gain(first, second, clean): "take the mean over all pixels of a picture, `dim=(1, 2, 3)`.",
            (before - after).mean().item(): "that is a difference of squared errors. Turn each into decibels first.",
        }
        for answer, words in answers.items():
            if abs(value - answer) < 1e-3:
                if words is None:
                    break
                return f"{case} you give {value:.3f}: {words}"
        else:
            return f"{case} you give {value:.3f} dB, expected {right:.3f} dB. PSNR is 10 log10(1 / mean squared error)."
    return None


@takes_function("my_masking")
def check_masking(attempt):
    """``attempt(images, share)`` sets a share of the pixels to 0."""
    for share in (0.25, 0.6):
        images = 0.2 + 0.8 * torch.rand(40, 1, 20, 20, generator=torch.Generator().manual_seed(2))
        given = images.clone()
        case = f"for share={share:g}"
        value, hint = _tensor_of(attempt(given, share), images.shape, case)
        if hint:
            return hint
        if not torch.equal(given, images):
            return f"{case} you changed the given images. Return a new tensor."
        gone = value == 0
        part = gone.float().mean().item()
        kept = value[~gone]
        if torch.equal(value, images):
            return f"{case} no pixel was set to 0."
        if ((value == 0) | (value == 1)).all():
            return f"{case} you return the mask. Multiply the images by it."
        if not gone.any() and (value == 1).float().mean() > 0.1:
            return f"{case} the pixels taken away have to be 0, black, not 1."
        if len(kept) and torch.allclose(kept * (1 - share), images[~gone], atol=1e-4):
            return (
                f"{case} the pixels that stay became brighter, by 1 / (1 - share). Dropout does that; here they stay."
            )
        if not torch.allclose(kept, images[~gone]):
            return f"{case} the pixels that stay have changed. Only set pixels to 0, and leave the others."
        if abs(part - (1 - share)) < 0.03 < abs(part - share):
            return f"{case} {100 * part:.0f} % of the pixels are 0. You keep that share; it should be *taken away*."
        each = gone.float().mean(dim=(1, 2, 3))
        if each.std() > 0.15:
            return f"{case} whole pictures are black and others untouched. Draw for each pixel, not for each picture."
        if torch.equal(gone, gone[:1].expand_as(gone)):
            return f"{case} the same pixels are missing in every picture. Draw anew for each picture."
        for name, along in [("rows", 3), ("columns", 2)]:
            if gone.float().mean(dim=along).std() > 0.2:
                return f"{case} whole {name} are missing. Draw for each pixel by itself."
        if abs(part - share) > 0.03:
            return f"{case} {100 * part:.0f} % of the pixels are 0, expected about {100 * share:.0f} %."
    return None


def _penalty_of_sigmoid_twice(codes, lengths):
    again = torch.sigmoid(codes)
    return ((again * (1 - again)).square() @ lengths).mean().item()


@takes_function("my_penalty")
def check_penalty(attempt):
    """``attempt(codes, weight)`` gives the mean squared norm of the Jacobian of a sigmoid layer."""
    generator = torch.Generator().manual_seed(3)
    for n_images, n_units, n_inputs in [(3, 4, 6), (2, 5, 5)]:
        weight = torch.randn(n_units, n_inputs, generator=generator)
        codes = torch.sigmoid(torch.randn(n_images, n_units, generator=generator))
        case = f"for {n_images} pictures, {n_units} units and {n_inputs} inputs"
        try:
            result = attempt(codes.clone(), weight.clone())
        except RuntimeError as error:
            return (
                f"{case} the shapes do not fit ({str(error)[:50]}): sum the squares of `weight` over inputs, `dim=1`."
            )
        value, hint = _number_of(result, case)
        if hint:
            return hint
        slopes = codes * (1 - codes)
        lengths = weight.square().sum(dim=1)
        right = (slopes.square() @ lengths).mean().item()
        if abs(value - right) < 1e-4:
            continue
        answers = {
            (slopes.square() @ lengths).sum().item(): "you added up over the pictures. Take the mean over the batch.",
            (slopes @ lengths).mean().item(): "the slope z (1 - z) has to be squared too.",
            (slopes.square() @ lengths)
            .sqrt()
            .mean()
            .item(): "that is the norm. Its square is asked for: leave out the root.",
            (codes.square() @ lengths).mean().item(): "you used z itself. The slope of the sigmoid is z (1 - z).",
            lengths.sum().item(): "these are the squared weights alone. Multiply each unit's by its squared slope.",
            slopes.square().sum(dim=1).mean().item(): "the weights are missing: sum their squares for each unit.",
            (slopes.square() @ lengths).mean().item() / n_units: "you took the mean over the units. Sum over them.",
            (slopes.square() @ lengths).mean().item() / (n_units * n_inputs): (
                "you took the mean over units and inputs too. Sum over them; the mean is over pictures alone."
            ),
            _penalty_of_sigmoid_twice(codes, lengths): "`codes` are already outputs of the sigmoid.",
            (slopes.square() @ weight.square().mean(dim=1)).mean().item(): (
                "you took the mean over the inputs. A squared norm is a sum."
            ),
            (slopes.square() @ weight.sum(dim=1).square()).mean().item(): (
                "you summed the weights and squared then. Square each weight first."
            ),
            (slopes.square() @ weight.abs().sum(dim=1))
            .mean()
            .item(): "the weights have to be squared, not made positive.",
        }
        if n_units == n_inputs:
            answers[(slopes.square() @ weight.square().sum(dim=0)).mean().item()] = (
                "you summed over the units, `dim=0`. Each unit is a row of `weight`: use `dim=1`."
            )
        for answer, words in answers.items():
            if abs(value - answer) < 1e-4:
                return f"{case} you give {value:.4f}: {words}"
        return f"{case} you give {value:.4f}, not {right:.4f}. Follow the formula: squared slope times squared weights."
    return None


CHECKERS = {
    "autoencoders-k-sparse": check_keep_largest,
    "autoencoders-gain": check_gain,
    "autoencoders-masking": check_masking,
    "autoencoders-contractive": check_penalty,
}
