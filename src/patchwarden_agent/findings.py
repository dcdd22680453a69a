"""What a scan finds, as the parts of the agent hand it on; `report` gives it its JSON form.

The fields have the names and meanings of the report's format: docs/reference has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Optional


class Advisory(NamedTuple):
    """What a vendor says about an update. Unknown parts are empty or None."""

    advisory_id: str
    classification: str = ""
    severity: str = ""
    title: str = ""
    issued_at: Optional[float] = None
    updated_at: Optional[float] = None
    cve_ids: tuple[str, ...] = ()
    bugzilla_ids: tuple[str, ...] = ()
    reboot_suggested: bool = False


class Origin(NamedTuple):
    """A package list that offers a version, in apt's words. Unknown parts are empty."""

    archive: str = ""
    codename: str = ""
    label: str = ""
    origin: str = ""
    component: str = ""
    site: str = ""
    repository: str = ""


class Slot(NamedTuple):
    """What can hold one version of a package: its name and apt's architecture for it.

    That is the native architecture for packages whose own architecture is `all`, so an update
    from `all` to `amd64` stays in its slot.
    """

    name: str
    architecture: str


@dataclass(frozen=True)
class InstalledPackage:
    """A package as the package manager's database has it."""

    name: str
    architecture: str
    version: str
    """rpm: `[epoch:]version-release`, an epoch of 0 left out."""
    priority: Optional[str] = None
    section: Optional[str] = None
    source: Optional[str] = None
    """The source package; None if it has the binary's name."""
    source_version: Optional[str] = None
    """None if it is the binary's version."""
    is_held: bool = False
    other_versions: tuple[str, ...] = ()
    """Older ones beside it, newest first (rpm)."""

    def slot(self, native_architecture: str) -> Slot:
        """Give the slot it occupies on a node of this architecture."""
        is_native = self.architecture == "all"
        return Slot(self.name, native_architecture if is_native else self.architecture)


@dataclass(frozen=True)
class Candidate:
    """A version that the package manager could install. Unknown parts are None."""

    version: str
    origins: tuple[Origin, ...] = ()
    """Without order, each once; none if no list offers this version."""
    priority: Optional[str] = None
    section: Optional[str] = None
    source: Optional[str] = None
    source_version: Optional[str] = None
    phased_percentage: Optional[int] = None
    kept_back: Optional[str] = None
    released_at: Optional[float] = None
    built_at: Optional[float] = None
    advisories: tuple[Advisory, ...] = ()
    """Those that this very version came with."""
    module: str = ""


@dataclass(frozen=True)
class NotInstalled:
    """How many packages that are not installed share these properties."""

    priority: str
    section: str
    origins: tuple[Origin, ...]
    count: int
    classification: str = ""
    severity: str = ""


@dataclass(frozen=True)
class PackageList:
    """The age of one package list. Times are seconds since 1970."""

    name: str
    released_at: Optional[float] = None
    valid_until: Optional[float] = None
    fetched_at: Optional[float] = None


NO_REBOOT_EVIDENCE = "A pending reboot shows on the running node only."
"""Why a scan of another root says nothing about it."""


@dataclass(frozen=True)
class Reboot:
    """The evidence about a pending reboot."""

    is_required: bool
    packages: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """Everything that the scanner of a package manager found."""

    package_manager: str
    evidence: str
    architecture: str
    installed: tuple[InstalledPackage, ...]
    """Sorted by name, then architecture; each pair once."""
    installed_at: Mapping[Slot, float] = field(default_factory=dict)
    installed_by: Mapping[Slot, str] = field(default_factory=dict)
    automatic: frozenset[Slot] = frozenset()
    available: Mapping[Slot, tuple[Candidate, ...]] = field(default_factory=dict)
    """Newest first."""
    knows_available: bool = True
    """Whether the scan could tell what is available at all."""
    not_installed: tuple[NotInstalled, ...] = ()
    package_lists: tuple[PackageList, ...] = ()
    reboot: Optional[Reboot] = None
    details: Mapping[str, str] = field(default_factory=dict)
