"""Run one notebook with nbmake: one process, one thread, no network, nothing of this machine but its packages.

All that can change a result and is not in the notebook or its modules stands here, so this file is part of every key.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from tools.project import ROOT, StepError

CELL_TIMEOUT_S = 300
NOWHERE = "http://127.0.0.1:9"  # a lecture that tries to download something fails at once
OURS = ("DLIA_", "PYTHON", "MPL", "OMP_", "MKL_", "FRESH")  # such settings of this machine do not reach the lecture
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class CellError(StepError):
    """A cell failed.

    Attributes
    ----------
    cell : int
        Its place in the notebook; the first is 1, as ruff counts.
    kind : str
        The exception's name.
    cost : Cost
        What the run took until then.
    """

    def __init__(self, message, *, cell=None, kind=None):
        super().__init__(message)
        self.cell, self.kind, self.cost = cell, kind, None


class StoppedError(StepError):
    """The run was ended from outside, before it was through."""


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Attributes
    ----------
    seconds, cpu_seconds : float
        By the clock, and of all processes together.
    peak_mb : float
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float

    def record(self):
        """Return it as JSON holds it."""
        return {
            "seconds": round(self.seconds, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "peak_mb": round(self.peak_mb),
        }


def run_nbmake(notebook, *, publish=None, root=ROOT, name=None, stop=None):
    """Run pytest --nbmake over one notebook in place; return its `Cost`.

    Parameters
    ----------
    notebook : Path
    publish : Path, optional
        The folder that receives what the website needs. Without one, demos and explored figures are made as in a live
        kernel: nothing is exported, and only the first frame is drawn.
    root : Path
        The checkout whose ``utils`` it imports.
    name : str, optional
        What messages call it.
    stop : threading.Event, optional
        Ends the run when it is set.

    Raises
    ------
    CellError
        If a cell fails: names the cell and the error.
    StoppedError
        If `stop` was set.
    """
    command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", f"--nbmake-timeout={CELL_TIMEOUT_S}"]
    command += ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull]
    command += ["--rootdir", str(notebook.parent), str(notebook)]
    log = notebook.with_suffix(".log")
    start = time.perf_counter()
    with log.open("w", encoding="utf-8") as output:
        status, usage = _run(command, _environment(notebook, publish, root), output, stop or threading.Event())
    seconds = time.perf_counter() - start
    # the kernel is a descendant that was waited for, so it counts
    cost = Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    if status:
        error = describe_failure(notebook, log.read_text(encoding="utf-8", errors="replace"), name or notebook.stem)
        error.cost = cost
        raise error
    log.unlink()
    return cost


def _environment(notebook, publish, root):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {
        **kept,
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE),
        **({"DLIA_PUBLISH_DIR": str(publish)} if publish else {}),
        "DLIA_DATA": str(notebook.parent / "data"),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(root),
        "PYTHONUTF8": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _run(command, environment, output, stop):
    """Run a command until it ends, or `stop` is set, or the person who started this interrupts."""
    if stop.is_set():
        raise StoppedError("stopped")
    child = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    ended = 0
    try:
        while not ended:
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            if not ended and stop.wait(0.05):
                raise StoppedError("stopped")
    finally:
        if not ended:  # its kernel sees that its parent is gone, and ends
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        child.returncode = 0  # waited for here, so that Popen does not
    if stop.is_set():
        raise StoppedError("stopped")
    return status, usage


def describe_failure(notebook, log, name):
    """Return a `CellError` that says which cell failed, and how, from the outputs that nbmake left in the notebook."""
    import nbformat  # takes a second, which a run without failures need not spend

    for number, cell in enumerate(nbformat.read(notebook, as_version=4).cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                trace = ANSI.sub("", "\n".join(output.traceback))
                return CellError(
                    f"execute: {name} failed in cell {number} (id {cell.id}) with {output.ename}: {output.evalue}\n"
                    f"--- the cell\n{cell.source}\n--- the end of its trace\n{trace[-3000:]}",
                    cell=number,
                    kind=output.ename,
                )
    return CellError(f"execute: {name} failed outside its cells; the end of the log:\n{log[-3000:]}")
