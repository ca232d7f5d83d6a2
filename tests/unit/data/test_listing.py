"""The listing names every set and file, and tells damage."""

from utils.data import downloads, listing, sets
from utils.data.packaged import packaged_files
from utils.data.sets import set_names


def test_the_listing_names_every_set_and_file_and_finds_them_whole():
    listed = {item.name: listing.state_of(item)[0] for item in listing.items()}
    table = packaged_files()
    expected = {f"photograph {name}" for name in table["photograph"]} | {f"cascade {name}" for name in table["cascade"]}
    assert expected | {
        "fashion_mnist_train",
        "gans",
        "digits",
        "faces",
        "efficientnet_lite0",
    } <= set(listed)
    optional = {"fashion_mnist, full"} | {name for name in set_names() if sets.SOURCES[name].optional}
    assert optional < set(listed)
    assert {state for name, state in listed.items() if name not in optional} == {"whole"}


def test_the_listing_tells_damage_and_fails(assets, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DLIA_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "DEBIAN_FASHION_MNIST", tmp_path / "absent")
    (assets / "fashion_mnist_train.npz").write_bytes(b"half")
    assert listing.main() == 1
    printed = capsys.readouterr().out
    assert "PROBLEM: " in printed
    assert "fashion_mnist_train.npz is damaged" in printed
    states = {line.split("  ")[0]: line for line in printed.splitlines()}
    assert "DAMAGED" in states["fashion_mnist_train"]
    assert "MISSING" in states["fashion_mnist_test"]
    assert "not here" in states["cifar10"]
