"""The listing of `python -m utils.data`: what is there, from where, how large, under what licence, is it whole?"""

from dataclasses import dataclass
from functools import partial

from utils.data import downloads
from utils.data.packaged import packaged_files, read_packaged
from utils.data.sets import SOURCES
from utils.data.shipped import read_shipped, shipped_path, shipped_tables
from utils.storage import DataError, MissingError, data_folder


@dataclass(frozen=True)
class Item:
    """One set or file of the listing.

    Attributes
    ----------
    name, licence, origin : str
    megabytes : float
    check : callable
        Raises `DataError` if it is damaged, `MissingError` if it is not there.
    optional : bool
        True if nothing is wrong where it is missing.
    """

    name: str
    licence: str
    origin: str
    megabytes: float
    check: callable
    optional: bool = False


def items():
    """Return all that the book's data layer knows.

    Returns
    -------
    list of Item
    """
    return [*_shipped(), *_packaged(), *_fetched()]


def _shipped():
    for name, table in shipped_tables().items():
        for file in table["files"]:
            path = shipped_path(name, file)
            megabytes = path.stat().st_size / 1e6 if path.is_file() else 0
            origin = f"ships with the book; made by `{table['made_by']}`"
            yield Item(path.stem, table["licence"], origin, megabytes, partial(read_shipped, name, file))


def _packaged():
    table = packaged_files()
    files = {name: table[name] for name in ("digits", "faces", "efficientnet_lite0")}
    files |= {f"stereo, {side}": table["stereo"] | table["stereo"][side] for side in ("left", "right", "disparity")}
    files |= {f"{kind} {name}": file for kind in ("photograph", "cascade") for name, file in table[kind].items()}
    for name, file in files.items():
        origin = f"{file['package']}; {file['credit']}"
        yield Item(name, file["licence"], origin, file["bytes"] / 1e6, partial(read_packaged, file))


def _fetched():
    whole = downloads.FASHION_MNIST
    debian = downloads.DEBIAN_FASHION_MNIST
    check = partial(downloads.read_fashion_mnist, "train") if debian.is_dir() else partial(whole.check, data_folder())
    origin = debian if debian.is_dir() else SOURCES["fashion_mnist"].url
    yield Item("fashion_mnist, full", SOURCES["fashion_mnist"].licence, origin, whole.megabytes, check, optional=True)
    for name, source in SOURCES.items():
        if source.optional:
            check = partial(source.download.check, data_folder())
            yield Item(name, source.licence, source.url, source.download.megabytes, check, optional=True)


def state_of(item):
    """Say whether an item is whole.

    Parameters
    ----------
    item : Item

    Returns
    -------
    state : {"whole", "not here", "MISSING", "DAMAGED"}
    problem : str
        What is wrong and what to do; empty where nothing is.
    """
    try:
        item.check()
    except MissingError as error:
        return ("not here", "") if item.optional else ("MISSING", str(error))
    except DataError as error:
        return "DAMAGED", str(error)
    return "whole", ""


def main():
    """Print the listing.

    Returns
    -------
    int
        0 if all that should be there is there and whole, else 1.
    """
    listed, problems = items(), []
    names, licences = (max(len(getattr(item, key)) for item in listed) for key in ("name", "licence"))
    for item in listed:
        state, problem = state_of(item)
        print(f"{item.name:{names}}  {state:8}  {item.megabytes:7.2f} MB  {item.licence:{licences}}  {item.origin}")
        problems += [problem] if problem else []
    print(f"\nWhat is not here can be fetched into {data_folder()} (DLIA_DATA): load_images(NAME, download=True).")
    for problem in problems:
        print(f"PROBLEM: {problem}")
    print(f"{len(listed)} sets and files, {len(problems)} of them missing or damaged")
    return int(bool(problems))
