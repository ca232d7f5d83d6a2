"""Run a lecture changed on purpose: with another seed, or sabotaged, to see that its claims hold, or fall.

python -m tools.variants seeds [STEM ...]       every claim must hold for the seeds 0 to 4
python -m tools.variants sabotage [STEM ...]    every sabotage must turn the lecture red
"""

import sys
import tempfile
from pathlib import Path

import nbformat

from tools.execute import run_nbmake, threads_each
from tools.project import StepError, lectures

SEEDS = range(5)

# inserted right after the set-up cell
SABOTAGES = {
    "learning rate zero": """
import torch
_construct = torch.optim.Optimizer.__init__
def _frozen(self, params, defaults):
    params = [{**group, "lr": 0.0} if isinstance(group, dict) else group for group in params]
    _construct(self, params, {**defaults, "lr": 0.0})
torch.optim.Optimizer.__init__ = _frozen
""",
    "labels shuffled": """
import dataclasses, torch, utils.data
_load = utils.data.load_images
def _shuffled(*args, **kwargs):
    loaded = _load(*args, **kwargs)
    if loaded.split != "train":
        return loaded
    order = torch.randperm(len(loaded), generator=torch.Generator().manual_seed(1))
    return dataclasses.replace(loaded, labels=loaded.labels[order])
utils.data.load_images = _shuffled
load_images = _shuffled
""",
}


def with_seed(notebook, seed):
    """Return a copy of a notebook that seeds itself with `seed`."""
    copy = nbformat.from_dict(notebook)
    setup = _setup_cell(copy)
    if "seed_everything(0)" not in setup.source:
        raise StepError("the set-up cell does not call seed_everything(0), so its seed cannot be changed")
    setup.source = setup.source.replace("seed_everything(0)", f"seed_everything({seed})")
    return copy


def sabotaged(notebook, code):
    """Return a copy of a notebook with `code` run right after its set-up cell."""
    copy = nbformat.from_dict(notebook)
    copy.cells.insert(copy.cells.index(_setup_cell(copy)) + 1, nbformat.v4.new_code_cell(code))
    return copy


def run_copy(notebook, name, threads=None):
    """Execute a notebook object; return its seconds. Raises StepError if it fails."""
    with tempfile.TemporaryDirectory(prefix="dlia-") as folder:
        path, live = Path(folder) / "notebook.ipynb", Path(folder) / "live"
        live.mkdir()
        nbformat.write(notebook, path)
        return run_nbmake(path, live=live, threads=threads or threads_each(), name=name)[0]


def _setup_cell(notebook):
    return next(cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", []))


def main():
    kind, stems = (sys.argv[1:2] or ["seeds"])[0], sys.argv[2:]
    bad = 0
    for path in [path for path in lectures() if not stems or path.stem in stems]:
        notebook = nbformat.read(path, as_version=4)
        if kind == "seeds":
            variants = {f"seed {seed}": with_seed(notebook, seed) for seed in SEEDS}
        else:
            variants = {name: sabotaged(notebook, code) for name, code in SABOTAGES.items()}
        for name, variant in variants.items():
            try:
                outcome = f"passed in {run_copy(variant, path.stem):.0f} s"
                bad += kind == "sabotage"
            except StepError as error:
                outcome = "failed: " + str(error).splitlines()[0]
                bad += kind == "seeds"
            print(f"{kind}: {path.stem}, {name}: {outcome}", flush=True)
    if bad:
        sys.exit(f"{kind}: {bad} variants did not come out as they should")
    print(f"{kind}: every variant came out as it should")


if __name__ == "__main__":
    main()
