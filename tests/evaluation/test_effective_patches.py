"""The effective patches of a Windows baseline, over a catalog in a store."""

from dataclasses import replace

import pytest

from catalog_patches import DAY_S, fill, linux_patch, windows_patch
from fakes import NOW
from node_store import NodeStore
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.states import ComplianceLevel
from patchwarden.evaluation.effective_patches import approved_patches, effective_patches
from patchwarden.store.catalog_search import START, Position

BASELINE = PatchBaseline(
    name="Ours",
    operating_system="WINDOWS",
    approval_rules=(
        ApprovalRule(
            filters=(PatchFilter(key="MSRC_SEVERITY", values=("Critical",)),),
            compliance_level=ComplianceLevel.HIGH,
            approve_after_days=7,
        ),
    ),
    approved_patches=("KB3", "KB99"),
    rejected_patches=("KB4",),
)


@pytest.fixture(autouse=True)
def _filled(store: NodeStore) -> None:
    fill(
        store.db,
        [
            *(windows_patch(number) for number in (1, 2, 4)),
            windows_patch(3, msrc_severity="Low"),
            windows_patch(5, msrc_severity="Low"),
            windows_patch(6, released_at=NOW - DAY_S),
            windows_patch(7, product_family="Office", product="Office 2016"),
            linux_patch("a"),
        ],
    )


def walk(store: NodeStore, baseline: PatchBaseline, limit: int) -> list[tuple[str, str]]:
    found = []
    reached: Position | None = START
    while reached is not None:
        part = effective_patches(store.db, baseline, NOW, after=reached, limit=limit)
        found += [(patch.kb_number, status.deployment_status.value) for patch, status in part[0]]
        reached = part.reached
    return found


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_only_what_rules_match_or_lists_name_is_effective(store: NodeStore, limit: int) -> None:
    assert walk(store, BASELINE, limit) == [
        ("KB1", "APPROVED"),
        ("KB2", "APPROVED"),
        ("KB3", "EXPLICIT_APPROVED"),
        ("KB4", "EXPLICIT_REJECTED"),
        ("KB6", "PENDING_APPROVAL"),
    ]


def test_approved_patches_are_those_to_install_now(store: NodeStore) -> None:
    found = approved_patches(store.db, BASELINE, NOW)
    assert [(patch.kb_number, level.name) for patch, level in found] == [
        ("KB1", "HIGH"),
        ("KB2", "HIGH"),
        ("KB3", "UNSPECIFIED"),
    ]
    later = approved_patches(store.db, BASELINE, NOW + 7 * DAY_S)
    assert [patch.kb_number for patch, _ in later] == ["KB1", "KB2", "KB3", "KB6"]


def test_a_baseline_without_rules_and_lists_has_no_patches(store: NodeStore) -> None:
    nothing = PatchBaseline(name="Nothing", operating_system="WINDOWS")
    assert walk(store, nothing, 10) == []


def test_a_filter_on_a_patch_id_leaves_pages_short_but_loses_nothing(store: NodeStore) -> None:
    one = PatchFilter(key="PATCH_ID", values=("KB2",))
    gated = replace(BASELINE, global_filters=(one,), approved_patches=(), rejected_patches=())
    assert walk(store, gated, 1) == [("KB2", "APPROVED")]
