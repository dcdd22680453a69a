"""Deletes what nodes sent of a custom type of inventory, and remembers that it was deleted."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from patchwarden.store.database import Database, Row, Scope

_COLUMNS = "deletion_id, type_name, deleted_at, summary"
_OF_SCOPE = "node_key IN (SELECT node_key FROM nodes WHERE account_id = ? AND region = ?)"
_summary = msgspec.json.Decoder(dict[str, int])


class InventoryDeletion(NamedTuple):
    """One deletion. It is done at once, so that nothing of it is left to do."""

    deletion_id: str
    type_name: str
    deleted_at: float
    items_by_version: Mapping[str, int]
    """Schema version → how many items were deleted, each all of one node."""


def count_items(db: Database, scope: Scope, type_name: str) -> dict[str, int]:
    """Give schema version → how many nodes of `scope` have an item of a type."""
    rows = db.all(
        "SELECT schema_version, count(*) FROM inventory_items"  # noqa: S608
        f" WHERE type_name = ? AND {_OF_SCOPE} GROUP BY schema_version ORDER BY schema_version",
        (type_name, *scope),
    )
    return dict(rows)


def delete_items(db: Database, scope: Scope, type_name: str) -> None:
    """Drop what the nodes of `scope` sent of a type."""
    db.execute(
        f"DELETE FROM inventory_items WHERE type_name = ? AND {_OF_SCOPE}",  # noqa: S608
        (type_name, *scope),
    )


def delete_custom_type(db: Database, scope: Scope, type_name: str) -> None:
    """Forget a custom type; the next item of it makes it anew."""
    db.execute(
        "DELETE FROM custom_inventory_types WHERE account_id = ? AND region = ? AND type_name = ?",
        (*scope, type_name),
    )


def add(db: Database, scope: Scope, deletion: InventoryDeletion) -> None:
    """Remember a deletion."""
    db.execute(
        f"INSERT INTO inventory_deletions (account_id, region, {_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            *scope,
            deletion.deletion_id,
            deletion.type_name,
            deletion.deleted_at,
            msgspec.json.encode(deletion.items_by_version).decode(),
        ),
    )


def find(db: Database, scope: Scope, deletion_id: str) -> InventoryDeletion | None:
    """Give one deletion."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM inventory_deletions"  # noqa: S608
        " WHERE account_id = ? AND region = ? AND deletion_id = ?",
        (*scope, deletion_id),
    )
    return None if row is None else _deletion(row)


def after(db: Database, scope: Scope, deletion_id: str, limit: int) -> list[InventoryDeletion]:
    """Give up to `limit` deletions in the order of their ids, those behind `deletion_id`."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM inventory_deletions"  # noqa: S608
        " WHERE account_id = ? AND region = ? AND deletion_id > ? ORDER BY deletion_id LIMIT ?",
        (*scope, deletion_id, limit),
    )
    return list(map(_deletion, rows))


def _deletion(row: Row) -> InventoryDeletion:
    *members, summary = row
    return InventoryDeletion._make((*members, _summary.decode(summary)))
