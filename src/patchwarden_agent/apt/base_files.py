"""Tells which system has a version of the package base-files, which every Debian has."""

import re
from collections.abc import Mapping
from typing import Optional

from patchwarden_agent.host import System

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


def system_of_base_files(version: str) -> Optional[System]:
    """Give the system; None if the version tells none."""
    ubuntu = _UBUNTU_BASE_FILES.fullmatch(version)
    if ubuntu is not None:
        release = _UBUNTU_RELEASES.get(ubuntu["debian"], "")
        return System(("ubuntu", "debian"), "Ubuntu", release)
    raspbian = _RASPBIAN_BASE_FILES.fullmatch(version)
    if raspbian is not None:
        return System(("raspbian", "debian"), "Raspbian GNU/Linux", raspbian["release"])
    debian = _DEBIAN_BASE_FILES.fullmatch(version)
    return System(("debian",), "Debian GNU/Linux", debian["release"]) if debian else None
