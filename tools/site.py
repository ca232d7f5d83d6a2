"""Build the website, its decks included, from the tested run of each lecture.

    python -m tools.site [--slides] [--jobs N] [STEM]

Executes what changed (with a lecture's name: of that lecture only; the others stand as they last ran), lays out a tree
in which the lectures carry their outputs, has Jupyter Book build it strictly, and puts the result in place only when
all of it is good.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

import nbformat
import yaml

from tools.content_key import file_digest
from tools.execute import TELL_EVERY_S, execute_all, last_run
from tools.launch import LAUNCH, write_launch
from tools.merge import merge
from tools.previews import add_previews
from tools.project import (
    BUILD,
    DECKS,
    ROOT,
    SITE,
    StepError,
    choose_lectures,
    lectures,
    replace_folder,
    write_json,
)
from tools.store import forget_uses, summary

STAGE = BUILD / "stage"
LIVE = BUILD / "live"
# an empty icon: without one browsers ask for a file that is not there; with a real one the redirect cuts that off
FRONT_DOOR = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Deep learning for image analysis</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url=book/index.html">
<p><a href="book/index.html">To the book</a></p>
</html>
"""
SPHINX = BUILD / "sphinx"
# Sphinx makes millions of objects, which the collector looks through less often so; without it, memory would double
START_SPHINX = "import gc; gc.set_threshold(100_000, 50); import tools; from jupyter_book.cli.main import main; main()"


def build(*, jobs, only_slides=False, named=()):
    """Build the site; return a sentence that says what was done.

    Parameters
    ----------
    jobs : int
        How many lectures may run at once.
    only_slides : bool
    named : sequence of str
        Execute what changed of these lectures only; all of them if empty.
    """
    start = time.perf_counter()
    notebooks = lectures()
    as_they_ran = {path: last_run(path) for path in notebooks if named and path not in choose_lectures(named)}
    to_run = [path for path in notebooks if as_they_ran.get(path) is None]
    ran_now = dict(zip(to_run, execute_all(to_run, jobs=jobs), strict=True))
    runs = [ran_now.get(path) or as_they_ran[path] for path in notebooks]
    made_from = digest_of_sources(runs)
    stamp = SITE / ".built-from"
    up_to_date = stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from and LAUNCH.is_dir()
    if up_to_date and not only_slides:
        seconds = time.perf_counter() - start
        return f"site: nothing changed, {SITE} is up to date ({seconds:.0f} s); look at it with: make serve"
    executed = stage(notebooks, runs)
    collect_live(runs)
    decks = start_decks(notebooks)
    try:
        if not only_slides:
            run_sphinx()
    finally:
        failed = decks.wait()
    if failed:
        raise StepError("site: a deck could not be made; the messages above say which. The last site is untouched")
    if only_slides:
        place_decks(SITE)
        return f"site: {len(runs)} decks in {SITE / 'slides'}"
    publish(executed, made_from)
    ran, seconds = sum(run.fresh for run in runs), time.perf_counter() - start
    return (
        f"site: {len(runs)} lecture(s), {ran} of them run now, built in {seconds:.0f} s into {SITE}; "
        "look at it with: make serve"
    )


def digest_of_sources(runs):
    """Return a digest of all that the site is made from: the book, the lectures' runs, and what builds it."""
    makers = [
        path for path in sorted((ROOT / "tools").rglob("*")) if path.is_file() and "__pycache__" not in path.parts
    ]
    settings = [ROOT / name for name in ("_config.yml", "_toc.yml", "constraints.txt")]
    records = [run.folder / "run.json" for run in runs]
    files = {str(path): file_digest(path) for path in [*sources(), *lectures(), *makers, *settings, *records]}
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def stage(notebooks, runs):
    """Lay out the tree that Jupyter Book builds; return the lectures with the outputs of their runs, by path."""
    files = {path.relative_to(ROOT): path.read_bytes() for path in sources()}
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"] = {"execute_notebooks": "off"}
    files["_config.yml"] = yaml.safe_dump(config, allow_unicode=True).encode()
    files["_toc.yml"] = (ROOT / "_toc.yml").read_bytes()
    executed = {path: merge(path, run.notebook) for path, run in zip(notebooks, runs, strict=True)}
    for path, notebook in executed.items():
        files[path.relative_to(ROOT)] = nbformat.writes(notebook).encode()
    sync(STAGE, {str(path): content for path, content in files.items()})
    return executed


