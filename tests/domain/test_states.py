import pytest

from patchwarden.domain.states import ComplianceLevel, PatchState, parse_state, service_spelling

SPELLINGS = [
    ("INSTALLED", "Installed"),
    ("INSTALLED_OTHER", "InstalledOther"),
    ("INSTALLED_REJECTED", "InstalledRejected"),
    ("INSTALLED_PENDING_REBOOT", "InstalledPendingReboot"),
    ("NOT_APPLICABLE", "NotApplicable"),
    ("MISSING", "Missing"),
    ("FAILED", "Failed"),
    ("AVAILABLE_SECURITY_UPDATE", "AvailableSecurityUpdate"),
]
"""As published and as the service sends them (contract 2.4), in the order of contract 2.8."""


def test_the_states_are_those_of_the_contract_in_its_order() -> None:
    assert [state.value for state in PatchState] == [published for published, _ in SPELLINGS]


@pytest.mark.parametrize(("published", "sent"), SPELLINGS)
def test_a_state_is_read_in_either_spelling(published: str, sent: str) -> None:
    state = PatchState(published)
    assert service_spelling(state) == sent
    assert parse_state(published) is state
    assert parse_state(sent) is state


@pytest.mark.parametrize("text", ["", "installed", "Installed_Other", "INSTALLEDOTHER", "Missing "])
def test_what_is_no_state_is_not_read(text: str) -> None:
    assert parse_state(text) is None


def test_compliance_levels_rise_from_unspecified_to_critical() -> None:
    rising = ["UNSPECIFIED", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
    assert [level.name for level in sorted(ComplianceLevel)] == rising
