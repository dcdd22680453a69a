"""The scanner for apt: Debian, Ubuntu and their kin. It writes nothing to the node.

apt is asked in the best way that works: its library (`python-apt`), else its commands (`apt-get`),
else nothing is known but what is installed (`dpkg-status`). `Findings.evidence` says which.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from patchwarden_agent.apt.commands import ask_commands
from patchwarden_agent.apt.dpkg_status import DpkgStatus, automatic, install_times, read_status
from patchwarden_agent.apt.history import installers
from patchwarden_agent.apt.library import finish_walk, start_walk
from patchwarden_agent.apt.lists import (
    missing_lists,
    package_lists,
    stale_lists_detail,
    start_listing_sources,
)
from patchwarden_agent.apt.options import Option, apt_options, private_cache_file
from patchwarden_agent.apt.reboot import reboot_evidence
from patchwarden_agent.apt.view import AptView
from patchwarden_agent.command import Running
from patchwarden_agent.errors import AgentError, CommandError, UnreadableFileError
from patchwarden_agent.findings import NO_REBOOT_EVIDENCE, Findings, PackageList, Reboot, Slot
from patchwarden_agent.host import Host
from patchwarden_agent.target import Target

TIMEOUT_S = 120.0
"""For each program that is run. apt takes seconds; a hung file system takes for ever."""
_EXTENDED_STATES = "var/lib/apt/extended_states"
_MAX_BYTES = 64 * 1024 * 1024


def scan_apt(target: Target, host: Host, *, may_use_library: bool = True) -> Findings:
    """Scan `target`.

    Raises AgentError if dpkg's status file cannot be read; whatever else fails is a detail of the
    findings. `may_use_library` is False to leave python3-apt out.
    """
    status = read_status(target)
    if target.root is None:
        return _bare_findings(status)
    options = apt_options(target, status.architecture, private_cache_file(target))
    with _started(options, may_use_library=may_use_library) as (walk, sources):
        details = _status_details(status)
        installed_at = _install_times(target, status, details)
        installed_by = _installers(target, status, details)
        reboot = _reboot(target, host, status, installed_at, details)
        lists = _package_lists(target, sources, details)
        view = _ask_apt(target, status, options, walk, details)
    return Findings(
        package_manager="apt",
        evidence=view.evidence,
        architecture=status.architecture,
        installed=status.installed,
        knows_available=view.evidence != "dpkg-status",
        installed_at=installed_at,
        installed_by=installed_by,
        automatic=_automatic(target, details),
        available={slot: (candidate,) for slot, candidate in view.candidates.items()},
        not_installed=view.not_installed,
        package_lists=lists,
        reboot=reboot,
        details={**details, **view.details},
    )


def _bare_findings(status: DpkgStatus) -> Findings:
    return Findings(
        package_manager="apt",
        evidence="dpkg-status",
        architecture=status.architecture,
        installed=status.installed,
        knows_available=False,
        details={
            **_status_details(status),
            "available": "No available versions are known: there are no package lists beside a"
            " status file; scan the node itself or its root.",
            "installed_at": "A status file has no install times.",
            "installed_by": "A status file does not tell who installed a package.",
            "reboot": "A status file does not tell whether a reboot is pending.",
        },
    )


@contextlib.contextmanager
def _started(
    options: Sequence[Option], *, may_use_library: bool
) -> Iterator[tuple[Optional[Running], Optional[Running]]]:
    """Have apt work while the agent reads files; whatever is not waited for is stopped."""
    with contextlib.ExitStack() as started:
        walk = sources = None
        with contextlib.suppress(CommandError):
            if may_use_library:
                walk = start_walk(options)
                started.callback(walk.close)
        with contextlib.suppress(CommandError):
            sources = start_listing_sources(options)
            started.callback(sources.close)
        yield walk, sources


def _ask_apt(
    target: Target,
    status: DpkgStatus,
    options: Sequence[Option],
    walk: Optional[Running],
    details: dict[str, str],
) -> AptView:
    try:
        view = None if walk is None else finish_walk(walk, TIMEOUT_S)
        why = "python3-apt is not installed; apt-get and apt-cache were asked instead."
    except CommandError as error:
        view, why = None, f"{error} apt-get and apt-cache were asked instead."
        _drop_private_cache(target)
    if view is not None:
        return view
    details["python_apt"] = why
    try:
        return ask_commands(status, options, TIMEOUT_S)
    except CommandError as error:
        return AptView(evidence="dpkg-status", details={"available": str(error)})


def _drop_private_cache(target: Target) -> None:
    """Forget apt's parsed lists, in case they are what it failed on."""
    cache_file = private_cache_file(target)
    if cache_file is not None:
        with contextlib.suppress(OSError):
            cache_file.unlink()


def _status_details(status: DpkgStatus) -> dict[str, str]:
    details = {}
    if status.unreadable_count:
        details["installed"] = (
            f"{status.unreadable_count} paragraphs of dpkg's status file could not be read."
        )
    if status.half_done:
        names = ", ".join(status.half_done[:20])
        details["half_installed"] = (
            f"The installation broke off of {len(status.half_done)} packages, which are left out:"
            f" {names}; run dpkg --configure -a."
        )
    return details


def _install_times(
    target: Target, status: DpkgStatus, details: dict[str, str]
) -> dict[Slot, float]:
    try:
        times = install_times(target, status)
    except UnreadableFileError as error:
        times, details["installed_at"] = {}, str(error)
    unknown = len(status.installed) - len(times)
    if unknown and times:
        details["installed_at"] = f"The install time of {unknown} packages is not known."
    elif unknown:
        details.setdefault("installed_at", "There are no file lists of dpkg to take times from.")
    return times


def _installers(target: Target, status: DpkgStatus, details: dict[str, str]) -> dict[Slot, str]:
    versions = {package.slot(status.architecture): package.version for package in status.installed}
    try:
        return installers(target, versions)
    except AgentError as error:
        details["installed_by"] = str(error)
        return {}


def _automatic(target: Target, details: dict[str, str]) -> frozenset[Slot]:
    try:
        return automatic(target.read(_EXTENDED_STATES, _MAX_BYTES))
    except UnreadableFileError as error:
        details["automatic"] = str(error)
        return frozenset()


def _reboot(
    target: Target,
    host: Host,
    status: DpkgStatus,
    installed_at: Mapping[Slot, float],
    details: dict[str, str],
) -> Optional[Reboot]:
    if not target.is_this_machine:
        details["reboot"] = NO_REBOOT_EVIDENCE
        return None
    by_name = {slot.name: at for slot, at in installed_at.items()}
    evidence = reboot_evidence(
        target, status.installed, by_name, host.kernel_release, host.booted_at
    )
    if evidence is None:
        details["reboot"] = (
            "The running kernel belongs to no package, and no package that asks for reboots is"
            " installed, such as unattended-upgrades."
        )
    return evidence


def _package_lists(
    target: Target, sources: Optional[Running], details: dict[str, str]
) -> tuple[PackageList, ...]:
    lists = package_lists(target)
    missing: list[str] = []
    if sources is not None:
        try:
            missing = missing_lists(target, sources.output(TIMEOUT_S))
        except AgentError as error:
            details["sources"] = str(error)
    complaint = stale_lists_detail(lists, missing, time.time())
    if complaint is not None:
        details["package_lists"] = complaint
    return lists