def sources():
    """Return the files of the book that are not lectures."""
    skipped = {"node_modules", "__pycache__"}
    return [path for path in sorted((ROOT / "book").rglob("*")) if path.is_file() and not skipped & set(path.parts)]


def sync(folder, files):
    """Make `folder` hold exactly `files`, leaving alone what is already right."""
    for relative, content in files.items():
        path = folder / relative
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()


def collect_live(runs):
    """Gather what the lectures exported; their names come from their contents, so nothing collides."""
    fresh = LIVE.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    manifest = {}
    for run in runs:
        shutil.copytree(run.live, fresh, dirs_exist_ok=True)
        if (run.live / "manifest.json").is_file():
            demos = json.loads((run.live / "manifest.json").read_text(encoding="utf-8"))
            if twice := manifest.keys() & demos.keys():
                raise StepError(f"site: {run.stem} exports {', '.join(twice)}, which another lecture has; rename one")
            manifest |= demos
    write_json(fresh / "manifest.json", manifest)
    replace_folder(fresh, LIVE)


def run_sphinx():
    """Run Jupyter Book over the staged tree; warnings are errors."""
    print("site: building the pages …", flush=True)
    command = [sys.executable, "-c", START_SPHINX, "build", str(STAGE), "--path-output", str(SPHINX)]
    command += ["-W", "-n", "--keep-going", "-q"]
    environment = {**os.environ, "DLIA_PUBLISH_DIR": str(LIVE), "PYTHONPATH": str(ROOT)}
    log, start = BUILD / "sphinx.log", time.perf_counter()
    with log.open("w", encoding="utf-8") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        while child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(TELL_EVERY_S)
                break
            print(f"site: building the pages for {time.perf_counter() - start:.0f} s …", flush=True)
    if child.returncode:
        said = log.read_text(encoding="utf-8")
        lines = [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line]
        tail = "\n".join(lines[-40:]) or said[-3000:]
        raise StepError(f"site: the pages were not built; the last site is untouched. The whole log: {log}\n{tail}")


def start_decks(notebooks):
    """Write the decks that changed, in a process of its own beside the one that builds the pages."""
    staged = [str(STAGE / path.relative_to(ROOT)) for path in notebooks]
    return subprocess.Popen([sys.executable, "-m", "tools.slides", *staged], cwd=ROOT)


def publish(executed, made_from):
    """Put pages, decks and the copies of the executed lectures in place together."""
    fresh = SITE.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(SPHINX / "_build" / "html", fresh)
    (fresh / "index.html").write_text(FRONT_DOOR, encoding="utf-8")
    (fresh / ".nojekyll").touch()
    (fresh / ".built-from").write_text(made_from, encoding="utf-8")
    place_decks(fresh)
    add_previews(fresh)
    write_launch(executed, site=fresh)
    # what a page offers to download is the copy that reads like it
    shutil.copytree(LAUNCH / "notebooks", fresh / "_sources" / "notebooks", dirs_exist_ok=True)
    replace_folder(fresh, SITE)


def place_decks(site):
    """Copy the decks into a site."""
    if not (site / "_static").is_dir():
        raise StepError("site: the decks are served beside the pages, and there are none yet; run: make book")
    shutil.rmtree(site / "slides", ignore_errors=True)
    shutil.copytree(DECKS, site / "slides", ignore=shutil.ignore_patterns(".*"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--slides", action="store_true", help="make the decks only")
    parser.add_argument("named", nargs="*", metavar="STEM", help="execute only this lecture; the number is enough")
    options = parser.parse_args()
    try:
        jobs = max(1, min(options.jobs, len(lectures())))
        forget_uses()
        print(build(jobs=jobs, only_slides=options.slides, named=options.named))
        print(summary())
    except StepError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"site: {error}. The last site is untouched; free some space or mend the permissions, then run again.")


if __name__ == "__main__":
    main()
