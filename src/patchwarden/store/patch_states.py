"""Patch states: what one read tells of the evaluation of a node, or of those of a patch group."""

from typing import NamedTuple

from patchwarden.domain.summary import Summary
from patchwarden.store import scans, verdicts
from patchwarden.store.database import Database, Row
from patchwarden.store.node_selection import NodeSelection, selected
from patchwarden.store.scans import ScanOperation

_NODE_COLUMNS = ("n.instance_id", "n.last_no_reboot_install_at", "v.baseline_id", "v.patch_group")
_OPERATION_END = len(_NODE_COLUMNS) + len(ScanOperation._fields)
_COLUMNS = ", ".join(
    (
        *_NODE_COLUMNS,
        scans.OPERATION,
        *(f"v.{column}" for column in Summary._fields),
    )
)
_NODE_KEYS = ("node_key", "instance_id", "last_no_reboot_install_at")
_JOIN_SCANS = "LEFT JOIN scans s ON s.node_key = v.node_key AND s.scan_id = v.scan_id"


class NodePatchState(NamedTuple):
    """The evaluation in force of a node without its patches."""

    instance_id: str
    last_no_reboot_install_at: float | None
    baseline_id: str
    """The one it was judged by; bare, also for a predefined baseline."""
    patch_group: str
    """The one it was judged for; empty if none."""
    operation: ScanOperation
    """The operation that the evaluation stands for."""
    counts: Summary


class GroupState(NamedTuple):
    """How many nodes a patch group has, and how many of them have patches of each kind."""

    nodes: int
    """Those too that never reported."""
    installed: int
    installed_other: int
    installed_pending_reboot: int
    installed_rejected: int
    missing: int
    failed: int
    not_applicable: int
    unreported_not_applicable: int
    critical_non_compliant: int
    security_non_compliant: int
    other_non_compliant: int
    available_security_update: int


_HOW_MANY_HAVE = ", ".join(
    f"coalesce(sum(CASE WHEN {kind} > 0 THEN 1 ELSE 0 END), 0)" for kind in GroupState._fields[1:]
)


def of_verdict(db: Database, node_key: int, verdict_id: int) -> NodePatchState:
    """Give the state that an evaluation says; the evaluation must exist."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM verdicts v JOIN nodes n ON n.node_key = v.node_key"  # noqa: S608
        f" {_JOIN_SCANS} WHERE v.node_key = ? AND v.verdict_id = ?",
        (node_key, verdict_id),
    )
    assert row is not None, f"verdict {verdict_id} is referred to and gone"
    return _state(row)


def of_nodes(db: Database, selection: NodeSelection) -> list[tuple[str, NodePatchState | None]]:
    """Give each node's id with the state in force, None if it was never judged."""
    nodes, parameters = selected(selection, _NODE_KEYS)
    rows = db.all(
        f"SELECT v.verdict_id, {_COLUMNS} FROM {nodes} n {verdicts.JOIN_IN_FORCE} {_JOIN_SCANS}"  # noqa: S608
        " ORDER BY n.instance_id",
        parameters,
    )
    return [(row[1], None if row[0] is None else _state(row[1:])) for row in rows]


def count_nodes(db: Database, selection: NodeSelection) -> GroupState:
    """Count the nodes by the evaluations in force."""
    nodes, parameters = selected(selection, _NODE_KEYS)
    row = db.one(
        f"SELECT count(*), {_HOW_MANY_HAVE} FROM {nodes} n {verdicts.JOIN_IN_FORCE} {_JOIN_SCANS}",  # noqa: S608
        parameters,
    )
    assert row is not None
    return GroupState._make(row)


def _state(row: Row) -> NodePatchState:
    instance_id, last_no_reboot_install_at, baseline_id, patch_group = row[: len(_NODE_COLUMNS)]
    return NodePatchState(
        instance_id=instance_id,
        last_no_reboot_install_at=last_no_reboot_install_at,
        baseline_id=baseline_id,
        patch_group=patch_group,
        operation=ScanOperation._make(row[len(_NODE_COLUMNS) : _OPERATION_END]),
        counts=verdicts.read_summary(row[_OPERATION_END:]),
    )
