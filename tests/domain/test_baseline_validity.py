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


WITH_ADVISORIES = ("PRODUCT", "CLASSIFICATION", "SEVERITY")
APT = ("PRODUCT", "PRIORITY", "SECTION")
# Contract 4.3.
KEYS = {
    **dict.fromkeys(operating_systems(), WITH_ADVISORIES),
    **dict.fromkeys(("DEBIAN", "RASPBIAN", "UBUNTU"), APT),
    "MACOS": ("PRODUCT", "CLASSIFICATION"),
    "WINDOWS": (
        *("PATCH_SET", "PRODUCT", "PRODUCT_FAMILY", "CLASSIFICATION", "MSRC_SEVERITY"),
        "PATCH_ID",
    ),
}
EVERY_KEY = sorted({"ARCH", "NAME", "VERSION", "CVE_ID"}.union(*KEYS.values()))


@pytest.mark.parametrize("system", sorted(KEYS))
def test_each_system_takes_its_own_keys_and_a_star_for_each(system: str) -> None:
    for key in EVERY_KEY:
        given = replace(
            baseline(system=system), global_filters=(PatchFilter(key=key, values=("*",)),)
        )
        if key in KEYS[system]:
            check_baseline(given, operating_systems()[system])
        else:
            assert refusal(given) == (
                f"Invalid Filter Key: {key} for OperatingSystem: {system},"
                f" valid keys are: {', '.join(KEYS[system])}"
            )


@pytest.mark.parametrize(
    ("system", "key", "values"),
    [
        ("REDHAT_ENTERPRISE_LINUX", "PRODUCT", ("RedhatEnterpriseLinux8.*",)),
        ("REDHAT_ENTERPRISE_LINUX", "PRODUCT", ("RedhatEnterpriseLinux7", "*")),
        ("REDHAT_ENTERPRISE_LINUX", "SEVERITY", ("Medium", "Moderate")),
        ("CENTOS", "SEVERITY", ("Medium", "Moderate")),
        ("ORACLE_LINUX", "SEVERITY", ("Medium", "Moderate")),
        ("ROCKY_LINUX", "SEVERITY", ("Medium", "Moderate")),
        ("ALMA_LINUX", "SEVERITY", ("Medium", "Moderate")),
        ("AMAZON_LINUX_2", "PRODUCT", ("AmazonLinux2", "AmazonLinux2.0")),
        ("AMAZON_LINUX_2023", "SEVERITY", ("None",)),
        ("SUSE", "CLASSIFICATION", ("Yast", "Feature")),
        ("MACOS", "CLASSIFICATION", ("brew_cask",)),
        ("UBUNTU", "SECTION", ("universe/net",)),
        ("WINDOWS", "PATCH_ID", ("KB4480979",)),
        ("WINDOWS", "PRODUCT", ("WindowsServer2022", "MicrosoftDefenderAntivirus")),
        ("WINDOWS", "PRODUCT", ("Office 2016",)),
    ],
)
def test_values_that_clients_send_are_accepted(
    system: str, key: str, values: tuple[str, ...]
) -> None:
    given = replace(baseline(system=system), global_filters=(PatchFilter(key=key, values=values),))
    check_baseline(given, operating_systems()[system])


@pytest.mark.parametrize(
    ("system", "key", "value"),
    [
        ("AMAZON_LINUX", "PRODUCT", "All"),
        ("AMAZON_LINUX", "SEVERITY", "Moderate"),
        ("AMAZON_LINUX_2", "SEVERITY", "None"),
        ("REDHAT_ENTERPRISE_LINUX", "PRODUCT", "RedHatEnterpriseLinux8"),
        ("REDHAT_ENTERPRISE_LINUX", "PRODUCT", "RedhatEnterpriseLinux*"),
        ("SUSE", "SEVERITY", "Medium"),
        ("MACOS", "CLASSIFICATION", "Security"),
        ("WINDOWS", "CLASSIFICATION", "Security"),
        ("WINDOWS", "PATCH_SET", "OFFICE"),
        ("WINDOWS", "PRODUCT", "SQL Server 2019"),
        ("WINDOWS", "PRODUCT_FAMILY", "SQL Server"),
    ],
)
def test_values_that_a_system_does_not_have_are_refused(system: str, key: str, value: str) -> None:
    given = replace(
        baseline(system=system), global_filters=(PatchFilter(key=key, values=(value,)),)
    )
    valid = ", ".join(operating_systems()[system].filter_values[key])
    assert refusal(given) == (
        f"Invalid Filter Value: {value} for Key: {key}, valid values are: {valid}"
    )


SQL_SERVER = (
    PatchFilter(key="PRODUCT", values=("SQL Server 2019",)),
    PatchFilter(key="PRODUCT_FAMILY", values=("SQL Server",)),
)


@pytest.mark.parametrize("values", [("APPLICATION",), ("OS", "APPLICATION"), ("*",)])
def test_any_application_can_be_named(values: tuple[str, ...]) -> None:
    patch_set = PatchFilter(key="PATCH_SET", values=values)
    for filters in ((patch_set, *SQL_SERVER), (*SQL_SERVER, patch_set)):
        check_baseline(
            baseline(rule(*filters, days=0), system="WINDOWS"), operating_systems()["WINDOWS"]
        )


def test_what_is_no_product_is_checked_for_applications_too() -> None:
    patch_set = PatchFilter(key="PATCH_SET", values=("APPLICATION",))
    severity = PatchFilter(key="MSRC_SEVERITY", values=("Medium",))
    given = baseline(rule(patch_set, severity, days=0), system="WINDOWS")
    assert refusal(given).startswith("Invalid Filter Value: Medium for Key: MSRC_SEVERITY,")


def test_one_rule_on_applications_opens_no_other() -> None:
    patch_set = PatchFilter(key="PATCH_SET", values=("APPLICATION",))
    given = baseline(rule(patch_set, days=0), rule(*SQL_SERVER, days=0), system="WINDOWS")
    assert refusal(given).startswith("Invalid Filter Value: SQL Server 2019 for Key: PRODUCT,")


@pytest.mark.parametrize("system", sorted(operating_systems()))
@pytest.mark.parametrize("enabled", [True, False])
def test_updates_that_are_no_security_can_be_enabled_everywhere(system: str, enabled: bool) -> None:
    given = replace(
        baseline(
            ApprovalRule(filters=(), approve_after_days=0, enable_non_security=enabled),
            system=system,
        ),
        approved_patches_enable_non_security=enabled,
    )
    check_baseline(given, operating_systems()[system])


def test_a_source_can_be_for_any_product() -> None:
    source = PatchSource(name="mirror", products=("Debian99",), configuration="deb ...")
    check_baseline(replace(baseline(), sources=(source,)), operating_systems()["DEBIAN"])


def test_a_source_does_not_show_its_configuration() -> None:
    secret = PatchSource(name="mirror", products=("*",), configuration="deb https://a:hunter2@m")
    for shown in (repr(secret), str(secret), repr(replace(baseline(), sources=(secret,)))):
        assert "hunter2" not in shown
        assert "mirror" in shown


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
