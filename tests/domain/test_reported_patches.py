from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_uploads import patch_row, summary_entry
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.reported_patches import (
    COMPLIANCE_ITEM,
    PATCH_COMPLIANCE,
    PATCH_SUMMARY,
    InvalidReportedPatchError,
    PatchUpload,
    ReportedPatches,
    read_operation,
    read_patches,
)
from patchwarden.domain.states import ComplianceLevel, PatchState, service_spelling

INSTALLED_AT = 1_762_056_951.0
"""2025-11-02T04:15:51Z."""


def read(
    rows: Sequence[dict[str, str]] | None, rows_type: str = COMPLIANCE_ITEM, **summary: str
) -> ReportedPatches:
    return read_patches(PatchUpload(summary_entry() | summary, rows_type, rows))


def test_a_row_becomes_a_verdict() -> None:
    row = patch_row("bash", Severity="High", CVEIds="CVE-2025-0001")
    assert read([row]).verdicts == (
        Verdict(
            record=PatchRecord("bash.amd64:1.0-1", "bash.amd64", "Security", "important", ""),
            state=PatchState.INSTALLED,
            compliance_level=ComplianceLevel.HIGH,
            installed_at=INSTALLED_AT,
            installed_by=None,
        ),
    )


def test_a_legacy_row_becomes_a_verdict() -> None:
    row = {
        "Title": "Update (KB1)",
        "KBId": "KB1",
        "Classification": "SecurityUpdates",
        "Severity": "Critical",
        "State": "MISSING",
        "InstalledTime": "",
    }
    (verdict,) = read([row], PATCH_COMPLIANCE).verdicts
    assert verdict.record == PatchRecord("Update (KB1)", "KB1", "SecurityUpdates", "Critical", "")
    assert (verdict.state, verdict.compliance_level) == (
        PatchState.MISSING,
        ComplianceLevel.UNSPECIFIED,
    )


@pytest.mark.parametrize(
    ("state", "classification", "severity", "cve_ids", "installed_at"),
    [
        ("Installed", "Security", "important", "", INSTALLED_AT),
        ("InstalledOther", "", "", "", INSTALLED_AT),
        ("InstalledRejected", "Security", "important", "", INSTALLED_AT),
        ("InstalledPendingReboot", "Security", "important", "", INSTALLED_AT),
        ("NotApplicable", "", "", "", 0.0),
        ("Missing", "Security", "important", "CVE-2025-0001,CVE-2025-0002", 0.0),
        ("Failed", "Security", "important", "CVE-2025-0001,CVE-2025-0002", 0.0),
        ("AvailableSecurityUpdate", "Security", "important", "", 0.0),
    ],
)
def test_each_state_shows_what_it_may(
    state: str, classification: str, severity: str, cve_ids: str, installed_at: float
) -> None:
    row = patch_row(
        "bash",
        state,
        CVEIds="CVE-2025-0001,CVE-2025-0002",
        InstalledTime="2025-11-02T04:15:51Z",
    )
    (verdict,) = read([row]).verdicts
    assert verdict.record[2:] == (classification, severity, cve_ids)
    assert verdict.installed_at == installed_at
    assert verdict.record.title == "bash.amd64:1.0-1"


@given(st.lists(st.tuples(st.sampled_from(list(PatchState)), st.booleans()), max_size=30))
def test_rows_are_in_the_order_of_states_and_then_as_uploaded(
    states: list[tuple[PatchState, bool]],
) -> None:
    rows = [
        patch_row(str(position), service_spelling(state) if camel else state.value)
        for position, (state, camel) in enumerate(states)
    ]
    verdicts = read(rows).verdicts
    shown = [(verdict.state, int(verdict.record.kb_id.partition(".")[0])) for verdict in verdicts]
    order = list(PatchState)
    assert shown == sorted(
        ((state, position) for position, (state, _) in enumerate(states)),
        key=lambda each: (order.index(each[0]), each[1]),
    )


def test_counts_are_those_of_the_rows() -> None:
    rows = [
        patch_row("a"),
        patch_row("b", "Missing", Severity="CRITICAL"),
        patch_row("c", "Failed", Classification="Bugfix", Severity="LOW"),
    ]
    counts = read(rows, MissingCount="17", InstalledCount="198").summary
    assert (counts.installed, counts.missing, counts.failed) == (1, 1, 1)
    assert (counts.critical_non_compliant, counts.security_non_compliant) == (1, 1)
    assert (counts.other_non_compliant, counts.non_compliant) == (1, 2)
    assert counts.overall_severity == ComplianceLevel.CRITICAL


def test_the_summary_counts_what_is_not_listed() -> None:
    assert read([patch_row("a")]).summary.not_applicable == 10_254
    assert read([patch_row("a", "NotApplicable")]).summary.not_applicable == 1
    assert read([], NotApplicableCount="-1").summary.not_applicable == 0


