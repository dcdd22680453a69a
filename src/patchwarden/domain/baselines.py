"""Patch baselines: which patches are approved for a node (contract section 4).

Field names are the service model's in Python's spelling.
"""

from dataclasses import dataclass, field
from typing import Literal

from patchwarden.domain.states import ComplianceLevel

RejectedPatchesAction = Literal["ALLOW_AS_DEPENDENCY", "BLOCK"]

ANY = "*"
"""The filter value that matches everything, also a package that lacks the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchFilter:
    """Matches a patch whose field `key` has one of `values`."""

    key: str
    """A value of the service model's PatchFilterKey, such as `PRIORITY`."""
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Approves the patches that all of `filters` match, after a delay or up to a date."""

    filters: tuple[PatchFilter, ...]
    compliance_level: ComplianceLevel = ComplianceLevel.UNSPECIFIED
    approve_after_days: int | None = None
    """0 to 360."""
    approve_until_date: str | None = None
    """`YYYY-MM-DD`, UTC, inclusive."""
    enable_non_security: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchSource:
    """An alternative repository for the nodes with one of `products`."""

    name: str
    products: tuple[str, ...]
    configuration: str = field(repr=False)
    """May hold passwords: never shown, and sealed in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchBaseline:
    """The content of one version of a patch baseline."""

    name: str
    operating_system: str
    description: str | None = None
    global_filters: tuple[PatchFilter, ...] = ()
    approval_rules: tuple[ApprovalRule, ...] = ()
    approved_patches: tuple[str, ...] = ()
    approved_patches_compliance_level: ComplianceLevel = ComplianceLevel.UNSPECIFIED
    approved_patches_enable_non_security: bool = False
    rejected_patches: tuple[str, ...] = ()
    rejected_patches_action: RejectedPatchesAction = "ALLOW_AS_DEPENDENCY"
    sources: tuple[PatchSource, ...] = ()
    available_security_updates_compliance_status: str | None = None
    """Windows only: `COMPLIANT` or `NON_COMPLIANT`."""
