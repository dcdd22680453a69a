"""The verdicts on a report of dnf, yum and zypper: contract 2.7, 3.2.

Of the versions of a package that are installed or on offer and not rejected, the newest that the
policy approves decides.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from patchwarden.domain import rpm
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Advisory, AvailableVersion, NotInstalled, Package, Report
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.domain.package_verdicts import (
    PackageStates,
    judge_packages,
    verdict_on_installed,
)
from patchwarden.domain.patches import PatchRecord, Verdict, joined_cve_ids
from patchwarden.domain.policy import Policy
from patchwarden.domain.rpm_choices import Choice, Chooser
from patchwarden.domain.rpm_notices import Notice
from patchwarden.domain.states import STATES_WITHOUT_DETAILS, installed_state


def judge_rpm(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every package of `report` by `policy`."""
    return judge_packages(report, _Judge.of(report, policy, rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Judges the packages of one node by one policy."""

    chooser: Chooser
    advisories: tuple[Advisory, ...]
    states: PackageStates
    blocks: bool
    """Whether what is rejected must not be installed."""
    shows_epoch: bool
    shows_cve_ids: bool

    @classmethod
    def of(cls, report: Report, policy: Policy, rules: OperatingSystemRules) -> "_Judge":
        chooser = Chooser.of(report, policy, rules)
        return cls(
            chooser=chooser,
            advisories=report.packages.advisories,
            states=PackageStates.of(report),
            blocks=policy.blocks,
            shows_epoch=chooser.package_manager.shows_epoch,
            shows_cve_ids=rules.shows_cve_ids,
        )

    def approves(self, group: NotInstalled) -> bool:
        """Say whether the policy approves packages that are not installed."""
        return self.chooser.approves(group)

    def valid_until(self) -> float:
        """Give the first instant after which a running delay may change a verdict."""
        return self.chooser.valid_until()

    def verdict(self, package: Package) -> Verdict:
        """Give the verdict on a package."""
        updates, others = _parted(package)
        for position, offer in enumerate(updates):
            choice = self.chooser.choice(package, offer)
            if choice.level is not None:
                record = self._record(package, offer.version, choice.notice)
                if self.shows_cve_ids:
                    # Also those of the updates that it skips.
                    record = record._replace(cve_ids=self._cve_ids(updates[position:]))
                state = self.states.of_update(package, offer.version)
                return Verdict(record, state, choice.level)
        return self._verdict_on_installed(package, self._choice_of_installed(package, others))

    def _choice_of_installed(self, package: Package, others: Sequence[AvailableVersion]) -> Choice:
        choice = self.chooser.choice(package, others[0])
        # What is installed stays rejected unless an update would replace it (contract 3.1).
        if not choice.is_rejected and len(others) > 1:
            choices = [self.chooser.choice(package, offer) for offer in others]
            choice = next((each for each in choices if each.level is not None), choice)
        return choice

    def _verdict_on_installed(self, package: Package, choice: Choice) -> Verdict:
        by_policy = installed_state(
            is_approved=choice.level is not None, is_blocked=choice.is_rejected and self.blocks
        )
        state = self.states.of_installed(package, by_policy)
        notice = self.chooser.no_notice if state in STATES_WITHOUT_DETAILS else choice.notice
        record = self._record(package, package.version, notice)
        return verdict_on_installed(package, record, state, choice.level)

    def _cve_ids(self, updates: Sequence[AvailableVersion]) -> str:
        fixed = [self.advisories[at].cve_ids for offer in updates for at in offer.advisories]
        return _joined((*fixed, *(offer.cve_ids for offer in updates)))

    def _record(self, package: Package, version: str, notice: Notice) -> PatchRecord:
        return rpm.patch_record(
            package.name,
            package.architecture,
            version,
            notice.classification,
            notice.severity,
            shows_epoch=self.shows_epoch,
        )


def _parted(package: Package) -> tuple[Sequence[AvailableVersion], Sequence[AvailableVersion]]:
    """Give what is newer than the installed version, newest first, then that and what is older.

    A report leaves the installed version out where it has no advisory.
    """
    if not package.available:
        return (), (_as_installed(package.version),)
    updates: list[AvailableVersion] = []
    installed: list[AvailableVersion] = []
    older: list[AvailableVersion] = []
    for offer in package.available:
        if offer.version == package.version:
            installed.append(offer)
        else:
            is_newer = rpm.is_newer(offer.version, package.version)
            (updates if is_newer else older).append(offer)
    return updates, [*(installed or [_as_installed(package.version)]), *older]


@functools.lru_cache(maxsize=65_536)
def _as_installed(version: str) -> AvailableVersion:
    return AvailableVersion(version=version)


@functools.lru_cache(maxsize=4096)
def _joined(fixed: tuple[tuple[str, ...], ...]) -> str:
    return joined_cve_ids(chain.from_iterable(fixed))
