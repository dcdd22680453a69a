"""What tests of several folders share: a store to copy, and one running server with accounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from accounts import Account, new_account
from fakes import open_store
from serving import RunningServer, running_server
from stores import emptied_database, parametrize_store, postgresql, store_kind, store_of_test

__all__ = ["emptied_database", "postgresql", "store_kind", "store_of_test"]

# The same examples on every machine, however busy it is; --hypothesis-profile=explore finds others.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-store", action="store_true", help="run on PostgreSQL what can")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize_store(metafunc)


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a data directory to copy: to make each on its own waits for the disk."""
    directory = tmp_path_factory.mktemp("fresh_store")
    open_store(directory).close()
    return directory


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run one server for all tests that leave it as it is but for their own account."""
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def account(server: RunningServer) -> Account:
    """Make an account that this test has for itself."""
    return new_account(server)
