"""Gives zypper a root directory of its own, so that it neither writes to the node nor fetches.

zypper keeps caches and a lock file in the root that it works on, and it fetches whatever it lacks
of a repository, even with `--no-refresh`. In its own root it finds the node's rpm database,
configuration and metadata through links, and those repositories alone that were fetched before.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from patchwarden_agent.errors import CommandError, UnreadableFileError
from patchwarden_agent.target import Target
from patchwarden_agent.zypper.repositories import Repository

_CONFIGURATION = "etc/zypp"
_PRODUCTS = "etc/products.d"
_LOCKS = "etc/zypp/locks"
_SOLV_CACHE = "var/cache/zypp/solv"
_DATABASES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
_INSTALLED = "@System"
# Not linked: what would have zypper ask elsewhere, and what it gets otherwise.
_LEFT_OUT = frozenset({"credentials.cat", "credentials.d", "locks", "repos.d", "services.d"})
# The cache is valid for the place that it was made from, and for that alone.
_KEPT_OPTIONS = ("baseurl", "path", "type", "priority")
_NOWHERE = "dir:/nonexistent"
_MAX_LOCKS_BYTES = 4 * 1024 * 1024
_MAX_CACHE_BYTES = 1024 * 1024 * 1024


@contextlib.contextmanager
def private_root(
    target: Target, repositories: Sequence[Repository], database: Path
) -> Iterator[Path]:
    """Make the root, and remove it in the end.

    `database` is the directory of the rpm database. Raises CommandError if there is no place for
    the root.
    """
    with contextlib.ExitStack() as made:
        try:
            name = made.enter_context(tempfile.TemporaryDirectory(prefix="patchwarden-zypper-"))
            root = Path(name).resolve()
            _fill(root, target, repositories, database)
        except OSError as error:
            raise CommandError(f"zypper cannot be given a root of its own: {error}.") from error
        yield root


def _fill(root: Path, target: Target, repositories: Sequence[Repository], database: Path) -> None:
    for inside in (_CONFIGURATION, f"{_CONFIGURATION}/repos.d", _SOLV_CACHE):
        (root / inside).mkdir(parents=True)
    # Debian's rpm has its database in the home of the user.
    (root / ".rpmmacros").write_text(f"%_dbpath /{_DATABASES[-1]}\n", encoding="utf-8")
    for inside in _DATABASES:
        (root / inside).parent.mkdir(parents=True, exist_ok=True)
        (root / inside).symlink_to(database)
    for inside in (_PRODUCTS, *_configuration(target)):
        with contextlib.suppress(UnreadableFileError):
            (root / inside).symlink_to(target.path(inside))
    with contextlib.suppress(UnreadableFileError):
        (root / _LOCKS).write_bytes(target.read(_LOCKS, _MAX_LOCKS_BYTES))
    _copy_cache(root, target, _INSTALLED)
    fetched = [each for each in repositories if each.metadata is not None]
    for position, repository in enumerate(fetched):
        _add(root, target, repository, position)


def _configuration(target: Target) -> list[str]:
    try:
        names = [path.name for path in target.path(_CONFIGURATION).iterdir()]
    except (UnreadableFileError, OSError):
        return []
    return [f"{_CONFIGURATION}/{name}" for name in sorted(names) if name not in _LEFT_OUT]


def _add(root: Path, target: Target, repository: Repository, position: int) -> None:
    options = {name: repository.options.get(name, "") for name in _KEPT_OPTIONS}
    options["baseurl"] = options["baseurl"] or _NOWHERE
    fixed = {"name": repository.alias, "enabled": "1", "autorefresh": "0", "gpgcheck": "0"}
    lines = [
        f"{name}=" + value.replace("\n", "\n    ")
        for name, value in {**options, **fixed}.items()
        if value
    ]
    text = "\n".join([f"[{repository.alias}]", *lines, ""])
    (root / f"{_CONFIGURATION}/repos.d/{position}.repo").write_text(text, encoding="utf-8")
    _link_metadata(root, repository)
    _copy_cache(root, target, repository.cache_name)


def _link_metadata(root: Path, repository: Repository) -> None:
    """Link file by file, so that a directory that zypper empties is never the node's."""
    assert repository.metadata is not None
    directory = root / "var/cache/zypp/raw" / repository.cache_name / "repodata"
    directory.mkdir(parents=True)
    for path in repository.metadata.iterdir():
        (directory / path.name).symlink_to(path)


def _copy_cache(root: Path, target: Target, name: str) -> None:
    """Spare zypper to read the metadata anew; it does if the cache is outdated or not there.

    What another root has for a cache is not trusted.
    """
    if not target.is_this_machine:
        return
    with contextlib.suppress(UnreadableFileError, OSError):
        source = target.path(f"{_SOLV_CACHE}/{name}")
        paths = [path for path in source.iterdir() if path.is_file() and not path.is_symlink()]
        if sum(path.stat().st_size for path in paths) > _MAX_CACHE_BYTES:
            return
        copies = root / _SOLV_CACHE / name
        copies.mkdir()
        for path in paths:
            shutil.copy2(path, copies / path.name)
