"""The networks that ship: their recipes, their scores, and the lecture that trains one of them."""

import pytest
import torch

from tools.project import ROOT
from tools.trainers.segmenters import NAMES, train
from utils.data.shipped import ASSETS
from utils.data.weights import unpack_weights
from utils.scenes.layout import GARMENTS
from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes
from utils.segmentation.networks import (
    CLASSES,
    RECIPES,
    SCENES,
    SEEDS,
    SmallUNet,
    load_networks,
    new_network,
    recipe_of,
    things_map,
)
from utils.segmentation.scoring import mean_iou

SHIPPED = ASSETS / "weights" / "segmenters.npz"


@pytest.fixture(scope="module")
def networks():
    return load_networks()


@pytest.fixture(scope="module")
def held_out():
    painted = paint(random_scenes(60, seed=3, split="test", **SCENES))
    return painted.images / 255, things_map(painted.class_map)


def test_the_file_holds_what_the_recipes_make():
    stored = unpack_weights(SHIPPED.read_bytes())
    assert list(stored) == list(NAMES)
    assert len(NAMES) == len(RECIPES) * len(SEEDS)
    for name, weights in stored.items():
        assert recipe_of(name).items() <= weights.recipe.items()
        assert weights.losses[-50:].mean() < weights.losses[:50].mean() * 0.6


# per cent, for the worst of three seeds on 60 scenes
LEAST = {"without skips": 70, "weighted cross-entropy": 70, "cross-entropy": 77}


@pytest.mark.parametrize("name", RECIPES)
def test_each_segments_scenes_of_other_things(name, networks, held_out):
    images, truth = held_out
    for net in networks[name]:
        assert not net.training
        assert not any(p.requires_grad for p in net.parameters())
        assert 100 * mean_iou(net(images).argmax(dim=1), truth, len(CLASSES)) > LEAST.get(name, 80)


def test_a_shut_gate_lets_nothing_through_and_an_open_one_does():
    net, images = SmallUNet().eval(), torch.rand(2, 3, 32, 32)
    whole = net(images)
    assert torch.equal(whole, net(images, torch.ones(3)))
    for level in range(3):
        gates = torch.ones(3)
        gates[level] = 0
        cut = net(images, gates)
        assert not torch.allclose(cut, whole)
        assert torch.equal(cut, with_gates(net, gates.tolist())(images))


def with_gates(net, gates):
    other = SmallUNet(gates=gates)
    other.load_state_dict(net.state_dict())
    return other.eval()


@pytest.mark.parametrize("upsampling", ["transposed 2×2", "transposed 3×3", "resize"])
def test_answers_are_as_large_as_pictures_and_far_pixels_do_not_matter(upsampling):
    net = SmallUNet(upsampling).eval()
    images = torch.rand(1, 3, 48, 64)
    logits = net(images)
    assert logits.shape == (1, 3, 48, 64)
    images[:, :, :, :4] = 0  # more than 40 columns away
    assert torch.allclose(net(images)[..., 48:], logits[..., 48:], atol=1e-6)


def test_training_repeats_and_changes_the_weights():
    once, again = (train("U-Net, seed 0", n_steps=3) for _ in range(2))
    assert torch.equal(once.losses, again.losses)
    assert all(torch.equal(once.state[key], again.state[key]) for key in once.state)
    assert not torch.equal(once.losses, train("U-Net, seed 1", n_steps=3).losses)
    assert once.losses.shape == (3,)


def test_the_recipe_is_that_of_the_lecture_which_trains_an_epoch_less():
    lecture = (ROOT / "notebooks" / "14_segmentation_and_unet.ipynb").read_text(encoding="utf-8")
    recipe = RECIPES["U-Net"]
    assert f"n_epochs={recipe.epochs - 1}, batch={recipe.batch}, lr={recipe.lr:.0e}".replace("e-0", "e-") in lecture
    assert f"weight_decay={recipe.weight_decay}" in lecture
    assert f"pct_start={recipe.warm_up}" in lecture
    assert recipe.n_scenes == 800


def test_maps_of_twenty_kinds_become_three_classes():
    painted = paint(random_scenes(20, seed=0, **SCENES))
    classes = things_map(painted.class_map)
    for mask, label, row in zip(painted.masks[0], painted.labels[0], classes[:1].expand(9, -1, -1), strict=False):
        expected = 1 if painted.classes[label] in GARMENTS else 2
        assert (row[mask] == expected).all()
    assert torch.equal(classes == 0, painted.class_map == 0)


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match="unknown network for segmentation 'Unet'; did you mean 'U-Net'"):
        new_network("Unet")
    with pytest.raises(ValueError, match="unknown upsampling 'bilinear'"):
        SmallUNet("bilinear")
