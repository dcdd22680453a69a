import pytest

from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.operations.compliance.patches import count_patches, execution_id, patch_statuses
from patchwarden.store.packed_rows import NO_ROWS, PackedRows, pack

RECORD = PatchRecord("title", "kb", "", "", "")


def rows(*kinds: tuple[PatchState, ComplianceLevel]) -> PackedRows:
    """Pack patches that differ in state and level alone."""
    verdicts = [Verdict(RECORD, state, level, 0.0, None) for state, level in kinds]
    return pack(verdicts, [1] * len(verdicts))


EVERY_STATE = rows(*((state, ComplianceLevel.LOW) for state in PatchState))


def test_each_state_has_a_status() -> None:
    assert {state.name: status for state, status in patch_statuses(EVERY_STATE, 4).items()} == {
        "INSTALLED": "COMPLIANT",
        "INSTALLED_OTHER": "COMPLIANT",
        "INSTALLED_REJECTED": "NON_COMPLIANT",
        "INSTALLED_PENDING_REBOOT": "NON_COMPLIANT",
        "NOT_APPLICABLE": "",
        "MISSING": "NON_COMPLIANT",
        "FAILED": "NON_COMPLIANT",
        "AVAILABLE_SECURITY_UPDATE": "COMPLIANT",
    }


@pytest.mark.parametrize(("non_compliant", "status"), [(4, "COMPLIANT"), (5, "NON_COMPLIANT")])
def test_the_baseline_says_what_available_updates_are(non_compliant: int, status: str) -> None:
    statuses = patch_statuses(EVERY_STATE, non_compliant)
    assert statuses[PatchState.AVAILABLE_SECURITY_UPDATE] == status


def test_patches_are_counted_by_level_and_the_not_applicable_not_at_all() -> None:
    counts = count_patches(
        rows(
            (PatchState.INSTALLED, ComplianceLevel.UNSPECIFIED),
            (PatchState.INSTALLED, ComplianceLevel.CRITICAL),
            (PatchState.MISSING, ComplianceLevel.CRITICAL),
            (PatchState.FAILED, ComplianceLevel.HIGH),
            (PatchState.FAILED, ComplianceLevel.HIGH),
            (PatchState.NOT_APPLICABLE, ComplianceLevel.HIGH),
        ),
        3,
    )
    assert counts.compliant == (1, 0, 0, 0, 0, 1)
    assert counts.non_compliant == (0, 0, 0, 0, 2, 1)


def test_a_node_without_patches_counts_nothing() -> None:
    assert count_patches(NO_ROWS, 0) == ((0,) * 6, (0,) * 6)


def test_an_operation_is_named_by_its_snapshot_or_its_report() -> None:
    assert execution_id("snapshot", "mi-1", 1) == "snapshot"
    named = {execution_id("", "mi-1", 1), execution_id("", "mi-1", 2), execution_id("", "mi-2", 1)}
    assert len(named) == 3
    assert execution_id("", "mi-1", 1) in named
