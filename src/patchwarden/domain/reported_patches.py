"""Verdicts that were made on the node, as the original agent uploads them (contract 2.5, 6.3).

The agent judges by itself and sends a summary and one row a patch, all values as text. Here they
become the verdicts that `domain.evaluate` would have given.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from patchwarden.domain.instants import read_instant
from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import (
    STATES_WITH_CVES,
    STATES_WITHOUT_DETAILS,
    STATES_WITHOUT_INSTALL,
    ComplianceLevel,
    PatchState,
    parse_state,
)
from patchwarden.domain.summary import Summary, summarize
from patchwarden.errors import CallerError

PATCH_SUMMARY = "AWS:PatchSummary"
COMPLIANCE_ITEM = "AWS:ComplianceItem"
PATCH_COMPLIANCE = "AWS:PatchCompliance"
"""What agents sent before there was AWS:ComplianceItem."""

Attributes: TypeAlias = Mapping[str, str]
"""One entry of inventory content: attribute → value."""

_MAX_COUNT = 1_000_000_000
_WINDOWS_PATCH = re.compile(r"KB[0-9]+")
"""The ids of patches that have no title either in states without details (contract 2.6)."""
_STATE_ORDER = {state: position for position, state in enumerate(PatchState)}


class InvalidReportedPatchError(CallerError):
    """A summary or a row of an upload says something that cannot be."""

    code = "InvalidReportedPatch"

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(message)
        self.type_name = type_name
        """The type of the item that it stands in."""


class PatchUpload(NamedTuple):
    """What an upload says about the patches of a node, as it came."""

    summary: Attributes
    """The one entry of AWS:PatchSummary, with what the rows say of the run that made them."""
    rows_type: str
    """The type of the rows: AWS:ComplianceItem or AWS:PatchCompliance."""
    rows: Sequence[Attributes] | None
    """None if none ever came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedOperation:
    """What the summary of an upload says beside its counts."""

    operation: str
    """`Scan` or `Install`."""
    reboot_option: str
    started_at: float
    ended_at: float
    snapshot_id: str
    execution_id: str
    """Of the run; empty if the agent names none."""
    execution_type: str
    """`Command` or `PatchPolicy`."""
    install_override_list: str
    unreported_not_applicable: int
    last_no_reboot_install_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPatches:
    """One upload, read: the same as an evaluation tells, but made on the node."""

    baseline_id: str
    """Bare; empty if the summary names none."""
    patch_group: str
    """Empty if the summary names none."""
    verdicts: tuple[Verdict, ...]
    """By state in the order of `PatchState`, then as they were uploaded."""
    summary: Summary


def read_operation(summary: Attributes) -> ReportedOperation:
    """Read the summary of an upload. Raises InvalidReportedPatchError."""
    operation = _one_of(summary, "OperationType", ("Scan", "Install"))
    default_reboot = "NoReboot" if operation == "Scan" else "RebootIfNeeded"
    options = {"RebootOption": default_reboot, **_filled(summary)}
    last_no_reboot = summary.get("LastNoRebootInstallOperationTime")
    return ReportedOperation(
        operation=operation,
        reboot_option=_one_of(options, "RebootOption", ("RebootIfNeeded", "NoReboot")),
        started_at=_time(PATCH_SUMMARY, summary, "OperationStartTime"),
        ended_at=_time(PATCH_SUMMARY, summary, "OperationEndTime"),
        snapshot_id=summary.get("SnapshotId", ""),
        execution_id=summary.get("ExecutionId", ""),
        execution_type=summary.get("ExecutionType") or "Command",
        install_override_list=summary.get("InstallOverrideList", ""),
        unreported_not_applicable=_count(summary, "UnreportedNotApplicableCount", absent=-1),
        last_no_reboot_install_at=(
            _time(PATCH_SUMMARY, summary, "LastNoRebootInstallOperationTime")
            if last_no_reboot
            else None
        ),
    )


def read_patches(upload: PatchUpload) -> ReportedPatches:
    """Read an upload.

    Counts are those of the rows. What the rows leave out, the summary tells: not applicable
    patches, and every count where there are no rows. Raises InvalidReportedPatchError.
    """
    verdicts: tuple[Verdict, ...] = ()
    counts = _summary_alone(upload.summary)
    if upload.rows is not None:
        verdicts = _verdicts(upload.rows_type, upload.rows)
        counts = summarize(
            verdicts,
            not_applicable_count=counts.not_applicable,
            available_security_updates_are_compliant=not _have_open_security_updates(upload.rows),
        )
    return ReportedPatches(
        baseline_id=upload.summary.get("BaselineId", "").rpartition("/")[2],
        patch_group=upload.summary.get("PatchGroup", ""),
        verdicts=verdicts,
        summary=counts,
    )


