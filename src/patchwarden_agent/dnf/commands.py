"""Asks dnf or yum through their commands, for nodes without python3-dnf."""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from patchwarden_agent.command import start
from patchwarden_agent.dnf.holds import Holds
from patchwarden_agent.dnf.texts import (
    QUERY_FORMAT,
    read_advisories,
    read_listed_packages,
    read_named_versions,
    read_queried_packages,
    read_repository_ids,
)
from patchwarden_agent.dnf.view import CachedRepository, DnfView, Offer
from patchwarden_agent.dnf.walk import EXCLUDED, LOCKED
from patchwarden_agent.errors import CommandError
from patchwarden_agent.findings import Slot
from patchwarden_agent.rpm.database import RpmDatabase
from patchwarden_agent.rpm.order import sort_key
from patchwarden_agent.rpm.root import RpmRoot, repository_directories

_YUM_CACHE = Path("/var/cache/yum")
_LACKS = {
    "kept_back": "Whether dependencies keep an update back was not found out: that takes"
    " python3-dnf.",
    "not_installed": "Packages that could be installed and are not were not counted: that takes"
    " python3-dnf.",
}


@dataclass(frozen=True)
class _Command:
    """A command, with the options and the time limit that it is given."""

    words: Sequence[str]
    timeout_s: float

    def text(self, *question: str, accepted: Sequence[int] = (0,)) -> str:
        name = " ".join([Path(self.words[0]).name, *question[:2]])
        running = start(name, [*self.words, *question])
        return running.output(self.timeout_s, accepted).decode("utf-8", "replace")


def ask_dnf(
    root: RpmRoot,
    database: RpmDatabase,
    holds: Holds,
    architecture: Optional[str],
    timeout_s: float,
) -> DnfView:
    """Ask dnf 4 about a private root; raise CommandError if it fails.

    `architecture` is that of the root; None if it is this machine's. `timeout_s` is for each
    command.
    """
    _refuse_dnf5()
    dnf = _Command(_dnf_words(root, architecture), timeout_s)
    query = ("repoquery", "--qf", QUERY_FORMAT)
    printed = dnf.text("--disableexcludes=all", *query)
    everything = read_queried_packages(printed)
    if printed.strip() and not everything:
        raise CommandError("dnf repoquery gave an unexpected answer; install python3-dnf.")
    visible = {offer[:3] for offer in read_queried_packages(dnf.text(*query))}
    ids = read_repository_ids(dnf.text("repolist", "--enabled"))
    directories = {each: _dnf_directory(root.path / "var/cache/dnf", each) for each in ids}
    return DnfView(
        evidence="dnf",
        repositories=_cached(directories),
        missing=_missing(directories),
        offers=_offers(everything, visible, database, holds),
        advisories=read_advisories(dnf.text("updateinfo", "info", "--all")),
        named=read_named_versions(dnf.text("updateinfo", "list", "--all")),
        details=_LACKS,
    )


def ask_yum(database: RpmDatabase, holds: Holds, timeout_s: float) -> DnfView:
    """Ask yum 3 about this machine; raise CommandError if it fails."""
    yum = _Command(["yum", "-q", "-C"], timeout_s)
    listing = ("--showduplicates", "list", "available")
    # The status is 1 where there is nothing to list.
    listed = yum.text("--disableexcludes=all", *listing, accepted=(0, 1))
    visible = read_listed_packages(yum.text(*listing, accepted=(0, 1)))
    ids = read_repository_ids(yum.text("repolist", "enabled"))
    directories = {each: _yum_directory(_YUM_CACHE, each) for each in ids}
    return DnfView(
        evidence="yum",
        repositories=_cached(directories),
        missing=_missing(directories),
        offers=_offers(
            read_listed_packages(listed), {offer[:3] for offer in visible}, database, holds
        ),
        advisories=read_advisories(yum.text("updateinfo", "info", "all")),
        named=read_named_versions(yum.text("updateinfo", "list", "all")),
        details={**_LACKS, "built_at": "yum does not list when packages were built."},
    )


def _refuse_dnf5() -> None:
    """Raise CommandError if dnf is dnf 5, which has other options and answers."""
    command = Path(shutil.which("dnf") or "dnf")
    if command.resolve().name.startswith("dnf5"):
        raise CommandError("dnf 5 is not asked by this version; install python3-dnf.")


def _dnf_words(root: RpmRoot, architecture: Optional[str]) -> list[str]:
    return [
        "dnf",
        "-q",
        "-C",
        "--noplugins",
        f"--config={root.path}/etc/dnf/dnf.conf",
        f"--installroot={root.path}",
        f"--setopt=cachedir={root.path}/var/cache/dnf",
        f"--setopt=logdir={root.scratch}",
        f"--setopt=persistdir={root.scratch}",
        "--setopt=reposdir="
        + ",".join(str(root.path / each) for each in repository_directories(root)),
        "--setopt=*.skip_if_unavailable=1",
        *([] if architecture is None else [f"--forcearch={architecture}"]),
        "--setopt=debug_solver=0",
        "--setopt=gpgkey_dns_verification=0",
    ]


def _dnf_directory(cache: Path, repository_id: str) -> Optional[Path]:
    """Give where dnf caches a repository; the newest if its address has changed."""
    pattern = re.compile(re.escape(repository_id) + r"-[0-9a-f]{16}")
    found = [path for path in cache.iterdir() if pattern.fullmatch(path.name)]
    return max(
        (path for path in found if (path / "repodata/repomd.xml").exists()),
        key=lambda path: (path / "repodata/repomd.xml").stat().st_mtime,
        default=None,
    )


def _yum_directory(cache: Path, repository_id: str) -> Optional[Path]:
    found = [path for path in cache.glob("*/*/*") if path.name == repository_id]
    return next((path for path in found if (path / "repomd.xml").exists()), None)


def _cached(directories: Mapping[str, Optional[Path]]) -> tuple[CachedRepository, ...]:
    found = ((each, directory) for each, directory in directories.items() if directory)
    return tuple(CachedRepository(each, directory) for each, directory in found)


def _missing(directories: Mapping[str, Optional[Path]]) -> tuple[str, ...]:
    return tuple(sorted(each for each, directory in directories.items() if not directory))


def _offers(
    everything: Iterable[Offer],
    visible: Iterable[tuple[Slot, str, str]],
    database: RpmDatabase,
    holds: Holds,
) -> tuple[Offer, ...]:
    """Give the offers of the installed packages, with why dnf would not take them."""
    installed = {Slot(each.name, each.architecture): each for each in database.installed}
    locked = {
        each.name
        for each in database.installed
        if holds.is_locked(each.name, each.architecture, each.version)
    }
    shown = set(visible)
    found = []
    for offer in everything:
        package = installed.get(offer.slot)
        if package is None or sort_key(offer.version) < sort_key(package.version):
            continue
        name, architecture = offer.slot
        is_locked = name in locked and not holds.is_locked(name, architecture, offer.version)
        if is_locked or holds.is_banned(name, architecture, offer.version):
            found.append(offer._replace(kept_back=LOCKED))
        else:
            is_shown = offer[:3] in shown
            found.append(offer if is_shown else offer._replace(kept_back=EXCLUDED))
    return tuple(found)
