"""What the tests of data share."""

import shutil

import pytest

from utils.data import shipped


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A copy of the shipped training part in a folder that a test may damage."""
    (tmp_path / "sets").mkdir()
    for name in ("fashion_mnist_train.npz", "fashion_mnist.toml"):
        shutil.copy(shipped.ASSETS / "sets" / name, tmp_path / "sets")
    monkeypatch.setattr(shipped, "ASSETS", tmp_path)
    return tmp_path / "sets"
