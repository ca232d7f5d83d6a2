"""The store: what counts as the same result, what is damaged, who may share it, and what is said of it."""

import json
import multiprocessing
import os
import time

import pytest

from tools import store as store_module
from tools.content_key import content_key, dependencies, imported_modules, read_code
from tools.project import ROOT, StepError, lectures
from tools.store import Store, note_use, store_folder, summary

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv("FRESH", raising=False)
    return Store(tmp_path / "store", 10**9)


def folder_of(tmp_path, name, **files):
    folder = tmp_path / name
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return folder


def test_what_is_kept_comes_back_whole_in_another_folder(store, tmp_path):
    made = store.keep(KEY, folder_of(tmp_path, "run", **{"a.txt": "1", "live/b.bin": "2"}))
    assert store.fetch(KEY, tmp_path / "copy") == made
    assert (tmp_path / "copy/a.txt").read_text() == "1"
    assert (tmp_path / "copy/live/b.bin").read_text() == "2"
    assert store.fetch(OTHER, tmp_path / "other") is None
    assert not (tmp_path / "other").exists()


def test_a_record_comes_back_as_it_was(store):
    store.keep_record(KEY, {"outcome": "falls", "cpu_seconds": 3.5})
    assert store.fetch_record(KEY)[0] == {"outcome": "falls", "cpu_seconds": 3.5}
    assert store.fetch_record(OTHER) is None


def damage_bytes(entry):
    (entry / "content/a.txt").write_text("2")


def damage_by_loss(entry):
    (entry / "content/a.txt").unlink()


def damage_by_addition(entry):
    (entry / "content/c.txt").write_text("left over")


def damage_index(entry):
    (entry / "index.json").write_text((entry / "index.json").read_text()[:20])


def damage_by_no_index(entry):
    (entry / "index.json").unlink()


@pytest.mark.parametrize("damage", [damage_bytes, damage_by_loss, damage_by_addition, damage_index, damage_by_no_index])
def test_a_damaged_or_half_written_entry_counts_as_missing_and_goes(store, tmp_path, damage):
    store.keep(KEY, folder_of(tmp_path, "run", **{"a.txt": "1"}))
    damage(store.folder / KEY)
    assert store.fetch(KEY, tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()
    assert not (store.folder / KEY).exists()
    store.keep(KEY, tmp_path / "run")
    assert store.fetch(KEY, tmp_path / "copy")


def test_fresh_reads_only_what_this_command_made_and_that_takes_the_place(store, tmp_path, monkeypatch):
    store.keep(KEY, folder_of(tmp_path, "old", **{"a.txt": "old"}))
    monkeypatch.setenv("FRESH", "1")
    monkeypatch.setattr(store_module, "BEGAN", store_module.now())
    assert store.fetch(KEY, tmp_path / "copy") is None
    store.keep(KEY, folder_of(tmp_path, "new", **{"a.txt": "new"}))
    assert store.fetch(KEY, tmp_path / "copy")
    assert (tmp_path / "copy/a.txt").read_text() == "new"


def test_what_was_not_used_for_longest_goes_first(tmp_path, monkeypatch):
    monkeypatch.delenv("FRESH", raising=False)
    store = Store(tmp_path / "store", 2500)
    run = folder_of(tmp_path, "run", **{"a.bin": "x" * 700})
    for age, key in ((300, "1" * 64), (200, "2" * 64)):
        store.keep(key, run)
        os.utime(store.folder / key, (time.time() - age,) * 2)
    assert store.fetch("1" * 64, tmp_path / "copy")  # the older one was used just now
    store.keep("3" * 64, run)
    assert {path.name[0] for path, _, _ in store.entries()} == {"1", "3"}


def keep_many(folder, text, done):
    store = Store(folder, 10**9)
    source = folder.parent / f"source-{text}"
    source.mkdir()
    (source / "a.txt").write_text(text * 50_000)
    for _ in range(25):
        store.keep(KEY, source)
    done.put(text)


def test_two_processes_may_keep_the_same_result_at_once_while_a_third_reads(store, tmp_path):
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    writers = [context.Process(target=keep_many, args=(store.folder, text, done)) for text in "xy"]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if store.fetch(KEY, tmp_path / "copy"):
            seen.add((tmp_path / "copy/a.txt").read_text())
    for writer in writers:
        writer.join()
    assert {done.get(timeout=5), done.get(timeout=5)} == {"x", "y"}
    assert seen <= {"x" * 50_000, "y" * 50_000}
    assert {path.name for path in store.folder.iterdir()} == {KEY, ".lock"}


def test_a_store_that_cannot_be_written_says_so_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StepError, match="could not be kept in .*Free some space, mend the permissions, .*DLIA_STORE"):
        Store(tmp_path / "file", 10).keep(KEY, folder_of(tmp_path, "run", a="1"))


@pytest.mark.parametrize("size", ["0", "-1", "much"])
def test_a_size_that_is_none_is_refused(monkeypatch, size):
    monkeypatch.setenv("DLIA_STORE_GB", size)
    with pytest.raises(StepError, match="expected a positive number of gigabytes"):
        Store.default()


