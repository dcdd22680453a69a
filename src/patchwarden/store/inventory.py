"""Inventory: what nodes send about themselves beside reports, by type (contract 6.3)."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import zstandard

from patchwarden.store.database import Database, Row, Scope

Entries: TypeAlias = Sequence[Mapping[str, str]]
"""The content of an item: attribute → value, for each thing that it lists."""

PlatformColumn = Literal["platform_type", "platform_name", "platform_version"]

_COLUMNS = "type_name, sub_type, schema_version, captured_at, content_hash, context, content"
_entries = msgspec.json.Decoder(list[dict[str, str]])
_attributes = msgspec.json.Decoder(dict[str, str])
_names = msgspec.json.Decoder(list[str])


class InventoryItem(NamedTuple):
    """All that a node has sent of one type."""

    type_name: str
    sub_type: str
    """The compliance type of AWS:ComplianceItem; empty for other types."""
    schema_version: str
    captured_at: float
    content_hash: str
    """As the node sent it; empty if it sent none."""
    context: Mapping[str, str]
    content: Entries


class CustomType(NamedTuple):
    """A type that the account's nodes have made up."""

    type_name: str
    schema_version: str
    attributes: Sequence[str]
    """Those seen, by name."""
    disabled_version: str = ""
    """Items of this schema version and of earlier ones are ignored; empty if none are."""


def put(db: Database, node_key: int, item: InventoryItem, encoded_content: bytes) -> None:
    """Replace what a node has of a type; `encoded_content` is the JSON of the content."""
    db.execute(
        f"INSERT INTO inventory_items (node_key, {_COLUMNS}, size_bytes)"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (node_key, type_name, sub_type) DO UPDATE SET"
        " schema_version = excluded.schema_version, captured_at = excluded.captured_at,"
        " content_hash = excluded.content_hash, context = excluded.context,"
        " content = excluded.content, size_bytes = excluded.size_bytes",
        (
            node_key,
            *item[:5],
            msgspec.json.encode(item.context).decode(),
            zstandard.compress(encoded_content),
            len(encoded_content),
        ),
    )


def confirm(db: Database, node_key: int, item: InventoryItem) -> bool:
    """Keep the content of a type if it has the hash of `item`, with new time and context.

    Says whether it has; the content of `item` does not matter.
    """
    changed = db.execute(
        "UPDATE inventory_items SET schema_version = ?, captured_at = ?, context = ?"
        " WHERE node_key = ? AND type_name = ? AND sub_type = ? AND content_hash = ?",
        (
            item.schema_version,
            item.captured_at,
            msgspec.json.encode(item.context).decode(),
            node_key,
            item.type_name,
            item.sub_type,
            item.content_hash,
        ),
    )
    return changed == 1


def find(db: Database, node_key: int, type_name: str, sub_type: str = "") -> InventoryItem | None:
    """Give what a node has of one type and sub-type."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM inventory_items"  # noqa: S608
        " WHERE node_key = ? AND type_name = ? AND sub_type = ?",
        (node_key, type_name, sub_type),
    )
    return None if row is None else _item(row)


def of_type(db: Database, node_key: int, type_name: str) -> list[InventoryItem]:
    """Give what a node has of one type, by sub-type."""
    rows = db.all(
        f"SELECT {_COLUMNS} FROM inventory_items"  # noqa: S608
        " WHERE node_key = ? AND type_name = ? ORDER BY sub_type",
        (node_key, type_name),
    )
    return [_item(row) for row in rows]


def sub_types(db: Database, node_key: int, type_name: str) -> list[str]:
    """Give the sub-types of a type that a node has."""
    rows = db.all(
        "SELECT sub_type FROM inventory_items WHERE node_key = ? AND type_name = ?"
        " ORDER BY sub_type",
        (node_key, type_name),
    )
    return [row[0] for row in rows]


def size_bytes(db: Database, node_key: int) -> int:
    """Give the size of all that a node has, as JSON."""
    row = db.one(
        "SELECT coalesce(sum(size_bytes), 0) FROM inventory_items WHERE node_key = ?", (node_key,)
    )
    assert row is not None
    return int(row[0])


def custom_types(db: Database, scope: Scope) -> list[CustomType]:
    """Give the custom types of an account, by name."""
    rows = db.all(
        "SELECT type_name, schema_version, attributes, disabled_version"
        " FROM custom_inventory_types"
        " WHERE account_id = ? AND region = ? ORDER BY type_name",
        scope,
    )
    return [CustomType(row[0], row[1], _names.decode(row[2]), row[3]) for row in rows]


def put_custom_type(db: Database, scope: Scope, custom_type: CustomType) -> None:
    """Add a custom type, or replace what is known of it."""
    db.execute(
        "INSERT INTO custom_inventory_types"
        " (account_id, region, type_name, schema_version, attributes, disabled_version)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (account_id, region, type_name) DO UPDATE SET"
        " schema_version = excluded.schema_version, attributes = excluded.attributes,"
        " disabled_version = excluded.disabled_version",
        (
            *scope,
            custom_type.type_name,
            custom_type.schema_version,
            msgspec.json.encode(custom_type.attributes).decode(),
            custom_type.disabled_version,
        ),
    )


def count_platforms(
    db: Database, scope: Scope, columns: Sequence[PlatformColumn]
) -> list[tuple[tuple[str, ...], int]]:
    """Count the nodes of `scope` by what they run: the values of `columns`, and how many."""
    named = ", ".join(columns)
    rows = db.all(
        f"SELECT {named}, count(*) FROM nodes WHERE account_id = ? AND region = ?"  # noqa: S608
        f" GROUP BY {named} ORDER BY {named}",
        scope,
    )
    return [(row[:-1], row[-1]) for row in rows]


def _item(row: Row) -> InventoryItem:
    *members, context, content = row
    entries = _entries.decode(zstandard.decompress(content))
    return InventoryItem._make((*members, _attributes.decode(context), entries))
