import pytest

from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import ComplianceLevel, PatchState
from patchwarden.domain.summary import Summary, summarize

NON_COMPLIANT = ["MISSING", "FAILED", "INSTALLED_REJECTED", "INSTALLED_PENDING_REBOOT"]
COMPLIANT = ["INSTALLED", "INSTALLED_OTHER", "NOT_APPLICABLE", "AVAILABLE_SECURITY_UPDATE"]


def verdict(
    state: str,
    *,
    level: ComplianceLevel = ComplianceLevel.UNSPECIFIED,
    classification: str = "",
    severity: str = "",
) -> Verdict:
    record = PatchRecord("a.amd64:1", "a.amd64", classification, severity, "")
    return Verdict(record, PatchState(state), level, 0.0, None)


def summary(*verdicts: Verdict, not_applicable: int = 0, compliant_updates: bool = True) -> Summary:
    return summarize(
        verdicts,
        not_applicable_count=not_applicable,
        available_security_updates_are_compliant=compliant_updates,
    )


def counts(found: Summary) -> tuple[int, int, int, int]:
    """Give non-compliant patches: all, critical, security, other."""
    return (
        found.non_compliant,
        found.critical_non_compliant,
        found.security_non_compliant,
        found.other_non_compliant,
    )


def test_nothing_counts_nothing() -> None:
    assert summary() == Summary._make([*[0] * 12, None])


@pytest.mark.parametrize("state", PatchState)
def test_each_state_is_counted_in_its_own_field(state: PatchState) -> None:
    found = summary(verdict(state.value), verdict(state.value))
    assert getattr(found, state.value.lower()) == 2
    assert sum(getattr(found, other.value.lower()) for other in PatchState) == 2


@pytest.mark.parametrize("state", NON_COMPLIANT)
def test_states_that_ask_for_action_are_non_compliant(state: str) -> None:
    found = summary(verdict(state))
    assert counts(found) == (1, 0, 0, 1)
    assert found.overall_severity == ComplianceLevel.INFORMATIONAL


@pytest.mark.parametrize("state", COMPLIANT)
def test_other_states_are_compliant_whatever_their_level(state: str) -> None:
    found = summary(verdict(state, level=ComplianceLevel.CRITICAL, classification="Security"))
    assert counts(found) == (0, 0, 0, 0)
    assert found.overall_severity is None


def test_a_patch_can_be_critical_and_security_but_other_only_if_it_is_neither() -> None:
    critical = ComplianceLevel.CRITICAL
    found = summary(
        verdict("MISSING", level=critical, classification="Security"),
        verdict("FAILED", level=critical),
        verdict("MISSING", classification="Security"),
        verdict("MISSING", level=ComplianceLevel.HIGH, classification="Bugfix"),
    )
    assert counts(found) == (4, 2, 2, 1)


@pytest.mark.parametrize("classification", ["Security", "security", "SECURITY", "SecurityUpdates"])
def test_security_is_read_without_regard_to_case(classification: str) -> None:
    assert counts(summary(verdict("MISSING", classification=classification))) == (1, 0, 1, 0)


def test_the_vendor_s_severity_does_not_make_a_patch_critical() -> None:
    assert counts(summary(verdict("MISSING", severity="Critical"))) == (1, 0, 0, 1)


@pytest.mark.parametrize("level", ComplianceLevel)
def test_the_overall_severity_is_at_least_informational(level: ComplianceLevel) -> None:
    found = summary(verdict("MISSING"), verdict("MISSING", level=level), verdict("FAILED"))
    assert found.overall_severity == max(level, ComplianceLevel.INFORMATIONAL)


def test_available_security_updates_can_be_made_non_compliant() -> None:
    found = summary(verdict("AVAILABLE_SECURITY_UPDATE"), compliant_updates=False)
    assert found.available_security_update == 1
    assert counts(found) == (1, 0, 1, 0)


def test_patches_that_are_not_applicable_are_counted_unlisted_or_listed() -> None:
    assert summary(not_applicable=10_254).not_applicable == 10_254
    assert summary(verdict("NOT_APPLICABLE")).not_applicable == 1
