"""The verdicts on a report of dnf, yum and zypper: contract 2.7, 3.2.

Of the versions of a package that are installed or on offer and not rejected, the newest that the
policy approves decides. One advisory must meet a rule by itself: the classification of one and the
severity of another do not add up. Among the advisories of the version that decides, the record
shows the one that is approved with the highest compliance level, then the one of highest rank.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from patchwarden.domain import rpm
from patchwarden.domain.approval import NEVER
from patchwarden.domain.evaluation import Evaluation
from patchwarden.domain.facts import Advisory, AvailableVersion, NotInstalled, Package, Report
from patchwarden.domain.operation_results import failed_versions
from patchwarden.domain.os_rules import OperatingSystemRules, products_of
from patchwarden.domain.patches import PatchRecord, Verdict, joined_cve_ids
from patchwarden.domain.policy import Candidate, Decision, Policy
from patchwarden.domain.reboot import PackageKey, waiting_for_reboot
from patchwarden.domain.rpm import UNLISTED, Listing, PackageManager
from patchwarden.domain.rpm_notices import Notice, NoticeReader
from patchwarden.domain.selection import UNMENTIONED, Field
from patchwarden.domain.states import STATES_WITHOUT_DETAILS, ComplianceLevel, PatchState

_NAME_AND_ARCHITECTURE = attrgetter("name", "architecture")
_RANK = attrgetter("rank")


def judge_rpm(report: Report, policy: Policy, rules: OperatingSystemRules) -> Evaluation:
    """Judge every package of `report` by `policy`."""
    judge = _Judge.of(report, policy, rules)
    packages = sorted(report.packages.installed, key=_NAME_AND_ARCHITECTURE)
    return Evaluation(
        verdicts=tuple(map(judge.verdict, packages)),
        not_applicable_count=sum(
            group.count for group in report.packages.not_installed if judge.approves(group)
        ),
        valid_until=judge.valid_until(),
    )


class _Choice(NamedTuple):
    """What the policy says about a version with its advisories."""

    level: ComplianceLevel | None
    """None if nothing approves it."""
    changes_after: float
    notice: Notice
    """The one to show."""
    is_rejected: bool = False


_Terms: TypeAlias = tuple[tuple[int, ...], Listing]
"""Positions of advisories, and listing by name."""
_DatedTerms: TypeAlias = tuple[_Terms, float | None, float | None]
"""With them, when a version was built and released, where that matters."""
_Grounds: TypeAlias = tuple[frozenset[Field], bool, bool, bool]
"""Fields, whether there is an advisory, whether the package or else the advisory is approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Judges the packages of one node by one policy."""

    policy: Policy
    package_manager: PackageManager
    advisories: tuple[Advisory, ...]
    reader: NoticeReader
    notices: tuple[Notice, ...]
    """One for each of `advisories`."""
    no_notice: Notice
    shows_cve_ids: bool
    failed: frozenset[tuple[str, str, str]]
    """Name, architecture and version of what this operation could not install."""
    waiting_for_reboot: frozenset[PackageKey]
    candidates: dict[_Grounds, Candidate | None] = field(default_factory=dict)
    """Without their dates; None for what is not approved at any date."""
    needs_dates: dict[_Terms, bool] = field(default_factory=dict)
    """Whether it matters when a version was built or released."""
    choices: dict[_DatedTerms, _Choice] = field(default_factory=dict)
    """Those made so far: the packages of a node differ in few things that matter."""

    @classmethod
    def of(cls, report: Report, policy: Policy, rules: OperatingSystemRules) -> "_Judge":
        package_manager = rpm.PACKAGE_MANAGERS[report.packages.package_manager]
        products = products_of(rules, report.node.platform_version)
        reader = NoticeReader.of(policy, rules, package_manager, products)
        return cls(
            policy=policy,
            package_manager=package_manager,
            advisories=report.packages.advisories,
            reader=reader,
            notices=tuple(map(reader.notice, report.packages.advisories)),
            no_notice=reader.none(),
            shows_cve_ids=rules.shows_cve_ids,
            failed=failed_versions(report.scan),
            waiting_for_reboot=waiting_for_reboot(report),
        )

    def verdict(self, package: Package) -> Verdict:
        """Give the verdict on a package."""
        updates, others = _parted(package)
        for position, offer in enumerate(updates):
            choice = self._choice(package, offer)
            if choice.level is not None:
                return self._verdict_on_update(package, updates[position:], choice)
        choice = self._choice(package, others[0])
        # What is installed stays rejected unless an update would replace it (contract 3.1).
        if not choice.is_rejected and len(others) > 1:
            choices = [self._choice(package, offer) for offer in others]
            choice = next((each for each in choices if each.level is not None), choice)
        return self._verdict_on_installed(package, choice)

    def approves(self, group: NotInstalled) -> bool:
        """Say whether the policy approves packages that are not installed.

        Their names and dates are not known here, so that lists of names and delays have no say.
        """
        notice = self.no_notice
        if group.classification or group.severity:
            notice = self.reader.described(group.classification, group.severity)
        return self._decide(notice, None, UNLISTED).level is not None

    def valid_until(self) -> float:
        """Give the first instant after which a running delay may change a verdict."""
        return min((known.changes_after for known in self.choices.values()), default=NEVER)

    def _choice(self, package: Package, offer: AvailableVersion) -> _Choice:
        listing = self._listing(package, offer) if self.reader.lists_matter else UNLISTED
        terms = (offer.advisories, listing)
        if terms not in self.needs_dates:
            self.needs_dates[terms] = self._needs_dates(offer, listing)
        needs_dates = self.needs_dates[terms]
        dated_terms = (
            (terms, offer.built_at, offer.released_at) if needs_dates else (terms, None, None)
        )
        choice = self.choices.get(dated_terms)
        if choice is None:
            choice = self.choices[dated_terms] = self._choose(offer, listing)
        return choice

    def _needs_dates(self, offer: AvailableVersion, listing: Listing) -> bool:
        return any(
            self._candidate(notice, listing) is not None
            and (notice.released_at is None or self.package_manager.counts_builds)
            for notice in self._notices(offer)
        )

    def _notices(self, offer: AvailableVersion) -> Sequence[Notice]:
        return [self.notices[position] for position in offer.advisories] or [self.no_notice]

    def _listing(self, package: Package, offer: AvailableVersion) -> Listing:
        return rpm.listing(
            self.policy.approved,
            self.policy.rejected,
            package.name,
            package.architecture,
            offer.version,
            shows_epoch=self.package_manager.shows_epoch,
        )

    def _choose(self, offer: AvailableVersion, listing: Listing) -> _Choice:
        notices = self._notices(offer)
        if listing.is_rejected or any(notice.listing.is_rejected for notice in notices):
            return _Choice(None, NEVER, max(notices, key=_RANK), is_rejected=True)
        decided = [
            (self._decide(notice, self._released_at(notice, offer), listing), notice)
            for notice in notices
        ]
        decision, notice = max(decided, key=_level_and_rank)
        changes_after = min([each.changes_after for each, _ in decided])
        return _Choice(decision.level, changes_after, notice)

    def _decide(self, notice: Notice, released_at: float | None, listing: Listing) -> Decision:
        candidate = self._candidate(notice, listing)
        if candidate is None:
            return _UNAPPROVED
        return self.policy.decide(candidate._replace(released_at=released_at))

    def _candidate(self, notice: Notice, listing: Listing) -> Candidate | None:
        by_advisory = notice.listing.is_approved and not listing.is_approved
        grounds = (notice.fields, notice.is_advisory, listing.is_approved, by_advisory)
        if grounds not in self.candidates:
            self.candidates[grounds] = self._approvable(grounds)
        return self.candidates[grounds]

    def _approvable(self, grounds: _Grounds) -> Candidate | None:
        fields, is_advisory, by_name, by_advisory = grounds
        obeys = by_advisory and self.package_manager.fixes_obey_global_filters
        mention = UNMENTIONED._replace(
            as_approved=by_name or by_advisory, obeys_global_filters=obeys
        )
        candidate = Candidate(fields, is_advisory, None, mention)
        # What has no date waits for none.
        return None if self.policy.decide(candidate).level is None else candidate

    def _released_at(self, notice: Notice, offer: AvailableVersion) -> float | None:
        """Give when a version was released (contract 4.5, 4.6).

        The build comes before `released_at`, which may be no more than when this server first saw
        the version: the original takes the build where it has no date.
        """
        date, built_at = notice.released_at, offer.built_at
        if date is None:
            return offer.released_at if built_at is None else built_at
        if built_at is None or not self.package_manager.counts_builds:
            return date
        return max(date, built_at)

    def _verdict_on_update(
        self, package: Package, updates: Sequence[AvailableVersion], choice: _Choice
    ) -> Verdict:
        """Give the verdict on the first of `updates`; the others are what it skips."""
        version = updates[0].version
        has_failed = (package.name, package.architecture, version) in self.failed
        record = self._record(package, version, choice.notice)
        return Verdict(
            record=record._replace(cve_ids=self._cve_ids(updates))
            if self.shows_cve_ids
            else record,
            state=PatchState.FAILED if has_failed else PatchState.MISSING,
            compliance_level=choice.level or ComplianceLevel.UNSPECIFIED,
            installed_at=0.0,
            installed_by=None,
        )

    def _verdict_on_installed(self, package: Package, choice: _Choice) -> Verdict:
        state = self._installed_state(package, choice)
        notice = self.no_notice if state in STATES_WITHOUT_DETAILS else choice.notice
        return Verdict(
            self._record(package, package.version, notice),
            state,
            choice.level or ComplianceLevel.UNSPECIFIED,
            package.installed_at or 0.0,
            package.installed_by,
        )

    def _installed_state(self, package: Package, choice: _Choice) -> PatchState:
        if (package.name, package.architecture) in self.waiting_for_reboot:
            return PatchState.INSTALLED_PENDING_REBOOT
        if choice.level is not None:
            return PatchState.INSTALLED
        if choice.is_rejected and self.policy.blocks:
            return PatchState.INSTALLED_REJECTED
        return PatchState.INSTALLED_OTHER

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
            shows_epoch=self.package_manager.shows_epoch,
        )


_UNAPPROVED = Decision(None, NEVER)


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


def _level_and_rank(decided: tuple[Decision, Notice]) -> tuple[int, tuple[bool, int]]:
    decision, notice = decided
    return (-1 if decision.level is None else decision.level, notice.rank)
