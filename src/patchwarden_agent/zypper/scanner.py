"""The scanner for zypper: SUSE Linux Enterprise and openSUSE. It writes nothing to the node.

zypper is asked without the network: what it knows is as old as its last refresh, which
`Findings.package_lists` tells. Where there is no zypper, nothing is known but what is installed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Optional, TypeVar

from patchwarden_agent.errors import AgentError, CommandError
from patchwarden_agent.findings import (
    NO_REBOOT_EVIDENCE,
    Candidate,
    Findings,
    InstalledPackage,
    NotInstalled,
    Reboot,
    Slot,
)
from patchwarden_agent.host import Host
from patchwarden_agent.rpm.database import RpmDatabase, finish_query, start_query
from patchwarden_agent.rpm.root import private_root as private_rpm_root
from patchwarden_agent.target import Target
from patchwarden_agent.zypper.candidates import candidates, count_not_installed
from patchwarden_agent.zypper.commands import Zypper, skipped_repositories
from patchwarden_agent.zypper.history import automatic, installers
from patchwarden_agent.zypper.packages import read_packages, read_updates
from patchwarden_agent.zypper.patches import (
    LOCKED,
    Advisories,
    read_contents,
    read_patches,
)
from patchwarden_agent.zypper.reboot import zypper_reboot
from patchwarden_agent.zypper.repositories import (
    Repository,
    missing_lists_detail,
    package_lists,
    read_repositories,
)
from patchwarden_agent.zypper.root import private_root

TIMEOUT_S = 120.0
"""For each program that is run. zypper takes seconds; a hung file system takes for ever."""

_ZYPPER = "zypper"
_T = TypeVar("_T")


@dataclass(frozen=True)
class _View:
    """What zypper said."""

    evidence: str
    available: Mapping[Slot, tuple[Candidate, ...]] = field(default_factory=dict)
    not_installed: tuple[NotInstalled, ...] = ()
    locked: frozenset[Slot] = frozenset()


def scan_zypper(target: Target, host: Host) -> Findings:
    """Scan `target`.

    Raises AgentError if rpm's database cannot be read; whatever else fails is a detail of the
    findings.
    """
    details: dict[str, str] = {}
    repositories = read_repositories(target, details)
    with private_rpm_root(target) as rpm_root:
        database = finish_query(start_query(rpm_root.database), TIMEOUT_S)
        view = _ask_zypper(target, repositories, database, rpm_root.database, details)
    lists = package_lists(repositories)
    complaint = missing_lists_detail(repositories)
    if complaint is not None:
        details["package_lists"] = complaint
    if database.unreadable_count:
        details["installed"] = f"{database.unreadable_count} packages of rpm could not be read."
    versions = {Slot(each.name, each.architecture): each.version for each in database.installed}
    return Findings(
        package_manager="zypper",
        evidence=view.evidence,
        architecture=database.architecture,
        installed=tuple(_marked(each, view.locked) for each in database.installed),
        installed_at=database.installed_at,
        installed_by=_or_detail(details, "installed_by", {}, lambda: installers(target, versions)),
        automatic=_or_detail(
            details, "automatic", frozenset(), lambda: automatic(target, database.installed)
        ),
        available=view.available,
        not_installed=view.not_installed,
        package_lists=lists,
        knows_available=view.evidence == _ZYPPER and bool(lists),
        reboot=_reboot(target, host, database, view, details),
        details=details,
    )


def _reboot(
    target: Target, host: Host, database: RpmDatabase, view: _View, details: dict[str, str]
) -> Optional[Reboot]:
    if not target.is_this_machine:
        details["reboot"] = NO_REBOOT_EVIDENCE
        return None
    return zypper_reboot(target, host, database.installed, database.installed_at, view.available)


def _or_detail(
    details: dict[str, str], topic: str, otherwise: _T, find_out: Callable[[], _T]
) -> _T:
    """Find something out; if that fails, say so in the details and give `otherwise`."""
    try:
        return find_out()
    except AgentError as error:
        details[topic] = str(error)
        return otherwise


def _marked(package: InstalledPackage, locked: frozenset[Slot]) -> InstalledPackage:
    is_held = Slot(package.name, package.architecture) in locked
    return replace(package, is_held=True) if is_held else package


def _ask_zypper(
    target: Target,
    repositories: Sequence[Repository],
    database: RpmDatabase,
    directory: Path,
    details: dict[str, str],
) -> _View:
    try:
        with private_root(target, repositories, directory) as root:
            return _view(Zypper(root, TIMEOUT_S), database, details)
    except CommandError as error:
        details["available"] = str(error)
        return _View(evidence="rpm")


def _view(zypper: Zypper, database: RpmDatabase, details: dict[str, str]) -> _View:
    """Give what zypper knows; raise CommandError if it cannot even list packages."""
    table = zypper.packages()
    offers = tuple(read_packages(table))
    taken = _or_detail(details, "kept_back", None, lambda: read_updates(zypper.updates()))
    advisories = _or_detail(
        details, "advisories", Advisories({}, {}), lambda: _advisories(zypper, details)
    )
    skipped = skipped_repositories(table)
    if skipped:
        details["repositories"] = (
            f"zypper cannot read its metadata of {', '.join(skipped)}: run zypper refresh --force."
        )
    return _View(
        evidence=_ZYPPER,
        available=candidates(database.installed, offers, taken, advisories),
        not_installed=count_not_installed(database.installed, offers, advisories),
        locked=frozenset(offer.slot for offer in offers if offer.is_installed and offer.is_locked),
    )


def _advisories(zypper: Zypper, details: dict[str, str]) -> Advisories:
    patches = read_patches(zypper.patches())
    contents = read_contents(zypper.patch_contents()) if patches else {}
    untold = sorted(patches.keys() - contents.keys())
    if untold:
        details["advisories"] = (
            f"zypper does not tell which packages {len(untold)} patches bring, such as {untold[0]}."
        )
    locked = sorted(name for name, patch in patches.items() if patch.status == LOCKED)
    if locked:
        details["locked_patches"] = f"Locked in zypper: {', '.join(locked[:20])}."
    return Advisories(patches, contents)
