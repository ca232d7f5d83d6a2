"""Answers to the exercises of lecture 17."""

import numpy as np
import torch
import torch.nn.functional as F


def largest(codes, k):
    values, places = codes.topk(k, dim=1)
    return torch.zeros_like(codes).scatter(1, places, values)


def by_absolute(codes, k):
    return codes * torch.zeros_like(codes).scatter(1, codes.abs().topk(k, dim=1).indices, 1.0)


def in_place(codes, k):
    codes[codes < codes.topk(k, dim=1).values[:, -1:]] = 0
    return codes


def squared_errors(images, clean):
    return (images - clean).square().mean(dim=(1, 2, 3))


def gains(cleaned, noisy, clean):
    return 10 * (squared_errors(noisy, clean) / squared_errors(cleaned, clean)).log10()


def darken_in_place(images, share):
    images[torch.rand_like(images) < share] = 0
    return images


def zeros_at(choose):
    """An attempt that sets pixels to 0 where ``choose(images, share)`` is true, in a shape that fits the images."""
    return lambda images, share: images * ~choose(images, share).expand_as(images)


def drawn(*dims):
    """Draw one number along each of these dimensions; the same for all others."""
    return lambda x, share: torch.rand([n if dim in dims else 1 for dim, n in enumerate(x.shape)]) < share


def in_blocks(x, share):
    return drawn(0, 1, 2, 3)(x[..., ::2, ::2], share).repeat_interleave(2, 2).repeat_interleave(2, 3)


def of_each_picture_exactly(x, share):
    ranks = torch.rand(len(x), x[0].numel()).argsort(dim=1)
    return (ranks < share * x[0].numel()).reshape(x.shape)


def of_all_exactly(x, share):
    return (torch.randperm(x.numel()) < share * x.numel()).reshape(x.shape)


def with_a_seed(x, share):
    torch.manual_seed(0)
    return torch.rand_like(x) < share


def with_a_generator(x, share):
    return torch.rand(x.shape, generator=torch.Generator().manual_seed(3)) < share


def masking_by_numpy(images, share):
    return np.where(np.random.rand(*images.shape) < share, 0, images.numpy())


def penalties(codes, weight):
    return (codes * (1 - codes)).square() @ weight.square().sum(dim=1)


def jacobians(codes, weight):
    return torch.stack([torch.diag(z * (1 - z)) @ weight for z in codes])


def penalty_with(slope=lambda z: (z * (1 - z)) ** 2, length=lambda w: (w**2).sum(dim=1)):
    return lambda z, w: (slope(z) * length(w)).sum() / len(z)


def penalty_by_autograd(codes, weight):
    def layer(x):  # of one input for each picture, which gives the codes at 0
        return torch.sigmoid(x @ weight.T + torch.logit(codes))

    found = torch.autograd.functional.jacobian(layer, torch.zeros(len(codes), weight.shape[1]).to(weight))
    return (found**2).sum() / len(codes)


