"""utils.metric against pytorch-metric-learning and scikit-learn, and at the edges."""

import re

import numpy as np
import pytest
import torch
from pytorch_metric_learning import losses, miners
from pytorch_metric_learning.distances import DotProductSimilarity
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from utils import metric

SEEDS = range(5)


def batch(seed, n=24, n_classes=5, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(n, 6, generator=generator, dtype=dtype)
    return embeddings, torch.randint(n_classes, (n,), generator=generator)


PAIRS = {
    "contrastive": (lambda x, y: metric.contrastive_loss(x, y, margin=1.2), losses.ContrastiveLoss(neg_margin=1.2)),
    "triplet": (lambda x, y: metric.triplet_loss(x, y, margin=0.3), losses.TripletMarginLoss(margin=0.3)),
    "InfoNCE": (lambda x, y: metric.info_nce_loss(x, y, temperature=0.2), losses.NTXentLoss(temperature=0.2)),
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
    ours = torch.stack(metric.mine_triplets(embeddings, labels, margin=0.3, mining=mining), dim=1)
    theirs = torch.stack(miner(embeddings, labels), dim=1)
    assert {tuple(triplet) for triplet in ours.tolist()} == {tuple(triplet) for triplet in theirs.tolist()}
    loss = losses.TripletMarginLoss(margin=0.3)(embeddings, labels, tuple(theirs.T))
    torch.testing.assert_close(metric.triplet_loss(embeddings, labels, margin=0.3, mining=mining), loss)


@pytest.mark.parametrize("seed", SEEDS)
def test_n_pair_loss_is_that_of_the_library_where_each_class_has_one_pair(seed):
    embeddings, _ = batch(seed, n=10)
    labels = torch.arange(5).repeat_interleave(2)
    none = torch.zeros(0, dtype=torch.long)
    pairs = (torch.arange(0, 10, 2), torch.arange(1, 10, 2), none, none)  # else the library takes them in random order
    theirs = losses.NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False))(embeddings, labels, pairs)
    torch.testing.assert_close(metric.n_pair_loss(embeddings, labels), theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_arcface_is_that_of_the_library(seed):
    embeddings, labels = batch(seed)
    ours = metric.ArcFace(5, 6, margin=0.5, scale=30.0)
    theirs = losses.ArcFaceLoss(5, 6, margin=float(np.degrees(0.5)), scale=30)
    with torch.no_grad():
        theirs.W.copy_(ours.directions.T)
        embeddings[0] = -ours.directions[labels[0]]  # an angle that passes 180 degrees with the margin
    torch.testing.assert_close(ours(embeddings, labels), theirs(embeddings, labels), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_proxy_loss_is_that_of_the_library(seed):
    embeddings, labels = batch(seed)
    ours, theirs = metric.ProxyNCA(5, 6, scale=4.0), losses.ProxyNCALoss(5, 6, softmax_scale=4)
    with torch.no_grad():
        theirs.proxies.copy_(ours.proxies)
    torch.testing.assert_close(ours(embeddings, labels), theirs(embeddings, labels))


def test_centre_loss_is_half_the_mean_squared_distance_and_its_centres_settle_at_the_means():
    embeddings, labels = batch(0)
    loss = metric.CentreLoss(5, 6)
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
    "contrastive": metric.contrastive_loss,
    "triplet": metric.triplet_loss,
    "semi-hard": lambda x, y: metric.triplet_loss(x, y, mining="semi-hard"),
    "hard": lambda x, y: metric.triplet_loss(x, y, mining="hard"),
    "InfoNCE": metric.info_nce_loss,
    "N-pair": metric.n_pair_loss,
    "centre": metric.CentreLoss(5, 6).double(),
    "ArcFace": metric.ArcFace(5, 6, scale=8.0).double(),
    "proxy": metric.ProxyNCA(5, 6).double(),
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
        torch.testing.assert_close(metric.contrastive_loss(embeddings, labels), expected)


@pytest.mark.parametrize("name", ["contrastive", "triplet", "semi-hard", "hard", "InfoNCE"])
def test_equal_embeddings_give_a_finite_gradient(name):
    embeddings = torch.ones(6, 4).requires_grad_()
    loss = ALL_LOSSES[name](embeddings, torch.tensor([0, 0, 1, 1, 2, 2]))
    loss.backward()
    assert torch.isfinite(embeddings.grad).all()


# ---------------------------------------------------------------- measures


@pytest.mark.parametrize("seed", SEEDS)
def test_retrieval_is_measured_as_others_measure_it(seed):
    embeddings, labels = batch(seed, n=40)
    found = metric.evaluate_retrieval(embeddings, labels, ks=(1, 5))
    units = torch.nn.functional.normalize(embeddings)
    similar = (units @ units.T).numpy()
    precisions, firsts, among_five = [], [], []
    for i in range(40):
        others = np.arange(40) != i
        relevant = (labels == labels[i]).numpy()[others]
        if relevant.any():
            precisions.append(average_precision_score(relevant, similar[i, others]))
            order = np.argsort(-similar[i, others])
            firsts.append(relevant[order[0]])
            among_five.append(relevant[order[:5]].any())
    assert found.mean_average_precision == pytest.approx(np.mean(precisions), abs=1e-6)
    assert found.recall == pytest.approx({1: np.mean(firsts), 5: np.mean(among_five)})


def test_perfect_and_worst_retrieval():
    labels = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0], [1, 0.1], [-1, 0], [-1, 0.1]])
    assert metric.evaluate_retrieval(apart, labels, ks=(1,)) == ({1: 1.0}, 1.0)
    crossed = apart[[0, 2, 1, 3]]
    found = metric.evaluate_retrieval(crossed, labels, ks=(1, 3))
    assert found.recall == {1: 0.0, 3: 1.0}


