"""Reads dpkg's database: what is installed, what is held, and since when."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Optional

from patchwarden_agent.apt.deb822 import paragraphs, source_of
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import InstalledPackage, Slot
from patchwarden_agent.instants import modified_at
from patchwarden_agent.target import Target, read_file

STATUS_FILE = "var/lib/dpkg/status"
_INFO_DIRECTORY = "var/lib/dpkg/info"
_MAX_BYTES = 256 * 1024 * 1024
IN_USE = frozenset({"installed", "triggers-awaited", "triggers-pending"})
"""The states of installed packages: those whose triggers are still to run are configured."""
_HALF_DONE = frozenset({"unpacked", "half-configured", "half-installed"})
_FIELDS = frozenset(
    {"Package", "Status", "Architecture", "Version", "Priority", "Section", "Source"}
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,254}")
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_VERSION = re.compile(r"[A-Za-z0-9.+~:-]{1,512}")


@dataclass(frozen=True)
class DpkgStatus:
    """What a status file says."""

    architecture: str
    """The node's native architecture."""
    installed: tuple[InstalledPackage, ...]
    """Sorted by name, then architecture; each pair once."""
    half_done: tuple[str, ...]
    """Names of packages whose installation broke off."""
    unreadable_count: int
    """Paragraphs that say `installed` and lack a sound name, version or architecture."""


def read_status(target: Target) -> DpkgStatus:
    """Read the status file of `target`.

    Raises UnreadableFileError if it cannot be read or is no status file.
    """
    path = target.dpkg_status or target.path(STATUS_FILE)
    status = parse_status(read_file(path, _MAX_BYTES))
    if not status.installed:
        raise UnreadableFileError(
            f"{path} lists no installed package; name the status file of a Debian or Ubuntu system."
        )
    return status


def parse_status(content: bytes) -> DpkgStatus:
    """Read the content of a status file; what is no package is counted, never raised."""
    installed: dict[tuple[str, str], InstalledPackage] = {}
    half_done: list[str] = []
    unreadable_count = 0
    for fields in paragraphs(content, _FIELDS):
        want, _, rest = fields.get("Status", "").partition(" ")
        state = rest.rpartition(" ")[2]
        package = _package(fields, is_held=want == "hold")
        if package is None:
            unreadable_count += state in IN_USE
        elif state in IN_USE:
            installed[package.name, package.architecture] = package
        elif state in _HALF_DONE:
            half_done.append(package.name)
    packages = tuple(installed[key] for key in sorted(installed))
    return DpkgStatus(
        native_architecture(packages), packages, tuple(sorted(half_done)), unreadable_count
    )


def _package(fields: Mapping[str, str], *, is_held: bool) -> Optional[InstalledPackage]:
    name, version = fields.get("Package", ""), fields.get("Version", "")
    architecture = fields.get("Architecture", "")
    if not (
        _NAME.fullmatch(name)
        and _VERSION.fullmatch(version)
        and _ARCHITECTURE.fullmatch(architecture)
    ):
        return None
    source, source_version = source_of(fields.get("Source", ""))
    return InstalledPackage(
        name=name,
        architecture=architecture,
        version=version,
        priority=fields.get("Priority") or None,
        section=fields.get("Section") or None,
        source=source if source not in ("", name) else None,
        source_version=source_version if source_version not in ("", version) else None,
        is_held=is_held,
    )


def native_architecture(packages: Iterable[InstalledPackage]) -> str:
    """Give the architecture of dpkg itself, or else the one that most packages have."""
    counts: Counter[str] = Counter()
    for package in packages:
        if package.name == "dpkg":
            return package.architecture
        if package.architecture != "all":
            counts[package.architecture] += 1
    return counts.most_common(1)[0][0] if counts else "all"


def install_times(target: Target, status: DpkgStatus) -> dict[Slot, float]:
    """Give when each installed package was put in place, in seconds since 1970.

    dpkg writes the list of a package's files whenever it unpacks one: that file's time is it.
    Packages whose list is missing are left out.
    """
    directory = target.path(_INFO_DIRECTORY)
    times: dict[Slot, float] = {}
    for package in status.installed:
        # Only packages that may be installed for several architectures have it in the file name.
        names = (f"{package.name}.list", f"{package.name}:{package.architecture}.list")
        found = [at for at in (modified_at(directory / name) for name in names) if at is not None]
        if found:
            times[package.slot(status.architecture)] = max(found)
    return times


def automatic(extended_states: bytes) -> frozenset[Slot]:
    """Give the packages that apt notes as installed only because something needed them.

    `extended_states` is the content of apt's file of that name, with paragraphs such as
    ```
    Package: libsmartcols1
    Architecture: amd64
    Auto-Installed: 1
    ```
    """
    wanted = ("Package", "Architecture", "Auto-Installed")
    return frozenset(
        Slot(fields["Package"], fields["Architecture"])
        for fields in paragraphs(extended_states, wanted)
        if fields.get("Auto-Installed") == "1" and {"Package", "Architecture"} <= fields.keys()
    )
