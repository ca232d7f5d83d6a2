"""Images that are really there: shipped sets, photographs, and the whole of Fashion-MNIST where it can be had."""

import gzip
import hashlib
import io
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import torch

from utils.runtime import import_torchvision

ASSETS = Path(__file__).parent / "assets"
MANIFEST = ASSETS / "manifest.json"
DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")

FASHION_CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

# sha256 of the *unpacked* files: the same whoever packed them
FASHION_FILES = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


class DataError(RuntimeError):
    """A file of images is missing, damaged or cannot be fetched; the message says what to do."""


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
class Photograph:
    """One photograph with its credit.

    Attributes
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8 in [0, 255]; two dimensions where the photograph is grey.
    name, credit, licence, source : str
    """

    pixels: np.ndarray
    name: str
    credit: str
    licence: str
    source: str


# name -> (function of skimage.data or file of scikit-learn, credit, licence)
_SKIMAGE = "scikit-image"
_SKLEARN = "scikit-learn"
_PHOTOGRAPHS = {
    "astronaut": (_SKIMAGE, "astronaut", "NASA, Eileen Collins", "public domain"),
    "brick": (_SKIMAGE, "brick", "CC0Textures, Bricks25", "CC0"),
    "camera": (_SKIMAGE, "camera", "Lav Varshney", "CC0"),
    "cat": (_SKIMAGE, "cat", "Stéfan van der Walt, Chelsea", "CC0"),
    "china": (_SKLEARN, "china.jpg", "danielbuechele, Flickr", "CC BY 2.0"),
    "coffee": (_SKIMAGE, "coffee", "Rachel Michetti, Pikolo Espresso Bar", "CC0"),
    "coins": (_SKIMAGE, "coins", "Brooklyn Museum, Greek coins from Pompeii", "no known restrictions"),
    "flower": (_SKLEARN, "flower.jpg", "vultilion, Flickr", "CC BY 2.0"),
    "grass": (_SKIMAGE, "grass", "linolafett, DeviantArt", "CC0"),
    "gravel": (_SKIMAGE, "gravel", "CC0Textures, Gravel04", "CC0"),
    "horse": (_SKIMAGE, "horse", "Andreas Preuss (marauder), Openclipart", "CC0"),
    "hubble": (_SKIMAGE, "hubble_deep_field", "NASA, HubbleSite", "public domain"),
    "immunohistochemistry": (
        _SKIMAGE, "immunohistochemistry", "Center for Microscopy and Molecular Imaging", "no known restrictions"
    ),
    "page": (_SKIMAGE, "page", "scikit-image", "see scikit-image's data/README.txt"),
    "retina": (_SKIMAGE, "retina", "Mikael Häggström", "CC0"),
    "rocket": (_SKIMAGE, "rocket", "SpaceX, DSCOVR launch", "public domain"),
    "text": (_SKIMAGE, "text", "Wikipedia, Corner.png", "public domain"),
}  # fmt: skip


def load_images(name, *, split="train", n=None, full=False):
    """Load a labelled set into memory.

    Parameters
    ----------
    name : {"fashion_mnist", "digits"}
        Fashion-MNIST [1]_: 28 × 28 grey pictures of ten kinds of garment. Digits [2]_: scikit-learn's
        8 × 8 counts of ink.
    split : {"train", "test"}
    n : int, optional
        Only the first `n` images.
    full : bool
        All 60,000 training images of Fashion-MNIST, from Debian's package ``dataset-fashion-mnist``
        where it is installed, else downloaded once (30 MB) into the folder ``DLIA_DATA``. Without it, a class-balanced
        10,000 that ships with the book. The test images are the official 10,000 either way.

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        For an unknown name or split, an `n` out of range, or ``full`` where there is nothing more.
    DataError
        If a file is missing or damaged, or the download fails.

    References
    ----------
    .. [1] Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
       Algorithms", 2017, arXiv:1708.07747.
    .. [2] Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", 1998, doi:10.24432/C50P49.

    Examples
    --------
    >>> garments = load_images("fashion_mnist", n=3)
    >>> garments.images.shape, garments.classes[garments.labels[0]]
    (torch.Size([3, 1, 28, 28]), 'ankle boot')
    """
    _known(name, _SETS, "set of images")
    _known(split, ("train", "test"), "split")
    loaded = _SETS[name](split, full)
    if n is None:
        return loaded
    if not 1 <= n <= len(loaded):
        raise ValueError(f"n is {n}, but {name} ({split}) has {len(loaded)} images; ask for 1 to {len(loaded)}")
    return loaded[:n]


def photograph_names():
    """Return the names that `load_photograph` knows, sorted.

    Returns
    -------
    tuple of str
    """
    return tuple(_PHOTOGRAPHS)


