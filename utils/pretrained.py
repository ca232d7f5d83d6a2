"""A network that others trained on ImageNet, and OpenCV's trained detectors: there with no network connection."""

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from utils.names import check_name
from utils.packaged import packaged_files, read_packaged
from utils.storage import DataError

# each stage of EfficientNet-Lite0: blocks, kernel size, stride of the first block, expansion, channels out
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow does: an odd pixel of padding goes right and below. It starts without bias."""

    def __init__(self, n_in, n_out, kernel_size, *, stride=1, groups=1):
        super().__init__(n_in, n_out, kernel_size, stride=stride, groups=groups, bias=False)

    def forward(self, images):
        """Turn images (B, C, H, W) into maps (B, n_out, ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = map(int, images.shape[-2:])  # numbers, also where a trace would record shapes
        down, right = (max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in (height, width))
        if down % 2 == right % 2 == 0:  # the same on both sides: no padded copy is needed
            return F.conv2d(images, self.weight, self.bias, stride, (down // 2, right // 2), 1, self.groups)
        padded = F.pad(images, (right // 2, right - right // 2, down // 2, down - down // 2))
        return super().forward(padded)


class InvertedResidual(nn.Module):
    """Widen with a 1×1 convolution, filter each channel alone, narrow again; add the input where the shapes agree.

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    kernel_size, stride, expansion : int

    References
    ----------
    Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", 2018, doi:10.1109/CVPR.2018.00474.
    """

    def __init__(self, n_in, n_out, *, kernel_size, stride, expansion):
        super().__init__()
        width = n_in * expansion
        self.expand = _conv_norm(n_in, width, 1) if expansion > 1 else None
        self.depthwise = _conv_norm(width, width, kernel_size, stride=stride, groups=width)
        self.project = _conv_norm(width, n_out, 1)
        self.shortcut = stride == 1 and n_in == n_out

    def forward(self, images):
        """Turn maps (B, n_in, H, W) into maps (B, n_out, ceil(H / stride), ceil(W / stride))."""
        # in place: maps of that size take longer to write than to compute
        maps = F.relu6(self.expand(images), inplace=True) if self.expand else images
        maps = self.project(F.relu6(self.depthwise(maps), inplace=True))
        return maps + images if self.shortcut else maps


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0: 1,000 ImageNet classes from 224 × 224 pixels, 4.65 million parameters.

    EfficientNet-B0 without squeeze-and-excitation and with ReLU6, so that it runs on small devices.

    Examples
    --------
    >>> EfficientNetLite0().eval()(torch.zeros(1, 3, 224, 224)).shape
    torch.Size([1, 1000])

    References
    ----------
    Tan and Le, "EfficientNet: Rethinking model scaling for convolutional neural networks", 2019, arXiv:1905.11946.
    """

    def __init__(self):
        super().__init__()
        self.stem = _conv_norm(3, 32, 3, stride=2)
        blocks, n_in = [], 32
        for n_blocks, kernel_size, stride, expansion, n_out in STAGES:
            for index in range(n_blocks):
                first = stride if index == 0 else 1
                blocks.append(InvertedResidual(n_in, n_out, kernel_size=kernel_size, stride=first, expansion=expansion))
                n_in = n_out
        self.blocks = nn.Sequential(*blocks)
        self.head = _conv_norm(320, 1280, 1)
        self.classifier = nn.Linear(1280, 1000)

    def features(self, images):
        """Return the maps before pooling, from which class activation maps are made.

        Parameters
        ----------
        images : Tensor of shape (B, 3, H, W)
            As from `prepare`.

        Returns
        -------
        Tensor of shape (B, 1280, H / 32, W / 32)
        """
        maps = F.relu6(self.stem(images), inplace=True)
        return F.relu6(self.head(self.blocks(maps)), inplace=True)

    def forward(self, images):
        """Return the logits (B, 1000) of images (B, 3, H, W), as from `prepare`."""
        return self.classifier(self.features(images).mean((2, 3)))


def _conv_norm(n_in, n_out, kernel_size, *, stride=1, groups=1):
    return nn.Sequential(
        SameConv2d(n_in, n_out, kernel_size, stride=stride, groups=groups), nn.BatchNorm2d(n_out, eps=1e-3)
    )


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


def centre_square(pixels, *, size=224):
    """Cut out the centre square of a photograph and resize it.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W)
        uint8; grey is repeated over three channels.
    size : int
        The side of the result.

    Returns
    -------
    ndarray of shape (size, size, 3)
        uint8.

    Raises
    ------
    TypeError
        If the pixels are not uint8.
    ValueError
        If they are not of one of the two shapes.
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels are {pixels.dtype}; expected uint8 from 0 to 255")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3) or 0 in pixels.shape:
        raise ValueError(f"pixels have shape {pixels.shape}; expected (H, W, 3), or (H, W) for grey")
    image = Image.fromarray(pixels).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return np.array(square.resize((size, size), Image.Resampling.BICUBIC))


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
        Takes what `prepare` makes, gives a score for each class. Its mode is restored.
    folder : Path
        Holds one folder for each class, named as in `classes` (an underscore may stand for a space).
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
    files = sorted(path for path in Path(folder).glob("*/*") if path.suffix.lower() in PICTURES)
    if not files:
        raise DataError(f"{folder} holds no picture; expected {folder}/CLASS/PICTURE with one of {', '.join(PICTURES)}")
    place = {name.replace(" ", "_"): index for index, name in enumerate(classes)}
    labels = []
    for path in files:
        name = path.parent.name.replace(" ", "_")
        check_name(name, place, "class (the name of a folder)")
        labels.append(place[name])
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    try:
        scores = [
            model(torch.cat([prepare(_read_picture(path)) for path in files[start : start + batch_size]]).to(device))
            for start in range(0, len(files), batch_size)
        ]
    finally:
        model.train(training)
    labels, ranking = torch.tensor(labels), torch.cat(scores).cpu().topk(5).indices
    right = ranking == labels[:, None]
    names = tuple(path.relative_to(folder).as_posix() for path in files)
    return FolderScore(right[:, 0].float().mean().item(), right.any(1).float().mean().item(), names, labels, ranking)


def _read_picture(path):
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except OSError as error:
        raise DataError(f"{path} cannot be read as a picture ({error}); remove it or bring a whole copy") from error


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
