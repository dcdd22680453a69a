"""Puts together what zypper's repositories offer for what is installed, and for what is not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from patchwarden_agent.findings import Candidate, InstalledPackage, NotInstalled, Origin, Slot
from patchwarden_agent.rpm.order import sort_key
from patchwarden_agent.zypper.packages import Offer
from patchwarden_agent.zypper.patches import Advisories

_ANY_ARCHITECTURE = "noarch"
_LOCKED = "locked"
_NOT_TAKEN = "zypper update does not take it"
_NOT_OFFERED = "no repository offers it any more"


@dataclass
class _Versions:
    """The versions of one package that repositories offer."""

    repositories: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    locked: set[str] = field(default_factory=set)


def candidates(
    installed: Sequence[InstalledPackage],
    offers: Iterable[Offer],
    taken: Optional[Mapping[Slot, str]],
    advisories: Advisories,
) -> dict[Slot, tuple[Candidate, ...]]:
    """Give what is newer than each installed package, and that itself where a patch brought it.

    `taken` is what zypper would take now; None if that is not known.
    """
    slots = _Slots(installed)
    offered: defaultdict[Slot, _Versions] = defaultdict(_Versions)
    for offer in offers:
        slot = slots.of(offer.slot)
        if slot is not None and offer.repository and not offer.is_retracted:
            versions = offered[slot]
            versions.repositories[offer.version].add(offer.repository)
            if offer.is_locked:
                versions.locked.add(offer.version)
    would_take = {slots.of(slot): version for slot, version in (taken or {}).items()}
    found: dict[Slot, tuple[Candidate, ...]] = {}
    for package in installed:
        slot = Slot(package.name, package.architecture)
        limit = None if taken is None else would_take.get(slot, package.version)
        newer = _of_package(package, offered[slot], limit, advisories)
        if newer:
            found[slot] = newer
    return found


class _Slots:
    """The slots that are in use."""

    def __init__(self, installed: Iterable[InstalledPackage]) -> None:
        self._architectures: defaultdict[str, list[str]] = defaultdict(list)
        for package in installed:
            self._architectures[package.name].append(package.architecture)

    def of(self, slot: Slot) -> Optional[Slot]:
        """Give the slot that a package of this one would take; None if it is not in use.

        zypper replaces a package for every architecture by one for the node's, and the other way
        round.
        """
        used = self._architectures.get(slot.name, [])
        if slot.architecture in used:
            return slot
        if len(used) == 1 and _ANY_ARCHITECTURE in (slot.architecture, used[0]):
            return Slot(slot.name, used[0])
        return None

    def has_name(self, name: str) -> bool:
        """Say whether a package of this name is installed, of whatever architecture."""
        return name in self._architectures


def _of_package(
    package: InstalledPackage, offered: _Versions, limit: Optional[str], advisories: Advisories
) -> tuple[Candidate, ...]:
    """Give the candidates of one package; versions above `limit` are kept back."""
    slot, installed_key = Slot(package.name, package.architecture), sort_key(package.version)
    newer = {
        version
        for version in (*offered.repositories, *advisories.versions(*slot))
        if sort_key(version) > installed_key
    }
    shown = newer | ({package.version} if advisories.of(*slot, package.version) else set())
    return tuple(
        Candidate(
            version=version,
            origins=_origins(offered.repositories.get(version, ())),
            kept_back=_why_kept_back(version, offered, limit) if version in newer else None,
            advisories=advisories.of(*slot, version),
        )
        for version in sorted(shown, key=lambda each: (sort_key(each), each), reverse=True)
    )


def _why_kept_back(version: str, offered: _Versions, limit: Optional[str]) -> Optional[str]:
    if version not in offered.repositories:
        return _NOT_OFFERED
    if version in offered.locked:
        return _LOCKED
    if limit is not None and sort_key(version) > sort_key(limit):
        return _NOT_TAKEN
    return None


def _origins(repositories: Iterable[str]) -> tuple[Origin, ...]:
    return tuple(Origin(repository=each) for each in sorted(repositories))


def count_not_installed(
    installed: Sequence[InstalledPackage], offers: Iterable[Offer], advisories: Advisories
) -> tuple[NotInstalled, ...]:
    """Count the packages that could be installed, by what brought their newest versions."""
    slots = _Slots(installed)
    offered: defaultdict[Slot, defaultdict[str, set[str]]]
    offered = defaultdict(lambda: defaultdict(set))
    for offer in offers:
        if offer.repository and not offer.is_retracted and not slots.has_name(offer.slot.name):
            offered[offer.slot][offer.version].add(offer.repository)
    counts: Counter[tuple[tuple[Origin, ...], str, str]] = Counter()
    for slot, versions in offered.items():
        newest = max(versions, key=sort_key) if len(versions) > 1 else next(iter(versions))
        brought_by = advisories.of(*slot, newest)
        classification = brought_by[0].classification if brought_by else ""
        severity = brought_by[0].severity if brought_by else ""
        counts[_origins(versions[newest]), classification, severity] += 1
    return tuple(
        NotInstalled("", "", origins, count, classification, severity)
        for (origins, classification, severity), count in sorted(counts.items())
    )
