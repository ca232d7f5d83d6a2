"""Run each lecture once, with nbmake, and keep what came out.

    python -m tools.execute [--jobs N] [--force] [STEM ...]

The website, the decks, the live models and the tests' verdict all come from this one run. A run that fails or is
interrupted leaves the previous good result in place.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools.content_key import content_key
from tools.project import EXECUTED, ROOT, StepError, lectures, replace_folder, write_json

CELL_TIMEOUT_S = 300
_children = set()
NOWHERE = "http://127.0.0.1:9"  # a lecture that tries to download something fails at once
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Run:
    """The kept result of one lecture's execution, a folder with ``notebook.ipynb``, ``live/`` and ``run.json``."""

    stem: str
    folder: Path
    fresh: bool

    @property
    def notebook(self):
        return self.folder / "notebook.ipynb"

    @property
    def live(self):
        return self.folder / "live"


def execute_all(notebooks, *, jobs=1, force=False, executed=EXECUTED, root=ROOT):
    """Execute the notebooks whose key changed; return a `Run` for each.

    Parameters
    ----------
    notebooks : list of Path
    jobs : int
        How many at once; the cores are shared out among them, unless ``OMP_NUM_THREADS`` says how many threads each
        may use. On a busy machine one thread is far faster than two: a waiting thread spins.
    force : bool
        Run also what has not changed.
    executed : Path
        Folder of the kept results.
    root : Path
        The checkout whose ``utils`` they import.

    Raises
    ------
    StepError
        If a notebook fails. All of them are tried first, so that one look shows every failure.
    """
    threads = threads_each(jobs)
    with ThreadPoolExecutor(jobs) as pool, _children_ended():
        options = {"executed": executed, "root": root, "force": force, "threads": threads}
        runs = [pool.submit(execute, notebook, **options) for notebook in notebooks]
        failures = [str(run.exception()) for run in runs if run.exception()]
    if failures:
        raise StepError("\n".join(failures))
    return [run.result() for run in runs]


def threads_each(jobs=1):
    """Return how many threads a notebook may use where `jobs` run at once."""
    return int(os.environ.get("OMP_NUM_THREADS", 0)) or max(1, (os.cpu_count() or 1) // jobs)


def execute(notebook, *, executed=EXECUTED, root=ROOT, force=False, threads=2):
    """Execute one notebook, unless the kept result has its key."""
    key, kept = content_key(notebook, root), executed / notebook.stem
    record = _read_record(kept)
    if record.get("key") == key and not force:
        print(f"execute: {notebook.stem} is unchanged, its run of {record['seconds']:.0f} s is kept", flush=True)
        return Run(notebook.stem, kept, fresh=False)
    print(f"execute: {notebook.stem} …", flush=True)
    ready = executed.parent / f".{notebook.stem}-{os.getpid()}"
    try:
        # outside _build, which nbmake passes over
        with tempfile.TemporaryDirectory(prefix="dlia-") as work:
            copy = Path(shutil.copy(notebook, Path(work) / "notebook.ipynb"))
            live = Path(work) / "live"
            live.mkdir()
            seconds, peak_mb = run_nbmake(copy, live=live, root=root, threads=threads, name=notebook.stem)
            write_json(Path(work) / "run.json", {"key": key, "seconds": round(seconds, 1), "peak_mb": round(peak_mb)})
            shutil.copytree(work, ready)
        replace_folder(ready, kept)
    except OSError as error:
        raise StepError(
            f"execute: {notebook.stem} could not be kept: {error}. Free some space or mend the permissions of "
            f"{executed.parent}, then run again; the previous result is untouched."
        ) from error
    finally:
        shutil.rmtree(ready, ignore_errors=True)
    print(f"execute: {notebook.stem} passed in {seconds:.0f} s, at most {peak_mb:.0f} MB", flush=True)
    return Run(notebook.stem, kept, fresh=True)


def run_nbmake(notebook, *, live, root=ROOT, threads=2, name=None):
    """Run pytest --nbmake over one notebook in place; return its seconds and its peak memory in MB.

    Raises
    ------
    StepError
        If a cell fails: names the cell and the error.
    """
    environment = {
        **os.environ,
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE),
        "DLIA_PUBLISH_DIR": str(live),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(root),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", f"--nbmake-timeout={CELL_TIMEOUT_S}"]
    command += ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(notebook.parent), str(notebook)]
    start = time.perf_counter()
    log = notebook.with_suffix(".log")
    with log.open("w") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _children.add(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        _children.discard(child.pid)
    seconds = time.perf_counter() - start
    if status:
        raise StepError(describe_failure(notebook, log.read_text(), name or notebook.stem))
    log.unlink()
    return seconds, usage.ru_maxrss / 1024  # the kernel is a descendant that was waited for, so it counts


@contextlib.contextmanager
def _children_ended():
    """End the running notebooks when the person who started them interrupts; their kernels end with them."""
    try:
        yield
    except BaseException:
        for pid in list(_children):
            os.kill(pid, signal.SIGKILL)
        raise


def describe_failure(notebook, log, name):
    """Say which cell failed, and how, from the outputs that nbmake left in the notebook."""
    for index, cell in enumerate(nbformat.read(notebook, as_version=4).cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                trace = ANSI.sub("", "\n".join(output.traceback))
                return (
                    f"execute: {name} failed in cell {index} (id {cell.id}) with {output.ename}: {output.evalue}\n"
                    f"--- the cell\n{cell.source}\n--- the end of its trace\n{trace[-3000:]}"
                )
    return f"execute: {name} failed outside its cells; the end of the log:\n{log[-3000:]}"


def _read_record(folder):
    """Return what is known of a kept result; nothing where it is missing or damaged."""
    try:
        nbformat.read(folder / "notebook.ipynb", as_version=4)
        return json.loads((folder / "run.json").read_text())
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stems", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    chosen = [path for path in lectures() if not options.stems or path.stem in options.stems]
    try:
        runs = execute_all(chosen, jobs=min(options.jobs, len(chosen)), force=options.force)
    except StepError as error:
        sys.exit(str(error))
    print(f"execute: {len(runs)} lectures passed, {sum(run.fresh for run in runs)} of them run now")


if __name__ == "__main__":
    main()
