"""The one place where a verdict is made: load, evaluate, save."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from patchwarden import __version__
from patchwarden.choices import Choices
from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.patches import Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.reported_patches import ReportedPatches, read_patches
from patchwarden.domain.summary import Summary, summarize
from patchwarden.evaluation.assignment import assigned_baseline
from patchwarden.evaluation.kept_reports import join, join_upload
from patchwarden.evaluation.knowledge import Library, Wanted, knowledge_revision
from patchwarden.store import baselines, nodes, packed_rows, scans, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.errors import WriteRequiredError
from patchwarden.store.node_selection import NodeSelection
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.package_texts import PackageTexts
from patchwarden.store.records import RecordIds
from patchwarden.store.verdicts import NodeState, NodeVerdict, Provenance


class OutdatedError(WriteRequiredError):
    """Nodes have to be judged before they can be read."""

    code = "Outdated"

    def __init__(self, instance_ids: Sequence[str]) -> None:
        super().__init__(f"{len(instance_ids)} nodes have to be judged again first.")
        self.instance_ids = instance_ids


@dataclass(frozen=True)
class Engine:
    """What evaluations need besides the store: the choices in force and known record ids."""

    choices: Choices
    record_ids: RecordIds = field(default_factory=RecordIds)
    package_texts: PackageTexts = field(default_factory=PackageTexts)
    library: Library = field(default_factory=Library)

    @cached_property
    def identity(self) -> str:
        """Name everything but facts and baseline that bears on a verdict."""
        choices = self.choices
        bypass = "bypass" if choices.approved_patches_bypass_global_filters else "gated"
        return f"{__version__} {choices.apt_approval_delay} {choices.cve_ids} {bypass}"

    def rules(self, operating_system: str) -> OperatingSystemRules:
        """Give the rules of an operating system, as the choices have them."""
        rules = operating_systems()[operating_system]
        if self.choices.cve_ids == "known":
            rules = replace(rules, shows_cve_ids=True)
        if rules.package_manager == "apt":
            rules = replace(rules, approval_delay=self.choices.apt_approval_delay)
        return rules

    def evaluate(self, report: Report, baseline: PatchBaseline, now: float) -> Evaluation:
        """Judge a report by one content of a baseline, as the choices have it."""
        rules = self.rules(report.node.operating_system)
        bypass = self.choices.approved_patches_bypass_global_filters
        policy = Policy.of(baseline, rules, now, approved_bypass_global_filters=bypass)
        return evaluate(report, policy, rules)

    def wanted(self, operating_system: str) -> Wanted:
        """Say which knowledge bears on verdicts for an operating system."""
        rules = self.rules(operating_system)
        return Wanted(
            first_seen=rules.approval_delay == "honoured",
            changelogs=rules.package_manager == "apt" and rules.shows_cve_ids,
        )


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
        current(db, engine, scope, instance_id, now)


def judge(
    db: Database,
    engine: Engine,
    scope: Scope,
    instance_id: str,
    now: float,
    *,
    report: Report | ReportedPatches | None = None,
) -> None:
    """Judge a node by its newest report and put the result in force.

    `report` is that report if the caller has just read it; else it comes from the store. If
    nothing that bears on the verdict has changed, the one in force is only confirmed. What was
    superseded longer ago than a page token lives is dropped: a walk that still goes on then has to
    begin anew. Must run inside a transaction.
    """
    assert db.in_transaction
    state = verdicts.of_node(db, scope, instance_id)
    assert state is not None
    assert state.scan_id is not None
    node = nodes.find(db, scope, instance_id)
    assert node is not None
    if report is None and scans.operation(db, state.node_key, state.scan_id).kind == "inventory":
        report = read_patches(join_upload(scans.load(db, state.node_key, state.scan_id)))
    if isinstance(report, ReportedPatches):
        basis = _made_on_the_node(state.scan_id, node, report)
    else:
        basis = _made_here(db, engine, scope, node, now, report)
    verdicts.drop_superseded(db, state.node_key, before=now - engine.choices.token_lifetime_s)
    if state.verdict is not None and _still_holds(db, state, basis.provenance, now):
        verdicts.confirm(
            db,
            state.node_key,
            state.verdict.verdict_id,
            scan_id=state.scan_id,
            generation=state.generation,
        )
        return
    outcome = basis.make()
    record_ids = engine.record_ids.intern(db, [verdict.record for verdict in outcome.verdicts])
    verdict = NodeVerdict(
        provenance=basis.provenance,
        generation=state.generation,
        evaluated_at=now,
        valid_until=outcome.valid_until,
        rows=packed_rows.pack(outcome.verdicts, record_ids),
        summary=outcome.summary,
    )
    before = packed_rows.NO_ROWS if state.verdict is None else state.verdict.rows
    verdicts.put_in_force(db, state.node_key, verdict, before)


class _Outcome(NamedTuple):
    verdicts: Sequence[Verdict]
    summary: Summary
    valid_until: float


class _Basis(NamedTuple):
    """What a verdict is made from, and how."""

    provenance: Provenance
    make: Callable[[], _Outcome]


def _made_on_the_node(scan_id: int, node: ManagedNode, reported: ReportedPatches) -> _Basis:
    provenance = Provenance(
        scan_id=scan_id,
        baseline_id=reported.baseline_id,
        baseline_digest=b"",
        patch_group=node.patch_group,
        engine=verdicts.REPORTED,
        knowledge=0,
    )
    outcome = _Outcome(reported.verdicts, reported.summary, math.inf)
    return _Basis(provenance, lambda: outcome)


def _made_here(
    db: Database,
    engine: Engine,
    scope: Scope,
    node: ManagedNode,
    now: float,
    report: Report | None,
) -> _Basis:
    assert node.scan_id is not None
    scan_id = node.scan_id
    assigned = assigned_baseline(db, scope, node.operating_system, node.patch_group)
    wanted = engine.wanted(node.operating_system)

    def make() -> _Outcome:
        facts = report or join(scans.load(db, node.node_key, scan_id, engine.package_texts))
        enriched = engine.library.enriched(db, scope.account_id, facts, wanted)
        evaluation = engine.evaluate(enriched, assigned.content, now)
        baselines.keep_content(db, assigned.content)
        summary = _summary(evaluation, assigned.content)
        return _Outcome(evaluation.verdicts, summary, evaluation.valid_until)

    provenance = Provenance(
        scan_id=scan_id,
        baseline_id=assigned.baseline_id,
        baseline_digest=baselines.digest_of(assigned.content),
        patch_group=node.patch_group,
        engine=engine.identity,
        knowledge=knowledge_revision(db, scope.account_id, node, wanted),
    )
    return _Basis(provenance, make)


def _summary(evaluation: Evaluation, baseline: PatchBaseline) -> Summary:
    setting = baseline.available_security_updates_compliance_status
    return summarize(
        evaluation.verdicts,
        not_applicable_count=evaluation.not_applicable_count,
        available_security_updates_are_compliant=setting != "NON_COMPLIANT",
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
