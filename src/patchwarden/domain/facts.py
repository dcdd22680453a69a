"""What a node said about itself. The JSON form of `Report` is what a node sends.

Facts are kept as they came and never hold a verdict: whether a version is a security update or
a package needs a reboot is decided by `domain.evaluate`, so that it can be decided again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["installed", "failed"]
OperationType = Literal["Scan", "Install"]
RebootOption = Literal["RebootIfNeeded", "NoReboot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A package list that offers a version, in apt's words. Unknown parts are empty."""

    archive: str = ""
    """The suite, such as `oldstable-security`; it changes at each release."""
    codename: str = ""
    """Such as `bookworm-security`; it does not change."""
    label: str = ""
    """Such as `Debian-Security`."""
    origin: str = ""
    """Who publishes it, such as `Debian`."""
    component: str = ""
    """Such as `main`."""
    site: str = ""
    """The host name it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailableVersion:
    """A version that the package manager could install, perhaps the installed one.

    Where `priority`, `section`, `source` or `source_version` is None, it is as installed.
    """

    version: str
    origins: tuple[int, ...] = ()
    """Positions in `Packages.origins`; empty if no list offers this version any more."""
    priority: str | None = None
    section: str | None = None
    source: str | None = None
    source_version: str | None = None
    released_at: float | None = None
    """When the vendor published it, if the node knows."""
    phased_percentage: int | None = None
    """Ubuntu's phased updates, 0 to 100; None where the version is not phased."""
    kept_back: str | None = None
    """Why the package manager would not take it now, in words; None if it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An installed package, and what could replace it."""

    name: str
    architecture: str
    """As the package says: `amd64`, `all`."""
    version: str
    installed_at: float | None = None
    installed_by: str | None = None
    """Who installed it, as far as the package manager's history tells."""
    priority: str | None = None
    section: str | None = None
    source: str | None = None
    """The source package; None if it has the binary's name."""
    source_version: str | None = None
    """None if it is the binary's version."""
    held: bool = False
    automatic: bool = False
    """Installed only because something depended on it."""
    available: tuple[AvailableVersion, ...] = ()
    """Newest first. apt reports its candidate alone, which may be the installed version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInstalled:
    """How many packages that could be installed, and are not, share these properties."""

    priority: str
    section: str
    origins: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """The part of a report that is large and seldom changes."""

    package_manager: str
    """Such as `apt`."""
    installed: tuple[Package, ...]
    """Sorted by name, then architecture; each pair at most once."""
    origins: tuple[Origin, ...] = ()
    not_installed: tuple[NotInstalled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageList:
    """The age of one package list on the node."""

    name: str
    """Archive and component, such as `bookworm-security/main`."""
    released_at: float | None = None
    """The `Date` of its Release file."""
    valid_until: float | None = None
    fetched_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reboot:
    """The evidence about a pending reboot."""

    required: bool
    packages: tuple[str, ...] = ()
    """Packages that ask for it, also those that an earlier Install left waiting for it."""
    reasons: tuple[str, ...] = ()
    """Sentences, such as `running kernel 6.1.0-30-amd64, newest installed 6.1.0-41-amd64`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The machine that reports, at the time of the scan."""

    operating_system: str
    """A value of the service model's OperatingSystem, such as `DEBIAN`."""
    platform_type: str
    """`Linux`, `Windows` or `MacOS`."""
    platform_name: str
    """Such as `Debian GNU/Linux`."""
    platform_version: str
    """Such as `12`."""
    architecture: str
    """The package manager's native architecture, such as `amd64`."""
    computer_name: str = ""
    ip_address: str = ""
    kernel_release: str = ""
    booted_at: float | None = None
    reboot: Reboot | None = None
    """None if the node has no way to tell."""
    package_lists: tuple[PackageList, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationResult:
    """What became of one package in an Install operation."""

    name: str
    architecture: str
    version: str
    outcome: Outcome
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The operation that made the report."""

    started_at: float
    ended_at: float
    collector: str
    """Name and version of the program, such as `patchwarden-agent/0.1.0`."""
    evidence: str
    """How it looked, such as `python-apt`, `apt-get` or `dpkg-status`."""
    operation: OperationType = "Scan"
    reboot_option: RebootOption = "NoReboot"
    results: tuple[OperationResult, ...] = ()
    """What this operation did; a Scan does nothing."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What the collector could not find out, by topic, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of one node: what `patchwarden node scan --format report` prints."""

    schema: Literal[1]
    scan: Scan
    node: Node
    packages: Packages
