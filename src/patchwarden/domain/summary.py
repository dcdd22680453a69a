"""Counts and compliance of one evaluation (contract 3.3)."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from patchwarden.domain.patches import Verdict
from patchwarden.domain.states import NON_COMPLIANT_STATES, ComplianceLevel, PatchState

_SECURITY_CLASSIFICATIONS = frozenset({"security", "securityupdates"})


class Summary(NamedTuple):
    """How many patches of one node are in each state, and what that means."""

    installed: int
    installed_other: int
    installed_rejected: int
    installed_pending_reboot: int
    missing: int
    failed: int
    not_applicable: int
    """Listed or not: on Linux they are only counted."""
    available_security_update: int
    critical_non_compliant: int
    """Non-compliant patches whose compliance level is CRITICAL; may overlap with security."""
    security_non_compliant: int
    other_non_compliant: int
    """Non-compliant patches that count in neither of the two."""
    non_compliant: int
    overall_severity: ComplianceLevel | None
    """The highest level among the non-compliant patches, at least INFORMATIONAL; None if there
    are none."""


def summarize(
    verdicts: Iterable[Verdict],
    *,
    not_applicable_count: int,
    available_security_updates_are_compliant: bool = True,
) -> Summary:
    """Count `verdicts`."""
    states: Counter[PatchState] = Counter()
    critical = security = other = non_compliant = 0
    worst: ComplianceLevel | None = None
    for verdict in verdicts:
        states[verdict.state] += 1
        if verdict.state not in NON_COMPLIANT_STATES and (
            available_security_updates_are_compliant
            or verdict.state != PatchState.AVAILABLE_SECURITY_UPDATE
        ):
            continue
        is_critical = verdict.compliance_level == ComplianceLevel.CRITICAL
        is_security = (
            verdict.record.classification.lower() in _SECURITY_CLASSIFICATIONS
            or verdict.state == PatchState.AVAILABLE_SECURITY_UPDATE
        )
        critical += is_critical
        security += is_security
        other += not (is_critical or is_security)
        non_compliant += 1
        worst = max(worst or ComplianceLevel.INFORMATIONAL, verdict.compliance_level)
    return Summary(
        installed=states[PatchState.INSTALLED],
        installed_other=states[PatchState.INSTALLED_OTHER],
        installed_rejected=states[PatchState.INSTALLED_REJECTED],
        installed_pending_reboot=states[PatchState.INSTALLED_PENDING_REBOOT],
        missing=states[PatchState.MISSING],
        failed=states[PatchState.FAILED],
        not_applicable=states[PatchState.NOT_APPLICABLE] or not_applicable_count,
        available_security_update=states[PatchState.AVAILABLE_SECURITY_UPDATE],
        critical_non_compliant=critical,
        security_non_compliant=security,
        other_non_compliant=other,
        non_compliant=non_compliant,
        overall_severity=worst,
    )
