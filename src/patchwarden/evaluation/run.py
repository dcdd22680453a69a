"""The one place where a verdict is made: load, evaluate, save."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from patchwarden.domain.reported_patches import ReportedPatches, read_patches
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.judgement import Basis, made_here, pack
from patchwarden.evaluation.kept_reports import join_upload
from patchwarden.evaluation.shared_verdicts import Judged
from patchwarden.store import nodes, packed_rows, scans, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.errors import StoreUnavailableError, WriteRequiredError
from patchwarden.store.node_selection import NodeSelection
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.verdicts import NodeState, NodeVerdict, Provenance


class OutdatedError(WriteRequiredError):
    """Nodes have to be judged before they can be read."""

    code = "Outdated"

    def __init__(self, instance_ids: Sequence[str]) -> None:
        super().__init__(f"{len(instance_ids)} nodes have to be judged again first.")
        self.instance_ids = instance_ids


class Judgement(NamedTuple):
    """What a node was judged to be."""

    scope: Scope
    instance_id: str
    state: NodeState
    """That of the node when it was judged."""
    bearing: tuple[str, ...]
    provenance: Provenance
    outcome: Judged | None
    """None if the evaluation in force still holds."""
    now: float


def current(
    db: Database, engine: Engine, scope: Scope, instance_id: str, now: float
) -> NodeState | None:
    """Give a node with an evaluation that holds at `now`; None if `scope` has no such node.

    If the one in force is outdated, the node is judged again. Raises OutdatedError where that
    would have to write and `db` is read-only; if it is not, a transaction must have begun.
    """
    state = verdicts.of_node(db, scope, instance_id)
    if state is None or state.scan_id is None or _is_current(state, engine, now):
        return state
    if db.read_only:
        raise OutdatedError([instance_id])
    judge(db, engine, scope, instance_id, now)
    return verdicts.of_node(db, scope, instance_id)


def bring_up_to_date(db: Database, engine: Engine, selection: NodeSelection, now: float) -> None:
    """Have nodes judged again, those of the selected whose evaluations do not hold at `now`.

    Raises OutdatedError, with all of these nodes, as `current` does.
    """
    outdated = verdicts.outdated(db, selection, engine=engine.identity, now=now)
    judge_again(db, engine, selection.scope, outdated, now)


def judge_again(
    db: Database, engine: Engine, scope: Scope, instance_ids: Sequence[str], now: float
) -> None:
    """Have nodes judged again, those of them whose evaluations do not hold at `now`.

    Nodes that are not there are left out. Raises OutdatedError as `current` does, if there is one.
    """
    if instance_ids and db.read_only:
        raise OutdatedError(instance_ids)
    for instance_id in instance_ids:
        state = verdicts.of_node(db, scope, instance_id)
        if state is not None and state.scan_id is not None and not _is_current(state, engine, now):
            judge(db, engine, scope, instance_id, now)


def judge(
    db: Database,
    engine: Engine,
    scope: Scope,
    instance_id: str,
    now: float,
    *,
    report: ReportedPatches | None = None,
) -> None:
    """Judge a node by its newest report and put the result in force.

    `report` is that report if it has verdicts made on the node and the caller has just read them;
    else it comes from the store. If nothing that bears on the verdict has changed, the one in force
    is only confirmed. What was superseded longer ago than a page token lives is dropped: a walk
    that still goes on then has to begin anew. Must run inside a transaction.
    """
    _put_in_force(db, engine, _judgement(db, engine, scope, instance_id, now, report))


def judged_ahead(
    db: Database, engine: Engine, scope: Scope, instance_id: str, now: float
) -> Judgement | None:
    """Judge a node, but for writing the result: that is for `put_ahead_in_force`.

    None if there is nothing to judge. `db` may only read, within a snapshot; `engine` must be used
    by no other thread. Raises WriteRequiredError if something new has to be stored before.
    """
    state = verdicts.of_node(db, scope, instance_id)
    if state is None or state.scan_id is None or _is_current(state, engine, now):
        return None
    try:
        return _judgement(db, engine, scope, instance_id, now, None)
    except StoreUnavailableError as error:
        raise WriteRequiredError(
            f"{instance_id} has to be judged where writing is allowed."
        ) from error


def put_ahead_in_force(db: Database, engine: Engine, judgement: Judgement) -> bool:
    """Put a result in force, unless the node or the policy has changed since it was judged.

    Says whether it has. Must run inside a transaction.
    """
    scope, instance_id = judgement.scope, judgement.instance_id
    state, node = verdicts.of_node(db, scope, instance_id), nodes.find(db, scope, instance_id)
    if node is None or state != judgement.state or _bearing(node) != judgement.bearing:
        return False
    _put_in_force(db, engine, judgement)
    return True


def _judgement(
    db: Database,
    engine: Engine,
    scope: Scope,
    instance_id: str,
    now: float,
    report: ReportedPatches | None,
) -> Judgement:
    assert db.in_transaction
    state = verdicts.of_node(db, scope, instance_id)
    assert state is not None
    assert state.scan_id is not None
    node = nodes.find(db, scope, instance_id)
    assert node is not None
    if report is None and scans.operation(db, state.node_key, state.scan_id).kind == "inventory":
        report = read_patches(join_upload(scans.load(db, state.node_key, state.scan_id)))
    if report is not None:
        basis = _made_on_the_node(db, engine, state.scan_id, node, report)
    else:
        basis = made_here(db, engine, scope, node, now)
    holds = state.verdict is not None and _still_holds(db, state, basis.provenance, now)
    outcome = None if holds else basis.make()
    return Judgement(scope, instance_id, state, _bearing(node), basis.provenance, outcome, now)


def _put_in_force(db: Database, engine: Engine, judgement: Judgement) -> None:
    state, outcome, now = judgement.state, judgement.outcome, judgement.now
    verdicts.drop_superseded(db, state.node_key, before=now - engine.choices.token_lifetime_s)
    if outcome is None:
        assert state.verdict is not None
        verdicts.confirm(
            db,
            state.node_key,
            state.verdict.verdict_id,
            scan_id=judgement.provenance.scan_id,
            generation=state.generation,
        )
        return
    verdict = NodeVerdict(
        provenance=judgement.provenance,
        generation=state.generation,
        evaluated_at=now,
        valid_until=outcome.valid_until,
        rows=outcome.rows,
        summary=outcome.summary,
    )
    before = packed_rows.NO_ROWS if state.verdict is None else state.verdict.rows
    verdicts.put_in_force(db, state.node_key, verdict, before)


def _bearing(node: ManagedNode) -> tuple[str, ...]:
    """Give what bears on the verdicts besides the policy and the newest report."""
    return node.patch_group, node.operating_system, node.platform_version


def _made_on_the_node(
    db: Database, engine: Engine, scan_id: int, node: ManagedNode, reported: ReportedPatches
) -> Basis:
    provenance = Provenance(
        scan_id=scan_id,
        baseline_id=reported.baseline_id,
        baseline_digest=b"",
        patch_group=node.patch_group,
        engine=verdicts.REPORTED,
        knowledge=0,
    )
    return Basis(
        provenance,
        lambda: Judged(pack(db, engine, reported.verdicts), reported.summary, math.inf),
    )


def _is_current(state: NodeState, engine: Engine, now: float) -> bool:
    verdict = state.verdict
    if verdict is None or verdict.scan_id != state.scan_id:
        return False
    if verdict.engine == verdicts.REPORTED:
        # Neither baselines nor delays nor this program had a part in it.
        return not verdict.is_doubted
    return (
        verdict.generation == state.generation
        and now <= verdict.valid_until
        and verdict.engine == engine.identity
    )


def _still_holds(db: Database, state: NodeState, now_from: Provenance, now: float) -> bool:
    verdict, node_key = state.verdict, state.node_key
    assert verdict is not None
    was_from = verdicts.provenance(db, node_key, verdict.verdict_id)
    return (
        now <= verdict.valid_until
        and was_from._replace(scan_id=now_from.scan_id) == now_from
        and scans.have_same_facts(db, node_key, was_from.scan_id, now_from.scan_id)
    )
