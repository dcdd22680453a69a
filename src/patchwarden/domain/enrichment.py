"""Adds to the facts of a report what the catalog knows about its packages.

A fix belongs to the oldest offered version that has it. Where a report does not tell what is on
offer, every fix that the installed version lacks is taken to be. Whatever the verdict needs then
stands in the facts, so that it can be given, and explained, from them alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion, fixed_since
from patchwarden.domain.facts import Advisory, AvailableVersion, Package, Report
from patchwarden.domain.version_order import SortKey, sort_key_of

_EVERY_ARCHITECTURE = frozenset({"", "all", "noarch"})


class KnownFix(NamedTuple):
    """A version of a package that fixes something, for the product of the node."""

    version: str
    architecture: str
    """Empty: of every architecture."""
    is_source: bool
    """Whether name and version are those of the source package."""
    module: str
    advisory: Advisory


class Offer(NamedTuple):
    """A version of a package that a node could install."""

    name: str
    architecture: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known about the packages of one report besides the report."""

    fixes: Mapping[str, Sequence[KnownFix]] = field(default_factory=dict)
    """By name of the binary or source package."""
    first_seen: Mapping[Offer, float] = field(default_factory=dict)
    changelogs: Mapping[SourceVersion, Sequence[ChangelogEntry]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fixes or self.first_seen or self.changelogs)


def enrich(report: Report, knowledge: Knowledge) -> Report:
    """Give `report` with what is known added to it; the same report if that is nothing."""
    sort_key = sort_key_of(report.packages.package_manager)
    if sort_key is None or not knowledge:
        return report
    enricher = _Enricher(
        knowledge=knowledge,
        sort_key=sort_key,
        advisories=_Advisories(list(report.packages.advisories)),
        knows_available=report.packages.knows_available,
        is_apt=report.packages.package_manager == "apt",
    )
    installed = tuple(map(enricher.package, report.packages.installed))
    packages = replace(
        report.packages, installed=installed, advisories=tuple(enricher.advisories.every)
    )
    return replace(report, packages=packages)


class _Advisories:
    """The advisories of a report, to which others are added."""

    def __init__(self, every: list[Advisory]) -> None:
        self.every = every
        self._positions = {each.advisory_id: position for position, each in enumerate(every)}

    def position(self, advisory: Advisory) -> int:
        """Give the position of an advisory, adding it; the newer revision of it counts."""
        known = self._positions.get(advisory.advisory_id)
        if known is None:
            self.every.append(advisory)
            known = self._positions[advisory.advisory_id] = len(self.every) - 1
        elif _revised_at(advisory) > _revised_at(self.every[known]):
            self.every[known] = advisory
        return known


