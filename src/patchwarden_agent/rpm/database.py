"""Reads what is installed from rpm's database."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Optional

from patchwarden_agent.command import Running, start
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.instants import digits_instant
from patchwarden_agent.rpm.order import sort_key

_FIELDS = (
    "NAME",
    "EPOCHNUM",
    "VERSION",
    "RELEASE",
    "ARCH",
    "INSTALLTIME",
    "BUILDTIME",
    "SOURCERPM",
)
_FORMAT = "\t".join(f"%{{{name}}}" for name in _FIELDS) + "\n"
_SOURCE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?:no)?src\.rpm")
_ANY = "noarch"
# The signing keys that were imported are in the database as packages.
_KEY = "gpg-pubkey"


@dataclass(frozen=True)
class RpmDatabase:
    """The packages of rpm's database."""

    architecture: str
    """That of the node, such as `x86_64`."""
    installed: tuple[InstalledPackage, ...]
    """Sorted by name, then architecture; each pair once."""
    installed_at: Mapping[Slot, float]
    built_at: Mapping[Slot, float]
    unreadable_count: int
    """How many lines of rpm's answer could not be read."""


class _Row(NamedTuple):
    slot: Slot
    version: str
    source: Optional[str]
    source_version: Optional[str]
    installed_at: Optional[float]
    built_at: Optional[float]


def start_query(database: Path) -> Running:
    """Start asking rpm for all packages; raise CommandError if there is no rpm."""
    return start("rpm -qa", ["rpm", "--dbpath", str(database), "-qa", "--qf", _FORMAT])


def finish_query(running: Running, timeout_s: float) -> RpmDatabase:
    """Give what rpm answered.

    Raises CommandError if rpm fails, UnreadableFileError if it knows no package.
    """
    lines = running.text(timeout_s).splitlines()
    rows = [_row(line.split("\t")) for line in lines]
    kept = [row for row in rows if row is not None and row.slot.name != _KEY]
    if not kept:
        raise UnreadableFileError(
            "rpm's database lists no installed package; run rpm --rebuilddb if it is broken, or"
            " name the root directory of a system with rpm."
        )
    newest = sorted(kept, key=lambda row: (row.slot, sort_key(row.version)))
    by_slot: dict[Slot, list[_Row]] = {}
    for row in reversed(newest):
        by_slot.setdefault(row.slot, []).append(row)
    return RpmDatabase(
        architecture=_architecture(by_slot),
        installed=tuple(_package(by_slot[slot]) for slot in sorted(by_slot)),
        installed_at=_times(by_slot, "installed_at"),
        built_at=_times(by_slot, "built_at"),
        unreadable_count=rows.count(None),
    )


def source_of(source_file: str, name: str, version: str) -> tuple[Optional[str], Optional[str]]:
    """Give the source package and its version out of the name of its file.

    Each is None where it is the binary package's own, or not known.
    """
    match = _SOURCE.fullmatch(source_file)
    if match is None:
        return None, None
    # The file's name has no epoch.
    own_version = version.partition(":")[2] or version
    source_version = match["version"]
    return (
        None if match["name"] == name else match["name"],
        None if source_version == own_version else source_version,
    )


def version_of(epoch: str, version: str, release: str) -> str:
    """Give `[epoch:]version-release`, an epoch of 0 left out."""
    return (
        f"{version}-{release}" if epoch in ("", "0", "(none)") else f"{epoch}:{version}-{release}"
    )


def without_zero_epoch(version: str) -> str:
    """Give `[epoch:]version-release` without an epoch of 0."""
    return version[2:] if version.startswith("0:") else version


def _row(fields: list[str]) -> Optional[_Row]:
    if len(fields) != len(_FIELDS) or not all(fields[:4]):
        return None
    name, epoch, version, release, architecture, installed_at, built_at, source_file = fields
    evr = version_of(epoch, version, release)
    source, source_version = source_of(source_file, name, evr)
    # Keys have no architecture.
    slot = Slot(name, _ANY if architecture in ("", "(none)") else architecture)
    return _Row(
        slot, evr, source, source_version, digits_instant(installed_at), digits_instant(built_at)
    )


def _package(rows: list[_Row]) -> InstalledPackage:
    newest = rows[0]
    return InstalledPackage(
        name=newest.slot.name,
        architecture=newest.slot.architecture,
        version=newest.version,
        source=newest.source,
        source_version=newest.source_version,
        other_versions=tuple(row.version for row in rows[1:] if row.version != newest.version),
    )


def _times(by_slot: Mapping[Slot, list[_Row]], which: str) -> dict[Slot, float]:
    times = {slot: attrgetter(which)(rows[0]) for slot, rows in by_slot.items()}
    return {slot: at for slot, at in times.items() if at is not None}


def _architecture(slots: Iterable[Slot]) -> str:
    """Give what most packages are built for: nodes have a few of others beside."""
    counts = Counter(slot.architecture for slot in slots if slot.architecture != _ANY)
    if not counts:
        return os.uname().machine
    return max(counts, key=lambda each: (counts[each], each))
