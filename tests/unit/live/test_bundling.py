"""A demo in one file: what is put together, and what is refused."""

import json
import re
import subprocess

import numpy as np
import pytest

from tools.project import ROOT
from utils.live import bundling


@pytest.mark.parametrize("name", bundling.known_demos())
def test_the_bundle_is_one_module_that_imports_nothing(name, tmp_path, node):
    text = bundling.bundle(name)
    assert not re.search(r"^\s*import\b", text, flags=re.MULTILINE)
    assert text.count("export ") == 1
    assert text.count("function mount(") == 1
    path = tmp_path / "bundle.mjs"
    path.write_text(text)
    checked = subprocess.run([node, "--check", str(path)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    "line",
    [
        'import * as shared from "./shared.js";',
        'import shared from "./shared.js";',
        'import "./shared.js";',
        'import { ask } from "../live/shared.js";',
        "import { ask } from './shared.js';",
    ],
)
def test_an_import_that_cannot_be_bundled_is_refused(line, tmp_path, monkeypatch):
    (tmp_path / "odd.js").write_text(f"// a demo\n{line}\nexport default {{}};\n")
    monkeypatch.setattr(bundling, "front_end_file", lambda name: tmp_path / name)
    with pytest.raises(ValueError, match=r'odd\.js, line 2: .*; write import \{ name \} from "\./file\.js";'):
        bundling.bundle("odd")


def test_every_file_that_exports_a_demo_is_known_and_nothing_else():
    files = (ROOT / "book" / "live").glob("*.js")
    assert bundling.known_demos() == sorted(file.stem for file in files if "\nexport default {" in file.read_text())


def test_the_pad_counts_ink_as_scikit_learn_did(tmp_path, node):
    """An 8x8 digit drawn on the pad and counted in blocks is the same digit."""
    from sklearn.datasets import load_digits

    digit = load_digits().images[3].astype(int)
    script = (
        bundling.bundle("feature_maps").split("\nexport default")[0]
        + f"\nconst counts = {digit.ravel().tolist()};\n"
        + "const ink = inkFromCounts(counts, 8, 8);\n"
        + "console.log(JSON.stringify([ink.length, [...countBlocks(ink, 8, 8)]]));\n"
    )
    path = tmp_path / "pad.mjs"
    path.write_text(script)
    result = subprocess.run([node, str(path)], capture_output=True, text=True, check=True)
    size, shares = json.loads(result.stdout)
    assert size == 32 * 32
    np.testing.assert_array_equal(np.reshape(shares, (8, 8)) * 16, digit)


@pytest.mark.parametrize("name", sorted(file.stem for file in (ROOT / "book" / "live").glob("*.js")))
def test_only_the_host_asks_for_anything_and_that_from_the_site(name):
    text = (ROOT / "book" / "live" / f"{name}.js").read_text()
    assert not re.search(r"https?://(?!127[.]0)\w|XMLHttpRequest|WebSocket|sendBeacon", text)
    assert name == "host" or not re.search(r"fetch\(|import\(", text)
