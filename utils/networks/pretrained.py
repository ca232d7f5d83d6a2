"""A network that others trained on ImageNet, and OpenCV's trained detectors: there with no network connection."""

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import torch

from utils.data.packaged import packaged_files, read_packaged
from utils.networks.efficientnet_lite import EfficientNetLite0
from utils.pictures.crops import centre_square
from utils.pictures.reading import SUFFIXES, pictures_in, read_picture
from utils.runtime import modes_restored
from utils.storage import DataError
from utils.validation import check_name


def load_efficientnet_lite0():
    """Return the network with its ImageNet weights, in evaluation mode, on the CPU.

    Returns
    -------
    EfficientNetLite0

    Raises
    ------
    DataError
        If the package with the weights is not installed, or its file is damaged.
    """
    content = read_packaged(packaged_files()["efficientnet_lite0"])
    published = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    model = EfficientNetLite0()
    model.load_state_dict({_own_name(name): value for name, value in published.items()})
    return model.to(memory_format=torch.channels_last).eval()  # twice as fast on a CPU


def _own_name(name):
    """Translate a parameter's published name: ``_blocks.3._bn1.bias`` -> ``blocks.3.depthwise.1.bias``."""
    parts = name.split(".")
    if parts[0] == "_blocks":
        inside = {
            "_expand_conv": "expand.0",
            "_bn0": "expand.1",
            "_depthwise_conv": "depthwise.0",
            "_bn1": "depthwise.1",
            "_project_conv": "project.0",
            "_bn2": "project.1",
        }
        return ".".join(["blocks", parts[1], inside[parts[2]], parts[3]])
    outside = {"_conv_stem": "stem.0", "_bn0": "stem.1", "_conv_head": "head.0", "_bn1": "head.1", "_fc": "classifier"}
    return f"{outside[parts[0]]}.{parts[1]}"


def imagenet_classes():
    """Return the names of the 1,000 classes, in the order of the network's results.

    Returns
    -------
    tuple of str
        As in torchvision, e.g. ``"Egyptian cat"``.

    Raises
    ------
    ImportError
        If torchvision is not installed.
    """
    # torchvision keeps them in a file of their own; to import all of torchvision for it takes a second
    package = importlib.util.find_spec("torchvision")
    if package is None:
        raise ImportError("torchvision is not installed, and it has the names: pip install torchvision")
    spec = importlib.util.spec_from_file_location("imagenet_names", Path(package.origin).parent / "models" / "_meta.py")
    names = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(names)
    return tuple(names._IMAGENET_CATEGORIES)


def prepare(pixels, *, size=224):
    """Cut the centre square out of a photograph and scale it as the network was trained.

    The whole square is kept. The published evaluation also cuts off a margin, an eighth of the side.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8. A grey picture is repeated over the three channels.
    size : int
        The side of the result; the network was trained at 224.

    Returns
    -------
    Tensor of shape (1, 3, size, size)
        float32, (pixel - 127) / 128.

    Raises
    ------
    TypeError
        If the pixels are not uint8.
    ValueError
        If they are not of one of the two shapes, or `size` is below 32.
    """
    if size < 32:
        raise ValueError(f"size is {size}; the network halves its input five times: expected at least 32")
    scaled = (torch.from_numpy(centre_square(pixels, size=size)).float() - 127) / 128
    return scaled.permute(2, 0, 1)[None]  # (H, W, 3) -> (1, 3, H, W)


@dataclass(frozen=True)
class FolderScore:
    """How well a network names the pictures of a folder.

    Attributes
    ----------
    top1, top5 : float
        Fraction of the pictures whose class is the first, or among the first five, of the network's answers.
    names : tuple of str
        Path of each picture, under the folder.
    labels : Tensor of shape (N,)
        int64, the true classes.
    ranking : Tensor of shape (N, 5)
        int64, the five likeliest classes, the likeliest first.
    """

    top1: float
    top5: float
    names: tuple
    labels: torch.Tensor
    ranking: torch.Tensor


@torch.inference_mode()
def evaluate_folder(model, folder, classes, *, batch_size=32):
    """Report top-1 and top-5 accuracy on a folder of labelled pictures.

    Parameters
    ----------
    model : nn.Module
        Takes what `prepare` makes, gives a score for each class. It runs in eval mode; afterwards each of its parts has
        its own mode again.
    folder : Path
        Holds one folder for each class, named as in `classes` (an underscore may stand for a space), with pictures that
        `read_picture` can read.
    classes : sequence of str
        Names in the order of the scores.
    batch_size : int

    Returns
    -------
    FolderScore

    Raises
    ------
    DataError
        If the folder does not exist, holds no picture, or a picture cannot be read.
    ValueError
        If the name of a folder is not a class.
    """
    files = pictures_in(folder)
    if not files:
        raise DataError(f"{folder} holds no picture; expected {folder}/CLASS/PICTURE with one of {', '.join(SUFFIXES)}")
    place = {name.replace(" ", "_"): index for index, name in enumerate(classes)}
    labels = []
    for path in files:
        name = path.parent.name.replace(" ", "_")
        check_name(name, place, "class (the name of a folder)")
        labels.append(place[name])
    device = next(model.parameters()).device
    parts = (files[start : start + batch_size] for start in range(0, len(files), batch_size))
    with modes_restored(model):
        model.eval()
        scores = [model(torch.cat([prepare(read_picture(path)) for path in part]).to(device)) for part in parts]
    labels, ranking = torch.tensor(labels), torch.cat(scores).cpu().topk(5).indices
    right = ranking == labels[:, None]
    names = tuple(path.relative_to(folder).as_posix() for path in files)
    return FolderScore(right[:, 0].float().mean().item(), right.any(1).float().mean().item(), names, labels, ranking)


def load_cascade(name):
    """Return one of the detectors that OpenCV carries: a cascade of boosted Haar features.

    Parameters
    ----------
    name : {"face", "eye", "smile", "full_body", "cat_face"}

    Returns
    -------
    cv2.CascadeClassifier

    Raises
    ------
    ValueError
        For an unknown name.
    DataError
        If the installed file is missing or damaged; OpenCV itself would give a detector that finds nothing.

    References
    ----------
    Viola and Jones, "Rapid object detection using a boosted cascade of simple features", 2001,
    doi:10.1109/CVPR.2001.990517.
    """
    import cv2

    cascades = packaged_files()["cascade"]
    check_name(name, cascades, "cascade")
    read_packaged(cascades[name])
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / cascades[name]["file"]))
