"""The document that a patch snapshot is: a patch baseline in the spelling of the node's agent.

The members, their order and what is null are those of the original (contract 5.18). What an
element of `patches` looks like there is not established: ours has the members of the service
model's Patch in the document's spelling, null where they are not known, and the compliance level.
"""

from collections.abc import Iterable, Sequence

import msgspec

from patchwarden.data.load import predefined_baseline_owner
from patchwarden.domain.baselines import (
    ANY,
    ApprovalRule,
    PatchBaseline,
    PatchFilter,
    PatchSource,
)
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.states import ComplianceLevel
from patchwarden.operations.baselines.lookup import KnownBaseline
from patchwarden.operations.wire_values import wire_time
from patchwarden.store.database import Scope

_APPLICATIONS = frozenset({"APPLICATION", ANY})


def snapshot_document(
    scope: Scope,
    baseline: KnownBaseline,
    *,
    patch_group: str,
    approved: Iterable[tuple[CatalogPatch, ComplianceLevel]],
) -> bytes:
    """Give the JSON of a snapshot for the nodes of a patch group, empty for those in none.

    `approved` has the patches that were computed here, as for Windows; elsewhere nodes do it.
    """
    return msgspec.json.encode(
        {
            "patchBaseline": _baseline(scope, baseline),
            "patchGroup": patch_group or None,
            "patches": [_patch(patch, level) for patch, level in approved],
            "enableApplicationPatches": _is_for_applications(baseline.content),
            "requiredFeatures": (),
        }
    )


def _baseline(scope: Scope, baseline: KnownBaseline) -> dict[str, object]:
    content = baseline.content
    is_predefined = baseline.is_predefined
    return {
        "accountId": predefined_baseline_owner(scope.region) if is_predefined else scope.account_id,
        "baselineId": baseline.baseline_id.rpartition("/")[2],
        "name": content.name,
        "globalFilters": _filter_group(content.global_filters),
        "approvalRules": {"rules": [_rule(rule) for rule in content.approval_rules]},
        "approvedPatches": content.approved_patches,
        "approvedPatchesComplianceLevel": content.approved_patches_compliance_level.name,
        "approvedPatchesEnableNonSecurity": content.approved_patches_enable_non_security,
        "rejectedPatches": content.rejected_patches,
        "rejectedPatchesAction": content.rejected_patches_action,
        "createdTime": wire_time(baseline.created_at),
        "modifiedTime": wire_time(baseline.modified_at),
        "description": content.description,
        "operatingSystem": content.operating_system,
        "sources": [_source(source) for source in content.sources],
    }


def _rule(rule: ApprovalRule) -> dict[str, object]:
    return {
        "filterGroup": _filter_group(rule.filters),
        "complianceLevel": rule.compliance_level.name,
        "enableNonSecurity": rule.enable_non_security,
        "approveAfterDays": rule.approve_after_days,
        "approveUntilDate": rule.approve_until_date,
    }


def _filter_group(filters: Sequence[PatchFilter]) -> dict[str, object]:
    return {"filters": [{"key": each.key, "values": each.values} for each in filters]}


def _source(source: PatchSource) -> dict[str, object]:
    return {
        "name": source.name,
        "products": source.products,
        "configuration": source.configuration,
    }


def _patch(patch: CatalogPatch, level: ComplianceLevel) -> dict[str, object]:
    return {
        "id": patch.patch_id or None,
        "releaseDate": None if patch.released_at is None else wire_time(patch.released_at),
        "title": patch.title or None,
        "contentUrl": patch.content_url or None,
        "productFamily": patch.product_family or None,
        "product": patch.product,
        "classification": patch.classification or None,
        "msrcSeverity": patch.msrc_severity or None,
        "kbNumber": patch.kb_number or None,
        "msrcNumber": patch.msrc_number or None,
        "language": patch.language or None,
        "complianceLevel": level.name,
    }


def _is_for_applications(content: PatchBaseline) -> bool:
    groups = (content.global_filters, *(rule.filters for rule in content.approval_rules))
    return any(
        each.key == "PATCH_SET" and not _APPLICATIONS.isdisjoint(each.values)
        for filters in groups
        for each in filters
    )
