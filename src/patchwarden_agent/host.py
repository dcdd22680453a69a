"""Tells which system the scanned root has, and facts about the running machine."""

import contextlib
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.instants import digits_instant
from patchwarden_agent.target import Target

_MAX_BYTES = 1024 * 1024
# os-release has lines such as these: NAME="Debian GNU/Linux" or ID_LIKE=debian
_ASSIGNMENT = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.M)
_COMPUTER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?")
# Documentation addresses: they are routed like any other, and nothing is sent.
_SOMEWHERE = (
    (socket.AF_INET, ("192.0.2.1", 9)),
    (socket.AF_INET6, ("2001:db8::1", 9)),
)


@dataclass(frozen=True)
class System:
    """An operating system, as its os-release file names it."""

    ids: tuple[str, ...]
    """Its own id, then those that it says it is like, such as `linuxmint`, `ubuntu`, `debian`."""
    name: str
    version: str


@dataclass(frozen=True)
class Host:
    """A machine. What is unknown is empty or None."""

    computer_name: str = ""
    ip_address: str = ""
    kernel_release: str = ""
    booted_at: Optional[float] = None


def read_system(target: Target) -> Optional[System]:
    """Read os-release; None if there is none that names a system."""
    for path in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = target.read(path, _MAX_BYTES).decode("utf-8", "replace")
        except UnreadableFileError:
            continue
        system = _system({name: _unquoted(value) for name, value in _ASSIGNMENT.findall(text)})
        if system is not None:
            return system
    return None


def _system(fields: Mapping[str, str]) -> Optional[System]:
    ids = (fields.get("ID", "").lower(), *fields.get("ID_LIKE", "").lower().split())
    if not ids[0]:
        return None
    return System(
        ids=ids,
        name=fields.get("NAME", ids[0])[:255],
        version=fields.get("VERSION_ID", "")[:255],
    )


def _unquoted(value: str) -> str:
    value = value.strip()
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


def read_host(target: Target) -> Host:
    """Give what can be known of the machine that `target` belongs to."""
    if target.is_this_machine:
        return Host(
            computer_name=_computer_name(socket.gethostname()),
            ip_address=_ip_address(),
            kernel_release=os.uname().release,
            booted_at=_booted_at(target),
        )
    try:
        name = target.read("etc/hostname", _MAX_BYTES).decode("utf-8", "replace").strip()
    except UnreadableFileError:
        name = ""
    return Host(computer_name=_computer_name(name))


def _computer_name(name: str) -> str:
    return name if _COMPUTER_NAME.fullmatch(name) else ""


def _ip_address() -> str:
    """Give the address from which this machine would reach others; empty if it has no network."""
    for family, somewhere in _SOMEWHERE:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(somewhere)
            return str(probe.getsockname()[0])
    return ""


def _booted_at(target: Target) -> Optional[float]:
    try:
        match = re.search(rb"^btime (\d{1,12})$", target.read("proc/stat", _MAX_BYTES), re.M)
    except UnreadableFileError:
        return None
    return digits_instant(match[1].decode()) if match else None
