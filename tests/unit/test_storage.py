"""utils.storage: what is damaged is never read, what is written is whole, what is fetched is fetched once."""

import errno
import hashlib
import os
import subprocess
import sys
import threading
import time

import pytest

from tools.project import ROOT
from utils.storage import DataError, MissingError, check_file, data_folder, ensure_fetched, read_checked, write_whole

CONTENT = bytes(range(256)) * 8000  # 2 MB: more than one block
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pixels.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("check", [read_checked, check_file])
def test_a_whole_file_passes(file, check):
    assert check(file, CHECKSUM) in (CONTENT, None)


@pytest.mark.parametrize("check", [read_checked, check_file])
@pytest.mark.parametrize("damage", ["truncated", "one bit", "longer", "empty"])
def test_a_damaged_file_is_named_and_never_returned(file, check, damage):
    content = bytearray(CONTENT)
    if damage == "one bit":
        content[1_500_000] ^= 4
    new = {"truncated": content[:-1], "one bit": content, "longer": content + b"x", "empty": b""}[damage]
    file.write_bytes(new)
    with pytest.raises(DataError, match=r"pixels\.bin is damaged.*expected " + CHECKSUM[:12]):
        check(file, CHECKSUM)


@pytest.mark.parametrize("check", [read_checked, check_file])
def test_a_missing_file_is_another_error_than_a_damaged_one(tmp_path, check):
    with pytest.raises(MissingError, match="absent.bin is missing"):
        check(tmp_path / "absent.bin", CHECKSUM)
    with pytest.raises(DataError, match="cannot be read"):
        check(tmp_path, CHECKSUM)


