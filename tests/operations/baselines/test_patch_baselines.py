"""GetPatchBaseline, DescribePatchBaselines and the defaults."""

from collections import Counter
from typing import Any

import pytest

from baseline_requests import (
    DEBIAN_ARN,
    ELSEWHERE,
    FULL,
    WINDOWS_ARN,
    WINDOWS_OS_ARN,
    create,
    listed,
    own_arn,
    register_for_group,
)
from driver import ACCOUNT, SCOPE, Api, Refused
from fakes import NOW, package, report
from patchwarden.data.load import operating_systems
from patchwarden.store import baselines
from patchwarden.store.database import Scope

OF_EVERY_BASELINE = [
    *("BaselineId", "Name", "OperatingSystem", "GlobalFilters", "ApprovalRules"),
    *("ApprovedPatches", "ApprovedPatchesComplianceLevel", "ApprovedPatchesEnableNonSecurity"),
    *("RejectedPatches", "RejectedPatchesAction", "PatchGroups", "CreatedDate", "ModifiedDate"),
    *("Description", "Sources"),
]
"""The members, in the order of the contract (4.2)."""
SECURITY_UPDATES = "AvailableSecurityUpdatesComplianceStatus"
"""The member that only baselines for Windows have."""


def test_what_was_never_set_is_shown_with_its_default(api: Api) -> None:
    baseline_id = create(api)
    shown = api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert list(shown.items()) == [
        ("BaselineId", baseline_id),
        ("Name", "mine"),
        ("OperatingSystem", "DEBIAN"),
        ("GlobalFilters", {"PatchFilters": []}),
        ("ApprovalRules", {"PatchRules": []}),
        ("ApprovedPatches", []),
        ("ApprovedPatchesComplianceLevel", "UNSPECIFIED"),
        ("ApprovedPatchesEnableNonSecurity", False),
        ("RejectedPatches", []),
        ("RejectedPatchesAction", "ALLOW_AS_DEPENDENCY"),
        ("PatchGroups", []),
        ("CreatedDate", NOW),
        ("ModifiedDate", NOW),
        ("Sources", []),
    ]


def test_what_was_set_is_shown_as_it_was_set(api: Api) -> None:
    api.clock.advance(0.1239)
    baseline_id = create(api, **FULL)
    shown = api.call("GetPatchBaseline", BaselineId=baseline_id)
    added = {
        "BaselineId": baseline_id,
        "PatchGroups": [],
        "CreatedDate": NOW + 0.124,
        "ModifiedDate": NOW + 0.124,
    }
    assert shown == FULL | added


def test_a_rule_is_shown_with_its_defaults(api: Api) -> None:
    rule = {"PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": ["*"]}]}}
    baseline_id = create(api, ApprovalRules={"PatchRules": [rule]})
    shown = api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert shown["ApprovalRules"]["PatchRules"] == [
        rule | {"ComplianceLevel": "UNSPECIFIED", "EnableNonSecurity": False}
    ]


def test_a_baseline_is_for_windows_unless_said_otherwise(api: Api) -> None:
    baseline_id = api.call("CreatePatchBaseline", Name="mine")["BaselineId"]
    shown = api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert shown["OperatingSystem"] == "WINDOWS"
    assert shown["AvailableSecurityUpdatesComplianceStatus"] == "COMPLIANT"


def test_the_setting_that_only_windows_has_is_kept(api: Api) -> None:
    baseline_id = create(
        api,
        OperatingSystem="WINDOWS",
        AvailableSecurityUpdatesComplianceStatus="NON_COMPLIANT",
    )
    shown = api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert shown["AvailableSecurityUpdatesComplianceStatus"] == "NON_COMPLIANT"


def test_a_baseline_names_the_groups_that_it_is_registered_for(api: Api) -> None:
    baseline_id = create(api)
    for group in ("web", "db"):
        register_for_group(api, group, baseline_id)
    register_for_group(api, "else", create(api))
    for asked in (baseline_id, own_arn(baseline_id)):
        assert api.call("GetPatchBaseline", BaselineId=asked)["PatchGroups"] == ["db", "web"]


