"""Answers to the exercises of lecture 17."""

import torch


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


def penalties(codes, weight):
    return (codes * (1 - codes)).square() @ weight.square().sum(dim=1)


CASES = {
    "autoencoders-k-sparse": (
        largest,
        {
            "without their sign": by_absolute,
            "k *smallest*": lambda z, k: -largest(-z, k),
            "keep the others": lambda z, k: z - largest(z, k),
            "as ones": lambda z, k: (largest(z, k) != 0).float(),
            "among all rows together": lambda z, k: z * (z >= z.flatten().topk(k).values[-1]),
            "moved to the front": lambda z, k: z.sort(dim=1, descending=True).values * (torch.arange(z.shape[1]) < k),
            "each *column*": lambda z, k: largest(z.T, min(k, len(z))).T,
            "changed the given codes": in_place,
            "you return the shape": lambda z, k: z.topk(k, dim=1).values,
            "return a tensor of shape": lambda z, k: 3,
            "negative or not": lambda z, k: largest(z, k).relu(),
            "leaves out the k-th": lambda z, k: z * (z > z.topk(k, dim=1).values[:, -1:]),
            "the wrong numbers": lambda z, k: 2 * largest(z, k),
            "nan or inf": lambda z, k: z.masked_fill(largest(z, k) == 0, -torch.inf),
            "numbers other than 0": lambda z, k: z.clone(),
            "give the function itself": 3,
        },
    ),
    "autoencoders-gain": (
        lambda c, n, x: gains(c, n, x).mean().item(),
        {
            "sign is turned round": lambda c, n, x: -gains(c, n, x).mean(),
            "over all pictures": lambda c, n, x: 10 * ((n - x).square().mean() / (c - x).square().mean()).log10(),
            "twice the gain": lambda c, n, x: 2 * gains(c, n, x).mean(),
            "half the gain": lambda c, n, x: gains(c, n, x).mean() / 2,
            "factor 10 is missing": lambda c, n, x: gains(c, n, x).mean() / 10,
            "to base 10": lambda c, n, x: 10 * (squared_errors(n, x) / squared_errors(c, x)).log().mean(),
            "psnr after cleaning": lambda c, n, x: -10 * squared_errors(c, x).log10().mean(),
            "psnr before cleaning": lambda c, n, x: -10 * squared_errors(n, x).log10().mean(),
            "added up": lambda c, n, x: gains(c, n, x).sum(),
            "difference of squared errors": lambda c, n, x: (squared_errors(n, x) - squared_errors(c, x)).mean(),
            "compare both with `clean`": lambda c, n, x: gains(c, x, n).mean(),
            "all pixels of a picture": lambda c, n, x: (
                10 * ((n - x).square().mean(dim=1) / (c - x).square().mean(dim=1)).log10()
            ).mean(),
            "no single number": gains,
            "a division by zero": lambda c, n, x: float("nan"),
            "expected": lambda c, n, x: 0.0,
        },
    ),
    "autoencoders-masking": (
        lambda x, share: x * (torch.rand_like(x) >= share),
        {
            "became brighter": lambda x, share: torch.nn.functional.dropout(x, share),
            "it should be *taken away*": lambda x, share: x * (torch.rand_like(x) < share),
            "for each pixel, not for each picture": lambda x, share: x * (torch.rand(len(x), 1, 1, 1) >= share),
            "same pixels": lambda x, share: x * (torch.rand(x.shape[1:]) >= share),
            "whole rows": lambda x, share: x * (torch.rand(len(x), 1, x.shape[2], 1) >= share),
            "whole columns": lambda x, share: x * (torch.rand(len(x), 1, 1, x.shape[3]) >= share),
            "you changed the given images": darken_in_place,
            "you return the mask": lambda x, share: (torch.rand_like(x) >= share).float(),
            "have to be 0, black": lambda x, share: x.masked_fill(torch.rand_like(x) < share, 1.0),
            "no pixel was set": lambda x, share: x.clone(),
            "have changed": lambda x, share: x * (torch.rand_like(x) >= share) * 0.5,
            "expected about": lambda x, share: x * (torch.rand_like(x) >= share / 2),
            "you return the shape": lambda x, share: x[0],
        },
    ),
    "autoencoders-contractive": (
        lambda z, w: penalties(z, w).mean(),
        {
            "over the pictures": lambda z, w: penalties(z, w).sum(),
            "has to be squared too": lambda z, w: (z * (1 - z) @ w.square().sum(dim=1)).mean(),
            "leave out the root": lambda z, w: penalties(z, w).sqrt().mean(),
            "you used z itself": lambda z, w: (z.square() @ w.square().sum(dim=1)).mean(),
            "squared weights alone": lambda z, w: w.square().sum(),
            "the weights are missing": lambda z, w: (z * (1 - z)).square().sum(dim=1).mean(),
            "mean over the units": lambda z, w: penalties(z, w).mean() / z.shape[1],
            "mean over the inputs": lambda z, w: penalties(z, w).mean() / w.shape[1],
            "square each weight first": lambda z, w: ((z * (1 - z)).square() @ w.sum(dim=1).square()).mean(),
            "over units and inputs too": lambda z, w: penalties(z, w).mean() / w.numel(),
            "already outputs": lambda z, w: penalties(z.sigmoid(), w).mean(),
            "not made positive": lambda z, w: ((z * (1 - z)).square() @ w.abs().sum(dim=1)).mean(),
            "shapes do not fit": lambda z, w: ((z * (1 - z)).square() @ w.square().sum(dim=0)).mean(),
            "no single number": penalties,
            "follow the formula": lambda z, w: 0.0,
        },
    ),
}
