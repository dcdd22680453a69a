"""How the version that fixes something compares with those of a package.

Some epochs are known to nobody: a plain `rpm -qa` prints none, and the name of a source rpm has
none. There, epochs are left out of account on both sides: to take them for 0 would make everything
that has one look outdated for ever.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from patchwarden.domain.facts import Advisory, AvailableVersion, Package, Packages
from patchwarden.domain.version_order import SortKey, sort_key_of

_EVERY_ARCHITECTURE = frozenset({"", "all", "noarch"})
MODULAR = ".module"
"""Is part of the release of every rpm that was built for a module stream."""


class KnownFix(NamedTuple):
    """A version of a package that fixes something, for the product of the node."""

    version: str
    architecture: str
    """Empty: of every architecture."""
    is_source: bool
    """Whether name and version are those of the source package."""
    module: str
    advisory: Advisory


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOrder:
    """Compares fixes with the packages of one report."""

    sort_key: SortKey
    is_apt: bool
    knows_epochs: bool

    @classmethod
    def of(cls, packages: Packages) -> "FixOrder | None":
        """Give the order of a report's package manager; None if its versions have none."""
        sort_key = sort_key_of(packages.package_manager)
        if sort_key is None:
            return None
        return cls(
            sort_key=sort_key,
            is_apt=packages.package_manager == "apt",
            knows_epochs=packages.knows_epochs,
        )

    def those_that_matter(
        self, fixes: Sequence[KnownFix], package: Package, *, are_of_source: bool
    ) -> list[KnownFix]:
        """Give the fixes that a package lacks, and those that it has from the very version.

        The latter matter for rpm alone, where they are shown. Of `fixes`, those of the source count
        or else the others.
        """
        if not fixes:
            return []
        key = self._key_of(are_of_source)
        installed = key(source_version(package) if are_of_source else package.version)
        matters = operator.gt if self.is_apt else operator.ge
        return [
            fix
            for fix in fixes
            if fix.is_source == are_of_source
            and matters(key(fix.version), installed)
            and (are_of_source or _is_for(fix.architecture, package))
        ]

    def has(self, package: Package, offer: AvailableVersion, fix: KnownFix) -> bool:
        """Say whether a version has a fix; the installed one only if it is what fixes."""
        fixed, offered = self._keys(fix, package, offer)
        if fixed == offered:
            # What is the very version that fixes needs no word of the stream that it is from.
            return True
        return bool(
            fixed < offered
            and offer.version != package.version
            and _is_of_same_stream(fix.module, fix.version, offer.module, offer.version)
        )

    def is_installed(self, package: Package, fix: KnownFix) -> bool:
        """Say whether the installed version is the one that fixes."""
        fixed, installed = self._keys(fix, package, AvailableVersion(version=package.version))
        return bool(fixed == installed)

    def _keys(self, fix: KnownFix, package: Package, offer: AvailableVersion) -> tuple[Any, Any]:
        offered = offer.version
        if fix.is_source:
            is_installed = offer.version == package.version
            offered = (
                source_version(package) if is_installed else offered_source_version(package, offer)
            )
        key = self._key_of(fix.is_source)
        return key(fix.version), key(offered)

    def _key_of(self, is_source: bool) -> SortKey:  # noqa: FBT001
        if self.is_apt or (self.knows_epochs and not is_source):
            return self.sort_key
        return lambda version: self.sort_key(without_epoch(version))


def may_be_for(package: Package, fix: KnownFix) -> bool:
    """Say whether a fix is for a package of which nobody knows which module streams it follows.

    Fixes of modules are not then; nor is a package of a module fixed by what is of none.
    """
    return not fix.module and MODULAR not in fix.version and MODULAR not in package.version


def fixed_version(package: Package, fix: KnownFix) -> str:
    """Give the version in which a package will have a fix.

    Where the fix is of its source, whose version has another epoch, that is the package's own
    epoch with the rest of the source's version. What is versioned apart, such as `dmsetup` of
    `lvm2`, goes by the version of the source: nobody knows a better one.
    """
    if not fix.is_source or package.source_version is None:
        return fix.version
    own = without_epoch(package.version)
    # A binary that is built again has a suffix, as `1.0-1+b1`.
    if not own.startswith(without_epoch(package.source_version)):
        return fix.version
    epoch = package.version.removesuffix(own)
    return f"{epoch}{without_epoch(fix.version)}"


def source_version(package: Package) -> str:
    """Give the version of the source that the installed version was built from."""
    return package.source_version or package.version


def offered_source_version(package: Package, offer: AvailableVersion) -> str:
    """Give the version of the source that an offered version was built from."""
    return offer.source_version or package.source_version or offer.version


def without_epoch(version: str) -> str:
    """Give a version without the number in front that overrules it."""
    epoch, _, rest = version.partition(":")
    return rest if epoch.isascii() and epoch.isdigit() and rest else version


def _is_for(architecture: str, package: Package) -> bool:
    return (
        architecture in _EVERY_ARCHITECTURE
        or architecture == package.architecture
        or package.architecture in _EVERY_ARCHITECTURE
    )


def _is_of_same_stream(module: str, version: str, other: str, other_version: str) -> bool:
    if module and other:
        return module == other
    is_modular = bool(module) or MODULAR in version
    return is_modular == (bool(other) or MODULAR in other_version)
