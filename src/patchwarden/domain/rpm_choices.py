"""What a policy says about versions of rpm packages with their advisories: contract 3.2, 4.5, 4.6.

One advisory must meet a rule by itself: the classification of one and the severity of another do
not add up. Among the advisories of a version, the one to show is that which is approved with the
highest compliance level, then the one of highest rank.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from patchwarden.domain import rpm
from patchwarden.domain.approval import NEVER
from patchwarden.domain.facts import AvailableVersion, NotInstalled, Package, Report
from patchwarden.domain.os_rules import OperatingSystemRules, products_of
from patchwarden.domain.policy import Candidate, Decision, Policy
from patchwarden.domain.rpm import UNLISTED, Listing, PackageManager
from patchwarden.domain.rpm_notices import Notice, NoticeReader
from patchwarden.domain.selection import UNMENTIONED, Field
from patchwarden.domain.states import ComplianceLevel

_RANK = attrgetter("rank")
_UNAPPROVED = Decision(None, NEVER)


class Choice(NamedTuple):
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
class Chooser:
    """Applies one policy to the versions of one node's packages."""

    policy: Policy
    package_manager: PackageManager
    reader: NoticeReader
    notices: tuple[Notice, ...]
    """One for each advisory of the report."""
    no_notice: Notice
    candidates: dict[_Grounds, Candidate | None] = field(default_factory=dict)
    """Without their dates; None for what is not approved at any date."""
    needs_dates: dict[_Terms, bool] = field(default_factory=dict)
    """Whether it matters when a version was built or released."""
    choices: dict[_DatedTerms, Choice] = field(default_factory=dict)
    """Those made so far: the packages of a node differ in few things that matter."""

    @classmethod
    def of(cls, report: Report, policy: Policy, rules: OperatingSystemRules) -> "Chooser":
        """Prepare for the packages of `report`."""
        package_manager = rpm.PACKAGE_MANAGERS[report.packages.package_manager]
        products = products_of(rules, report.node.platform_version)
        reader = NoticeReader.of(policy, rules, package_manager, products)
        return cls(
            policy=policy,
            package_manager=package_manager,
            reader=reader,
            notices=tuple(map(reader.notice, report.packages.advisories)),
            no_notice=reader.none(),
        )

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

    def choice(self, package: Package, offer: AvailableVersion) -> Choice:
        """Give what the policy says about an installed or offered version of `package`."""
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

    def _choose(self, offer: AvailableVersion, listing: Listing) -> Choice:
        notices = self._notices(offer)
        if listing.is_rejected or any(notice.listing.is_rejected for notice in notices):
            return Choice(None, NEVER, max(notices, key=_RANK), is_rejected=True)
        decided = [
            (self._decide(notice, self._released_at(notice, offer), listing), notice)
            for notice in notices
        ]
        decision, notice = max(decided, key=_level_and_rank)
        changes_after = min([each.changes_after for each, _ in decided])
        return Choice(decision.level, changes_after, notice)

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


def _level_and_rank(decided: tuple[Decision, Notice]) -> tuple[int, tuple[bool, int]]:
    decision, notice = decided
    return (-1 if decision.level is None else decision.level, notice.rank)