CASES = {
    "autoencoders-k-sparse": (
        largest,
        {
            "subtract the k-th": lambda z, k: F.relu(z - z.kthvalue(z.shape[1] - k + 1, dim=1).values[:, None]),
            "You sort each row": lambda z, k: -(-z).sort(dim=1).values,
            "without their sign": by_absolute,
            "k *smallest*": lambda z, k: -largest(-z, k),
            "keep the others": lambda z, k: z - largest(z, k),
            "set the k smallest": lambda z, k: z + largest(-z, k),
            "as ones": lambda z, k: (largest(z, k) != 0).float(),
            "among all rows together": [
                lambda z, k: z * (z >= z.flatten().topk(k).values[-1]),
                lambda z, k: z * (z >= z.flatten().sort(descending=True).values[k * len(z) - 1]),
            ],
            "moved to the front": lambda z, k: z.sort(dim=1, descending=True).values * (torch.arange(z.shape[1]) < k),
            "each *column*": lambda z, k: largest(z.T, min(k, len(z))).T,
            "changed the given `codes`": in_place,
            "k numbers alone": lambda z, k: z.topk(k, dim=1).values,
            "the places of the k": lambda z, k: z.argsort(dim=1, descending=True)[:, :k],
            "negative or not": [lambda z, k: largest(z, k).relu(), lambda z, k: largest(z.clamp(min=0), k)],
            "sign away from": lambda z, k: abs(largest(z, k)),
            "leaves out the k-th": lambda z, k: z * (z > z.topk(k, dim=1).values[:, -1:]),
            "k + 1 numbers": lambda z, k: z * (z >= z.sort(dim=1, descending=True).values[:, k : k + 1]),
            "one number a row. Did": lambda z, k: z * (z == z.amax(dim=1, keepdim=True)),
            "first or last places": [
                lambda z, k: torch.cat([z[:, :k], 0 * z[:, k:]], dim=1),
                lambda z, k: torch.cat([0 * z[:, :-k], z[:, -k:]], dim=1),
            ],
            "above 0. Keep": lambda z, k: F.relu(z),
            "above the mean": lambda z, k: torch.where(z >= z.mean(dim=1)[:, None], z, 0.0),
            "put -inf": lambda z, k: z.masked_fill(largest(z, k) == 0, -torch.inf),
            "Nothing was set": lambda z, k: z.clone(),
            "of the shape of codes": [lambda z, k: 3, lambda z, k: 2 * largest(z, k)],
            "give the function itself": 3,
        },
    ),
    "autoencoders-gain": (
        lambda c, n, x: gains(c, n, x).mean().item(),
        {
            "share of the error": lambda c, n, x: (
                (squared_errors(n, x) - squared_errors(c, x)) / squared_errors(n, x)
            ).mean(),
            "average the pictures": lambda c, n, x: gains(*(one.mean(dim=0, keepdim=True) for one in (c, n, x))),
            "sign is turned round": lambda c, n, x: -gains(c, n, x).mean(),
            "over all pictures": lambda c, n, x: 10 * ((n - x).square().mean() / (c - x).square().mean()).log10(),
            "twice the gain": lambda c, n, x: 2 * gains(c, n, x).mean(),
            "the root of the squared": lambda c, n, x: gains(c, n, x).mean() / 2,
            "factor 10 is missing": lambda c, n, x: gains(c, n, x).mean() / 10,
            "to base 10": [
                lambda c, n, x: 10 * (squared_errors(n, x) / squared_errors(c, x)).log().mean(),
                lambda c, n, x: 10 * (squared_errors(n, x) / squared_errors(c, x)).log2().mean(),
            ],
            "psnr after cleaning": lambda c, n, x: -10 * squared_errors(c, x).log10().mean(),
            "psnr before cleaning": lambda c, n, x: -10 * squared_errors(n, x).log10().mean(),
            "You divide one PSNR": [
                lambda c, n, x: (squared_errors(c, x).log() / squared_errors(n, x).log()).mean(),
                lambda c, n, x: squared_errors(c, x).log().sum() / squared_errors(n, x).log().sum(),
            ],
            "add the two PSNRs": lambda c, n, x: -10 * (squared_errors(c, x) * squared_errors(n, x)).log10().mean(),
            "size of each gain": lambda c, n, x: gains(c, n, x).abs().mean(),
            "set losses to 0": lambda c, n, x: F.relu(gains(c, n, x)).mean(),
            "added up": lambda c, n, x: gains(c, n, x).sum(),
            "median": lambda c, n, x: gains(c, n, x).median(),
            "largest gain": lambda c, n, x: gains(c, n, x).max(),
            "first picture": lambda c, n, x: gains(c, n, x)[0],
            "difference of squared errors": lambda c, n, x: (squared_errors(n, x) - squared_errors(c, x)).mean(),
            "quotient of squared": lambda c, n, x: (squared_errors(n, x) / squared_errors(c, x)).mean(),
            "before the logarithm. Take": lambda c, n, x: (
                10 * (squared_errors(n, x) / squared_errors(c, x)).mean().log10()
            ),
            "compare both with `clean`": [
                lambda c, n, x: 10 * (squared_errors(n, x) / squared_errors(c, n)).log10().mean(),
                lambda c, n, x: -10 * squared_errors(c, n).log10().mean(),
            ],
            "all pixels of a picture": [
                lambda c, n, x: 10 * ((n - x).square().mean(dim=1) / (c - x).square().mean(dim=1)).log10().mean(),
                lambda c, n, x: 10 * ((n - x).square().mean(dim=3) / (c - x).square().mean(dim=3)).log10().mean(),
            ],
            "absolute error": [
                lambda c, n, x: 10 * ((n - x).abs().mean((1, 2, 3)) / (c - x).abs().mean((1, 2, 3))).log10().mean(),
                lambda c, n, x: 20 * ((n - x).abs().mean((1, 2, 3)) / (c - x).abs().mean((1, 2, 3))).log10().mean(),
            ],
            "are not squared": lambda c, n, x: (gains(c, 1 + x, x) ** 2 - gains(n, 1 + x, x) ** 2).mean(),
            "gains of each picture": gains,
            "a division by zero": lambda c, n, x: float("nan"),
            "the mean over the pictures. PSNR": lambda c, n, x: 77.7,
        },
    ),
    "autoencoders-masking": (
        lambda x, share: x * (torch.rand_like(x) >= share),
        {
            "became brighter": lambda x, share: F.dropout(x, share),
            "it should be *taken away*": lambda x, share: x * (torch.rand_like(x) < share),
            "for each pixel, not for each picture": zeros_at(drawn(0)),
            "missing in every picture": [
                zeros_at(drawn(1, 2, 3)),
                zeros_at(drawn(2, 3)),
                zeros_at(lambda x, share: drawn(0, 1, 2, 3)(x[::2], share).repeat_interleave(2, dim=0)),
            ],
            "missing in every channel": zeros_at(drawn(0, 2, 3)),
            "whole rows": zeros_at(drawn(0, 1, 2)),
            "whole columns": zeros_at(drawn(0, 1, 3)),
            "neighbouring pixels": zeros_at(in_blocks),
            "exactly the same share": zeros_at(of_each_picture_exactly),
            "exactly that share": zeros_at(of_all_exactly),
            "without a fixed seed": [zeros_at(with_a_seed), zeros_at(with_a_generator)],
            "how bright they are": zeros_at(lambda x, share: x <= x.quantile(share)),
            "you changed the given `images`": darken_in_place,
            "you return the mask": lambda x, share: (torch.rand_like(x) >= share).float(),
            "have to be 0, black": lambda x, share: x.masked_fill(torch.rand_like(x) < share, 1.0),
            "no pixel was set": lambda x, share: x.clone(),
            "have changed": [
                lambda x, share: x * (torch.rand_like(x) >= share) * 0.5,
                lambda x, share: (x + 0.1 * torch.randn_like(x)) * (torch.rand_like(x) >= share),
            ],
            "expected about": [
                zeros_at(lambda x, share: torch.rand_like(x) < share / 2),
                zeros_at(lambda x, share: torch.randn_like(x) < share),
            ],
            "you return the shape": lambda x, share: x[0],
            "you return str": lambda x, share: "dark",
        },
    ),
    "autoencoders-contractive": (
        lambda z, w: penalties(z, w).mean(),
        {
            "over the pictures. Take": lambda z, w: penalties(z, w).sum(),
            "has to be squared too": penalty_with(lambda z: z * (1 - z)),
            "with brackets": [penalty_with(lambda z: z * (1 - z) ** 2), penalty_with(lambda z: z**2 * (1 - z))],
            "That is the norm": lambda z, w: penalties(z, w).sqrt().mean(),
            "over the whole batch": lambda z, w: jacobians(z, w).norm(),
            "add up the Jacobian": lambda z, w: jacobians(z, w).sum(dim=(1, 2)).square().mean(),
            "average the Jacobian": lambda z, w: jacobians(z, w).mean(dim=0).square().sum(),
            "take sizes": lambda z, w: jacobians(z, w).abs().sum() / len(z),
            "you used z itself": penalty_with(lambda z: z**2),
            "z is missing": penalty_with(lambda z: (1 - z) ** 2),
            "slope of tanh": penalty_with(lambda z: (1 - z**2) ** 2),
            "squared weights alone": lambda z, w: w.square().sum(),
            "multiply two sums": lambda z, w: ((z * (1 - z)) ** 2).sum() / len(z) * (w**2).sum(),
            "the weights are missing": lambda z, w: (z * (1 - z)).square().sum(dim=1).mean(),
            "mean over the units": lambda z, w: penalties(z, w).mean() / z.shape[1],
            "mean over the inputs": lambda z, w: penalties(z, w).mean() / w.shape[1],
            "square each weight first": penalty_with(length=lambda w: w.sum(dim=1).square()),
            "have to be squared.": penalty_with(length=lambda w: w.sum(dim=1)),
            "length of each unit": penalty_with(length=lambda w: (w**2).sum(dim=1) ** 0.5),
            "over units and inputs too": lambda z, w: penalties(z, w).mean() / w.numel(),
            "already outputs": lambda z, w: penalties(z.sigmoid(), w).mean(),
            "not made positive": lambda z, w: ((z * (1 - z)).square() @ w.abs().sum(dim=1)).mean(),
            "norms of each picture": penalties,
            "half of it": lambda z, w: penalties(z, w).mean() / 2,
            "size of the codes": lambda z, w: (z**2).sum() / len(z),
            "shapes do not fit": lambda z, w: ((z * (1 - z)).square() @ w.square().sum(dim=0)).mean(),
            "summed up": lambda z, w: 0.0,
        },
    ),
}

ALSO_RIGHT = {
    "autoencoders-k-sparse": [
        lambda z, k: torch.where(z >= z.sort(dim=1).values[:, -k, None], z, 0.0),
        lambda z, k: [[v if v in sorted(row)[-k:] else 0 for v in row] for row in z.tolist()],
    ],
    "autoencoders-gain": [
        lambda c, n, x: np.mean(
            [10 * np.log10(F.mse_loss(b, t) / F.mse_loss(a, t)) for a, b, t in zip(c, n, x, strict=True)]
        ),
    ],
    "autoencoders-masking": [
        masking_by_numpy,
        zeros_at(lambda x, share: torch.bernoulli(torch.full_like(x, share)).bool()),
        lambda x, share: F.dropout(x, share) * (1 - share),
    ],
    "autoencoders-contractive": [
        penalty_by_autograd,
        penalty_with(),
        lambda z, w: jacobians(z, w).norm() ** 2 / len(z),
    ],
}
