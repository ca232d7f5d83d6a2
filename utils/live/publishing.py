"""A demo on the website: its networks exported, its settings as JSON and bytes, and the HTML that stands for it."""

import hashlib
import html
import json
import os
from pathlib import Path

import numpy as np
import torch

from utils.storage import write_whole

MAX_SETTINGS_BYTES = 4 * 2**20
HEAVY = 2  # megabytes; a demo with a larger model waits until the reader asks for it
_published = {}  # (folder, id) -> config file, for this process


# ------------------------------------------------------------------------------------ on the website


def publish_demo(name, *, id, alt, computations, settings):
    """Write a demo's files for the website, note it in the manifest, return its HTML.

    Parameters
    ----------
    name, id, alt : str
        As for `utils.live.demo`.
    computations : dict of str to Computation
    settings : dict

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the settings are too heavy, or another demo has this id.
    """
    from utils.live.exporting import to_onnx  # needs onnx, which only those who build the website have

    blob = bytearray()

    def place(array):
        blob.extend(b"\0" * (-len(blob) % 8))
        offset = len(blob)
        blob.extend(array.tobytes())
        return {"offset": offset}

    config = {"demo": name, "alt": alt}
    config["settings"] = {key: encode_setting(value, key, place) for key, value in settings.items()}
    check_size(bytes(blob))
    config["models"] = []
    for key, computation in computations.items():
        onnx = to_onnx(computation, computation.inputs, computation.outputs)
        model = {"name": key, "file": store(onnx, ".onnx"), "sha256": hashlib.sha256(onnx).hexdigest()}
        model |= {"bytes": len(onnx), "outputs": _reference(computation.outputs, place)}
        config["models"].append(model)
        if "inputs" not in config:  # they are the same for every model
            config["inputs"] = _reference(computation.inputs, place)
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


def encode_setting(value, name, place):
    """Return the `value` of the setting `name` as JSON can hold it; `place` says where an array's bytes go."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return {"array": _array_spec(value, place, name)}
    if isinstance(value, dict):
        return {str(key): encode_setting(item, name, place) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode_setting(item, name, place) for item in value]
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


def check_size(value):
    """Raise ValueError if the arrays in `value`, which may hold others, are too heavy for a page."""

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
