from dataclasses import replace

import pytest

from patchwarden.data.load import operating_systems
from patchwarden.domain.baseline_validity import InvalidBaselineError, check_baseline
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter, PatchSource
from patchwarden.errors import CallerError

PRIORITY = PatchFilter(key="PRIORITY", values=("Required", "*"))
SECTION = PatchFilter(key="SECTION", values=("any text",))
CLASSIFICATION = PatchFilter(key="CLASSIFICATION", values=("SecurityUpdates",))
SOURCE = PatchSource(name="mirror", products=("*",), configuration="deb ...")


def rule(*filters: PatchFilter, days: int | None = None, until: str | None = None) -> ApprovalRule:
    return ApprovalRule(filters=filters, approve_after_days=days, approve_until_date=until)


def baseline(*rules: ApprovalRule, system: str = "DEBIAN") -> PatchBaseline:
    return PatchBaseline(name="under-test", operating_system=system, approval_rules=rules)


def refusal(given: PatchBaseline) -> str:
    with pytest.raises(InvalidBaselineError) as caught:
        check_baseline(given, operating_systems()[given.operating_system])
    return str(caught.value)


WINDOWS_WITH_DAYS = baseline(rule(CLASSIFICATION, days=360), system="WINDOWS")


@pytest.mark.parametrize(
    "given",
    [
        baseline(),
        baseline(rule(PRIORITY, SECTION)),
        baseline(rule(PRIORITY, days=7)),
        baseline(rule(PRIORITY, until="2028-02-29")),
        baseline(rule(PRIORITY, until="9999-12-31")),
        replace(baseline(), global_filters=(SECTION,), sources=(SOURCE,)),
        WINDOWS_WITH_DAYS,
        replace(WINDOWS_WITH_DAYS, available_security_updates_compliance_status="COMPLIANT"),
        baseline(rule(days=0), system="AMAZON_LINUX_2023"),
    ],
)
def test_a_baseline_that_keeps_the_rules_is_accepted(given: PatchBaseline) -> None:
    check_baseline(given, operating_systems()[given.operating_system])


@pytest.mark.parametrize("system", operating_systems())
def test_the_predefined_baselines_are_valid(system: str) -> None:
    for predefined in operating_systems()[system].predefined_baselines:
        check_baseline(predefined.content, operating_systems()[system])


def test_a_value_that_is_not_known_is_refused_in_the_service_s_words() -> None:
    given = baseline(rule(PatchFilter(key="PRIORITY", values=("Required", "Urgent"))))
    assert refusal(given) == (
        "Invalid Filter Value: Urgent for Key: PRIORITY,"
        " valid values are: Required, Important, Standard, Optional, Extra"
    )


def test_values_of_filters_are_spelled_as_listed() -> None:
    given = baseline(rule(PatchFilter(key="PRIORITY", values=("required",))))
    assert refusal(given).startswith("Invalid Filter Value: required for Key: PRIORITY,")


def test_global_filters_are_checked_too() -> None:
    wrong = PatchFilter(key="PRODUCT", values=("Ubuntu22.04",))
    assert refusal(replace(baseline(), global_filters=(wrong,))) == (
        "Invalid Filter Value: Ubuntu22.04 for Key: PRODUCT,"
        " valid values are: Debian8, Debian9, Debian10, Debian11, Debian12, Debian13"
    )


def test_a_key_of_another_system_is_refused() -> None:
    assert refusal(baseline(rule(SECTION), rule(CLASSIFICATION))) == (
        "Invalid Filter Key: CLASSIFICATION for OperatingSystem: DEBIAN,"
        " valid keys are: PRODUCT, PRIORITY, SECTION"
    )


@pytest.mark.parametrize("system", ["DEBIAN", "AMAZON_LINUX_2023"])
def test_a_delay_and_a_date_together_are_refused(system: str) -> None:
    assert refusal(baseline(rule(days=0, until="2026-01-01"), system=system)) == (
        "A rule can have ApproveAfterDays or ApproveUntilDate, but not both."
    )


@pytest.mark.parametrize("system", ["WINDOWS", "AMAZON_LINUX_2023"])
def test_one_of_delay_and_date_is_needed_where_they_count(system: str) -> None:
    assert refusal(baseline(rule(), system=system)) == (
        "A rule needs ApproveAfterDays or ApproveUntilDate."
    )


@pytest.mark.parametrize("date", ["2026-02-29", "2026-2-3", "tomorrow"])
def test_a_date_that_does_not_exist_is_refused(date: str) -> None:
    assert refusal(baseline(rule(until=date))) == (
        f"ApproveUntilDate {date} is not a date in the form YYYY-MM-DD."
    )


def test_the_status_of_available_security_updates_is_for_windows() -> None:
    given = replace(baseline(), available_security_updates_compliance_status="COMPLIANT")
    assert refusal(given) == (
        "AvailableSecurityUpdatesComplianceStatus is supported for WINDOWS only."
    )


def test_sources_are_not_for_windows() -> None:
    assert refusal(replace(WINDOWS_WITH_DAYS, sources=(SOURCE,))) == (
        "Sources are not supported for WINDOWS."
    )


def test_a_refusal_is_the_caller_s_mistake() -> None:
    assert issubclass(InvalidBaselineError, CallerError)
    assert InvalidBaselineError.code == "InvalidBaseline"
