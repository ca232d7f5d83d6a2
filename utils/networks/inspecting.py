"""Looking inside a network: what each layer answers, recorded while it runs."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from utils.runtime import modes_restored


class AllStages(nn.Module):
    """A network that shows its work: returns every stage where the original returns scores alone.

    Parameters
    ----------
    network : LeNet or DigitNet
        Shares its parameters; nothing is copied.
    """

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        """Return (conv1, pool1, conv2, pool2, logits)."""
        return self.network.stages(images)


class ApplyKernel(nn.Module):
    """Convolution whose kernel is an input, so that a reader can change it."""

    def forward(self, image, kernel):
        """Convolve image (1, 1, H, W) with kernel (1, 1, k, k): no padding, stride 1."""
        return F.conv2d(image, kernel)


@contextmanager
def recording(model, names):
    """Record what the named layers return, for as long as the ``with`` block lasts.

    Parameters
    ----------
    model : nn.Module
    names : iterable of str
        As in ``model.named_modules()``.

    Yields
    ------
    dict of str to Tensor
        Filled by each forward pass, detached. The hooks are removed at the end, also after an error.

    Raises
    ------
    ValueError
        If the model has no layer of that name.

    Examples
    --------
    >>> import torch
    >>> from utils.networks.lenet import LeNet
    >>> model = LeNet()
    >>> with recording(model, ["conv1"]) as maps:
    ...     scores = model(torch.rand(2, 1, 28, 28))
    >>> maps["conv1"].shape
    torch.Size([2, 6, 28, 28])
    """
    modules = dict(model.named_modules())
    unknown = [name for name in names if name not in modules]
    if unknown:
        known = ", ".join(name for name in modules if name)
        raise ValueError(f"the model has no layer {unknown[0]!r}; it has {known}")
    maps = {}

    def keep(name):
        def hook(module, inputs, output):
            maps[name] = output.detach()

        return hook

    handles = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        yield maps
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def feature_maps(model, images, names):
    """Return what the named layers make of some images.

    Parameters
    ----------
    model : nn.Module
        It runs in eval mode; afterwards each of its parts has its own mode again.
    images : Tensor
        A batch as the model takes it.
    names : iterable of str
        Layers, as in ``model.named_modules()``.

    Returns
    -------
    dict of str to Tensor

    Examples
    --------
    >>> import torch
    >>> from utils.networks.lenet import LeNet
    >>> feature_maps(LeNet(), torch.rand(1, 1, 28, 28), ["conv2"])["conv2"].shape
    torch.Size([1, 16, 10, 10])
    """
    names = list(names)
    with modes_restored(model), recording(model, names) as maps:
        model.eval()
        model(images)
    return {name: maps[name] for name in names}


def macs_by_layer(model, shape):
    """Count the multiply-adds of each convolution and fully connected layer, for one input.

    Parameters
    ----------
    model : nn.Module
        It runs in eval mode, on zeros; on the device ``"meta"`` nothing is computed.
    shape : tuple of int
        Of one input, without the batch.

    Returns
    -------
    dict of str to int
        Under the layers' names as in ``model.named_modules()``. Products with padded zeros count; biases, batch
        normalisation, pooling and activations do not.

    Examples
    --------
    >>> macs_by_layer(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1)), (3, 6, 6))
    {'0': 7776}
    """
    # each output number is a sum of products with one filter, or one row of weights
    return {name: out * layer.weight[0].numel() for name, (layer, _, out) in _passing(model, shape).items()}


def bytes_by_layer(model, shape):
    """Count the bytes that each convolution and fully connected layer must read and write, for one input.

    Parameters
    ----------
    model, shape
        As for `macs_by_layer`.

    Returns
    -------
    dict of str to int
        4 bytes for each number that comes in, goes out, or is a weight, under the layers' names.

    Examples
    --------
    >>> bytes_by_layer(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1)), (3, 6, 6))
    {'0': 2448}
    """
    passing = _passing(model, shape).items()
    return {name: 4 * (into + out + layer.weight.numel()) for name, (layer, into, out) in passing}


def _passing(model, shape):
    """Return each convolution and fully connected layer, and how many numbers come in and go out."""
    found, hooks = {}, []
    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):

            def keep(layer, inputs, output, name=name):
                found[name] = (layer, inputs[0].numel(), output.numel())

            hooks.append(layer.register_forward_hook(keep))
    try:
        with modes_restored(model), torch.no_grad():
            model.eval()(torch.zeros(1, *shape, device=next(model.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return found
