"""Files to rely on: written whole, checked before they are read, fetched by one process at a time."""

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path


class DataError(RuntimeError):
    """A file is missing, damaged or cannot be fetched; the message says which, and what to do."""


class MissingError(DataError):
    """The file is not there at all."""


def data_folder():
    """Return the folder for downloaded sets: ``DLIA_DATA`` if set, else in the user's cache.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If no home folder is known and ``DLIA_DATA`` is not set, or begins with it (``~``).
    """
    return folder_named_by("DLIA_DATA")


def folder_named_by(variable, *parts):
    """Return the folder that an environment variable names, else one in the user's cache.

    Parameters
    ----------
    variable : str
        May begin with ``~``; empty counts as not set.
    *parts : str
        Where in the book's part of the cache the folder lies by default.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    DataError
        If it lies in a home folder, and none is known.
    """
    chosen = os.environ.get(variable)
    try:
        folder = Path(chosen).expanduser() if chosen else user_cache_path("dlia").joinpath(*parts)
    except RuntimeError as error:
        raise DataError(f"no home folder is known to hold files; set {variable} to a folder") from error
    return folder.absolute()


def read_checked(path, checksum, *, remedy="remove it and ask again"):
    """Read a file whose content is known.

    Parameters
    ----------
    path : Path
    checksum : str
        The sha256 that its bytes must have, in hexadecimal.
    remedy : str
        What the reader of an error can do.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If the file is missing, cannot be read, or has another checksum.
    """
    with _trouble_told(path, f"; {remedy}"):
        content = Path(path).read_bytes()
        _compare(path, len(content), sha256(content), checksum, f"; {remedy}")
    return content


def check_file(path, checksum):
    """Check a file that is too large to hold in memory.

    Parameters
    ----------
    path : Path
    checksum : str
        The sha256 that its bytes must have, in hexadecimal.

    Raises
    ------
    DataError
        If the file is missing, cannot be read, or has another checksum.
    """
    with _trouble_told(path), Path(path).open("rb") as file:
        _compare(path, os.fstat(file.fileno()).st_size, file_digest(file, "sha256"), checksum)


@contextmanager
def _trouble_told(path, advice=""):
    try:
        yield
    except FileNotFoundError as error:
        raise MissingError(f"{path} is missing{advice}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}){advice}") from error


def _compare(path, size, digest, checksum, advice=""):
    found = digest.hexdigest()
    if found != checksum:
        raise DataError(f"{path} is damaged: {size} bytes with sha256 {found[:12]}…, expected {checksum[:12]}…{advice}")


def write_whole(path, content):
    """Write a file beside its place and move it there: nobody ever sees half of it.

    Parameters
    ----------
    path : Path
    content : bytes

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; what was there before is left as it was.
    """
    path, part = Path(path), None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            part = Path(file.name)
            file.write(content)
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        if part:
            part.unlink(missing_ok=True)
        raise


def ensure_fetched(root, *, check, fetch, title, megabytes):
    """Make sure that a folder holds a whole copy of a set; fetch it if it is missing or damaged.

    The set is fetched into a folder beside its place, checked there, and moved when it is whole. Of several processes
    that ask at once, one fetches and the others wait for it.

    Parameters
    ----------
    root : Path
        The folder that the set's files and folders are to lie in.
    check : callable
        ``check(folder)`` raises `DataError` if the set in `folder` is missing or damaged.
    fetch : callable
        ``fetch(folder)`` puts the set into an empty `folder`.
    title : str
        What the set is called.
    megabytes : float
        How much is to be downloaded, told before it begins.

    Raises
    ------
    DataError
        If it cannot be fetched or kept; what was there before, and was good, is untouched.
    """
    try:
        check(root)
    except DataError as problem:
        print(f"{title}: {problem}.\nFetching {megabytes:.0f} MB into {root} …", flush=True)
    else:
        return
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".fetching.lock"):
            _fetch_unless_there(root, check, fetch)
    except DataError as error:
        raise DataError(
            f"{title}: what came is not what was published ({error}). A login page or a proxy may have answered in its "
            "place; nothing was kept. Try again on another network."
        ) from error
    except Exception as error:  # whatever the library that fetches raises: tell the cause and the remedy
        raise DataError(f"{title} could not be fetched into {root}: {_cause(error, megabytes)}") from error


def _fetch_unless_there(root, check, fetch):
    try:
        check(root)  # by the process that held the lock before
    except DataError:
        for left in root.glob(".fetching-*"):  # by a process that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=root) as beside:
            fetch(Path(beside))
            check(Path(beside))
            for new in Path(beside).iterdir():
                _replace(new, root / new.name)


def _replace(new, old):
    if old.is_dir():
        shutil.rmtree(old)
    new.replace(old)


def _cause(error, megabytes):
    """Say in words what stopped a download, and what to do."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full. Free {2 * megabytes:.0f} MB, or set DLIA_DATA to a folder on another disk"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return f"the folder cannot be written ({error.strerror}). Set DLIA_DATA to a folder that can"
    told = " ".join(str(error).split()).rstrip(".")
    return (
        f"{told}. Is there a network, or does a login page answer in the server's place? "
        "What was fetched in part is removed; ask again when there is one"
    )
