"""torchvision and scikit-learn fetch from a server of the test; what arrives is what was sent."""

import gzip
import hashlib
import importlib
import io
import pickle
import shutil
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import scipy.io
import torch
from PIL import Image
from sklearn.datasets import _olivetti_faces

from utils.data import downloads, load_images, sets
from utils.data.downloads import Download, read_idx
from utils.runtime import import_torchvision
from utils.storage import DataError, MissingError

import_torchvision()
datasets = importlib.import_module("torchvision.datasets")
eurosat_module = importlib.import_module("torchvision.datasets.eurosat")
download_and_extract_archive = eurosat_module.download_and_extract_archive

RNG = np.random.default_rng(0)


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("DLIA_DATA", str(folder))
    return folder


class Server:
    """Serves a folder on this machine; ``asked`` lists the paths; a test may make it answer falsely."""

    def __init__(self, folder):
        self.folder, self.asked, self.answer = folder, [], None
        outer = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                if outer.answer is None:
                    return super().do_GET()
                return outer.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()  # stops at once


@pytest.fixture
def server(tmp_path):
    (tmp_path / "served").mkdir()
    running = Server(tmp_path / "served")
    yield running
    running.server.shutdown()


def login_page(handler):
    page = b"<html>Please log in to the campus network</html>"
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(page)))
    handler.end_headers()
    handler.wfile.write(page)


def broken_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.write(b"half of it")
    handler.wfile.flush()
    handler.connection.close()


# ------------------------------------------------------------------------------- the whole of Fashion-MNIST


@pytest.fixture
def fashion(server, monkeypatch, cache, tmp_path):
    """A Fashion-MNIST of five pictures a part, published on the test's server."""
    parts = {}
    for prefix in ("train", "t10k"):
        images = RNG.integers(0, 256, (5, 28, 28), dtype=np.uint8)
        parts[prefix] = (images, np.arange(5, dtype=np.uint8))
        for kind, array in zip(("images-idx3", "labels-idx1"), parts[prefix], strict=True):
            name = f"{prefix}-{kind}-ubyte"
            (server.folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
            monkeypatch.setitem(downloads.FASHION_FILES, name, sha256(idx(array)))
    resources = [(f"{name}.gz", md5((server.folder / f"{name}.gz").read_bytes())) for name in downloads.FASHION_FILES]
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [server.url])
    monkeypatch.setattr(datasets.FashionMNIST, "resources", resources)
    monkeypatch.setattr(downloads, "DEBIAN_FASHION_MNIST", tmp_path / "absent")
    return parts


def load_fashion():
    garments = load_images("fashion_mnist", full=True)
    return (garments.images[:, 0] * 255).round().byte().numpy(), garments.labels.numpy()


def kept(cache):
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and path.suffix == ".gz")


def test_the_whole_set_is_fetched_once_and_is_what_was_published(fashion, server, cache, capsys):
    images, labels = load_fashion()
    assert np.array_equal(images, fashion["train"][0])
    assert np.array_equal(labels, fashion["train"][1])
    assert "Fetching 31 MB into" in capsys.readouterr().out
    server.asked.clear()
    assert np.array_equal(load_fashion()[0], images)
    assert server.asked == []


@pytest.mark.parametrize("damage", ["truncated", "one bit", "missing", "login page"])
def test_a_damaged_cache_is_named_and_healed(fashion, server, cache, damage, capsys):
    load_fashion()
    path = cache / "FashionMNIST" / "raw" / "train-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "one bit":
        content[len(content) // 2] ^= 16
        path.write_bytes(content)
    else:
        path.write_bytes(content[:200] if damage == "truncated" else b"<html>Please log in</html>")
    capsys.readouterr()
    server.asked.clear()
    images, _ = load_fashion()
    assert np.array_equal(images, fashion["train"][0])
    assert f"/{path.name}" in server.asked
    assert path.name in capsys.readouterr().out


@pytest.mark.parametrize("answer", [login_page, broken_off])
def test_what_is_not_the_set_is_never_kept(fashion, server, cache, answer):
    server.answer = answer
    with pytest.raises(DataError, match="Fashion-MNIST could not be fetched into .*Is there a network"):
        load_fashion()
    assert kept(cache) == []


def test_a_login_page_where_torchvision_does_not_look_is_refused_too(fashion, server, cache, monkeypatch):
    server.answer = login_page
    page = b"<html>Please log in to the campus network</html>"
    monkeypatch.setattr(
        datasets.FashionMNIST, "resources", [(name, md5(page)) for name, _ in datasets.FashionMNIST.resources]
    )
    with pytest.raises(DataError, match="Fashion-MNIST"):
        load_fashion()
    assert kept(cache) == []


def test_without_a_network_the_error_says_what_to_do_and_a_whole_cache_still_serves(fashion, server, cache):
    load_fashion()
    server.server.shutdown()
    server.server.server_close()
    images, _ = load_fashion()
    assert np.array_equal(images, fashion["train"][0])
    shutil.rmtree(cache)
    with pytest.raises(DataError, match="could not be fetched.*ask again when there is one"):
        load_fashion()
    assert kept(cache) == []


def test_debians_package_is_read_where_it_is_and_its_damage_is_told(fashion, server, monkeypatch):
    monkeypatch.setattr(downloads, "DEBIAN_FASHION_MNIST", server.folder)
    images, _ = load_fashion()
    assert np.array_equal(images, fashion["train"][0])
    assert server.asked == []
    path = server.folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(np.zeros((5, 28, 28), np.uint8))))
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is damaged"):
        load_fashion()


