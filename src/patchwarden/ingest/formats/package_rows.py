"""Makes packages of the rows that a file has for them, each checked where it stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NoReturn

from patchwarden.domain.facts import Package
from patchwarden.domain.versions import rpm
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.times import seconds_of
from patchwarden_agent.apt.dpkg_status import IN_USE

# Public keys that the administrator trusts are in rpm's database as packages.
_KEYS = "gpg-pubkey"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9+._~-]{0,254}")
_ARCHITECTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DEB_VERSION = re.compile(r"[A-Za-z0-9.+~:-]{1,512}")
_RPM_VERSION = re.compile(r"[A-Za-z0-9.+~^_]{1,256}")
_SOURCE_RPM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?:no)?src\.rpm")
_DEB_ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "i686": "i386",
    "armv7l": "armhf",
    "ppc64le": "ppc64el",
}
_NONE = frozenset({"", "(none)", "None", "null"})
_MAX_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a file says about one package. What it does not say is empty."""

    place: str
    """Where in the file it stands, as in `The file is wrong at line 3: …`."""
    name: str
    version: str
    """deb: with epoch and revision. rpm: the version alone."""
    architecture: str
    release: str = ""
    """rpm."""
    epoch: str = ""
    """rpm."""
    source: str = ""
    """deb: name, perhaps with a version in brackets. rpm: the file name of the source package."""
    source_version: str = ""
    installed_at: str = ""
    """Seconds since 1970."""
    priority: str = ""
    section: str = ""
    is_held: bool = False


def deb_package(row: Row) -> Package:
    """Make a package of dpkg.

    Raises InvalidReportError.
    """
    _check(row, _DEB_VERSION, row.version)
    source, _, bracketed = row.source.partition(" (")
    source_version = row.source_version or bracketed.rstrip(")")
    return Package(
        name=row.name,
        architecture=row.architecture,
        version=row.version,
        source=_unless(_valid(_NAME, source), row.name),
        source_version=_unless(_valid(_DEB_VERSION, source_version), row.version),
        installed_at=seconds_of(row.installed_at),
        priority=row.priority.strip() or None,
        section=row.section.strip() or None,
        held=row.is_held,
    )


def rpm_package(row: Row) -> Package:
    """Make a package of rpm.

    Raises InvalidReportError.
    """
    _check(row, _RPM_VERSION, row.version)
    if not _RPM_VERSION.fullmatch(row.release):
        refuse(row.place, f"the release of {row.name} is {shown(row.release)}")
    epoch = "" if row.epoch.strip() in _NONE else row.epoch.strip()
    if epoch and not (epoch.isascii() and epoch.isdigit() and len(epoch) < 10):
        refuse(row.place, f"the epoch of {row.name} is {shown(epoch)}")
    version = f"{row.version}-{row.release}"
    source = _SOURCE_RPM.fullmatch(row.source.strip())
    return Package(
        name=row.name,
        architecture=row.architecture,
        version=f"{int(epoch)}:{version}" if int(epoch or "0") else version,
        source=_unless(_valid(_NAME, source["name"]), row.name) if source else None,
        source_version=_unless(source["version"][:512], version) if source else None,
        installed_at=seconds_of(row.installed_at),
        held=row.is_held,
    )


def is_in_use(status: str) -> bool:
    """Say whether dpkg's status, such as `install ok installed`, is that of an installed package.

    One that is not told is taken for it.
    """
    words = status.split()
    return not words or words[-1] in IN_USE


def is_held(status: str) -> bool:
    """Say whether dpkg's status, such as `hold ok installed`, is that of a held package."""
    return status.split()[:1] == ["hold"]


def deb_architecture(name: str) -> str:
    """Give dpkg's name of an architecture, which some tools call as the kernel does."""
    return _DEB_ARCHITECTURES.get(name, name)


def is_key(row: Row) -> bool:
    """Say whether this is one of rpm's public keys, which are no packages."""
    return row.name == _KEYS


def merged(packages: Iterable[Package]) -> tuple[Package, ...]:
    """Sort packages; put together those that rpm has in several versions.

    A package that is there twice with the same version counts once.
    """
    by_slot = sorted(packages, key=_slot)
    return tuple(_newest(tuple(same)) for _, same in groupby(by_slot, key=_slot))


def refuse(place: str, problem: str, cause: Exception | None = None) -> NoReturn:
    """Raise InvalidReportError: `The file is wrong at {place}: {problem}.`"""
    raise InvalidReportError(f"The file is wrong at {place}: {problem}.") from cause


def shown(text: str) -> str:
    """Give a text of the file as an error may repeat it."""
    return ascii(text[:_MAX_SHOWN])


def _slot(package: Package) -> tuple[str, str]:
    return package.name, package.architecture


def _newest(same: tuple[Package, ...]) -> Package:
    by_version = {package.version: package for package in same}
    versions = sorted(by_version, key=rpm.sort_key, reverse=True)
    return replace(by_version[versions[0]], other_versions=tuple(versions[1:]))


def _check(row: Row, versions: re.Pattern[str], version: str) -> None:
    if not _NAME.fullmatch(row.name):
        refuse(row.place, f"{shown(row.name)} is no name of a package")
    if not versions.fullmatch(version):
        refuse(row.place, f"{shown(version)} is no version of {row.name}")
    if not _ARCHITECTURE.fullmatch(row.architecture):
        refuse(row.place, f"{shown(row.architecture)} is no architecture of {row.name}")


def _valid(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _unless(text: str, same: str) -> str | None:
    return None if text in {"", same} else text