def test_a_predefined_baseline_names_its_groups_too(api: Api) -> None:
    register_for_group(api, "db", DEBIAN_ARN)
    assert api.call("GetPatchBaseline", BaselineId=DEBIAN_ARN)["PatchGroups"] == ["db"]
    elsewhere = DEBIAN_ARN.replace("075727635805", "845259048710").replace("us-east-1", "eu-west-1")
    shown = api.call("GetPatchBaseline", scope=ELSEWHERE[1], BaselineId=elsewhere)
    assert shown["PatchGroups"] == []


def test_an_own_baseline_is_found_by_id_and_by_arn_and_shown_by_id(api: Api) -> None:
    baseline_id = create(api)
    by_id = api.call("GetPatchBaseline", BaselineId=baseline_id)
    assert api.call("GetPatchBaseline", BaselineId=own_arn(baseline_id)) == by_id
    assert by_id["BaselineId"] == baseline_id


def test_a_predefined_baseline_is_found_and_shown_by_arn(api: Api) -> None:
    shown = api.call("GetPatchBaseline", BaselineId=WINDOWS_ARN)
    assert shown["BaselineId"] == WINDOWS_ARN
    assert shown["Name"] == "AWS-DefaultPatchBaseline"
    assert shown["Description"] == "Default Patch Baseline Provided by AWS."
    assert shown["CreatedDate"] == shown["ModifiedDate"] == 1525194800.068
    assert shown["AvailableSecurityUpdatesComplianceStatus"] == "NON_COMPLIANT"
    (rule,) = shown["ApprovalRules"]["PatchRules"]
    assert rule["ApproveAfterDays"] == 7


def test_every_predefined_baseline_is_shown_whole_and_in_the_service_s_order(api: Api) -> None:
    every = listed(api, ("OWNER", ["AWS"]))
    assert len(every) == 17
    for each in every:
        shown = api.call("GetPatchBaseline", BaselineId=each["BaselineId"])
        of_windows = each["OperatingSystem"] == "WINDOWS"
        assert list(shown) == OF_EVERY_BASELINE + [SECURITY_UPDATES] * of_windows
        assert shown["CreatedDate"] == shown["ModifiedDate"]
        assert shown["Sources"] == shown["ApprovedPatches"] == shown["RejectedPatches"] == []
        for rule in shown["ApprovalRules"]["PatchRules"]:
            assert list(rule) == [
                *("PatchFilterGroup", "ComplianceLevel", "ApproveAfterDays", "EnableNonSecurity"),
            ]


@pytest.mark.parametrize(
    "baseline_id",
    [
        "pb-0000000000000ffff",
        DEBIAN_ARN.rpartition("/")[2],
        DEBIAN_ARN.replace("us-east-1", "eu-west-1"),
        DEBIAN_ARN.replace("075727635805", ACCOUNT),
        own_arn("pb-0000000000000ffff"),
    ],
)
@pytest.mark.parametrize("name", ["GetPatchBaseline", "RegisterDefaultPatchBaseline"])
def test_a_baseline_that_is_not_there(api: Api, name: str, baseline_id: str) -> None:
    with pytest.raises(Refused) as refused:
        api.call(name, BaselineId=baseline_id)
    assert refused.value.code == "DoesNotExistException"
    assert refused.value.message == "Patch Baseline to be retrieved does not exist."


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_a_baseline_of_another_account_or_region_is_not_there(api: Api, scope: Scope) -> None:
    baseline_id = create(api)
    for asked in (baseline_id, own_arn(baseline_id), own_arn(baseline_id, scope)):
        with pytest.raises(Refused) as refused:
            api.call("GetPatchBaseline", scope=scope, BaselineId=asked)
        assert refused.value.code == "DoesNotExistException"


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_the_arn_of_a_baseline_elsewhere_does_not_name_the_own_one(api: Api, scope: Scope) -> None:
    baseline_id = create(api)
    with pytest.raises(Refused) as refused:
        api.call("GetPatchBaseline", BaselineId=own_arn(baseline_id, scope))
    assert refused.value.code == "DoesNotExistException"


