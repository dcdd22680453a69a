"""The scanner for dnf and yum: Amazon Linux, Red Hat's and its kin. It writes nothing to the node.

What is installed, rpm's database says. For the rest, dnf is asked in the best way that works: its
library (`python-dnf`), else its command (`dnf`, or `yum` where only yum 3 is there), else nothing
is known but what is installed (`rpm`). `Findings.evidence` says which. Only cached lists are used.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Optional

from patchwarden_agent.dnf.candidates import candidates, not_installed
from patchwarden_agent.dnf.commands import ask_dnf, ask_yum
from patchwarden_agent.dnf.history import History, read_history
from patchwarden_agent.dnf.holds import Holds, read_holds
from patchwarden_agent.dnf.library import Question, finish_walk, start_walk
from patchwarden_agent.dnf.repositories import complete, missing_lists_detail, package_lists
from patchwarden_agent.dnf.view import DnfView
from patchwarden_agent.errors import CommandError, UnreadableFileError
from patchwarden_agent.findings import (
    NO_REBOOT_EVIDENCE,
    Candidate,
    Findings,
    PackageList,
    Reboot,
    Slot,
)
from patchwarden_agent.host import Host, read_system
from patchwarden_agent.rpm.database import RpmDatabase, finish_query, start_query
from patchwarden_agent.rpm.reboot import rpm_reboot
from patchwarden_agent.rpm.root import RpmRoot, private_root
from patchwarden_agent.target import Target

TIMEOUT_S = 120.0
"""For each program that is run. dnf takes seconds; a hung file system takes for ever."""
_DNF_FILES = ("usr/bin/dnf", "usr/bin/dnf-3", "usr/bin/microdnf", "etc/dnf/dnf.conf")
_YUM = "usr/bin/yum"


def scan_dnf(target: Target, host: Host, *, may_use_library: bool = True) -> Findings:
    """Scan `target`.

    Raises AgentError if rpm's database cannot be read; whatever else fails is a detail of the
    findings. `may_use_library` is False to leave python3-dnf out.
    """
    holds = read_holds(target)
    with private_root(target) as root:
        database = finish_query(start_query(root.database), TIMEOUT_S)
        view = _ask(target, root, database, holds, may_use_library=may_use_library)
        history, history_details = _history(target, root, database)
        lists = package_lists(view.repositories)
        advisories, complaints = complete(view.advisories, view.repositories)
    view = replace(view, advisories=advisories)
    available = candidates(database, view)
    details = {
        **_database_details(database, root),
        **history_details,
        **_list_details(lists, view),
        **_advisory_details(complaints),
        **view.details,
    }
    return Findings(
        package_manager="yum" if _has_yum_alone(target) else "dnf",
        evidence=view.evidence,
        architecture=database.architecture,
        installed=tuple(
            replace(each, is_held=holds.keep(each.name, each.architecture, each.version))
            for each in database.installed
        ),
        installed_at=database.installed_at,
        installed_by=history.installers,
        automatic=history.automatic,
        available=available,
        knows_available=view.knows_available,
        not_installed=not_installed(view),
        package_lists=lists,
        reboot=_reboot(target, host, database, available, details),
        details=details,
    )


def _has_yum_alone(target: Target) -> bool:
    return target.has(_YUM) and not any(target.has(each) for each in _DNF_FILES)


def _ask(
    target: Target,
    root: RpmRoot,
    database: RpmDatabase,
    holds: Holds,
    *,
    may_use_library: bool,
) -> DnfView:
    why = "python3-dnf was not asked"
    if may_use_library:
        try:
            question = _question(target, database, holds)
            view = finish_walk(start_walk(root, question), TIMEOUT_S)
            if view is not None:
                return view
            why = "python3-dnf is not installed"
        except CommandError as error:
            why = str(error).rstrip(".")
    try:
        view = _ask_commands(target, root, database, holds)
    except CommandError as error:
        details = {"python_dnf": f"{why}.", "available": str(error)}
        return DnfView(evidence="rpm", details=details, knows_available=False)
    detail = f"{why}; the command {view.evidence} was asked instead."
    return replace(view, details={**view.details, "python_dnf": detail})


def _question(target: Target, database: RpmDatabase, holds: Holds) -> Question:
    system = read_system(target)
    return Question(
        release=system.version if system is not None else "",
        architecture=_foreign_architecture(target, database),
        locks=holds.locks,
    )


def _foreign_architecture(target: Target, database: RpmDatabase) -> Optional[str]:
    is_foreign = database.architecture != os.uname().machine and not target.is_this_machine
    return database.architecture if is_foreign else None


def _ask_commands(target: Target, root: RpmRoot, database: RpmDatabase, holds: Holds) -> DnfView:
    if shutil.which("dnf") is not None:
        architecture = _foreign_architecture(target, database)
        return ask_dnf(root, database, holds, architecture, TIMEOUT_S)
    if shutil.which("yum") is None:
        raise CommandError("No available versions are known: there is no dnf and no yum to ask.")
    if not target.is_this_machine:
        raise CommandError(
            "No available versions are known: yum cannot be asked about another root without"
            " changing it; scan the node itself."
        )
    return ask_yum(database, holds, TIMEOUT_S)


def _history(
    target: Target, root: RpmRoot, database: RpmDatabase
) -> tuple[History, dict[str, str]]:
    installed = {Slot(each.name, each.architecture): each for each in database.installed}
    try:
        return read_history(target, installed, root.scratch), {}
    except UnreadableFileError as error:
        return History(), {"installed_by": str(error), "automatic": str(error)}


def _database_details(database: RpmDatabase, root: RpmRoot) -> dict[str, str]:
    details = {}
    if database.unreadable_count:
        details["installed"] = (
            f"{database.unreadable_count} lines of rpm's answer could not be read."
        )
    if root.left_out:
        details["configuration"] = " ".join(root.left_out[:20])
    return details


def _list_details(lists: Sequence[PackageList], view: DnfView) -> dict[str, str]:
    complaint = missing_lists_detail(lists, view.missing) if view.knows_available else None
    return {} if complaint is None else {"package_lists": complaint}


def _advisory_details(complaints: Sequence[str]) -> dict[str, str]:
    if not complaints:
        return {}
    return {"advisories": "When advisories were issued is not known. " + " ".join(complaints)}


def _reboot(
    target: Target,
    host: Host,
    database: RpmDatabase,
    available: Mapping[Slot, Sequence[Candidate]],
    details: dict[str, str],
) -> Optional[Reboot]:
    if not target.is_this_machine:
        details["reboot"] = NO_REBOOT_EVIDENCE
        return None
    evidence = rpm_reboot(host, database.installed, database.installed_at, available)
    if evidence is None:
        details["reboot"] = "The running kernel belongs to no package."
    return evidence
