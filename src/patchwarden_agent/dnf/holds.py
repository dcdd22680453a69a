"""Tells which packages the administrator keeps as they are: excluded ones and locked ones."""

import configparser
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.target import Target

_CONFIGURATIONS = ("etc/dnf/dnf.conf", "etc/yum.conf")
_EXCLUDING = ("exclude", "excludepkgs")
_LOCKS = (
    ("etc/dnf/plugins/versionlock.conf", "etc/dnf/plugins/versionlock.list"),
    ("etc/yum/pluginconf.d/versionlock.conf", "etc/yum/pluginconf.d/versionlock.list"),
)
_FALSE = frozenset({"0", "no", "false", "off"})
_MAX_BYTES = 1024 * 1024
_EVR = re.compile(r"(?:(?P<epoch>\d+):)?(?P<version>[^-]+)-(?P<release>[^-]+)")


@dataclass(frozen=True)
class Holds:
    """Patterns of packages, as dnf and yum take them."""

    excluded: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    """The versions to stay at; those with `!` before them are never to be taken."""

    def keep(self, name: str, architecture: str, version: str) -> bool:
        """Say whether they keep this version, which is installed, as it is."""
        return self.is_excluded(name, architecture, version) or self.is_locked(
            name, architecture, version
        )

    def is_excluded(self, name: str, architecture: str, version: str) -> bool:
        """Say whether the configuration excludes this version."""
        return _matches_any(self.excluded, name, architecture, version)

    def is_locked(self, name: str, architecture: str, version: str) -> bool:
        """Say whether this is a version to stay at."""
        locks = [each for each in self.locks if not each.startswith("!")]
        return _matches_any(locks, name, architecture, version)

    def is_banned(self, name: str, architecture: str, version: str) -> bool:
        """Say whether this is a version never to be taken."""
        bans = [each[1:] for each in self.locks if each.startswith("!")]
        return _matches_any(bans, name, architecture, version)


def read_holds(target: Target) -> Holds:
    """Read the configuration of dnf, or of yum where there is none, and versionlock's list."""
    excluded: list[str] = []
    for path in _CONFIGURATIONS:
        if target.has(path):
            options = _main_options(target, path)
            for name in _EXCLUDING:
                excluded += re.split(r"[,\s]+", options.get(name, ""))
            break
    return Holds(excluded=tuple(filter(None, excluded)), locks=tuple(_locks(target)))


def _main_options(target: Target, path: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(target, path))
        return dict(parser.items("main"))
    except (configparser.Error, ValueError):
        return {}


def _locks(target: Target) -> Sequence[str]:
    for configuration, listed in _LOCKS:
        enabled = _main_options(target, configuration).get("enabled", "1").strip().lower()
        lines = [line.partition("#")[0].strip() for line in _text(target, listed).splitlines()]
        if any(lines):
            return [] if enabled in _FALSE else [line for line in lines if line]
    return []


def _text(target: Target, path: str) -> str:
    try:
        return target.read(path, _MAX_BYTES).decode("utf-8", "replace")
    except UnreadableFileError:
        return ""


def _matches_any(patterns: Sequence[str], name: str, architecture: str, version: str) -> bool:
    if not patterns:
        return False
    forms = _forms(name, architecture, version)
    return any(fnmatchcase(form, pattern) for pattern in patterns for form in forms)


def _forms(name: str, architecture: str, version: str) -> list[str]:
    """Give the ways in which a package can be named."""
    forms = [name, f"{name}.{architecture}"]
    match = _EVR.fullmatch(version)
    if match is None:
        return forms
    epoch, release = match["epoch"] or "0", f"{match['version']}-{match['release']}"
    for full in (f"{name}-{release}", f"{name}-{epoch}:{release}", f"{epoch}:{name}-{release}"):
        forms += [full, f"{full}.{architecture}"]
    return [*forms, f"{name}-{match['version']}"]
