"""The losses against loops over pixels, their gradients, and what they refuse."""

import pytest
import torch

from utils.segmentation.losses import dice_loss, rarity_weights


def by_loop(logits, labels, smooth):
    """One minus the mean of the classes' Dice, pixel by pixel."""
    given = logits.softmax(dim=1)
    values = []
    for k in range(logits.shape[1]):
        shared = sum(p for p, t in zip(given[:, k].flatten(), labels.flatten(), strict=True) if t == k)
        sizes = given[:, k].sum() + (labels == k).sum()
        values.append((2 * shared + smooth) / (sizes + smooth))
    return 1 - sum(values) / len(values)


@pytest.mark.parametrize("smooth", [0.5, 1.0])
def test_it_is_the_loop_and_its_gradient_is_right(smooth):
    logits = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 3, (2, 4, 5))
    assert torch.allclose(dice_loss(logits, labels, smooth=smooth), by_loop(logits, labels, smooth))
    assert torch.autograd.gradcheck(lambda x: dice_loss(x, labels, smooth=smooth), logits)


def test_right_and_sure_costs_nothing_also_where_a_class_is_nowhere_and_wrong_and_sure_costs_most():
    labels = torch.tensor([[[0, 1], [1, 0]]])
    sure = 80.0 * torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    assert dice_loss(sure, labels) == pytest.approx(0, abs=1e-6)
    # two classes share nothing: 1 / (4 + 1) is left of each; the third is nowhere and costs nothing
    assert dice_loss(sure, 1 - labels) == pytest.approx(1 - (1 / 5 + 1 / 5 + 1) / 3)


def test_it_is_pooled_over_the_batch():
    logits, labels = torch.randn(4, 3, 6, 6), torch.randint(0, 3, (4, 6, 6))
    one_picture = logits.movedim(1, 0).reshape(1, 3, 4 * 6, 6), labels.reshape(1, 4 * 6, 6)
    assert torch.allclose(dice_loss(logits, labels), dice_loss(*one_picture))


def test_rare_classes_weigh_more_in_proportion():
    weights = rarity_weights(torch.tensor([[0] * 12, [1] * 6 + [2] * 6]), 3)
    assert weights.tolist() == pytest.approx([0.6, 1.2, 1.2])


def test_what_does_not_fit_is_refused_in_words():
    logits = torch.randn(1, 3, 2, 2)
    with pytest.raises(ValueError, match="labels go from 0 to 255; expected 0 to 2, one number a class"):
        dice_loss(logits, torch.tensor([[[0, 255], [0, 0]]]))
    with pytest.raises(ValueError, match=r"labels \(1, 1, 2, 2\); expected \(B, n_classes, H, W\) and \(B, H, W\)"):
        dice_loss(logits, torch.zeros(1, 1, 2, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"occur \[2, 0, 1\] times; expected each at least once"):
        rarity_weights(torch.tensor([0, 2, 0]), 3)
    with pytest.raises(ValueError, match=r"the classes 0 to 1 occur \[1, 1, 1\] times"):
        rarity_weights(torch.tensor([0, 1, 2]), 2)
