"""The database file: how it comes to be, how it is told from others, how its schema grows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

from patchwarden.store.database import Scope
from patchwarden.store.drafts import draft_of
from patchwarden.store.errors import (
    StoreDamagedError,
    StoreUnavailableError,
    WriteRequiredError,
    raise_translated,
)
from patchwarden.store.node_keys import node_key_of

_APPLICATION_ID = int.from_bytes(b"PWdn", "big")
"""Stands in the header of the file, where other programs can tell it by."""


def create(path: Path) -> None:
    """Make an empty store of ours at `path`, in write-ahead-log mode, for its owner only.

    It is made aside: SQLite cannot change the mode of a file while others are opening it. Raises
    StoreUnavailableError.
    """
    try:
        with draft_of(path) as draft, closing(sqlite3.connect(draft, isolation_level=None)) as new:
            # In this order, so that nothing is left in a log beside the file.
            new.execute("PRAGMA synchronous = FULL")
            new.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            new.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise_translated(error, path)
    except OSError as error:
        raise StoreUnavailableError(
            f"The store {path} cannot be created: {error.strerror}. "
            "Check that the disk has room and that the directory may be written."
        ) from error


def missing_migrations(
    connection: sqlite3.Connection, path: Path, *, read_only: bool
) -> tuple[str, ...]:
    """Give the scripts that bring the store up to date, oldest first.

    Raises StoreDamagedError if the file is not a store of ours or of a newer version,
    WriteRequiredError if scripts are missing and may not be run.
    """
    if _pragma(connection, "application_id") != _APPLICATION_ID:
        raise StoreDamagedError(
            f"{path} is not a store of Patchwarden. Restore it from a backup or move it away."
        )
    scripts = migrations()
    version = _pragma(connection, "user_version")
    if version > len(scripts):
        raise StoreDamagedError(
            f"The store {path} has schema {version}, but this version of Patchwarden "
            f"knows only {len(scripts)}; upgrade Patchwarden."
        )
    if version < len(scripts) and read_only:
        raise WriteRequiredError(
            f"The store {path} has schema {version} and needs {len(scripts)}; "
            "start this version's server once."
        )
    return scripts[version:]


def apply(connection: sqlite3.Connection, scripts: tuple[str, ...]) -> None:
    """Run migrations and count them; must run inside a transaction."""
    connection.create_function("node_key_of", 3, _node_key_of, deterministic=True)
    for script in scripts:
        for statement in statements(script):
            connection.execute(statement)
    version = _pragma(connection, "user_version") + len(scripts)
    connection.execute(f"PRAGMA user_version = {version}")


def migrations() -> tuple[str, ...]:
    """Give all migrations, oldest first; the n-th leads to schema n."""
    folder = resources.files("patchwarden.store") / "migrations"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return tuple(file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql"))


def statements(script: str) -> Iterator[str]:
    """Split a script where SQLite would: not within texts, comments or triggers."""
    # sqlite3's own executescript ends the transaction first.
    *pieces, rest = script.split(";")
    begun = ""
    for piece in pieces:
        begun += piece + ";"
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
    if (begun + rest).strip():
        yield begun + rest


def _node_key_of(account_id: str, region: str, instance_id: str) -> int:
    return node_key_of(Scope(account_id, region), instance_id)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
