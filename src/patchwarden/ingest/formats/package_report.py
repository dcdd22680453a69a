"""Makes a report of the packages that a file lists, and says what it cannot tell."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from patchwarden import __version__
from patchwarden.domain.facts import Node, Package, Packages, Report, Scan
from patchwarden.domain.fix_order import MODULAR
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given
from patchwarden.ingest.formats.package_rows import (
    Row,
    deb_architecture,
    deb_package,
    is_key,
    merged,
    rpm_package,
)
from patchwarden.ingest.formats.systems import PackageKind, ToldSystem, find_system
from patchwarden.ingest.formats.text_encoding import plain_text
from patchwarden.ingest.limits import MAX_ITEMS

COLLECTOR = f"patchwarden/{__version__}"
_ANY_ARCHITECTURE = frozenset({"all", "noarch"})
_MAX_NAME = 255
_UNKNOWN = ToldSystem()
_NO_EPOCHS = (
    "epochs, which are left out of account then (the guide on other inventories has a command that"
    " prints them)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPackages:
    """What was read out of a file. What it does not say is empty or None."""

    evidence: str
    """The format, such as `osquery`."""
    kind: PackageKind
    rows: Sequence[Row]
    system: ToldSystem = _UNKNOWN
    computer_name: str = ""
    architecture: str = ""
    """Of the machine, as the kernel or the package manager names it."""
    kernel_release: str = ""
    ip_address: str = ""
    scanned_at: float | None = None
    not_told: Sequence[str] = field(default=())
    """What this very file does not tell, beside what no list of packages tells."""
    knows_epochs: bool = True
    """rpm."""


def conversion_of(listed: ListedPackages, given: Given) -> Conversion:
    """Make the report, with what the user knows about the node.

    Raises InvalidReportError.
    """
    packages = _packages(listed)
    system = find_system(listed.system, packages, listed.kind, given)
    epochs = () if listed.knows_epochs else (_NO_EPOCHS,)
    not_told = (*listed.not_told, *epochs, *_not_told(listed.kind, packages))
    scanned_at = listed.scanned_at or given.scanned_at
    report = Report(
        schema=1,
        scan=Scan(
            started_at=scanned_at,
            ended_at=scanned_at,
            collector=COLLECTOR,
            evidence=listed.evidence,
            details={"not told": plain_text("; ".join(not_told))},
        ),
        node=Node(
            operating_system=system.operating_system,
            platform_type=system.platform.platform_type,
            platform_name=system.platform.platform_name,
            platform_version=system.platform.platform_version,
            architecture=_architecture(listed, packages, given),
            computer_name=plain_text(listed.computer_name or given.name)[:_MAX_NAME],
            ip_address=plain_text(listed.ip_address),
            kernel_release=plain_text(listed.kernel_release),
        ),
        packages=Packages(
            package_manager=system.package_manager,
            installed=packages,
            knows_available=False,
            knows_epochs=listed.knows_epochs,
        ),
    )
    return Conversion(report, not_told)


def kind_of(deb_rows: Sequence[Row], rpm_rows: Sequence[Row]) -> PackageKind:
    """Say which kind of packages a file lists.

    Raises InvalidReportError if it is both, or none.
    """
    if deb_rows and rpm_rows:
        raise InvalidReportError(
            f"The file lists packages of two kinds: deb (at {deb_rows[0].place}) and rpm (at"
            f" {rpm_rows[0].place}); a report is about one system."
        )
    if not deb_rows and not rpm_rows:
        raise InvalidReportError("The file lists no deb or rpm package.")
    return "deb" if deb_rows else "rpm"


def _packages(listed: ListedPackages) -> tuple[Package, ...]:
    if len(listed.rows) > MAX_ITEMS:
        _refuse_many(len(listed.rows))
    if listed.kind == "rpm":
        found = merged(rpm_package(row) for row in listed.rows if not is_key(row))
    else:
        found = merged(deb_package(row) for row in listed.rows)
        _refuse_two_versions(found)
    if not found:
        raise InvalidReportError("The file lists no installed package.")
    return found


def _refuse_many(count: int) -> NoReturn:
    raise InvalidReportError(f"The file lists {count} packages; a report takes {MAX_ITEMS}.")


def _refuse_two_versions(packages: Sequence[Package]) -> None:
    for package in packages:
        if package.other_versions:
            raise InvalidReportError(
                f"The file lists {package.name}:{package.architecture} in two versions,"
                f" {package.version} and {package.other_versions[0]}, which dpkg cannot have; is it"
                " of more than one machine?"
            )


def _architecture(listed: ListedPackages, packages: Sequence[Package], given: Given) -> str:
    if given.architecture:
        return given.architecture
    if listed.kind == "deb":
        own = [package.architecture for package in packages if package.name == "dpkg"]
        if own and own[0] not in _ANY_ARCHITECTURE:
            return own[0]
    counts = Counter(package.architecture for package in packages)
    for architecture, _ in counts.most_common():
        if architecture not in _ANY_ARCHITECTURE:
            return architecture
    if listed.architecture:
        told = plain_text(listed.architecture)
        return deb_architecture(told) if listed.kind == "deb" else told
    raise InvalidReportError(
        "The file does not tell the architecture of the machine; give it by --architecture, such"
        f" as {'amd64' if listed.kind == 'deb' else 'x86_64'}."
    )


def _not_told(kind: PackageKind, packages: Sequence[Package]) -> list[str]:
    found = []
    if not any(package.installed_at for package in packages):
        found.append("when packages were installed")
    if kind == "deb" and not any(package.priority for package in packages):
        found.append("priorities, which the rules of the predefined baselines ask for")
    if kind == "deb" and not any(package.section for package in packages):
        found.append("sections")
    if not any(package.source for package in packages):
        found.append("source packages")
    modular = [package.name for package in packages if MODULAR in package.version]
    if kind == "rpm" and modular:
        found.append(
            f"updates of what is from module streams ({len(modular)} packages, such as"
            f" {modular[0]})"
        )
    found.append(
        "what is available (what is missing is worked out from the advisories in the catalog)"
    )
    found.append("whether a reboot is pending")
    return found
