"""The shape of the package: imports point one way, and what is public is documented."""

import doctest
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numpydoc.validate import validate

import utils
from tools.project import ROOT
from utils.course.exercises import checkers

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(utils.__path__, "utils.")
    if not module.name.startswith("utils.assets")
)


def source_of(module):
    return Path(importlib.import_module(module).__file__).read_text(encoding="utf-8")


def lint_imports(root):
    """Hold the package of a checkout against the layers in its ``pyproject.toml``."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def test_imports_point_one_way():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name, line, said",
    [
        ("training/loop.py", "from utils.course import check", "utils.training.loop -> utils.course"),
        ("training/loop.py", "from ..course.exercises import check", "utils.training.loop -> utils.course.exercises"),
        ("scenes/__init__.py", "from .. import checks", "utils.scenes -> utils.checks"),
        ("runtime.py", "def later():\n    import utils.checks.history", "utils.runtime -> utils.checks.history"),
        (
            "networks/lenet.py",
            "from . import pretrained\nfrom ..course import hints",
            "utils.networks.lenet -> utils.course.hints",
        ),
        ("new.py", "", "new"),
    ],
)
def test_an_import_that_points_up_is_seen_however_it_is_written(name, line, said, tmp_path):
    shutil.copytree(ROOT / "utils", tmp_path / "utils", ignore=shutil.ignore_patterns("assets", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "utils" / name).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert said in done.stdout


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
        assert value.__doc__, f"{module}.{name} has no docstring of its own"


SECTIONED = [module for module in MODULES if not module.startswith("utils.checks.")]


# numpydoc's words: a parameter is not documented, is unknown, stands in the wrong order; nothing is said to be returned
FAULTS = {"PR01", "PR02", "PR03", "RT01"}


@pytest.mark.parametrize("module", SECTIONED)
def test_public_functions_state_their_parameters_and_what_they_return(module):
    for name, value in public(module):
        if inspect.isfunction(value) and "." not in name:
            assert faults_of(f"{module}.{name}", value) == []


def faults_of(name, function):
    """Return what a docstring leaves out; one without sections names the parameters in its sentences."""
    text = function.__doc__
    if "Parameters\n" in text:
        return [words for code, words in validate(name)["errors"] if code in FAULTS]
    # a short name is a word in many sentences, so it stands in backquotes
    patterns = {
        given: rf"`\*{{0,2}}{given}`" if len(given) < 4 else rf"\b{given}\b" for given in parameters_of(function)
    }
    silent = [given for given, pattern in patterns.items() if not re.search(pattern, text)]
    if re.search(r"^    return (?!None)", inspect.getsource(function), flags=re.M) and not re.search("[Rr]eturn", text):
        silent.append("what it returns")
    return [f"does not say: {given}" for given in silent]


def parameters_of(function):
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_run(module):
    loaded = importlib.import_module(module)
    assert doctest.testmod(loaded, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_read_in_one_sitting(module):
    assert len(source_of(module).splitlines()) <= 480


@pytest.mark.parametrize("name", checkers())
def test_a_checker_fits_the_eye(name):
    """The answers of known mistakes are a table beside it."""
    assert len(inspect.getsource(checkers()[name]).splitlines()) <= 30


UNIT = ROOT / "tests" / "unit"
# what has no module of its own in utils: the demos in Node, the answers to the exercises, the book's words
NOT_MIRRORED = re.compile(r"live/test_\w+_demos|course/test_answers|test_(structure|book_code|data_page)")
# what is tested through others: module -> the tests that do it
TESTED_BY = {
    "training/side_by_side": ["training/test_steps", "generative/test_autoencoders", "generative/test_point_gans"],
    "classical/timeline": ["live/test_history_demos"],
    "networks/efficientnet_lite": ["networks/test_pretrained"],
    "pictures/crops": ["live/test_pictures_demos", "pictures/test_challenges"],
    "live/computation": ["live/test_widget"],
    "live/exporting": ["live/test_widget", "efficient/test_quantising"],
    "live/publishing": ["live/test_widget"],
    "data/__main__": ["data/test_listing"],
    "validation": ["course/test_exercises", "scenes/test_sampling"],
}


def test_tests_mirror_the_packages():
    modules = {path.relative_to(ROOT / "utils").with_suffix("").as_posix() for path in (ROOT / "utils").rglob("*.py")}
    modules = {name for name in modules if not name.endswith("__init__") and not name.startswith("checks/")}
    tests = {path.relative_to(UNIT).with_suffix("").as_posix() for path in UNIT.rglob("test_*.py")}
    mirrored = {name for name in tests if not NOT_MIRRORED.fullmatch(name)}
    own = {f"{folder}/{name}".lstrip("/") for folder, _, name in (test.rpartition("/") for test in mirrored)}
    own = {name.replace("test_", "", 1) for name in own}
    assert own <= modules, "each of these tests is named after no module"
    assert modules - own == set(TESTED_BY), "each of these modules has no test of its name"
    assert {test for named in TESTED_BY.values() for test in named} <= tests


def test_every_module_has_its_place_among_the_pages_of_the_package():
    pages = sorted((ROOT / "book/reference").glob("*.md"))
    shown = [name for page in pages for name in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))]
    private = ("utils.checks", "utils.assets")  # answers to exercises, and data
    packages = {"utils"} | {name for name in MODULES if hasattr(importlib.import_module(name), "__path__")}
    assert sorted(shown) == sorted(
        set(MODULES) - packages - {n for n in MODULES if n.startswith(private) or n.endswith("__")}
    )
    listed = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert all(f"file: book/reference/{page.stem}\n" in listed for page in pages)


def test_contributing_tells_where_everything_is():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Where is what")[2].partition("\n## ")[0]
    told = {
        name for row in re.findall(r"^\| (.*?) \|", text, flags=re.MULTILINE) for name in re.findall(r"`(.*?)`", row)
    }
    there = {f"utils/{path.name}" + "/" * path.is_dir() for path in (ROOT / "utils").iterdir()}
    there -= {"utils/__init__.py", "utils/__pycache__/"}
    there |= {f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] != "_"}
    assert there <= told, there - told
    assert not [name for name in told if not (ROOT / name).exists()]


def test_contributing_names_each_module_that_demos_share():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| in `lib/` |")[2].partition("\n\n")[0]
    told = [
        name for row in re.findall(r"^\| (`.*?) \|", text, flags=re.MULTILINE) for name in re.findall(r"`(.*?)`", row)
    ]
    assert sorted(told) == sorted(path.stem for path in (ROOT / "book/live/lib").glob("*.js"))


WITHOUT_ENCODING = re.compile(r"\.(?:read_text|write_text)\((?!.*encoding=)|\bopen\(\"[rwa]\"\)|text=True")


def test_text_is_read_and_written_as_utf_8_whatever_the_locale():
    files = [file for folder in ("tools", "utils", "book/_ext") for file in sorted((ROOT / folder).rglob("*.py"))]
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if WITHOUT_ENCODING.search(line)
    ]
    assert found == [], 'say encoding="utf-8"'


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
