"""How long a network takes, and a layer that feeds itself so that only its own work is timed."""

import time

import onnxruntime
import torch
from torch import nn


def shortest_time(work, *inputs, runs=9):
    """Run ``work(*inputs)`` several times without gradients and return the shortest time.

    What else the machine does can only add time, so the shortest run is nearest to the work itself. One run before
    them is not counted: it fills caches and makes plans.

    Parameters
    ----------
    work : callable
        A network or a function. On a GPU it must wait for its results.
    *inputs
        What it takes.
    runs : int

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If `runs` is below one.
    """
    if runs < 1:
        raise ValueError(f"runs is {runs}; expected at least 1")
    times = []
    with torch.inference_mode():
        work(*inputs)
        for _ in range(runs):
            start = time.perf_counter()
            work(*inputs)
            times.append(time.perf_counter() - start)
    return min(times)


def time_by_layer(model, *inputs, runs=9):
    """Time each convolution and fully connected layer of a network while it runs as a whole.

    Parameters
    ----------
    model : nn.Module
        On the CPU, in evaluation mode.
    *inputs : Tensor
        What the network takes.
    runs : int

    Returns
    -------
    dict of str to float
        The shortest time of each layer in seconds, under its name as in ``model.named_modules()``.
    """
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))}
    began, times = {}, {name: float("inf") for name in layers}

    def before(name):
        return lambda *_: began.update({name: time.perf_counter()})

    def after(name):
        return lambda *_: times.update({name: min(times[name], time.perf_counter() - began[name])})

    hooks = [layer.register_forward_pre_hook(before(name)) for name, layer in layers.items()]
    hooks += [layer.register_forward_hook(after(name)) for name, layer in layers.items()]
    try:
        shortest_time(model, *inputs, runs=runs)
    finally:
        for hook in hooks:
            hook.remove()
    return times


class OnnxNetwork:
    """A network in ONNX Runtime, on one thread of the CPU.

    Parameters
    ----------
    content : bytes or str
        An ONNX file, or its path.

    Examples
    --------
    >>> from utils.live.exporting import to_onnx
    >>> image = torch.ones(1, 4)
    >>> OnnxNetwork(to_onnx(nn.Linear(4, 2), {"image": image}, ["scores"]))(image).shape
    torch.Size([1, 2])
    """

    def __init__(self, content):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # its warnings about unused constants are none of a reader's business
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.names = [part.name for part in self.session.get_inputs()]

    def __call__(self, *inputs):
        """Return the first result for tensors, one for each input of the file in its order."""
        feeds = {name: value.numpy() for name, value in zip(self.names, inputs, strict=True)}
        return torch.from_numpy(self.session.run(None, feeds)[0])


class SelfFed(nn.Module):
    """A layer, one or more times in a row, that makes its own input from one number and returns one number.

    Nothing large goes in or out, so a time is that of the layer, also where a browser must copy what goes in and out.

    Parameters
    ----------
    layer : nn.Module
        From shape to shape, if `repeats` is above one.
    shape : (int, int, int)
        Channels, rows and columns of its input.
    repeats : int
        Several, where the clock is coarse.
    """

    def __init__(self, layer, shape, *, repeats=1):
        super().__init__()
        channels, rows, columns = shape
        self.layer, self.repeats = layer, repeats
        self.register_buffer("each_channel", torch.linspace(-1, 1, channels).view(1, channels, 1, 1))
        self.register_buffer("each_place", torch.linspace(-1, 1, rows * columns).view(1, 1, rows, columns))

    def forward(self, scale):
        """Turn a tensor (1,) into a tensor (1, 1): the first number of the last map."""
        maps = scale.view(1, 1, 1, 1) * self.each_channel * self.each_place  # in this order, nothing is known before
        for _ in range(self.repeats):
            maps = self.layer(maps)
        return maps.flatten(1)[:, :1]
