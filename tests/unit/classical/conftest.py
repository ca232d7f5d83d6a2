"""What the tests of classical share."""

import numpy as np
import pytest

from utils.pictures.photographs import load_photograph


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def photo():
    return load_photograph("cat", gray=True, size=(160, 240)).pixels
