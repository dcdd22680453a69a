"""The one place where a verdict is made: load, evaluate, save."""

from dataclasses import dataclass, field, replace

from patchwarden import __version__
from patchwarden.choices import Choices
from patchwarden.data.load import operating_systems
from patchwarden.domain.evaluate import evaluate
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.policy import Policy
from patchwarden.domain.summary import summarize
from patchwarden.evaluation.assignment import AssignedBaseline, assigned_baseline, patch_group
from patchwarden.evaluation.kept_reports import join
from patchwarden.store import baselines, nodes, packed_rows, scans, verdicts
from patchwarden.store.database import Database, Scope
from patchwarden.store.errors import WriteRequiredError
from patchwarden.store.records import RecordIds
from patchwarden.store.verdicts import NodeState, NodeVerdict, Provenance


@dataclass(frozen=True, slots=True)
class Engine:
    """What evaluations need besides the store: the choices in force and known record ids."""

    choices: Choices
    record_ids: RecordIds = field(default_factory=RecordIds)

    @property
    def identity(self) -> str:
        """Name everything but facts and baseline that bears on a verdict."""
        choices = self.choices
        bypass = "bypass" if choices.approved_patches_bypass_global_filters else "gated"
        return f"{__version__} {choices.apt_approval_delay} {bypass}"

    def rules(self, operating_system: str) -> OperatingSystemRules:
        """Give the rules of an operating system, as the choices have it."""
        rules = operating_systems()[operating_system]
        if rules.package_manager == "apt":
            return replace(rules, approval_delay=self.choices.apt_approval_delay)
        return rules


def current(
    db: Database, engine: Engine, scope: Scope, instance_id: str, now: float
) -> NodeState | None:
    """Give a node with an evaluation that holds at `now`; None if `scope` has no such node.

    If the one in force is outdated, the node is judged again. Raises WriteRequiredError where
    that would have to write and `db` is read-only; if it is not, a transaction must have begun.
    """
    state = verdicts.of_node(db, scope, instance_id)
    if state is None or state.scan_id is None or _is_current(state, engine, now):
        return state
    if db.read_only:
        raise WriteRequiredError(f"The evaluation of {instance_id} is outdated.")
    judge(db, engine, scope, instance_id, now)
    return verdicts.of_node(db, scope, instance_id)


def judge(db: Database, engine: Engine, scope: Scope, instance_id: str, now: float) -> None:
    """Judge a node by its newest report and put the result in force.

    If nothing that bears on the verdict has changed, the one in force is only confirmed. What was
    superseded so long ago that no page token can refer to it is dropped. Must run inside a
    transaction.
    """
    assert db.in_transaction
    state = verdicts.of_node(db, scope, instance_id)
    assert state is not None
    assert state.scan_id is not None
    assigned = assigned_baseline(db, scope, state.operating_system)
    node = nodes.find(db, scope, instance_id)
    assert node is not None
    provenance = Provenance(
        scan_id=state.scan_id,
        baseline_id=assigned.baseline_id,
        baseline_digest=baselines.digest_of(assigned.content),
        patch_group=patch_group(node.tags),
        engine=engine.identity,
    )
    verdicts.drop_superseded(db, state.node_key, before=now - engine.choices.token_lifetime_s)
    if state.verdict is not None and _still_holds(db, state.verdict, provenance, now):
        assert state.verdict_id is not None
        verdicts.confirm(db, state.verdict_id, state.scan_id, state.generation)
        return
    verdict = _evaluate(db, engine, state, assigned, provenance, now)
    verdicts.put_in_force(db, state.node_key, verdict)


def _is_current(state: NodeState, engine: Engine, now: float) -> bool:
    verdict = state.verdict
    return (
        verdict is not None
        and verdict.provenance.scan_id == state.scan_id
        and verdict.generation == state.generation
        and now <= verdict.valid_until
        and verdict.provenance.engine == engine.identity
    )


def _still_holds(db: Database, verdict: NodeVerdict, now_from: Provenance, now: float) -> bool:
    was_from = verdict.provenance
    return (
        now <= verdict.valid_until
        and was_from._replace(scan_id=now_from.scan_id) == now_from
        and scans.have_same_facts(db, was_from.scan_id, now_from.scan_id)
    )


def _evaluate(
    db: Database,
    engine: Engine,
    state: NodeState,
    assigned: AssignedBaseline,
    provenance: Provenance,
    now: float,
) -> NodeVerdict:
    baselines.keep_content(db, assigned.content)
    rules = engine.rules(state.operating_system)
    bypass = engine.choices.approved_patches_bypass_global_filters
    policy = Policy.of(assigned.content, rules, now, approved_bypass_global_filters=bypass)
    evaluation = evaluate(join(scans.load(db, provenance.scan_id)), policy, rules)
    record_ids = engine.record_ids.intern(db, [verdict.record for verdict in evaluation.verdicts])
    compliance_setting = assigned.content.available_security_updates_compliance_status
    return NodeVerdict(
        provenance=provenance,
        generation=state.generation,
        evaluated_at=now,
        valid_until=evaluation.valid_until,
        rows=packed_rows.pack(evaluation.verdicts, record_ids),
        summary=summarize(
            evaluation.verdicts,
            not_applicable_count=evaluation.not_applicable_count,
            available_security_updates_are_compliant=compliance_setting != "NON_COMPLIANT",
        ),
    )
