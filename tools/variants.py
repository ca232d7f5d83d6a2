"""Run a lecture changed on purpose: with another seed, or sabotaged, to see that its claims hold, or fall.

python -m tools.variants seeds [STEM ...]       every claim must hold for the seeds 0 to 4
python -m tools.variants sabotage [STEM ...]    every sabotage must turn a lecture red that trains something
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import nbformat

from tools.content_key import key_of_code
from tools.execute import stoppable_pool, tell_until_done
from tools.project import StepError, choose_lectures
from tools.run_notebook import CellError, run_nbmake
from tools.store import Store, forget_uses, note_use, summary

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
import dataclasses, torch, utils.data, utils.data.sets, utils.scenes.render
def _orders(n):
    return torch.randperm(n, generator=torch.Generator().manual_seed(1))
_load = utils.data.load_images
def _shuffled(*args, **kwargs):
    loaded = _load(*args, **kwargs)
    if loaded.split != "train":
        return loaded
    return dataclasses.replace(loaded, labels=loaded.labels[_orders(len(loaded))])
utils.data.load_images = utils.data.sets.load_images = _shuffled
load_images = _shuffled
_paint = utils.scenes.render.paint
def _painted(scenes):
    painted = _paint(scenes)
    if painted.scenes[0].split != "train":
        return painted
    return dataclasses.replace(painted, images=painted.images[_orders(len(painted))])
utils.scenes.render.paint = paint = _painted
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


def trains(path):
    """Tell whether a lecture's metadata say that it trains something, so that a sabotage has something to break."""
    return nbformat.read(path, as_version=4).metadata["dlia"]["trains"]


def seeds(notebook):
    """Return the lecture with each seed: name to notebook."""
    return {f"seed {seed}": with_seed(notebook, seed) for seed in SEEDS}


def sabotages(notebook):
    """Return the lecture with each sabotage: name to notebook."""
    return {name: sabotaged(notebook, code) for name, code in SABOTAGES.items()}


def run_variant(path, name, notebook, *, expected, stop=None, store=None):
    """Run a changed lecture, unless its outcome is kept; return the outcome.

    Nothing is exported for the website. Only an outcome that was expected is kept: another one is run again.

    Parameters
    ----------
    path : Path
        The committed lecture, whose checkers and questions count.
    name : str
        What was changed.
    notebook : NotebookNode
    expected : {"holds", "falls"}
        Whether every claim must hold, or one must fall.

    Returns
    -------
    dict
        ``outcome``: "holds", "falls" (an assertion failed), or "stops" (something else did); ``words``: what was said;
        ``seconds``, ``cpu_seconds`` and ``peak_mb``.
    """
    store = store or Store.default()
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    key = key_of_code(path.stem, ["# a variant", *code])
    kept = store.fetch_record(key)
    record, made = kept or (_run(path, notebook, stop), None)
    if not kept and record["outcome"] == expected:
        made = store.keep_record(key, record)
    if made:
        note_use("variants", f"{path.stem}, {name}", made=made)
    return record


def _run(path, notebook, stop):
    with tempfile.TemporaryDirectory(prefix="dlia-") as folder:
        copy = Path(folder) / "notebook.ipynb"
        nbformat.write(notebook, copy)
        try:
            cost = run_nbmake(copy, name=path.stem, stop=stop)
        except CellError as error:
            outcome = "falls" if error.kind == "AssertionError" else "stops"
            return {"outcome": outcome, "words": str(error), **error.cost.record()}
        return {"outcome": "holds", "words": f"{path.stem} passed", **cost.record()}


def _setup_cell(notebook):
    return next(cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", []))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["seeds", "sabotage"])
    parser.add_argument("stems", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    variants, expected = (seeds, "holds") if options.kind == "seeds" else (sabotages, "falls")

    def run(path, name, notebook, stop):
        record = run_variant(path, name, notebook, expected=expected, stop=stop)
        first = record["words"].splitlines()[0]
        print(
            f"{options.kind}: {path.stem}, {name}: {record['outcome']} ({record['cpu_seconds']:.0f} CPU s): {first}",
            flush=True,
        )
        return record["outcome"] == expected

    forget_uses()
    try:
        chosen = [path for path in choose_lectures(options.stems) if options.kind == "seeds" or trains(path)]
        with stoppable_pool(options.jobs) as (pool, stop):
            runs = {
                pool.submit(run, path, name, notebook, stop): f"{path.stem}, {name}"
                for path in chosen
                for name, notebook in variants(nbformat.read(path, as_version=4)).items()
            }
            tell_until_done(runs, what="variants")
        bad = [what for future, what in runs.items() if not future.result()]
    except StepError as error:
        sys.exit(str(error))
    if bad:
        sys.exit(f"{options.kind}: {len(bad)} variants did not come out as they should: {'; '.join(bad)}")
    print(f"{options.kind}: all {len(runs)} variants of {len(chosen)} lecture(s) came out as they should; {summary()}")


if __name__ == "__main__":
    main()
