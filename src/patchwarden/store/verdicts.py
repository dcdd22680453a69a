"""Evaluations: the packed patches of a node, their counts, and what they were computed from."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import msgspec

from patchwarden.domain.states import ComplianceLevel
from patchwarden.domain.summary import Summary
from patchwarden.store import baselines, open_patches, scopes
from patchwarden.store.compression import compress, decompress
from patchwarden.store.database import Database, Row, Scope, Value
from patchwarden.store.node_keys import identity
from patchwarden.store.node_selection import NodeSelection, selected
from patchwarden.store.packed_rows import NO_ROWS, PackedRows

_COUNTS = Summary._fields
_PROVENANCE = (
    "scan_id",
    "baseline_id",
    "baseline_digest",
    "patch_group",
    "engine",
    "knowledge",
)
_COLUMNS = (
    "node_key",
    "verdict_id",
    "scope_id",
    *_PROVENANCE,
    "generation",
    "evaluated_at",
    "valid_until",
    "packed_rows",
    "installers",
    *_COUNTS,
)
_INSERT = (
    f"INSERT INTO verdicts ({', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_NO_GENERATION = -1
_MAX_ROWS_KNOWN = 2_000
"""Evaluations whose rows are remembered; some 16 KiB each."""
REPORTED = "reported"
"""The engine of an evaluation that was made on the node, which no policy here bears on."""
JOIN_IN_FORCE = "LEFT JOIN verdicts v ON v.node_key = n.node_key AND v.superseded_at IS NULL"
"""Joins the evaluations in force to nodes `n`; the index verdicts_by_node is made for this."""
_OUTDATED = (
    "n.scan_id IS NOT NULL AND (v.verdict_id IS NULL OR v.scan_id <> n.scan_id"
    f" OR v.generation = {_NO_GENERATION} OR (v.engine <> '{REPORTED}'"
    " AND (v.valid_until < ? OR v.generation <> ? OR v.engine <> ?)))"
)
"""Whether a node `n` may have to be judged again, `v` being its evaluation in force.

Takes the instant, the policy generation and the engine, all as they are now. `evaluation.run` has
the same rule for one node that was read.
"""


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
    knowledge: int
    """A number that grows with what the catalog knows about the node's product."""


class NodeVerdict(NamedTuple):
    """One evaluation of one node, as it is put in force."""

    provenance: Provenance
    generation: int
    """The policy generation at which it was made."""
    evaluated_at: float
    valid_until: float
    rows: PackedRows
    summary: Summary


class VerdictInForce(NamedTuple):
    """An evaluation as every page needs it: its rows, and what tells whether it still holds."""

    verdict_id: int
    scan_id: int
    generation: int
    """The policy generation at which it was last found to be current."""
    valid_until: float
    engine: str
    rows: PackedRows

    @property
    def is_doubted(self) -> bool:
        """Whether something about the node itself changed since it was made."""
        return self.generation == _NO_GENERATION


class NodeState(NamedTuple):
    """What one indexed read tells about a node."""

    node_key: int
    operating_system: str
    scan_id: int | None
    generation: int
    """The policy generation now."""
    verdict: VerdictInForce | None
    """None if the node was never judged."""


class OutdatedNode(NamedTuple):
    """A node that has to be judged again."""

    scope: Scope
    node_key: int
    instance_id: str


def of_node(db: Database, scope: Scope, instance_id: str) -> NodeState | None:
    """Give a node and the evaluation in force; None if `scope` has no such node."""
    row = db.one(
        "SELECT n.node_key, n.operating_system, n.scan_id, coalesce(p.generation, 0),"
        " v.verdict_id, v.scan_id, v.generation, v.valid_until, v.engine, v.packed_rows,"
        " v.installers FROM nodes n"
        " LEFT JOIN policy_generations p ON p.account_id = n.account_id AND p.region = n.region"
        " LEFT JOIN verdicts v ON v.node_key = n.node_key AND v.verdict_id = n.verdict_id"
        " WHERE n.node_key = ? AND n.account_id = ? AND n.region = ? AND n.instance_id = ?",
        identity(scope, instance_id),
    )
    if row is None:
        return None
    node_key, operating_system, scan_id, generation, verdict_id, *of_verdict = row
    if verdict_id is None:
        return NodeState(node_key, operating_system, scan_id, generation, None)
    judged_scan, judged_generation, valid_until, engine, packed_rows, installers = of_verdict
    verdict = VerdictInForce(
        verdict_id,
        judged_scan,
        judged_generation,
        math.inf if valid_until is None else valid_until,
        engine,
        _rows(packed_rows, installers),
    )
    return NodeState(node_key, operating_system, scan_id, generation, verdict)


