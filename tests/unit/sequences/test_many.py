"""Networks side by side against one at a time, and their training against PyTorch alone."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from tests.unit.sequences.given import shaken, some
from utils.sequences.cells import BLOCKS
from utils.sequences.many import PackedStep, clip_each, train_many

KINDS = tuple(BLOCKS)


def library(networks, index, dtype=torch.float32):
    """PyTorch's own network with the weights of one of ours."""
    theirs = getattr(nn, networks.kind)(4, 5, batch_first=True).to(dtype)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(networks.weight_ih[index].T)
        theirs.weight_hh_l0.copy_(networks.weight_hh[index].T)
        theirs.bias_ih_l0.copy_(networks.bias[index, 0])
        theirs.bias_hh_l0.zero_()
        if networks.kind == "GRU":
            theirs.bias_hh_l0[10:].copy_(networks.bias_hn[index, 0])
    return theirs


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_many_networks_equals_pytorchs(kind):
    networks = shaken(some(kind))
    inputs = torch.randn(7, 6, 4)  # (B, T, A), the same for all
    logits = networks(inputs, every_step=True)
    assert logits.shape == (3, 7, 6, 2)
    for index in range(3):
        states, _ = library(networks, index)(inputs)
        expected = states @ networks.weight_out[index] + networks.bias_out[index]
        assert_close(logits[index], expected, atol=1e-6, rtol=1e-5)
    assert_close(networks(inputs), logits[:, :, -1])


def test_first_weights_are_as_asked_for():
    lstm = some("LSTM", forget_bias=[0.0, 1.0, 3.0])
    assert lstm.bias[:, 0, 5:10].tolist() == [[0.0] * 5, [1.0] * 5, [3.0] * 5]
    assert not lstm.bias[:, 0, :5].any()
    assert not lstm.bias[:, 0, 10:].any()
    rnn = some("RNN")
    assert rnn.weight_ih.abs().max() <= 5**-0.5


@pytest.mark.parametrize("kind", KINDS)
def test_one_step_after_the_other_gives_the_same(kind):
    networks = shaken(some(kind))
    step = networks.one(1)
    packed = PackedStep(step, width=12)
    inputs = torch.randn(2, 6, 4)
    hidden = cell = torch.zeros(2, 5)
    row = torch.zeros(2, 12)
    for x in inputs.unbind(1):
        hidden, cell, logits, gates = step(x, hidden, cell)
        assert gates.shape == (2, BLOCKS[kind] * 5)
        packed_logits, row = packed(x, row)
        assert_close(packed_logits, logits)
    assert row.shape == (2, 12)
    assert_close(logits, networks(inputs)[1], atol=1e-6, rtol=1e-5)


def test_a_state_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="has 10 numbers, the row only 9; make it wider"):
        PackedStep(some("LSTM").one(0), width=9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_cuts_the_gradient_and_nothing_else(kind):
    networks = some(kind)
    inputs = torch.randn(3, 2, 6, 4, requires_grad=True)
    windows = torch.tensor([2, 6, 4])
    logits = networks(inputs, windows=windows)
    assert_close(logits, networks(inputs))
    logits.sum().backward()
    reached = inputs.grad.abs().sum(dim=(1, 3)) > 0  # (networks, T)
    assert reached.tolist() == [[False] * 4 + [True] * 2, [True] * 6, [False] * 2 + [True] * 4]


def test_each_network_is_clipped_by_its_own_norm():
    a, b = nn.Parameter(torch.zeros(2, 1, 2)), nn.Parameter(torch.zeros(2, 1, 1))
    a.grad = torch.tensor([[[3.0, 0.0]], [[0.3, 0.0]]])
    b.grad = torch.tensor([[[4.0]], [[0.4]]])
    norms = clip_each([a, b], 1.0)
    assert_close(norms, torch.tensor([5.0, 0.5]))
    assert_close(a.grad, torch.tensor([[[0.6, 0.0]], [[0.3, 0.0]]]))
    assert_close(b.grad, torch.tensor([[[0.8]], [[0.4]]]))


def test_side_by_side_networks_do_not_meet_in_training():
    def train(indices):
        networks = some("GRU", n_networks=3)
        kept = some("GRU", n_networks=len(indices))
        with torch.no_grad():
            for mine, all_ in zip(kept.parameters(), networks.parameters(), strict=True):
                mine.copy_(all_[indices])
        generator = torch.Generator().manual_seed(5)

        def batch():
            inputs = torch.randn(3, 8, 4, 4, generator=generator)
            return inputs[indices], (inputs[..., 0, 0] > 0).long()[indices]

        return train_many(kept, batch, n_steps=20, lr=1e-2, clip=0.1)

    together = train([0, 1, 2])
    assert together.shape == (20, 3)
    assert_close(train([1])[:, 0], together[:, 1], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("schedule", [True, False])
def test_one_of_many_is_trained_as_pytorch_trains_it_alone(schedule):
    """The rate falls along a cosine, or stays; nothing is clipped."""
    inputs, targets = torch.randn(40, 1, 16, 3, 4), torch.randint(2, (40, 1, 16))
    ours, steps = some("RNN", n_networks=1), iter(zip(inputs, targets, strict=True))
    theirs, output = library(ours, 0), nn.Linear(5, 2)
    with torch.no_grad():
        output.weight.copy_(ours.weight_out[0].T)
        output.bias.copy_(ours.bias_out[0, 0])
    theirs.bias_hh_l0.requires_grad_(False)  # ours has one bias where PyTorch has two
    learned = [parameter for parameter in [*theirs.parameters(), *output.parameters()] if parameter.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=1e-2)
    for step, (sequences, labels) in enumerate(zip(inputs[:, 0], targets[:, 0], strict=True)):
        optimizer.param_groups[0]["lr"] = 1e-2 * (0.5 + 0.5 * math.cos(math.pi * step / 40) if schedule else 1)
        optimizer.zero_grad()
        F.cross_entropy(output(theirs(sequences)[1][0]), labels).backward()
        optimizer.step()
    train_many(ours, lambda: next(steps), n_steps=40, lr=1e-2, clip=None, schedule=schedule)
    assert_close(ours.weight_hh[0].T, theirs.weight_hh_l0, atol=1e-5, rtol=1e-4)
    assert_close(ours.bias[0, 0], theirs.bias_ih_l0, atol=1e-5, rtol=1e-4)


def test_training_learns_and_without_a_rate_it_does_not():
    def batch():
        inputs = torch.randn(2, 64, 3, 4)
        return inputs, (inputs[:, :, 0, 0] > 0).long()

    torch.manual_seed(0)
    assert train_many(some("LSTM", n_networks=2), batch, n_steps=150, lr=3e-2)[-10:].mean() < 0.35
    assert train_many(some("LSTM", n_networks=2), batch, n_steps=20, lr=0.0)[-5:].mean() > 0.6
