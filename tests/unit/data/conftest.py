"""What the tests of data share."""

import shutil

import pytest

from utils.data import sets


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A copy of the shipped training part in a folder that a test may damage."""
    for name in ("fashion_mnist_train.npz", "manifest.json"):
        shutil.copy(sets.ASSETS / name, tmp_path)
    monkeypatch.setattr(sets, "ASSETS", tmp_path)
    monkeypatch.setattr(sets, "MANIFEST", tmp_path / "manifest.json")
    return tmp_path
