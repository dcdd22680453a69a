"""What a verdict that is made here is made from, and how."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.enrichment import enrich, is_too_much
from patchwarden.domain.evaluate import judge_each
from patchwarden.domain.facts import Report
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.summary import Summary, summarize
from patchwarden.evaluation.assignment import AssignedBaseline
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.kept_reports import join, read_head, read_node_facts
from patchwarden.evaluation.knowledge import Wanted, knowledge_revision
from patchwarden.evaluation.shared_packages import own_values
from patchwarden.evaluation.shared_verdicts import Judged, Judges, NodeReport
from patchwarden.store import packed_rows, scans
from patchwarden.store.database import Database, Scope
from patchwarden.store.nodes import ManagedNode
from patchwarden.store.packed_rows import PackedRows
from patchwarden.store.verdicts import Provenance


class Basis(NamedTuple):
    """What a verdict is made from, and how."""

    provenance: Provenance
    make: Callable[[], Judged]


def made_here(db: Database, engine: Engine, scope: Scope, node: ManagedNode, now: float) -> Basis:
    """Give the basis for the verdicts on the newest report of a node; it must have facts."""
    assert node.scan_id is not None
    assigned = engine.assignments.find(db, scope, node.operating_system, node.patch_group)
    wanted = engine.wanted(node.operating_system)
    provenance = Provenance(
        scan_id=node.scan_id,
        baseline_id=assigned.baseline_id,
        baseline_digest=assigned.digest,
        patch_group=node.patch_group,
        engine=engine.identity,
        knowledge=knowledge_revision(db, scope.account_id, node, wanted),
    )
    maker = _Maker(db, engine, scope.account_id, node, assigned, wanted, now)
    return Basis(provenance, lambda: maker.make(provenance))


def pack(db: Database, engine: Engine, verdicts: Sequence[Verdict]) -> PackedRows:
    """Pack verdicts, storing what nodes share of them."""
    record_ids = engine.record_ids.intern(db, [verdict.record for verdict in verdicts])
    return packed_rows.pack(verdicts, record_ids)


class _Maker(NamedTuple):
    """Makes the verdicts on one node."""

    db: Database
    engine: Engine
    account_id: str
    node: ManagedNode
    assigned: AssignedBaseline
    wanted: Wanted
    now: float

    def make(self, provenance: Provenance) -> Judged:
        """Judge the node by what nodes share, or else by its whole report."""
        return self._by_what_is_shared(provenance) or self._as_a_whole()

    def _by_what_is_shared(self, provenance: Provenance) -> Judged | None:
        assert self.node.scan_id is not None
        shared = scans.load_shared(self.db, self.node.node_key, self.node.scan_id)
        if shared is None:
            return None
        packages = self.engine.shared_packages.find(self.db, shared.packages.text_ids)
        if packages is None:
            return None
        scan, node = read_node_facts(shared)
        if node.platform_version != self.node.platform_version:
            # A heartbeat told another one since: the provenance counts what is known about that.
            return None
        own = own_values(shared.packages)
        report = NodeReport(self.account_id, scan, node, read_head(shared.packages), packages, own)
        verdicts = self.engine.shared_verdicts
        return verdicts.judge(report, provenance, self._judges(), self.now)

    def _as_a_whole(self) -> Judged:
        db, engine, node = self.db, self.engine, self.node
        assert node.scan_id is not None
        facts = join(scans.load(db, node.node_key, node.scan_id, engine.package_texts))
        enriched = engine.library.enriched(db, self.account_id, facts, self.wanted)
        evaluation = engine.evaluate(enriched, self.assigned.content, self.now)
        return Judged(
            pack(db, engine, evaluation.verdicts),
            _summary(self.assigned.content, evaluation.verdicts, evaluation.not_applicable_count),
            evaluation.valid_until,
        )

    def _judges(self) -> Judges:
        db, engine, baseline = self.db, self.engine, self.assigned.content
        rules = engine.rules(self.node.operating_system)
        policy = engine.policy(self.node.operating_system, baseline, self.now)

        def enriched(report: Report) -> Report | None:
            known = engine.library.knowledge(db, self.account_id, report, self.wanted)
            return None if is_too_much(report, known) else enrich(report, known)

        def intern(records: Sequence[PatchRecord]) -> Sequence[int]:
            # If this is undone, the ids will come to mean other records.
            db.if_undone(engine.shared_verdicts.forget)
            return engine.record_ids.intern(db, records)

        return Judges(
            enrich=enriched,
            judge=lambda report: judge_each(report, policy, rules),
            intern=intern,
            summarize=lambda verdicts, count: _summary(baseline, verdicts, count),
        )


def _summary(
    baseline: PatchBaseline, verdicts: Iterable[Verdict], not_applicable_count: int
) -> Summary:
    setting = baseline.available_security_updates_compliance_status
    return summarize(
        verdicts,
        not_applicable_count=not_applicable_count,
        available_security_updates_are_compliant=setting != "NON_COMPLIANT",
    )
