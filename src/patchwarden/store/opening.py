"""Where a store is, and how to connect to it: a file in the data directory, or a database."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database
from patchwarden.store.sqlite import FILE_NAME, SqliteDatabase

POSTGRESQL_SCHEMES = ("postgresql://", "postgres://")


class _Postgresql(NamedTuple):
    """The modules that need psycopg, which is not installed everywhere and takes time to import."""

    connections: ModuleType
    schema: ModuleType
    urls: ModuleType


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A place for a store."""

    directory: Path
    """The data directory; it has the store itself unless there is a URL."""
    url: str | None = field(default=None, repr=False)
    """A database of PostgreSQL; it may have a password."""

    def __post_init__(self) -> None:
        if self.url is not None and not self.url.startswith(POSTGRESQL_SCHEMES):
            raise InstallationError(
                "The URL of a store begins with postgresql://, such as "
                "postgresql://patchwarden@db.example.net/patchwarden; without one, the store is "
                "a file in the data directory."
            )

    @property
    def name(self) -> str:
        """What to call it in messages to people; tells no secret."""
        if self.url is None:
            return str(self.directory / FILE_NAME)
        return str(_postgresql().urls.name_of(self.url))

    @property
    def place(self) -> str:
        """The data directory or the database, for messages to people."""
        return str(self.directory) if self.url is None else self.name

    def connect(self, *, read_only: bool = False) -> Database:
        """Connect to the store. Raises what `Database` does, InstallationError without psycopg."""
        if self.url is None:
            return SqliteDatabase(self.directory / FILE_NAME, read_only=read_only)
        db = _postgresql().connections.PostgresqlDatabase(self.url, read_only=read_only)
        assert isinstance(db, Database)
        return db

    def exists(self) -> bool:
        """Say whether there is a store, if only an old or a damaged one."""
        if self.url is None:
            return (self.directory / FILE_NAME).exists()
        with closing(self.connect(read_only=True)) as db:
            return str(_postgresql().schema.state_of(db)) != "empty"

    def prepare(self) -> None:
        """Make a store where there is nothing; refuse one in PostgreSQL that is not up to date.

        SQLite's grows by itself when it is opened. Raises InstallationError.
        """
        if self.url is None:
            return
        schema = _postgresql().schema
        with closing(self.connect()) as db:
            if schema.state_of(db) == "empty":
                schema.migrate(self.url)
            schema.require_current(db)

    def migrate(self) -> None:
        """Bring the schema up to date. Raises InstallationError, StoreUnavailableError."""
        if self.url is None:
            self.connect().close()
        else:
            _postgresql().schema.migrate(self.url)


def _postgresql() -> _Postgresql:
    try:
        from patchwarden.store import (  # noqa: PLC0415 - see the class
            postgresql,
            postgresql_schema,
            postgresql_url,
        )
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("psycopg"):
            raise
        raise InstallationError(
            "psycopg is not installed, which a store in PostgreSQL needs; "
            "run: pip install 'patchwarden[postgresql]'"
        ) from None
    return _Postgresql(postgresql, postgresql_schema, postgresql_url)
