"""The API over a fresh installation, with a frozen clock and counted randomness."""

from collections.abc import Iterator

import pytest

from driver import Api
from stores import StoreOfTest, without_disk


@pytest.fixture
def api(store_of_test: StoreOfTest) -> Iterator[Api]:
    """Give the operations of an empty installation."""
    api = Api(store_of_test.directory, store_url=store_of_test.url)
    without_disk(api.db)
    yield api
    api.close()
