"""Retrieval and verification against scikit-learn and slow loops."""

import re

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from tests.unit.metric_learning.given import batch
from utils.metric_learning import evaluation
from utils.metric_learning import losses as our_losses

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_retrieval_is_measured_as_others_measure_it(seed):
    embeddings, labels = batch(seed, n=40)
    found = evaluation.evaluate_retrieval(embeddings, labels, ks=(1, 5))
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
    assert evaluation.evaluate_retrieval(apart, labels, ks=(1,)) == ({1: 1.0}, 1.0)
    crossed = apart[[0, 2, 1, 3]]
    found = evaluation.evaluate_retrieval(crossed, labels, ks=(1, 3))
    assert found.recall == {1: 0.0, 3: 1.0}


@pytest.mark.parametrize("seed", SEEDS)
def test_verification_has_the_library_s_area_and_its_error_rates_meet(seed):
    embeddings, labels = batch(seed, n=40)
    judged = evaluation.evaluate_verification(embeddings, labels)
    first, second = np.triu_indices(40, 1)
    distances = our_losses.distances_between(embeddings, embeddings).numpy()[first, second]
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
    judged = evaluation.evaluate_verification(embeddings, labels)
    first, second = np.triu_indices(40, 1)
    distances = our_losses.distances_between(embeddings, embeddings).numpy()[first, second]
    theirs = roc_curve((labels[first] == labels[second]).numpy(), -distances)
    for ours, expected in zip(judged[:3], (*theirs[:2], -theirs[2]), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_distances_stay_in_their_order(dtype):
    distances = torch.randint(4, (20, 30), generator=torch.Generator().manual_seed(0)).to(dtype) / 3
    distances[:, 7] = torch.inf
    assert torch.equal(evaluation._nearest_first(distances), distances.argsort(dim=1, stable=True))


def test_verification_of_separated_classes_makes_no_error():
    embeddings = torch.tensor([[1.0, 0], [1, 0.1], [-1, 0], [-1, 0.1]])
    assert evaluation.evaluate_verification(embeddings, torch.tensor([0, 0, 1, 1])).equal_error_rate == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: our_losses.contrastive_loss(e, torch.zeros(3)), "embeddings have shape (4, 2) and labels (3,)"),
        (lambda e: our_losses.mine_triplets(e, torch.zeros(4), mining="easy"), "mining is 'easy'; expected one of all"),
        (lambda e: evaluation.evaluate_retrieval(e, torch.arange(4)), "no class has two items"),
        (lambda e: evaluation.evaluate_retrieval(e, torch.zeros(4), ks=(4,)), "expected numbers from 1 to 3"),
        (lambda e: evaluation.evaluate_verification(e, torch.zeros(4)), "all pairs are of one kind"),
        (lambda e: evaluation.evaluate_verification(e * torch.nan, torch.tensor([0, 0, 1, 1])), "look for NaN"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(torch.eye(4)[:, :2])
