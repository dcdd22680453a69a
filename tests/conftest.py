"""What tests of several folders share: one running server, and an account of their own on it."""

from collections.abc import Iterator

import pytest

from accounts import Account, new_account
from serving import RunningServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run one server for all tests that leave it as it is but for their own account."""
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def account(server: RunningServer) -> Account:
    """Make an account that this test has for itself."""
    return new_account(server)
