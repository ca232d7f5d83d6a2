"""Pytest plugin: keep the browser's verdict on a page or deck, as long as all that its tests saw stays the same.

A group of tests (see `tools.sharing`) is kept when all of it passed. What it saw is what the site's server gave out
meanwhile, each file with its sha256, and each that was missing. The key holds the rest: the tests' own code, the
notebooks and the exports that they read, the installed versions, the browser. A kept group is deselected and counted as
kept.
"""

import hashlib
import json
from functools import cache, partial
from http.server import ThreadingHTTPServer
from urllib.parse import unquote, urlparse

import pytest

from tools.content_key import dependencies, file_digest, installed_versions, machine
from tools.environment import browser_version
from tools.project import EXECUTED, NOTEBOOKS, ROOT, SITE
from tools.serve import Handler
from tools.sharing import group_of
from tools.store import Store, note_use

served = set()  # paths below the site that were asked for since the group began


class RecordingHandler(Handler):
    """Serves the site and notes what was asked for."""

    def translate_path(self, path):
        """Note a request's path, and return the file that it means."""
        served.add(unquote(urlparse(path).path).lstrip("/"))
        return super().translate_path(path)


def recording_server():
    """Return a server of the site that notes what it is asked for."""
    return ThreadingHTTPServer(("127.0.0.1", 0), partial(RecordingHandler, directory=str(SITE)))


def digests(paths):
    """Return path to sha256 for files of the site; None for what is not there."""
    return {path: _digest(SITE / path) for path in sorted(paths)}


@cache
def _digest(file):
    file = file / "index.html" if file.is_dir() else file
    return file_digest(file) if file.is_file() else None


@cache
def common_facts():
    """Return what every verdict depends on: the tests' code, the packages, the machine, the browser."""
    code = [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests/site").rglob("*.py"), ROOT / "tools/serve.py"]
    code += [ROOT / "tools/verdicts.py", ROOT / "tools/project.py", ROOT / "book/package-lock.json", ROOT / "_toc.yml"]
    code += [ROOT / "_config.yml"]
    files = {str(path.relative_to(ROOT)): file_digest(path) for path in sorted(code)}
    return json.dumps([files, installed_versions(), machine(), browser_version()])


def key_of_group(name, nodeids):
    """Return the key of a group: its tests, what all tests depend on, and the lecture that it names, else all."""
    stems = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    named = [stem for stem in stems if all(stem in nodeid for nodeid in nodeids)] or stems
    lectures = {
        stem: [_digest(NOTEBOOKS / f"{stem}.ipynb"), _digest(EXECUTED / stem / "live/manifest.json")] for stem in named
    }
    tests = [path for path in {ROOT / nodeid.partition("::")[0] for nodeid in nodeids} if path.is_file()]
    imported = dependencies(name, [path.read_text(encoding="utf-8") for path in tests])  # a test may compare with utils
    compared = {str(path.relative_to(ROOT)): _digest(path) for path in sorted(imported)}
    facts = json.dumps(["verdict", name, sorted(nodeids), lectures, compared, common_facts()])
    return hashlib.sha256(facts.encode()).hexdigest()


def pytest_configure(config):
    config.pluginmanager.register(Verdicts(Store.default()), "dlia-verdicts")


class Verdicts:
    """The hooks of one process.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store):
        self.store = store
        self.groups = {}
        self.current, self.passed = None, {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        groups = {}
        for item in items:
            if item.nodeid.startswith("tests/site/"):
                groups.setdefault(group_of(item.nodeid), []).append(item)
        kept = set()
        for name, members in groups.items():
            if not all("site" in item.fixturenames for item in members):
                continue  # it looks at more than what the server gives out
            key = key_of_group(name, [item.nodeid for item in members])
            record = self.store.fetch_record(key)
            if record and digests(record[0]) == record[0]:
                kept |= set(members)
                note_use("browser's verdicts", name, made=record[1])
            else:
                self.groups[name] = (key, len(members))
        if kept:
            config.hook.pytest_deselected(items=list(kept))
            items[:] = [item for item in items if item not in kept]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        if group_of(item.nodeid) != self.current:
            served.clear()
            self.current = group_of(item.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        name = group_of(item.nodeid)
        if name in self.groups and report.when == "teardown":
            self.passed.setdefault(name, []).append(report.passed and getattr(item, "dlia_passed", False))
            key, count = self.groups[name]
            if len(self.passed[name]) == count and all(self.passed[name]):
                made = self.store.keep_record(key, digests(served))
                note_use("browser's verdicts", name, made=made)
        elif report.when == "call":
            item.dlia_passed = report.passed
        return report