def _revised_at(advisory: Advisory) -> float:
    return advisory.updated_at or advisory.issued_at or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Enricher:
    knowledge: Knowledge
    sort_key: SortKey
    advisories: _Advisories
    knows_available: bool
    is_apt: bool

    def package(self, package: Package) -> Package:
        fixes = self._fixes(package)
        if self.knows_available:
            available = self._attached(package, fixes) if fixes else package.available
        else:
            available = self._made_up(package, fixes)
        dated = tuple(self._completed(package, offer) for offer in available)
        return package if dated == package.available else replace(package, available=dated)

    def _fixes(self, package: Package) -> list[KnownFix]:
        """Give the fixes that the installed version lacks; for rpm also those that it came with."""
        binary = self.knowledge.fixes.get(package.name, ())
        source = self.knowledge.fixes.get(package.source or package.name, ())
        found = [fix for fix in binary if not fix.is_source and _is_for(fix.architecture, package)]
        found += [fix for fix in source if fix.is_source]
        return [fix for fix in found if self._matters(fix, package)]

    def _matters(self, fix: KnownFix, package: Package) -> bool:
        fixed = self.sort_key(fix.version)
        installed = self.sort_key(_source_version(package) if fix.is_source else package.version)
        return bool(fixed > installed or (fixed == installed and not self.is_apt))

    def _attached(
        self, package: Package, fixes: Sequence[KnownFix]
    ) -> tuple[AvailableVersion, ...]:
        """Give each fix to the oldest offered version that has it."""
        left = list(fixes)
        offers: list[AvailableVersion] = []
        for offer in reversed(self._offers(package)):
            mine = [fix for fix in left if self._has(package, offer, fix)]
            left = [fix for fix in left if fix not in mine]
            offers.append(self._with_advisories(offer, mine))
        return tuple(reversed(offers))

    def _offers(self, package: Package) -> tuple[AvailableVersion, ...]:
        """Give what is on offer, and the installed version, whose advisories rpm shows."""
        is_listed = any(offer.version == package.version for offer in package.available)
        if self.is_apt or is_listed:
            return package.available
        return (*package.available, AvailableVersion(version=package.version))

    def _has(self, package: Package, offer: AvailableVersion, fix: KnownFix) -> bool:
        if fix.module and fix.module != offer.module:
            return False
        version = _offered_source_version(package, offer) if fix.is_source else offer.version
        if offer.version == package.version:
            return bool(self.sort_key(fix.version) == self.sort_key(version))
        return bool(self.sort_key(fix.version) <= self.sort_key(version))

    def _made_up(self, package: Package, fixes: Sequence[KnownFix]) -> tuple[AvailableVersion, ...]:
        """Take each version that fixes something for offered, newest first.

        Which module streams a node follows is not known, so that their fixes are left out.
        """
        by_version: dict[str, list[KnownFix]] = {}
        installed = self.sort_key(package.version)
        for fix in fixes:
            if not fix.module:
                is_installed = self.sort_key(fix.version) == installed
                version = package.version if is_installed else fix.version
                by_version.setdefault(version, []).append(fix)
        versions = sorted(by_version, key=self.sort_key, reverse=True)
        return tuple(
            self._with_advisories(AvailableVersion(version=version), by_version[version])
            for version in versions
        )

    def _with_advisories(
        self, offer: AvailableVersion, fixes: Iterable[KnownFix]
    ) -> AvailableVersion:
        positions = {self.advisories.position(fix.advisory) for fix in fixes}
        if positions <= set(offer.advisories):
            return offer
        return replace(offer, advisories=tuple(sorted(positions.union(offer.advisories))))

    def _completed(self, package: Package, offer: AvailableVersion) -> AvailableVersion:
        """Add to an offered version its release date and what its changelog tells."""
        if offer.version == package.version:
            return offer
        released_at = self._released_at(package, offer)
        cve_ids = self._changelog_cve_ids(package, offer)
        if released_at == offer.released_at and not cve_ids:
            return offer
        return replace(offer, released_at=released_at, cve_ids=offer.cve_ids + cve_ids)

    def _released_at(self, package: Package, offer: AvailableVersion) -> float | None:
        if offer.released_at is not None:
            return offer.released_at
        advised = [
            at
            for position in offer.advisories
            if (at := self.advisories.every[position].issued_at) is not None
        ]
        if advised:
            return max(advised)
        return self.knowledge.first_seen.get(
            Offer(package.name, package.architecture, offer.version)
        )

    def _changelog_cve_ids(self, package: Package, offer: AvailableVersion) -> tuple[str, ...]:
        entries = self.knowledge.changelogs.get(offered_source(package, offer), ())
        return fixed_since(entries, _source_version(package), self.sort_key)


def offered_source(package: Package, offer: AvailableVersion) -> SourceVersion:
    """Give the version of the source package that an offered version is built from."""
    source = offer.source or package.source or package.name
    return SourceVersion(source, _offered_source_version(package, offer))


def _is_for(architecture: str, package: Package) -> bool:
    return (
        architecture in _EVERY_ARCHITECTURE
        or architecture == package.architecture
        or package.architecture in _EVERY_ARCHITECTURE
    )


def _source_version(package: Package) -> str:
    return package.source_version or package.version


def _offered_source_version(package: Package, offer: AvailableVersion) -> str:
    return offer.source_version or package.source_version or offer.version
