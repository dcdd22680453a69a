"""An empty store, as the fixture `db`; one with a node that can report, as the fixture `store`."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from node_store import store
from patchwarden.store.database import Database
from stores import StoreOfTest, without_disk

__all__ = ["store"]


@pytest.fixture
def db(store_of_test: StoreOfTest) -> Iterator[Database]:
    with closing(store_of_test.connect()) as opened:
        yield without_disk(opened)
