"""Fetches the changelogs of packages that a node could install, for the CVEs that they name.

The package lists have no changelogs, so a package is downloaded for each source package: into a
directory of its own, and only once, for what was read out of it is kept.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional

from patchwarden_agent.apt.dpkg_status import read_status
from patchwarden_agent.apt.options import Option, apt_options
from patchwarden_agent.changelogs.cache import ChangelogCache
from patchwarden_agent.changelogs.packages import Binary, Found, download, read_changelog
from patchwarden_agent.changelogs.text import Changelog, parse_entries
from patchwarden_agent.errors import AgentError, CommandError
from patchwarden_agent.target import Target

MAX_AT_ONCE = 100
"""Changelogs that one call downloads; the next call goes on."""
# libpython3.11 has a link to libpython3.11-stdlib, which has one to libpython3.11-minimal.
_MAX_REFERRALS = 3


class WantedChangelog(NamedTuple):
    """A version of a source package, and a binary package made from it."""

    source: str
    source_version: str
    package: str
    architecture: str
    version: str

    @property
    def binary(self) -> Binary:
        """Give the binary package."""
        return Binary(self.package, self.architecture, self.version)


@dataclass(frozen=True)
class FetchedChangelogs:
    """What became of the changelogs that were wanted."""

    changelogs: tuple[Changelog, ...]
    """Those that are known now, in the order in which they were wanted."""
    problems: tuple[str, ...]
    """Sentences about those that could not be had."""


def fetch_changelogs(
    wanted: Sequence[WantedChangelog], target: Target, cache_directory: Path
) -> FetchedChangelogs:
    """Give changelogs out of `cache_directory`, and download up to MAX_AT_ONCE that are not there.

    A package that could be had and has no changelog gives one without entries. Nothing that fails
    raises an error.
    """
    cache = ChangelogCache(cache_directory)
    known = {each: cache.find(each.source, each.source_version) for each in wanted}
    missing = [each for each in wanted if known[each] is None][:MAX_AT_ONCE]
    problems: list[str] = []
    if missing:
        try:
            with tempfile.TemporaryDirectory(prefix="patchwarden-changelogs-") as name:
                for each, changelog in _read_all(missing, target, Path(name), problems):
                    cache.keep(changelog)
                    known[each] = changelog
        except OSError as error:
            problems.append(f"There is no room for packages to read changelogs from: {error}.")
        except AgentError as error:
            problems.append(str(error))
    found = (known[each] for each in wanted)
    return FetchedChangelogs(tuple(each for each in found if each is not None), tuple(problems))


def _read_all(
    wanted: Sequence[WantedChangelog], target: Target, directory: Path, problems: list[str]
) -> Iterator[tuple[WantedChangelog, Changelog]]:
    """Give the changelogs that can be had; raise AgentError if packages cannot be downloaded."""
    options = _options(target)
    pending = {each: each.binary for each in wanted}
    for _ in range(_MAX_REFERRALS + 1):
        files = download(sorted(set(pending.values())), options, directory)
        referred: dict[WantedChangelog, Binary] = {}
        for each, binary in pending.items():
            found = _read(files.get(binary), binary, problems)
            if found is not None and found.elsewhere not in (None, binary.name):
                assert found.elsewhere is not None
                # As a rule, the packages of a source have the same version.
                referred[each] = binary._replace(name=found.elsewhere)
            elif found is not None:
                entries = parse_entries(found.text or "")
                yield each, Changelog(each.source, each.source_version, entries)
        for path in files.values():
            path.unlink()
        pending = referred
        if not pending:
            return
    problems.extend(f"{binary.asked_for} refers to yet another." for binary in pending.values())


def _options(target: Target) -> list[Option]:
    if target.root is None:
        raise CommandError("No changelogs can be fetched for a status file alone.")
    return apt_options(target, read_status(target).architecture, None)


def _read(path: Optional[Path], binary: Binary, problems: list[str]) -> Optional[Found]:
    if path is None:
        problems.append(f"{binary.asked_for} cannot be downloaded, or is too large.")
        return None
    try:
        return read_changelog(path, binary.name)
    except AgentError as error:
        problems.append(str(error))
        return None
