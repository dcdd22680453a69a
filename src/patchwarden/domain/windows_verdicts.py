"""The verdicts on a report of Windows: contract 3.1.

Rules and lists apply as they do to the catalog (`effective_policy`), so that a node and
DescribeEffectivePatchesForPatchBaseline agree. An update that an administrator hid on the node is
judged like any other: the baseline says what is to be installed. A Scan gives Missing for what an
earlier installation could not install.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from patchwarden.domain import windows
from patchwarden.domain.approval import NEVER
from patchwarden.domain.effective_policy import EffectivePolicy
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Report, WindowsUpdate
from patchwarden.domain.operation_results import failed_versions
from patchwarden.domain.os_rules import OperatingSystemRules, products_of
from patchwarden.domain.patches import Verdict
from patchwarden.domain.policy import Policy
from patchwarden.domain.selection import Field
from patchwarden.domain.states import (
    STATES_WITHOUT_INSTALL,
    ComplianceLevel,
    PatchState,
    installed_state,
)
from patchwarden.domain.windows_reboot import RebootEvidence
from patchwarden.domain.windows_supersedence import Judged, without_superseded

_PRECEDENCE = {
    state: position
    for position, state in enumerate(
        (
            PatchState.INSTALLED_PENDING_REBOOT,
            PatchState.INSTALLED_REJECTED,
            PatchState.FAILED,
            PatchState.MISSING,
            PatchState.INSTALLED,
            PatchState.AVAILABLE_SECURITY_UPDATE,
            PatchState.INSTALLED_OTHER,
            PatchState.NOT_APPLICABLE,
        )
    )
}
"""Of several updates with one KB number, the one whose state comes first stands for all.

Some updates come again and again under one number, such as the Malicious Software Removal Tool:
that last month's is installed must not hide that this month's is missing (contract 2.10).
"""


def judge_windows(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every update of `report` by `policy`; each KB number gives one record at most."""
    judge = _Judge.of(report, policy, rules)
    judged = judge.judged(report.packages.updates)
    if not report.packages.knows_available:
        judged = without_superseded(judged)
    return Evaluation(
        verdicts=_one_for_each_kb(map(judge.verdict, judged)),
        # They are listed.
        not_applicable_count=0,
        valid_until=judge.valid_until(),
    )


_Kind: TypeAlias = tuple[tuple[str, ...], str, str, str]
"""Products, their family, classification and severity."""
_Terms: TypeAlias = tuple[tuple[str, ...], str, str, str, float | None, frozenset[Field]]
"""A kind, the release and the names that matter."""


