"""The scanners, each loaded when it is called: a node has one package manager alone."""

from typing import Protocol

from patchwarden_agent.findings import Findings
from patchwarden_agent.host import Host
from patchwarden_agent.target import Target


class Scanner(Protocol):
    """Scans a target with one package manager."""

    def __call__(self, target: Target, host: Host) -> Findings:
        """Give what it found; raise AgentError if that is nothing."""


def scan_apt(target: Target, host: Host) -> Findings:
    """Scan with apt."""
    from patchwarden_agent.apt import scanner  # noqa: PLC0415 - see above

    return scanner.scan_apt(target, host)


def scan_dnf(target: Target, host: Host) -> Findings:
    """Scan with dnf or yum."""
    from patchwarden_agent.dnf import scanner  # noqa: PLC0415 - see above

    return scanner.scan_dnf(target, host)


def scan_zypper(target: Target, host: Host) -> Findings:
    """Scan with zypper."""
    from patchwarden_agent.zypper import scanner  # noqa: PLC0415 - see above

    return scanner.scan_zypper(target, host)
