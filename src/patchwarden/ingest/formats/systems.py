"""Tells which operating system a list of packages belongs to, whatever its file calls that system.

What the user says wins over what the file says; if neither says it, the version of a package does
that every such system has, such as base-files or rocky-release.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from patchwarden.data.feed_products import product_named
from patchwarden.data.load import operating_systems
from patchwarden.domain.facts import Package
from patchwarden.domain.os_rules import Platform, operating_system_of
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Given
from patchwarden.ingest.formats.text_encoding import plain_text
from patchwarden_agent.apt.base_files import system_of_base_files

PackageKind = Literal["deb", "rpm"]
_LINUX = "Linux"


class ToldSystem(NamedTuple):
    """What a file says about its system; what it does not say is empty."""

    name: str = ""
    """Its id or name in any spelling: `rhel`, `redhat`, `Red Hat Enterprise Linux`."""
    version: str = ""
    """A text that has its release or its codename in it: `12 (bookworm)`, `jammy`."""


class KnownSystem(NamedTuple):
    """A system whose patches can be judged."""

    operating_system: str
    platform: Platform
    package_manager: str


# Name in os-release -> the spellings of ids, names and values of OperatingSystem, in letters alone.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "Debian GNU/Linux": ("debian", "debiangnulinux"),
    "Ubuntu": ("ubuntu",),
    "Raspbian GNU/Linux": ("raspbian", "raspbiangnulinux"),
    "Red Hat Enterprise Linux": (
        "rhel",
        "redhat",
        "redhatenterpriselinux",
        "redhatenterpriselinuxserver",
        "redhatenterpriselinuxworkstation",
    ),
    "CentOS Linux": ("centos", "centoslinux"),
    "CentOS Stream": ("centosstream",),
    "Rocky Linux": ("rocky", "rockylinux"),
    "AlmaLinux": ("alma", "almalinux"),
    "Oracle Linux Server": ("ol", "oracle", "oraclelinux", "oraclelinuxserver"),
    "Amazon Linux": ("amzn", "amazon", "amazonlinux", "amazonlinuxami"),
    "SLES": ("sles", "slessap", "suse", "suselinuxenterpriseserver"),
}
_PLATFORM_NAMES = {
    spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings
}
# Oracle Linux has a package redhat-release, too: the first that is there counts.
_RELEASE_PACKAGES: Mapping[str, str] = {
    "oraclelinux-release": "Oracle Linux Server",
    "rocky-release": "Rocky Linux",
    "almalinux-release": "AlmaLinux",
    "centos-stream-release": "CentOS Stream",
    "centos-linux-release": "CentOS Linux",
    "centos-release": "CentOS Linux",
    "system-release": "Amazon Linux",
    "sles-release": "SLES",
    "redhat-release": "Red Hat Enterprise Linux",
    "redhat-release-server": "Red Hat Enterprise Linux",
}
_LAST_MAJOR_WITH_YUM = 7
"""Of CentOS, Oracle Linux and Red Hat Enterprise Linux."""
# `debian-12`, `sles-15.5`, `amazon-2 (Karoo)`
_NAME_AND_VERSION = re.compile(r"(?P<name>[A-Za-z][A-Za-z ._-]*?)-(?P<version>[0-9].*)")
# `22.04.3 LTS (Jammy Jellyfish)`, `SUSE Linux Enterprise Server 15 SP5`
_RELEASE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)*)(?:[ -]SP(?P<service_pack>[0-9]+))?")
_WORD = re.compile(r"[A-Za-z]+")
_PRODUCT = re.compile(r"(?P<name>Debian|Ubuntu)(?P<version>[0-9.]+)")


def told_by_distro(distro: str) -> ToldSystem:
    """Read a purl's qualifier: a name and a version, such as `rhel-9.2`, or a codename."""
    product = _product_of_codename(distro)
    if product is not None:
        return ToldSystem(product["name"], product["version"])
    match = _NAME_AND_VERSION.fullmatch(distro)
    return ToldSystem(match["name"], match["version"]) if match else ToldSystem(distro)