class _Judgement(NamedTuple):
    """What holds for all updates of a node that the policy cannot tell apart."""

    level: ComplianceLevel | None
    """None if nothing approves them."""
    is_rejected: bool
    changes_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Judges the updates of one node by one policy."""

    policy: EffectivePolicy
    rules: OperatingSystemRules
    node_products: tuple[str, ...]
    known_references: frozenset[Field]
    is_install: bool
    failed: frozenset[str]
    """Names of what this operation could not install."""
    reboot: RebootEvidence
    fields: dict[_Kind, tuple[frozenset[Field], ...]] = field(default_factory=dict)
    """What filters ask for, once for each product; of the kinds of updates met so far."""
    judgements: dict[_Terms, _Judgement] = field(default_factory=dict)
    """Those made so far: updates of one month differ in few things that matter."""

    @classmethod
    def of(cls, report: Report, policy: Policy, rules: OperatingSystemRules) -> "_Judge":
        effective = EffectivePolicy.of(policy.baseline, rules, policy.now)
        return cls(
            policy=effective,
            rules=rules,
            node_products=products_of(rules, report.node.platform_version),
            known_references=effective.known_references,
            is_install=report.scan.operation == "Install",
            failed=frozenset(name.lower() for name, _, _ in failed_versions(report.scan)),
            reboot=RebootEvidence.of(report),
        )

    def judged(self, updates: Iterable[WindowsUpdate]) -> list[Judged]:
        """Give those of `updates` that are listed, with their states."""
        judgements = ((update, self._judgement(update)) for update in updates)
        return [
            Judged(update, state, judgement.level)
            for update, judgement in judgements
            if (state := self._state(update, judgement)) is not None
        ]

    def valid_until(self) -> float:
        """Give the first instant after which a running delay changes a verdict."""
        return min((known.changes_after for known in self.judgements.values()), default=NEVER)

    def _judgement(self, update: WindowsUpdate) -> _Judgement:
        terms = (
            update.products,
            update.product_family,
            update.classification,
            update.msrc_severity,
            update.released_at,
            self.known_references.intersection(windows.references_of(update))
            if self.known_references
            else self.known_references,
        )
        return self.judgements.get(terms) or self._judge(update, terms)

    def _judge(self, update: WindowsUpdate, terms: _Terms) -> _Judgement:
        fields = self.fields.get(terms[:4])
        if fields is None:
            fields = windows.terms_of(update, self.node_products, self.rules)
            self.fields[terms[:4]] = fields
        candidates = [self.policy.candidate(each, terms[-1], update.released_at) for each in fields]
        decisions = list(map(self.policy.policy.decide, candidates))
        judgement = self.judgements[terms] = _Judgement(
            level=max((level for level, _ in decisions if level is not None), default=None),
            is_rejected=any(candidate.mention.as_rejected for candidate in candidates),
            changes_after=min(decision.changes_after for decision in decisions),
        )
        return judgement

    def _state(self, update: WindowsUpdate, judgement: _Judgement) -> PatchState | None:
        if update.presence == "installed":
            return self._installed_state(update, judgement)
        if judgement.is_rejected:
            return None
        if update.presence == "not-applicable":
            return None if judgement.level is None else PatchState.NOT_APPLICABLE
        if judgement.level is not None:
            return PatchState.FAILED if self._has_failed(update) else PatchState.MISSING
        is_security = windows.is_security_update(update)
        return PatchState.AVAILABLE_SECURITY_UPDATE if is_security else None

    def _installed_state(self, update: WindowsUpdate, judgement: _Judgement) -> PatchState:
        if self.reboot.holds_for(update):
            return PatchState.INSTALLED_PENDING_REBOOT
        return installed_state(
            is_approved=judgement.level is not None,
            is_blocked=judgement.is_rejected and self.policy.policy.blocks,
        )

    def _has_failed(self, update: WindowsUpdate) -> bool:
        named = not self.failed.isdisjoint(windows.names_of(update))
        return self.is_install and (update.presence == "failed" or named)

    def verdict(self, judged: Judged) -> Verdict:
        """Give the verdict on an update."""
        update, state, level = judged
        is_installed = state not in STATES_WITHOUT_INSTALL
        return Verdict(
            record=windows.patch_record(update, state, shows_cve_ids=self.rules.shows_cve_ids),
            state=state,
            compliance_level=level or ComplianceLevel.UNSPECIFIED,
            installed_at=(update.installed_at or 0.0) if is_installed else 0.0,
            installed_by=update.installed_by if is_installed else None,
        )


def _one_for_each_kb(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    chosen: dict[str, Verdict] = {}
    for verdict in verdicts:
        kb_id = verdict.record.kb_id.lower()
        other = chosen.get(kb_id)
        if other is None or _standing(verdict) < _standing(other):
            chosen[kb_id] = verdict
    return tuple(sorted(chosen.values(), key=lambda verdict: verdict.record.kb_id))


def _standing(verdict: Verdict) -> tuple[object, ...]:
    # All that tells verdicts apart, so that the order of the report does not matter.
    level, installed_at = verdict.compliance_level, verdict.installed_at
    installed_by = verdict.installed_by or ""
    return (_PRECEDENCE[verdict.state], -level, -installed_at, verdict.record, installed_by)
