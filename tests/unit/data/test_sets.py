"""What the shipped sets hold, and how a wrong request or a damaged file is answered."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from tools.project import ROOT
from utils.data import downloads, load_images
from utils.storage import DataError, MissingError

SHIPPED = ["fashion_mnist", "digits", "faces"]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_shipped_set_is_in_range_complete_and_says_where_it_is_from(name, split):
    loaded = load_images(name, split=split)
    assert loaded.images.dtype == torch.float32
    assert loaded.labels.dtype == torch.int64
    assert len(loaded.images) == len(loaded.labels) == len(loaded)
    assert loaded.images.min() == 0
    assert 0.99 < loaded.images.max() <= 1
    assert sorted(set(loaded.labels.tolist())) == list(range(len(loaded.classes)))
    assert (loaded.name, loaded.split) == (name, split)
    assert loaded.licence
    assert loaded.source.startswith("https://")


@pytest.mark.parametrize("name", SHIPPED)
def test_train_and_test_share_no_image(name):
    train, test = (load_images(name, split=split) for split in ("train", "test"))
    known = {image.numpy().tobytes() for image in train.images}
    assert sum(image.numpy().tobytes() in known for image in test.images) == 0


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
    assert hashlib.sha256(header + unpacked).hexdigest() == downloads.FASHION_FILES["t10k-images-idx3-ubyte"]


def test_digits_are_those_of_scikit_learn_with_their_labels():
    parts = [load_images("digits", split=split) for split in ("train", "test")]
    assert [len(part) for part in parts] == [1297, 500]
    ours = [
        (*image.flatten().mul(16).int().tolist(), label.item())
        for part in parts
        for image, label in zip(part.images, part.labels, strict=True)
    ]
    reference = load_digits()
    theirs = [
        (*row.astype(int).tolist(), int(label)) for row, label in zip(reference.data, reference.target, strict=True)
    ]
    assert sorted(ours) == sorted(theirs)


def test_faces_are_those_of_scikit_image_with_the_right_labels():
    import skimage.data

    reference = torch.from_numpy(skimage.data.lfw_subset()).float()
    train, test = (load_images("faces", split=split) for split in ("train", "test"))
    assert train.labels.bincount().tolist() == [70, 70]
    faces = torch.cat([part.images[part.labels == 1, 0] for part in (train, test)])
    assert train.classes[1] == "face"
    assert torch.equal(faces, reference[:100])
    assert torch.equal(torch.cat([part.images[part.labels == 0, 0] for part in (train, test)]), reference[100:])


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
        ({"name": "digits", "n": 0}, "n is 0; ask for at least one image"),
        ({"name": "digits", "n": 9999}, "ask for 1 to 1297"),
        ({"name": "digits", "full": True}, "digits has no larger version"),
    ],
)
def test_a_wrong_request_says_what_is_there(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_images(**arguments)


def test_a_set_can_be_changed_without_changing_the_next(assets):
    load_images("fashion_mnist", n=2).images.zero_()
    assert load_images("fashion_mnist", n=2).images.max() > 0.5


def test_a_missing_asset_is_named_with_the_remedy(assets):
    (assets / "fashion_mnist_train.npz").unlink()
    with pytest.raises(MissingError, match="fashion_mnist_train.npz is missing.*git checkout"):
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
    with pytest.raises(DataError, match="is damaged.*git checkout"):
        load_images("fashion_mnist")


def test_the_listing_is_one_command():
    done = subprocess.run([sys.executable, "-m", "utils.data"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert "0 of them missing or damaged" in done.stdout
    assert done.stderr == ""
