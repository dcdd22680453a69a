"""Adds to the facts of a report what the catalog knows about its packages.

A fix belongs to the oldest offered version that has it. Where a report does not tell what is on
offer, every fix that the installed version lacks is taken to be. Whatever the verdict needs then
stands in the facts, so that it can be given, and explained, from them alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, compress
from typing import NamedTuple

from patchwarden.domain.advisories import revised_at
from patchwarden.domain.changelogs import ChangelogEntry, SourceVersion, fixed_since
from patchwarden.domain.facts import Advisory, AvailableVersion, Package, Report
from patchwarden.domain.fix_order import (
    FixOrder,
    KnownFix,
    fixed_version,
    may_be_for,
    offered_source_version,
    source_version,
)

_MAX_EFFORT = 2_000_000
"""Comparisons of versions, and CVE ids that packages may get: some seconds. A node that was never
updated, with several kernels, is some hundred thousand."""


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
    """Give `report` with what is known added to it; the same report if that is nothing.

    Where thousands of packages claim to be of the kernel, say, that is too much, for no other node
    is judged meanwhile: nothing is then added to the last of them.
    """
    order = FixOrder.of(report.packages)
    if order is None or not knowledge:
        return report
    enricher = _Enricher(
        knowledge=knowledge,
        order=order,
        advisories=_Advisories(list(report.packages.advisories)),
        knows_available=report.packages.knows_available,
        sizes=_sizes(knowledge),
    )
    installed = tuple(enricher.packages(report.packages.installed))
    packages = replace(
        report.packages, installed=installed, advisories=tuple(enricher.advisories.every)
    )
    return replace(report, packages=packages)


def is_too_much(report: Report, knowledge: Knowledge) -> bool:
    """Say whether `enrich` would add nothing to some packages because there are too many."""
    sizes = _sizes(knowledge)
    return sum(_effort(package, sizes) for package in report.packages.installed) > _MAX_EFFORT


class _Advisories:
    """The advisories of a report, to which others are added."""

    def __init__(self, every: list[Advisory]) -> None:
        self.every = every
        self._reported = {each.advisory_id: position for position, each in enumerate(every)}
        self._added: dict[int, int] = {}
        """By the identity of the advisory: to hash what it says would take long."""

    def positions(self, advisories: Iterable[Advisory]) -> set[int]:
        """Give the positions of advisories, adding them; what is known of each is put together.

        What nodes report of one is completed for all its packages. What the catalog alone knows
        is told apart by what it says, so that it does not depend on which others are installed.
        """
        found: set[int] = set()
        added: dict[str, Advisory] = {}
        for advisory in advisories:
            reported = self._reported.get(advisory.advisory_id)
            if reported is not None:
                self.every[reported] = _put_together(self.every[reported], advisory)
                found.add(reported)
            else:
                known = added.get(advisory.advisory_id, advisory)
                added[advisory.advisory_id] = _put_together(known, advisory)
        return found.union(map(self._position, added.values()))

    def _position(self, advisory: Advisory) -> int:
        position = self._added.setdefault(id(advisory), len(self.every))
        if position == len(self.every):
            self.every.append(advisory)
        return position


def _put_together(known: Advisory, given: Advisory) -> Advisory:
    """Give what two sources say of one advisory: the newer revision, and what it does not say.

    Feeds differ in what they tell: OSV has no severity, lists of repositories no CVEs. What one of
    them leaves out is not taken back.
    """
    if known is given:
        return known
    newer, older = (known, given) if revised_at(known) >= revised_at(given) else (given, known)
    return Advisory(
        advisory_id=newer.advisory_id,
        classification=newer.classification or older.classification,
        severity=newer.severity or older.severity,
        title=newer.title or older.title,
        issued_at=older.issued_at if newer.issued_at is None else newer.issued_at,
        updated_at=newer.updated_at,
        cve_ids=newer.cve_ids or older.cve_ids,
        bugzilla_ids=newer.bugzilla_ids or older.bugzilla_ids,
        reboot_suggested=newer.reboot_suggested or older.reboot_suggested,
    )


class _Size(NamedTuple):
    fixes_count: int
    cve_ids_count: int


_NO_SIZE = _Size(0, 0)


def _sizes(knowledge: Knowledge) -> dict[str, _Size]:
    return {
        name: _Size(len(fixes), sum(len(fix.advisory.cve_ids) for fix in fixes))
        for name, fixes in knowledge.fixes.items()
    }


def _effort(package: Package, sizes: Mapping[str, _Size]) -> int:
    """Say how much there is to do for a package: comparisons and CVE ids at most."""
    own = sizes.get(package.name, _NO_SIZE)
    is_apart = package.source is not None and package.source != package.name
    of_source = sizes.get(package.source or "", _NO_SIZE) if is_apart else _NO_SIZE
    comparisons_count = own.fixes_count + of_source.fixes_count
    if not comparisons_count:
        return 0
    offers_count = 1 + len(package.available)
    return comparisons_count * offers_count + own.cve_ids_count + of_source.cve_ids_count


@dataclass(frozen=True, slots=True, kw_only=True)
class _Enricher:
    knowledge: Knowledge
    order: FixOrder
    advisories: _Advisories
    knows_available: bool
    sizes: Mapping[str, _Size]
    """Of what is known, by name as in `Knowledge.fixes`."""

    def packages(self, installed: Iterable[Package]) -> Iterator[Package]:
        """Give the packages with what is known added to them, as long as that is not too much."""
        left = _MAX_EFFORT
        for package in installed:
            effort = _effort(package, self.sizes)
            if effort <= left:
                left -= effort
                yield self._package(package)
            else:
                yield package

    def _package(self, package: Package) -> Package:
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
        those_that_matter = self.order.those_that_matter
        return [
            *those_that_matter(binary, package, are_of_source=False),
            *those_that_matter(source, package, are_of_source=True),
        ]

    def _attached(
        self, package: Package, fixes: Sequence[KnownFix]
    ) -> tuple[AvailableVersion, ...]:
        """Give each fix to the oldest offered version that has it."""
        left = list(fixes)
        offers: list[AvailableVersion] = []
        for offer in reversed(self._offers(package)):
            has = [self.order.has(package, offer, fix) for fix in left]
            offers.append(self._with_advisories(offer, compress(left, has)))
            left = [fix for fix, is_here in zip(left, has, strict=True) if not is_here]
        return tuple(reversed(offers))

    def _offers(self, package: Package) -> tuple[AvailableVersion, ...]:
        """Give what is on offer, and the installed version, whose advisories rpm shows."""
        is_listed = any(offer.version == package.version for offer in package.available)
        if self.order.is_apt or is_listed:
            return package.available
        return (*package.available, AvailableVersion(version=package.version))

    def _made_up(self, package: Package, fixes: Sequence[KnownFix]) -> tuple[AvailableVersion, ...]:
        """Take each version that fixes something for offered, newest first."""
        by_version: dict[str, list[KnownFix]] = {}
        for fix in fixes:
            if self.order.is_installed(package, fix):
                by_version.setdefault(package.version, []).append(fix)
            elif may_be_for(package, fix):
                by_version.setdefault(fixed_version(package, fix), []).append(fix)
        versions = sorted(by_version, key=self.order.sort_key, reverse=True)
        if self.order.is_apt:
            return self._made_up_candidate(by_version, versions)
        return tuple(
            self._with_advisories(AvailableVersion(version=version), by_version[version])
            for version in versions
        )

    def _made_up_candidate(
        self, by_version: Mapping[str, Sequence[KnownFix]], versions: Sequence[str]
    ) -> tuple[AvailableVersion, ...]:
        """Give the one version that apt would take, with all that it fixes."""
        if not versions:
            return ()
        sources = [fix.version for fix in chain(*by_version.values()) if fix.is_source]
        newest = max(sources, key=self.order.sort_key, default=None)
        candidate = AvailableVersion(version=versions[0], source_version=newest)
        return (self._with_advisories(candidate, list(chain(*by_version.values()))),)

    def _with_advisories(
        self, offer: AvailableVersion, fixes: Iterable[KnownFix]
    ) -> AvailableVersion:
        positions = self.advisories.positions(fix.advisory for fix in fixes)
        if positions <= set(offer.advisories):
            return offer
        return replace(offer, advisories=tuple(sorted(positions.union(offer.advisories))))

    def _completed(self, package: Package, offer: AvailableVersion) -> AvailableVersion:
        """Add to an offered version its release date and what its changelog tells."""
        if not self._is_newer(offer.version, package.version):
            return offer
        released_at = self._released_at(package, offer)
        cve_ids = self._changelog_cve_ids(package, offer)
        if released_at == offer.released_at and not cve_ids:
            return offer
        return replace(offer, released_at=released_at, cve_ids=offer.cve_ids + cve_ids)

    def _is_newer(self, version: str, installed: str) -> bool:
        sort_key = self.order.sort_key
        return version != installed and bool(sort_key(version) > sort_key(installed))

    def _released_at(self, package: Package, offer: AvailableVersion) -> float | None:
        if offer.released_at is not None:
            return offer.released_at
        advised = [
            at
            for position in offer.advisories
            if (at := self.advisories.every[position].issued_at) is not None
        ]
        if advised:
            # The verdicts on rpm take the date of each advisory by itself.
            return max(advised) if self.order.is_apt else None
        return self.knowledge.first_seen.get(
            Offer(package.name, package.architecture, offer.version)
        )

    def _changelog_cve_ids(self, package: Package, offer: AvailableVersion) -> tuple[str, ...]:
        entries = self.knowledge.changelogs.get(offered_source(package, offer), ())
        return fixed_since(entries, source_version(package), self.order.sort_key)


def offered_source(package: Package, offer: AvailableVersion) -> SourceVersion:
    """Give the version of the source package that an offered version is built from."""
    source = offer.source or package.source or package.name
    return SourceVersion(source, offered_source_version(package, offer))
