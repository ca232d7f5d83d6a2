"""Pytest plugin: say while the tests run what runs, how far it is and what is left.

Expected times come from the last run, kept beside the store; a test that never ran counts as half a second.
"""

import json
import sys
import threading
import time

import pytest

from tools.project import write_json
from tools.store import store_folder

TELL_EVERY_S = 20
UNKNOWN_S = 0.5
NEVER_S = 30  # of what never ran, these are long
LONG = ("tests/notebooks/test_sabotage.py", "tests/launch/", "tests/site/test_jupyter.py")


def durations_file():
    """Return where the seconds that each test took are kept."""
    return store_folder() / ".durations.json"


def read_durations():
    """Return the seconds that each test took last time, by its id; empty where that is not known."""
    try:
        return {
            str(name): float(seconds)
            for name, seconds in json.loads(durations_file().read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def expected(nodeid, durations):
    """Return the seconds that a test will probably take."""
    return durations.get(nodeid, NEVER_S if nodeid.startswith(LONG) else UNKNOWN_S)


class Progress:
    """Counts what is done, in tests and in expected seconds, and tells it at intervals."""

    def __init__(self):
        self.durations = read_durations()
        self.todo, self.running, self.spent = {}, {}, {}
        self.total = self.done = self.failed = 0
        self.expected_total = self.expected_done = 0.0
        self.start = time.perf_counter()
        self.over = threading.Event()

    def begin(self, nodeids):
        """Note what will run, once."""
        if not self.total:
            self.todo = {nodeid: expected(nodeid, self.durations) for nodeid in nodeids}
            self.total, self.expected_total = len(self.todo), sum(self.todo.values())
            threading.Thread(target=self._tell_at_intervals, daemon=True).start()

    def _tell_at_intervals(self):
        while not self.over.wait(TELL_EVERY_S):
            print(self.sentence(time.perf_counter() - self.start), file=sys.__stdout__, flush=True)

    def sentence(self, seconds):
        """Return where the tests stand after `seconds`."""
        share = self.expected_done / self.expected_total if self.expected_total else 1
        now = sorted(self.running, key=self.running.get)
        left = f"about {seconds * (1 - share) / share / 60:.1f} min left" if share > 0.02 else "just begun"
        failed = f", {self.failed} failed" if self.failed else ""
        runs = f"; runs {', '.join(now)}" if now else ""
        return f"test: {self.done} of {self.total} done{failed}, {seconds / 60:.1f} min, {left}{runs}"

    def started(self, nodeid):
        self.running[nodeid] = time.perf_counter()

    def finished(self, nodeid):
        if self.running.pop(nodeid, None) is not None:
            self.done += 1
            self.expected_done += self.todo.get(nodeid, 0)

    def report(self, nodeid, report):
        """Note a phase of a test."""
        self.spent[nodeid] = self.spent.get(nodeid, 0) + report.duration
        self.failed += report.failed

    def save(self):
        """Keep the seconds for the next run, those of tests that did not run now included."""
        known = self.durations | {name: round(value, 2) for name, value in self.spent.items()}
        durations_file().parent.mkdir(parents=True, exist_ok=True)
        write_json(durations_file(), known)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Telling(), "dlia-telling")


class Telling:
    """The hooks, in the process that the person looks at."""

    def __init__(self):
        self.progress = Progress()

    def pytest_collection_finish(self, session):
        if session.items and not session.config.option.collectonly:
            self.progress.begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        self.progress.begin(ids)

    def pytest_runtest_logstart(self, nodeid):
        self.progress.started(nodeid)

    def pytest_runtest_logfinish(self, nodeid):
        self.progress.finished(nodeid)

    def pytest_runtest_logreport(self, report):
        self.progress.report(report.nodeid, report)
        if report.failed:
            print(f"test: FAILED {report.nodeid} ({report.when})", file=sys.__stdout__, flush=True)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report):
        """Leave out the letter of each test: it would stand before the next line that tells something."""
        category, _, word = yield
        return category, "", word

    def pytest_sessionfinish(self):
        self.progress.over.set()
        if self.progress.total:
            self.progress.save()
