"""What can go wrong with the store."""

import sqlite3
from pathlib import Path
from typing import NoReturn

from patchwarden.errors import CallerError, InstallationError, UnavailableError

_PRIMARY_CODE = 0xFF
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class StoreUnavailableError(UnavailableError):
    """The database could not read or write now: it is locked, or the disk is full."""

    code = "StoreUnavailable"


class TryAgainError(StoreUnavailableError):
    """Another transaction has come between; the same work may succeed in a new one."""

    code = "TryAgain"


class TextNotStorableError(CallerError):
    """A text has a character that PostgreSQL cannot store."""

    code = "TextNotStorable"

    def __init__(self) -> None:
        super().__init__("A text has the character NUL (U+0000), which cannot be stored.")


class StoreDamagedError(InstallationError):
    """The database file is not one of ours, is damaged, or comes from a newer version."""

    code = "StoreDamaged"


class NodeKeyTakenError(UnavailableError):
    """Another node has the key that a new node would get; its id must be another one."""

    code = "NodeKeyTaken"

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"{instance_id} cannot be added; register the machine again.")


class WriteRequiredError(UnavailableError):
    """A read needs something written first; run it again where writing is allowed."""

    code = "WriteRequired"


def raise_translated(error: sqlite3.Error, path: Path) -> NoReturn:
    """Raise what an error of the database at `path` means for us.

    What neither a person nor another try can put right is a bug of ours, and rises as it is.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _UNAVAILABLE:
        raise StoreUnavailableError(
            f"The store {path} cannot be used now: {error}. Check that the disk has room and that "
            "the file may be written."
        ) from error
    if code in _DAMAGED:
        raise StoreDamagedError(
            f"The store {path} is damaged or not a store of Patchwarden: {error}. "
            "Restore it from a backup or move it away."
        ) from error
    raise error
