"""Labelled images, in memory as tensors: sets that ship with the book, and larger ones that can be fetched.

python -m utils.data    # what is there, from where, how large, under what licence; and is it whole?
"""

import io
from dataclasses import dataclass, replace

import numpy as np
import torch

from utils.data import downloads, packaged
from utils.data.shipped import read_shipped, read_table
from utils.validation import check_name

GARMENTS = "sets/fashion_mnist.toml"

FASHION_CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


@dataclass(frozen=True)
class ImageSet:
    """Labelled images in memory.

    Attributes
    ----------
    images : Tensor of shape (N, C, H, W)
        float32 in [0, 1].
    labels : Tensor of shape (N,)
        int64, an index into `classes`.
    classes : tuple of str
    name, split, licence, source : str
    """

    images: torch.Tensor
    labels: torch.Tensor
    classes: tuple
    name: str
    split: str
    licence: str
    source: str

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        """Return the part of the set that a slice, mask or index tensor selects."""
        if isinstance(index, int):
            raise TypeError("an ImageSet takes a slice, a mask or a tensor of indices; for one image use [i : i + 1]")
        return replace(self, images=self.images[index], labels=self.labels[index])


@dataclass(frozen=True)
class Source:
    """Where a set of images comes from.

    Attributes
    ----------
    licence, url : str
    load : callable
        ``load(split, n, full)``, and of an optional set ``load(split, n, download)``, returns images, labels and class
        names; the images are uint8, or float32 in [0, 1], of shape (N, H, W) or (N, H, W, 3).
    download : Download, optional
        What is fetched before the set can be used; None if it ships.
    """

    licence: str
    url: str
    load: callable
    download: downloads.Download | None = None

    @property
    def optional(self):
        """True if the set must be fetched before it can be used."""
        return self.download is not None


def set_names():
    """Return the names that `load_images` knows.

    Returns
    -------
    tuple of str
    """
    return tuple(SOURCES)


def load_images(name, *, split="train", n=None, full=False, download=False):
    """Load a labelled set into memory.

    Parameters
    ----------
    name : str
        Shipped: ``"fashion_mnist"``, 28 × 28 grey pictures of ten kinds of garment [1]_; ``"digits"``, scikit-learn's
        8 × 8 counts of ink [2]_; ``"faces"``, 25 × 25 faces and pieces of background [3]_. Fetched when asked for:
        ``"cifar10"``, 32 × 32 in colour; ``"eurosat"``, 64 × 64 in colour from the Sentinel-2 satellites;
        ``"oxford_pets"``, 37 breeds, here at 128 × 128; ``"olivetti"``, 64 × 64 grey faces of 40 persons.
        The page "Data" of the book describes each.
    split : {"train", "test"}
    n : int, optional
        Only the first `n` images.
    full : bool
        All 60,000 training images of Fashion-MNIST, from Debian's package ``dataset-fashion-mnist``
        where it is installed, else downloaded once (31 MB) into the data folder. Without it, a class-balanced
        10,000 that ships with the book. The test images are the official 10,000 either way.
    download : bool
        Fetch an optional set if it is not in the data folder (``DLIA_DATA``, or the user's cache), after telling its
        size.

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        For an unknown name or split, an `n` out of range, or ``full`` where there is nothing more.
    DataError
        If a file is missing or damaged, or a download fails.

    References
    ----------
    .. [1] Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
       Algorithms", 2017, arXiv:1708.07747.
    .. [2] Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", 1998, doi:10.24432/C50P49.
    .. [3] Huang et al., "Labeled Faces in the Wild", technical report 07-49, University of Massachusetts, 2007.

    Examples
    --------
    >>> garments = load_images("fashion_mnist", n=3)
    >>> garments.images.shape, garments.classes[garments.labels[0]]
    (torch.Size([3, 1, 28, 28]), 'ankle boot')
    """
    check_name(name, SOURCES, "set of images")
    check_name(split, ("train", "test"), "split")
    if full and name != "fashion_mnist":
        raise ValueError(f"{name} has no larger version; leave out full=True")
    if n is not None and n < 1:
        raise ValueError(f"n is {n}; ask for at least one image, or leave n out for all of them")
    source = SOURCES[name]
    images, labels, classes = source.load(split, n, download if source.optional else full)
    if n is not None and n > len(labels):
        raise ValueError(f"n is {n}, but {name} ({split}) has {len(labels)} images; ask for 1 to {len(labels)}")
    return ImageSet(
        _to_tensor(images), torch.from_numpy(labels.astype(np.int64)), classes, name, split, source.licence, source.url
    )


def _to_tensor(images):
    """Bring images of shape (N, H, W) or (N, H, W, 3) to float32 (N, C, H, W) in [0, 1]."""
    images = torch.from_numpy(np.array(images))
    images = images.permute(0, 3, 1, 2) if images.ndim == 4 else images[:, None]
    return images.contiguous().float().div_(255) if images.dtype == torch.uint8 else images.contiguous().float()


def _fashion_mnist(split, n, full):
    read = downloads.read_fashion_mnist if full else read_shipped_garments
    images, labels = read(split)
    return images[:n], labels[:n], FASHION_CLASSES


def read_shipped_garments(split):
    """Read the part of Fashion-MNIST that ships with the book.

    Parameters
    ----------
    split : {"train", "test"}

    Returns
    -------
    images : ndarray of shape (10000, 28, 28)
        uint8.
    labels : ndarray of shape (10000,)

    Raises
    ------
    DataError
        If the file, or the table with its checksum, is missing or damaged.
    """
    content = read_shipped(GARMENTS, f"fashion_mnist_{split}.npz")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def _digits(split, n, full):
    counts, labels = packaged.load_digit_counts()
    order = np.random.RandomState(0).permutation(len(labels))
    chosen = order[500:][:n] if split == "train" else order[:500][:n]
    return counts[chosen].astype(np.float32) / 16, labels[chosen], tuple("0123456789")


def _faces(split, n, full):
    faces_first = packaged.load_face_crops()
    places = np.arange(70) if split == "train" else np.arange(70, 100)
    chosen = np.stack([places, places + 100], axis=1).ravel()[:n]  # a face, a piece of background, a face, …
    return faces_first[chosen], (chosen < 100).astype(int), ("background", "face")


def _source_of(entry, load, download=None):
    return Source(entry["licence"], entry["source"], load, download)


SOURCES = {
    "fashion_mnist": _source_of(read_table(GARMENTS), _fashion_mnist),
    "digits": _source_of(packaged.packaged_files()["digits"], _digits),
    "faces": _source_of(packaged.packaged_files()["faces"], _faces),
    "cifar10": _source_of(downloads.FETCHED["cifar10"], downloads.read_cifar10, downloads.CIFAR10),
    "eurosat": _source_of(downloads.FETCHED["eurosat"], downloads.read_eurosat, downloads.EUROSAT),
    "oxford_pets": _source_of(downloads.FETCHED["oxford_pets"], downloads.read_pets, downloads.PETS),
    "olivetti": _source_of(downloads.FETCHED["olivetti"], downloads.read_olivetti, downloads.OLIVETTI),
}
