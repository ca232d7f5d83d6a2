"""Results that outlive a checkout: a folder of entries, each named by the key of all that could change it.

The folder is ``DLIA_STORE``, else ``dlia/store`` in the user's cache. Any number of clones and processes share it. An
entry is written beside its place and moved there whole; whoever reads it checks every file's sha256, and what is
damaged counts as missing. With ``FRESH=1`` only what was made since the command began is used. When all entries
together exceed ``DLIA_STORE_GB`` (4), those that were not used for longest go.

    python -m tools.store    what is kept, how large and how old it is
"""

import datetime
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from tools.content_key import folder_digests
from tools.project import BUILD, StepError
from utils.storage import DataError, folder_named_by

USES = BUILD / "uses.jsonl"
INDEX, CONTENT = "index.json", "content"
DEFAULT_GB = 4


def store_folder():
    """Return the folder of kept results: ``DLIA_STORE`` if set, else in the user's cache."""
    try:
        return folder_named_by("DLIA_STORE", "store")
    except DataError as error:
        raise StepError(f"store: {error}") from error


def now():
    """Return the time as results are marked with it; such texts compare as the times do."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


BEGAN = os.environ.setdefault("DLIA_BEGAN", now())  # the processes that this one starts belong to the same command


def may_be_used(made):
    """Tell whether a result that was made at that time may be used; with ``FRESH=1`` only what this command made."""
    return os.environ.get("FRESH", "0") in ("", "0") or made >= BEGAN


@dataclass(frozen=True)
class Store:
    """The kept results in one folder.

    Attributes
    ----------
    folder : Path
    limit : int
        Bytes that all entries together may have.
    """

    folder: Path
    limit: int

    @classmethod
    def default(cls):
        """Return the store that the environment names.

        Raises
        ------
        StepError
            If ``DLIA_STORE_GB`` is no positive number.
        """
        given = os.environ.get("DLIA_STORE_GB") or DEFAULT_GB
        try:
            limit = int(float(given) * 1e9)
        except ValueError:
            limit = 0
        if limit <= 0:
            raise StepError(f"store: DLIA_STORE_GB is {given!r}; expected a positive number of gigabytes, such as 4")
        return cls(store_folder(), limit)

    def fetch(self, key, target):
        """Copy an entry to the folder `target`, which is made; return when it was made, or None if it is not kept.

        An entry that is not whole is removed.
        """
        entry = self.folder / key
        if not entry.is_dir():
            return None
        try:
            with self._lock():
                return self._fetch(entry, target)
        except OSError:
            return None  # a store that cannot be written; keeping a result there will say so

    def _fetch(self, entry, target):
        try:
            index = json.loads((entry / INDEX).read_text(encoding="utf-8"))
            if not may_be_used(index["made"]):
                return None
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(entry / CONTENT, target)
            whole, made = folder_digests(target) == index["files"], index["made"]
            os.utime(entry)
        except (OSError, ValueError, KeyError, TypeError, shutil.Error):
            whole = False
        if whole:
            return made
        shutil.rmtree(target, ignore_errors=True)
        shutil.rmtree(entry, ignore_errors=True)
        return None

    def keep(self, key, folder):
        """Keep a copy of `folder` under `key`, in place of what was there; return when it was made.

        Raises
        ------
        StepError
            If the store cannot be written.
        """
        made = now()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=".new-") as work:
                new, old = Path(work) / "new", Path(work) / "old"
                shutil.copytree(folder, new / CONTENT)
                index = {"made": made, "files": folder_digests(new / CONTENT)}
                (new / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
                with self._lock():
                    if (self.folder / key).exists():
                        os.replace(self.folder / key, old)
                    os.replace(new, self.folder / key)
        except (OSError, shutil.Error) as error:
            raise StepError(
                f"store: a result could not be kept in {self.folder}: {error}. Free some space, mend the permissions, "
                "or name another folder with DLIA_STORE"
            ) from error
        self.prune()
        return made

    def fetch_record(self, key):
        """Return (record, when it was made) of a kept JSON value, or None."""
        with tempfile.TemporaryDirectory(prefix="dlia-") as work:
            made = self.fetch(key, Path(work) / "entry")
            return made and (json.loads((Path(work) / "entry" / "record.json").read_text(encoding="utf-8")), made)

    def keep_record(self, key, record):
        """Keep a value that JSON can hold; return when it was made."""
        with tempfile.TemporaryDirectory(prefix="dlia-") as work:
            (Path(work) / "record.json").write_text(json.dumps(record), encoding="utf-8")
            return self.keep(key, work)

    def entries(self):
        """Return (path, bytes, last use in seconds since 1970) of each entry, the one used last first."""
        found = []
        for path in self.folder.glob("[!.]*"):
            try:
                size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
                found.append((path, size, path.stat().st_mtime))
            except OSError:
                continue  # another process has just removed it
        return sorted(found, key=lambda entry: -entry[2])

    def prune(self):
        """Remove the entries that were not used for longest, until the others fit the limit."""
        total = 0
        with self._lock():
            for path, size, _ in self.entries():
                total += size
                if total > self.limit:
                    shutil.rmtree(path, ignore_errors=True)

    def _lock(self):
        """Let one process at a time read, replace or remove entries."""
        return FileLock(self.folder / ".lock")


# ----------------------------------------------------------------- what was kept and what was made, told at the end


def note_use(kind, name, *, made):
    """Note that a result was used, for the summary at the end of a command; several processes may write."""
    USES.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"kind": kind, "name": name, "made": made})
    with USES.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def forget_uses():
    """Start counting anew."""
    USES.unlink(missing_ok=True)


def summary():
    """Say in a sentence how many results were kept and how many made, by kind, and how old the oldest is."""
    lines = USES.read_text(encoding="utf-8").splitlines() if USES.is_file() else []
    noted = {(use["kind"], use["name"]): use for use in map(json.loads, lines)}.values()
    if not noted:
        return "results: none was asked for"
    kinds = {}
    for use in noted:
        kept, made = kinds.get(use["kind"], (0, 0))
        before = use["made"] < BEGAN
        kinds[use["kind"]] = (kept + before, made + (not before))
    parts = [f"{kind} {kept} kept, {made} made" for kind, (kept, made) in kinds.items()]
    oldest = min(noted, key=lambda use: use["made"])
    return f"results: {'; '.join(parts)}; the oldest, {oldest['name']}, is {_age(oldest['made'])} old"


def _age(made):
    seconds = (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(made)).total_seconds()
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} seconds"


def main():
    store = Store.default()
    entries = store.entries()
    total = sum(size for _, size, _ in entries)
    print(f"store: {len(entries)} results in {store.folder}, {total / 1e9:.2f} of at most {store.limit / 1e9:g} GB")


if __name__ == "__main__":
    main()
