"""Each method of lecture 12, as the notebook shows it, gives what independent implementations give."""

import ast
import copy

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum import attr
from IPython.core.inputtransformer2 import TransformerManager
from torch import nn
from torch.testing import assert_close

from tools.project import ROOT
from utils.efficient.quantising import fold_batch_norm
from utils.networks.explaining import ClassMaps, blend, enlarge, halves, quarters, replacing, shuffle_weights
from utils.networks.pretrained import load_efficientnet_lite0, prepare
from utils.pictures.outlined import load_subjects
from utils.runtime import import_torchvision

METHODS = (
    "gradient", "saliency", "GuidedReLU6", "guided_backprop", "cam", "grad_cam", "grad_cam_plus", "occlusion",
    "path_gradients", "integrated_gradients", "smooth_grad",
)  # fmt: skip
TOLERANCE = {"atol": 1e-4, "rtol": 1e-4}


@pytest.fixture(scope="module")
def network():
    return fold_batch_norm(load_efficientnet_lite0()).requires_grad_(False)


@pytest.fixture(scope="module")
def lecture(network):
    """The functions that the notebook defines, as they stand there."""
    notebook = nbformat.read(ROOT / "notebooks" / "12_explaining_networks.ipynb", as_version=4)
    names = {"torch": torch, "F": F, "nn": nn, "replacing": replacing, "network": network}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.parse(TransformerManager().transform_cell(cell.source)).body:
                if getattr(node, "name", None) in METHODS:
                    exec(compile(ast.Module([node], []), "notebook 12", "exec"), names)
    assert set(METHODS) <= set(names)
    return names


@pytest.fixture(scope="module", params=["cat", "motorcycle"])
def photograph(request, network):
    """A real photograph, and its likeliest class."""
    pixels = {subject.name: subject.pixels for subject in load_subjects()}[request.param]
    image = prepare(pixels)
    return image, network(image).argmax().item()


@pytest.fixture(scope="module")
def in_64_bits(network, photograph):
    """Network, photograph and class for gradients: in 32 bits, rounding moves units across their kinks."""
    image, k = photograph
    return copy.deepcopy(network).double(), image.double(), k


# ---------------------------------------------------------------- a second network, of modules


class ReLU6Module(nn.ReLU):
    """A ReLU6 that captum takes for a ReLU, so that it changes its gradient."""

    def forward(self, x):
        return F.relu6(x)


class PlainReLU6(nn.Module):
    def forward(self, x):
        return F.relu6(x)


class OfModules(nn.Module):
    """The same network, with a module of its own for each ReLU6."""

    def __init__(self, network, relu):
        super().__init__()
        self.network = network
        self.relus = nn.ModuleList(relu() for _ in range(2 * len(network.blocks) + 2))
        self.last_maps = self.relus[-1]

    def forward(self, images):
        relus = iter(self.relus)
        maps = next(relus)(self.network.stem(images))
        for block in self.network.blocks:
            inside = next(relus)(block.expand(maps)) if block.expand else maps
            inside = block.project(next(relus)(block.depthwise(inside)))
            maps = inside + maps if block.shortcut else inside
        maps = self.last_maps(self.network.head(maps))
        return self.network.classifier(maps.mean((2, 3)))


def test_the_network_of_modules_computes_the_same(network, photograph):
    assert_close(OfModules(network, ReLU6Module)(photograph[0]), network(photograph[0]), **TOLERANCE)


# ---------------------------------------------------------------- captum


def relative(ours, theirs):
    """Compare maps whose numbers are small: 1e-6 of the largest."""
    assert ours.shape == theirs.shape
    assert theirs.abs().max() > 0
    assert (ours - theirs).abs().max() < 1e-6 * theirs.abs().max()


@pytest.mark.slow
def test_saliency_is_captums(lecture, in_64_bits):
    network, image, k = in_64_bits
    theirs = attr.Saliency(network).attribute(image.clone().requires_grad_(), target=k)
    relative(lecture["saliency"](network, image, k), theirs.amax(dim=1))


