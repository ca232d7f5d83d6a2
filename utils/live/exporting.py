"""A network as the bytes of one ONNX file, with weights of few values stored small."""

import contextlib
import io
import logging
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
MIN_SIZE = 1024  # smaller weights are not worth a step of their own in the graph


def to_onnx(model, inputs, output_names):
    """Export a network, without paths of this machine in it.

    Weights that take at most 255 evenly spaced values a channel, as those of `round_weights` do, are
    stored as 8-bit integers with one scale a channel; their values stay exactly the same.

    Parameters
    ----------
    model : torch.nn.Module
        On the CPU, in evaluation mode. Returns a tuple of tensors.
    inputs : dict of str to tensor
        An example of each argument, which fixes the shapes.
    output_names : sequence of str

    Returns
    -------
    bytes
    """
    written = io.BytesIO()
    with _silence():
        torch.onnx.export(
            model,
            tuple(inputs.values()),
            written,
            input_names=list(inputs),
            output_names=list(output_names),
            opset_version=OPSET,
            training=torch.onnx.TrainingMode.PRESERVE,  # else weights are changed: batch norm is multiplied in
            dynamo=False,  # ten to eighty times as fast as the newer exporter for networks as small as ours
        )
    exported = onnx.load_from_string(written.getvalue())
    graph = exported.graph
    for part in (exported, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    _store_small(graph)
    return exported.SerializeToString(deterministic=True)


@contextlib.contextmanager
def _silence():
    """Keep the exporter's warnings and log lines from the page."""
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _store_small(graph):
    """Replace each weight of few values by 8-bit integers and a node that multiplies them with their scales."""
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < MIN_SIZE or len(weight.dims) < 2:
            continue
        values = numpy_helper.to_array(weight)
        for axis in (0, 1):
            found = _as_integers(values, axis)
            if found:
                break
        else:
            continue
        integers, scales = found
        name = weight.name
        graph.initializer.remove(weight)
        graph.initializer.extend(
            [numpy_helper.from_array(integers, f"{name}_int8"), numpy_helper.from_array(scales, f"{name}_scale")]
        )
        node = helper.make_node("DequantizeLinear", [f"{name}_int8", f"{name}_scale"], [name], axis=axis)
        graph.node.insert(0, node)


def _as_integers(values, axis):
    """Return int8 values and the float32 scale of each channel whose product is `values` exactly, or None."""
    rows = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    largest = np.abs(rows).max(axis=1)
    guess = np.where(largest > 0, largest / np.float32(127), np.float32(1)).astype(np.float32)
    scales, whole = guess.copy(), np.zeros(len(rows), bool)
    for candidate in (guess, np.nextafter(guess, np.float32(0)), np.nextafter(guess, np.float32(np.inf))):
        exact = (np.rint(rows / candidate[:, None]) * candidate[:, None] == rows).all(axis=1)
        scales[exact & ~whole] = candidate[exact & ~whole]
        whole |= exact
    if not whole.all():
        return None
    integers = np.rint(rows / scales[:, None]).astype(np.int8)
    moved = integers.reshape(np.moveaxis(values, axis, 0).shape)
    return np.ascontiguousarray(np.moveaxis(moved, 0, axis)), scales
