import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_store import NodeStore, new_node_store


@pytest.fixture(scope="session")
def fresh_node_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a data directory to copy: to make each on its own waits for the disk."""
    directory = tmp_path_factory.mktemp("fresh_node_store")
    new_node_store(directory).db.close()
    return directory


@pytest.fixture
def store(fresh_node_store: Path, tmp_path: Path) -> Iterator[NodeStore]:
    shutil.copytree(fresh_node_store, tmp_path, dirs_exist_ok=True)
    opened = new_node_store(tmp_path)
    opened.db.execute("PRAGMA synchronous = OFF")
    yield opened
    opened.db.close()
