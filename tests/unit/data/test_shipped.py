"""The tables of the files that ship, and what is said where one is missing or damaged."""

from hashlib import sha256

import pytest

from tools import shipping
from utils.data import shipped
from utils.data.shipped import ASSETS, read_shipped, read_table, shipped_tables
from utils.storage import DataError, MissingError


def test_every_file_that_ships_is_in_a_table_with_its_checksum():
    listed = {}
    for name, table in shipped_tables().items():
        assert {"title", "licence", "source", "made_by"} < set(table)
        listed |= {(ASSETS / name).parent / file: checksum for file, checksum in table["files"].items()}
    assert set(listed) == set(ASSETS.rglob("*.npz"))
    assert all(sha256(path.read_bytes()).hexdigest() == checksum for path, checksum in listed.items())


@pytest.mark.parametrize("text", [b"not a table", b"\xff"])
def test_a_damaged_table_is_told(assets, text):
    (assets / "fashion_mnist.toml").write_bytes(text)
    with pytest.raises(DataError, match="fashion_mnist.toml cannot be read.*git checkout"):
        read_shipped("sets/fashion_mnist.toml", "fashion_mnist_train.npz")


def test_a_missing_table_and_an_unknown_file_are_told(assets):
    with pytest.raises(DataError, match="does not tell the checksum of other.npz.*made by `python -m tools"):
        read_shipped("sets/fashion_mnist.toml", "other.npz")
    (assets / "fashion_mnist.toml").unlink()
    with pytest.raises(MissingError, match="fashion_mnist.toml is missing; bring it back"):
        read_table("sets/fashion_mnist.toml")


def test_shipping_renews_the_checksums_and_keeps_what_is_written_by_hand(assets, monkeypatch, capsys):
    monkeypatch.setattr(shipping, "ASSETS", shipped.ASSETS)
    head = (assets / "fashion_mnist.toml").read_text().partition("[files]")[0]
    shipping.ship("sets/fashion_mnist.toml", {"new.npz": b"content"})
    assert read_shipped("sets/fashion_mnist.toml", "new.npz") == b"content"
    assert (assets / "fashion_mnist.toml").read_text().startswith(head)
    assert list(read_table("sets/fashion_mnist.toml")["files"]) == ["new.npz"]
    assert "new.npz (0.00 MB)" in capsys.readouterr().out
    (assets / "fashion_mnist.toml").write_text("[files]\n")
    with pytest.raises(ValueError, match="must hold title, licence, source, made_by"):
        shipping.ship("sets/fashion_mnist.toml", {"new.npz": b"content"})
