"""Sets that are too large to ship: fetched when asked for, in the layout of torchvision and scikit-learn.

Each reader returns pictures and labels as arrays. Pictures are read from the archive that was published, whose sha256
is known, not from unpacked copies that nobody could check.
"""

import contextlib
import gzip
import io
import tarfile
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from utils.data.shipped import read_table
from utils.runtime import import_torchvision
from utils.storage import DataError, MissingError, check_file, data_folder, ensure_fetched

FASHION_FOLDER = Path("FashionMNIST") / "raw"
DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")

FETCHED = read_table("sets/fetched.toml")
FASHION_FILES = FETCHED["fashion_mnist"]["files"]  # sha256 of the unpacked files


@dataclass(frozen=True)
class Download:
    """One set that can be fetched into the data folder.

    Attributes
    ----------
    title : str
    megabytes : float
        Size of what is downloaded.
    check : callable
        ``check(folder)`` raises `DataError` unless the set in `folder` is there and whole.
    fetch : callable
        ``fetch(folder)`` downloads the set into an empty `folder`.
    """

    title: str
    megabytes: float
    check: callable
    fetch: callable

    def find(self, download):
        """Return the data folder, once the set in it is whole; fetch it only if `download` is true."""
        root = data_folder()
        if download:
            ensure_fetched(root, check=self.check, fetch=self.fetch, title=self.title, megabytes=self.megabytes)
            return root
        try:
            self.check(root)
        except DataError as problem:
            raise DataError(
                f"{self.title}: {problem}. Nothing is downloaded unless you ask: add download=True to fetch "
                f"{self.megabytes:.0f} MB into {root} (set DLIA_DATA for another folder)."
            ) from problem
        return root


def _check_archives(files):
    """Return a check of archives: path under the data folder to the sha256 that was published."""

    def check(root):
        for name, checksum in files.items():
            check_file(root / name, checksum)

    return check


def _known(name, fetch, check=None):
    """Return a set of the table ``sets/fetched.toml``."""
    entry = FETCHED[name]
    return Download(entry["title"], entry["megabytes"], check or _check_archives(entry["files"]), fetch)


def _torchvision(name):
    """Return a function that has torchvision's class `name` download its set into a folder."""

    def fetch(folder):
        import_torchvision()
        from torchvision import datasets

        getattr(datasets, name)(folder, download=True)

    return fetch


# ------------------------------------------------------------------------------- the whole of Fashion-MNIST


def _check_fashion_mnist(root):
    for name, checksum in FASHION_FILES.items():
        read_idx(root / FASHION_FOLDER / f"{name}.gz", checksum=checksum)


FASHION_MNIST = _known("fashion_mnist", _torchvision("FashionMNIST"), _check_fashion_mnist)


def read_fashion_mnist(split):
    """Read all of Fashion-MNIST, from Debian's package where it is installed, else from the data folder.

    Parameters
    ----------
    split : {"train", "test"}

    Returns
    -------
    images : ndarray of shape (60000, 28, 28) or (10000, 28, 28)
        uint8.
    labels : ndarray of shape (60000,) or (10000,)

    Raises
    ------
    DataError
        If a file is damaged, or cannot be fetched.
    """
    folder = DEBIAN_FASHION_MNIST
    if not folder.is_dir():
        folder = FASHION_MNIST.find(download=True) / FASHION_FOLDER
    prefix = "train" if split == "train" else "t10k"
    parts = [name for name in FASHION_FILES if name.startswith(prefix)]
    return tuple(read_idx(folder / f"{name}.gz", checksum=FASHION_FILES[name]) for name in parts)


def read_idx(path, *, checksum=None):
    """Read one gzip-packed IDX file, the format of MNIST and Fashion-MNIST.

    Parameters
    ----------
    path : Path
    checksum : str, optional
        The sha256 that the unpacked bytes must have.

    Returns
    -------
    ndarray of uint8
        Of the shape that the file's header states.

    Raises
    ------
    DataError
        If the file is missing, is not IDX, is cut short, or does not have the checksum.
    """
    try:
        content = gzip.decompress(Path(path).read_bytes())
    except FileNotFoundError as error:
        raise MissingError(f"{path} is missing") from error
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}); remove it and ask again") from error
    if checksum and sha256(content).hexdigest() != checksum:
        raise DataError(f"{path} is damaged: its checksum is not the published one; remove it and ask again")
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{path} is not an IDX file of bytes: it starts with {content[:4].hex()!r}, expected 000008")
    n_dimensions = content[3]
    shape = np.frombuffer(content, ">u4", n_dimensions, offset=4).astype(int)
    pixels = np.frombuffer(content, np.uint8, offset=4 + 4 * n_dimensions)
    if len(pixels) != shape.prod():
        raise DataError(f"{path} holds {len(pixels)} values, but its header promises {shape.prod()}")
    return pixels.reshape(shape)


# -------------------------------------------------------------------------------------------- optional sets


CIFAR10 = _known("cifar10", _torchvision("CIFAR10"))
EUROSAT = _known("eurosat", _torchvision("EuroSAT"))
PETS = _known("oxford_pets", _torchvision("OxfordIIITPet"))


