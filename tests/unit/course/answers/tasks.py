"""Answers to the exercises of lecture 03."""

import numpy as np
import torch
import torch.nn.functional as F


def distances(said, true):
    return ((said - true) ** 2).sum(dim=-1).sqrt()


def near(said, true, lengths, share, slack=1e-5):
    return distances(said, true) <= (share * lengths).unsqueeze(1) + slack


def part(which, visible):
    return which[visible].double().mean()


def two(said, there, dims=None):
    hits = said & there
    if dims is None:
        return hits.sum() / max(1, said.sum()), hits.sum() / there.sum()
    return tuple((hits.sum(dims) / base.sum(dims).clamp(min=1)).mean() for base in (said, there))


def products(features):
    return torch.einsum("bchw,bdhw->bcd", features, features)


def n_places(features):
    return features.shape[2] * features.shape[3]


def centred(features):
    flat = features.flatten(2) - features.flatten(2).mean(dim=2, keepdim=True)
    return torch.bmm(flat, flat.mT) / n_places(features)


def of_places(features):
    flat = features.flatten(2)
    return torch.bmm(flat.mT, flat) / features.shape[1]


def normalised(features):
    flat = features.flatten(2)
    flat = flat / flat.norm(dim=2, keepdim=True).clamp(min=1e-12)
    return torch.bmm(flat, flat.mT)


def squares(picture, true, hole):
    return (picture[hole].astype(float) - true[hole].astype(float)) ** 2


def decibels(mse, peak=255):
    return 10 * np.log10(peak**2 / mse)


