"""Where a notebook runs: seeds, the device and its memory, and a torchvision that imports everywhere."""

import contextlib
import ctypes
import importlib
import os
import random
import sys

import numpy as np
import torch


def seed_everything(seed=0):
    """Seed Python, NumPy and PyTorch, so that a second run repeats the first.

    Parameters
    ----------
    seed : int
        A whole number from 0 to 2**32 - 1.

    Raises
    ------
    ValueError
        If `seed` is outside the range that NumPy accepts.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed}; expected a whole number from 0 to {2**32 - 1}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def pick_device():
    """Return the CUDA device if one can really be used, else the CPU.

    Returns
    -------
    torch.device
        ``cuda`` only after a small sum on it gave the right answer: a driver that is too old, or a
        card this build does not support, shows itself here and not in the middle of a lecture.
    """
    if torch.cuda.is_available():
        try:
            if torch.ones(2, device="cuda").sum().item() == 2:
                return torch.device("cuda")
        except RuntimeError:
            pass
    keep_freed_memory()
    return torch.device("cpu")


def keep_freed_memory(megabytes=64):
    """Let this process reuse the memory of freed tensors, where the C library is that of Linux.

    By default glibc gives much of it back at the end of each training step and asks for it again in the next. Then the
    system hands it out page by page, which takes up to a quarter of the time that a small network needs.

    Parameters
    ----------
    megabytes : int
        Freed memory above this is still given back.

    Returns
    -------
    bool
        Whether it took effect. Elsewhere nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        # M_MMAP_THRESHOLD: up to 32 MB, the most it takes, a tensor comes from the kept memory; M_TRIM_THRESHOLD
        return bool(mallopt(-3, 32 * 2**20) and mallopt(-1, megabytes * 2**20))
    return False


@contextlib.contextmanager
def modes_restored(model):
    """Within this context the train or eval mode of a model may be set; afterwards each of its parts has its own again.

    Parameters
    ----------
    model : torch.nn.Module

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 2))
    >>> _ = model[0].eval()  # its statistics are to stay
    >>> with modes_restored(model):
    ...     _ = model.eval()
    >>> model.training, model[0].training
    (True, False)
    """
    modes = [(part, part.training) for part in model.modules()]
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def import_torchvision():
    """Import torchvision, also where its compiled part does not match the installed torch.

    The package index holds torchvision built for CUDA only. Beside a CPU build of torch its compiled
    operators do not load, and the import stops with ``operator torchvision::nms does not exist``.
    Declaring the two operators first lets the import finish. Models, transforms, data sets and the
    operators written in Python then work; the compiled ``nms`` and ``roi_align`` do not.

    Returns
    -------
    module
        The imported ``torchvision``.

    Raises
    ------
    ImportError
        If torchvision is not installed, or fails for another reason.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise ImportError(f"torchvision does not import: {error}") from error
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", schema)
    return importlib.import_module("torchvision")


def publishing():
    """Tell whether this notebook is being executed for the website.

    Returns
    -------
    bool
        True when the environment names a folder for the page's live models (``DLIA_PUBLISH_DIR``).
        Interactive controls are then written as files that need no kernel.
    """
    return bool(os.environ.get("DLIA_PUBLISH_DIR"))
