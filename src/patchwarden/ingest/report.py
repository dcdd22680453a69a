"""Reads a report: JSON, perhaps gzip-compressed; `domain.facts` has its form.

Members that `domain.facts` does not know are allowed: a newer agent may say more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeVar

import msgspec

from patchwarden.data.load import operating_systems
from patchwarden.data.wrong_values import wrong_value
from patchwarden.domain.facts import (
    Advisory,
    AvailableVersion,
    Node,
    NotInstalled,
    Package,
    Packages,
    Presence,
    Scan,
    WindowsUpdate,
)
from patchwarden.evaluation.kept_reports import SentParts
from patchwarden.ingest.decompression import decompressed
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.limits import LimitedDecoder

MAX_REPORT_BYTES = 16 * 1024 * 1024
"""Of JSON, once decompressed."""
MAX_CLOCK_AHEAD_S = 24 * 3600
MAX_NOT_INSTALLED = 1_000_000
"""Packages that could be installed."""
MAX_CVE_IDS = 1_000_000
"""Of all versions on offer together, those of an advisory counted once for each version that it
has: an answer lists them for each package."""
MAX_OFFERED_UPDATES = 1_000
"""Updates of Windows that are on offer; a node that was never updated has some hundred."""
MAX_CVE_IDS_OF_UPDATES = 5_000
"""Of those together: any of them may supersede all others, and then lists theirs, too."""
_MAX_PROBLEM = 200
# yum became dnf within the life of Amazon Linux, CentOS, Oracle Linux and Red Hat.
_ALIKE: Mapping[str, frozenset[str]] = {
    "dnf": frozenset({"dnf", "yum"}),
    "yum": frozenset({"dnf", "yum"}),
}
_ON_OFFER = frozenset[Presence]({"available", "failed"})
_PLATFORM_TYPES = ("Linux", "MacOS", "Windows")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParts:
    """A report whose packages have not been read yet, only delimited."""

    scan: Scan
    node: Node
    sent: SentParts


class _Members(msgspec.Struct, frozen=True):
    schema: Literal[1]
    scan: msgspec.Raw
    node: msgspec.Raw
    packages: msgspec.Raw


class _PackagesHead(msgspec.Struct, frozen=True):
    package_manager: str
    knows_available: bool = True


_T = TypeVar("_T")
_members = msgspec.json.Decoder(_Members)
_scan = LimitedDecoder(Scan)
_node = LimitedDecoder(Node)
_packages_head = msgspec.json.Decoder(_PackagesHead)
_packages = LimitedDecoder(Packages)


def read_parts(sent: bytes, now: float) -> ReportParts:
    """Read everything but the packages, and check it.

    Raises InvalidReportError with the path to what is wrong.
    """
    report = _text_of(sent)
    members = _decode(_members.decode, report)
    parts = ReportParts(
        scan=_decode(_scan.decode, bytes(members.scan), within="scan"),
        node=_decode(_node.decode, bytes(members.node), within="node"),
        sent=SentParts(
            scan=bytes(members.scan), node=bytes(members.node), packages=bytes(members.packages)
        ),
    )
    _check_scan(parts.scan, now)
    _check_node(parts.node)
    return parts


def read_packages(packages: bytes) -> Packages:
    """Read the packages of a report, and check whether they can be kept.

    Raises InvalidReportError with the path to what is wrong.
    """
    read = _decode(_packages.decode, packages, within="packages")
    _check_advisories(read.advisories)
    _check_installed(read)
    _check_cve_ids(read)
    _check_not_installed(read.not_installed, len(read.origins))
    _check_updates(read.updates)
    return read


def package_manager_of(packages: bytes) -> str:
    """Give the package manager of packages, of which nothing else is looked at.

    Raises InvalidReportError with the path to what is wrong.
    """
    return _decode(_packages_head.decode, packages, within="packages").package_manager


def knows_available(packages: bytes) -> bool:
    """Say whether packages that have been checked before tell what is available."""
    # Most do, and leave that out. To look for it takes less time than to read.
    is_told = packages.rfind(b'"knows_available"') >= 0
    return _packages_head.decode(packages).knows_available if is_told else True


def check_package_manager(package_manager: str, node: Node) -> None:
    """Check that `package_manager` is the one of the system that `node` has.

    Raises InvalidReportError.
    """
    usual = operating_systems()[node.operating_system].package_manager
    if package_manager not in _ALIKE.get(usual, {usual}):
        _refuse(
            "packages.package_manager",
            f"is {_shown(package_manager)}, but {node.operating_system} has {usual}",
        )


def path_and_problem(message: str) -> tuple[str, str]:
    """Take apart what msgspec says about a wrong document; the path is empty at the top level."""
    path, problem = wrong_value(message)
    if "matching regex" in problem:
        problem = "it has a control character"
    elif len(problem) > _MAX_PROBLEM or not problem.isprintable():
        # The decoder repeats what was sent.
        problem = ascii(problem[:_MAX_PROBLEM])
    return path, problem


def _text_of(sent: bytes) -> bytes:
    report = decompressed(sent, MAX_REPORT_BYTES, "report")
    if len(report) > MAX_REPORT_BYTES:
        raise InvalidReportError(
            f"The report is larger than {MAX_REPORT_BYTES} bytes, once decompressed."
        )
    try:
        # The decoder does not look into what it skips, and that is kept too.
        str(report, "utf-8")
    except UnicodeDecodeError as error:
        raise InvalidReportError(f"The report is not UTF-8: {error}.") from error
    return report


def _decode(decode: Callable[[bytes], _T], encoded: bytes, within: str = "") -> _T:
    try:
        return decode(encoded)
    except msgspec.ValidationError as error:
        path, problem = path_and_problem(str(error))
        where = ".".join(part for part in (within, path) if part) or "top level"
        raise InvalidReportError(f"The report is wrong at {where}: {problem}.") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidReportError(f"The report is not valid JSON: {error}.") from error


def _check_scan(scan: Scan, now: float) -> None:
    if scan.ended_at < scan.started_at:
        _refuse("scan.ended_at", "is before scan.started_at")
    if scan.ended_at > now + MAX_CLOCK_AHEAD_S:
        _refuse("scan.ended_at", "is more than a day ahead; check the clock of the node")


def _check_node(node: Node) -> None:
    rules = operating_systems().get(node.operating_system)
    if rules is None:
        _refuse("node.operating_system", f"is {node.operating_system!r}, which is unknown")
    if node.platform_type not in _PLATFORM_TYPES:
        _refuse("node.platform_type", f"is not one of {', '.join(_PLATFORM_TYPES)}")
    if not node.architecture:
        _refuse("node.architecture", "is empty")


def _check_advisories(advisories: tuple[Advisory, ...]) -> None:
    for position, advisory in enumerate(advisories):
        if not advisory.advisory_id:
            _refuse(f"packages.advisories[{position}]", "needs an advisory_id")


def _check_installed(packages: Packages) -> None:
    known_origins, known_advisories = len(packages.origins), len(packages.advisories)
    seen: set[tuple[str, str]] = set()
    for position, package in enumerate(packages.installed):
        problem = _problem_of(package, known_origins, known_advisories)
        key = (package.name, package.architecture)
        if key in seen:
            problem = f"is {package.name}:{package.architecture} once more"
        seen.add(key)
        if problem:
            _refuse(f"packages.installed[{position}]", problem)


def _problem_of(package: Package, known_origins: int, known_advisories: int) -> str | None:
    if not (package.name and package.architecture and package.version):
        return "needs a name, an architecture and a version"
    if package.other_versions and not all(package.other_versions):
        return "has another version that is empty"
    for offer in package.available:
        problem = _problem_of_offer(offer, known_origins, known_advisories)
        if problem:
            return problem
    return None


def _problem_of_offer(
    offer: AvailableVersion, known_origins: int, known_advisories: int
) -> str | None:
    if not offer.version:
        return "has an available version that is empty"
    if offer.origins and max(offer.origins) >= known_origins:
        return "refers to an origin that packages.origins does not have"
    if offer.advisories and max(offer.advisories) >= known_advisories:
        return "refers to an advisory that packages.advisories does not have"
    if offer.phased_percentage is not None and offer.phased_percentage > 100:
        return "has a phased_percentage above 100"
    return None


def _check_cve_ids(packages: Packages) -> None:
    counts = [len(advisory.cve_ids) for advisory in packages.advisories]
    count = sum(
        len(offer.cve_ids) + sum(map(counts.__getitem__, offer.advisories))
        for package in packages.installed
        for offer in package.available
        if offer.cve_ids or offer.advisories
    )
    if count > MAX_CVE_IDS:
        _refuse("packages.installed", f"has versions on offer with more than {MAX_CVE_IDS} CVE ids")


def _check_not_installed(groups: tuple[NotInstalled, ...], known_origins: int) -> None:
    for position, group in enumerate(groups):
        if group.origins and max(group.origins) >= known_origins:
            _refuse(
                f"packages.not_installed[{position}]",
                "refers to an origin that packages.origins does not have",
            )
    if sum(group.count for group in groups) > MAX_NOT_INSTALLED:
        _refuse("packages.not_installed", f"counts more than {MAX_NOT_INSTALLED} packages")


def _check_updates(updates: tuple[WindowsUpdate, ...]) -> None:
    for position, update in enumerate(updates):
        if not (update.kb_id or update.update_id or update.title):
            _refuse(f"packages.updates[{position}]", "needs a kb_id, an update_id or a title")
    offered = [update for update in updates if update.presence in _ON_OFFER]
    if len(offered) > MAX_OFFERED_UPDATES:
        _refuse("packages.updates", f"has more than {MAX_OFFERED_UPDATES} on offer")
    if sum(len(update.cve_ids) for update in offered) > MAX_CVE_IDS_OF_UPDATES:
        _refuse("packages.updates", f"has more than {MAX_CVE_IDS_OF_UPDATES} CVE ids on offer")


def _shown(text: str) -> str:
    return ascii(text[:_MAX_PROBLEM])


def _refuse(where: str, problem: str) -> NoReturn:
    raise InvalidReportError(f"The report is wrong at {where}: it {problem}.")
