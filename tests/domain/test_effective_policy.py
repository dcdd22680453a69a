"""The status of a patch of the catalog in a Windows baseline."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_patches import DAY_S, WINDOWS_PATCH
from fakes import NOW
from patchwarden.data.load import operating_systems
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.catalog_patch import CatalogPatch, terms
from patchwarden.domain.effective_policy import (
    DeploymentStatus,
    EffectivePolicy,
    PatchStatus,
)
from patchwarden.domain.states import ComplianceLevel

RELEASED = NOW - 10 * DAY_S
PATCH = replace(WINDOWS_PATCH, released_at=RELEASED, msrc_number="MS12-072")
APPLICATION = replace(PATCH, product="Office 2016", product_family="Office")
APPROVED, PENDING = DeploymentStatus.APPROVED, DeploymentStatus.PENDING_APPROVAL
UNSPECIFIED = ComplianceLevel.UNSPECIFIED


def filters(**values: str | list[str]) -> tuple[PatchFilter, ...]:
    listed = {key: [value] if isinstance(value, str) else value for key, value in values.items()}
    return tuple(PatchFilter(key=key, values=tuple(value)) for key, value in listed.items())


def rule(
    days: int | None = 7,
    level: ComplianceLevel = UNSPECIFIED,
    until: str | None = None,
    **values: str | list[str],
) -> ApprovalRule:
    return ApprovalRule(
        filters=filters(**(values or {"PRODUCT": "*"})),
        compliance_level=level,
        approve_after_days=days,
        approve_until_date=until,
    )


def status(
    *rules: ApprovalRule, patch: CatalogPatch = PATCH, now: float = NOW, **members: object
) -> PatchStatus | None:
    baseline = PatchBaseline(name="Ours", operating_system="WINDOWS", approval_rules=rules)
    baseline = replace(baseline, **members)  # type: ignore[arg-type]
    return EffectivePolicy.of(baseline, operating_systems()["WINDOWS"], now).status(patch)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((), None),
        ((rule(CLASSIFICATION="Updates"),), None),
        ((rule(CLASSIFICATION=["Updates", "SecurityUpdates"]),), (APPROVED, 7)),
        ((rule(CLASSIFICATION="SecurityUpdates", MSRC_SEVERITY="Low"),), None),
        ((rule(PRODUCT="WindowsServer2019", PRODUCT_FAMILY="Windows"),), (APPROVED, 7)),
        ((rule(0),), (APPROVED, 0)),
        ((rule(9),), (APPROVED, 9)),
        # Approved when the delay is over, not at its last instant.
        ((rule(10),), (PENDING, 10)),
        ((rule(11),), (PENDING, 11)),
        ((rule(11), rule(3), rule(5)), (APPROVED, 3)),
        ((rule(30), rule(20)), (PENDING, 20)),
        ((rule(None, until="2025-11-24"),), (APPROVED, 0)),
        ((rule(None, until="2025-11-01"),), None),
        ((rule(None, until="2025-11-01"), rule(11)), (PENDING, 11)),
        ((rule(PATCH_SET="OS"),), (APPROVED, 7)),
        ((rule(PATCH_SET="APPLICATION"),), None),
        ((rule(PATCH_ID="kb5000001"),), (APPROVED, 7)),
        ((rule(PATCH_ID="KB5000002"),), None),
    ],
)
def test_rules_decide_the_status_and_the_date(
    rules: tuple[ApprovalRule, ...], expected: tuple[DeploymentStatus, int] | None
) -> None:
    found = status(*rules)
    if expected is None:
        assert found is None
    else:
        deployment_status, days = expected
        assert found == PatchStatus(deployment_status, UNSPECIFIED, RELEASED + days * DAY_S)


def test_a_rule_without_a_patch_set_is_about_the_operating_system() -> None:
    assert status(rule(), patch=APPLICATION) is None
    assert status(rule(PATCH_SET="APPLICATION"), patch=APPLICATION) is not None
    assert status(rule(PATCH_SET="*"), patch=APPLICATION) is not None


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        # Days of each rule and its level; the level of the status.
        ({0: "LOW", 1: "HIGH"}, (APPROVED, "HIGH")),
        ({0: "LOW", 20: "HIGH"}, (APPROVED, "LOW")),
        ({20: "LOW", 30: "HIGH"}, (PENDING, "HIGH")),
    ],
)
def test_the_highest_level_counts(
    levels: dict[int, str], expected: tuple[DeploymentStatus, str]
) -> None:
    found = status(*(rule(days, ComplianceLevel[level]) for days, level in levels.items()))
    assert found is not None
    assert (found.deployment_status, found.compliance_level.name) == expected


def test_global_filters_gate_the_rules_but_not_the_lists() -> None:
    gate = filters(PRODUCT="WindowsServer2016")
    assert status(rule(0), global_filters=gate) is None
    assert status(rule(0), global_filters=filters(PATCH_ID="KB5000002")) is None
    assert status(rule(0), global_filters=filters(PATCH_ID="KB5000001")) is not None
    found = status(rule(0), global_filters=gate, approved_patches=("KB5000001",))
    assert found == (DeploymentStatus.EXPLICIT_APPROVED, UNSPECIFIED, None)


@pytest.mark.parametrize("name", ["KB5000001", "kb5000001", "ms12-072", PATCH.patch_id.upper()])
@pytest.mark.parametrize("rules", [(), (rule(0),), (rule(20),)])
def test_names_in_the_lists_win_over_rules(name: str, rules: tuple[ApprovalRule, ...]) -> None:
    approved = status(
        *rules,
        approved_patches=(name,),
        approved_patches_compliance_level=ComplianceLevel.HIGH,
    )
    assert approved == (DeploymentStatus.EXPLICIT_APPROVED, ComplianceLevel.HIGH, None)
    rejected = status(*rules, rejected_patches=(name,))
    assert rejected == (DeploymentStatus.EXPLICIT_REJECTED, UNSPECIFIED, None)


def test_rejected_wins_over_approved_in_a_windows_baseline() -> None:
    found = status(approved_patches=("KB5000001",), rejected_patches=("MS12-072",))
    assert found is not None
    assert found.deployment_status == DeploymentStatus.EXPLICIT_REJECTED


def test_other_names_in_the_lists_say_nothing() -> None:
    names = ("KB500000", "KB5*", "KB50000011")
    assert status(approved_patches=names, rejected_patches=names) is None


def test_without_a_release_date_it_is_1970() -> None:
    found = status(rule(7), patch=replace(PATCH, released_at=None))
    assert found == PatchStatus(APPROVED, UNSPECIFIED, 7 * DAY_S)


VALUES = {
    "PRODUCT": ["WindowsServer2019", "Office 2016", "*"],
    "PATCH_SET": ["OS", "APPLICATION"],
    "MSRC_SEVERITY": ["Critical", "Low"],
    "PATCH_ID": ["KB5000001", "KB1"],
}
FILTERS = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda key: st.builds(
            PatchFilter,
            key=st.just(key),
            values=st.lists(st.sampled_from(VALUES[key]), min_size=1).map(tuple),
        )
    ),
    max_size=3,
).map(tuple)
RULES = st.lists(
    st.builds(ApprovalRule, filters=FILTERS, approve_after_days=st.integers(0, 20)), max_size=3
).map(tuple)


@given(RULES, FILTERS, st.sampled_from([PATCH, APPLICATION]))
def test_only_patches_whose_terms_may_match_have_a_status(
    rules: tuple[ApprovalRule, ...], gate: tuple[PatchFilter, ...], patch: CatalogPatch
) -> None:
    baseline = PatchBaseline(
        name="Ours", operating_system="WINDOWS", approval_rules=rules, global_filters=gate
    )
    policy = EffectivePolicy.of(baseline, operating_systems()["WINDOWS"], NOW)
    assert policy.status(patch) is None or policy.may_match(terms(patch))


@given(RULES, st.floats(0, 30 * DAY_S))
def test_time_never_takes_an_approval_back(rules: tuple[ApprovalRule, ...], wait: float) -> None:
    before, after = status(*rules), status(*rules, now=NOW + wait)
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert before.approved_at == after.approved_at
        assert (before.deployment_status, after.deployment_status) != (APPROVED, PENDING)
