import gzip
import hashlib
import json

import numpy as np
import pytest
import torch

from utils import data
from utils.data import DataError, load_images, load_photograph, photograph_names, read_idx


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A small shipped set in a folder that a test may damage."""
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    path = tmp_path / "fashion_mnist_train.npz"
    np.savez_compressed(path, images=images, labels=np.array([3, 4], np.uint8))
    manifest = {path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(data, "ASSETS", tmp_path)
    monkeypatch.setattr(data, "MANIFEST", tmp_path / "manifest.json")
    return tmp_path


def test_the_shipped_training_part_is_balanced_and_in_range():
    garments = load_images("fashion_mnist")
    assert garments.images.shape == (10_000, 1, 28, 28)
    assert garments.images.dtype == torch.float32
    assert (garments.images.min(), garments.images.max()) == (0, 1)
    assert garments.labels.bincount().tolist() == [1000] * 10


def test_the_shipped_test_part_is_the_official_one():
    garments = load_images("fashion_mnist", split="test")
    unpacked = (garments.images * 255).round().byte().numpy().tobytes()
    header = bytes.fromhex("00000803") + np.array([10_000, 28, 28], ">u4").tobytes()
    assert hashlib.sha256(header + unpacked).hexdigest() == data.FASHION_FILES["t10k-images-idx3-ubyte"]


def test_train_and_test_share_no_image():
    train, test = (load_images("fashion_mnist", split=split) for split in ("train", "test"))
    known = {image.numpy().tobytes() for image in train.images}
    shared = sum(image.numpy().tobytes() in known for image in test.images)
    assert shared == 0


def test_every_shipped_file_has_the_checksum_of_the_manifest():
    manifest = json.loads(data.MANIFEST.read_text())
    assert manifest
    for name, entry in manifest.items():
        content = (data.ASSETS / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_digits_are_the_counts_of_scikit_learn():
    from sklearn.datasets import load_digits

    train, test = load_images("digits"), load_images("digits", split="test")
    assert (len(train), len(test)) == (1297, 500)
    ours = torch.cat([train.images, test.images]).flatten(1) * 16
    theirs = torch.from_numpy(load_digits().data).float()
    assert torch.equal(ours[ours.sum(1).argsort()].sum(1), theirs[theirs.sum(1).argsort()].sum(1))
    assert {tuple(row) for row in ours.tolist()} == {tuple(row) for row in theirs.tolist()}


def test_n_takes_the_first_and_slices_keep_the_rest():
    garments = load_images("fashion_mnist", n=5)
    whole = load_images("fashion_mnist")
    assert len(garments) == 5
    assert torch.equal(garments.images, whole.images[:5])
    bags = whole[whole.labels == 8]
    assert len(bags) == 1000
    assert set(bags.labels.tolist()) == {8}
    assert bags.classes == whole.classes


def test_one_index_is_refused_because_it_would_drop_a_dimension():
    with pytest.raises(TypeError, match="use \\[i : i \\+ 1\\]"):
        load_images("digits")[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "fashion_minst"}, "unknown set of images 'fashion_minst'; did you mean 'fashion_mnist'"),
        ({"name": "digits", "split": "val"}, "unknown split 'val' \\(known: train, test\\)"),
        ({"name": "digits", "n": 0}, "n is 0, but digits \\(train\\) has 1297 images"),
        ({"name": "digits", "n": 9999}, "ask for 1 to 1297"),
        ({"name": "digits", "full": True}, "digits has no larger version"),
    ],
)
def test_a_wrong_request_says_what_is_there(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_images(**arguments)


def test_a_missing_asset_is_named_with_the_remedy(assets):
    (assets / "fashion_mnist_train.npz").unlink()
    with pytest.raises(DataError, match="fashion_mnist_train.npz cannot be read.*git checkout"):
        load_images("fashion_mnist")


@pytest.mark.parametrize("damage", ["truncated", "one bit"])
def test_a_damaged_asset_is_never_read(assets, damage):
    path = assets / "fashion_mnist_train.npz"
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is damaged: its checksum is wrong"):
        load_images("fashion_mnist")


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def test_read_idx_reads_what_was_written(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx(array)))
    checksum = hashlib.sha256(idx(array)).hexdigest()
    assert np.array_equal(read_idx(path, sha256=checksum), array)
    with pytest.raises(DataError, match="is damaged"):
        read_idx(path, sha256="0" * 64)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Please log in</html>", "cannot be read"),
        (gzip.compress(b"<html>Please log in</html>"), "is not an IDX file"),
        (gzip.compress(idx(np.zeros((2, 3), np.uint8))[:-1]), "holds 5 values, but its header promises 6"),
        (gzip.compress(b"abc" * 1000)[:-20], "cannot be read"),
    ],
)
def test_read_idx_refuses_what_is_not_whole(tmp_path, content, message):
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_without_a_network_the_full_set_says_what_to_do(tmp_path, monkeypatch):
    data.import_torchvision()
    from torchvision import datasets

    def no_network(*args, **kwargs):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr(data, "DEBIAN_FASHION_MNIST", tmp_path / "absent")
    monkeypatch.setenv("DLIA_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "FashionMNIST", no_network)
    with pytest.raises(DataError, match="could not be fetched.*full=False.*dataset-fashion-mnist"):
        load_images("fashion_mnist", full=True)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_the_full_set_is_read_where_debian_put_it(tmp_path, monkeypatch):
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    for name, array in (("images-idx3", images), ("labels-idx1", np.array([1, 2, 3], np.uint8))):
        (tmp_path / f"train-{name}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
        monkeypatch.setitem(data.FASHION_FILES, f"train-{name}-ubyte", hashlib.sha256(idx(array)).hexdigest())
    monkeypatch.setattr(data, "DEBIAN_FASHION_MNIST", tmp_path)
    garments = load_images("fashion_mnist", full=True)
    assert garments.labels.tolist() == [1, 2, 3]
    assert torch.equal((garments.images[:, 0] * 255).round().byte(), torch.from_numpy(images))


@pytest.mark.parametrize("name", photograph_names())
def test_every_photograph_is_there_with_its_credit(name):
    photograph = load_photograph(name)
    assert photograph.pixels.dtype == np.uint8
    assert photograph.pixels.ndim == 2 or photograph.pixels.shape[2] == 3
    assert photograph.pixels.max() > photograph.pixels.min()
    assert photograph.credit
    assert photograph.licence


def test_gray_is_the_luminance_of_bt_601():
    colour = load_photograph("cat").pixels.astype(float)
    gray = load_photograph("cat", gray=True).pixels
    expected = colour @ [0.299, 0.587, 0.114]
    assert np.abs(gray - expected).max() <= 1


def test_resizing_keeps_the_mean():
    photograph = load_photograph("camera", size=(64, 96))
    assert photograph.pixels.shape == (64, 96)
    assert abs(photograph.pixels.mean() - load_photograph("camera").pixels.mean()) < 2


@pytest.mark.parametrize("size", [(0, 5), (5,), (2.5, 3)])
def test_a_wrong_size_is_refused(size):
    with pytest.raises(ValueError, match="two positive whole numbers"):
        load_photograph("cat", size=size)


def test_an_unknown_photograph_is_answered_with_the_closest():
    with pytest.raises(ValueError, match="unknown photograph 'astronout'; did you mean 'astronaut'"):
        load_photograph("astronout")
