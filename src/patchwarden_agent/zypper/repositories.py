"""Reads which repositories zypper uses, and how old what it knows of them is."""

import configparser
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.findings import PackageList
from patchwarden_agent.instants import known, modified_at
from patchwarden_agent.target import Target, read_file

RAW_CACHE = "var/cache/zypp/raw"
_DIRECTORY = "etc/zypp/repos.d"
_MAX_BYTES = 4 * 1024 * 1024
_OFF = frozenset({"0", "no", "false", "off", "never"})
# <revision>1764000000</revision> ... <timestamp>1764000000</timestamp>
_REVISION = re.compile(rb"<revision>\s*(\d{9,10})\s*</revision>")
_TIMESTAMP = re.compile(rb"<timestamp>\s*(\d{9,10})(?:\.\d+)?\s*</timestamp>")


@dataclass(frozen=True)
class Repository:
    """A repository that is in use."""

    alias: str
    options: Mapping[str, str]
    """As its file has them, such as `baseurl`."""
    metadata: Optional[Path]
    """Where zypper keeps what it fetched of it; None if it never fetched it."""

    @property
    def cache_name(self) -> str:
        """Give the name of the directory of its caches."""
        return self.alias.replace("/", "_")


def read_repositories(target: Target, details: dict[str, str]) -> tuple[Repository, ...]:
    """Give the repositories of `target` that are enabled, by alias.

    What is wrong with one of the files becomes one of `details`.
    """
    found: dict[str, Repository] = {}
    for path in _files(target):
        parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
        try:
            parser.read_string(read_file(path, _MAX_BYTES).decode("utf-8", "replace"))
        except (UnreadableFileError, configparser.Error) as error:
            details["repositories"] = f"{path} cannot be read: {' '.join(str(error).split())}"
            continue
        for alias in parser.sections():
            options = dict(parser[alias])
            if options.get("enabled", "1").strip().lower() not in _OFF:
                found[alias] = Repository(alias, options, _metadata(target, alias))
    return tuple(found[alias] for alias in sorted(found))


def _files(target: Target) -> list[Path]:
    try:
        return sorted(target.path(_DIRECTORY).glob("*.repo"))
    except (UnreadableFileError, OSError):
        return []


def _metadata(target: Target, alias: str) -> Optional[Path]:
    name = alias.replace("/", "_")
    if name in ("", ".", ".."):
        return None
    try:
        directory = target.path(f"{RAW_CACHE}/{name}/repodata")
        return directory if (directory / "repomd.xml").is_file() else None
    except (UnreadableFileError, OSError):
        return None


def package_lists(repositories: Sequence[Repository]) -> tuple[PackageList, ...]:
    """Give the age of each repository that was fetched."""
    return tuple(_package_lists(repositories))


def _package_lists(repositories: Sequence[Repository]) -> Iterator[PackageList]:
    for repository in repositories:
        if repository.metadata is not None:
            repomd = repository.metadata / "repomd.xml"
            yield PackageList(
                name=repository.alias,
                released_at=_released_at(repomd),
                # zypper touches the file whenever it sees that there is nothing newer.
                fetched_at=modified_at(repomd),
            )


def _released_at(repomd: Path) -> Optional[float]:
    """Give the revision, which is a time in most repositories, else the newest time in it."""
    try:
        content = read_file(repomd, _MAX_BYTES)
    except UnreadableFileError:
        return None
    times = _REVISION.findall(content) or _TIMESTAMP.findall(content)
    return known(max(map(float, times))) if times else None


def missing_lists_detail(repositories: Sequence[Repository]) -> Optional[str]:
    """Say which repositories were never fetched; None if all were."""
    if not repositories:
        return "There are no repositories, so no update can be seen: run zypper addrepo."
    missing = [each.alias for each in repositories if each.metadata is None]
    if not missing:
        return None
    return f"Repositories never fetched: {', '.join(missing)}: run zypper refresh."
