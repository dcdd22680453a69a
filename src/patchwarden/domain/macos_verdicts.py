"""The verdicts on a report of macOS: contract 2.7, 3.1.

macOS has no order of versions: the report says which are newer than the installed one, the newest
first. Nothing tells a security update from others, so that EnableNonSecurity has no effect.
"""

from dataclasses import dataclass
from operator import attrgetter

from patchwarden.domain.approval import NEVER
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import AvailableVersion, Package, Report
from patchwarden.domain.os_rules import OperatingSystemRules, products_of
from patchwarden.domain.package_verdicts import PackageStates, verdict_on_installed
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.policy import Candidate, Decision, Policy
from patchwarden.domain.selection import Mention
from patchwarden.domain.states import (
    STATES_WITHOUT_DETAILS,
    ComplianceLevel,
    PatchState,
    installed_state,
)

_NEVER_MISSING = frozenset({"installer"})
"""Packages of this tool are reported, and never updated (contract 3.1)."""


def judge_macos(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every package of `report` by `policy`."""
    judge = _Judge.of(report, policy, rules)
    packages = sorted(report.packages.installed, key=attrgetter("name", "architecture"))
    judgements = list(map(judge.judge, packages))
    return Evaluation(
        verdicts=tuple(verdict for verdict, _ in judgements),
        not_applicable_count=0,
        valid_until=min((after for _, after in judgements), default=NEVER),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Judges the packages of one node by one policy."""

    policy: Policy
    products: tuple[str, ...]
    states: PackageStates

    @classmethod
    def of(cls, report: Report, policy: Policy, rules: OperatingSystemRules) -> "_Judge":
        return cls(
            policy=policy,
            products=products_of(rules, report.node.platform_version),
            states=PackageStates.of(report),
        )

    def judge(self, package: Package) -> tuple[Verdict, float]:
        """Give the verdict on a package, and the instant after which a running delay changes it.

        The newest version that is approved decides: an update, or what is installed.
        """
        changes_after = NEVER
        for offer in (*_updates(package), AvailableVersion(version=package.version)):
            decision = self._decide(package, offer)
            changes_after = min(changes_after, decision.changes_after)
            if decision.level is not None:
                return self._approved(package, offer.version, decision.level), changes_after
        return self._unapproved(package), changes_after

    def _decide(self, package: Package, offer: AvailableVersion) -> Decision:
        # Names without versions: what is rejected is so in every version.
        is_rejected = self.policy.rejected.matches((package.name,))
        fields = [("PRODUCT", product) for product in self.products]
        fields.append(("CLASSIFICATION", package.installer))
        return self.policy.decide(
            Candidate(
                fields=frozenset((key, value.lower()) for key, value in fields if value),
                is_security=True,
                released_at=offer.released_at,
                mention=Mention(
                    as_approved=self.policy.approved.matches((package.name,)),
                    as_rejected=is_rejected,
                    as_installed_and_rejected=is_rejected,
                ),
            )
        )

    def _approved(self, package: Package, version: str, level: ComplianceLevel) -> Verdict:
        if version == package.version:
            return self._installed(package, PatchState.INSTALLED, level)
        record = _record(package, version, package.installer)
        return Verdict(record, self.states.of_update(package, version), level)

    def _unapproved(self, package: Package) -> Verdict:
        is_blocked = self.policy.blocks and self.policy.rejected.matches((package.name,))
        state = installed_state(is_approved=False, is_blocked=is_blocked)
        return self._installed(package, state, None)

    def _installed(
        self, package: Package, by_policy: PatchState, level: ComplianceLevel | None
    ) -> Verdict:
        state = self.states.of_installed(package, by_policy)
        classification = "" if state in STATES_WITHOUT_DETAILS else package.installer
        record = _record(package, package.version, classification)
        return verdict_on_installed(package, record, state, level)


def _updates(package: Package) -> tuple[AvailableVersion, ...]:
    if package.installer in _NEVER_MISSING:
        return ()
    return tuple(offer for offer in package.available if offer.version != package.version)


def _record(package: Package, version: str, classification: str) -> PatchRecord:
    return PatchRecord(
        title=f"{package.name}.{version}",
        kb_id=package.name,
        classification=classification,
        severity="",
        cve_ids="",
    )
