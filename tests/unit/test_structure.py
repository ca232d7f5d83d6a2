"""The shape of the package: imports point one way, and what is public is documented."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import utils
from tools.project import ROOT

# from the ground up: a module may import from the layers below its own, never from its own or above
LAYERS = [
    {"runtime", "names", "storage", "side_by_side"},
    {
        "packaged",
        "downloads",
        "training",
        "plotting",
        "convolution",
        "cnn",
        "explaining",
        "descriptors",
        "blocks",
        "colour_histograms",
        "eigenfaces",
        "letters",
        "pictorial",
        "bag_of_words",
        "challenges",
        "describing",
        "exporting",
        "timeline",
        "metric",
        "quantising",
        "views",
        "recurrent",
        "generative",
        "generation_quality",
        "autoencoders",
        "variational",
    },
    {"photographs", "pretrained", "data", "windows", "embedding_nets", "gan_images"},
    {"scenes", "subjects"},
    {"captions", "composing", "sprites"},
    {"stamps"},
    {"painting", "captioning"},
    {"inventory"},
    {"checks", "live"},
    {"explore"},
    {"exercises"},
]
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(utils.__path__, "utils.")
    if not module.name.startswith("utils.assets")
)


def layer(module):
    name = module.split(".")[1]
    found = [index for index, names in enumerate(LAYERS) if name in names]
    assert found, f"say in LAYERS where {module} belongs"
    return found[0]


def source_of(module):
    return Path(importlib.import_module(module).__file__).read_text(encoding="utf-8")


def imports(module):
    tree = ast.parse(source_of(module))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [
                f"{node.module}.{alias.name}" if node.module in ("utils", "utils.checks") else node.module
                for alias in node.names
            ]
        yield from (name for name in names if name.startswith("utils."))


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module):
    for imported in imports(module):
        if imported.split(".")[1] != module.split(".")[1]:
            assert layer(imported) < layer(module), f"{module} imports {imported}"


def public(module):
    loaded = importlib.import_module(module)
    for name, value in vars(loaded).items():
        if not name.startswith("_") and getattr(value, "__module__", None) == module and callable(value):
            yield name, value
            if inspect.isclass(value):
                for inner, method in vars(value).items():
                    if not inner.startswith("_") and inspect.isfunction(method):
                        yield f"{name}.{inner}", method


@pytest.mark.parametrize("module", MODULES)
def test_what_is_public_is_documented(module):
    assert importlib.import_module(module).__doc__
    for name, value in public(module):
        assert inspect.getdoc(value), f"{module}.{name} has no docstring"


SECTIONED = [module for module in MODULES if not module.startswith("utils.checks.")]


@pytest.mark.parametrize("module", SECTIONED)
def test_public_functions_state_their_parameters_and_what_they_return(module):
    for name, value in public(module):
        if inspect.isfunction(value) and "." not in name:
            text, signature = inspect.getdoc(value), inspect.signature(value)
            for parameter in signature.parameters.values():
                assert re.search(rf"\b\*{{0,2}}{parameter.name}\b", text), (
                    f"{module}.{name} does not say what {parameter.name} is"
                )
            if re.search(r"^    return (?!None)", inspect.getsource(value), flags=re.M):
                assert re.search(r"[Rr]eturn|Yields", text), f"{module}.{name} does not say what it returns"


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_run(module):
    loaded = importlib.import_module(module)
    assert doctest.testmod(loaded, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_read_in_one_sitting(module):
    assert len(source_of(module).splitlines()) <= 480


def test_importing_the_package_asks_for_no_torchvision():
    code = "import sys, utils.runtime, utils.data, utils.training, utils.plotting; print('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_nothing_committed_is_a_pickle_or_names_a_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in listed if name.endswith((".pkl", ".pickle", ".pt", ".pth", ".joblib"))]
    machine = re.compile(r"/work/main|/\.library|/opt/wheels")
    for name in listed:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".ipynb", ".yml", ".toml", ".txt", ".js", ".css", ".json", ".html"}
            and path.is_file()
        ):
            text = path.read_text(encoding="utf-8")
            assert name == "tests/unit/test_structure.py" or not machine.search(text), name