def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    target = tmp_path / "table.json"
    write_whole(target, b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.json"]


def test_the_data_folder_is_a_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("DLIA_DATA", raising=False)
    assert data_folder() == tmp_path / "dlia"
    monkeypatch.setenv("DLIA_DATA", str(tmp_path / "mine"))
    assert data_folder() == tmp_path / "mine"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DLIA_DATA", "~/mine")
    assert data_folder() == tmp_path / "mine"
    monkeypatch.setenv("DLIA_DATA", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert data_folder() == tmp_path / ".cache" / "dlia"


def test_where_no_home_is_known_the_setting_is_enough(monkeypatch, tmp_path):
    for name in ("HOME", "XDG_CACHE_HOME", "DLIA_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # an unknown user
    with pytest.raises(DataError, match="no home folder is known .*set DLIA_DATA to a folder"):
        data_folder()
    monkeypatch.setenv("DLIA_DATA", str(tmp_path))
    assert data_folder() == tmp_path


# ------------------------------------------------------------------------------------------------- fetching


class Set:
    """A set of two files that can be fetched, in as many ways as a test needs."""

    def __init__(self, root, *, before=None, sends=CONTENT):
        self.root, self.before, self.sends, self.fetched = root, before, sends, 0

    def check(self, folder):
        for name in ("a.bin", "sub/b.bin"):
            check_file(folder / name, CHECKSUM)

    def fetch(self, folder):
        self.fetched += 1
        (folder / "sub").mkdir()
        (folder / "a.bin").write_bytes(self.sends)
        if self.before:
            self.before()
        (folder / "sub" / "b.bin").write_bytes(self.sends)

    def ensure(self):
        ensure_fetched(self.root, check=self.check, fetch=self.fetch, title="The set", megabytes=4)


def files_under(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


WHOLE = [".fetching.lock", "a.bin", "sub/b.bin"]


def test_a_missing_set_is_fetched_once_and_its_size_told_first(tmp_path, capsys):
    wanted = Set(tmp_path / "cache")
    wanted.ensure()
    wanted.ensure()
    assert wanted.fetched == 1
    assert files_under(tmp_path / "cache") == WHOLE
    assert "The set" in (told := capsys.readouterr().out)
    assert "Fetching 4 MB into" in told


@pytest.mark.parametrize("damage", ["truncated", "one bit", "missing"])
def test_damage_is_named_and_healed_and_strangers_are_left_alone(tmp_path, damage, capsys):
    wanted = Set(tmp_path)
    wanted.ensure()
    (tmp_path / "mine.txt").write_text("not the book's")
    hurt = tmp_path / "sub" / "b.bin"
    if damage == "missing":
        hurt.unlink()
    else:
        hurt.write_bytes(CONTENT[:100] if damage == "truncated" else b"\1" + CONTENT[1:])
    capsys.readouterr()
    wanted.ensure()
    assert wanted.fetched == 2
    wanted.check(tmp_path)
    assert "b.bin is " in capsys.readouterr().out
    assert files_under(tmp_path) == [*WHOLE[:2], "mine.txt", WHOLE[2]]


def test_a_login_page_is_refused_and_nothing_is_kept(tmp_path):
    wanted = Set(tmp_path, sends=b"<html>Please log in</html>")
    with pytest.raises(DataError, match="not what was published.*login page"):
        wanted.ensure()
    assert files_under(tmp_path) == [".fetching.lock"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full. Free 8 MB, or set DLIA_DATA"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be written .*Set DLIA_DATA"),
        (OSError(errno.EROFS, "Read-only file system"), "cannot be written .*Set DLIA_DATA"),
        (
            OSError("<urlopen error [Errno -2] Name or service not known>"),
            "Name or service not known.*Is there a network",
        ),
        (RuntimeError("File not found or corrupted."), "corrupted.*Is there a network"),
    ],
)
def test_what_stops_a_download_is_told_with_its_remedy_and_nothing_is_kept(tmp_path, error, message):
    def stop():
        raise error

    with pytest.raises(DataError, match=message):
        Set(tmp_path, before=stop).ensure()
    assert files_under(tmp_path) == [".fetching.lock"]


def test_a_failed_repair_leaves_what_was_there(tmp_path):
    Set(tmp_path).ensure()
    (tmp_path / "sub" / "b.bin").write_bytes(b"damaged")

    def stop():
        raise OSError("no network")

    with pytest.raises(DataError, match="no network"):
        Set(tmp_path, before=stop).ensure()
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_an_interrupted_download_leaves_nothing(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Set(tmp_path, before=interrupt).ensure()
    assert files_under(tmp_path) == [".fetching.lock"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written .*Set DLIA_DATA"):
        Set(tmp_path / "file" / "cache").ensure()


def test_two_that_ask_at_once_fetch_once(tmp_path):
    wanted = Set(tmp_path, before=lambda: time.sleep(0.3))
    threads = [threading.Thread(target=wanted.ensure) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wanted.fetched == 1
    wanted.check(tmp_path)


# ------------------------------------------------------------------ with real processes and real file systems

SCRIPT = """
import hashlib, sys, time
from pathlib import Path
from utils.storage import DataError, check_file, ensure_fetched

root, seconds = Path(sys.argv[1]), float(sys.argv[2])
content = bytes(range(256)) * 8000

def check(folder):
    check_file(folder / "a.bin", hashlib.sha256(content).hexdigest())

def fetch(folder):
    with (folder / "a.bin").open("wb") as file:
        file.write(content[:1000])
        file.flush()
        print("half", flush=True)
        time.sleep(seconds)
        file.write(content[1000:])

try:
    ensure_fetched(root, check=check, fetch=fetch, title="The set", megabytes=2)
    check(root)
    print("whole")
except DataError as error:
    print("DataError:", error)
"""


def start(root, seconds=0.0, before=()):
    command = [*before, sys.executable, "-c", SCRIPT, str(root), str(seconds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once_fetch_once(tmp_path):
    outputs = [process.communicate(timeout=60)[0] for process in [start(tmp_path, 1), start(tmp_path, 1)]]
    assert [output.splitlines()[-1] for output in outputs] == ["whole", "whole"]
    assert sum("half" in output for output in outputs) == 1


def test_after_a_process_was_killed_the_next_one_clears_up_and_fetches(tmp_path):
    killed = start(tmp_path, 60)
    while killed.stdout.readline().strip() != "half":
        pass
    killed.kill()
    killed.wait()
    assert [path.name for path in tmp_path.glob(".fetching-*/a.bin")] == ["a.bin"]
    assert start(tmp_path).communicate(timeout=60)[0].splitlines()[-1] == "whole"
    assert files_under(tmp_path) == [".fetching.lock", "a.bin"]


def in_own_mounts(mount, folder):
    """Run a command in a mount namespace of its own, where `folder` is a file system of the test's choosing."""
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{mount} "$0" && exec "$@"', str(folder)]


@pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces are Linux's; the errors are simulated above")
@pytest.mark.parametrize(
    ("mount", "message"),
    [
        ("mount -t tmpfs -o size=200k tmpfs", "the disk is full. Free 4 MB"),
        ("mount -t tmpfs -o ro tmpfs", "the folder cannot be written"),
    ],
)
def test_a_disk_that_is_really_full_or_read_only(tmp_path, mount, message):
    before = in_own_mounts(mount, tmp_path)
    if subprocess.run([*before, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount; the errors are simulated above")
    output, errors = start(tmp_path, before=before).communicate(timeout=60)
    assert message in output.splitlines()[-1], errors


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix permissions")
def test_a_whole_set_in_a_read_only_folder_is_used(tmp_path):
    wanted = Set(tmp_path)
    wanted.ensure()
    (tmp_path / ".fetching.lock").unlink()
    tmp_path.chmod(0o555)
    try:
        wanted.ensure()
    finally:
        tmp_path.chmod(0o755)
    assert wanted.fetched == 1
    assert files_under(tmp_path) == WHOLE[1:]