def pinned_rows(db: Database, scope: Scope, instance_id: str, verdict_id: int) -> PackedRows | None:
    """Give the rows of one evaluation of a node, in force or not; None if it is gone."""
    row = db.one(
        "SELECT v.packed_rows, v.installers FROM verdicts v"
        " JOIN nodes n ON n.node_key = v.node_key"
        " WHERE v.verdict_id = ?"
        " AND n.node_key = ? AND n.account_id = ? AND n.region = ? AND n.instance_id = ?",
        (verdict_id, *identity(scope, instance_id)),
    )
    return None if row is None else _rows(*row)


def provenance(db: Database, node_key: int, verdict_id: int) -> Provenance:
    """Give what an evaluation was computed from; the evaluation must exist."""
    return Provenance._make(_of_verdict(db, node_key, verdict_id, _PROVENANCE))


def summary(db: Database, node_key: int, verdict_id: int) -> Summary:
    """Give the counts of an evaluation; the evaluation must exist."""
    return read_summary(_of_verdict(db, node_key, verdict_id, _COUNTS))


def read_summary(row: Row) -> Summary:
    """Read the counts out of a row of them."""
    *counts, overall_severity = row
    level = None if overall_severity is None else ComplianceLevel(overall_severity)
    return Summary._make((*counts, level))


def outdated(db: Database, selection: NodeSelection, *, engine: str, now: float) -> list[str]:
    """Give the ids of nodes that may have to be judged again to be seen as they are at `now`.

    Those have reported, and no evaluation by `engine` is in force that holds by all that is known.
    """
    nodes, parameters = selected(selection, ("node_key", "instance_id", "scan_id"))
    rows = db.all(
        f"SELECT n.instance_id FROM {nodes} n {JOIN_IN_FORCE} WHERE {_OUTDATED}",  # noqa: S608
        (*parameters, now, baselines.policy_generation(db, selection.scope), engine),
    )
    return [row[0] for row in rows]


def some_outdated(db: Database, scope: Scope, *, engine: str, now: float, limit: int) -> list[str]:
    """Give the ids of up to `limit` of the nodes of `scope` that `outdated` gives, in no order.

    However many nodes there are, it looks at no more than that many of each kind of outdated ones.
    """
    return [row[1] for row in _some_outdated(db, scope, (engine, now, math.inf), limit)]


def outdated_anywhere(
    db: Database, *, engine: str, now: float, others_before: float, limit: int
) -> list[OutdatedNode]:
    """Give up to `limit` nodes of all scopes that `outdated` gives, in no order.

    Of those judged by other engines only the ones judged before the instant `others_before`: two
    servers with different engines must not go on for ever to judge again what the other has judged.
    """
    found: list[OutdatedNode] = []
    for scope in scopes.everything(db):
        left = limit - len(found)
        if left <= 0:
            break
        rows = _some_outdated(db, scope, (engine, now, others_before), left)
        found += [OutdatedNode(scope, *row) for row in rows]
    return found


def engines(db: Database) -> list[str]:
    """Give the engines by which evaluations in force were made here."""
    rows = db.all(
        "SELECT DISTINCT engine FROM verdicts WHERE superseded_at IS NULL AND engine <> ?",
        (REPORTED,),
    )
    return [row[0] for row in rows]


def count_outdated(db: Database, *, engine: str, now: float) -> int:
    """Count the nodes of all scopes that `outdated` gives; it looks at every node."""
    total = 0
    for scope in scopes.everything(db):
        row = db.one(
            f"SELECT count(*) FROM nodes n {JOIN_IN_FORCE}"  # noqa: S608
            f" WHERE n.account_id = ? AND n.region = ? AND {_OUTDATED}",
            (*scope, now, baselines.policy_generation(db, scope), engine),
        )
        assert row is not None
        total += int(row[0])
    return total


def _some_outdated(
    db: Database, scope: Scope, judged_by: tuple[str, float, float], limit: int
) -> list[Row]:
    """Give keys and ids of outdated nodes.

    `judged_by` are the engine, the instant, and before which others must have judged a node.
    """
    scope_id = scopes.find(db, scope)
    if scope_id is None:
        return []
    engine, now, others_before = judged_by
    in_force = "verdicts WHERE superseded_at IS NULL AND scope_id = ?"
    generation = baselines.policy_generation(db, scope)
    kinds: list[tuple[str, tuple[Value, ...]]] = [
        (f"{in_force} AND engine = ? AND generation < ?", (scope_id, engine, generation)),
        (f"{in_force} AND engine = ? AND generation < 0", (scope_id, REPORTED)),
        (f"{in_force} AND valid_until < ?", (scope_id, now)),
        (
            "nodes WHERE verdict_id IS NULL AND account_id = ? AND region = ? AND scan_id >= 0",
            scope,
        ),
        *(
            (
                f"{in_force} AND engine > ? AND engine < ? AND evaluated_at < ?",
                (scope_id, above, below, others_before),
            )
            for above, below in _between(engine, REPORTED)
        ),
    ]
    keys = " UNION ".join(
        f"SELECT * FROM (SELECT node_key FROM {kind} LIMIT ?) AS kind"  # noqa: S608
        for kind, _ in kinds
    )
    return db.all(
        f"SELECT node_key, instance_id FROM nodes WHERE node_key IN ({keys}) LIMIT ?",  # noqa: S608
        (*(value for _, values in kinds for value in (*values, limit)), limit),
    )


