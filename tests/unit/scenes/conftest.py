"""What the tests of scenes share."""

import pytest

from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes


@pytest.fixture(scope="module")
def hard():
    """Scenes with all that makes them hard, painted."""
    return paint(random_scenes(80, seed=7, difficulty=1, n_items=(2, 6)))
