"""Embedding networks, and the lines that the lecture shows of a library."""

import ast
import re

import nbformat
import pytest
import torch
import torch.nn.functional as F

from tools.project import ROOT
from utils.course import quizzes
from utils.metric_learning import losses
from utils.metric_learning.networks import DigitPlane, GarmentEmbedding, WithPlane, embed_side_by_side

NOTEBOOK = ROOT / "notebooks" / "15_metric_learning.ipynb"


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_garment_embedding_standardises_and_agrees_with_its_layers():
    images = torch.rand(4, 1, 28, 28, generator=generator())
    net = GarmentEmbedding(0.3, 0.4, n_dimensions=7)
    torch.testing.assert_close(net(images), net.layers((images - 0.3) / 0.4))
    assert net(images).shape == (4, 7)
    assert sum(p.numel() for p in GarmentEmbedding(0.3, 0.4).parameters()) < 100_000


def test_a_garment_embedding_names_the_wrong_shape():
    with pytest.raises(ValueError, match=re.escape("images have shape (2, 1, 8, 8); expected (B, 1, 28, 28)")):
        GarmentEmbedding(0.3, 0.4)(torch.rand(2, 1, 8, 8))


def test_side_by_side_each_network_embeds_as_if_it_were_alone():
    torch.manual_seed(0)
    nets = [GarmentEmbedding(0.3, 0.4, n_dimensions=7) for _ in range(3)]
    images = torch.rand(3, 5, 1, 28, 28, generator=generator())
    weights = torch.randn(3, 5, 7, generator=generator(1))  # another loss for each
    parameters = [list(net.parameters()) for net in nets]

    together = embed_side_by_side(nets, images)
    loss = sum((own * embedded).sum() for own, embedded in zip(weights, together, strict=True))
    gradients = iter(torch.autograd.grad(loss, [p for own in parameters for p in own]))
    for net, own, batch, weight, embedded in zip(nets, parameters, images, weights, together, strict=True):
        alone = net(batch)
        torch.testing.assert_close(embedded, alone, atol=1e-5, rtol=1e-5)
        for expected in torch.autograd.grad((weight * alone).sum(), own):
            assert expected.abs().max() > 0
            torch.testing.assert_close(next(gradients), expected, atol=1e-4, rtol=1e-4)
    assert next(gradients, None) is None
    assert not torch.allclose(together[0], nets[1](images[0]), atol=1e-2)  # each has weights of its own


def test_side_by_side_one_network_has_no_part_in_the_loss_of_another():
    nets = [GarmentEmbedding(0.3, 0.4) for _ in range(2)]
    first, _ = embed_side_by_side(nets, torch.rand(2, 5, 1, 28, 28, generator=generator()))
    gradients = torch.autograd.grad(first.sum(), list(nets[1].parameters()), allow_unused=True)
    assert all(gradient is None or not gradient.any() for gradient in gradients)


@pytest.mark.parametrize(("n_nets", "n_batches"), [(0, 0), (2, 3), (2, 1)])
def test_side_by_side_needs_one_batch_for_each_network(n_nets, n_batches):
    nets = [GarmentEmbedding(0.3, 0.4) for _ in range(n_nets)]
    message = f"got {n_nets} networks and {n_batches} batches; expected one batch for each"
    with pytest.raises(ValueError, match=message):
        embed_side_by_side(nets, torch.rand(n_batches, 5, 1, 28, 28))


def test_a_digit_becomes_a_point():
    assert DigitPlane()(torch.rand(3, 1, 8, 8)).shape == (3, 2)


def test_the_plane_is_that_of_the_principal_axes():
    from sklearn.decomposition import PCA

    images = torch.rand(40, 1, 28, 28, generator=generator())
    torch.manual_seed(0)
    net = GarmentEmbedding(0.3, 0.4)
    units, places = WithPlane(net, images)(images)
    torch.testing.assert_close(units.norm(dim=1), torch.ones(40))
    torch.testing.assert_close(units, F.normalize(net(images)))
    expected = torch.tensor(PCA(2).fit_transform(units.detach().numpy()))
    torch.testing.assert_close(places.detach().abs(), expected.abs(), atol=1e-4, rtol=1e-3)


def test_the_numbers_of_the_questions_are_right():
    questions = quizzes.read_quizzes(quizzes.QUIZZES / "15_metric_learning.toml")
    assert len(questions) >= 6
    assert (1 / 2 + 2 / 4) / 2 == 0.5  # average precision of hits at 2 and 4
    negatives = torch.tensor([0.4, 0.6, 0.9])
    assert ((negatives > 0.5) & (negatives < 0.5 + 0.2)).tolist() == [False, True, False]
    ratios = [torch.exp(torch.tensor(0.6 / t)).item() for t in (0.5, 0.05)]
    assert ratios == pytest.approx([3.3, 162_755], rel=0.01)


def test_the_lines_shown_for_the_library_run_and_agree_with_ours():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    text = next(c.source for c in notebook.cells if "pytorch_metric_learning" in c.source and "```python" in c.source)
    lines = re.search(r"```python\n(.*?)```", text, flags=re.S)[1]
    ast.parse(lines)
    images, labels = torch.randn(24, 6, generator=generator()), torch.arange(24) % 5
    names = {"model": lambda x: x, "images": images, "labels": labels}
    exec(lines, names)
    torch.testing.assert_close(names["loss"], losses.triplet_loss(images, labels, margin=0.2, mining="semi-hard"))
