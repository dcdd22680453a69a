"""Reads `/etc/centos-release` and its kin, which Red Hat's family had before os-release."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Optional

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.host import System
from patchwarden_agent.target import Target

# Oracle Linux has redhat-release too, as if it were Red Hat's.
_FILES = ("centos-release", "oracle-release", "redhat-release", "system-release")
# CentOS Linux release 7.9.2009 (Core)
_RELEASE = re.compile(r"(?P<name>.{1,100}?)(?: Linux)? release (?P<version>\d+(?:\.\d+){0,3})\b.*")
_IDS: Mapping[str, str] = {
    "Amazon Linux AMI": "amzn",
    "CentOS": "centos",
    "Oracle Linux Server": "ol",
    "Red Hat Enterprise Linux Server": "rhel",
    "Red Hat Enterprise Linux Workstation": "rhel",
}
_MAX_BYTES = 64 * 1024


def read_release_file(target: Target) -> Optional[System]:
    """Tell the system of a target without os-release; None if no file does."""
    for file in _FILES:
        match = _read(target, file)
        if match is not None and match["name"] in _IDS:
            return System((_IDS[match["name"]],), match["name"], match["version"])
    return None


def with_minor_release(target: Target, system: System) -> System:
    """Give CentOS with the minor release that its os-release does not tell."""
    match = _read(target, "centos-release") if system.ids[0] == "centos" else None
    if match is None or not match["version"].startswith(f"{system.version}."):
        return system
    return replace(system, version=match["version"])


def _read(target: Target, file: str) -> "Optional[re.Match[str]]":
    try:
        lines = target.read(f"etc/{file}", _MAX_BYTES).decode("utf-8", "replace").splitlines()
    except UnreadableFileError:
        return None
    return _RELEASE.fullmatch(lines[0].strip()) if lines else None
