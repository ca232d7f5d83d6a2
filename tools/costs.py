"""What each lecture costs: to execute it, to see its sabotages turn red, to ask a browser about its page and its deck.

    python -m tools.costs    measure, print the table, write book/costs.md

What executing took is read from the record of a run, wherever it was made. The browser's tests run here.
"""

import contextlib
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil

from tools.execute import execute_all, read_record
from tools.project import ROOT, StepError, lectures, write_atomically
from tools.variants import run_variant, sabotages, trains

PAGE = ROOT / "book" / "costs.md"
BUDGET, DEEP_BUDGET = 40, 60  # CPU seconds to execute a lecture, and one whose metadata says `"dlia": {"deep": true}`
HEADER = """# What a lecture costs

Every lecture is executed, broken on purpose, and looked at in a browser before it is published. This is what that
takes: CPU seconds, and the most memory at any moment. A lecture may take {budget} CPU seconds to execute, a deep one
{deep}. Made by `make bench` on {machine}.

| lecture | execute | memory | sabotages | page | deck |
|---|--:|--:|--:|--:|--:|
"""


@dataclass(frozen=True)
class Row:
    """The costs of one lecture, in CPU seconds; memory in MB."""

    stem: str
    deep: bool
    execute: float
    memory: float
    sabotages: float | None
    page: float
    deck: float

    @property
    def budget(self):
        return DEEP_BUDGET if self.deep else BUDGET

    def markdown(self):
        """Return the row of the table."""
        mark = " (deep)" if self.deep else ""
        sabotages = "trains nothing" if self.sabotages is None else f"{self.sabotages:.0f}"
        return (
            f"| {self.stem.replace('_', ' ')}{mark} | {self.execute:.0f} | {self.memory:.0f} MB | {sabotages} "
            f"| {self.page:.0f} | {self.deck:.0f} |"
        )


def measure(path, run):
    """Return the `Row` of a lecture; its sabotages run only if their outcome is not kept."""
    notebook, record = nbformat.read(path, as_version=4), read_record(run.folder)
    broken = sabotages(notebook) if trains(path) else {}
    outcomes = [run_variant(path, name, each, expected="falls") for name, each in broken.items()]
    return Row(
        stem=path.stem,
        deep=notebook.metadata.get("dlia", {}).get("deep", False),
        execute=record["cpu_seconds"],
        memory=record["peak_mb"],
        sabotages=sum(each["cpu_seconds"] for each in outcomes) if broken else None,
        page=cpu_seconds_of_tests("tests/site/test_pages.py", "tests/site/test_live.py", name=path.stem),
        deck=cpu_seconds_of_tests("tests/site/test_decks.py", name=path.stem),
    )


def cpu_seconds_of_tests(*files, name):
    """Run the tests of some files whose names hold `name`; return the CPU seconds of all processes together."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", name, *files]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    taken = {}
    root = psutil.Process(child.pid)
    while child.poll() is None:  # sampled: a browser does not wait for its own processes, so nobody adds them up
        for each in [root, *_children(root)]:
            with contextlib.suppress(psutil.Error):
                taken[each.pid] = sum(each.cpu_times()[:2])
        time.sleep(0.1)
    if child.returncode:
        raise StepError(f"costs: the tests of {name} in {', '.join(files)} failed; mend them first")
    return sum(taken.values())


def _children(process):
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def describe_machine():
    """Say in a few words what this machine is."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        names = [
            line
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        cpu = names[0].partition(": ")[2] if names else cpu
    memory = psutil.virtual_memory().total / 2**30
    python = platform.python_version()
    return f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, {platform.system()}, Python {python}"


def page_of(rows, machine):
    """Return the page of the book: the table, and which lectures are over their budget."""
    median = statistics.median(row.execute for row in rows)
    over = [f"{row.stem} ({row.execute:.0f} of {row.budget})" for row in rows if row.execute > row.budget]
    told = f"Over their budget: {', '.join(over)}." if over else "None is over its budget."
    text = HEADER.format(budget=BUDGET, deep=DEEP_BUDGET, machine=machine)
    return text + "\n".join(row.markdown() for row in rows) + f"\n\nThe median is {median:.0f} CPU seconds. {told}\n"


def write_costs():
    """Measure every lecture, print the page and write it into the book."""
    paths = lectures()
    rows = []
    for path, run in zip(paths, execute_all(paths), strict=True):
        rows.append(measure(path, run))
        print(f"costs: {rows[-1].markdown()}", flush=True)
    page = page_of(rows, describe_machine())
    write_atomically(PAGE, page)
    print(page.partition("\n\n")[2])


if __name__ == "__main__":
    write_costs()
