"""What differs between operating systems, as data. The values stand in data/operating_systems/."""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from patchwarden.domain.baselines import PatchBaseline
from patchwarden.domain.facts import Origin

WINDOWS = "WINDOWS"
"""What requests mean that name no operating system; it alone has applications and no packages."""
ApprovalDelay = Literal["honoured", "ignored"]
ReleaseDate = Literal["issued", "updated"]
PatchSet = Literal["OS", "APPLICATION"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginPattern:
    """Matches an `Origin` whose named fields fit; `*` stands for any text, None for anything."""

    label: str | None = None
    codename: str | None = None
    archive: str | None = None
    """Only where it stays the same for the life of a release, as on Ubuntu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformProduct:
    """Which product string a node has, from its platform: `Debian12`."""

    platform_version: str
    """A whole version or its leading part: `12` matches `12` and `12.5`, not `120`. `*` matches
    every version."""
    product: str
    """`{major}` and `{minor}` stand for the first two numbers of the node's version. An entry
    with `{minor}` does not match a version without one."""
    other_names: tuple[str, ...] = ()
    """Other values of PRODUCT that match such a node, in the same form: `AmazonLinux2.0`, or
    `RedhatEnterpriseLinux{major}.*` for every minor release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What an agent calls the system that it runs on (contract 6.1)."""

    platform_type: str
    """`Linux`, `MacOS`, `Windows`."""
    platform_name: str
    platform_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPattern:
    """Matches a `Platform`."""

    platform_type: str
    platform_name: str
    """`*` stands for any text."""
    platform_versions: tuple[str, ...]
    """Each as `PlatformProduct.platform_version`; one must match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFamily:
    """What Microsoft publishes patches for under one name, such as `Office`."""

    name: str
    patch_set: PatchSet
    """Whether its products are the operating system's or applications."""
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredefinedBaseline:
    """A baseline that AWS provides (contract 4.8)."""

    baseline_id: str
    """`pb-` and 17 hexadecimal digits, as in us-east-1."""
    is_default: bool
    """Whether it is the default of its operating system until another is registered."""
    created_at: float
    modified_at: float
    content: PatchBaseline


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingSystemRules:
    """Everything that differs for one operating system."""

    operating_system: str
    """A value of the service model's OperatingSystem."""
    package_manager: str
    """`apt`, `dnf`, `yum`, `zypper`, `windows-update`, `macos`."""
    approval_delay: ApprovalDelay
    """Whether ApproveAfterDays and ApproveUntilDate count, or are accepted and ignored."""
    release_date: ReleaseDate
    """Which date of an advisory the delay counts from (contract 4.6); where it has no date of
    revision, `updated` takes its date of issue."""
    shows_cve_ids: bool
    """Whether CVEIds are shown of patches that are missing or failed (contract 2.6)."""
    filter_values: Mapping[str, tuple[str, ...]]
    """Filter key -> the values it takes, in the order of DescribePatchProperties; an empty
    tuple if any text will do. A key that is absent is not allowed for this system."""
    security_origins: tuple[OriginPattern, ...]
    """A version offered by one of these is a security update (apt)."""
    products: tuple[PlatformProduct, ...]
    """The first that matches counts."""
    predefined_baselines: tuple[PredefinedBaseline, ...]
    platforms: tuple[PlatformPattern, ...]
    """What agents call it; one must match."""
    product_families: tuple[ProductFamily, ...] = ()
    """All values of PRODUCT and PRODUCT_FAMILY, in their order; empty where there are no families.
    """


def operating_system_of(every: Iterable[OperatingSystemRules], platform: Platform) -> str | None:
    """Give the operating system that an agent calls `platform`; None if it is none of these."""
    for rules in every:
        if any(_is_named(pattern, platform) for pattern in rules.platforms):
            return rules.operating_system
    return None


def product_of(rules: OperatingSystemRules, platform_version: str) -> str | None:
    """Give the product string of a node, such as `Ubuntu22.04`; None if its version tells none.

    It may be newer than the values that filters take.
    """
    return next(iter(products_of(rules, platform_version)), None)


def products_of(rules: OperatingSystemRules, platform_version: str) -> tuple[str, ...]:
    """Give every value of PRODUCT that matches a node: its product, then its other names.

    `RedhatEnterpriseLinux8.4` and `RedhatEnterpriseLinux8.*`. Empty if its version tells none.
    """
    numbers = _LEADING_NUMBERS.match(platform_version)
    if numbers is None:
        return ()
    major, minor = numbers.groups()
    for entry in rules.products:
        if minor is None and "{minor}" in entry.product:
            continue
        if _covers(entry.platform_version, platform_version):
            names = (entry.product, *entry.other_names)
            return tuple(name.format(major=major, minor=minor) for name in names)
    return ()


def catalog_products_of(rules: OperatingSystemRules, platform_version: str) -> tuple[str, ...]:
    """Give the products whose advisories are about a node: its own, and its major release.

    `RedhatEnterpriseLinux9.4` and `RedhatEnterpriseLinux9`. Empty if its version tells none.
    """
    product = product_of(rules, platform_version)
    if product is None:
        return ()
    major, point, minor = product.rpartition(".")
    return (product, major) if point and minor.isdecimal() else (product,)


def is_security(rules: OperatingSystemRules, origins: Iterable[Origin]) -> bool:
    """Say whether a version that `origins` offer is a security update: if any of them is one."""
    return any(_fits(pattern, origin) for origin in origins for pattern in rules.security_origins)


# `22.04`, `15`, `10.0.17763`; not `trixie/sid`
_LEADING_NUMBERS = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


def _is_named(pattern: PlatformPattern, platform: Platform) -> bool:
    return (
        pattern.platform_type == platform.platform_type
        and _is_like(pattern.platform_name, platform.platform_name)
        and any(_covers(each, platform.platform_version) for each in pattern.platform_versions)
    )


def _covers(leading: str, platform_version: str) -> bool:
    return leading in {"*", platform_version} or platform_version.startswith(f"{leading}.")


@functools.lru_cache(maxsize=4096)
def _fits(pattern: OriginPattern, origin: Origin) -> bool:
    return (
        _is_like(pattern.label, origin.label)
        and _is_like(pattern.codename, origin.codename)
        and _is_like(pattern.archive, origin.archive)
    )


def _is_like(pattern: str | None, text: str) -> bool:
    return pattern is None or _compiled(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
