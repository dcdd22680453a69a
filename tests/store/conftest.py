"""An empty store, as the fixture `db`; one with a node that can report, as the fixture `store`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import open_store
from node_store import fresh_node_store, store
from patchwarden.store.database import Database

__all__ = ["fresh_node_store", "store"]


@pytest.fixture
def db(fresh_store: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copytree(fresh_store, tmp_path, dirs_exist_ok=True)
    opened = open_store(tmp_path)
    opened.execute("PRAGMA synchronous = OFF")
    yield opened
    opened.close()
