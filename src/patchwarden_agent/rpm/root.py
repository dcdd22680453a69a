"""A private root for rpm and dnf: what they need of the target, where they may write.

dnf writes its cache, its logs and its history even to answer a question, and rpm touches the
files of its database. So they never see the target itself, only a temporary directory with a copy
of its configuration, links to its cached repositories, and its database where this machine's rpm
looks for one. What lies behind a link out of the target is left out.
"""

import configparser
import contextlib
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from patchwarden_agent.command import start
from patchwarden_agent.errors import UnreadableFileError
from patchwarden_agent.target import Target

_PLACES = ("usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm")
"""Where distributions keep rpm's database; the first since Fedora 36."""
_DATABASES = ("rpmdb.sqlite", "Packages.db", "Packages")
# What a database is locked with, and what is made anew when it is opened.
_PASSING = ("__db.", ".rpm.lock", ".dbenv.lock", "rpmdb.sqlite-shm")
_CONFIGURATION = ("etc/os-release", "usr/lib/os-release", "etc/dnf/dnf.conf", "etc/yum.conf")
_REPOSITORIES = ("etc/yum.repos.d", "etc/yum/repos.d", "etc/distro.repos.d")
_VARIABLES = ("etc/yum/vars", "etc/dnf/vars")
_MODULES = ("etc/dnf/modules.d", "etc/dnf/modules.defaults.d")
_CACHE = "var/cache/dnf"
_MAX_CONFIGURATION_BYTES = 256 * 1024
_MAX_DATABASE_BYTES = 1024 * 1024 * 1024
_MAX_FILES = 5000
_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class RpmRoot:
    """The private root of a scan."""

    path: Path
    database: Path
    """The directory with rpm's database, inside `path`."""
    scratch: Path
    """An empty directory inside `path`, for logs and the like."""
    left_out: list[str] = field(default_factory=list)
    """Sentences about what of the target could not be taken over."""


@contextlib.contextmanager
def private_root(target: Target) -> Iterator[RpmRoot]:
    """Make the private root of `target`, and remove it in the end.

    Raises UnreadableFileError if it has no rpm database, CommandError if there is no rpm to ask.
    """
    said = start("rpm --eval", ["rpm", "--eval", "%{_dbpath}"]).text(_TIMEOUT_S)
    expected = said.strip().lstrip("/") or _PLACES[0]
    found = _database(target, expected)
    with _temporary_directory() as directory:
        path = directory / "root"
        root = RpmRoot(path, path / expected, path / "scratch")
        try:
            _fill(target, root, found)
        except OSError as error:
            raise UnreadableFileError(f"Cannot copy what dnf needs to {path}: {error}.") from error
        yield root


@contextlib.contextmanager
def _temporary_directory() -> Iterator[Path]:
    try:
        made = tempfile.TemporaryDirectory(prefix="patchwarden-agent-")
    except OSError as error:
        raise UnreadableFileError(f"There is no directory for temporary files: {error}.") from error
    with made as name:
        yield Path(name)


def _fill(target: Target, root: RpmRoot, database: Path) -> None:
    root.scratch.mkdir(parents=True)
    _take_configuration(target, root)
    _take_cache(target, root)
    root.database.parent.mkdir(parents=True, exist_ok=True)
    if target.is_this_machine:
        root.database.symlink_to(database)
    else:
        _copy_database(database, root.database)


def _database(target: Target, expected: str) -> Path:
    places = (expected, *_PLACES) if target.is_this_machine else (*_PLACES, expected)
    for place in places:
        if any(target.has(f"{place}/{name}") for name in _DATABASES):
            return target.path(place)
    raise UnreadableFileError(
        f"{target.root} has no rpm database in any of {', '.join(f'/{each}' for each in places)};"
        " name the root directory of a system with rpm."
    )


def _copy_database(found: Path, copy: Path) -> None:
    copy.mkdir()
    left = _MAX_DATABASE_BYTES
    for path in _files(found):
        if path.name.startswith(_PASSING):
            continue
        left -= path.stat().st_size
        if left < 0:
            raise UnreadableFileError(
                f"The rpm database in {found} is larger than {_MAX_DATABASE_BYTES} bytes."
            )
        shutil.copyfile(path, copy / path.name)


def _take_configuration(target: Target, root: RpmRoot) -> None:
    named = list(_CONFIGURATION)
    for directory in (*_REPOSITORIES, *_VARIABLES, *_MODULES):
        (root.path / directory).mkdir(parents=True, exist_ok=True)
        named += [f"{directory}/{name}" for name in _names(target, directory)]
    for inside in named:
        try:
            if not _is_there(target, inside):
                continue
            content = target.read(inside, _MAX_CONFIGURATION_BYTES)
        except UnreadableFileError as error:
            root.left_out.append(str(error))
            continue
        copy = root.path / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    main, other = root.path / "etc/dnf/dnf.conf", root.path / "etc/yum.conf"
    if not main.exists():
        # Or dnf would take this machine's.
        main.parent.mkdir(parents=True, exist_ok=True)
        main.write_bytes(other.read_bytes() if other.exists() else b"[main]\n")


def _is_there(target: Target, inside: str) -> bool:
    """Say whether there is something of this name; raise UnreadableFileError for a link out."""
    return target.path(inside).exists()


def _names(target: Target, inside: str) -> list[str]:
    try:
        listed = sorted(path.name for path in target.path(inside).iterdir())
    except (OSError, UnreadableFileError):
        return []
    return listed[:_MAX_FILES]


def cache_directory(root: RpmRoot) -> str:
    """Give dnf's cache directory inside the root: what dnf.conf says, else the default."""
    parser = configparser.RawConfigParser(strict=False)
    with contextlib.suppress(OSError, ValueError, configparser.Error):
        parser.read(root.path / "etc/dnf/dnf.conf", encoding="utf-8")
    return parser.get("main", "cachedir", fallback=_CACHE).strip().lstrip("/") or _CACHE


def _take_cache(target: Target, root: RpmRoot) -> None:
    """Link the cached repositories: each is a directory with another one, `repodata`."""
    cached = root.path / _CACHE
    cached.mkdir(parents=True)
    place = cache_directory(root)
    for name in _names(target, place):
        inside = f"{place}/{name}"
        # dnf's parsed form of a repository is for those who trust it.
        if target.is_this_machine and name.endswith((".solv", ".solvx")):
            (cached / name).symlink_to(target.path(inside))
            continue
        for part in ("", "/repodata"):
            _link_files(target, inside + part, cached / f"{name}{part}", root.left_out)


def _link_files(target: Target, inside: str, copy: Path, left_out: list[str]) -> None:
    try:
        files = _files(target.path(inside))
    except UnreadableFileError as error:
        left_out.append(str(error))
        return
    for path in files:
        copy.mkdir(parents=True, exist_ok=True)
        (copy / path.name).symlink_to(path)


def _files(directory: Path) -> list[Path]:
    """Give the plain files of a directory; links are none."""
    with contextlib.suppress(OSError):
        listed = sorted(directory.iterdir())[:_MAX_FILES]
        return [path for path in listed if stat.S_ISREG(path.lstat().st_mode)]
    return []


def repository_directories(root: RpmRoot) -> list[str]:
    """Give the directories with repositories' files that are there, within the root."""
    return [each for each in _REPOSITORIES if (root.path / each).is_dir()]


def variable_directories(root: RpmRoot) -> list[str]:
    """Give the directories with dnf's variables that are there, within the root."""
    return [each for each in _VARIABLES if (root.path / each).is_dir()]