@pytest.mark.parametrize(
    "baseline_id",
    [
        "pb-0000000000000FFFF",
        "pb-0000000000000ffff0",
        "mi-00000000000000000",
        "arn:aws:ssm:us-east-1:123456789012:document/pb-0000000000000ffff",
        "x" * 20,
    ],
)
@pytest.mark.parametrize("name", ["GetPatchBaseline", "RegisterDefaultPatchBaseline"])
def test_what_is_not_the_id_of_a_baseline(api: Api, name: str, baseline_id: str) -> None:
    with pytest.raises(Refused) as refused:
        api.call(name, BaselineId=baseline_id)
    assert refused.value.code == "InvalidResourceId"


def test_the_predefined_baselines_come_first_and_each_kind_by_id(api: Api) -> None:
    own = sorted(create(api) for _ in range(3))
    ids = [each["BaselineId"] for each in listed(api)]
    predefined, rest = ids[:-3], ids[-3:]
    assert len(predefined) == 17
    assert predefined == sorted(predefined)
    assert all(each.startswith("arn:aws:ssm:us-east-1:075727635805:") for each in predefined)
    assert rest == own


def test_a_baseline_is_listed_with_what_identifies_it(api: Api) -> None:
    baseline_id = create(api)
    assert listed(api, ("OWNER", ["Self"])) == [
        {
            "BaselineId": baseline_id,
            "BaselineName": "mine",
            "OperatingSystem": "DEBIAN",
            "DefaultBaseline": False,
        }
    ]
    (predefined,) = listed(api, ("OWNER", ["AWS"]), ("OPERATING_SYSTEM", ["DEBIAN"]))
    assert predefined == {
        "BaselineId": DEBIAN_ARN,
        "BaselineName": "AWS-DebianDefaultPatchBaseline",
        "OperatingSystem": "DEBIAN",
        "BaselineDescription": "Default Patch Baseline for Debian Provided by AWS.",
        "DefaultBaseline": True,
    }


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([("NAME_PREFIX", ["My-"])], {"My-web", "My-db"}),
        ([("NAME_PREFIX", ["My-w", "Our"])], {"My-web", "Our-web"}),
        ([("NAME_PREFIX", ["my-"])], set()),
        ([("OWNER", ["Self"])], {"My-web", "My-db", "Our-web"}),
        ([("OWNER", ["Self"]), ("OPERATING_SYSTEM", ["UBUNTU"])], {"My-db"}),
        ([("OWNER", ["Self"]), ("NAME_PREFIX", ["Our"])], {"Our-web"}),
        (
            [("OPERATING_SYSTEM", ["UBUNTU"])],
            {"My-db", "AWS-UbuntuDefaultPatchBaseline"},
        ),
        (
            [("OWNER", ["All"]), ("OPERATING_SYSTEM", ["UBUNTU", "MACOS"])],
            {"My-db", "AWS-UbuntuDefaultPatchBaseline", "AWS-MacOSDefaultPatchBaseline"},
        ),
        ([("OWNER", ["AWS", "Self"]), ("NAME_PREFIX", ["My-w"])], {"My-web"}),
        ([("OPERATING_SYSTEM", ["PLAN9"])], set()),
    ],
)
def test_filters_narrow_the_baselines(
    api: Api, filters: list[tuple[str, list[str]]], names: set[str]
) -> None:
    create(api, Name="My-web")
    create(api, Name="My-db", OperatingSystem="UBUNTU")
    create(api, Name="Our-web")
    assert {each["BaselineName"] for each in listed(api, *filters)} == names


