"""Patch baselines between the service model's spelling and the domain's (contract 4.1, 4.2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter, PatchSource
from patchwarden.domain.os_rules import WINDOWS
from patchwarden.domain.states import ComplianceLevel
from patchwarden.operations.baselines.lookup import KnownBaseline
from patchwarden.operations.context import Request
from patchwarden.operations.wire_values import wire_time, without_absent


def read_baseline(request: Request) -> PatchBaseline:
    """Read the content of a baseline out of CreatePatchBaseline's input."""
    return PatchBaseline(**{"operating_system": WINDOWS, **_given(request)})


def changed_baseline(content: PatchBaseline, request: Request) -> PatchBaseline:
    """Give `content` with what UpdatePatchBaseline's input has; what it lacks stays."""
    return replace(content, **_given(request))


def replaced_baseline(content: PatchBaseline, request: Request) -> PatchBaseline:
    """Give what UpdatePatchBaseline's input makes of `content` with Replace.

    What it lacks becomes the default; the operating system stays.
    """
    return PatchBaseline(**{"operating_system": content.operating_system, **_given(request)})


def baseline_members(
    baseline: KnownBaseline, patch_groups: Sequence[str] | None = None
) -> dict[str, object]:
    """Give all members of GetPatchBaseline's output, in the service's order.

    What was never set is there with its default, except Description and what only Windows has.
    UpdatePatchBaseline's output is the same, without the patch groups.
    """
    content = baseline.content
    return without_absent(
        {
            "BaselineId": baseline.baseline_id,
            "Name": content.name,
            "OperatingSystem": content.operating_system,
            "GlobalFilters": _filter_group(content.global_filters),
            "ApprovalRules": {"PatchRules": [_rule(rule) for rule in content.approval_rules]},
            "ApprovedPatches": list(content.approved_patches),
            "ApprovedPatchesComplianceLevel": content.approved_patches_compliance_level.name,
            "ApprovedPatchesEnableNonSecurity": content.approved_patches_enable_non_security,
            "RejectedPatches": list(content.rejected_patches),
            "RejectedPatchesAction": content.rejected_patches_action,
            "PatchGroups": patch_groups,
            "CreatedDate": wire_time(baseline.created_at),
            "ModifiedDate": wire_time(baseline.modified_at),
            "Description": content.description,
            "Sources": [_source(source) for source in content.sources],
            "AvailableSecurityUpdatesComplianceStatus": _security_updates_status(content),
        }
    )


def baseline_identity(baseline: KnownBaseline, *, is_default: bool) -> dict[str, object]:
    """Give a PatchBaselineIdentity; the description is left out if there is none."""
    return without_absent(
        {
            "BaselineId": baseline.baseline_id,
            "BaselineName": baseline.content.name,
            "OperatingSystem": baseline.content.operating_system,
            "BaselineDescription": baseline.content.description,
            "DefaultBaseline": is_default,
        }
    )


def _given(request: Request) -> dict[str, Any]:
    return {
        field: read(request[member])
        for member, (field, read) in _FIELDS.items()
        if member in request
    }


def _read_filters(group: Mapping[str, Any]) -> tuple[PatchFilter, ...]:
    return tuple(
        PatchFilter(key=each["Key"], values=tuple(each["Values"])) for each in group["PatchFilters"]
    )


def _read_rules(group: Mapping[str, Any]) -> tuple[ApprovalRule, ...]:
    return tuple(
        ApprovalRule(
            filters=_read_filters(rule["PatchFilterGroup"]),
            compliance_level=ComplianceLevel[rule.get("ComplianceLevel", "UNSPECIFIED")],
            approve_after_days=rule.get("ApproveAfterDays"),
            approve_until_date=rule.get("ApproveUntilDate"),
            enable_non_security=rule.get("EnableNonSecurity", False),
        )
        for rule in group["PatchRules"]
    )


def _read_sources(sources: Sequence[Mapping[str, Any]]) -> tuple[PatchSource, ...]:
    return tuple(
        PatchSource(
            name=source["Name"],
            products=tuple(source["Products"]),
            configuration=source["Configuration"],
        )
        for source in sources
    )


_FIELDS: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "Name": ("name", str),
    "OperatingSystem": ("operating_system", str),
    "GlobalFilters": ("global_filters", _read_filters),
    "ApprovalRules": ("approval_rules", _read_rules),
    "ApprovedPatches": ("approved_patches", tuple),
    "ApprovedPatchesComplianceLevel": (
        "approved_patches_compliance_level",
        ComplianceLevel.__getitem__,
    ),
    "ApprovedPatchesEnableNonSecurity": ("approved_patches_enable_non_security", bool),
    "RejectedPatches": ("rejected_patches", tuple),
    "RejectedPatchesAction": ("rejected_patches_action", str),
    "Description": ("description", str),
    "Sources": ("sources", _read_sources),
    "AvailableSecurityUpdatesComplianceStatus": (
        "available_security_updates_compliance_status",
        str,
    ),
}
"""Member of a request → the field that has it, and what reads it."""


def _filter_group(filters: Sequence[PatchFilter]) -> dict[str, object]:
    return {"PatchFilters": [{"Key": each.key, "Values": list(each.values)} for each in filters]}


def _rule(rule: ApprovalRule) -> dict[str, object]:
    return without_absent(
        {
            "PatchFilterGroup": _filter_group(rule.filters),
            "ComplianceLevel": rule.compliance_level.name,
            "ApproveAfterDays": rule.approve_after_days,
            "ApproveUntilDate": rule.approve_until_date,
            "EnableNonSecurity": rule.enable_non_security,
        }
    )


def _source(source: PatchSource) -> dict[str, object]:
    return {
        "Name": source.name,
        "Products": list(source.products),
        "Configuration": source.configuration,
    }


def _security_updates_status(content: PatchBaseline) -> str | None:
    if content.operating_system != WINDOWS:
        return None
    return content.available_security_updates_compliance_status or "COMPLIANT"
