"""Tells which operating system a target is, and with which scanner to scan it."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Optional

from patchwarden_agent.apt.base_files import system_of_base_files
from patchwarden_agent.apt.dpkg_status import read_status
from patchwarden_agent.errors import UnreadableFileError, UnsupportedSystemError
from patchwarden_agent.host import System, read_system
from patchwarden_agent.release_files import read_release_file, with_minor_release
from patchwarden_agent.scanners import Scanner, scan_apt, scan_dnf, scan_zypper
from patchwarden_agent.target import Target


class _Support(NamedTuple):
    operating_system: str
    scanner: Scanner


# By the id in os-release.
_SYSTEMS: Mapping[str, _Support] = {
    "debian": _Support("DEBIAN", scan_apt),
    "ubuntu": _Support("UBUNTU", scan_apt),
    "raspbian": _Support("RASPBIAN", scan_apt),
    "almalinux": _Support("ALMA_LINUX", scan_dnf),
    "amzn": _Support("AMAZON_LINUX", scan_dnf),
    "centos": _Support("CENTOS", scan_dnf),
    "ol": _Support("ORACLE_LINUX", scan_dnf),
    "rhel": _Support("REDHAT_ENTERPRISE_LINUX", scan_dnf),
    "rocky": _Support("ROCKY_LINUX", scan_dnf),
    "sles": _Support("SUSE", scan_zypper),
    "suse": _Support("SUSE", scan_zypper),
}
# Amazon Linux by its version; the first had years and months, up to 2018.03.
_AMAZON_LINUX: Mapping[str, str] = {
    "2": "AMAZON_LINUX_2",
    "2022": "AMAZON_LINUX_2022",
    "2023": "AMAZON_LINUX_2023",
}
_FIRST_AMAZON_LINUX = re.compile(r"201\d\.\d\d")
_OTHER_PLATFORMS: Mapping[str, str] = {
    "win32": "Windows Update",
    "darwin": "softwareupdate",
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
    system = None if target.root is None else read_system(target) or read_release_file(target)
    if system is not None:
        detected = _supported(with_minor_release(target, system))
        _refuse_status_without_dpkg(target, detected)
        return detected
    if target.root is None or target.has("var/lib/dpkg/status"):
        return _detect_from_packages(target)
    raise UnsupportedSystemError(
        f"{target.root} has neither /etc/os-release nor /var/lib/dpkg/status; name the root"
        " directory of a Linux system."
    )


def _refuse_other_platforms(target: Target) -> None:
    package_manager = _OTHER_PLATFORMS.get(sys.platform)
    if target.is_this_machine and package_manager is not None:
        raise UnsupportedSystemError(
            f"This system needs a scanner for {package_manager}, which comes with a later version;"
            " this one scans systems with apt, dnf, yum and zypper."
        )


def _refuse_status_without_dpkg(target: Target, detected: Detected) -> None:
    if target.dpkg_status is not None and detected.scanner is not scan_apt:
        raise UnsupportedSystemError(
            f"{target.root} is {detected.platform_name}, which has no dpkg: its packages are not in"
            f" {target.dpkg_status}; name one of the two."
        )


def _supported(system: System, detail: Optional[str] = None) -> Detected:
    known = [each for each in system.ids if each in _SYSTEMS]
    if not known:
        raise UnsupportedSystemError(
            f"{system.name} is not a system that this version can scan: there are patch baselines"
            " for Debian, Ubuntu, Raspbian, Amazon Linux, Red Hat Enterprise Linux, CentOS, Rocky"
            " Linux, AlmaLinux, Oracle Linux and SUSE alone."
        )
    support = _SYSTEMS[known[0]]
    if known[0] == "amzn":
        support = support._replace(operating_system=_amazon_linux(system))
    if known[0] != system.ids[0]:
        detail = f"{system.name} is judged as {support.operating_system}, which it says it is like."
    return Detected(support.operating_system, system.name, system.version, support.scanner, detail)


def _amazon_linux(system: System) -> str:
    if _FIRST_AMAZON_LINUX.fullmatch(system.version):
        return "AMAZON_LINUX"
    if system.version not in _AMAZON_LINUX:
        raise UnsupportedSystemError(
            f"{system.name} {system.version} is not a version that this one can scan: there are"
            f" patch baselines for 2010 to 2018.03 and {', '.join(_AMAZON_LINUX)} alone."
        )
    return _AMAZON_LINUX[system.version]


def _detect_from_packages(target: Target) -> Detected:
    """Go by base-files, which every Debian has; else assume that it is like this machine."""
    versions = {package.name: package.version for package in read_status(target).installed}
    system = system_of_base_files(versions.get("base-files", ""))
    if system is not None:
        detail = "There is no os-release: the version of base-files tells the system."
        return _supported(system, detail)
    here = read_system(Target())
    if here is None or not _has_apt(here):
        raise UnreadableFileError(
            "Neither os-release nor a package base-files tells which system this is; scan its root"
            " directory instead."
        )
    return _supported(here, "Nothing tells which system it is: it is taken for this one.")


def _has_apt(system: System) -> bool:
    return any(each in _SYSTEMS and _SYSTEMS[each].scanner is scan_apt for each in system.ids)