def read_cifar10(split, n, download):
    """Read CIFAR-10.

    Parameters
    ----------
    split : {"train", "test"}
    n : int or None
        Only the first `n` pictures.
    download : bool

    Returns
    -------
    images : ndarray of shape (n, 32, 32, 3)
        uint8.
    labels : ndarray of shape (n,)
    classes : tuple of str
    """
    root = CIFAR10.find(download)
    import_torchvision()
    from torchvision.datasets import CIFAR10 as Reader

    with contextlib.redirect_stdout(io.StringIO()):
        # downloads nothing, the archive is there; unpacks it again if an unpacked file has not its published md5
        loaded = Reader(root, train=split == "train", download=True)
    return loaded.data[:n], np.array(loaded.targets[:n]), tuple(loaded.classes)


def read_eurosat(split, n, download):
    """Read EuroSAT's colour pictures; the book's own fixed split, since none was published.

    Parameters
    ----------
    split : {"train", "test"}
    n : int or None
    download : bool

    Returns
    -------
    images : ndarray of shape (n, 64, 64, 3)
        uint8.
    labels : ndarray of shape (n,)
    classes : tuple of str
    """
    with zipfile.ZipFile(EUROSAT.find(download) / "eurosat" / "EuroSAT.zip") as archive:
        names = np.array(sorted(name for name in archive.namelist() if name.endswith(".jpg")))
        classes, labels = np.unique([name.split("/")[-2] for name in names], return_inverse=True)
        chosen = _fixed_split(len(names), split)[:n]
        images = np.stack([np.array(Image.open(io.BytesIO(archive.read(name)))) for name in names[chosen]])
    return images, labels[chosen], tuple(classes.tolist())


def read_pets(split, n, download):
    """Read the Oxford-IIIT Pet pictures, each squeezed to 128 × 128; the official split, in a fixed random order.

    Parameters
    ----------
    split : {"train", "test"}
        Published as "trainval" and "test".
    n : int or None
    download : bool

    Returns
    -------
    images : ndarray of shape (n, 128, 128, 3)
        uint8.
    labels : ndarray of shape (n,)
        0 to 36, the breeds.
    classes : tuple of str
    """
    folder = PETS.find(download) / "oxford-iiit-pet"
    listing = "annotations/trainval.txt" if split == "train" else "annotations/test.txt"
    with tarfile.open(folder / "annotations.tar.gz") as archive:
        rows = [line.split() for line in archive.extractfile(listing).read().decode().splitlines()]
    names, labels = np.array([row[0] for row in rows]), np.array([int(row[1]) - 1 for row in rows])
    classes = [names[labels == label][0].rpartition("_")[0].replace("_", " ") for label in range(labels.max() + 1)]
    chosen = np.random.RandomState(0).permutation(len(names))[:n]
    wanted = {f"images/{name}.jpg": place for place, name in enumerate(names[chosen])}
    images = np.zeros((len(chosen), 128, 128, 3), np.uint8)
    with tarfile.open(folder / "images.tar.gz") as archive:
        for member in archive:
            if member.name in wanted:
                picture = Image.open(archive.extractfile(member)).convert("RGB")
                images[wanted.pop(member.name)] = picture.resize((128, 128), Image.Resampling.LANCZOS)
    if wanted:
        raise DataError(f"{folder / 'images.tar.gz'} has no {next(iter(wanted))}, which its own list names")
    return images, labels[chosen], tuple(classes)


def read_olivetti(split, n, download):
    """Read the Olivetti faces through scikit-learn, which checks its download itself.

    Parameters
    ----------
    split : {"train", "test"}
        The first eight pictures of each person, and the last two.
    n : int or None
    download : bool

    Returns
    -------
    images : ndarray of shape (n, 64, 64)
        float32 in [0, 1].
    labels : ndarray of shape (n,)
        0 to 39, the persons.
    classes : tuple of str
    """
    from sklearn.datasets import fetch_olivetti_faces

    faces = fetch_olivetti_faces(data_home=OLIVETTI.find(download), download_if_missing=False)
    position = np.arange(len(faces.target)) % 10
    chosen = np.flatnonzero(position < 8 if split == "train" else position >= 8)[:n]
    return faces.images[chosen], faces.target[chosen], tuple(f"person {label}" for label in range(40))


def _check_olivetti(root):
    """Compare scikit-learn's cache with the sum noted when it was made; scikit-learn had checked the download."""
    cached = root / "olivetti_py3.pkz"
    noted = cached.with_suffix(".sha256")
    if not (cached.is_file() and noted.is_file()):
        raise MissingError(f"{cached}, or the checksum beside it, is missing")
    check_file(cached, noted.read_text(encoding="utf-8").strip())


def _fetch_olivetti(folder):
    from sklearn.datasets import fetch_olivetti_faces

    fetch_olivetti_faces(data_home=folder)
    cached = folder / "olivetti_py3.pkz"
    cached.with_suffix(".sha256").write_text(sha256(cached.read_bytes()).hexdigest(), encoding="utf-8")


OLIVETTI = _known("olivetti", _fetch_olivetti, _check_olivetti)


def _fixed_split(n, split):
    """Return four fifths of the indices, or the other fifth, in a fixed random order."""
    order = np.random.RandomState(0).permutation(n)
    return order[n // 5 :] if split == "train" else order[: n // 5]