@pytest.mark.parametrize("seed", SEEDS)
def test_verification_has_the_library_s_area_and_its_error_rates_meet(seed):
    embeddings, labels = batch(seed, n=40)
    judged = metric.evaluate_verification(embeddings, labels)
    first, second = np.triu_indices(40, 1)
    distances = metric.distances_between(embeddings, embeddings).numpy()[first, second]
    same = (labels[first] == labels[second]).numpy()
    area = np.trapezoid(judged.true_accepts, judged.false_accepts)
    assert area == pytest.approx(roc_auc_score(same, -distances))
    refused = 1 - np.interp(judged.equal_error_rate, judged.false_accepts, judged.true_accepts)
    assert refused == pytest.approx(judged.equal_error_rate, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("steps", [2, 1000])  # the first makes many distances equal
def test_the_curve_of_verification_is_the_library_s(seed, steps):
    embeddings, labels = batch(seed, n=40)
    embeddings = (steps * embeddings).round() / steps
    judged = metric.evaluate_verification(embeddings, labels)
    first, second = np.triu_indices(40, 1)
    distances = metric.distances_between(embeddings, embeddings).numpy()[first, second]
    theirs = roc_curve((labels[first] == labels[second]).numpy(), -distances)
    for ours, expected in zip(judged[:3], (*theirs[:2], -theirs[2]), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_distances_stay_in_their_order(dtype):
    distances = torch.randint(4, (20, 30), generator=torch.Generator().manual_seed(0)).to(dtype) / 3
    distances[:, 7] = torch.inf
    assert torch.equal(metric._nearest_first(distances), distances.argsort(dim=1, stable=True))


def test_verification_of_separated_classes_makes_no_error():
    embeddings = torch.tensor([[1.0, 0], [1, 0.1], [-1, 0], [-1, 0.1]])
    assert metric.evaluate_verification(embeddings, torch.tensor([0, 0, 1, 1])).equal_error_rate == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: metric.contrastive_loss(e, torch.zeros(3)), "embeddings have shape (4, 2) and labels (3,)"),
        (lambda e: metric.mine_triplets(e, torch.zeros(4), mining="easy"), "mining is 'easy'; expected one of all"),
        (lambda e: metric.evaluate_retrieval(e, torch.arange(4)), "no class has two items"),
        (lambda e: metric.evaluate_retrieval(e, torch.zeros(4), ks=(4,)), "expected numbers from 1 to 3"),
        (lambda e: metric.evaluate_verification(e, torch.zeros(4)), "all pairs are of one kind"),
        (lambda e: metric.evaluate_verification(e * torch.nan, torch.tensor([0, 0, 1, 1])), "look for NaN"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(torch.eye(4)[:, :2])
