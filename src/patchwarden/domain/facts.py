"""What a node said about itself. The JSON form of `Report` is what a node sends.

Facts are kept as they came and never hold a verdict: whether a version is a security update or
a package needs a reboot is decided by `domain.evaluate`, so that it can be decided again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["installed", "failed"]
Presence = Literal["installed", "available", "failed", "not-applicable"]
"""How an update is on a node: there, on offer, refused by the last installation, or neither there
nor on offer because the node does not need it."""
OperationType = Literal["Scan", "Install"]
RebootOption = Literal["RebootIfNeeded", "NoReboot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """What a vendor says about an update. Texts that are not known are empty."""

    advisory_id: str
    """Such as `RHSA-2024:9371` or `DSA-5532-1`."""
    classification: str = ""
    """The kind of update, in the vendor's words: `security`, `bugfix`, `recommended`."""
    severity: str = ""
    """In the vendor's words."""
    title: str = ""
    issued_at: float | None = None
    updated_at: float | None = None
    """When it was last revised; None if it never was, or nobody knows."""
    cve_ids: tuple[str, ...] = ()
    bugzilla_ids: tuple[str, ...] = ()
    """Numbers, as in the vendor's bug tracker."""
    reboot_suggested: bool = False


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
    repository: str = ""
    """The id of the repository, such as `baseos` (dnf, yum, zypper)."""


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
    built_at: float | None = None
    """When the package was built (rpm)."""
    advisories: tuple[int, ...] = ()
    """Positions in `Packages.advisories` of those that this very version came with."""
    cve_ids: tuple[str, ...] = ()
    """CVEs that its changelog names as fixed since the installed version, beside `advisories`."""
    module: str = ""
    """The module stream that it belongs to, such as `nodejs:18` (dnf)."""
    phased_percentage: int | None = None
    """Ubuntu's phased updates, 0 to 100; None where the version is not phased."""
    kept_back: str | None = None
    """Why the package manager would not take it now, in words; None if it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An installed package, and what could replace it."""

    name: str
    architecture: str
    """As the package says: `amd64`, `all`; `x86_64`, `noarch`."""
    version: str
    """The newest that is installed. rpm: `[epoch:]version-release`, an epoch of 0 left out."""
    other_versions: tuple[str, ...] = ()
    """Older ones that are installed beside it, as rpm allows for kernels; newest first."""
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
    """The administrator keeps it as it is: apt's hold, excluded or locked in dnf and zypper."""
    automatic: bool = False
    """Installed only because something depended on it."""
    installer: str = ""
    """macOS: what it was installed with: `softwareupdate`, `installer`, `brew`, `brew_cask`."""
    available: tuple[AvailableVersion, ...] = ()
    """Newest first. apt reports its candidate alone, which may be the installed version; the
    others what is newer than the installed version, and that too where they know more of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInstalled:
    """How many packages that could be installed, and are not, share these properties."""

    count: int
    priority: str = ""
    """As `section`, of apt."""
    section: str = ""
    origins: tuple[int, ...] = ()
    classification: str = ""
    """As `severity`, of the advisory of the newest version (dnf, yum, zypper); empty if none."""
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsUpdate:
    """An update that the Windows Update Agent, or a list of hotfixes, knows on this node.

    Texts that are not known are empty.
    """

    presence: Presence
    kb_id: str = ""
    """Such as `KB5034441`."""
    update_id: str = ""
    """A GUID."""
    title: str = ""
    classification: str = ""
    """As baselines have it, without spaces, whatever the language of the node: `SecurityUpdates`.
    """
    products: tuple[str, ...] = ()
    """The names of its products, such as `Windows Server 2019`, or values of PRODUCT."""
    product_family: str = ""
    """Such as `Windows` or `Office`."""
    msrc_severity: str = ""
    """`Critical`, `Important`, `Moderate`, `Low`; empty if none was given."""
    msrc_number: str = ""
    """Such as `MS12-072`."""
    released_at: float | None = None
    installed_at: float | None = None
    installed_by: str | None = None
    cve_ids: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    """KB numbers or update ids."""
    reboot_required: bool = False
    """Whether it is installed and waits for a reboot."""
    hidden: bool = False
    """Whether an administrator hid it from being offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """The part of a report that is large and seldom changes."""

    package_manager: str
    """`apt`, `dnf`, `yum`, `zypper`, `windows-update` or `macos`."""
    installed: tuple[Package, ...] = ()
    """Sorted by name, then architecture; each pair at most once."""
    knows_available: bool = True
    """Whether it says what is available. A bare list of packages does not: then what is missing
    is worked out from the catalog's advisories alone."""
    knows_epochs: bool = True
    """Whether the versions of rpm bear their epochs. A plain `rpm -qa` prints none: then they are
    left out of account where versions are compared with the catalog's."""
    origins: tuple[Origin, ...] = ()
    advisories: tuple[Advisory, ...] = ()
    """Those that concern what is installed or on offer."""
    not_installed: tuple[NotInstalled, ...] = ()
    updates: tuple[WindowsUpdate, ...] = ()
    """Windows alone, which has no packages."""


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
