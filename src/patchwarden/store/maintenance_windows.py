"""Maintenance windows of an account."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from patchwarden.domain.maintenance_windows import MaintenanceWindow
from patchwarden.store.database import Database, Row, Scope

_COLUMNS = "window_id, definition, created_at, modified_at, tags"
_OF_WINDOW = "WHERE account_id = ? AND region = ? AND window_id = ?"
_decoder = msgspec.json.Decoder(MaintenanceWindow)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWindow:
    """A maintenance window as it is now."""

    window_id: str
    created_at: float
    modified_at: float
    tags: Mapping[str, str]
    definition: MaintenanceWindow


def add(db: Database, scope: Scope, window: StoredWindow) -> None:
    """Store a new window."""
    db.execute(
        f"INSERT INTO maintenance_windows (account_id, region, {_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *scope,
            window.window_id,
            msgspec.json.encode(window.definition),
            window.created_at,
            window.modified_at,
            _encoded(window.tags),
        ),
    )


def redefine(
    db: Database, scope: Scope, window_id: str, definition: MaintenanceWindow, now: float
) -> None:
    """Replace the definition of a window."""
    db.execute(
        f"UPDATE maintenance_windows SET definition = ?, modified_at = ? {_OF_WINDOW}",  # noqa: S608
        (msgspec.json.encode(definition), now, *scope, window_id),
    )


def set_tags(db: Database, scope: Scope, window_id: str, tags: Mapping[str, str]) -> None:
    """Replace the tags of a window."""
    db.execute(
        f"UPDATE maintenance_windows SET tags = ? {_OF_WINDOW}",  # noqa: S608
        (_encoded(tags), *scope, window_id),
    )


def remove(db: Database, scope: Scope, window_id: str) -> bool:
    """Forget a window; say whether there was one."""
    return bool(db.execute(f"DELETE FROM maintenance_windows {_OF_WINDOW}", (*scope, window_id)))  # noqa: S608


def find(db: Database, scope: Scope, window_id: str) -> StoredWindow | None:
    """Give one window of `scope`."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM maintenance_windows {_OF_WINDOW}",  # noqa: S608
        (*scope, window_id),
    )
    return None if row is None else _window(row)


def in_scope(db: Database, scope: Scope) -> list[StoredWindow]:
    """Give the windows of `scope` in the order of their ids."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM maintenance_windows"  # noqa: S608
        " WHERE account_id = ? AND region = ? ORDER BY window_id",
        scope,
    )
    return [_window(row) for row in rows]


def _encoded(tags: Mapping[str, str]) -> str:
    return msgspec.json.encode(tags).decode()


def _window(row: Row) -> StoredWindow:
    return StoredWindow(
        window_id=row[0],
        definition=_decoder.decode(row[1]),
        created_at=row[2],
        modified_at=row[3],
        tags=msgspec.json.decode(row[4], type=dict[str, str]),
    )
