"""Tells which operating system a target is, and with which scanner to scan it."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Optional, Protocol

from patchwarden_agent.apt import scan_apt
from patchwarden_agent.dpkg_status import read_status
from patchwarden_agent.errors import UnreadableFileError, UnsupportedSystemError
from patchwarden_agent.findings import Findings
from patchwarden_agent.host import Host, System, read_system
from patchwarden_agent.target import Target


class Scanner(Protocol):
    """Scans a target with one package manager."""

    def __call__(self, target: Target, host: Host) -> Findings:
        """Give what it found; raise AgentError if that is nothing."""


class _Support(NamedTuple):
    operating_system: str
    package_manager: str


SCANNERS: Mapping[str, Scanner] = {"apt": scan_apt}
"""By package manager; one that is missing here comes with a later version."""

# By the id in os-release.
_SYSTEMS: Mapping[str, _Support] = {
    "debian": _Support("DEBIAN", "apt"),
    "ubuntu": _Support("UBUNTU", "apt"),
    "raspbian": _Support("RASPBIAN", "apt"),
    "almalinux": _Support("ALMA_LINUX", "dnf"),
    "amzn": _Support("AMAZON_LINUX_2023", "dnf"),
    "centos": _Support("CENTOS", "dnf"),
    "fedora": _Support("", "dnf"),
    "ol": _Support("ORACLE_LINUX", "dnf"),
    "rhel": _Support("REDHAT_ENTERPRISE_LINUX", "dnf"),
    "rocky": _Support("ROCKY_LINUX", "dnf"),
    "sles": _Support("SUSE", "zypper"),
    "suse": _Support("SUSE", "zypper"),
}
_OTHER_PLATFORMS: Mapping[str, str] = {
    "win32": "Windows Update",
    "darwin": "softwareupdate",
}
# Debian puts its own release into the version of base-files, 12.4+deb12u11 in Debian 12; Ubuntu
# starts from a Debian version, which tells its release all the same.
_DEBIAN_BASE_FILES = re.compile(r"(?P<release>\d+)(?:\.\d+)*(?:\+(?:deb\d+u\d+|b\d+))*")
_RASPBIAN_BASE_FILES = re.compile(r"(?P<release>\d+)(?:\.\d+)*\S*\+rpi\d+\S*")
_UBUNTU_BASE_FILES = re.compile(r"(?P<debian>\d+(?:\.\d+)?)ubuntu\S*")
_UBUNTU_RELEASES: Mapping[str, str] = {
    "9.4": "16.04",
    "10.1": "18.04",
    "11": "20.04",
    "12": "22.04",
    "13": "24.04",
}


@dataclass(frozen=True)
class Detected:
    """What a target is, and what scans it."""

    operating_system: str
    """A value of the service model's OperatingSystem."""
    platform_name: str
    platform_version: str
    scanner: Scanner
    detail: Optional[str] = None
    """How it was found out, where os-release does not say it plainly."""


def detect(target: Target) -> Detected:
    """Find out what `target` is.

    Raises UnsupportedSystemError if this version cannot scan it.
    """
    _refuse_other_platforms(target)
    system = None if target.root is None else read_system(target)
    if system is not None:
        return _supported(system)
    if target.root is None or target.has("var/lib/dpkg/status"):
        return _detect_from_packages(target)
    raise UnsupportedSystemError(
        f"{target.root} has neither /etc/os-release nor /var/lib/dpkg/status; name the root"
        " directory of a Debian or Ubuntu system."
    )


def _refuse_other_platforms(target: Target) -> None:
    package_manager = _OTHER_PLATFORMS.get(sys.platform)
    if target.is_this_machine and package_manager is not None:
        raise UnsupportedSystemError(_comes_later(package_manager))


def _supported(system: System, detail: Optional[str] = None) -> Detected:
    known = [each for each in system.ids if each in _SYSTEMS]
    if not known:
        raise UnsupportedSystemError(
            f"{system.name} is not a system that this version can scan: it can scan Debian,"
            " Ubuntu and Raspbian."
        )
    support = _SYSTEMS[known[0]]
    scanner = SCANNERS.get(support.package_manager)
    if scanner is None:
        raise UnsupportedSystemError(_comes_later(support.package_manager, system.name))
    if known[0] != system.ids[0]:
        detail = f"{system.name} is judged as {support.operating_system}, which it says it is like."
    return Detected(support.operating_system, system.name, system.version, scanner, detail)


def _comes_later(package_manager: str, name: str = "This system") -> str:
    return (
        f"{name} needs a scanner for {package_manager}, which comes with a later version; this one"
        " scans systems with apt."
    )


def _detect_from_packages(target: Target) -> Detected:
    """Go by base-files, which every Debian has; else assume that it is like this machine."""
    versions = {package.name: package.version for package in read_status(target).installed}
    system = _system_of(versions.get("base-files", ""))
    if system is not None:
        detail = "There is no os-release: the version of base-files tells the system."
        return _supported(system, detail)
    here = read_system(Target())
    if here is None:
        raise UnreadableFileError(
            "Neither os-release nor a package base-files tells which system this is; scan its root"
            " directory instead."
        )
    return _supported(here, "Nothing tells which system it is: it is taken for this one.")


def _system_of(base_files: str) -> Optional[System]:
    ubuntu = _UBUNTU_BASE_FILES.fullmatch(base_files)
    if ubuntu is not None:
        release = _UBUNTU_RELEASES.get(ubuntu["debian"], "")
        return System(("ubuntu", "debian"), "Ubuntu", release)
    raspbian = _RASPBIAN_BASE_FILES.fullmatch(base_files)
    if raspbian is not None:
        return System(("raspbian", "debian"), "Raspbian GNU/Linux", raspbian["release"])
    debian = _DEBIAN_BASE_FILES.fullmatch(base_files)
    return System(("debian",), "Debian GNU/Linux", debian["release"]) if debian else None
