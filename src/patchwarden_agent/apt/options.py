"""The options under which apt is asked: about which root, and without writing anything to it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Optional

from patchwarden_agent.apt.dpkg_status import STATUS_FILE
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.target import Target

Option = tuple[str, str]
_MAX_BYTES = 64 * 1024
_CACHE_FILE = "pkgcache.bin"


def apt_options(target: Target, architecture: str, cache_file: Optional[Path]) -> list[Option]:
    """Give the options for a scan of `target`.

    `cache_file` is where apt may keep its parsed lists between scans; None keeps nothing. It halves
    the time of a scan. apt writes nothing else, /var/cache/apt least of all.
    """
    options = [
        ("Dir::Cache::pkgcache", "" if cache_file is None else str(cache_file)),
        ("Dir::Cache::srcpkgcache", ""),
        # apt-get logs what it worked out, and would overwrite the log of the last upgrade. Not
        # /dev/null: apt would spend as long on writing there as on everything else.
        ("Dir::Log::Planner", ""),
        ("Dir::Log::Solver", ""),
        # Whether this node is among those that get a phased update now is no reason to hide it.
        ("APT::Get::Always-Include-Phased-Updates", "true"),
    ]
    if target.is_this_machine:
        return options
    return [
        *options,
        # RootDir would be the documented way to another root; with it apt finds no package.
        ("Dir", str(target.path(""))),
        ("Dir::State::status", str(target.dpkg_status or target.path(STATUS_FILE))),
        ("APT::Architecture", architecture),
        *(("APT::Architectures::", each) for each in _architectures(target, architecture)),
    ]


def as_arguments(options: Iterable[Option]) -> list[str]:
    """Give `options` as arguments of a command line."""
    return [part for name, value in options for part in ("-o", f"{name}={value}")]


def _architectures(target: Target, native: str) -> list[str]:
    try:
        # One a line, the native one first; there is no such file if it is the only one.
        listed = target.read("var/lib/dpkg/arch", _MAX_BYTES).decode("utf-8", "replace").split()
    except UnreadableFileError:
        listed = []
    return [native, *(each for each in listed if each != native)]


def private_cache_file(target: Target) -> Optional[Path]:
    """Give a file that this user can write for apt's parsed lists; None if there is none.

    Only scans of this machine keep it: those of other roots would push each other's out.
    """
    if not target.is_this_machine:
        return None
    for directory in _cache_directories():
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = directory.stat()
        except (OSError, RuntimeError):
            continue
        # apt maps the file into memory: nobody else may be able to change it.
        is_ours = about.st_uid == os.geteuid() and not about.st_mode & 0o022
        if is_ours and os.access(directory, os.W_OK):
            return directory / _CACHE_FILE
    return None


def _cache_directories() -> list[Path]:
    directories = []
    configured = os.environ.get("XDG_CACHE_HOME")
    if configured and Path(configured).is_absolute():
        directories.append(Path(configured) / "patchwarden-agent")
    home = os.environ.get("HOME")
    if home and Path(home).is_absolute():
        directories.append(Path(home) / ".cache" / "patchwarden-agent")
    if os.geteuid() == 0:
        directories.append(Path("/var/lib/patchwarden-agent"))
    return directories
