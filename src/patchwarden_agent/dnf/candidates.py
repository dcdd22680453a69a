"""Puts together what dnf offers for each installed package, and which advisory each version has."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, TypeVar

from patchwarden_agent.dnf.view import DnfView, NamedVersion, Offer
from patchwarden_agent.findings import (
    Advisory,
    Candidate,
    InstalledPackage,
    NotInstalled,
    Origin,
    Slot,
)
from patchwarden_agent.rpm.database import RpmDatabase, source_of
from patchwarden_agent.rpm.order import SortKey, sort_key

_T = TypeVar("_T", Offer, NamedVersion)


def candidates(database: RpmDatabase, view: DnfView) -> dict[Slot, tuple[Candidate, ...]]:
    """Give the candidates of everything installed, newest first.

    They are all versions that are newer than the installed one, and that itself where an advisory
    names it. An advisory for a version that no repository has any more is that of the next newer
    one: whoever takes that gets what the advisory is about.
    """
    offers, named = _by_slot(view.offers), _by_slot(view.named)
    found = {}
    for package in database.installed:
        slot = Slot(package.name, package.architecture)
        if slot in offers or slot in named:
            versions = _Versions(package, _by_key(offers.get(slot, ())))
            found[slot] = versions.candidates(
                named.get(slot, ()), view.advisories, database.built_at.get(slot)
            )
    return {slot: of_slot for slot, of_slot in found.items() if of_slot}


def not_installed(view: DnfView) -> tuple[NotInstalled, ...]:
    """Sum up the packages that could be installed by the advisory of their newest version."""
    counts: Counter[tuple[tuple[str, str], tuple[Origin, ...]]] = Counter()
    for each in view.absent:
        advisories = [view.advisories[one] for one in each.advisory_ids if one in view.advisories]
        kind = min(
            ((one.classification, one.severity) for one in advisories),
            default=("", ""),
            key=lambda kind: (kind[0] != "security", kind),
        )
        origins = tuple(Origin(repository=name) for name in each.repositories)
        counts[kind, origins] += each.number
    return tuple(
        NotInstalled("", "", origins, count, *kind)
        for (kind, origins), count in sorted(counts.items())
    )


@dataclass(frozen=True)
class _Versions:
    """The versions of one installed package."""

    package: InstalledPackage
    offers: Mapping[SortKey, Sequence[Offer]]
    """By version."""

    def candidates(
        self,
        named: Iterable[NamedVersion],
        advisories: Mapping[str, Advisory],
        built_at: Optional[float],
    ) -> tuple[Candidate, ...]:
        """Give the candidates; `built_at` is of the installed version."""
        current = sort_key(self.package.version)
        ids = self._advisory_ids(current, named)
        shown = {key for key in self.offers if key > current}
        if current in ids:
            shown.add(current)
        return tuple(
            _candidate(
                self.package,
                self.offers.get(key, ()),
                tuple(advisories[each] for each in sorted(ids.get(key, ())) if each in advisories),
                built_at,
            )
            for key in sorted(shown, reverse=True)
        )

    def _advisory_ids(
        self, current: SortKey, named: Iterable[NamedVersion]
    ) -> dict[SortKey, set[str]]:
        newer = sorted(key for key in self.offers if key > current)
        found: dict[SortKey, set[str]] = {}
        for each in named:
            key = sort_key(each.version)
            if key > current:
                key = next((other for other in newer if other >= key), key)
            found.setdefault(key, set()).add(each.advisory_id)
        return found


def _candidate(
    package: InstalledPackage,
    offers: Sequence[Offer],
    advisories: tuple[Advisory, ...],
    built_at: Optional[float],
) -> Candidate:
    origins = tuple(sorted({Origin(repository=offer.repository) for offer in offers}))
    if not offers or sort_key(offers[0].version) == sort_key(package.version):
        return Candidate(package.version, origins, built_at=built_at, advisories=advisories)
    first = offers[0]
    source, source_version = source_of(first.source_file, first.slot.name, first.version)
    return Candidate(
        version=first.version,
        origins=origins,
        source=source or (first.slot.name if first.source_file else None),
        source_version=source_version or (first.version if first.source_file else None),
        # What one repository excludes may come from another one.
        kept_back=None if any(offer.kept_back is None for offer in offers) else first.kept_back,
        built_at=first.built_at,
        advisories=advisories,
        module=first.module,
    )


def _by_slot(items: Iterable[_T]) -> dict[Slot, list[_T]]:
    found: dict[Slot, list[_T]] = {}
    for each in items:
        found.setdefault(each.slot, []).append(each)
    return found


def _by_key(offers: Iterable[Offer]) -> dict[SortKey, list[Offer]]:
    found: dict[SortKey, list[Offer]] = {}
    for offer in offers:
        found.setdefault(sort_key(offer.version), []).append(offer)
    return found