@pytest.mark.parametrize(
    "filter_",
    [
        {"Key": "NAME", "Values": ["a"]},
        {"Key": "OWNER", "Values": ["Me"]},
        {"Key": "OWNER", "Values": ["Self", "self"]},
        {"Key": "OWNER"},
        {"Key": "OWNER", "Values": []},
        {"Values": ["a"]},
    ],
)
def test_filters_of_baselines_that_are_at_fault(api: Api, filter_: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribePatchBaselines", Filters=[filter_])
    assert refused.value.code == "ValidationException"


def test_pages_of_baselines_miss_none(api: Api) -> None:
    create(api)
    pages = list(api.pages("DescribePatchBaselines", MaxResults=6))
    lists = [page["BaselineIdentities"] for page in pages]
    assert [len(each) for each in lists] == [6, 6, 6]
    assert [each for page in lists for each in page] == listed(api)


def test_a_token_for_other_filters_is_refused(api: Api) -> None:
    token = api.call("DescribePatchBaselines", MaxResults=1)["NextToken"]
    with pytest.raises(Refused) as refused:
        listed(api, ("OWNER", ["AWS"]), NextToken=token)
    assert refused.value.code == "ValidationException"


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_a_token_of_another_account_or_region_is_refused(api: Api, scope: Scope) -> None:
    token = api.call("DescribePatchBaselines", MaxResults=1)["NextToken"]
    with pytest.raises(Refused) as refused:
        api.call("DescribePatchBaselines", scope=scope, NextToken=token)
    assert refused.value.code == "ValidationException"


def test_a_token_of_another_operation_is_no_token_for_baselines(api: Api) -> None:
    for _ in range(2):
        api.call("CreateActivation", IamRole="PatchNode")
    token = api.call("DescribeActivations", MaxResults=1)["NextToken"]
    with pytest.raises(Refused) as refused:
        api.call("DescribePatchBaselines", NextToken=token)
    assert refused.value.code == "ValidationException"


def test_exactly_one_baseline_of_each_operating_system_is_the_default(api: Api) -> None:
    once_each = dict.fromkeys(operating_systems(), 1)
    api.call("RegisterDefaultPatchBaseline", BaselineId=WINDOWS_OS_ARN)
    api.call("RegisterDefaultPatchBaseline", BaselineId=create(api))
    assert _defaults(api) == once_each


def test_the_predefined_default_holds_until_another_is_registered(api: Api) -> None:
    shown = api.call("GetDefaultPatchBaseline", OperatingSystem="DEBIAN")
    assert shown == {"BaselineId": DEBIAN_ARN, "OperatingSystem": "DEBIAN"}
    assert _defaults(api) == dict.fromkeys(operating_systems(), 1)


def test_the_default_is_that_of_windows_unless_said_otherwise(api: Api) -> None:
    shown = api.call("GetDefaultPatchBaseline")
    assert shown == {"BaselineId": WINDOWS_ARN, "OperatingSystem": "WINDOWS"}


def test_an_own_baseline_becomes_the_default_and_the_predefined_one_again(api: Api) -> None:
    baseline_id = create(api)
    for given, shown in [
        (baseline_id, baseline_id),
        (own_arn(baseline_id), baseline_id),
        (DEBIAN_ARN, DEBIAN_ARN),
    ]:
        echoed = api.call("RegisterDefaultPatchBaseline", BaselineId=given)
        assert echoed == {"BaselineId": given}
        default = api.call("GetDefaultPatchBaseline", OperatingSystem="DEBIAN")
        assert default == {"BaselineId": shown, "OperatingSystem": "DEBIAN"}


def test_registering_the_present_default_again_changes_nothing(api: Api) -> None:
    baseline_id = create(api)
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline_id)
    before = baselines.policy_generation(api.db, SCOPE)
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline_id)
    assert baselines.policy_generation(api.db, SCOPE) == before


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_a_default_belongs_to_an_account_and_region(api: Api, scope: Scope) -> None:
    before = api.call("GetDefaultPatchBaseline", scope=scope, OperatingSystem="DEBIAN")
    api.call("RegisterDefaultPatchBaseline", BaselineId=create(api))
    after = api.call("GetDefaultPatchBaseline", scope=scope, OperatingSystem="DEBIAN")
    assert after == before


def test_nodes_are_judged_by_the_new_default_at_once(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report([package("bash", update="2.0-1")]))
    assert _states(api, instance_id) == ["INSTALLED_OTHER"]
    rule = {"PatchFilterGroup": {"PatchFilters": []}, "EnableNonSecurity": True}
    baseline_id = create(api, ApprovalRules={"PatchRules": [rule]})
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline_id)
    assert _states(api, instance_id) == ["MISSING"]
    api.call("RegisterDefaultPatchBaseline", BaselineId=DEBIAN_ARN)
    assert _states(api, instance_id) == ["INSTALLED_OTHER"]


def _defaults(api: Api) -> Counter[str]:
    return Counter(each["OperatingSystem"] for each in listed(api) if each["DefaultBaseline"])


def _states(api: Api, instance_id: str) -> list[str]:
    patches = api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]
    return [patch["State"] for patch in patches]