def test_read_idx_reads_what_was_written(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx(array)))
    assert np.array_equal(read_idx(path, checksum=sha256(idx(array))), array)
    with pytest.raises(DataError, match="is damaged"):
        read_idx(path, checksum="0" * 64)
    with pytest.raises(MissingError, match="is missing"):
        read_idx(tmp_path / "b.gz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Please log in</html>", "cannot be read"),
        (gzip.compress(b"<html>Please log in</html>"), "is not an IDX file"),
        (gzip.compress(idx(np.zeros((2, 3), np.uint8))[:-1]), "holds 5 values, but its header promises 6"),
        (gzip.compress(b"abc" * 1000)[:-20], "cannot be read"),
    ],
    ids=["a page", "a packed page", "a value short", "cut off"],  # what is packed holds the time of packing
)
def test_read_idx_refuses_what_is_not_whole(tmp_path, content, message):
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path)


# -------------------------------------------------------------------------------------------- optional sets


def jpeg(color, size=(64, 64)):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "JPEG", quality=95)
    return file.getvalue()


def archived(monkeypatch, name, files):
    """Have the set `name` expect these archives."""
    checks = {path: sha256(content) for path, content in files.items()}
    known = getattr(downloads, name)
    monkeypatch.setattr(
        downloads, name, Download(known.title, known.megabytes, downloads._check_archives(checks), known.fetch)
    )


@pytest.fixture
def eurosat(server, monkeypatch, cache):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for kind, base in (("Forest", 20), ("River", 120)):
            for number in range(10):
                archive.writestr(f"2750/{kind}/{kind}_{number + 1}.jpg", jpeg((base, base + 10 * number, 30)))
    (server.folder / "EuroSAT.zip").write_bytes(packed.getvalue())
    archived(monkeypatch, "EUROSAT", {"eurosat/EuroSAT.zip": packed.getvalue()})

    def from_the_tests_server(url, **options):
        download_and_extract_archive(
            server.url + "EuroSAT.zip", **{**options, "md5": md5((server.folder / "EuroSAT.zip").read_bytes())}
        )

    monkeypatch.setattr(eurosat_module, "download_and_extract_archive", from_the_tests_server)


def as_rows(images, labels, classes):
    return sorted((classes[label], image.flatten().tolist()) for image, label in zip(images, labels, strict=True))


def test_eurosat_is_what_torchvision_reads_split_without_overlap(eurosat, cache):
    train, test = (load_images("eurosat", split=split, download=True) for split in ("train", "test"))
    assert (train.images.shape, test.images.shape) == ((16, 3, 64, 64), (4, 3, 64, 64))
    ours = as_rows(torch.cat([train.images, test.images]), torch.cat([train.labels, test.labels]), train.classes)
    theirs = datasets.EuroSAT(cache)
    images = torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255 for image, _ in theirs])
    assert ours == as_rows(images, [label for _, label in theirs], theirs.classes)
    assert len({row[0] for row in ours}) == 2


def test_an_optional_set_is_never_fetched_unasked(eurosat, server):
    with pytest.raises(DataError, match="EuroSAT.zip is missing.*add download=True to fetch 94 MB into .*DLIA_DATA"):
        load_images("eurosat")
    assert server.asked == []


def test_a_flipped_bit_in_an_archive_is_told_and_healed_when_asked(eurosat, server, cache):
    before = load_images("eurosat", n=3, download=True)
    server.asked.clear()
    path = cache / "eurosat" / "EuroSAT.zip"
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"EuroSAT\.zip is damaged"):
        load_images("eurosat")
    assert server.asked == []
    assert torch.equal(load_images("eurosat", n=3, download=True).images, before.images)
    assert "/EuroSAT.zip" in server.asked