@pytest.mark.parametrize(("status", "non_compliant"), [("NON_COMPLIANT", 1), ("COMPLIANT", 0)])
def test_the_node_says_whether_available_security_updates_are_compliant(
    status: str, non_compliant: int
) -> None:
    counts = read([patch_row("a", "AvailableSecurityUpdate", Status=status)]).summary
    assert (counts.available_security_update, counts.non_compliant) == (1, non_compliant)


def test_without_rows_the_summary_counts_everything() -> None:
    reported = read(None, MissingCount="3", FailedCount="2", NonCompliantSeverity="HIGH")
    counts = reported.summary
    assert reported.verdicts == ()
    assert (counts.installed, counts.missing, counts.failed) == (1, 3, 2)
    assert (counts.non_compliant, counts.overall_severity) == (5, ComplianceLevel.HIGH)


def test_a_compliant_summary_has_no_severity() -> None:
    assert read(None).summary.overall_severity is None


def test_the_baseline_is_bare_as_everywhere() -> None:
    arn = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0c7e89f711c3095f4"
    reported = read([], BaselineId=arn, PatchGroup="web")
    assert (reported.baseline_id, reported.patch_group) == ("pb-0c7e89f711c3095f4", "web")


def test_a_level_that_is_none_is_unspecified() -> None:
    (verdict,) = read([patch_row("a", Severity="Important")]).verdicts
    assert verdict.compliance_level == ComplianceLevel.UNSPECIFIED


def test_a_date_before_1970_is_no_date() -> None:
    (verdict,) = read([patch_row("a", InstalledTime="0001-01-01T00:00:00Z")]).verdicts
    assert verdict.installed_at == 0.0


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("Id", "", "A row has no Id."),
        ("PatchState", "Gone", "The row of bash.amd64 has 'Gone' for PatchState,"),
        ("PatchState", "", "The row of bash.amd64 has '' for PatchState,"),
        ("InstalledTime", "yesterday", "InstalledTime is 'yesterday';"),
    ],
)
def test_a_bad_row_is_refused(attribute: str, value: str, said: str) -> None:
    row = patch_row("bash") | {attribute: value}
    with pytest.raises(InvalidReportedPatchError) as raised:
        read([patch_row("a"), row])
    assert str(raised.value).startswith(said)
    assert raised.value.type_name == COMPLIANCE_ITEM


def test_the_operation_of_a_summary_is_read() -> None:
    entry = summary_entry(
        OperationType="Install",
        RebootOption="RebootIfNeeded",
        OperationStartTime="2025-11-24T15:59:00Z",
        OperationEndTime="2025-11-24T16:00:00Z",
        UnreportedNotApplicableCount="7",
        InstallOverrideList="s3://lists/one.yaml",
        LastNoRebootInstallOperationTime="2025-11-20T16:00:00Z",
    )
    operation = read_operation(entry)
    assert (operation.operation, operation.reboot_option) == ("Install", "RebootIfNeeded")
    assert (operation.started_at, operation.ended_at) == (1_763_999_940.0, 1_764_000_000.0)
    assert operation.unreported_not_applicable == 7
    assert operation.install_override_list == "s3://lists/one.yaml"
    assert operation.last_no_reboot_install_at == 1_763_654_400.0
    assert operation.snapshot_id == "6d03d6c5-f79d-41d0-8d0e-00a9a0000000"


@pytest.mark.parametrize(
    ("operation", "reboot_option"), [("Scan", "NoReboot"), ("Install", "RebootIfNeeded")]
)
def test_what_an_old_agent_leaves_out_has_a_default(operation: str, reboot_option: str) -> None:
    read_ = read_operation(summary_entry(OperationType=operation, RebootOption=""))
    assert read_.reboot_option == reboot_option
    assert read_.unreported_not_applicable == -1
    assert read_.last_no_reboot_install_at is None


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("OperationType", "Guess"),
        ("OperationType", ""),
        ("RebootOption", "Perhaps"),
        ("OperationStartTime", ""),
        ("OperationEndTime", "2025-13-01T00:00:00Z"),
        ("LastNoRebootInstallOperationTime", "never"),
        ("UnreportedNotApplicableCount", "many"),
        ("UnreportedNotApplicableCount", "99999999999999999999"),
        ("UnreportedNotApplicableCount", "1.5"),
    ],
)
def test_a_bad_summary_is_refused(attribute: str, value: str) -> None:
    with pytest.raises(InvalidReportedPatchError, match=attribute) as raised:
        read_operation(summary_entry() | {attribute: value})
    assert raised.value.type_name == PATCH_SUMMARY


def test_a_count_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidReportedPatchError, match="MissingCount is 'few', which is no count"):
        read([], MissingCount="few")
