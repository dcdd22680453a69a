"""The API over a fresh installation, with a frozen clock and counted randomness."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from driver import Api


@pytest.fixture
def api(fresh_store: Path, tmp_path: Path) -> Iterator[Api]:
    """Give the operations of an empty installation."""
    api = Api(shutil.copytree(fresh_store, tmp_path / "data"))
    api.db.execute("PRAGMA synchronous = OFF")
    yield api
    api.close()
