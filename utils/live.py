"""Live demos: a small network that answers while the reader plays with its input.

One call, two homes. In a live kernel :func:`demo` shows a widget and the kernel computes. When the
notebook is executed for the website (``DLIA_PUBLISH_DIR`` is set), the same call exports the model
to ONNX and leaves a ``<div class="live-demo">`` that ``book/live/host.js`` brings to life with no
server. The demo itself, one ES module under ``book/live``, cannot tell the two apart.
"""

import copy
import hashlib
import html
import importlib.resources
import json
import os
import re
from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import display

from utils.names import check_name
from utils.runtime import publishing
from utils.storage import write_whole

MAX_SETTINGS_BYTES = 4 * 2**20
HEAVY = 2  # megabytes; a demo with a larger model waits until the reader asks for it
# the other modules are demos
NOT_DEMOS = {"host", "explore", "shared", "paint", "pad", "maps", "marks", "pictures", "point_gans"}
_published = {}  # (folder, id) -> config file, for this process


def demo(name, *, id, alt, model=None, example=None, input_names=None, output_names=None, **settings):
    """Show a live demo, computed by this kernel or, on the website, by the reader's browser.

    Parameters
    ----------
    name : str
        Which demo: the name of an ES module in ``book/live``, e.g. ``"feature_maps"``.
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
        root = _publish(name, id=id, alt=alt, computations=computations, settings=settings)
        display({"text/html": root, "text/plain": f"Live demo: {alt}"}, raw=True)
    else:
        display(LiveDemo(name, alt=alt, computations=computations, settings=settings))


# ---------------------------------------------------------------------------------- the computation


class Computation(torch.nn.Module):
    """A snapshot of a model on the CPU in evaluation mode, with named float32 results.

    Parameters
    ----------
    model, example, input_names, output_names
        As for :func:`demo`.

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
        with torch.inference_mode():
            results = self(*values)
        return {name: result.contiguous().numpy() for name, result in zip(self.outputs, results, strict=True)}


def names(given, stem, count):
    """Return `count` different names: those given, else ``stem`` or ``stem_0``, ``stem_1``, …"""
    if given is None:
        return [stem] if count == 1 else [f"{stem}_{i}" for i in range(count)]
    given = [given] if isinstance(given, str) else list(given)
    if len(given) != count or len(set(given)) != count:
        raise ValueError(f"{stem}_names is {given}; expected {count} different name(s)")
    return given


# ---------------------------------------------------------------------------------- in a live kernel


class LiveDemo(anywidget.AnyWidget):
    """The demo as a widget: its front end asks, this kernel answers.

    Parameters
    ----------
    name, alt
        As for :func:`demo`.
    computations : dict of str to Computation
    settings : dict
        Each becomes a synchronised trait, read by the demo through ``model.get(key)``.
    """

    def __init__(self, name, *, alt, computations=None, settings=None):
        self._esm = _bundle(name)
        self._css = _find_file("live.css").read_text(encoding="utf-8")
        self._computations = computations or {}
        everything = {"demo_name": name, "alt": alt, "inputs": [], "outputs": []}
        everything["models"] = [{"name": key} for key in self._computations]
        for computation in list(self._computations.values())[:1]:
            for part in ("inputs", "outputs"):
                everything[part] = [
                    {"name": key, "dims": list(value.shape)} for key, value in getattr(computation, part).items()
                ]
        for key, value in (settings or {}).items():
            everything[key] = _encode(value, key, lambda array: {"data": array.tobytes()})
        _check_size(everything)
        self.add_traits(**{key: traitlets.Any(value).tag(sync=True) for key, value in everything.items()})
        super().__init__()
        self.on_msg(self._answer)

    def _answer(self, _, content, buffers):
        if content.get("kind") != "infer":
            return
        try:
            if not self._computations:
                raise ValueError("this demo has no model to compute with")
            chosen = content.get("model") or next(iter(self._computations))
            check_name(chosen, self._computations, "model of this demo")
            arrays = {
                spec["name"]: np.frombuffer(buffer, dtype="<f4").reshape(spec["dims"])
                for spec, buffer in zip(content["inputs"], buffers, strict=True)
            }
            results = self._computations[chosen].infer(arrays)
        except Exception as error:  # the reader sees it beside the demo
            self.send({"kind": "error", "id": content.get("id"), "message": str(error)})
            return
        outputs = [{"name": name, "dims": list(result.shape)} for name, result in results.items()]
        self.send(
            {"kind": "result", "id": content["id"], "outputs": outputs},
            buffers=[result.astype("<f4").tobytes() for result in results.values()],
        )


def _find_file(name):
    """Return the path of a front-end file, in the installed package or in the repository."""
    here = importlib.resources.files("utils")
    book = here / ".." / "book"
    for folder in (here / "live_modules", book / "live", book / "_static"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{name} is neither in utils/live_modules nor in book/; install again")


def known_demos():
    """Return the names of the demos, sorted."""
    folder = _find_file("shared.js").parent
    return sorted({path.stem for path in folder.glob("*.js")} - NOT_DEMOS)


IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)


def _bundle(name):
    """Return a demo as one self-contained ES module: a widget cannot import files beside it.

    Each ``import { … } from "./other.js";`` is replaced by the text of that file, once. Names at the
    top of the files under ``book/live`` must therefore differ.
    """
    parts = {}

    def add(stem):
        source = _find_file(f"{stem}.js").read_text(encoding="utf-8")
        for other in IMPORT.findall(source):
            if other not in parts:
                add(other)
        parts[stem] = IMPORT.sub("", source)
        if other_form := re.search(r"^[ \t]*import\b.*", parts[stem], flags=re.MULTILINE):
            line = source[: source.index(other_form[0])].count("\n") + 1
            raise ValueError(
                f"{stem}.js, line {line}: {other_form[0].strip()} cannot be put into one file; "
                'write import { name } from "./file.js";'
            )

    add(name)
    parts[name] = parts[name].replace("export default ", "const theDemo = ", 1)
    text = "\n".join(re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts.values())
    return text + "\nexport default { render: (context) => mount(theDemo, context) };\n"


