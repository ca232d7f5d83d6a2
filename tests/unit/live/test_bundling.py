"""A demo in one file: what is put together, and what is refused."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from tools.project import ROOT
from utils.live import bundling

LIVE = ROOT / "book" / "live"


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
        'import * as dom from "../lib/dom.js";',
        'import dom from "../lib/dom.js";',
        'import "../lib/dom.js";',
        'import { ask as put } from "../lib/ask.js";',
        'import { ask } from "https://host/ask.js";',
        "import { ask } from '../lib/ask.js';",
    ],
)
def test_an_import_that_cannot_be_bundled_is_refused(line, tmp_path, monkeypatch):
    shutil.copytree(LIVE, tmp_path / "live")
    (tmp_path / "live/demos/odd.js").write_text(f"// a demo\n{line}\nexport default {{}};\n")
    monkeypatch.setattr(bundling, "front_end_file", lambda name: tmp_path / "live" / name)
    with pytest.raises(ValueError, match=r'odd\.js, line 2: .*; write import \{ name \} from "\.\./lib/file\.js";'):
        bundling.bundle("odd")


def test_every_demo_has_its_sheet_and_exports_one_thing_to_render():
    assert bundling.known_demos() == sorted(path.stem for path in (LIVE / "demos").glob("*.css"))
    for path in (LIVE / "demos").glob("*.js"):
        assert path.read_text(encoding="utf-8").count("\nexport default {") == 1, path


def root_class(name):
    return f".live-{name.replace('_', '-')}"


@pytest.mark.parametrize("name", bundling.known_demos())
def test_a_sheet_names_only_its_own_demo(name):
    """Every rule begins with the demo's own class, on a slide after the deck's; so no demo can spoil another."""
    text = re.sub(r"/\*.*?\*/", "", (LIVE / f"demos/{name}.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    preludes = [found.strip() for found in re.findall(r"([^{}]+)\{", text)]
    rules = [prelude for prelude in preludes if not prelude.startswith(("@container", "@media"))]
    assert rules
    for rule in rules:
        for selector in re.split(r",(?![^(]*\))", rule):
            assert re.match(rf"(\.reveal )?{re.escape(root_class(name))}(?![\w-])", selector.strip()), selector


@pytest.mark.parametrize("sheet", ["base", *(f"demos/{name}" for name in bundling.known_demos())])
def test_a_demo_changes_at_one_of_three_widths(sheet):
    text = (LIVE / f"{sheet}.css").read_text(encoding="utf-8")
    widths = set(re.findall(r"@container ([^{]+) \{", text))
    assert widths <= {"(max-width: 480px)", "(min-width: 640px)", "(min-width: 1000px)"}


def test_the_sheet_of_all_demos_names_none_of_them():
    text = (LIVE / "base.css").read_text(encoding="utf-8")
    assert not [name for name in bundling.known_demos() if re.search(rf"{re.escape(root_class(name))}\b", text)]


def test_a_widget_is_styled_by_what_all_share_and_by_its_own_sheet():
    styles = bundling.styles("springs")
    assert ".live-springs" in styles
    assert ".live-demo .live-button" in styles
    assert ".live-timeline" not in styles


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


MODULES = sorted(path.relative_to(LIVE).as_posix() for path in LIVE.rglob("*.js"))


@pytest.mark.parametrize("name", MODULES)
def test_only_the_host_asks_for_anything_and_that_from_the_site(name):
    text = (LIVE / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!127[.]0)\w|XMLHttpRequest|WebSocket|sendBeacon", text)
    assert name == "host.js" or not re.search(r"fetch\(|import\(", text)
