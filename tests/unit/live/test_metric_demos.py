"""The demos of lectures 15 and 16: the browser's arithmetic against Python's."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from utils.metric_learning.losses import MINING, mine_triplets, triplet_loss

TRIPLETS = """
import { allTriplets, kindOf, mine, slopesOf, summary } from "./demos/triplet_margin.js";
const { angles, labels, margin } = given;
const all = allTriplets(labels);
const answers = ["all", "semi-hard", "hard"].map((mining) => {
  const chosen = mine(angles, all, margin, mining);
  return { triplets: chosen, ...summary(angles, chosen, margin), slopes: slopesOf(angles, chosen, margin) };
});
console.log(JSON.stringify({ answers, kinds: all.map((triplet) => kindOf(angles, triplet, margin)), all }));
"""
GALLERY = """
import { changedPicture, nearest } from "./demos/gallery_query.js";
const { pixels, change, vectors, length, query, without } = given;
const picture = [...changedPicture(pixels, 28, 28, change)];
console.log(JSON.stringify({ picture, near: nearest({ vectors, length }, query, without) }));
"""


@pytest.mark.parametrize("margin", [0.05, 0.3, 1.0])
def test_the_browsers_triplets_losses_and_slopes_are_pythons(run_node, margin):
    generator = torch.Generator().manual_seed(0)
    angles = (2 * math.pi * torch.rand(12, generator=generator, dtype=torch.float64)).requires_grad_()
    labels = torch.arange(12) % 3
    theirs = run_node(TRIPLETS, angles=angles.tolist(), labels=labels.tolist(), margin=margin)
    points = torch.stack([angles.cos(), angles.sin()], dim=1)
    assert theirs["all"] == torch.stack(mine_triplets(points, labels), dim=1).tolist()
    for mining, answer in zip(MINING, theirs["answers"], strict=True):
        chosen = torch.stack(mine_triplets(points, labels, margin=margin, mining=mining), dim=1)
        assert sorted(answer["triplets"]) == sorted(chosen.tolist())
        loss = triplet_loss(points, labels, margin=margin, mining=mining)
        assert answer["loss"] == pytest.approx(loss.item(), abs=1e-12)
        (slopes,) = torch.autograd.grad(loss, angles, retain_graph=True)
        np.testing.assert_allclose(answer["slopes"], slopes, atol=1e-10)
    kinds = [theirs["kinds"].count(kind) for kind in ("easy", "semi-hard", "hard")]
    assert min(kinds) > 0
    assert kinds[1] == theirs["answers"][1]["chosen"]
    assert kinds[1] + kinds[2] == theirs["answers"][0]["active"]


def test_the_browser_finds_the_nearest_and_leaves_the_query_out(run_node):
    vectors = F.normalize(torch.randn(40, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    answer = run_node(
        GALLERY, pixels=[0] * 784, change={"turn": 0, "right": 0, "light": 1, "cover": 0},
        vectors=vectors.flatten().tolist(), length=5, query=vectors[7].tolist(), without=7,
    )  # fmt: skip
    order = torch.cdist(vectors[7:8], vectors)[0].argsort()
    assert order[0] == 7
    assert answer["near"] == order[1:9].tolist()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, lambda p: p),
        ({"turn": 90}, lambda p: np.rot90(p)),
        ({"turn": 180}, lambda p: p[::-1, ::-1]),
        ({"right": 3}, lambda p: np.pad(p, ((0, 0), (3, 0)))[:, :28]),
        ({"light": 0.5}, lambda p: 0.5 * p),
    ],
)
def test_the_query_is_changed_as_its_sliders_say(run_node, change, expected):
    pixels = np.random.default_rng(0).random((28, 28))
    whole = {"turn": 0, "right": 0, "light": 1, "cover": 0} | change
    answer = run_node(
        GALLERY, pixels=pixels.ravel().tolist(), change=whole, vectors=[0], length=1, query=[0], without=0
    )
    np.testing.assert_allclose(np.reshape(answer["picture"], (28, 28)), expected(pixels), atol=1e-6)
