"""Run each lecture once, with nbmake, and keep what came out.

    python -m tools.execute [--jobs N] [--force] [STEM ...]

The website, the decks, the live models and the tests' verdict all come from this one run. A run that fails or is
interrupted leaves the previous good result in place. What ran before, in this checkout or another one, is taken from
the store.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.content_key import content_key, folder_digests
from tools.project import EXECUTED, ROOT, StepError, choose_lectures, replace_folder, write_json
from tools.run_notebook import StoppedError, run_nbmake
from tools.store import Store, forget_uses, may_be_used, note_use, now, summary

TELL_EVERY_S = 30


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


def execute_all(notebooks, *, jobs=1, force=False, executed=EXECUTED, root=ROOT, store=None):
    """Execute the notebooks whose key changed; return a `Run` for each.

    Parameters
    ----------
    notebooks : list of Path
    jobs : int
        How many at once, each with one thread.
    force : bool
        Run also what has not changed.
    executed : Path
        Folder of this checkout's results.
    root : Path
        The checkout whose ``utils`` they import.
    store : Store, optional
        Where results of all checkouts are kept.

    Raises
    ------
    StepError
        If a notebook fails. All of them are tried first, so that one look shows every failure.
    """
    options = {"executed": executed, "root": root, "force": force, "store": store or Store.default()}
    with stoppable_pool(jobs) as (pool, stop):
        runs = {pool.submit(execute, notebook, stop=stop, **options): notebook.stem for notebook in notebooks}
        tell_until_done(runs, what="lectures")
    failures = [str(run.exception()) for run in runs if run.exception()]
    if failures:
        raise StepError("\n".join(failures))
    return [run.result() for run in runs]


@contextmanager
def stoppable_pool(jobs):
    """Give a pool of threads and the event that ends what they run; it is set when anything goes wrong here.

    A person's Ctrl-C reaches the main thread only, at any moment: what runs is then ended, and nothing new starts.
    """
    stop = threading.Event()
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool, stop
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=stop.is_set())


def tell_until_done(futures, *, what, every=TELL_EVERY_S):
    """Wait for all futures; say now and then how many are done, which run, and for how long."""
    start, pending = time.perf_counter(), set(futures)
    told = start
    while pending:
        done, pending = wait(pending, timeout=every, return_when=FIRST_COMPLETED)
        now = time.perf_counter()
        if pending and now - told >= every:
            told = now
            running = [futures[future] for future in futures if future.running()]
            print(
                f"execute: {len(futures) - len(pending)} of {len(futures)} {what} done after {(now - start) / 60:.1f} "
                f"min; {', '.join(running)} run, {len(pending) - len(running)} wait",
                flush=True,
            )


def execute(notebook, *, executed=EXECUTED, root=ROOT, force=False, store=None, stop=None):
    """Execute one notebook, unless a result with its key is kept here or in the store."""
    store = store or Store.default()
    stem, key, kept = notebook.stem, content_key(notebook, root), executed / notebook.stem
    record = {} if force else read_record(kept)
    if record.get("key") == key and may_be_used(record["made"]):
        print(f"execute: {stem} is unchanged, its run of {record['seconds']:.0f} s is kept", flush=True)
        note_use("lectures", stem, made=record["made"])
        return Run(stem, kept, fresh=False)
    # outside _build, which nbmake passes over
    with tempfile.TemporaryDirectory(prefix="dlia-") as work:
        stored = Path(work) / "stored"
        if not force and store.fetch(key, stored) and (record := read_record(stored)).get("key") == key:
            _place(stored, kept, stem)
            print(f"execute: {stem} ran before, its run of {record['seconds']:.0f} s comes from the store", flush=True)
            note_use("lectures", stem, made=record["made"])
            return Run(stem, kept, fresh=False)
        print(f"execute: {stem} …", flush=True)
        ready = Path(work) / "ready"
        (ready / "live").mkdir(parents=True)
        copy = Path(shutil.copy(notebook, ready / "notebook.ipynb"))
        cost = run_nbmake(copy, publish=ready / "live", root=root, name=stem, stop=stop)
        shutil.rmtree(ready / "data", ignore_errors=True)
        if content_key(notebook, root) != key:
            raise StepError(f"execute: {stem}, or what it imports, was changed while it ran; run it again")
        made = now()
        record = {"key": key, "made": made, **cost.record(), "files": folder_digests(ready)}
        write_json(ready / "run.json", record)
        if stop is not None and stop.is_set():
            raise StoppedError("stopped")
        _place(ready, kept, stem)
        store.keep(key, kept)
    note_use("lectures", stem, made=made)
    print(
        f"execute: {stem} passed in {cost.seconds:.0f} s ({cost.cpu_seconds:.0f} CPU seconds), "
        f"at most {cost.peak_mb:.0f} MB",
        flush=True,
    )
    return Run(stem, kept, fresh=True)


def last_run(notebook, *, executed=EXECUTED):
    """Return this checkout's last run of a lecture, out of date or not; None if it is not whole or ran other code."""
    kept = executed / notebook.stem
    if not read_record(kept) or _code(kept / "notebook.ipynb") != _code(notebook):
        return None
    return Run(notebook.stem, kept, fresh=False)


def _code(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(cell["id"], "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]


def _place(folder, kept, stem):
    """Put a copy of a whole result in place of the checkout's last one."""
    ready = kept.parent.parent / f".{stem}-{os.getpid()}"
    try:
        shutil.copytree(folder, ready)
        replace_folder(ready, kept)
    except OSError as error:
        raise StepError(
            f"execute: {stem} could not be kept: {error}. Free some space or mend the permissions of "
            f"{kept.parent.parent}, then run again; the previous result is untouched."
        ) from error
    finally:
        shutil.rmtree(ready, ignore_errors=True)


def read_record(folder):
    """Return what is known of a kept result; nothing where it is missing or damaged."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        files = folder_digests(folder)
        del files["run.json"]
        return record if files == record["files"] else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stems", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    forget_uses()
    try:
        chosen = choose_lectures(options.stems)
        runs = execute_all(chosen, jobs=min(options.jobs, len(chosen)), force=options.force)
    except StepError as error:
        sys.exit(str(error))
    print(f"execute: {len(runs)} lecture(s) passed; {summary()}")


if __name__ == "__main__":
    main()
