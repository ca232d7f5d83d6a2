"""The demos of lecture 02: the browser's arithmetic against PyTorch's and NumPy's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.scenes.captions import RELATIONS, caption_words, parse, tokenize
from utils.scenes.layout import COLOURS, KINDS

TRAINING = """
import { learn, newRun, nextBatch, recallsOf, summaryOf } from "./demos/long_tail.js";
const numbers = ({ values, ...rest }) => ({ ...rest, values: Float64Array.from(values) });
const task = { ...given.task, train: numbers(given.task.train), test: numbers(given.task.test) };
console.log(JSON.stringify(given.runs.map((settings) => {
  const run = newRun(task, settings);
  const { weights, biases } = run.network;
  const first = [weights, biases].map((arrays) => arrays.map((array) => [...array]));
  const batches = [], losses = [];
  for (let step = 0; step < task.steps; step++) {
    batches.push(nextBatch(run, task.batch).map(({ rank, image }) => [rank, image]));
    losses.push(learn(task, run, batches.at(-1).map(([rank, image]) => ({ rank, image }))));
  }
  const recalls = recallsOf(run.network, task.test);
  const summary = summaryOf(settings.order.map((garment) => recalls[garment]), run.counts);
  const last = [weights, biases].map((arrays) => arrays.map((array) => [...array]));
  return { counts: run.counts, first, last, batches, losses, recalls, summary };
})));
"""
CLASSES, COUNT, LENGTH, HIDDEN = 10, 50, 6, 12
ORDER = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
RUNS = [
    {"ratio": 20, "method": method, "gamma": 1.5, "order": ORDER}
    for method in ("nothing", "resampling", "class weights", "focal loss")
]


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLASSES, 1, LENGTH))
    train, test = (centres + 0.3 * rng.normal(size=(CLASSES, n, LENGTH)) for n in (COUNT, 30))
    written = {
        name: {"values": values.ravel().tolist(), "classes": CLASSES, "count": values.shape[1], "length": LENGTH}
        for name, values in {"train": train, "test": test}.items()
    }
    return train, test, {**written, "steps": 150, "batch": 16, "hidden": HIDDEN, "rate": 0.01}


@pytest.fixture
def trained(run_node, task):
    return dict(zip([run["method"] for run in RUNS], run_node(TRAINING, task=task[2], runs=RUNS), strict=True))


def network_with(weights, biases):
    network = nn.Sequential(nn.Linear(LENGTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)).double()
    with torch.no_grad():
        for layer, weight, bias in zip(network[::2], weights, biases, strict=True):
            layer.weight.copy_(torch.tensor(weight, dtype=torch.float64).reshape(layer.weight.shape))
            layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))
    return network


@pytest.mark.parametrize("settings", RUNS, ids=lambda run: run["method"])
def test_a_training_in_the_page_is_one_in_pytorch(settings, trained, task):
    train, test, written = task
    found, method = trained[settings["method"]], settings["method"]
    counts = np.round(COUNT * 20 ** (-np.arange(CLASSES) / (CLASSES - 1))).astype(int)
    assert found["counts"] == counts.tolist()
    weights = torch.tensor(counts.sum() / (CLASSES * counts)) if method == "class weights" else torch.ones(CLASSES)
    network = network_with(*found["first"])
    optimizer = torch.optim.Adam(network.parameters(), lr=written["rate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, written["steps"])
    losses = []
    for batch in found["batches"]:
        ranks, images = np.array(batch).T
        labels = torch.tensor(ORDER)[ranks]
        log_shares = network(torch.tensor(train[labels, images])).log_softmax(dim=1)
        each = F.nll_loss(log_shares, labels, reduction="none") * weights[ranks]
        if method == "focal loss":
            each = each * (1 - log_shares.exp().gather(1, labels[:, None])[:, 0]) ** settings["gamma"]
        optimizer.zero_grad()
        each.mean().backward()
        optimizer.step()
        schedule.step()
        losses.append(each.mean().item())
    np.testing.assert_allclose(found["losses"], losses, rtol=0, atol=1e-9)
    expected = network_with(*found["last"])
    for ours, theirs in zip(expected.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-8)
    with torch.inference_mode():
        right = network(torch.tensor(test)).argmax(dim=-1) == torch.arange(CLASSES)[:, None]
    recalls = right.double().mean(dim=1).numpy()
    np.testing.assert_allclose(found["recalls"], recalls, rtol=0, atol=1e-9)
    assert recalls.mean() > 0.5, "chance finds 0.1"
    by_rank = recalls[ORDER]
    summary = {
        "head": by_rank[:3].mean(),
        "tail": by_rank[-3:].mean(),
        "even": recalls.mean(),
        "asTrained": np.average(by_rank, weights=counts),
    }
    assert found["summary"] == pytest.approx(summary)


def test_methods_differ_by_the_method_alone(trained):
    plain = trained["nothing"]
    for method, found in trained.items():
        assert found["first"] == plain["first"], method
        assert (found["batches"] == plain["batches"]) == (method != "resampling")
        assert (found["last"] == plain["last"]) == (method == "nothing")


def test_resampling_draws_all_alike_and_the_rest_as_often_as_there_are_images(trained):
    for method, expected in {"nothing": np.array(trained["nothing"]["counts"]), "resampling": np.ones(CLASSES)}.items():
        ranks, images = np.concatenate(trained[method]["batches"]).T
        shares = np.bincount(ranks, minlength=CLASSES) / len(ranks)
        np.testing.assert_allclose(shares, expected / expected.sum(), atol=4 * np.sqrt(0.25 / len(ranks)))
        for rank, count in enumerate(trained[method]["counts"]):
            assert images[ranks == rank].max(initial=0) < count


# ---------------------------------------------------------------- the filter

FILTER = """
import { captionParts, captionText, keepingTrue, measure, tokensOf } from "./demos/caption_filter.js";
const { pool, thresholds, captions, colours, kinds, words } = given;
const cosines = pool.cosines.map((values) => Float32Array.from(values));
const own = { ...pool, cosines };
console.log(JSON.stringify({
  measures: [0, 1].map((training) => thresholds.map((threshold) => measure(own, training, threshold))),
  keeping: [0, 1].map((training) => [1, 0.9, 0.5].map((share) => keepingTrue(own, training, share))),
  captions: captions.map((caption) => {
    const { things, relation } = captionParts(caption, colours, kinds);
    return captionText(things, relation);
  }),
  tokens: captions.map((caption) => tokensOf(caption, words, 10)),
}));
"""
THRESHOLDS = [-1.0, 0.7, 0.75, 0.9, 2.0]
WORDS = list(caption_words())
ENDS = ["", *(f" {relation} an orange dress" for relation in ("and", *RELATIONS))]
CAPTIONS = [start + end for start in ("a blue t-shirt", "an orange seven", "pink trousers") for end in ENDS]


@pytest.fixture(scope="module")
def pool():
    rng = np.random.default_rng(3)
    sorts = rng.choice(5, 400, p=[0.5, 0.2, 0.1, 0.1, 0.1])
    cosines = (0.7 + 0.1 * rng.normal(size=(2, 400)) + 0.1 * (sorts == 0)).astype("float32")
    return cosines, sorts, rng.random((400, 3)) < 0.4


@pytest.fixture
def filtered(run_node, pool):
    cosines, sorts, named = pool
    settings = {
        "cosines": cosines.astype(float).tolist(),
        "sortOf": sorts.tolist(),
        "named": named.astype(int).ravel().tolist(),
        "sorts": list("abcde"),
        "kinds": list("xyz"),
    }
    given = {"pool": settings, "thresholds": THRESHOLDS, "captions": CAPTIONS}
    return run_node(FILTER, **given, colours=list(COLOURS), kinds=list(KINDS), words=WORDS)


def test_what_a_threshold_keeps_is_counted_as_numpy_does(filtered, pool):
    cosines, sorts, named = pool
    for training, measures in enumerate(filtered["measures"]):
        for threshold, found in zip(THRESHOLDS, measures, strict=True):
            kept, true = cosines[training] >= threshold, sorts == 0
            assert found["kept"] == kept.sum()
            assert found["precision"] == pytest.approx(true[kept].mean() if kept.any() else 1)
            assert found["recall"] == pytest.approx(kept[true].mean())
            assert found["truth"] == pytest.approx(true.mean())
            assert found["bySort"] == pytest.approx([kept[sorts == sort].mean() for sort in range(5)])
            assert found["byKind"] == pytest.approx([kept[true & named[:, kind]].mean() for kind in range(3)])
    assert [found["precision"] for found in measures[:1]] == pytest.approx([true.mean()])
    assert [found["recall"] for found in (measures[0], measures[-1])] == [1, 0]


def test_the_button_keeps_just_enough_true_pairs(filtered, pool):
    cosines, sorts, _ = pool
    for own, keeping in zip(cosines[:, sorts == 0], filtered["keeping"], strict=True):
        for share, threshold in zip([1, 0.9, 0.5], keeping, strict=True):
            assert (own >= threshold).mean() >= share
            assert (own > threshold).mean() < share


def test_a_caption_is_taken_apart_and_put_together_in_the_words_of_scenes(filtered):
    assert filtered["captions"] == CAPTIONS
    for caption, tokens in zip(CAPTIONS, filtered["tokens"], strict=True):
        assert parse(caption)
        said = [WORDS[token - 1] for token in tokens if token]
        assert said == tokenize(caption)
        assert tokens[len(said) :] == [0] * (10 - len(said))