def _verdicts(rows_type: str, rows: Iterable[Attributes]) -> tuple[Verdict, ...]:
    names = _NAMES_OF_ROWS[rows_type]
    verdicts = [_verdict(rows_type, names, row) for row in rows]
    verdicts.sort(key=lambda verdict: _STATE_ORDER[verdict.state])
    return tuple(verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The attributes of a kind of rows."""

    kb_id: str
    state: str
    severity: str
    level: str | None


_NAMES_OF_ROWS = {
    COMPLIANCE_ITEM: _Names(
        kb_id="Id", state="PatchState", severity="PatchSeverity", level="Severity"
    ),
    PATCH_COMPLIANCE: _Names(kb_id="KBId", state="State", severity="Severity", level=None),
}


def _verdict(rows_type: str, names: _Names, row: Attributes) -> Verdict:
    kb_id = row.get(names.kb_id, "")
    if not kb_id:
        raise InvalidReportedPatchError(rows_type, f"A row has no {names.kb_id}.")
    state = parse_state(row.get(names.state, ""))
    if state is None:
        raise InvalidReportedPatchError(
            rows_type,
            f"The row of {kb_id} has {row.get(names.state, '')!r} for {names.state}, "
            "which is not the state of a patch.",
        )
    has_details = state not in STATES_WITHOUT_DETAILS
    record = PatchRecord(
        title=row.get("Title", "") if has_details or not _WINDOWS_PATCH.fullmatch(kb_id) else "",
        kb_id=kb_id,
        classification=row.get("Classification", "") if has_details else "",
        severity=row.get(names.severity, "") if has_details else "",
        cve_ids=row.get("CVEIds", "") if state in STATES_WITH_CVES else "",
    )
    # A date in a row that needs none must be one all the same.
    installed_at = _time(rows_type, row, "InstalledTime") if row.get("InstalledTime") else 0.0
    return Verdict(
        record=record,
        state=state,
        compliance_level=_level(row.get(names.level, "")) if names.level else _level(""),
        installed_at=0.0 if state in STATES_WITHOUT_INSTALL else installed_at,
        installed_by=None,
    )


def _level(text: str) -> ComplianceLevel:
    """Read a level in any case; what is none, as Windows may send, is UNSPECIFIED."""
    return ComplianceLevel.__members__.get(text.upper(), ComplianceLevel.UNSPECIFIED)


def _have_open_security_updates(rows: Iterable[Attributes]) -> bool:
    """Say whether the baseline counts available security updates as non-compliant."""
    return any(
        row.get("Status") == "NON_COMPLIANT"
        and parse_state(row.get("PatchState", "")) is PatchState.AVAILABLE_SECURITY_UPDATE
        for row in rows
    )


def _summary_alone(summary: Attributes) -> Summary:
    counts = {
        name: max(_count(summary, attribute), 0) for name, attribute in _COUNT_ATTRIBUTES.items()
    }
    non_compliant = sum(
        counts[name]
        for name in ("missing", "failed", "installed_rejected", "installed_pending_reboot")
    )
    worst = max(_level(summary.get("NonCompliantSeverity", "")), ComplianceLevel.INFORMATIONAL)
    return Summary(
        **counts,
        available_security_update=0,
        non_compliant=non_compliant,
        overall_severity=worst if non_compliant else None,
    )


_COUNT_ATTRIBUTES = {
    "installed": "InstalledCount",
    "installed_other": "InstalledOtherCount",
    "installed_rejected": "InstalledRejectedCount",
    "installed_pending_reboot": "InstalledPendingRebootCount",
    "missing": "MissingCount",
    "failed": "FailedCount",
    "not_applicable": "NotApplicableCount",
    "critical_non_compliant": "CriticalNonCompliantCount",
    "security_non_compliant": "SecurityNonCompliantCount",
    "other_non_compliant": "OtherNonCompliantCount",
}


def _filled(attributes: Attributes) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value}


def _one_of(summary: Attributes, name: str, possible: tuple[str, ...]) -> str:
    value = summary.get(name, "")
    if value not in possible:
        raise InvalidReportedPatchError(
            PATCH_SUMMARY, f"{name} is {value!r}; it must be {' or '.join(possible)}."
        )
    return value


def _count(summary: Attributes, name: str, absent: int = 0) -> int:
    text = summary.get(name, "")
    if not text:
        return absent
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_MAX_COUNT))):
        raise InvalidReportedPatchError(PATCH_SUMMARY, f"{name} is {text!r}, which is no count.")
    return max(min(int(text), _MAX_COUNT), -1)


def _time(type_name: str, attributes: Attributes, name: str) -> float:
    text = attributes.get(name, "")
    try:
        return read_instant(text)
    except ValueError:
        raise InvalidReportedPatchError(
            type_name, f"{name} is {text!r}; it must have the form 2025-12-31T23:59:59Z."
        ) from None