# ------------------------------------------------------------------------------------ on the website


def _publish(name, *, id, alt, computations, settings):
    """Write a demo's files for the website, note it in the manifest, return its HTML."""
    from utils.exporting import to_onnx  # needs onnx, which only those who build the website have

    blob = bytearray()

    def place(array):
        blob.extend(b"\0" * (-len(blob) % 8))
        offset = len(blob)
        blob.extend(array.tobytes())
        return {"offset": offset}

    config = {"demo": name, "alt": alt}
    config["settings"] = {key: _encode(value, key, place) for key, value in settings.items()}
    _check_size(bytes(blob))
    config["models"] = []
    for key, computation in computations.items():
        onnx = to_onnx(computation, computation.inputs, computation.outputs)
        model = {"name": key, "file": store(onnx, ".onnx"), "sha256": hashlib.sha256(onnx).hexdigest()}
        model |= {"bytes": len(onnx), "outputs": _reference(computation.outputs, place)}
        config["models"].append(model)
        config.setdefault("inputs", _reference(computation.inputs, place))
    if blob:
        config["data"] = store(bytes(blob), ".bin")
    file = store(json.dumps(config, allow_nan=False, ensure_ascii=False).encode(), ".json")
    key = (str(publish_folder()), id)
    if _published.setdefault(key, file) != file:
        raise ValueError(f"id {id!r} was already used for another demo here; give each its own id")
    alt = html.escape(alt, quote=True)
    megabytes = sum(model["bytes"] for model in config["models"][:1]) / 1e6
    patience = f'data-start="touch" data-megabytes="{megabytes:.1f}" ' if megabytes > HEAVY else ""
    root = (
        f'<div class="live-demo" data-demo="{name}" data-state="idle" id="demo-{id}" {patience}'
        f'data-config="../_static/live/{file}" role="group" aria-label="{alt}">\n'
        f'<p class="live-fallback">{alt}</p>\n</div>'
    )
    _add_to_manifest(id, {"demo": name, "config": file, "html": root})
    return root


def _reference(tensors, place):
    return [{"name": key, **_array_spec(value.numpy(), place)} for key, value in tensors.items()]


def publish_folder():
    """Return the folder that receives what the website needs, made if necessary."""
    folder = Path(os.environ["DLIA_PUBLISH_DIR"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"DLIA_PUBLISH_DIR is {folder}, which cannot be made: {error}; name a folder that can") from error
    return folder


def store(data, suffix):
    """Write bytes into the publishing folder under a name made from them.

    Parameters
    ----------
    data : bytes
    suffix : str
        The ending of the name, such as ``".webp"``.

    Returns
    -------
    str
        The file's name.
    """
    name = hashlib.sha256(data).hexdigest()[:16] + suffix
    _publish_file(name, data)
    return name


def _publish_file(name, data):
    """Write one of the page's files, or say which folder refused it."""
    try:
        write_whole(publish_folder() / name, data)
    except OSError as error:
        raise OSError(
            f"{name} cannot be written to {publish_folder()}: {error}; "
            "set DLIA_PUBLISH_DIR to a folder that can be written"
        ) from error


def _add_to_manifest(id, entry):
    """Note one demo in ``manifest.json``, keeping the others; one notebook writes at a time."""
    path = publish_folder() / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    manifest[id] = entry
    text = json.dumps(dict(sorted(manifest.items())), indent=1, ensure_ascii=False) + "\n"
    _publish_file(path.name, text.encode())


# ------------------------------------------------------------------------------------------ settings


def _encode(value, name, place):
    """Turn a setting into what JSON can hold; `place` says where an array's bytes go."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return {"array": _array_spec(value, place, name)}
    if isinstance(value, dict):
        return {str(key): _encode(item, name, place) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item, name, place) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        if isinstance(value, float) and not np.isfinite(value):
            raise TypeError(f"setting {name!r} holds {value}, which JSON cannot; use None instead")
        return value
    raise TypeError(
        f"setting {name!r} holds a {type(value).__name__}; expected numbers, text, lists, "
        "dictionaries, arrays or tensors"
    )


def _array_spec(array, place, name="an input"):
    """Describe an array as ``{dtype, dims}`` and whatever `place` adds."""
    dtypes = {"f": "float32", "u": "uint8", "b": "uint8", "i": "int32"}
    dtype = dtypes.get(array.dtype.kind)
    if dtype is None or (array.dtype.kind == "u" and array.dtype.itemsize > 1):
        raise TypeError(f"setting {name!r} holds an array of {array.dtype}; expected floats, integers or uint8")
    dims = list(array.shape)
    if array.dtype == np.int64 and name == "an input":
        return {"dtype": "int64", "dims": dims, **place(np.ascontiguousarray(array, dtype="<i8"))}
    array = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"dtype": dtype, "dims": dims, **place(array)}


def _check_size(value):
    """Raise ValueError if the arrays among the settings are too heavy for a page."""

    def weight(part):
        if isinstance(part, bytes):
            return len(part)
        if isinstance(part, dict):
            return sum(map(weight, part.values()))
        return sum(map(weight, part)) if isinstance(part, list) else 0

    if weight(value) > MAX_SETTINGS_BYTES:
        raise ValueError(
            f"the settings hold {weight(value) / 2**20:.1f} MiB of arrays; at most "
            f"{MAX_SETTINGS_BYTES // 2**20} MiB keep a page light: send fewer, or uint8"
        )
