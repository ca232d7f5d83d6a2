"""EfficientNet-Lite0 as it was published: its layers, with the padding of TensorFlow. Ours, to be there offline."""

import torch.nn.functional as F
from torch import nn

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
    >>> import torch
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
