"""Training loops, by epochs and by steps, and networks that learn side by side."""

from utils.training.loop import evaluate, fit
from utils.training.steps import fit_steps

__all__ = ["evaluate", "fit", "fit_steps"]
