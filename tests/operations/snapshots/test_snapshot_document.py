"""The document of a patch snapshot, member by member."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter, PatchSource
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.states import ComplianceLevel
from patchwarden.operations.baselines.lookup import KnownBaseline
from patchwarden.operations.snapshots.document import snapshot_document
from patchwarden.store.database import Scope

SCOPE = Scope("123456789012", "us-east-1")
CONTENT = PatchBaseline(
    name="mine",
    operating_system="DEBIAN",
    global_filters=(PatchFilter(key="PRODUCT", values=("Debian12",)),),
    approval_rules=(
        ApprovalRule(
            filters=(PatchFilter(key="PRIORITY", values=("Required", "Important")),),
            compliance_level=ComplianceLevel.HIGH,
            approve_after_days=7,
        ),
        ApprovalRule(filters=(), approve_until_date="2025-12-31", enable_non_security=True),
    ),
    approved_patches=("bash",),
    approved_patches_compliance_level=ComplianceLevel.LOW,
    approved_patches_enable_non_security=True,
    rejected_patches=("vim", "nano"),
    rejected_patches_action="BLOCK",
    sources=(PatchSource(name="mirror", products=("*",), configuration="deb http://m x main"),),
)
BASELINE = KnownBaseline(
    baseline_id="pb-0123456789abcdef0",
    is_predefined=False,
    created_at=1_525_194_800.0684,
    modified_at=1_600_000_000.0,
    content=CONTENT,
)


def document(
    baseline: KnownBaseline = BASELINE,
    *,
    patch_group: str = "",
    scope: Scope = SCOPE,
    approved: Sequence[tuple[CatalogPatch, ComplianceLevel]] = (),
) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(
        snapshot_document(scope, baseline, patch_group=patch_group, approved=approved)
    )
    return made


def test_it_has_everything_of_the_baseline() -> None:
    assert document() == {
        "patchBaseline": {
            "accountId": "123456789012",
            "baselineId": "pb-0123456789abcdef0",
            "name": "mine",
            "globalFilters": {"filters": [{"key": "PRODUCT", "values": ["Debian12"]}]},
            "approvalRules": {
                "rules": [
                    {
                        "filterGroup": {
                            "filters": [{"key": "PRIORITY", "values": ["Required", "Important"]}]
                        },
                        "complianceLevel": "HIGH",
                        "enableNonSecurity": False,
                        "approveAfterDays": 7,
                        "approveUntilDate": None,
                    },
                    {
                        "filterGroup": {"filters": []},
                        "complianceLevel": "UNSPECIFIED",
                        "enableNonSecurity": True,
                        "approveAfterDays": None,
                        "approveUntilDate": "2025-12-31",
                    },
                ]
            },
            "approvedPatches": ["bash"],
            "approvedPatchesComplianceLevel": "LOW",
            "approvedPatchesEnableNonSecurity": True,
            "rejectedPatches": ["vim", "nano"],
            "rejectedPatchesAction": "BLOCK",
            "createdTime": 1_525_194_800.068,
            "modifiedTime": 1_600_000_000.0,
            "description": None,
            "operatingSystem": "DEBIAN",
            "sources": [
                {"name": "mirror", "products": ["*"], "configuration": "deb http://m x main"}
            ],
        },
        "patchGroup": None,
        "patches": [],
        "enableApplicationPatches": False,
        "requiredFeatures": [],
    }


def test_its_members_are_in_the_order_of_the_original_s() -> None:
    made = document()
    assert list(made) == [
        *("patchBaseline", "patchGroup", "patches", "enableApplicationPatches", "requiredFeatures")
    ]
    assert list(made["patchBaseline"]) == [
        *("accountId", "baselineId", "name", "globalFilters", "approvalRules", "approvedPatches"),
        *("approvedPatchesComplianceLevel", "approvedPatchesEnableNonSecurity"),
        *("rejectedPatches", "rejectedPatchesAction", "createdTime", "modifiedTime"),
        *("description", "operatingSystem", "sources"),
    ]


@pytest.mark.parametrize(
    ("region", "owner"), [("us-east-1", "075727635805"), ("eu-west-1", "845259048710")]
)
def test_a_predefined_baseline_is_its_owner_s_and_its_id_is_bare(region: str, owner: str) -> None:
    arn = f"arn:aws:ssm:{region}:{owner}:patchbaseline/pb-0123456789abcdef0"
    predefined = replace(BASELINE, baseline_id=arn, is_predefined=True)
    made = document(predefined, scope=Scope("123456789012", region))["patchBaseline"]
    assert made["accountId"] == owner
    assert made["baselineId"] == "pb-0123456789abcdef0"


def test_the_patch_group_is_named() -> None:
    assert document(patch_group="web")["patchGroup"] == "web"


@pytest.mark.parametrize(
    ("values", "expected"),
    [(("APPLICATION",), True), (("OS",), False), (("OS", "APPLICATION"), True), (("*",), True)],
)
@pytest.mark.parametrize("place", ["a rule", "the global filters"])
def test_application_patches_are_on_where_the_baseline_is_about_them(
    values: tuple[str, ...], expected: bool, place: str
) -> None:
    filters = (PatchFilter(key="PATCH_SET", values=values),)
    content = (
        replace(CONTENT, approval_rules=(ApprovalRule(filters=filters),))
        if place == "a rule"
        else replace(CONTENT, global_filters=filters)
    )
    assert document(replace(BASELINE, content=content))["enableApplicationPatches"] is expected


def test_an_approved_patch_has_what_is_known_of_it() -> None:
    patch = CatalogPatch(
        operating_system="WINDOWS",
        product="WindowsServer2019",
        patch_id="0c84df9a-1b2f-4e37-9f0d-000000000001",
        released_at=1_764_000_000.0,
        title="2025-11 Cumulative Update",
        kb_number="KB5000001",
        classification="SecurityUpdates",
        msrc_severity="Critical",
    )
    assert document(approved=[(patch, ComplianceLevel.CRITICAL)])["patches"] == [
        {
            "id": "0c84df9a-1b2f-4e37-9f0d-000000000001",
            "releaseDate": 1_764_000_000.0,
            "title": "2025-11 Cumulative Update",
            "contentUrl": None,
            "productFamily": None,
            "product": "WindowsServer2019",
            "classification": "SecurityUpdates",
            "msrcSeverity": "Critical",
            "kbNumber": "KB5000001",
            "msrcNumber": None,
            "language": None,
            "complianceLevel": "CRITICAL",
        }
    ]
