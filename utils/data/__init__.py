"""The sets and files that the lectures learn from: what ships, what packages carry, what can be fetched."""

from utils.data.sets import load_images

__all__ = ["load_images"]
