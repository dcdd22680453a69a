"""Tells how old the node's package lists are, and which are configured but not there."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Optional

from patchwarden_agent.apt.options import Option, as_arguments
from patchwarden_agent.command import Running, start
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import PackageList
from patchwarden_agent.instants import mail_instant, modified_at
from patchwarden_agent.target import Target, read_file

_LISTS_DIRECTORY = "var/lib/apt/lists"
_UPDATE_STAMP = "var/lib/apt/periodic/update-success-stamp"
_MAX_BYTES = 32 * 1024 * 1024
# mirror.example.net_debian-security_dists_bookworm-security_InRelease
# mirror.example.net_debian-security_dists_bookworm-security_main_binary-amd64_Packages.lz4
_RELEASE_FILE = re.compile(r"^(?P<stem>.+)_(?:InRelease|Release)$")
_INDEX_FILE = re.compile(r"^(?P<component>.+)_binary-[^_]+_Packages(?:\.\w+)?$")
_DISTRIBUTION = re.compile(r"(?:^|_)dists_(?P<distribution>.+)$")
# Date: Sat, 11 Jul 2026 10:16:37 UTC
# Valid-Until: Sat, 28 Nov 2026 14:02:11 UTC
_TIME_FIELD = re.compile(rb"^(?P<field>Date|Valid-Until):[ \t]*(?P<time>[^\r\n]{1,80})$", re.M)
# 'http://mirror.example.net/debian/dists/sid/InRelease' mirror.example.net_..._sid_InRelease 0
_PRINTED = re.compile(r"^'[^']*' (?P<stem>\S+)_(?:InRelease|Release) ", re.M)


def package_lists(target: Target) -> tuple[PackageList, ...]:
    """Give the lists of `target` by name; none if apt never fetched any.

    When a list was fetched is not noted anywhere, and its own time is what the server gave it. So
    it is the newest of that, of the last time that apt put a list in its place, and of the last
    update noted as successful.
    """
    try:
        directory = target.path(_LISTS_DIRECTORY)
        names = sorted(path.name for path in directory.iterdir())
    except (UnreadableFileError, OSError):
        return ()
    updated_at = max(modified_at(directory) or 0.0, _stamp_time(target))
    found: set[PackageList] = set()
    for name in names:
        match = _RELEASE_FILE.match(name)
        if match is not None:
            found.update(_lists_of(directory, name, match["stem"], names, updated_at))
    return tuple(sorted(found, key=repr))


def _lists_of(
    directory: Path, release_file: str, stem: str, names: Iterable[str], updated_at: float
) -> Iterator[PackageList]:
    times = _release_times(directory / release_file)
    fetched_at = max(updated_at, modified_at(directory / release_file) or 0.0)
    for component in _components(stem, names):
        yield PackageList(
            name=f"{_distribution(stem)}/{component}" if component else _distribution(stem),
            released_at=times.get("Date"),
            valid_until=times.get("Valid-Until"),
            fetched_at=fetched_at or None,
        )


def _components(stem: str, names: Iterable[str]) -> list[str]:
    """Give the components whose lists are there; one empty name for a repository without any."""
    indexes = [name[len(stem) + 1 :] for name in names if name.startswith(f"{stem}_")]
    components = {match["component"] for match in map(_INDEX_FILE.match, indexes) if match}
    if not components and any(re.match(r"Packages(\.\w+)?$", index) for index in indexes):
        return [""]
    return sorted(components)


def _distribution(stem: str) -> str:
    """Give the distribution as sources.list names it; the repository itself if it has none."""
    match = _DISTRIBUTION.search(stem)
    return (match["distribution"] if match else stem).replace("_", "/")


def _release_times(path: Path) -> dict[str, float]:
    try:
        content = read_file(path, _MAX_BYTES)
    except UnreadableFileError:
        return {}
    times: dict[str, float] = {}
    for match in _TIME_FIELD.finditer(content):
        at = mail_instant(match["time"].decode("ascii", "replace"))
        if at is not None:
            times.setdefault(match["field"].decode(), at)
    return times


def _stamp_time(target: Target) -> float:
    try:
        return modified_at(target.path(_UPDATE_STAMP)) or 0.0
    except UnreadableFileError:
        return 0.0


def start_listing_sources(options: Sequence[Option]) -> Running:
    """Start asking apt which lists it would fetch; nothing is fetched."""
    arguments = ["/usr/bin/apt-get", *as_arguments(options), "update", "--print-uris"]
    return start("apt-get update --print-uris", arguments)


def missing_lists(target: Target, printed: bytes) -> list[str]:
    """Give the distributions that are configured and whose lists are not there.

    `printed` is what `apt-get update --print-uris` wrote.
    """
    directory = target.path(_LISTS_DIRECTORY)
    stems = {match["stem"] for match in _PRINTED.finditer(printed.decode("utf-8", "replace"))}
    return sorted(
        _distribution(stem)
        for stem in stems
        if not any((directory / f"{stem}_{kind}").exists() for kind in ("InRelease", "Release"))
    )


def stale_lists_detail(
    lists: Sequence[PackageList], missing: Sequence[str], now: float
) -> Optional[str]:
    """Say what is wrong with the age of the lists; None if nothing is."""
    if not lists:
        return "There are no package lists, so no update can be seen: run apt-get update."
    expired = [each.name for each in lists if each.valid_until and each.valid_until < now]
    complaints = []
    if missing:
        complaints.append(f"configured but never fetched: {', '.join(missing)}")
    if expired:
        complaints.append(f"no longer valid: {', '.join(expired)}")
    return f"Package lists {'; '.join(complaints)}: run apt-get update." if complaints else None
