"""The schema of a store in PostgreSQL: whether it is up to date, and how it comes to be.

Only what changes it imports Alembic, which takes longer than a server takes to start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import psycopg

from patchwarden.errors import InstallationError
from patchwarden.store.database import Database
from patchwarden.store.errors import StoreDamagedError, StoreUnavailableError
from patchwarden.store.postgresql_url import name_of, options_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISION = "0001"
"""The newest revision in postgresql_migrations/versions."""
_LOCK = int.from_bytes(b"PWdn", "big")
_OTHERS_TIMEOUT_MS = 300_000
"""How long to wait for another process that migrates."""
_TABLE_TIMEOUT_MS = 3_000
"""How long to wait for a transaction that holds a table: all that use it wait meanwhile."""

State = Literal["empty", "current", "old"]


def state_of(db: Database) -> State:
    """Say whether the schema is there and up to date.

    Raises StoreDamagedError if it is of a newer version, or the database is somebody else's.
    """
    if db.one("SELECT to_regclass('alembic_version')::text") == (None,):
        others = db.one("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1")
        if others is not None:
            raise StoreDamagedError(
                f"The database {db.name} has tables of something else; name an empty one."
            )
        return "empty"
    row = db.one("SELECT version_num FROM alembic_version")
    if row is None or row[0] == REVISION:
        return "empty" if row is None else "current"
    if str(row[0]) > REVISION:
        raise StoreDamagedError(
            f"The store {db.name} has schema {row[0]}, but this version of Patchwarden knows only "
            f"{REVISION}; upgrade Patchwarden."
        )
    return "old"


def require_current(db: Database) -> None:
    """Raise InstallationError, saying what to do, if the schema is not up to date."""
    if state_of(db) != "current":
        raise InstallationError(
            f"The store {db.name} has an older schema than this version of Patchwarden needs; "
            f"run: patchwarden store migrate --store {db.name}"
        )


def migrate(url: str) -> None:
    """Bring the schema up to date, from nothing if need be; several may do so at once.

    Raises InstallationError if Alembic is not installed, StoreUnavailableError if another
    transaction holds a table for too long.
    """
    try:
        from alembic import command  # noqa: PLC0415 - see the head of the module
        from alembic.config import Config  # noqa: PLC0415
    except ModuleNotFoundError:
        raise InstallationError(
            "Alembic is not installed; run: pip install 'patchwarden[postgresql]'"
        ) from None
    config = Config()
    config.set_main_option("script_location", "patchwarden.store:postgresql_migrations")
    with _locked(url) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _locked(url: str) -> Iterator["Connection"]:
    """Give a connection in a transaction that nobody else migrates beside."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - see the head of the module
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(**options_of(url)),
        poolclass=NullPool,
    )
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_OTHERS_TIMEOUT_MS}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_TABLE_TIMEOUT_MS}")
            yield connection
    except (DBAPIError, psycopg.OperationalError) as error:
        raise StoreUnavailableError(
            f"The schema of the store {name_of(url)} could not be changed: "
            f"{_said(error)} Nothing was changed; try again."
        ) from error


def _said(error: Exception) -> str:
    text = " ".join(str(getattr(error, "orig", None) or error).split())
    return text if text.endswith((".", "?")) else f"{text}."
