"""Advisories of dnf, yum and zypper in the terms of baselines: contract 2.7, 4.3, 4.6."""

from dataclasses import dataclass, field
from typing import NamedTuple

from patchwarden.domain import rpm
from patchwarden.domain.facts import Advisory
from patchwarden.domain.os_rules import OperatingSystemRules, ReleaseDate
from patchwarden.domain.policy import Policy
from patchwarden.domain.rpm import UNLISTED, Listing, PackageManager
from patchwarden.domain.selection import Field
from patchwarden.domain.severities import severity_rank

_NO_SEVERITY = "None"


class Notice(NamedTuple):
    """An advisory, or what stands for one where a version has none."""

    classification: str
    """As `severity`, as it is shown."""
    severity: str
    fields: frozenset[Field]
    """What filters ask for."""
    is_advisory: bool
    released_at: float | None
    listing: Listing
    """Whether the lists of names have the advisory's id, or what it fixes."""
    rank: tuple[bool, int]
    """The one with the highest is shown, of those that are approved alike: security comes first,
    then the highest severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReader:
    """Makes notices for one node and one policy."""

    policy: Policy
    package_manager: PackageManager
    products: tuple[str, ...]
    severity_if_none: str
    release_date: ReleaseDate
    lists_matter: bool
    known: dict[tuple[str, str], Notice] = field(default_factory=dict)
    """Those described so far: advisories differ in few words."""

    @classmethod
    def of(
        cls,
        policy: Policy,
        rules: OperatingSystemRules,
        package_manager: PackageManager,
        products: tuple[str, ...],
    ) -> "NoticeReader":
        """Prepare for nodes with `products`; where filters take a severity None, there is one."""
        takes_none = _NO_SEVERITY in rules.filter_values.get("SEVERITY", ())
        return cls(
            policy=policy,
            package_manager=package_manager,
            products=products,
            severity_if_none=_NO_SEVERITY if takes_none else package_manager.severity_if_none,
            release_date=rules.release_date,
            lists_matter=bool(policy.approved) or bool(policy.rejected),
        )

    def notice(self, advisory: Advisory) -> Notice:
        """Give the notice of an advisory."""
        notice = self.described(advisory.classification, advisory.severity)
        notice = notice._replace(released_at=self._released_at(advisory))
        if not self.lists_matter:
            return notice
        listing = rpm.advisory_listing(
            self.policy.approved,
            self.policy.rejected,
            advisory,
            knows_fixes=self.package_manager.knows_fixes,
        )
        return notice._replace(listing=listing)

    def described(self, classification: str, severity: str) -> Notice:
        """Give the notice of an advisory of which only this is known."""
        words = (classification, severity)
        return self.known.get(words) or self.known.setdefault(words, self._described(*words))

    def _described(self, classification: str, severity: str) -> Notice:
        severity = severity or self.severity_if_none
        if self.package_manager.title_case:
            classification, severity = classification.title(), severity.title()
        return self.none()._replace(
            classification=classification,
            severity=severity,
            fields=rpm.filter_fields(self.products, classification, severity),
            is_advisory=True,
            rank=(classification.lower() == "security", severity_rank(severity)),
        )

    def none(self) -> Notice:
        """Give what stands for a notice where a version has none."""
        return Notice(
            classification="",
            severity="",
            fields=rpm.filter_fields(self.products, "", ""),
            is_advisory=False,
            released_at=None,
            listing=UNLISTED,
            rank=(False, 0),
        )

    def _released_at(self, advisory: Advisory) -> float | None:
        dates = [advisory.updated_at, advisory.issued_at]
        if self.release_date == "issued":
            dates.reverse()
        return next((date for date in dates if date is not None), None)
