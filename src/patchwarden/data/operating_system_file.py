"""The format of operating_systems/*.toml, and its reader.

The records say which keys a file has; what they mean stands in `domain.os_rules` and
`domain.baselines`, under the same names.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from patchwarden.data.strict_toml import decode
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.os_rules import (
    ApprovalDelay,
    OperatingSystemRules,
    OriginPattern,
    PatchSet,
    PlatformPattern,
    PlatformProduct,
    PredefinedBaseline,
    ProductFamily,
    ReleaseDate,
)

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


def parse_operating_system(text: str, file: str) -> OperatingSystemRules:
    """Read the rules of one operating system from `text`, the content of `file`.

    Raises InstallationError, naming `file` and the key, if the text does not fit the format.
    """
    return _rules(decode(text, file, OperatingSystemFile))


class FilterEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `PatchFilter`."""

    key: Text
    values: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class RuleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An `ApprovalRule`, without what no predefined baseline has."""

    filters: tuple[FilterEntry, ...]
    approve_after_days: Annotated[int, msgspec.Meta(ge=0, le=360)]
    enable_non_security: bool = False


class BaselineEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `PredefinedBaseline` together with its content."""

    baseline_id: Annotated[str, msgspec.Meta(pattern="^pb-[0-9a-f]{17}$")]
    is_default: bool
    created_at: Instant
    modified_at: Instant
    name: Text
    description: Text
    global_filters: tuple[FilterEntry, ...]
    approval_rules: tuple[RuleEntry, ...]
    available_security_updates_compliance_status: Literal["COMPLIANT", "NON_COMPLIANT"] | None = (
        None
    )


class OriginEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An `OriginPattern`."""

    label: Text | None = None
    codename: Text | None = None
    archive: Text | None = None

    def __post_init__(self) -> None:
        if self.label is self.codename is self.archive is None:
            raise ValueError("A security origin needs a `label`, a `codename` or an `archive`")


class ProductEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `PlatformProduct`."""

    platform_version: Text
    product: Text
    other_names: tuple[Text, ...] = ()


class PlatformEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `PlatformPattern`."""

    platform_type: Literal["Linux", "MacOS", "Windows"]
    platform_name: Text
    platform_versions: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class FamilyEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `ProductFamily`."""

    name: Text
    patch_set: PatchSet
    products: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class OperatingSystemFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    operating_system: Text
    package_manager: Literal["apt", "dnf", "yum", "zypper", "windows-update", "macos"]
    approval_delay: ApprovalDelay
    shows_cve_ids: bool
    filter_values: dict[Text, tuple[Text, ...]]
    products: tuple[ProductEntry, ...]
    predefined_baselines: tuple[BaselineEntry, ...]
    platforms: Annotated[tuple[PlatformEntry, ...], msgspec.Meta(min_length=1)]
    release_date: ReleaseDate = "updated"
    security_origins: tuple[OriginEntry, ...] = ()
    product_families: tuple[FamilyEntry, ...] = ()

    def __post_init__(self) -> None:
        if not self.product_families:
            return
        products = tuple(each for family in self.product_families for each in family.products)
        names = tuple(family.name for family in self.product_families)
        if self.filter_values.get("PRODUCT") != products:
            raise ValueError("The products of `product_families` must be the values of PRODUCT")
        if self.filter_values.get("PRODUCT_FAMILY") != names:
            raise ValueError("`product_families` must be the values of PRODUCT_FAMILY")


def _rules(file: OperatingSystemFile) -> OperatingSystemRules:
    return OperatingSystemRules(
        operating_system=file.operating_system,
        package_manager=file.package_manager,
        approval_delay=file.approval_delay,
        release_date=file.release_date,
        shows_cve_ids=file.shows_cve_ids,
        filter_values=MappingProxyType(file.filter_values),
        security_origins=tuple(
            OriginPattern(label=entry.label, codename=entry.codename, archive=entry.archive)
            for entry in file.security_origins
        ),
        products=tuple(
            PlatformProduct(
                platform_version=entry.platform_version,
                product=entry.product,
                other_names=entry.other_names,
            )
            for entry in file.products
        ),
        predefined_baselines=tuple(
            _predefined(entry, file.operating_system) for entry in file.predefined_baselines
        ),
        platforms=tuple(
            PlatformPattern(
                platform_type=entry.platform_type,
                platform_name=entry.platform_name,
                platform_versions=entry.platform_versions,
            )
            for entry in file.platforms
        ),
        product_families=tuple(
            ProductFamily(name=entry.name, patch_set=entry.patch_set, products=entry.products)
            for entry in file.product_families
        ),
    )


def _predefined(entry: BaselineEntry, operating_system: str) -> PredefinedBaseline:
    status = entry.available_security_updates_compliance_status
    return PredefinedBaseline(
        baseline_id=entry.baseline_id,
        is_default=entry.is_default,
        created_at=entry.created_at.timestamp(),
        modified_at=entry.modified_at.timestamp(),
        content=PatchBaseline(
            name=entry.name,
            operating_system=operating_system,
            description=entry.description,
            global_filters=_filters(entry.global_filters),
            approval_rules=tuple(
                ApprovalRule(
                    filters=_filters(rule.filters),
                    approve_after_days=rule.approve_after_days,
                    enable_non_security=rule.enable_non_security,
                )
                for rule in entry.approval_rules
            ),
            available_security_updates_compliance_status=status,
        ),
    )


def _filters(entries: tuple[FilterEntry, ...]) -> tuple[PatchFilter, ...]:
    return tuple(PatchFilter(key=entry.key, values=entry.values) for entry in entries)
