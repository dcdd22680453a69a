"""Compliance items that were put by hand: an upload for each compliance type of a node."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from patchwarden.domain.states import ComplianceLevel
from patchwarden.store.database import Database, Row
from patchwarden.store.node_keys import next_number

PATCH = "Patch"
_HEADING = "scan_id, executed_at, execution_id, execution_type, content_hash"
_ITEM = "item_id, title, severity, is_compliant, details, executed_at, execution_id, execution_type"
_KEY = "node_key = ? AND compliance_type = ?"
_SET_HEADING = """
UPDATE compliance_uploads
SET scan_id = ?, executed_at = ?, execution_id = ?, execution_type = ?, content_hash = ?
WHERE node_key = ? AND compliance_type = ?
"""
_SET_COUNTS = """
UPDATE compliance_uploads
SET size = ?, compliant = ?, non_compliant = ?, is_non_compliant = ?, overall_severity = ?
WHERE node_key = ? AND compliance_type = ?
"""
_COUNT_ITEMS = """
SELECT is_compliant, severity, count(*),
  sum(length(coalesce(item_id, '')) + length(coalesce(title, '')) + length(details))
FROM compliance_items WHERE node_key = ? AND compliance_type = ?
GROUP BY is_compliant, severity
"""
_details = msgspec.json.Decoder(dict[str, str])


class UploadKey(NamedTuple):
    """What an upload is about."""

    node_key: int
    compliance_type: str


class Execution(NamedTuple):
    """What brought compliance items about."""

    executed_at: float
    execution_id: str | None
    execution_type: str | None


class ComplianceItem(NamedTuple):
    """One item; what was not sent is None."""

    item_id: str | None
    title: str | None
    severity: ComplianceLevel
    is_compliant: bool
    details: Mapping[str, str]
    execution: Execution


class Heading(NamedTuple):
    """What is known of an upload as a whole."""

    scan_id: int | None
    """The newest report of the node when it came; None if it had sent none."""
    execution: Execution
    content_hash: str | None
    """As the client computed it; None if it sent none."""


class Upload(NamedTuple):
    """One upload without its items."""

    upload_id: int
    compliance_type: str
    heading: Heading

    def holds_after(self, scan_id: int | None) -> bool:
        """Say whether it holds while `scan_id` is the newest report of its node.

        Patches that were put by hand stand until the node itself reports again.
        """
        return self.compliance_type != PATCH or self.heading.scan_id == scan_id


class ItemCounts(NamedTuple):
    """How many items of a node are compliant and how many are not, by severity, lowest first."""

    compliant: tuple[int, ...]
    non_compliant: tuple[int, ...]


def uploads_of(db: Database, node_key: int) -> list[Upload]:
    """Give the uploads of a node in the order of their types, those too that hold no longer."""
    rows = db.all(
        f"SELECT upload_id, compliance_type, {_HEADING} FROM compliance_uploads"  # noqa: S608
        " WHERE node_key = ? ORDER BY compliance_type",
        (node_key,),
    )
    return [
        Upload(upload_id, compliance_type, Heading(scan_id, Execution(*execution), content_hash))
        for upload_id, compliance_type, scan_id, *execution, content_hash in rows
    ]


def items_from(
    db: Database, key: UploadKey, start: int, limit: int
) -> list[tuple[int, ComplianceItem]]:
    """Give up to `limit` items with their positions, those at `start` and behind it."""
    rows = db.all(
        f"SELECT position, {_ITEM} FROM compliance_items WHERE {_KEY} AND position >= ?"  # noqa: S608
        " ORDER BY position LIMIT ?",
        (*key, start, limit),
    )
    return [(row[0], _item(row[1:])) for row in rows]


def count_items(db: Database, key: UploadKey) -> int:
    """Give the number of items that were said about `key`."""
    row = db.one(f"SELECT count(*) FROM compliance_items WHERE {_KEY}", key)  # noqa: S608
    assert row is not None
    return int(row[0])


def size_of_node(db: Database, node_key: int) -> int:
    """Give the number of characters in all items of a node."""
    row = db.one(
        "SELECT coalesce(sum(size), 0) FROM compliance_uploads WHERE node_key = ?", (node_key,)
    )
    assert row is not None
    return int(row[0])


def replace(
    db: Database, key: UploadKey, heading: Heading, items: Sequence[ComplianceItem]
) -> None:
    """Put `items` in place of all that was said about `key`."""
    remove(db, key)
    _insert_heading(db, key, heading)
    _insert_items(db, key, 0, items)
    _summarize(db, key)


def merge(db: Database, key: UploadKey, heading: Heading, items: Sequence[ComplianceItem]) -> None:
    """Put `items` in place of those with the same ids, and beside the others.

    What is not replaced keeps its position.
    """
    scan_id, execution, content_hash = heading
    changed = db.execute(_SET_HEADING, (scan_id, *execution, content_hash, *key))
    if not changed:
        _insert_heading(db, key, heading)
    replaced = {item.item_id for item in items}
    kept = db.all(f"SELECT position, item_id FROM compliance_items WHERE {_KEY}", key)  # noqa: S608
    for position, item_id in kept:
        if item_id in replaced:
            sql = f"DELETE FROM compliance_items WHERE {_KEY} AND position = ?"  # noqa: S608
            db.execute(sql, (*key, position))
    last = max((position for position, item_id in kept if item_id not in replaced), default=-1)
    _insert_items(db, key, last + 1, items)
    _summarize(db, key)


def remove(db: Database, key: UploadKey) -> None:
    """Forget what was said about `key`."""
    for table in ("compliance_uploads", "compliance_items"):
        db.execute(f"DELETE FROM {table} WHERE {_KEY}", key)  # noqa: S608


def read_counts(compliant: str, non_compliant: str) -> ItemCounts:
    """Read the counts of an upload as they are stored."""
    return ItemCounts(
        msgspec.json.decode(compliant, type=tuple[int, ...]),
        msgspec.json.decode(non_compliant, type=tuple[int, ...]),
    )


def _insert_heading(db: Database, key: UploadKey, heading: Heading) -> None:
    db.execute(
        "INSERT INTO compliance_uploads (node_key, compliance_type, upload_id,"  # noqa: S608
        f" {_HEADING})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *key,
            next_number(db, key.node_key),
            heading.scan_id,
            *heading.execution,
            heading.content_hash,
        ),
    )


def _insert_items(
    db: Database, key: UploadKey, first: int, items: Iterable[ComplianceItem]
) -> None:
    for position, item in enumerate(items, start=first):
        db.execute(
            f"INSERT INTO compliance_items (node_key, compliance_type, position, {_ITEM})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key,
                position,
                item.item_id,
                item.title,
                item.severity,
                item.is_compliant,
                msgspec.json.encode(item.details).decode(),
                *item.execution,
            ),
        )


def _summarize(db: Database, key: UploadKey) -> None:
    """Bring the counts and the size of an upload in line with its items."""
    compliant, non_compliant = [0] * len(ComplianceLevel), [0] * len(ComplianceLevel)
    total_size = 0
    for is_compliant, severity, count, size in db.all(_COUNT_ITEMS, key):
        (compliant if is_compliant else non_compliant)[severity] = count
        total_size += size
    worst = max((level for level, count in enumerate(non_compliant) if count), default=None)
    db.execute(
        _SET_COUNTS,
        (
            total_size,
            msgspec.json.encode(compliant).decode(),
            msgspec.json.encode(non_compliant).decode(),
            worst is not None,
            worst or ComplianceLevel.UNSPECIFIED,
            *key,
        ),
    )


def _item(row: Row) -> ComplianceItem:
    item_id, title, severity, is_compliant, details, *execution = row
    return ComplianceItem(
        item_id=item_id,
        title=title,
        severity=ComplianceLevel(severity),
        is_compliant=bool(is_compliant),
        details=_details.decode(details),
        execution=Execution(*execution),
    )
