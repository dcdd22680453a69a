"""What dnf says about available versions, whichever way it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Optional

from patchwarden_agent.findings import Advisory, Slot


class Offer(NamedTuple):
    """A version of an installed package that a repository has, the installed one or newer."""

    slot: Slot
    version: str
    repository: str
    built_at: Optional[float] = None
    source_file: str = ""
    """Such as `gamma-3.0-1.src.rpm`; empty if it is not known."""
    module: str = ""
    kept_back: Optional[str] = None


class NamedVersion(NamedTuple):
    """A version of a package that an advisory names; no repository need have it."""

    advisory_id: str
    slot: Slot
    version: str


class AbsentPackages(NamedTuple):
    """How many packages that are not installed share these properties."""

    advisory_ids: tuple[str, ...]
    """Those of their newest versions."""
    repositories: tuple[str, ...]
    number: int


@dataclass(frozen=True)
class CachedRepository:
    """A repository that is enabled, and cached."""

    repository_id: str
    directory: Path


@dataclass(frozen=True)
class DnfView:
    """Offers and advisories, and what the way of asking could not tell."""

    evidence: str
    """`python-dnf`, `dnf`, `yum` or `rpm`."""
    repositories: tuple[CachedRepository, ...] = ()
    missing: tuple[str, ...] = ()
    """The ids of repositories that are enabled, and whose cache is missing or damaged."""
    offers: tuple[Offer, ...] = ()
    advisories: Mapping[str, Advisory] = field(default_factory=dict)
    """By id."""
    named: tuple[NamedVersion, ...] = ()
    absent: tuple[AbsentPackages, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    knows_available: bool = True
