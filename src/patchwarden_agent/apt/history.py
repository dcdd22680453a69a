"""Reads apt's history: who installed what is installed."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Optional

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import Slot
from patchwarden_agent.target import Target, read_file

_DIRECTORY = "var/log/apt"
_FILE = re.compile(r"history\.log(?:\.(?P<age>[0-9]{1,6})(?P<gz>\.gz)?)?")
# History says little about a package once it is longer than this; reading stops there.
MAX_BYTES = 32 * 1024 * 1024

# Start-Date: 2026-05-09  07:28:46
# Commandline: apt-get install -y tzdata
# Requested-By: alice (1000)
# Install: libidn2-dev:amd64 (2.3.3-1+b1, automatic), tk-dev:amd64 (8.6.13)
# Upgrade: tzdata:amd64 (2025b-0+deb12u1, 2025b-0+deb12u2)
# End-Date: 2026-05-09  07:28:50
_CHANGES = ("Install: ", "Reinstall: ", "Upgrade: ", "Downgrade: ")
_CHANGE = re.compile(r"(?P<name>[^\s:,()]+):(?P<architecture>[^\s:,()]+) \((?P<versions>[^)]*)\)")
_MAX_NAME = 128


def installers(target: Target, versions: Mapping[Slot, str]) -> dict[Slot, str]:
    """Give who last put `versions` in place: the user who asked, or else the program.

    Packages that apt did not install, or longer ago than its history goes, are left out. Raises
    UnreadableFileError if there is no history.
    """
    found: dict[Slot, str] = {}
    for text in _newest_first(target):
        for who, slot, version in _changes(text):
            if slot not in found and versions.get(slot) == version:
                found[slot] = who
    return found


def _newest_first(target: Target) -> Iterator[str]:
    """Give the files of the history, up to MAX_BYTES in all."""
    directory = target.path(_DIRECTORY)
    try:
        named = [(_FILE.fullmatch(path.name), path) for path in directory.iterdir()]
    except OSError as error:
        raise UnreadableFileError(f"Cannot read {directory}: {error.strerror}.") from error
    files = sorted((int(match["age"] or 0), path) for match, path in named if match)
    if not files:
        raise UnreadableFileError(f"There is no history.log in {directory}.")
    left = MAX_BYTES
    for _, path in files:
        content = _content(path, left)
        left -= len(content)
        yield content.decode("utf-8", "replace")


def _content(path: Path, limit_bytes: int) -> bytes:
    """Read a file of the history, nothing if it is damaged, too long or not for this user."""
    try:
        content = read_file(path, limit_bytes)
        if path.suffix != ".gz":
            return content
        with gzip.open(path) as file:
            unpacked = file.read(limit_bytes + 1)
    except (UnreadableFileError, OSError, EOFError, zlib.error):
        return b""
    return unpacked if len(unpacked) <= limit_bytes else b""


def _changes(text: str) -> Iterator[tuple[str, Slot, str]]:
    """Give who put which version in place, the last first."""
    for entry in reversed(text.split("\n\n")):
        lines = entry.split("\n")
        who = _who(lines)
        if who is None:
            continue
        for line in lines:
            if line.startswith(_CHANGES):
                for match in _CHANGE.finditer(line):
                    yield who, Slot(match["name"], match["architecture"]), _version(match, line)


def _version(match: "re.Match[str]", line: str) -> str:
    """Give the new version of `1.0`, `1.0, automatic` or, for a change, of `1.0, 1.1`."""
    versions = match["versions"].split(", ")
    has_old = line.startswith(("Upgrade: ", "Downgrade: ")) and len(versions) > 1
    return versions[1] if has_old else versions[0]


def _who(lines: list[str]) -> Optional[str]:
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    requested_by = fields.get("Requested-By", "").partition(" (")[0].strip()
    if requested_by:
        return requested_by[:_MAX_NAME]
    words = fields.get("Commandline", "").split()
    return PurePosixPath(words[0]).name[:_MAX_NAME] if words else None
