"""What the tests of pictures share."""

import pytest

from utils.pictures import outlined


@pytest.fixture(scope="module")
def pieces():
    return outlined.mosaic()
