"""Losses against pytorch-metric-learning, slow loops, and at the edges."""

import numpy as np
import pytest
import torch
from pytorch_metric_learning import losses, miners
from pytorch_metric_learning.distances import DotProductSimilarity

from tests.unit.metric_learning.given import batch
from utils.metric_learning import losses as our_losses

SEEDS = range(5)
PAIRS = {
    "contrastive": (lambda x, y: our_losses.contrastive_loss(x, y, margin=1.2), losses.ContrastiveLoss(neg_margin=1.2)),
    "triplet": (lambda x, y: our_losses.triplet_loss(x, y, margin=0.3), losses.TripletMarginLoss(margin=0.3)),
    "InfoNCE": (lambda x, y: our_losses.info_nce_loss(x, y, temperature=0.2), losses.NTXentLoss(temperature=0.2)),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PAIRS)
def test_the_losses_and_their_gradients_are_those_of_the_library(name, seed):
    ours, theirs = PAIRS[name]
    embeddings, labels = batch(seed)
    results = []
    for loss in (ours, theirs):
        given = embeddings.clone().requires_grad_()
        value = loss(given, labels)
        value.backward()
        results.append((value.detach(), given.grad))
    torch.testing.assert_close(results[0], results[1], atol=1e-5, rtol=1e-4)
    assert results[0][1].abs().max() > 1e-4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("mining", "miner"),
    [
        ("semi-hard", miners.TripletMarginMiner(margin=0.3, type_of_triplets="semihard")),
        ("hard", miners.BatchHardMiner()),
    ],
)
def test_mined_triplets_are_those_of_the_library(mining, miner, seed):
    embeddings, labels = batch(seed)
    ours = torch.stack(our_losses.mine_triplets(embeddings, labels, margin=0.3, mining=mining), dim=1)
    theirs = torch.stack(miner(embeddings, labels), dim=1)
    assert {tuple(triplet) for triplet in ours.tolist()} == {tuple(triplet) for triplet in theirs.tolist()}
    loss = losses.TripletMarginLoss(margin=0.3)(embeddings, labels, tuple(theirs.T))
    torch.testing.assert_close(our_losses.triplet_loss(embeddings, labels, margin=0.3, mining=mining), loss)


@pytest.mark.parametrize("seed", SEEDS)
def test_n_pair_loss_is_that_of_the_library_where_each_class_has_one_pair(seed):
    embeddings, _ = batch(seed, n=10)
    labels = torch.arange(5).repeat_interleave(2)
    none = torch.zeros(0, dtype=torch.long)
    pairs = (torch.arange(0, 10, 2), torch.arange(1, 10, 2), none, none)  # else the library takes them in random order
    theirs = losses.NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False))(embeddings, labels, pairs)
    torch.testing.assert_close(our_losses.n_pair_loss(embeddings, labels), theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_arcface_is_that_of_the_library(seed):
    embeddings, labels = batch(seed)
    ours = our_losses.ArcFace(5, 6, margin=0.5, scale=30.0)
    theirs = losses.ArcFaceLoss(5, 6, margin=float(np.degrees(0.5)), scale=30)
    with torch.no_grad():
        theirs.W.copy_(ours.directions.T)
        embeddings[0] = -ours.directions[labels[0]]  # an angle that passes 180 degrees with the margin
    torch.testing.assert_close(ours(embeddings, labels), theirs(embeddings, labels), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_proxy_loss_is_that_of_the_library(seed):
    embeddings, labels = batch(seed)
    ours, theirs = our_losses.ProxyNCA(5, 6, scale=4.0), losses.ProxyNCALoss(5, 6, softmax_scale=4)
    with torch.no_grad():
        theirs.proxies.copy_(ours.proxies)
    torch.testing.assert_close(ours(embeddings, labels), theirs(embeddings, labels))


def test_centre_loss_is_half_the_mean_squared_distance_and_its_centres_settle_at_the_means():
    embeddings, labels = batch(0)
    loss = our_losses.CentreLoss(5, 6)
    expected = 0.5 * np.mean(np.square(embeddings.numpy()).sum(axis=1))  # all centres start at 0
    assert loss(embeddings, labels).item() == pytest.approx(expected, rel=1e-5)
    optimizer = torch.optim.SGD(loss.parameters(), lr=2)
    for _ in range(300):
        optimizer.zero_grad()
        loss(embeddings, labels).backward()
        optimizer.step()
    for label in labels.unique():
        torch.testing.assert_close(
            loss.centres[label].detach(), embeddings[labels == label].mean(dim=0), atol=1e-3, rtol=0
        )


ALL_LOSSES = {
    "contrastive": our_losses.contrastive_loss,
    "triplet": our_losses.triplet_loss,
    "semi-hard": lambda x, y: our_losses.triplet_loss(x, y, mining="semi-hard"),
    "hard": lambda x, y: our_losses.triplet_loss(x, y, mining="hard"),
    "InfoNCE": our_losses.info_nce_loss,
    "N-pair": our_losses.n_pair_loss,
    "centre": our_losses.CentreLoss(5, 6).double(),
    "ArcFace": our_losses.ArcFace(5, 6, scale=8.0).double(),
    "proxy": our_losses.ProxyNCA(5, 6).double(),
}


@pytest.mark.parametrize("name", ALL_LOSSES)
def test_gradients_agree_with_finite_differences(name):
    embeddings, labels = batch(3, n=8, n_classes=3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda e: ALL_LOSSES[name](e, labels), embeddings.requires_grad_())


@pytest.mark.parametrize("name", ["triplet", "semi-hard", "hard", "InfoNCE", "N-pair"])
@pytest.mark.parametrize("labels", [torch.arange(6), torch.zeros(6, dtype=torch.long)], ids=["all differ", "all alike"])
def test_without_a_valid_choice_the_loss_is_a_zero_that_can_be_differentiated(name, labels):
    embeddings = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = ALL_LOSSES[name](embeddings, labels)
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(embeddings.grad, torch.zeros_like(embeddings))


def test_contrastive_loss_with_pairs_of_one_kind_only():
    embeddings, _ = batch(1, n=6)
    for labels in (torch.arange(6), torch.zeros(6, dtype=torch.long)):
        expected = losses.ContrastiveLoss()(embeddings, labels)
        torch.testing.assert_close(our_losses.contrastive_loss(embeddings, labels), expected)


@pytest.mark.parametrize("name", ["contrastive", "triplet", "semi-hard", "hard", "InfoNCE"])
def test_equal_embeddings_give_a_finite_gradient(name):
    embeddings = torch.ones(6, 4).requires_grad_()
    loss = ALL_LOSSES[name](embeddings, torch.tensor([0, 0, 1, 1, 2, 2]))
    loss.backward()
    assert torch.isfinite(embeddings.grad).all()