def _between(*engines: str) -> list[tuple[str, str]]:
    """Give the ranges of texts without `engines`."""
    ends = ["", *sorted(engines), "\U0010ffff"]
    return list(pairwise(ends))


def put_in_force(
    db: Database, node_key: int, verdict: NodeVerdict, before: PackedRows = NO_ROWS
) -> int:
    """Store an evaluation as the one in force; give its id. The one before is kept for a while.

    `before` are the rows of the one before.
    """
    scope_id = scopes.of_node(db, node_key)
    open_patches.replace(db, scope_id, node_key, before, verdict.rows)
    db.execute(
        "UPDATE verdicts SET superseded_at = ? WHERE node_key = ? AND superseded_at IS NULL",
        (verdict.evaluated_at, node_key),
    )
    row = db.one(
        "UPDATE nodes SET last_number = last_number + 1, verdict_id = last_number + 1"
        " WHERE node_key = ? RETURNING verdict_id",
        (node_key,),
    )
    assert row is not None
    verdict_id = int(row[0])
    db.execute(
        _INSERT,
        (
            node_key,
            verdict_id,
            scope_id,
            *verdict.provenance,
            verdict.generation,
            verdict.evaluated_at,
            None if math.isinf(verdict.valid_until) else verdict.valid_until,
            compress(verdict.rows.data),
            msgspec.json.encode(verdict.rows.installers).decode(),
            *verdict.summary,
        ),
    )
    return verdict_id


def confirm(db: Database, node_key: int, verdict_id: int, *, scan_id: int, generation: int) -> None:
    """Note that an evaluation stands as it is for a later scan or policy generation."""
    # Most often only the scan is another: then the index of generations is not written.
    changed = db.execute(
        "UPDATE verdicts SET scan_id = ?, generation = ?"
        " WHERE node_key = ? AND verdict_id = ? AND generation <> ?",
        (scan_id, generation, node_key, verdict_id, generation),
    )
    if not changed:
        db.execute(
            "UPDATE verdicts SET scan_id = ? WHERE node_key = ? AND verdict_id = ?",
            (scan_id, node_key, verdict_id),
        )


def doubt(db: Database, node_key: int) -> None:
    """Have the evaluation in force of a node looked at again at the next read."""
    db.execute(
        "UPDATE verdicts SET generation = ? WHERE node_key = ?"
        " AND verdict_id = (SELECT verdict_id FROM nodes WHERE node_key = ?)",
        (_NO_GENERATION, node_key, node_key),
    )


def drop_superseded(db: Database, node_key: int, before: float) -> None:
    """Drop the evaluations of a node that were superseded before an instant."""
    db.execute("DELETE FROM verdicts WHERE node_key = ? AND superseded_at < ?", (node_key, before))


def remove_of_node(db: Database, node_key: int) -> None:
    """Drop the evaluations of a node; no question about the fleet finds it any more."""
    row = db.one(
        "SELECT v.packed_rows, v.installers FROM verdicts v JOIN nodes n"
        " ON n.node_key = v.node_key AND n.verdict_id = v.verdict_id WHERE v.node_key = ?",
        (node_key,),
    )
    if row is not None:
        open_patches.replace(db, scopes.of_node(db, node_key), node_key, _rows(*row), NO_ROWS)
    db.execute("DELETE FROM verdicts WHERE node_key = ?", (node_key,))


def _of_verdict(db: Database, node_key: int, verdict_id: int, columns: Sequence[str]) -> Row:
    row = db.one(
        f"SELECT {', '.join(columns)} FROM verdicts WHERE node_key = ? AND verdict_id = ?",  # noqa: S608
        (node_key, verdict_id),
    )
    assert row is not None, f"verdict {verdict_id} is referred to and gone"
    return row


# A walk comes back for the next page of the same rows, and to read them takes as long as a page.
@lru_cache(maxsize=_MAX_ROWS_KNOWN)
def _rows(compressed: bytes, installers: str) -> PackedRows:
    packed = decompress(compressed)
    if installers == "[]":
        return PackedRows(packed, ())
    return PackedRows(packed, msgspec.json.decode(installers, type=tuple[str, ...]))
