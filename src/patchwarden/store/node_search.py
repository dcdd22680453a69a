"""Searches through the fleet: which records are meant, and who the nodes are that were found."""

from collections.abc import Sequence
from typing import NamedTuple

from patchwarden.store.database import Database, Value

_RECORD_COLUMNS = {
    "KBId": "kb_id",
    "Title": "title",
    "Classification": "classification",
    "Severity": "severity",
}
_NODE_COLUMNS = (
    "n.node_key, n.instance_id, coalesce(n.name, n.computer_name), n.platform_name,"
    " n.platform_version, n.operating_system, n.patch_group, s.ended_at"
)


class RecordCondition(NamedTuple):
    """What records must have: one of `values` in one member."""

    member: str
    """`CVEId`, `KBId`, `Title`, `Classification` or `Severity`."""
    values: Sequence[str]
    """CVE ids in upper case."""


class FoundNode(NamedTuple):
    """A node as a search shows it. What it has not told is empty."""

    node_key: int
    instance_id: str
    name: str
    platform_name: str
    platform_version: str
    operating_system: str
    patch_group: str
    ended_at: float | None
    """When the operation ended that its newest report is of."""


def matching_records(db: Database, conditions: Sequence[RecordCondition]) -> list[int]:
    """Give the ids of the patch records that satisfy all of `conditions`; there is one or more."""
    tests, values = [], list[Value]()
    for member, wanted in conditions:
        marks = ", ".join("?" * len(wanted))
        if member == "CVEId":
            tests.append(
                f"record_id IN (SELECT record_id FROM patch_record_cves WHERE cve_id IN ({marks}))"  # noqa: S608
            )
        else:
            tests.append(f"{_RECORD_COLUMNS[member]} IN ({marks})")
        values += wanted
    rows = db.all(f"SELECT record_id FROM patch_records WHERE {' AND '.join(tests)}", values)  # noqa: S608
    return [row[0] for row in rows]


def find_nodes(db: Database, node_keys: Sequence[int]) -> dict[int, FoundNode]:
    """Give the nodes with these keys, those of them that there are, by key."""
    rows = db.all_in(
        f"SELECT {_NODE_COLUMNS} FROM nodes n"  # noqa: S608
        " LEFT JOIN scans s ON s.node_key = n.node_key AND s.scan_id = n.scan_id"
        " WHERE n.node_key IN (:values)",
        node_keys,
    )
    return {row[0]: FoundNode._make(row) for row in rows}
