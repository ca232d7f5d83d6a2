"""Training counted in steps: against a loop written out, and what it refuses."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from utils.training import fit_steps
from utils.training.side_by_side import LayersSideBySide


def problem():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(40, 8, 3, generator=generator)
    return inputs, inputs @ torch.tensor([[1.0], [-2.0], [0.5]])


@pytest.mark.parametrize("cosine", [True, False])
def test_the_steps_are_those_of_a_loop_written_out(cosine):
    inputs, targets = problem()
    torch.manual_seed(0)
    ours, theirs = nn.Linear(3, 1), nn.Linear(3, 1)
    theirs.load_state_dict(ours.state_dict())
    losses = fit_steps(
        lambda step: F.mse_loss(ours(inputs[step]), targets[step]),
        ours.parameters(),
        n_steps=40,
        lr=0.1,
        optimizer=torch.optim.SGD,
        cosine=cosine,
        momentum=0.5,
    )
    expected, speed = [], [torch.zeros(1, 3), torch.zeros(1)]
    for step in range(40):
        loss = F.mse_loss(theirs(inputs[step]), targets[step])
        expected.append(loss.detach())
        gradients = torch.autograd.grad(loss, list(theirs.parameters()))
        rate = 0.1 * (0.5 + 0.5 * math.cos(math.pi * step / 40) if cosine else 1)
        with torch.no_grad():
            for i, (parameter, gradient) in enumerate(zip(theirs.parameters(), gradients, strict=True)):
                speed[i] = 0.5 * speed[i] + gradient
                parameter -= rate * speed[i]
    assert_close(losses, torch.stack(expected), rtol=1e-4, atol=1e-6)
    assert_close(ours.weight, theirs.weight, rtol=1e-4, atol=1e-6)
    assert losses[-1] < losses[0] / 2


def test_networks_side_by_side_do_not_meet():
    inputs, targets = problem()

    def train(indices):
        layers = LayersSideBySide(3, [(3, 1)], generator=torch.Generator().manual_seed(1))
        layers.weights[0].data = layers.weights[0].data[indices]
        layers.biases[0].data = layers.biases[0].data[indices]

        def loss_of_step(step):
            outputs = layers.run(inputs[step].expand(len(indices), -1, -1), [0])
            return (outputs - targets[step]).square().mean(dim=(1, 2))

        return fit_steps(loss_of_step, layers.parameters(), n_steps=30, lr=0.05)

    together = train([0, 1, 2])
    assert together.shape == (30, 3)
    assert_close(train([1])[:, 0], together[:, 1], rtol=1e-4, atol=1e-5)


def test_a_rate_of_zero_changes_nothing():
    place = torch.tensor([3.0], requires_grad=True)
    fit_steps(lambda step: place.square().sum(), [place], n_steps=5, lr=0.0)
    assert place.item() == 3


def test_a_loss_that_is_not_finite_is_named_and_its_step_not_taken():
    place = torch.tensor([1.0, 2.0], requires_grad=True)

    def loss_of_step(step):
        return place.square() * (float("nan") if step == 2 else 1)

    with pytest.raises(FloatingPointError, match=r"the loss of step 3 is \[nan, nan\]; try a smaller"):
        fit_steps(loss_of_step, [place], n_steps=5, lr=0.1)
    assert place.isfinite().all()


@pytest.mark.parametrize(
    "loss, n_steps, words",
    [
        (lambda place: place.square().sum(), 0, "n_steps is 0"),
        (lambda place: place.reshape(1, 2), 3, r"the loss has shape \(1, 2\); expected one number"),
    ],
)
def test_bad_input_is_refused(loss, n_steps, words):
    place = torch.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=words):
        fit_steps(lambda step: loss(place), [place], n_steps=n_steps, lr=0.1)
