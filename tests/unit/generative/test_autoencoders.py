"""Sparse codes, penalties and autoencoders side by side against one at a time."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.generative.autoencoders import (
    ConvAutoencoder,
    ManyAutoencoders,
    contractive_penalty,
    cut_out_decoder,
    draw_labelled,
    keep_largest,
    linear_probe,
    nt_xent,
)
from utils.metric_learning.losses import info_nce_loss


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_largest_are_kept_at_their_places():
    codes = torch.randn(2, 3, 7, generator=source())
    kept = keep_largest(codes, 2)
    for row, answer in zip(codes.flatten(0, 1), kept.flatten(0, 1), strict=True):
        limit = sorted(row.tolist())[-2]
        assert answer.tolist() == [value if value >= limit else 0 for value in row.tolist()]
    assert torch.equal(keep_largest(codes, 7), codes)
    for k in (0, 8):
        with pytest.raises(ValueError, match="expected 1 to 7"):
            keep_largest(codes, k)
    given = codes.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: keep_largest(z, 2), given)


def test_the_contractive_penalty_is_the_explicit_jacobian():
    layer = nn.Linear(9, 5).double()
    inputs = torch.randn(4, 9, generator=source(), dtype=torch.float64)

    def code_of(x):
        return torch.sigmoid(layer(x))

    explicit = [torch.autograd.functional.jacobian(code_of, x).square().sum() for x in inputs]
    torch.testing.assert_close(
        contractive_penalty(code_of(inputs), layer.weight.T), torch.stack(explicit).mean(), rtol=1e-9, atol=0
    )
    two = contractive_penalty(code_of(inputs).expand(2, 4, 5), layer.weight.T.expand(2, 9, 5))
    assert two.shape == (2,)
    codes = torch.rand(3, 5, dtype=torch.float64, generator=source()).requires_grad_()
    weight = torch.randn(9, 5, dtype=torch.float64, generator=source()).requires_grad_()
    assert torch.autograd.gradcheck(contractive_penalty, (codes, weight))


def test_nt_xent_is_info_nce_with_each_image_as_a_class():
    first, second = torch.randn(2, 3, 6, 8, generator=source(), dtype=torch.float64)
    losses = nt_xent(first, second, temperature=0.3)
    for loss, one, other in zip(losses, first, second, strict=True):
        item = torch.arange(6).repeat(2)
        torch.testing.assert_close(loss, info_nce_loss(torch.cat([one, other]), item, temperature=0.3))
    torch.testing.assert_close(losses, nt_xent(5 * second, first, temperature=0.3))  # order and length do not count
    assert nt_xent(first, first, temperature=0.05)[0] < nt_xent(first, second, temperature=0.05)[0]
    assert torch.autograd.gradcheck(nt_xent, (first[:1].requires_grad_(), second[:1].requires_grad_()))


def plain(model, index):
    """One network of several, written as PyTorch's own layers."""
    layers = []
    for place, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        linear = nn.Linear(*weight.shape[1:])
        linear.weight.data, linear.bias.data = weight[index].T, bias[index, 0]
        layers += [linear]
        if place not in (model.n_layers - 1, 2 * model.n_layers - 1):
            layers += [nn.ReLU()]
    return nn.Sequential(*layers)


def test_networks_side_by_side_are_networks_alone():
    mean, images = torch.rand(20), torch.rand(3, 5, 20)
    model = ManyAutoencoders(3, (20, 12, 4), mean=mean, generator=source())
    for index in range(3):
        torch.testing.assert_close(model(images)[index], plain(model, index)(images[index] - mean) + mean)
    torch.testing.assert_close(model(images[0])[1], plain(model, 1)(images[0] - mean) + mean)
    again = ManyAutoencoders(3, (20, 12, 4), generator=source())
    assert all(torch.equal(a, b) for a, b in zip(model.weights, again.weights, strict=True))
    assert all(weight.abs().max() <= 1 / math.sqrt(weight.shape[1]) for weight in model.weights)


def test_their_gradients_do_not_mix():
    model = ManyAutoencoders(2, (6, 3), code=torch.sigmoid)
    model(torch.rand(2, 4, 6))[0].sum().backward()
    assert model.weights[0].grad[0].abs().sum() > 0
    assert not model.weights[0].grad[1].any()


def test_a_decoder_alone_draws_the_same_pictures():
    model = ManyAutoencoders(2, (16, 8, 5), mean=torch.rand(16))
    codes = torch.randn(7, 5)
    alone = cut_out_decoder(model, 1)(codes)
    assert alone.shape == (7, 1, 4, 4)
    torch.testing.assert_close(alone.flatten(1), model.decode(codes.expand(2, 7, 5))[1])
    padded = F.pad(codes[:, :2], (0, 3))
    torch.testing.assert_close(cut_out_decoder(model, 1, n_code=2)(codes[:, :2]), cut_out_decoder(model, 1)(padded))
    before = model.biases[-1].clone()
    cut_out_decoder(model, 0)
    assert torch.equal(before, model.biases[-1])


def test_the_convolutional_one_fits_its_pictures_and_learns():
    torch.manual_seed(0)
    model, images = ConvAutoencoder(), torch.rand(8, 1, 28, 28, generator=source())
    assert model(images).shape == images.shape
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        loss = F.mse_loss(model(images), images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_the_labelled_are_drawn_evenly():
    labels = torch.arange(40) % 4
    chosen = draw_labelled(labels, 3, generator=source())
    assert labels[chosen].bincount().tolist() == [3, 3, 3, 3]
    assert len(chosen.unique()) == 12
    with pytest.raises(ValueError, match="has 10 items"):
        draw_labelled(labels, 11)


def test_a_probe_reads_what_is_there_and_does_not_look_at_the_test():
    labels, test_labels = torch.arange(60) % 3, torch.arange(90) % 3
    codes = 3 * F.one_hot(labels, 5).float() + torch.randn(60, 5, generator=source())
    test_codes = 3 * F.one_hot(test_labels, 5).float() + torch.randn(90, 5, generator=source(1))
    accuracy = linear_probe(codes, labels, test_codes, test_labels)
    assert accuracy > 0.85
    assert linear_probe(7 * codes + 2, labels, 7 * test_codes + 2, test_labels) == accuracy
    assert linear_probe(torch.randn(60, 5), labels, torch.randn(90, 5), test_labels) < 0.6
    dead = F.pad(codes, (0, 3)), F.pad(test_codes, (0, 3))
    assert linear_probe(dead[0], labels, dead[1], test_labels) == pytest.approx(accuracy, abs=0.05)
