"""An empty store, as the fixture `db`; one with a node that can report, as the fixture `store`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import open_store
from node_store import fresh_node_store, store
from patchwarden.store.database import Database

__all__ = ["fresh_node_store", "store"]


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a data directory to copy: to make each on its own waits for the disk."""
    directory = tmp_path_factory.mktemp("fresh_store")
    open_store(directory).close()
    return directory


@pytest.fixture
def db(fresh_store: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copytree(fresh_store, tmp_path, dirs_exist_ok=True)
    opened = open_store(tmp_path)
    opened.execute("PRAGMA synchronous = OFF")
    yield opened
    opened.close()
