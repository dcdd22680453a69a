"""Patch baselines between the service model's spelling and the domain's (contract 4.1, 4.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter, PatchSource
from patchwarden.domain.states import ComplianceLevel
from patchwarden.operations.baseline_lookup import KnownBaseline
from patchwarden.operations.context import Request
from patchwarden.operations.wire_values import wire_time, without_absent

_WINDOWS = "WINDOWS"


def read_baseline(request: Request) -> PatchBaseline:
    """Read the content of a baseline out of CreatePatchBaseline's input."""
    return PatchBaseline(
        name=request["Name"],
        operating_system=request.get("OperatingSystem", _WINDOWS),
        description=request.get("Description"),
        global_filters=_read_filters(request.get("GlobalFilters")),
        approval_rules=tuple(
            _read_rule(rule) for rule in request.get("ApprovalRules", {}).get("PatchRules", ())
        ),
        approved_patches=tuple(request.get("ApprovedPatches", ())),
        approved_patches_compliance_level=_read_level(
            request.get("ApprovedPatchesComplianceLevel")
        ),
        approved_patches_enable_non_security=request.get("ApprovedPatchesEnableNonSecurity", False),
        rejected_patches=tuple(request.get("RejectedPatches", ())),
        rejected_patches_action=request.get("RejectedPatchesAction", "ALLOW_AS_DEPENDENCY"),
        sources=tuple(_read_source(source) for source in request.get("Sources", ())),
        available_security_updates_compliance_status=request.get(
            "AvailableSecurityUpdatesComplianceStatus"
        ),
    )


def baseline_members(
    baseline: KnownBaseline, patch_groups: Sequence[str] = ()
) -> dict[str, object]:
    """Give all members of GetPatchBaseline's output, in the service's order.

    What was never set is there with its default, except Description and what only Windows has.
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
            "PatchGroups": list(patch_groups),
            "CreatedDate": wire_time(baseline.created_at),
            "ModifiedDate": wire_time(baseline.modified_at),
            "Description": content.description,
            "Sources": [_source(source) for source in content.sources],
            "AvailableSecurityUpdatesComplianceStatus": _security_updates_status(content),
        }
    )


def _read_filters(group: Mapping[str, Any] | None) -> tuple[PatchFilter, ...]:
    filters = group["PatchFilters"] if group else ()
    return tuple(PatchFilter(key=each["Key"], values=tuple(each["Values"])) for each in filters)


def _read_rule(rule: Mapping[str, Any]) -> ApprovalRule:
    return ApprovalRule(
        filters=_read_filters(rule["PatchFilterGroup"]),
        compliance_level=_read_level(rule.get("ComplianceLevel")),
        approve_after_days=rule.get("ApproveAfterDays"),
        approve_until_date=rule.get("ApproveUntilDate"),
        enable_non_security=rule.get("EnableNonSecurity", False),
    )


def _read_level(name: str | None) -> ComplianceLevel:
    return ComplianceLevel[name] if name else ComplianceLevel.UNSPECIFIED


def _read_source(source: Mapping[str, Any]) -> PatchSource:
    return PatchSource(
        name=source["Name"],
        products=tuple(source["Products"]),
        configuration=source["Configuration"],
    )


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
    if content.operating_system != _WINDOWS:
        return None
    return content.available_security_updates_compliance_status or "COMPLIANT"
