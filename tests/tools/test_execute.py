"""The contract of the one run: what re-runs it, what does not, and what a failure leaves behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from tools import execute as execute_module
from tools import store as store_module
from tools.content_key import content_key, dependencies, read_code
from tools.execute import execute_all
from tools.merge import merge
from tools.project import ROOT, StepError
from tools.store import Store
from tools.variants import run_variant

pytestmark = pytest.mark.slow

MODULES = {
    "utils/__init__.py": "",
    "utils/alone.py": "VALUE = 1\n",
    "utils/base.py": "VALUE = 2\n",
    "utils/above.py": "def value():\n    from utils.base import VALUE\n\n    return VALUE\n",
    "requirements.txt": "torch\n",
    "requirements-build.txt": "nbmake\n",
    "constraints.txt": "torch==2.13.0\n",
}
NOTEBOOKS = {
    "01_alone": "from utils.alone import VALUE\nprint(VALUE)",
    "02_above": "%matplotlib inline\nimport utils.above\nprint(utils.above.value())",
    "03_nothing": "print('hello')",
}


@pytest.fixture(scope="module")
def warm_store(tmp_path_factory):
    """A store that holds the runs of the small book, made once for all tests."""
    folder = tmp_path_factory.mktemp("warm")
    with pytest.MonkeyPatch.context() as patch:
        prepare(folder, patch)
        run_all(folder)
    return folder / "store"


@pytest.fixture
def checkout(tmp_path, monkeypatch, warm_store):
    """A small book of three notebooks and three modules; a store of its own knows their runs."""
    shutil.copytree(warm_store, tmp_path / "store")
    return prepare(tmp_path, monkeypatch)


def prepare(folder, patch):
    patch.setenv("DLIA_STORE", str(folder / "store"))
    patch.delenv("FRESH", raising=False)
    patch.setattr(store_module, "USES", folder / "uses.jsonl")
    for name, text in MODULES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for stem, code in NOTEBOOKS.items():
        write_notebook(folder / f"{stem}.ipynb", code)
    return folder


def write_notebook(path, code, prose="# A title"):
    cells = [nbformat.v4.new_markdown_cell(prose, id="prose"), nbformat.v4.new_code_cell(code, id="code")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def run_all(checkout):
    runs = execute_all(sorted(checkout.glob("*.ipynb")), executed=checkout / "executed", root=checkout)
    return {run.stem: run for run in runs}


def printed(run):
    cells = nbformat.read(run.notebook, as_version=4).cells
    return "".join(output.text for cell in cells for output in cell.get("outputs", []))


def test_only_what_a_change_touches_runs_again(checkout):
    shutil.rmtree(checkout / "store")
    first = run_all(checkout)
    assert all(run.fresh for run in first.values())
    assert printed(first["02_above"]) == "2\n"
    assert not any(run.fresh for run in run_all(checkout).values())

    # a module that 02 imports only through another, and inside a function
    (checkout / "utils/base.py").write_text("VALUE = 3\n")
    runs = run_all(checkout)
    assert {stem for stem, run in runs.items() if run.fresh} == {"02_above"}
    assert printed(runs["02_above"]) == "3\n"

    # prose re-runs nothing, and the new prose meets the kept outputs
    write_notebook(checkout / "01_alone.ipynb", NOTEBOOKS["01_alone"], prose="# Another title")
    runs = run_all(checkout)
    assert not any(run.fresh for run in runs.values())
    merged = merge(checkout / "01_alone.ipynb", runs["01_alone"].notebook)
    assert merged.cells[0].source == "# Another title"
    assert merged.cells[1].outputs[0].text == "1\n"

    # a pin re-runs everything
    (checkout / "constraints.txt").write_text("torch==2.14.0\n")
    assert all(run.fresh for run in run_all(checkout).values())


def test_a_record_of_seconds_and_memory_is_kept(checkout):
    run = run_all(checkout)["03_nothing"]
    record = json.loads((run.folder / "run.json").read_text())
    assert record["key"] == content_key(checkout / "03_nothing.ipynb", checkout)
    assert record["seconds"] > 0.2
    assert 30 < record["peak_mb"] < 2000


def test_the_memory_of_the_kernel_is_what_counts(checkout):
    write_notebook(
        checkout / "03_nothing.ipynb", "block = bytearray(400_000_000)\nblock[::4096] = b'x' * len(block[::4096])"
    )
    run = run_all(checkout)["03_nothing"]
    assert json.loads((run.folder / "run.json").read_text())["peak_mb"] > 400


def test_a_failing_notebook_names_cell_and_error_and_keeps_the_last_good_run(checkout):
    before = printed(run_all(checkout)["01_alone"])
    write_notebook(checkout / "01_alone.ipynb", "accuracy = 0.1\nassert accuracy > 0.9, 'the claim fell'")
    with pytest.raises(StepError) as failure:
        run_all(checkout)
    for part in ("01_alone failed in cell 2 (id code)", "AssertionError: the claim fell", "accuracy > 0.9"):
        assert part in str(failure.value)
    kept = checkout / "executed" / "01_alone" / "notebook.ipynb"
    assert before == "".join(cell.outputs[0].text for cell in nbformat.read(kept, as_version=4).cells[1:])
    write_notebook(checkout / "01_alone.ipynb", NOTEBOOKS["01_alone"])
    assert not run_all(checkout)["01_alone"].fresh


def test_every_failure_is_told_at_once(checkout):
    for stem in ("01_alone", "03_nothing"):
        write_notebook(checkout / f"{stem}.ipynb", "1 / 0")
    with pytest.raises(StepError) as failure:
        run_all(checkout)
    assert "01_alone failed" in str(failure.value)
    assert "03_nothing failed" in str(failure.value)


def test_a_full_disk_leaves_the_last_good_run_and_nothing_half_written(checkout, monkeypatch):
    run_all(checkout)
    before = sorted(path.name for path in (checkout / "executed").rglob("*"))
    write_notebook(checkout / "03_nothing.ipynb", "print('changed')")

    def full(source, target, *args, **kwargs):
        os.makedirs(target)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(execute_module.shutil, "copytree", full)
    with pytest.raises(StepError, match="03_nothing could not be kept: .*No space left.*previous result is untouched"):
        run_all(checkout)
    assert sorted(path.name for path in (checkout / "executed").rglob("*")) == before
    assert [path for path in checkout.glob(".*") if path.is_dir()] == []


# a shell starts what runs in the background with Ctrl-C ignored; here it counts
INTERRUPTED = """
import signal, sys
from pathlib import Path
from tools.execute import execute_all
signal.signal(signal.SIGINT, signal.default_int_handler)
root = Path(sys.argv[1])
print("begins", flush=True)
execute_all([root / "03_nothing.ipynb"], executed=root / "executed", root=root)
"""


@pytest.mark.parametrize("whom", ["the whole group, as a terminal does", "only the one process"])
@pytest.mark.parametrize("delay", [0, 0.02, 0.3, 5])
def test_an_interrupted_run_ends_at_once_at_any_moment_and_nothing_of_it_is_kept(checkout, delay, whom):
    kept = run_all(checkout)["03_nothing"].notebook
    before, entries = kept.read_bytes(), set((checkout / "store").iterdir())
    write_notebook(checkout / "03_nothing.ipynb", "import time\ntime.sleep(60)")
    command = [sys.executable, "-c", INTERRUPTED, checkout]
    child = subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdout.readline() == "begins\n"
    time.sleep(delay)
    began = time.perf_counter()
    (os.killpg if whom.startswith("the whole") else os.kill)(child.pid, signal.SIGINT)
    assert child.wait(30) != 0
    assert time.perf_counter() - began < 10, (
        "the notebook sleeps for a minute; a quiet machine needs a fifth of a second"
    )
    child.stdout.close()
    assert kept.read_bytes() == before
    assert set((checkout / "store").iterdir()) == entries
    write_notebook(checkout / "03_nothing.ipynb", NOTEBOOKS["03_nothing"])
    assert not run_all(checkout)["03_nothing"].fresh


def test_a_damaged_result_is_taken_from_the_store_and_a_damaged_store_is_made_again(checkout):
    run = run_all(checkout)["03_nothing"]
    whole = run.notebook.read_text()
    run.notebook.write_text(whole[:50])
    assert not run_all(checkout)["03_nothing"].fresh
    assert run.notebook.read_text() == whole
    run.notebook.write_text(whole[:50])
    for stored in (checkout / "store").rglob("notebook.ipynb"):
        stored.write_text(whole[:50])
    assert run_all(checkout)["03_nothing"].fresh


def test_another_clone_runs_nothing_again_unless_all_is_to_be_fresh(checkout, tmp_path, monkeypatch, capsys):
    run_all(checkout)
    monkeypatch.setattr(store_module, "BEGAN", store_module.now())  # another command
    other = tmp_path / "other"
    for path in [*checkout.glob("*.ipynb"), *checkout.glob("*.txt"), *checkout.glob("utils/*.py")]:
        (other / path.relative_to(checkout)).parent.mkdir(parents=True, exist_ok=True)
        (other / path.relative_to(checkout)).write_bytes(path.read_bytes())
    (other / "utils/alone.py").write_text("VALUE = 7\n")
    capsys.readouterr()
    assert {stem for stem, run in run_all(other).items() if run.fresh} == {"01_alone"}
    assert "02_above ran before" in capsys.readouterr().out
    assert "lectures 2 kept, 1 made" in store_module.summary()
    run_all(other)
    assert "lectures 2 kept, 1 made" in store_module.summary(), "used twice, but made by this command"
    monkeypatch.setenv("FRESH", "1")
    monkeypatch.setattr(store_module, "BEGAN", store_module.now())
    assert all(run.fresh for run in run_all(other).values())
    assert not any(run.fresh for run in run_all(other).values()), "what this command made is not made again"


def test_the_settings_of_this_machine_do_not_reach_a_lecture(checkout, monkeypatch):
    code = (
        "import os, pathlib\n"
        "assert os.environ['OMP_NUM_THREADS'] == '1' and 'DLIA_STORE' not in os.environ\n"
        "assert os.environ['DLIA_DATA'] != '/somewhere' and not pathlib.Path(os.environ['DLIA_DATA']).exists()"
    )
    write_notebook(checkout / "03_nothing.ipynb", code)
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("DLIA_DATA", "/somewhere")
    assert run_all(checkout)["03_nothing"].fresh


def test_only_an_outcome_that_was_expected_is_kept(checkout, monkeypatch):
    path = checkout / "01_alone.ipynb"
    store = Store.default()
    for code, outcome in (("assert False", "falls"), ("1 / 0", "stops"), ("pass", "holds")):
        changed = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        for expected in ("holds", "falls"):
            entries = len(store.entries())
            assert run_variant(path, "a change", changed, expected=expected)["outcome"] == outcome
            assert len(store.entries()) == entries + (outcome == expected)
    monkeypatch.setattr("tools.variants.run_nbmake", None)  # a kept outcome needs no run
    assert run_variant(path, "a change", changed, expected="holds")["outcome"] == "holds"


def test_outputs_are_never_married_to_other_code(checkout):
    run = run_all(checkout)["01_alone"]
    write_notebook(checkout / "01_alone.ipynb", "print('something else')")
    with pytest.raises(StepError, match="is not the code that ran"):
        merge(checkout / "01_alone.ipynb", run.notebook)


def test_the_lecture_depends_on_its_own_checkers_and_questions_and_on_the_data():
    lecture = ROOT / "notebooks" / "08_convolutional_networks.ipynb"
    names = {str(path.relative_to(ROOT / "utils")) for path in dependencies(lecture.stem, read_code(lecture))}
    expected = {"checks/convolutional_networks.py", "assets/quizzes/08_convolutional_networks.toml"}
    expected |= {"networks/lenet.py", "networks/convolution.py", "live/widget.py", "runtime.py"}
    assert expected | {"assets/sets/fashion_mnist.toml", "assets/sets/fashion_mnist_train.npz"} <= names
