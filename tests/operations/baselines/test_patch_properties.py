"""DescribePatchProperties: what filters take, by operating system."""

import itertools

import pytest

from driver import Api, Json, Refused
from patchwarden.data.load import operating_systems
from patchwarden.domain.baseline_validity import check_baseline
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter

PROPERTIES = [
    "PRODUCT",
    "PRODUCT_FAMILY",
    "CLASSIFICATION",
    "MSRC_SEVERITY",
    "PRIORITY",
    "SEVERITY",
]
SEVERAL_WITH_ADVISORIES = ["CLASSIFICATION", "PRODUCT", "SEVERITY"]
APT = ["PRIORITY", "PRODUCT"]
HAS = {
    **dict.fromkeys(operating_systems(), SEVERAL_WITH_ADVISORIES),
    **dict.fromkeys(("DEBIAN", "RASPBIAN", "UBUNTU"), APT),
    "MACOS": ["CLASSIFICATION", "PRODUCT"],
    "WINDOWS": ["CLASSIFICATION", "MSRC_SEVERITY", "PRODUCT", "PRODUCT_FAMILY"],
}


def properties(api: Api, system: str, key: str, **members: Json) -> list[dict[str, str]]:
    """Give what the first page lists."""
    answer = api.call("DescribePatchProperties", OperatingSystem=system, Property=key, **members)
    listed: list[dict[str, str]] = answer["Properties"]
    return listed


def names(listed: list[dict[str, str]]) -> list[str]:
    """Give the values themselves."""
    return [each["Name"] for each in listed]


def test_values_come_as_the_service_shows_them(api: Api) -> None:
    assert properties(api, "DEBIAN", "PRIORITY") == [
        {"Name": "Required"},
        {"Name": "Important"},
        {"Name": "Standard"},
        {"Name": "Optional"},
        {"Name": "Extra"},
    ]


@pytest.mark.parametrize("system", sorted(operating_systems()))
def test_each_operating_system_has_the_properties_of_the_contract(api: Api, system: str) -> None:
    having = sorted(key for key in PROPERTIES if properties(api, system, key))
    assert having == HAS[system]


@pytest.mark.parametrize("system", sorted(operating_systems()))
def test_the_values_are_those_that_filters_take(api: Api, system: str) -> None:
    rules = operating_systems()[system]
    for key, patch_set in itertools.product(PROPERTIES, ("OS", "APPLICATION")):
        for value in names(properties(api, system, key, PatchSet=patch_set)):
            rule = ApprovalRule(
                filters=(PatchFilter(key=key, values=(value,)),), approve_after_days=0
            )
            baseline = PatchBaseline(name="any", operating_system=system, approval_rules=(rule,))
            check_baseline(baseline, rules)


def test_products_of_windows_are_those_of_the_operating_system_unless_said_otherwise(
    api: Api,
) -> None:
    listed = properties(api, "WINDOWS", "PRODUCT")
    assert listed[0] == {"Name": "Windows7", "ProductFamily": "Windows"}
    assert "WindowsServer2019" in names(listed)
    assert {each["ProductFamily"] for each in listed} == {"Windows"}
    assert properties(api, "WINDOWS", "PRODUCT", PatchSet="OS") == listed
    assert properties(api, "WINDOWS", "PRODUCT_FAMILY") == [{"Name": "Windows"}]


def test_applications_are_a_set_of_their_own(api: Api) -> None:
    listed = properties(api, "WINDOWS", "PRODUCT", PatchSet="APPLICATION")
    assert {"Name": "Office 2016", "ProductFamily": "Office"} in listed
    assert not set(names(listed)) & set(names(properties(api, "WINDOWS", "PRODUCT")))
    families = names(properties(api, "WINDOWS", "PRODUCT_FAMILY", PatchSet="APPLICATION"))
    assert families == ["Active Directory", "Office"]


@pytest.mark.parametrize("key", ["CLASSIFICATION", "MSRC_SEVERITY"])
def test_both_sets_have_the_same_classifications_and_severities(api: Api, key: str) -> None:
    listed = properties(api, "WINDOWS", key)
    assert properties(api, "WINDOWS", key, PatchSet="APPLICATION") == listed


@pytest.mark.parametrize("patch_set", ["OS", "APPLICATION"])
def test_a_patch_set_makes_no_difference_elsewhere(api: Api, patch_set: str) -> None:
    listed = properties(api, "UBUNTU", "PRODUCT")
    assert properties(api, "UBUNTU", "PRODUCT", PatchSet=patch_set) == listed


@pytest.mark.parametrize("size", [1, 7, 50])
def test_pages_of_properties_miss_none_and_keep_the_order(api: Api, size: int) -> None:
    pages = list(
        api.pages(
            "DescribePatchProperties",
            OperatingSystem="REDHAT_ENTERPRISE_LINUX",
            Property="PRODUCT",
            MaxResults=size,
        )
    )
    walked = [entry for page in pages for entry in page["Properties"]]
    assert names(walked) == list(
        operating_systems()["REDHAT_ENTERPRISE_LINUX"].filter_values["PRODUCT"]
    )
    assert all(len(page["Properties"]) == size for page in pages[:-1])


def test_a_token_for_another_property_is_refused(api: Api) -> None:
    asked: dict[str, Json] = {"OperatingSystem": "DEBIAN", "MaxResults": 1}
    token = api.call("DescribePatchProperties", Property="PRODUCT", **asked)["NextToken"]
    with pytest.raises(Refused) as refused:
        api.call("DescribePatchProperties", Property="PRIORITY", NextToken=token, **asked)
    assert refused.value.code == "ValidationException"
