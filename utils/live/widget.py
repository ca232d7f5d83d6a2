"""Live demos: a small network that answers while the reader plays with its input.

One call, two homes. In a live kernel `demo` shows a widget and the kernel computes. When the
notebook is executed for the website (``DLIA_PUBLISH_DIR`` is set), the same call exports the model
to ONNX and leaves a ``<div class="live-demo">`` that ``book/live/host.js`` brings to life with no
server. The demo itself, one ES module under ``book/live/demos``, cannot tell the two apart.
"""

import re

import anywidget
import numpy as np
import traitlets
from IPython.display import display

from utils.live.bundling import bundle, known_demos, styles
from utils.live.computation import Computation
from utils.live.publishing import check_size, encode_setting, publish_demo
from utils.runtime import publishing
from utils.validation import check_name


def demo(name, *, id, alt, model=None, example=None, input_names=None, output_names=None, **settings):
    """Show a live demo, computed by this kernel or, on the website, by the reader's browser.

    Parameters
    ----------
    name : str
        Which demo: the name of an ES module in ``book/live/demos``, e.g. ``"feature_maps"``.
    id : str
        Unique in the notebook; the demo's anchor on the page is ``demo-<id>``.
    alt : str
        A sentence or two that say what is shown, for readers who cannot see it.
    model : torch.nn.Module or dict of str to torch.nn.Module, optional
        Computes the demo. A copy in evaluation mode is used, as trained at the time of the call;
        `model` itself is left as found. Returns a tensor or a tuple of tensors. Several, each under a name, take
        the same arguments and return results of the same shapes: the first is loaded with the demo, another one
        when the demo first asks for it.
    example : tensor or tuple of tensors, optional
        One argument of ``model`` each, float32 or int64; needed with `model`. Fixes the shapes, and
        is the reference input on which the browser must agree with PyTorch.
    input_names, output_names : sequence of str, optional
        Names by which the demo knows the model's arguments and results.
    **settings
        Numbers, text, lists, dictionaries, arrays and tensors for the demo's ``model.get(key)``.

    Raises
    ------
    ValueError
        If the demo is unknown, the model and its example do not fit, the reference output is not
        finite, the id was used for another demo, or a setting is too large.
    TypeError
        If the model returns something else than tensors, or a setting cannot be sent.
    """
    check_name(name, known_demos(), "demo")
    if not re.fullmatch(r"[A-Za-z][\w-]*", id):
        raise ValueError(f"id is {id!r}; expected a letter, then letters, digits, '-' or '_'")
    if not alt.strip():
        raise ValueError(f"demo {id!r} has no alt; say in a sentence what a reader would see")
    for key in settings:
        if key in ("demo_name", "inputs", "outputs", "models") or hasattr(anywidget.AnyWidget, key):
            raise ValueError(f"setting {key!r} is a name the demo needs itself; call it otherwise")
    if model is None and example is not None:
        raise ValueError("example came without a model; pass both or neither")
    models = model if isinstance(model, dict) else {} if model is None else {"model": model}
    computations = {key: Computation(value, example, input_names, output_names) for key, value in models.items()}
    if publishing():
        root = publish_demo(name, id=id, alt=alt, computations=computations, settings=settings)
        display({"text/html": root, "text/plain": f"Live demo: {alt}"}, raw=True)
    else:
        display(LiveDemo(name, alt=alt, computations=computations, settings=settings))


# ---------------------------------------------------------------------------------- in a live kernel


class LiveDemo(anywidget.AnyWidget):
    """The demo as a widget: its front end asks, this kernel answers.

    Parameters
    ----------
    name, alt
        As for `demo`.
    computations : dict of str to Computation
    settings : dict
        Each becomes a synchronised trait, read by the demo through ``model.get(key)``.
    """

    def __init__(self, name, *, alt, computations=None, settings=None):
        self._esm = bundle(name)
        self._css = styles(name)
        self._computations = computations or {}
        everything = {"demo_name": name, "alt": alt, "inputs": [], "outputs": []}
        everything["models"] = [{"name": key} for key in self._computations]
        for computation in list(self._computations.values())[:1]:
            for part in ("inputs", "outputs"):
                everything[part] = [
                    {"name": key, "dims": list(value.shape)} for key, value in getattr(computation, part).items()
                ]
        for key, value in (settings or {}).items():
            everything[key] = encode_setting(value, key, lambda array: {"data": array.tobytes()})
        check_size(everything)
        self.add_traits(**{key: traitlets.Any(value).tag(sync=True) for key, value in everything.items()})
        super().__init__()
        self.on_msg(self._answer)

    def _answer(self, _, content, buffers):
        answer = {"infer": self._infer, "clock": self._clock}.get(content.get("kind"))
        if answer is None:
            return
        try:
            message, results = answer(content, *self._asked(content, buffers))
        except Exception as error:  # the reader sees it beside the demo
            message, results = {"kind": "error", "message": str(error)}, []
        self.send({**message, "id": content.get("id")}, buffers=results)

    def _asked(self, content, buffers):
        """Return the computation that is meant, and the arrays it gets."""
        if not self._computations:
            raise ValueError("this demo has no model to compute with")
        chosen = content.get("model") or next(iter(self._computations))
        check_name(chosen, self._computations, "model of this demo")
        arrays = {
            spec["name"]: np.frombuffer(buffer, dtype="<f4").reshape(spec["dims"])
            for spec, buffer in zip(content["inputs"], buffers, strict=True)
        }
        return self._computations[chosen], arrays

    def _infer(self, _, computation, arrays):
        results = computation.infer(arrays)
        outputs = [{"name": name, "dims": list(result.shape)} for name, result in results.items()]
        return {"kind": "result", "outputs": outputs}, [result.astype("<f4").tobytes() for result in results.values()]

    def _clock(self, content, computation, arrays):
        return {"kind": "times", "milliseconds": computation.clock(arrays, content["runs"])}, []