@pytest.mark.slow
def test_guided_backprop_is_captums(lecture, in_64_bits):
    network, image, k = in_64_bits
    ours = lecture["guided_backprop"](network, image, k)
    with pytest.warns(UserWarning, match="backward hooks"):
        theirs = attr.GuidedBackprop(OfModules(network, ReLU6Module)).attribute(
            image.clone().requires_grad_(), target=k
        )
    relative(ours, theirs)
    plain = lecture["gradient"](network, image, k)
    assert (ours - plain).abs().max() > 0.1 * plain.abs().max()


def test_captum_leaves_a_relu6_as_it_is(lecture, in_64_bits):
    """The trap that the lecture names."""
    network, image, k = in_64_bits
    with pytest.warns(UserWarning, match="backward hooks"):
        theirs = attr.GuidedBackprop(OfModules(network, nn.ReLU6)).attribute(image.clone().requires_grad_(), target=k)
    relative(lecture["gradient"](network, image, k), theirs)


@pytest.mark.slow
def test_integrated_gradients_are_captums(lecture, in_64_bits):
    network, image, k = in_64_bits
    baseline = torch.full_like(image, -0.5)
    ours = lecture["integrated_gradients"](network, image, k, baseline, steps=4)
    theirs = attr.IntegratedGradients(network).attribute(image, baseline, target=k, n_steps=4, method="riemann_middle")
    relative(ours, theirs)


@pytest.mark.slow
def test_occlusion_is_captums(lecture, network, photograph):
    image, k = photograph
    ours = lecture["occlusion"](network, image, [k, 3], size=64, stride=32)
    for place, target in enumerate((k, 3)):
        theirs = attr.Occlusion(network).attribute(image, (3, 64, 64), strides=(3, 32, 32), target=target)
        assert_close(ours[place], theirs[0, 0].float(), **TOLERANCE)


@pytest.mark.slow
def test_smooth_grad_is_captums(lecture, in_64_bits):
    network, image, k = in_64_bits
    torch.manual_seed(3)
    ours = lecture["smooth_grad"](network, image, k, spread=0.3, n=3)
    torch.manual_seed(3)
    theirs = attr.NoiseTunnel(attr.Saliency(network)).attribute(
        image.clone().requires_grad_(), nt_samples=3, stdevs=0.3, nt_type="smoothgrad", target=k
    )
    relative(ours, theirs)


def test_integrated_gradients_are_complete(lecture):
    """The numbers add up to the rise of the score, for a smooth function."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    image, baseline = torch.randn(2, 1, 3, 2, 2, dtype=torch.float64)
    total = lecture["integrated_gradients"](model, image, 1, baseline, steps=300).sum()
    assert_close(total, (model(image) - model(baseline))[0, 1], atol=1e-4, rtol=1e-4)


# ---------------------------------------------------------------- grad-cam


def scaled(heat):
    """The package's scale: from 0 to 1."""
    heat = heat - heat.amin()
    return heat / (1e-7 + heat.amax())


@pytest.mark.parametrize("name", ["grad_cam", "grad_cam_plus"])
def test_grad_cam_is_the_packages(lecture, network, photograph, name):
    import_torchvision()  # the package imports it
    import pytorch_grad_cam as package
    from pytorch_grad_cam.utils import model_targets as targets

    image, k = photograph
    maps = network.features(image)
    options = {"eps": 1e-6} if name == "grad_cam_plus" else {}  # the package adds 1e-6
    ours = lecture[name](maps, lambda maps: network.classifier(maps.mean((2, 3))), k, **options)
    method = {"grad_cam": package.GradCAM, "grad_cam_plus": package.GradCAMPlusPlus}[name]
    model = OfModules(network, PlainReLU6)
    with method(model=model, target_layers=[model.last_maps]) as explainer:
        explainer.get_target_width_height = lambda tensor: (7, 7)  # as it is, not enlarged
        theirs = explainer(input_tensor=image.clone().requires_grad_(), targets=[targets.ClassifierOutputTarget(k)])
    assert_close(scaled(ours[0]), torch.tensor(theirs[0]), **TOLERANCE)


