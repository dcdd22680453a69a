"""What the verdicts on packages have in common, whichever package manager has installed them."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import NotInstalled, Package, Report
from patchwarden.domain.operation_results import failed_versions
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.reboot import PackageKey, waiting_for_reboot
from patchwarden.domain.states import ComplianceLevel, PatchState

_NAME_AND_ARCHITECTURE = attrgetter("name", "architecture")


class PackageJudge(Protocol):
    """Judges the packages of one node by one policy."""

    def verdict(self, package: Package) -> Verdict:
        """Give the verdict on a package."""

    def approves(self, group: NotInstalled) -> bool:
        """Say whether the policy approves packages that are not installed."""

    def valid_until(self) -> float:
        """Give the first instant after which a running delay may change one of the verdicts."""


def judge_packages(report: Report, judge: PackageJudge) -> Evaluation:
    """Have every package of `report` judged."""
    packages = sorted(report.packages.installed, key=_NAME_AND_ARCHITECTURE)
    return Evaluation(
        verdicts=tuple(map(judge.verdict, packages)),
        not_applicable_count=sum(
            group.count for group in report.packages.not_installed if judge.approves(group)
        ),
        valid_until=judge.valid_until(),
    )


@dataclass(frozen=True, slots=True)
class PackageStates:
    """What the states of a node's packages depend on besides the policy."""

    failed: frozenset[tuple[str, str, str]]
    """Name, architecture and version of what this operation could not install."""
    waiting_for_reboot: frozenset[PackageKey]

    @classmethod
    def of(cls, report: Report) -> "PackageStates":
        """Prepare for the packages of `report`."""
        return cls(failed_versions(report.scan), waiting_for_reboot(report))

    def of_update(self, package: Package, version: str) -> PatchState:
        """Give the state of an approved version that is not installed."""
        has_failed = (package.name, package.architecture, version) in self.failed
        return PatchState.FAILED if has_failed else PatchState.MISSING

    def of_installed(self, package: Package, by_policy: PatchState) -> PatchState:
        """Give the state of an installed version that is `by_policy` unless a reboot is due."""
        if (package.name, package.architecture) in self.waiting_for_reboot:
            return PatchState.INSTALLED_PENDING_REBOOT
        return by_policy


def verdict_on_installed(
    package: Package, record: PatchRecord, state: PatchState, level: ComplianceLevel | None
) -> Verdict:
    """Give the verdict on the installed version; `level` is None if nothing approves it."""
    return Verdict(
        record,
        state,
        level or ComplianceLevel.UNSPECIFIED,
        package.installed_at or 0.0,
        package.installed_by,
    )