def load_photograph(name, *, gray=False, size=None):
    """Load one of the photographs that scikit-image and scikit-learn carry.

    Parameters
    ----------
    name : str
        One of `photograph_names()`.
    gray : bool
        Turn colour into luminance (ITU-R BT.601).
    size : (int, int), optional
        Height and width to resize to, with antialiasing; the whole picture is kept, its proportions are not.

    Returns
    -------
    Photograph

    Raises
    ------
    ValueError
        For an unknown name, or a size that is not two positive whole numbers.

    Examples
    --------
    >>> load_photograph("cat", gray=True, size=(60, 90)).pixels.shape
    (60, 90)
    """
    from PIL import Image

    _known(name, _PHOTOGRAPHS, "photograph")
    package, key, credit, licence = _PHOTOGRAPHS[name]
    if package == _SKIMAGE:
        import skimage.data

        pixels = getattr(skimage.data, key)()
    else:
        from sklearn.datasets import load_sample_image

        pixels = load_sample_image(key)
    if pixels.dtype == bool:
        pixels = pixels * np.uint8(255)
    image = Image.fromarray(pixels)
    if gray:
        image = image.convert("L")
    if size is not None:
        height, width = _positive_size(size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    return Photograph(np.array(image), name, credit, licence, package)


def read_idx(path, *, sha256=None):
    """Read one gzip-packed IDX file, the format of MNIST and Fashion-MNIST.

    Parameters
    ----------
    path : Path
    sha256 : str, optional
        Checksum the unpacked bytes must have.

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
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}); remove it and ask again") from error
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path} is damaged: its checksum is not the published one; remove it and ask again")
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{path} is not an IDX file of bytes: it starts with {content[:4].hex()!r}, expected 000008")
    n_dimensions = content[3]
    shape = np.frombuffer(content, ">u4", n_dimensions, offset=4).astype(int)
    pixels = np.frombuffer(content, np.uint8, offset=4 + 4 * n_dimensions)
    if len(pixels) != shape.prod():
        raise DataError(f"{path} holds {len(pixels)} values, but its header promises {shape.prod()}")
    return pixels.reshape(shape)


def data_folder():
    """Return the folder for downloaded sets: ``DLIA_DATA`` if set, else in the user's cache.

    Returns
    -------
    Path
    """
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dlia"
    return Path(os.environ.get("DLIA_DATA") or default)


def _known(value, allowed, what):
    if value not in allowed:
        near = get_close_matches(str(value), allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {what} {value!r}{hint} (known: {', '.join(allowed)})")


def _positive_size(size):
    if len(size) != 2 or any(side != int(side) or side < 1 for side in size):
        raise ValueError(f"size is {size!r}; expected (height, width), two positive whole numbers")
    return size


def _fashion_mnist(split, full):
    source = "https://github.com/zalandoresearch/fashion-mnist"
    if full:
        images, labels = _whole_fashion_mnist(split)
    else:
        images, labels = _read_asset(f"fashion_mnist_{split}.npz")
    pixels = torch.from_numpy(images[:, None] / np.float32(255))  # (N, H, W) -> (N, 1, H, W)
    return ImageSet(
        pixels,
        torch.from_numpy(labels.astype(np.int64)),
        FASHION_CLASSES,
        "fashion_mnist",
        split,
        "MIT",
        source,
    )


def _digits(split, full):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    if full:
        raise ValueError("digits has no larger version; leave out full=True")
    digits = load_digits()
    parts = train_test_split(digits.images, digits.target, test_size=500, stratify=digits.target, random_state=0)
    images, labels = parts[split == "test"], parts[2 + (split == "test")]
    pixels = torch.from_numpy(images[:, None].astype(np.float32) / 16)  # (N, 8, 8) -> (N, 1, 8, 8)
    source = "https://doi.org/10.24432/C50P49"
    classes = tuple("0123456789")
    return ImageSet(pixels, torch.from_numpy(labels.astype(np.int64)), classes, "digits", split, "CC BY 4.0", source)


_SETS = {"fashion_mnist": _fashion_mnist, "digits": _digits}


def _read_asset(name):
    """Read a shipped ``.npz`` after checking that its bytes are the ones in the manifest."""
    remedy = "bring it back with `git checkout -- utils/assets`, or install the package again"
    try:
        expected = json.loads(MANIFEST.read_text())[name]["sha256"]
        content = (ASSETS / name).read_bytes()
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"the shipped file {ASSETS / name} cannot be read ({error!r}); {remedy}") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise DataError(f"the shipped file {ASSETS / name} is damaged: its checksum is wrong; {remedy}")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def _whole_fashion_mnist(split):
    prefix = "train" if split == "train" else "t10k"
    names = [name for name in FASHION_FILES if name.startswith(prefix)]
    folder = DEBIAN_FASHION_MNIST
    if not folder.is_dir():
        folder = data_folder() / "FashionMNIST" / "raw"
        if not all((folder / f"{name}.gz").is_file() for name in names):
            _download_fashion_mnist(folder)
    return [read_idx(folder / f"{name}.gz", sha256=FASHION_FILES[name]) for name in names]


def _download_fashion_mnist(folder):
    """Fetch into a folder beside the target, check, and move into place only when whole."""
    import_torchvision()
    from torchvision.datasets import FashionMNIST

    print(f"fetching Fashion-MNIST (30 MB) into {folder}")
    root = folder.parents[1]
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as beside:
            FashionMNIST(beside, download=True)
            fetched = Path(beside) / "FashionMNIST" / "raw"
            folder.mkdir(parents=True, exist_ok=True)
            for name, checksum in FASHION_FILES.items():
                read_idx(fetched / f"{name}.gz", sha256=checksum)
                shutil.move(fetched / f"{name}.gz", folder / f"{name}.gz")
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"Fashion-MNIST could not be fetched into {folder} ({error}). Without a network use full=False, "
            "or install Debian's package dataset-fashion-mnist."
        ) from error