def first_known_name(*names: str) -> str:
    """Give the first of some names that is one of a system whose patches can be judged.

    If none is, the first that is not empty.
    """
    known = (name for name in names if _platform_name(name))
    return next(known, next(filter(None, names), ""))


def find_system(
    told: ToldSystem, packages: Iterable[Package], kind: PackageKind, given: Given
) -> KnownSystem:
    """Find out which system it is.

    Raises InvalidReportError that names the option by which the user can say it.
    """
    if not told.name or not _release_of(told.version):
        found = _told_by_packages(packages, kind)
        told = found if not told.name or _same_platform(found, told) else told
    if given.operating_system:
        told = _as_given(told, given)
    release = given.platform_version or _release_of(told.version)
    _check_told(told.name, release)
    name = _platform_name(told.name)
    platform = Platform(
        platform_type=_LINUX,
        platform_name=plain_text(name or told.name)[:255],
        platform_version=plain_text(release)[:255],
    )
    operating_system = given.operating_system or (
        operating_system_of(operating_systems().values(), platform) if name else None
    )
    if operating_system is None:
        raise InvalidReportError(
            f"The file is of {platform.platform_name} {release}, which is none of the operating"
            " systems whose patches can be judged; if it is like one of them, give that by"
            f" --operating-system: {_choices()}."
        )
    return KnownSystem(
        operating_system, platform, _package_manager(operating_system, release, kind)
    )


def _check_told(name: str, release: str) -> None:
    if not name:
        raise InvalidReportError(
            "The file does not tell its operating system; give it by --operating-system:"
            f" {_choices()}."
        )
    if not release:
        raise InvalidReportError(
            f"The file does not tell which release of {plain_text(name)[:80]} it is of; give it by"
            " --platform-version, such as 12 or 9.4."
        )


def _as_given(told: ToldSystem, given: Given) -> ToldSystem:
    if given.operating_system not in operating_systems():
        raise InvalidReportError(
            f"--operating-system {given.operating_system!r} is unknown; there are: {_choices()}."
        )
    name = _platform_name(given.operating_system)
    if name is None:
        raise InvalidReportError(
            f"The file lists packages, which {given.operating_system} does not have; give another"
            f" --operating-system: {_choices()}."
        )
    return ToldSystem(name, told.version)


def _package_manager(operating_system: str, release: str, kind: PackageKind) -> str:
    usual = operating_systems()[operating_system].package_manager
    if (usual == "apt") != (kind == "deb"):
        raise InvalidReportError(
            f"The file lists {kind} packages, but {operating_system} has {usual}; give another"
            " --operating-system."
        )
    major = release.partition(".")[0]
    is_old = major.isdecimal() and len(major) < 5 and int(major) <= _LAST_MAJOR_WITH_YUM
    return "yum" if usual == "dnf" and is_old else usual


def _told_by_packages(packages: Iterable[Package], kind: PackageKind) -> ToldSystem:
    versions = {package.name: package.version for package in packages}
    if kind == "deb":
        system = system_of_base_files(versions.get("base-files", ""))
        return ToldSystem(system.name, system.version) if system else ToldSystem()
    for package, name in _RELEASE_PACKAGES.items():
        if package in versions:
            version = versions[package].rpartition(":")[2].rpartition("-")[0]
            return ToldSystem(name, version)
    return ToldSystem()


def _same_platform(found: ToldSystem, told: ToldSystem) -> bool:
    return bool(found.name) and _platform_name(found.name) == _platform_name(told.name)


def _platform_name(name: str) -> str | None:
    return _PLATFORM_NAMES.get(re.sub("[^a-z]", "", name.lower()))


def _release_of(version: str) -> str:
    release = _RELEASE.search(version)
    if release is not None:
        return ".".join(part for part in release.groups() if part)
    codename = _product_of_codename(version)
    return codename["version"] if codename else ""


def _product_of_codename(text: str) -> re.Match[str] | None:
    product = product_named(text) if _WORD.fullmatch(text) else None
    return _PRODUCT.fullmatch(product) if product else None


def _choices() -> str:
    return ", ".join(name for name in operating_systems() if _platform_name(name))
