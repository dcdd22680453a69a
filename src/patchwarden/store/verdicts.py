"""Evaluations: the packed patches of a node, their counts, and what they were computed from."""

import math
from typing import NamedTuple

import msgspec

from patchwarden.domain.states import ComplianceLevel
from patchwarden.domain.summary import Summary
from patchwarden.store.database import Database, Row, Scope
from patchwarden.store.packed_rows import PackedRows

_COUNTS = Summary._fields
_COLUMNS = (
    "verdict_id",
    "scan_id",
    "baseline_id",
    "baseline_digest",
    "patch_group",
    "engine",
    "generation",
    "evaluated_at",
    "valid_until",
    "packed_rows",
    "installers",
    *_COUNTS,
)
_SELECT = ", ".join(f"v.{column}" for column in _COLUMNS)
_NO_GENERATION = -1
_FIRST_COUNT = len(_COLUMNS) - len(_COUNTS) - 1


class Provenance(NamedTuple):
    """What an evaluation was computed from: the same again gives the same verdicts."""

    scan_id: int
    baseline_id: str
    """Bare, also for a predefined baseline."""
    baseline_digest: bytes
    patch_group: str
    """Empty if the node is in none."""
    engine: str
    """The version of the engine and the choices that bear on a verdict."""


class NodeVerdict(NamedTuple):
    """One evaluation of one node."""

    provenance: Provenance
    generation: int
    """The policy generation at which it was last found to be current."""
    evaluated_at: float
    valid_until: float
    rows: PackedRows
    summary: Summary


class NodeState(NamedTuple):
    """What one indexed read tells about a node."""

    node_key: int
    operating_system: str
    scan_id: int | None
    generation: int
    """The policy generation now."""
    verdict_id: int | None
    verdict: NodeVerdict | None
    """The evaluation in force; None if the node was never judged."""


def of_node(db: Database, scope: Scope, instance_id: str) -> NodeState | None:
    """Give a node and the evaluation in force; None if `scope` has no such node."""
    row = db.one(
        "SELECT n.node_key, n.operating_system, n.scan_id, coalesce(p.generation, 0),"  # noqa: S608
        f" {_SELECT} FROM nodes n"
        " LEFT JOIN policy_generations p ON p.account_id = n.account_id AND p.region = n.region"
        " LEFT JOIN verdicts v ON v.verdict_id = n.verdict_id"
        " WHERE n.account_id = ? AND n.region = ? AND n.instance_id = ?",
        (*scope, instance_id),
    )
    if row is None:
        return None
    return NodeState(
        node_key=row[0],
        operating_system=row[1],
        scan_id=row[2],
        generation=row[3],
        verdict_id=row[4],
        verdict=None if row[4] is None else _verdict(row[5:]),
    )


def pinned(db: Database, scope: Scope, instance_id: str, verdict_id: int) -> NodeVerdict | None:
    """Give one evaluation of a node, in force or not; None if it is gone."""
    row = db.one(
        f"SELECT {_SELECT} FROM verdicts v JOIN nodes n ON n.node_key = v.node_key"  # noqa: S608
        " WHERE v.verdict_id = ? AND n.account_id = ? AND n.region = ? AND n.instance_id = ?",
        (verdict_id, *scope, instance_id),
    )
    return None if row is None else _verdict(row[1:])


def put_in_force(db: Database, node_key: int, verdict: NodeVerdict) -> int:
    """Store an evaluation as the one in force; give its id. The one before is kept for a while."""
    db.execute(
        "UPDATE verdicts SET superseded_at = ? WHERE node_key = ? AND superseded_at IS NULL",
        (verdict.evaluated_at, node_key),
    )
    columns = ("node_key", *_COLUMNS[1:])
    marks = ", ".join("?" * len(columns))
    verdict_id = db.insert(
        f"INSERT INTO verdicts ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
        (
            node_key,
            *verdict.provenance,
            verdict.generation,
            verdict.evaluated_at,
            None if math.isinf(verdict.valid_until) else verdict.valid_until,
            verdict.rows.data,
            msgspec.json.encode(verdict.rows.installers).decode(),
            *verdict.summary,
        ),
    )
    db.execute("UPDATE nodes SET verdict_id = ? WHERE node_key = ?", (verdict_id, node_key))
    return verdict_id


def confirm(db: Database, verdict_id: int, scan_id: int, generation: int) -> None:
    """Note that an evaluation stands as it is for a later scan or policy generation."""
    db.execute(
        "UPDATE verdicts SET scan_id = ?, generation = ? WHERE verdict_id = ?",
        (scan_id, generation, verdict_id),
    )


def doubt(db: Database, node_key: int) -> None:
    """Have the evaluation in force of a node looked at again at the next read."""
    db.execute(
        "UPDATE verdicts SET generation = ?"
        " WHERE verdict_id = (SELECT verdict_id FROM nodes WHERE node_key = ?)",
        (_NO_GENERATION, node_key),
    )


def drop_superseded(db: Database, node_key: int, before: float) -> None:
    """Drop the evaluations of a node that were superseded before an instant."""
    db.execute("DELETE FROM verdicts WHERE node_key = ? AND superseded_at < ?", (node_key, before))


def _verdict(row: Row) -> NodeVerdict:
    *counts, overall_severity = row[_FIRST_COUNT:]
    level = None if overall_severity is None else ComplianceLevel(overall_severity)
    return NodeVerdict(
        provenance=Provenance(*row[:5]),
        generation=row[5],
        evaluated_at=row[6],
        valid_until=math.inf if row[7] is None else row[7],
        rows=PackedRows(row[8], _no_installers_or(row[9])),
        summary=Summary._make((*counts, level)),
    )


def _no_installers_or(encoded: str) -> tuple[str, ...]:
    return () if encoded == "[]" else msgspec.json.decode(encoded, type=tuple[str, ...])