def packed_tar(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def pets(server, monkeypatch, cache):
    names = [f"{breed}_{number}" for breed in ("Abyssinian", "great_pyrenees") for number in (1, 2, 3)]
    images = {f"images/{name}.jpg": jpeg((40 * place, 90, 30), (60 + place, 80)) for place, name in enumerate(names)}
    rows = [f"{name} {1 + place // 3} 1 1" for place, name in enumerate(names)]
    lists = {
        "annotations/trainval.txt": "\n".join(rows[:2] + rows[3:5]).encode(),
        "annotations/test.txt": "\n".join([rows[2], rows[5]]).encode(),
    }
    files = {"images.tar.gz": packed_tar(images), "annotations.tar.gz": packed_tar(lists)}
    for name, content in files.items():
        (server.folder / name).write_bytes(content)
    archived(monkeypatch, "PETS", {f"oxford-iiit-pet/{name}": content for name, content in files.items()})
    resources = [(server.url + name, md5(content)) for name, content in files.items()]
    monkeypatch.setattr(datasets.OxfordIIITPet, "_RESOURCES", resources)


@pytest.mark.parametrize(("split", "published"), [("train", "trainval"), ("test", "test")])
def test_pets_are_what_torchvision_reads(pets, cache, split, published):
    ours = load_images("oxford_pets", split=split, download=True)
    assert ours.classes == ("Abyssinian", "great pyrenees")
    theirs = datasets.OxfordIIITPet(cache, split=published)
    squeezed = [np.array(image.resize((128, 128), Image.Resampling.LANCZOS)) for image, _ in theirs]
    images = torch.stack([torch.from_numpy(image).permute(2, 0, 1) / 255 for image in squeezed])
    classes = [name.lower() for name in ours.classes]
    assert as_rows(ours.images, ours.labels, classes) == as_rows(images, [label for _, label in theirs], classes)


@pytest.fixture
def cifar(server, monkeypatch, cache):
    batches, labels = {}, np.arange(4) % 2
    for name in ["data_batch_1", "data_batch_2", "test_batch"]:
        pixels = RNG.integers(0, 256, (4, 3072), dtype=np.uint8)
        batches[name] = pickle.dumps({"data": pixels, "labels": labels.tolist()})
    meta = pickle.dumps({"label_names": ["airplane", "frog"]})
    packed = packed_tar(
        {f"cifar-10-batches-py/{name}": value for name, value in {**batches, "batches.meta": meta}.items()}
    )
    (server.folder / "cifar-10-python.tar.gz").write_bytes(packed)
    archived(monkeypatch, "CIFAR10", {"cifar-10-python.tar.gz": packed})
    monkeypatch.setattr(datasets.CIFAR10, "url", server.url + "cifar-10-python.tar.gz")
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(packed))
    lists = [[name, md5(content)] for name, content in batches.items()]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", lists[:2])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", lists[2:])
    monkeypatch.setattr(datasets.CIFAR10, "meta", {"filename": "batches.meta", "key": "label_names", "md5": md5(meta)})
    return {name: pickle.loads(content)["data"] for name, content in batches.items()}


def test_cifar_is_what_was_published_and_an_unpacked_copy_that_was_hurt_is_unpacked_again(cifar, server, cache):
    load_images("cifar10", download=True)
    server.asked.clear()
    path = cache / "cifar-10-batches-py" / "data_batch_1"
    path.write_bytes(path.read_bytes()[:-3] + b"abc")
    for split, names in (("train", ["data_batch_1", "data_batch_2"]), ("test", ["test_batch"])):
        ours = load_images("cifar10", split=split)
        expected = np.concatenate([cifar[name] for name in names]).reshape(-1, 3, 32, 32)
        assert np.array_equal((ours.images * 255).round().byte().numpy(), expected)
        assert ours.classes == ("airplane", "frog")
    assert server.asked == []


@pytest.fixture
def olivetti(server, monkeypatch, cache):
    faces = RNG.integers(0, 256, (4096, 400), dtype=np.uint8)
    scipy.io.savemat(server.folder / "olivettifaces.mat", {"faces": faces})
    content = (server.folder / "olivettifaces.mat").read_bytes()
    remote = _olivetti_faces.FACES._replace(url=server.url + "olivettifaces.mat", checksum=sha256(content))
    monkeypatch.setattr(_olivetti_faces, "FACES", remote)


def test_olivetti_faces_are_split_by_picture_and_checked_at_rest(olivetti, server, cache):
    train, test = (load_images("olivetti", split=split, download=True) for split in ("train", "test"))
    assert (train.images.shape, test.images.shape) == ((320, 1, 64, 64), (80, 1, 64, 64))
    assert train.labels.bincount().tolist() == [8] * 40
    assert test.labels.bincount().tolist() == [2] * 40
    path = cache / "olivetti_py3.pkz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"olivetti_py3\.pkz is damaged.*download=True"):
        load_images("olivetti")
    server.asked.clear()
    assert torch.equal(load_images("olivetti", download=True).images, train.images)
    assert server.asked == ["/olivettifaces.mat"]


def test_the_first_n_are_the_first_of_all(eurosat):
    few, all_ = load_images("eurosat", n=3, download=True), load_images("eurosat")
    assert torch.equal(few.images, all_.images[:3])
    with pytest.raises(ValueError, match="n is 99, but eurosat \\(train\\) has 16 images"):
        load_images("eurosat", n=99)


def test_every_optional_set_says_so_in_the_table():
    assert [name for name, source in sets.SOURCES.items() if source.optional] == [
        "cifar10",
        "eurosat",
        "oxford_pets",
        "olivetti",
    ]
