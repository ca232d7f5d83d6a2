import ctypes
import platform
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from utils.runtime import import_torchvision, keep_freed_memory, pick_device, publishing, seed_everything


def draw():
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_a_seed_repeats_every_source_of_chance():
    seed_everything(7)
    first = draw()
    seed_everything(7)
    assert draw() == first
    seed_everything(8)
    assert all(mine != other for mine, other in zip(draw(), first, strict=True))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_named(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}; expected a whole number from 0 to"):
        seed_everything(seed)


def test_the_device_is_one_that_computes():
    device = pick_device()
    assert torch.ones(3, device=device).sum().item() == 3


def test_a_card_that_fails_is_not_picked(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def broken(*args, **kwargs):
        raise RuntimeError("no kernel image is available for execution on the device")

    monkeypatch.setattr(torch, "ones", broken)
    assert pick_device() == torch.device("cpu")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_memory_of_freed_tensors_is_used_again():
    done = run_python(
        "import resource, torch\n"
        "from utils.runtime import keep_freed_memory\n"
        "assert keep_freed_memory()\n"
        "def step():\n"
        "    return [torch.ones(1_000_000) for _ in range(5)]\n"  # 20 MB, more than is kept by default
        "for _ in range(10): step()\n"  # until the kept memory is large enough
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(5): step()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )
    assert int(done.stdout) < 1000, done.stderr  # pages of 4 kB: without the setting 25,000


def test_elsewhere_memory_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_freed_memory()


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.slow
def test_torchvision_works_after_the_import():
    done = run_python(
        "from utils.runtime import import_torchvision; import_torchvision()\n"
        "import torch\n"
        "from torchvision import models\n"
        "from torchvision.transforms import v2\n"
        "assert models.resnet18().eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)\n"
        "assert v2.functional.horizontal_flip(torch.tensor([[1, 2]])).tolist() == [[2, 1]]\n"
    )
    assert done.returncode == 0, done.stderr


MISMATCH = """
import sys, types, importlib, torch
real = importlib.import_module
defined = []
torch.library.define = lambda name, schema: defined.append((name, schema))
def fake(name, *args):
    if name == "torchvision" and BROKEN and not defined:
        sys.modules["torchvision"] = types.ModuleType("half imported")
        raise RuntimeError("operator torchvision::nms does not exist")
    if name == "torchvision":
        return sys.modules.setdefault(name, types.ModuleType(name))
    return real(name, *args)
importlib.import_module = fake
from utils.runtime import import_torchvision
print(import_torchvision().__name__, [name for name, _ in defined])
"""


@pytest.mark.slow
def test_the_cure_declares_both_operators_where_they_are_missing():
    done = run_python("BROKEN = True\n" + MISMATCH)
    assert done.stdout.strip() == "torchvision ['torchvision::nms', 'torchvision::qnms']", done.stderr


@pytest.mark.slow
def test_the_cure_leaves_a_matching_pair_alone():
    done = run_python("BROKEN = False\n" + MISMATCH)
    assert done.stdout.strip() == "torchvision []", done.stderr


def test_another_failure_of_torchvision_is_passed_on(monkeypatch):
    import importlib

    def broken(name):
        raise RuntimeError("some other trouble")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(ImportError, match="torchvision does not import: some other trouble"):
        import_torchvision()


def test_publishing_follows_the_environment(monkeypatch):
    monkeypatch.delenv("DLIA_PUBLISH_DIR", raising=False)
    assert not publishing()
    monkeypatch.setenv("DLIA_PUBLISH_DIR", "/somewhere")
    assert publishing()