def test_the_store_lies_where_the_environment_says(monkeypatch, tmp_path):
    for name in ("DLIA_STORE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store_folder() == tmp_path / ".cache/dlia/store"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert store_folder() == tmp_path / ".cache/dlia/store"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert store_folder() == tmp_path / "cache/dlia/store"
    monkeypatch.setenv("DLIA_STORE", "~/elsewhere")
    assert store_folder() == tmp_path / "elsewhere"


def test_a_command_ends_by_saying_what_was_kept_and_what_was_made(monkeypatch, tmp_path):
    monkeypatch.setattr(store_module, "USES", tmp_path / "uses.jsonl")
    assert summary() == "results: none was asked for"
    note_use("lectures", "08", made="2026-01-01T00:00:00+00:00")
    note_use("lectures", "12", made="2126-01-01T00:00:00+00:00")
    note_use("lectures", "12", made="2126-01-01T00:00:00+00:00")  # used again: made by this command all the same
    note_use("variants", "12, seed 1", made="2026-02-01T00:00:00+00:00")
    assert summary().startswith("results: lectures 1 kept, 1 made; variants 1 kept, 0 made; the oldest, 08, is ")
    assert summary().endswith(" days old")


# ---------------------------------------------------------------------------------------------- the key


FILES = {
    "utils/__init__.py": "",
    "utils/nets/__init__.py": "from utils.base import VALUE\n",
    "utils/nets/cnn.py": "from . import blocks\nfrom ..tables import TABLE\n",
    "utils/nets/blocks.py": "SIZE = 3\n",
    "utils/base.py": "VALUE = 2\n",
    "utils/tables.py": 'TABLE = "sets/table.json"\n',
    "utils/course/__init__.py": "from utils.course.exercises import check\n",
    "utils/course/exercises.py": "def check(): pass\n",
    "utils/unused.py": "",
    "utils/checks/__init__.py": "",
    "utils/checks/subject.py": "from utils.judging import judge\n",
    "utils/judging.py": "def judge(): pass\n",
    "utils/assets/sets/table.json": '{"file": "data.npz"}',
    "utils/assets/sets/data.npz": "numbers",
    "utils/assets/quizzes/01_subject.toml": "",
    "utils/assets/quizzes/02_other.toml": "",
    "book/live/demos/pad.js": "",
    "requirements.txt": "torch\n",
    "requirements-build.txt": "nbmake\n",
    "constraints.txt": "torch==2.13.0\n",
}
CODE = "from utils.nets.cnn import SIZE\nfrom utils.course import check"


@pytest.fixture
def book(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    write(tmp_path, CODE)
    return tmp_path


def write(book, code, prose="# Subject"):
    cells = [{"cell_type": "markdown", "source": prose}, {"cell_type": "code", "source": code}]
    (book / "01_subject.ipynb").write_text(json.dumps({"cells": cells}))


def key(book):
    return content_key(book / "01_subject.ipynb", book)


IRRELEVANT = {"utils/unused.py", "utils/assets/quizzes/02_other.toml", "book/live/demos/pad.js"}


@pytest.mark.parametrize("name", FILES)
def test_a_change_of_a_file_changes_the_key_exactly_where_the_lecture_needs_it(book, name):
    before = key(book)
    (book / name).write_text(FILES[name] + "\n")
    assert (key(book) == before) == (name in IRRELEVANT)


def test_prose_is_not_in_the_key_and_code_is(book):
    before = key(book)
    write(book, CODE, prose="# Another title")
    assert key(book) == before
    write(book, CODE + "\n")
    assert key(book) != before


def test_a_demo_that_comes_is_in_the_key_of_the_lecture_that_names_it(book):
    demo = book / "book/live/demos/new_demo.js"
    before = key(book)
    demo.touch()
    assert key(book) == before, "another lecture's demo"
    write(book, CODE + '\ndemo("new_demo", id="a", alt="b")')
    there = key(book)
    demo.unlink()
    assert key(book) != there


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("installed_versions", lambda: ["torch==2.12.0"]),
        ("machine", lambda: ["3.12.1", "Linux", "aarch64"]),
        ("RUNNER", ROOT / "tools" / "merge.py"),
    ],
)
def test_what_is_installed_the_machine_and_the_runner_are_in_the_key(book, monkeypatch, place, value):
    before = key(book)
    monkeypatch.setattr(f"tools.content_key.{place}", value)
    assert key(book) != before


@pytest.mark.parametrize(
    ("code", "package", "expected"),
    [
        ("import utils.a.b", "", {"utils.a.b"}),
        ("from utils.a import b", "", {"utils.a", "utils.a.b"}),
        ("from . import b", "utils.a", {"utils.a", "utils.a.b"}),
        ("from .b import c", "utils.a", {"utils.a.b", "utils.a.b.c"}),
        ("from ..b import c", "utils.a", {"utils.b", "utils.b.c"}),
        ("def f():\n    import utils.x\nimport torch, utilsother", "", {"utils.x"}),
    ],
)
def test_imports_of_every_form_are_followed(code, package, expected):
    assert imported_modules(code, package) == expected


@pytest.mark.parametrize("path", lectures(), ids=[path.stem for path in lectures()])
def test_a_lectures_own_checkers_and_questions_are_in_its_key_and_no_others(path):
    needed = {file.relative_to(ROOT).as_posix() for file in dependencies(path.stem, read_code(path))}
    subject = path.stem.partition("_")[2]
    checks = {name for name in needed if name.startswith("utils/checks/") and not name.endswith("__init__.py")}
    assert checks == {f"utils/checks/{subject}.py"}
    assert {name for name in needed if "/quizzes/" in name} == {f"utils/assets/quizzes/{path.stem}.toml"}