CASES = {
    "tasks-pck": (
        lambda s, t, n, a, v: part(near(s, t, n, a), v),
        {
            "not visible count": lambda s, t, n, a, v: near(s, t, n, a).double().mean(),
            "by all points": lambda s, t, n, a, v: (near(s, t, n, a) & v).double().mean(),
            "use `<=`": lambda s, t, n, a, v: part(near(s, t, n, a, -1e-4), v),
            "too far off": lambda s, t, n, a, v: 1 - part(near(s, t, n, a), v),
            "You compare pixels with a share": lambda s, t, n, a, v: part(distances(s, t) <= a, v),
            "the whole length": lambda s, t, n, a, v: part(distances(s, t) <= n[:, None], v),
            "share is always the same": lambda s, t, n, a, v: part(near(s, t, n, 0.1), v),
            "x alone": lambda s, t, n, a, v: part((s - t).abs()[..., 0] <= a * n[:, None] + 1e-5, v),
            "you take their mean": lambda s, t, n, a, v: part(distances(s, t) <= a * n.mean() + 1e-5, v),
            "You compare x and y each": lambda s, t, n, a, v: part(
                ((s - t).abs() <= a * n[:, None, None] + 1e-5).all(dim=2), v
            ),
            "|x| and |y|": lambda s, t, n, a, v: part((s - t).abs().sum(dim=2) <= a * n[:, None] + 1e-5, v),
            "squared distances": lambda s, t, n, a, v: part(distances(s, t) ** 2 <= a * n[:, None] + 1e-5, v),
            "picture by picture": lambda s, t, n, a, v: (
                (near(s, t, n, a) * v).sum(dim=1) / v.sum(dim=1).clamp(min=1)
            ).mean(),
            "That is how many": lambda s, t, n, a, v: int((near(s, t, n, a) & v).sum()),
            "not per cent": lambda s, t, n, a, v: 100 * part(near(s, t, n, a), v),
            "That is the mean distance. ": lambda s, t, n, a, v: distances(s, t)[v].mean(),
            "in reference lengths": lambda s, t, n, a, v: (distances(s, t) / n[:, None])[v].mean(),
            "share of the visible points": lambda s, t, n, a, v: 0.4321,
            "changed the given": lambda s, t, n, a, v: (part(near(s, t, n, a), v), s.zero_())[0],
        },
    ),
    "tasks-presence": (
        lambda z, y: two(z > 0, y == 1),
        {
            "recall first": lambda z, y: two(z > 0, y == 1)[::-1],
            "exactly 0": lambda z, y: two(z >= 0, y == 1),
            "compare with 0.5": lambda z, y: two(z > 0.5, y == 1),
            "You take a softmax": lambda z, y: two(F.softmax(z, dim=1) > 0.5, y == 1),
            "everything is there": lambda z, y: two(z.sigmoid() > 0, y == 1),
            "only the surest kind": lambda z, y: two(F.one_hot(z.argmax(1), z.shape[1]).bool(), y == 1),
            "over kinds": lambda z, y: two(z > 0, y == 1, 0),
            "over pictures": lambda z, y: two(z > 0, y == 1, 1),
            "is the accuracy": lambda z, y: (((z > 0) == (y == 1)).double().mean(), two(z > 0, y == 1)[1]),
            "Divide by what is said to be there": lambda z, y: (
                ((z > 0) & (y == 1)).double().mean(),
                two(z > 0, y == 1)[1],
            ),
            "Divide by what is there": lambda z, y: (two(z > 0, y == 1)[0], ((z > 0) & (y == 1)).double().mean()),
            "not per cent": lambda z, y: [100 * x for x in two(z > 0, y == 1)],
            "how many are rightly said": lambda z, y: int(((z > 0) & (y == 1)).sum()),
            "the F1 score": lambda z, y: 2 * ((z > 0) & (y == 1)).sum() / ((z > 0).sum() + (y == 1).sum()),
            "*not* to be there": lambda z, y: two(z <= 0, y == 1),
            "that are wrong": lambda z, y: [1 - x for x in two(z > 0, y == 1)],
            "precision, then recall": lambda z, y: (0.11, 0.22),
            "changed the given": lambda z, y: (two(z > 0, y == 1), z.zero_())[0],
        },
    ),
    "tasks-gram": (
        lambda f: products(f) / n_places(f),
        {
            "You leave out the mean": products,
            "not one less": lambda f: products(f) / (n_places(f) - 1),
            "by the channels as well": lambda f: products(f) / n_places(f) / f.shape[1],
            "You divide by the channels. ": lambda f: products(f) / f.shape[1],
            "by the rows only": lambda f: products(f) / f.shape[2],
            "by the columns only": lambda f: products(f) / f.shape[3],
            "places twice": lambda f: products(f) / n_places(f) ** 2,
            "the covariance": centred,
            "a matrix of places": of_places,
            "to length 1": normalised,
            "over the pictures. Return": lambda f: (products(f) / n_places(f)).mean(dim=0),
            "You add the pictures up": lambda f: (products(f) / n_places(f)).sum(dim=0),
            "of the first picture": lambda f: products(f)[0] / n_places(f),
            "That is the diagonal": lambda f: (f**2).mean(dim=(2, 3)),
            "by all numbers": lambda f: products(f) / f.numel(),
            "pictures with each other": lambda f: torch.einsum("bchw,dchw->bd", f, f) / n_places(f),
            "of shape (B, C, C)": lambda f: torch.ones(len(f), f.shape[1], f.shape[1]),
            "changed the given": lambda f: products(f.mul_(2)) / n_places(f) / 4,
        },
    ),
    "tasks-psnr": (
        lambda p, t, h: decibels(squares(p, t, h).mean()),
        {
            "the whole picture": lambda p, t, h: decibels(squares(p, t, h | True).mean()),
            "outside the hole": lambda p, t, h: decibels(squares(p, t, ~h).mean()),
            "3 - 5 is 254": lambda p, t, h: decibels(((p[h] - t[h]).astype(float) ** 2).mean()),
            "and in its square": lambda p, t, h: decibels(np.mean((p[h] - t[h]) ** 2)),
            "yours is 10": lambda p, t, h: 10 * np.log10(255 / np.sqrt(squares(p, t, h).mean())),
            "The root is missing": lambda p, t, h: 20 * np.log10(255 / squares(p, t, h).mean()),
            "to base 10": lambda p, t, h: 20 * np.log(255 / squares(p, t, h).mean() ** 0.5),
            "not 1": lambda p, t, h: decibels(squares(p, t, h).mean(), 1),
            "not 256": lambda p, t, h: decibels(squares(p, t, h).mean(), 256),
            "that occurs": lambda p, t, h: decibels(squares(p, t, h).mean(), float(t.max())),
            "The sign": lambda p, t, h: -decibels(squares(p, t, h).mean()),
            "That is the root mean square error": lambda p, t, h: squares(p, t, h).mean() ** 0.5,
            "That is the mean square error": lambda p, t, h: squares(p, t, h).mean(),
            "by all pixels": lambda p, t, h: decibels(squares(p, t, h).sum() / p.size),
            "three channels": lambda p, t, h: decibels(squares(p, t, h).sum(axis=1).mean()),
            "absolute errors": lambda p, t, h: decibels((squares(p, t, h) ** 0.5).mean() ** 2),
            "the decibels of the channels": lambda p, t, h: decibels(squares(p, t, h).mean(axis=0)).mean(),
            "one number, in decibels": lambda p, t, h: 3.14,
            "changed the given": lambda p, t, h: (decibels(squares(p, t, h).mean()), p.fill(0))[0],
        },
    ),
}
ALSO_RIGHT = {
    "tasks-pck": [
        lambda s, t, n, a, v: np.mean(
            np.linalg.norm((s - t).numpy(), axis=2)[v.numpy()] / n[:, None].expand(v.shape)[v].numpy() <= a + 1e-6
        ),
    ],
    "tasks-presence": [lambda z, y: [x.item() for x in two(z.sigmoid() > 0.5, y > 0.5)]],
    "tasks-gram": [
        lambda f: torch.stack([g.flatten(1) @ g.flatten(1).T / g[0].numel() for g in f]),
    ],
    "tasks-psnr": [
        lambda p, t, h: 20 * np.log10(255) - 10 * np.log10(np.mean((p.astype(int) - t)[h] ** 2)),
    ],
}
