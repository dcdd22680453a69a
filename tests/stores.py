"""Which store a test runs on: a file of its own, or a database of PostgreSQL emptied for it."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from fakes import CountedBytes
from patchwarden.store.database import Database
from patchwarden.store.errors import TryAgainError
from patchwarden.store.installation import Installation, open_installation
from patchwarden.store.opening import StoreLocation
from patchwarden.store.sqlite import SqliteDatabase
from postgresql_server import PostgresqlServer, running_postgresql

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ON_BOTH = ("store",)
"""Below tests/: what runs on both stores each time; with --every-store all that can does."""
BROKEN_CONSTRAINT = (sqlite3.IntegrityError, TryAgainError)
"""What rises when a key is there already: in PostgreSQL it may have come meanwhile."""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@dataclass(frozen=True)
class StoreOfTest:
    """An empty store that one test has for itself."""

    directory: Path
    url: str | None

    def install(self) -> Installation:
        """Open the installation."""
        return open_installation(self.directory, CountedBytes(), self.url)

    def connect(self, *, read_only: bool = False) -> Database:
        """Open one more connection to the store."""
        return self.install().connect(read_only=read_only)


class EmptiedDatabase:
    """A database with our tables that one test after the other has for itself."""

    def __init__(self, server: PostgresqlServer) -> None:
        self.url = server.new_database()
        StoreLocation(Path(), self.url).migrate()
        self._connection = psycopg.connect(self.url, autocommit=True)
        tables = [name for (name,) in self._connection.execute(_TABLES).fetchall()]
        tables.remove("alembic_version")
        self._emptying = "; ".join(f"DELETE FROM {table}" for table in tables).encode()

    def empty(self) -> None:
        """Forget what the test before has left; it costs less than a new database."""
        self._connection.execute(self._emptying)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """Run one server for all tests of this process."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def emptied_database(postgresql: PostgresqlServer) -> Iterator[EmptiedDatabase]:
    database = EmptiedDatabase(postgresql)
    yield database
    database.close()


@pytest.fixture
def store_kind() -> str:
    """Say on which store to run; `parametrize_store` gives it both."""
    return SQLITE


@pytest.fixture
def store_of_test(
    request: pytest.FixtureRequest, store_kind: str, fresh_store: Path, tmp_path: Path
) -> StoreOfTest:
    """Give an empty store of its own for one test."""
    directory = tmp_path / "data"
    shutil.copytree(fresh_store, directory)
    if store_kind == SQLITE:
        return StoreOfTest(directory, None)
    database = request.getfixturevalue("emptied_database")
    database.empty()
    return StoreOfTest(directory, database.url)


def parametrize_store(metafunc: pytest.Metafunc) -> None:
    """Have a test run on each store that it should run on."""
    if "store_kind" not in metafunc.fixturenames:
        return
    tests = Path(__file__).parent
    path = metafunc.definition.path.relative_to(tests).as_posix()
    on_both = metafunc.config.getoption("--every-store") or path.startswith(ON_BOTH)
    if on_both and metafunc.definition.get_closest_marker("sqlite_only") is None:
        kinds = [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgresql)]
        metafunc.parametrize("store_kind", kinds)


def without_disk(db: Database) -> Database:
    """Have a store of a test not wait for the disk."""
    if isinstance(db, SqliteDatabase):
        db.execute("PRAGMA synchronous = OFF")
    return db