def test_grad_cam_plus_is_the_formula(lecture):
    """A slow loop, written from the paper."""
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(1, 3, 2, 4, generator=generator)
    weights = torch.randn(5, 3, 2, 4, generator=generator)

    def tail(maps):
        return torch.einsum("kchw,bchw->bk", weights, maps)

    total = torch.zeros(2, 4)
    for c in range(3):
        w = 0.0
        for y in range(2):
            for x in range(4):
                g = weights[1, c, y, x].item()
                alpha = g**2 / (2 * g**2 + maps[0, c].sum().item() * g**3)
                w += alpha * max(g, 0)
        total += w * maps[0, c]
    assert_close(lecture["grad_cam_plus"](maps, tail, 1)[0], total.clamp(min=0), **TOLERANCE)


def test_cam_adds_up_to_the_score_and_equals_grad_cam(lecture, network, photograph):
    image, k = photograph
    heat = lecture["cam"](network, image, k)
    assert_close(heat.mean() + network.classifier.bias[k], network(image)[0, k], **TOLERANCE)
    maps = network.features(image)
    other = lecture["grad_cam"](maps, lambda maps: network.classifier(maps.mean((2, 3))), k)
    assert_close(49 * other, F.relu(heat), **TOLERANCE)


def test_class_maps_add_up_to_the_scores(network, photograph):
    pixels = photograph[0] * 128 + 127
    logits, maps = ClassMaps(network)(pixels)
    assert logits.shape == (1, 1000)
    assert maps.shape == (1, 1000, 7, 7)
    assert_close(logits, network(photograph[0]), atol=1e-3, rtol=1e-3)
    assert_close(maps.sum((2, 3)) + network.classifier.bias, logits, atol=1e-3, rtol=1e-3)


# ---------------------------------------------------------------- what surrounds them


def test_replacing_ends_with_its_block():
    with replacing(F.relu6, torch.neg):
        assert F.relu6(torch.tensor(3.0)) == -3
        assert F.relu(torch.tensor(-3.0)) == 0
    assert F.relu6(torch.tensor(3.0)) == 3


def test_shuffling_moves_weights_and_nothing_else():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 5))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    shuffled = shuffle_weights(model, ["2"], generator=torch.Generator().manual_seed(0))
    assert_close(model.state_dict(), before)
    assert not torch.equal(shuffled[2].weight, model[2].weight)
    assert_close(shuffled[2].weight.flatten().sort().values, model[2].weight.flatten().sort().values)
    assert_close(shuffled[2].bias, model[2].bias)
    assert_close(shuffled[0].weight, model[0].weight)


def test_shuffling_names_what_is_wrong():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    with pytest.raises(ValueError, match="no part 'head'"):
        shuffle_weights(model, ["head"])
    with pytest.raises(ValueError, match="nothing to shuffle"):
        shuffle_weights(model, ["1"])


def test_enlarging_is_interpolation():
    heat = torch.rand(2, 7, 7)
    assert_close(enlarge(heat, 224), F.interpolate(heat[None], (224, 224), mode="bilinear", align_corners=False)[0])
    assert enlarge(heat[0], (10, 20)).shape == (10, 20)


def test_blending_shows_large_numbers_in_yellow():
    pixels, heat = np.full((8, 8, 3), 100, dtype=np.uint8), torch.zeros(8, 8)
    heat[2, 3], heat[5, 5] = 1, -4
    mixed = blend(pixels, heat)
    assert mixed.shape == (8, 8, 3)
    assert 0 <= mixed.min() <= mixed.max() <= 1
    red, green, blue = mixed[2, 3]
    assert min(red, green) > 2 * blue
    assert np.allclose(mixed[5, 5], mixed[0, 0])  # negative is shown as zero
    assert blend(pixels, torch.zeros(4, 4)).std(axis=(0, 1)).max() < 1e-12
    with pytest.raises(ValueError, match="take one image"):
        blend(pixels, heat[None])


def test_composed_pictures_hold_their_parts():
    squares = [np.full((8, 8, 3), value, dtype=np.uint8) for value in (10, 60, 110, 160)]
    both = halves(squares[0], squares[1], columns=(1, 2))
    assert both.shape == (8, 8, 3)
    assert (both[:, :4] == 10).all()
    assert (both[:, 4:] == 60).all()
    four = quarters(squares)
    assert [int(four[y, x, 0]) for y in (1, 6) for x in (1, 6)] == [10, 60, 110, 160]
    with pytest.raises(ValueError, match="expected 4"):
        quarters(squares[:3])
