"""Compliance of whole resources: one row for each managed node and compliance type.

The patches of a node are judged by the evaluation in force, unless some were put by hand since
its last report; the other types are as they were put (contract 6.5).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from patchwarden.store.compliance import PATCH
from patchwarden.store.database import Database, Row, Scope

Attribute = Literal[
    "compliance_type",
    "is_non_compliant",
    "overall_severity",
    "instance_id",
    "patch_group",
    "platform_type",
    "platform_name",
    "platform_version",
    "computer_name",
    "ip_address",
    "agent_version",
    "baseline_id",
    "executed_at",
    "execution_id",
    "execution_type",
    "scan_id",
    "verdict_id",
    "patches_non_compliant",
    "items_compliant",
    "items_non_compliant",
]


class ResourceCompliance(NamedTuple):
    """How one node complies in one respect; what was not asked for has its default."""

    compliance_type: str
    is_non_compliant: int
    """Whether any item is not compliant: 0 or 1."""
    overall_severity: int
    """The `ComplianceLevel` of the worst of these items; 0 if there are none."""
    instance_id: str = ""
    patch_group: str = ""
    platform_type: str = ""
    platform_name: str = ""
    platform_version: str = ""
    computer_name: str = ""
    ip_address: str = ""
    agent_version: str = ""
    baseline_id: str | None = None
    """Of patches that are judged here, the baseline; bare."""
    executed_at: float = 0.0
    execution_id: str | None = None
    """Of patches that a node reports, what it says, else the snapshot; empty if it used none."""
    execution_type: str | None = None
    scan_id: int | None = None
    """Of patches that are judged here, the report."""
    verdict_id: int | None = None
    """Of patches that are judged here, the evaluation."""
    patches_non_compliant: int = 0
    """Of patches that are judged here, how many are not compliant."""
    items_compliant: str = ""
    """Of items that were put by hand; `store.compliance.read_counts` reads it."""
    items_non_compliant: str = ""


_EVERY = ResourceCompliance._fields
_OF_NODE: Mapping[str, str] = {
    name: f"n.{name}"
    for name in (
        "instance_id",
        "patch_group",
        "platform_type",
        "platform_name",
        "platform_version",
        "computer_name",
        "ip_address",
        "agent_version",
    )
}
_OF_PATCHES: Mapping[str, str] = {
    **_OF_NODE,
    "compliance_type": f"'{PATCH}'",
    "is_non_compliant": "CASE WHEN v.non_compliant > 0 THEN 1 ELSE 0 END",
    "overall_severity": "coalesce(v.overall_severity, 0)",
    "baseline_id": "v.baseline_id",
    "executed_at": "s.started_at",
    "execution_id": "coalesce(s.execution_id, s.snapshot_id, '')",
    "execution_type": "coalesce(s.execution_type, 'Command')",
    "scan_id": "v.scan_id",
    "verdict_id": "v.verdict_id",
    "patches_non_compliant": "v.non_compliant",
    "items_compliant": "''",
    "items_non_compliant": "''",
}
_OF_UPLOADS: Mapping[str, str] = {
    **_OF_NODE,
    "compliance_type": "u.compliance_type",
    "is_non_compliant": "u.is_non_compliant",
    "overall_severity": "u.overall_severity",
    "baseline_id": "NULL",
    "executed_at": "u.executed_at",
    "execution_id": "u.execution_id",
    "execution_type": "u.execution_type",
    "scan_id": "NULL",
    "verdict_id": "NULL",
    "patches_non_compliant": "0",
    "items_compliant": "u.compliant",
    "items_non_compliant": "u.non_compliant",
}
_OF_SCAN = frozenset({"executed_at", "execution_id", "execution_type"})
_SCANS = "JOIN scans s ON s.node_key = v.node_key AND s.scan_id = v.scan_id"
_FROM_PATCHES = """
FROM nodes n JOIN verdicts v ON v.node_key = n.node_key AND v.superseded_at IS NULL {scans}
WHERE n.account_id = ? AND n.region = ? AND NOT EXISTS (
  SELECT 1 FROM compliance_uploads u WHERE u.node_key = n.node_key AND u.compliance_type = 'Patch'
  AND coalesce(u.scan_id, 0) = coalesce(n.scan_id, 0)
)
"""
_FROM_UPLOADS = """
FROM nodes n JOIN compliance_uploads u ON u.node_key = n.node_key
WHERE n.account_id = ? AND n.region = ?
  AND (u.compliance_type <> 'Patch' OR coalesce(u.scan_id, 0) = coalesce(n.scan_id, 0))
"""
_NODE_IDS = """
SELECT instance_id FROM nodes WHERE account_id = ? AND region = ? {group} AND instance_id > ?
ORDER BY instance_id LIMIT ?
"""


def instance_ids(
    db: Database, scope: Scope, after: str, limit: int, *, patch_group: str | None = None
) -> list[str]:
    """Give up to `limit` ids of nodes in order, those behind one; of one patch group if told."""
    if patch_group is None:
        rows = db.all(_NODE_IDS.format(group=""), (*scope, after, limit))
    else:
        sql = _NODE_IDS.format(group="AND patch_group = ?")
        rows = db.all(sql, (*scope, patch_group, after, limit))
    return [row[0] for row in rows]


def of_nodes(db: Database, scope: Scope, named: Sequence[str]) -> list[ResourceCompliance]:
    """Give all about the nodes with these ids, by instance id, then type."""
    found = [
        ResourceCompliance._make(row)
        for columns, source in _sources(_EVERY)
        for row in db.all_in(
            f"SELECT {columns} {source} AND n.instance_id IN (:values)",
            named,
            scope,
        )
    ]
    return sorted(found, key=lambda each: (each.instance_id, each.compliance_type))


def count(
    db: Database, scope: Scope, attributes: Sequence[Attribute]
) -> list[tuple[ResourceCompliance, int]]:
    """Count the resources of `scope` that agree in type, compliance, severity and `attributes`."""
    names = tuple(dict.fromkeys((*_EVERY[:3], *attributes)))
    groups = ", ".join(str(position) for position in range(1, len(names) + 1))
    counted: list[Row] = []
    for columns, source in _sources(names):
        sql = f"SELECT {columns}, count(*) {source} GROUP BY {groups}"
        counted += db.all(sql, scope)
    return [
        (ResourceCompliance(**dict(zip(names, values, strict=True))), resources)
        for *values, resources in counted
    ]


def _sources(names: Sequence[str]) -> list[tuple[str, str]]:
    """Give columns and what they come from: the patches judged here, then what was put by hand."""
    scans = "" if _OF_SCAN.isdisjoint(names) else _SCANS
    return [
        (", ".join(_OF_PATCHES[name] for name in names), _FROM_PATCHES.format(scans=scans)),
        (", ".join(_OF_UPLOADS[name] for name in names), _FROM_UPLOADS),
    ]
