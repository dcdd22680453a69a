"""The API over a fresh installation, with a frozen clock and counted randomness."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driver import Api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Give the operations of an empty installation."""
    api = Api(tmp_path / "data")
    yield api
    api.close()
