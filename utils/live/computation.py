"""What a demo computes: its networks as they are now, their inputs, and a check of both."""

import copy
import time

import torch


class Computation(torch.nn.Module):
    """A snapshot of a model on the CPU in evaluation mode, with named float32 results.

    Parameters
    ----------
    model, example, input_names, output_names
        As for `demo`.

    Attributes
    ----------
    inputs, outputs : dict of str to tensor
        The reference input, and what PyTorch makes of it.
    """

    def __init__(self, model, example, input_names=None, output_names=None):
        super().__init__()
        if isinstance(example, torch.Tensor):
            example = (example,)
        if not isinstance(example, (tuple, list)) or not example:
            raise ValueError(
                f"example is {type(example).__name__}; expected a tuple with one tensor for each "
                "argument of the model, e.g. example=(images[:1],)"
            )
        for value in example:
            kind = getattr(value, "dtype", type(value).__name__)
            if kind not in (torch.float32, torch.int64):
                raise ValueError(f"example holds {kind}; expected float32 or int64 tensors, e.g. x.float()")
        self.model = copy.deepcopy(model).cpu().eval()
        values = [value.detach().cpu().contiguous() for value in example]
        self.inputs = dict(zip(names(input_names, "input", len(values)), values, strict=True))
        try:
            with torch.no_grad():
                results = self(*values)
        except RuntimeError as error:
            shapes = ", ".join(str(tuple(value.shape)) for value in values)
            raise ValueError(f"the model does not accept the example of shape {shapes}: {error}") from error
        self.outputs = dict(zip(names(output_names, "output", len(results)), results, strict=True))
        for key, value in self.outputs.items():
            if not torch.isfinite(value).all():
                raise ValueError(
                    f"output {key!r} of the example holds NaN or infinity; check that the model "
                    "was trained and that the example is scaled as in training"
                )

    def forward(self, *inputs):
        """Return the model's results as a tuple of float32 tensors."""
        results = self.model(*inputs)
        if isinstance(results, torch.Tensor):
            results = (results,)
        if not isinstance(results, (tuple, list)) or not all(isinstance(result, torch.Tensor) for result in results):
            raise TypeError(
                f"the model returns {type(results).__name__}; a demo needs a tensor or a tuple of "
                "tensors: wrap the model in a Module whose forward returns those"
            )
        return tuple(result.float() for result in results)

    def infer(self, arrays):
        """Answer one request of a demo.

        Parameters
        ----------
        arrays : dict of str to float32 ndarray
            One array for each input, of the shape that the example had.

        Returns
        -------
        dict of str to float32 ndarray
        """
        results = self._compute(self._values(arrays))
        return {name: result.contiguous().numpy() for name, result in zip(self.outputs, results, strict=True)}

    def clock(self, arrays, runs):
        """Time the computation of one request; a first run, which may take longer, is not counted.

        Parameters
        ----------
        arrays : dict of str to float32 ndarray
            As for `infer`.
        runs : int

        Returns
        -------
        list of float
            The milliseconds of each run.
        """
        values = self._values(arrays)
        self._compute(values)
        milliseconds = []
        for _ in range(runs):
            began = time.perf_counter()
            self._compute(values)
            milliseconds.append(1000 * (time.perf_counter() - began))
        return milliseconds

    def _values(self, arrays):
        """Return the tensors that a request's arrays stand for."""
        values = []
        for name, reference in self.inputs.items():
            if name not in arrays:
                raise ValueError(f"input {name!r} is missing; came: {', '.join(arrays) or 'none'}")
            if arrays[name].shape != tuple(reference.shape):
                raise ValueError(
                    f"input {name!r} has shape {arrays[name].shape}, "
                    f"but the model was set up with {tuple(reference.shape)}"
                )
            values.append(torch.tensor(arrays[name]).to(reference.dtype))
        return values

    @torch.inference_mode()
    def _compute(self, values):
        return self(*values)


def names(given, stem, count):
    """Return `count` different names: those given, else ``stem`` or ``stem_0``, ``stem_1``, …"""
    if given is None:
        return [stem] if count == 1 else [f"{stem}_{i}" for i in range(count)]
    given = [given] if isinstance(given, str) else list(given)
    if len(given) != count or len(set(given)) != count:
        raise ValueError(f"{stem}_names is {given}; expected {count} different name(s)")
    return given
