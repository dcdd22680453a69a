"""Scans a system and gives the report: the one entry point for whoever wants facts."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from patchwarden_agent.detect import detect
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.host import read_host
from patchwarden_agent.report import Period, assemble
from patchwarden_agent.target import Target


@dataclass(frozen=True)
class ScanOptions:
    """What to scan; this machine if nothing is named."""

    root: Optional[Path] = None
    """The root directory of another system."""
    dpkg_status: Optional[Path] = None
    """A status file, used alone or in place of the root's own."""


_THIS_MACHINE = ScanOptions()


def scan(options: ScanOptions = _THIS_MACHINE) -> dict[str, Any]:
    """Give a report in its JSON form.

    Raises AgentError if the system is unknown or nothing can be read of it. What else could not be
    found out is in `scan.details` of the report.
    """
    started_at = time.time()
    target = target_of(options)
    detected = detect(target)
    host = read_host(target)
    findings = detected.scanner(target, host)
    return assemble(findings, detected, host, Period(started_at, time.time()))


def target_of(options: ScanOptions) -> Target:
    """Give what is scanned; raise UnreadableFileError if it is not there."""
    status = None if options.dpkg_status is None else options.dpkg_status.absolute()
    if options.root is None:
        return Target() if status is None else Target(root=None, dpkg_status=status)
    try:
        root = options.root.resolve()
        is_directory = root.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableFileError(f"Cannot read {options.root}: {error}.") from error
    if not is_directory:
        raise UnreadableFileError(f"{options.root} is no directory; name a root directory.")
    return Target(root=root, dpkg_status=status)
