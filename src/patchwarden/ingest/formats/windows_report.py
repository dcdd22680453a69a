"""Makes a report of what a file says about a Windows machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from patchwarden.domain.facts import Node, Packages, Report, Scan, WindowsUpdate
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given
from patchwarden.ingest.formats.windows_facts import (
    OPERATING_SYSTEM,
    PACKAGE_MANAGER,
    PLATFORM_NAME,
    PLATFORM_TYPE,
    architecture_of,
)
from patchwarden.ingest.limits import MAX_ITEMS

UNKNOWN_ARCHITECTURE = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsFile:
    """What was read out of a file that tells updates, and of the node its name at most."""

    collector: str
    """What made it, such as `Get-HotFix`."""
    evidence: str
    computer_name: str
    updates: tuple[WindowsUpdate, ...]
    knows_available: bool
    not_told: Mapping[str, str] = field(default_factory=dict)
    """Topic -> why, in words."""


def conversion_of(file: WindowsFile, given: Given) -> Conversion:
    """Make the report, with what the user knows about the node.

    Raises InvalidReportError.
    """
    check_system(given)
    not_told = dict(file.not_told)
    if not given.platform_version:
        not_told["release of Windows"] = "such as 10.0.17763; give it by --platform-version"
    report = Report(
        schema=1,
        scan=Scan(
            started_at=given.scanned_at,
            ended_at=given.scanned_at,
            collector=file.collector,
            evidence=file.evidence,
            details=not_told,
        ),
        node=Node(
            operating_system=OPERATING_SYSTEM,
            platform_type=PLATFORM_TYPE,
            platform_name=PLATFORM_NAME,
            platform_version=given.platform_version,
            architecture=architecture_of(given.architecture) or UNKNOWN_ARCHITECTURE,
            computer_name=file.computer_name or given.name,
        ),
        packages=packages_of(file.updates, knows_available=file.knows_available),
    )
    return Conversion(report, cannot_tell(not_told))


def packages_of(updates: Sequence[WindowsUpdate], *, knows_available: bool) -> Packages:
    """Give the packages of a report.

    Raises InvalidReportError.
    """
    if len(updates) > MAX_ITEMS:
        raise InvalidReportError(
            f"The file has {len(updates)} updates; a report takes {MAX_ITEMS}."
        )
    return Packages(
        package_manager=PACKAGE_MANAGER, updates=tuple(updates), knows_available=knows_available
    )


def cannot_tell(not_told: Mapping[str, str]) -> tuple[str, ...]:
    """Give each topic with the reason, to end the sentence `It cannot tell: …`."""
    return tuple(f"{topic} ({why})" for topic, why in not_told.items())


def check_system(given: Given) -> None:
    """Raise InvalidReportError if the user says that the machine runs something else."""
    if given.operating_system not in {"", OPERATING_SYSTEM}:
        raise InvalidReportError(
            f"The file is of Windows, not of {given.operating_system}; "
            f"leave --operating-system out, or say {OPERATING_SYSTEM}."
        )


def only_computer(names: Iterable[str]) -> str:
    """Give the one computer that a file is about; empty if it names none.

    Raises InvalidReportError.
    """
    by_folded_name = {name.casefold(): name for name in names if name}
    found = sorted(by_folded_name.values())
    if len(found) > 1:
        raise InvalidReportError(
            f"The file is about several computers, such as {found[0]} and {found[1]}; "
            "make a file for each."
        )
    return found[0] if found else ""
