"""Demos and figures that are alive on a page and in a kernel."""

from utils.live.explored import explore
from utils.live.widget import demo

__all__ = ["demo", "explore"]
