"""CreateMaintenanceWindow, and the operations that show, change, list and remove windows."""

import re
from typing import Any

import pytest

from driver import ACCOUNT, Api, Json, Refused
from fakes import NOW
from patchwarden.operations.maintenance_windows import MAX_WINDOWS
from patchwarden.store.database import Scope

ELSEWHERE = [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")]
UNKNOWN = "mw-fffffffffffffffff"
LEAST: dict[str, Any] = {
    "Name": "nightly",
    "Schedule": "cron(0 2 ? * SUN *)",
    "Duration": 3,
    "Cutoff": 1,
    "AllowUnassociatedTargets": False,
}
OPTIONAL: dict[str, Any] = {
    "Description": "each night",
    "StartDate": "2026-01-01T00:00:00-08:00",
    "EndDate": "2026-02-01T00:00:00Z",
    "ScheduleTimezone": "UTC",
    "ScheduleOffset": 2,
}


def create(api: Api, **members: Json) -> str:
    """Define a window that opens on Sundays, unless `members` say otherwise; give its id."""
    return str(api.call("CreateMaintenanceWindow", **{**LEAST, **members})["WindowId"])


def shown(api: Api, window_id: str) -> dict[str, Any]:
    """Give all of a window."""
    answer: dict[str, Any] = api.call("GetMaintenanceWindow", WindowId=window_id)
    return answer


def listed(api: Api, *filters: tuple[str, list[str]], **members: Json) -> list[Any]:
    """Give the windows that filters match."""
    given = [{"Key": key, "Values": values} for key, values in filters]
    answer = api.call("DescribeMaintenanceWindows", Filters=given, **members)
    windows: list[Any] = answer["WindowIdentities"]
    return windows


def test_a_new_window_has_an_id_in_the_service_s_form(api: Api) -> None:
    assert re.fullmatch(r"mw-[0-9a-f]{17}", create(api))


def test_a_new_window_is_open_and_shows_nothing_that_was_not_set(api: Api) -> None:
    window_id = create(api)
    assert shown(api, window_id) == {
        **LEAST,
        "WindowId": window_id,
        "Enabled": True,
        "CreatedDate": NOW,
        "ModifiedDate": NOW,
    }


def test_what_was_set_is_shown_as_it_was_set(api: Api) -> None:
    assert OPTIONAL.items() <= shown(api, create(api, **OPTIONAL)).items()


def test_tags_of_a_window_are_kept(api: Api) -> None:
    window_id = create(api, Tags=[{"Key": "Stage", "Value": "prod"}])
    answer = api.call("ListTagsForResource", ResourceType="MaintenanceWindow", ResourceId=window_id)
    assert answer == {"TagList": [{"Key": "Stage", "Value": "prod"}]}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Cutoff": 3}, "Cutoff was 3 but must be smaller than Duration"),
        ({"Schedule": "cron(0 2 * * SUN *)"}, "day of month or the day of week"),
        ({"ScheduleTimezone": "nowhere!"}, "not a time zone"),
        ({"StartDate": ""}, "Value '' at 'startDate'"),
        ({"EndDate": "2026-01-01"}, "not a date and time"),
        ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "50 tags, not 51"),
    ],
)
def test_a_window_at_fault_is_refused(api: Api, members: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        create(api, **members)
    assert refused.value.code == "ValidationException"
    assert listed(api) == []


def test_an_account_can_have_a_limited_number_of_windows(api: Api) -> None:
    for _ in range(MAX_WINDOWS):
        create(api)
    with pytest.raises(Refused, match="50 maintenance windows") as refused:
        create(api)
    assert refused.value.code == "ResourceLimitExceededException"
    api.call("CreateMaintenanceWindow", scope=ELSEWHERE[0], **LEAST)


def test_an_update_changes_what_it_names(api: Api) -> None:
    window_id = create(api, **OPTIONAL)
    api.clock.advance(60)
    echoed = api.call(
        "UpdateMaintenanceWindow", WindowId=window_id, Duration=5, Enabled=False, Name="weekly"
    )
    changed = {"Duration": 5, "Enabled": False, "Name": "weekly"}
    assert echoed == {**LEAST, **OPTIONAL, **changed, "WindowId": window_id}
    assert shown(api, window_id) == {**echoed, "CreatedDate": NOW, "ModifiedDate": NOW + 60}


def test_a_replacement_unsets_what_it_does_not_name(api: Api) -> None:
    window_id = create(api, **OPTIONAL)
    asked = {**LEAST, "Name": "weekly", "ScheduleTimezone": "Etc/UTC"}
    echoed = api.call("UpdateMaintenanceWindow", WindowId=window_id, Replace=True, **asked)
    assert echoed == {**asked, "WindowId": window_id, "Enabled": True}


def test_a_replacement_opens_no_window_that_was_closed(api: Api) -> None:
    window_id = create(api)
    api.call("UpdateMaintenanceWindow", WindowId=window_id, Enabled=False)
    echoed = api.call("UpdateMaintenanceWindow", WindowId=window_id, Replace=True, **LEAST)
    assert echoed["Enabled"] is False
    opened = api.call(
        "UpdateMaintenanceWindow", WindowId=window_id, Replace=True, Enabled=True, **LEAST
    )
    assert opened["Enabled"] is True


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_a_replacement_needs_what_a_new_window_needs(api: Api, missing: str) -> None:
    window_id = create(api)
    asked = {member: value for member, value in LEAST.items() if member != missing}
    with pytest.raises(Refused, match=f"missing: {missing}") as refused:
        api.call("UpdateMaintenanceWindow", WindowId=window_id, Replace=True, **asked)
    assert refused.value.code == "ValidationException"


@pytest.mark.parametrize(
    "members", [{"Cutoff": 3}, {"Duration": 1}, {"Schedule": "rate(7 days)"}, {"EndDate": ""}]
)
def test_an_update_is_checked_together_with_what_stays(api: Api, members: dict[str, Any]) -> None:
    window_id = create(api, **OPTIONAL)
    before = shown(api, window_id)
    with pytest.raises(Refused) as refused:
        api.call("UpdateMaintenanceWindow", WindowId=window_id, **members)
    assert refused.value.code == "ValidationException"
    assert shown(api, window_id) == before


@pytest.mark.parametrize("name", ["GetMaintenanceWindow", "UpdateMaintenanceWindow"])
def test_a_window_that_is_not_there(api: Api, name: str) -> None:
    with pytest.raises(Refused) as refused:
        api.call(name, WindowId=UNKNOWN)
    assert refused.value.code == "DoesNotExistException"
    assert refused.value.message == f"Maintenance window {UNKNOWN} does not exist"


@pytest.mark.parametrize("scope", ELSEWHERE)
def test_a_window_of_another_account_or_region_is_not_there(api: Api, scope: Scope) -> None:
    window_id = create(api)
    with pytest.raises(Refused) as refused:
        api.call("GetMaintenanceWindow", scope=scope, WindowId=window_id)
    assert refused.value.code == "DoesNotExistException"
    assert listed(api, scope=scope) == []
    api.call("DeleteMaintenanceWindow", scope=scope, WindowId=window_id)
    assert shown(api, window_id)["Name"] == "nightly"


def test_a_window_can_be_deleted_any_number_of_times(api: Api) -> None:
    window_id = create(api)
    for _ in range(2):
        answer = api.call("DeleteMaintenanceWindow", WindowId=window_id)
        assert answer == {"WindowId": window_id}
        assert listed(api) == []


def test_a_window_is_listed_with_what_identifies_it(api: Api) -> None:
    window_id = create(api, **OPTIONAL)
    expected = {**LEAST, **OPTIONAL, "WindowId": window_id, "Enabled": True}
    del expected["AllowUnassociatedTargets"]
    assert listed(api) == [expected]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([], {"nightly", "weekly", "closed"}),
        ([("Name", ["weekly"])], {"weekly"}),
        ([("Name", ["weekly", "closed", "other"])], {"weekly", "closed"}),
        ([("Name", ["week"])], set()),
        ([("Enabled", ["true"])], {"nightly", "weekly"}),
        ([("Enabled", ["True"])], {"nightly", "weekly"}),
        ([("Enabled", ["false"])], {"closed"}),
        ([("Enabled", ["true", "false"])], {"nightly", "weekly", "closed"}),
        ([("Enabled", ["true"]), ("Name", ["closed", "weekly"])], {"weekly"}),
    ],
)
def test_filters_narrow_the_windows(
    api: Api, filters: list[tuple[str, list[str]]], names: set[str]
) -> None:
    create(api)
    create(api, Name="weekly")
    api.call("UpdateMaintenanceWindow", WindowId=create(api, Name="closed"), Enabled=False)
    assert {window["Name"] for window in listed(api, *filters)} == names


@pytest.mark.parametrize(
    "filter_",
    [
        {"Key": "Description", "Values": ["a"]},
        {"Key": "name", "Values": ["a"]},
        {"Key": "Enabled", "Values": ["yes"]},
        {"Key": "Enabled", "Values": ["true", "yes"]},
        {"Key": "Enabled"},
        {"Key": "Name", "Values": []},
        {"Values": ["a"]},
    ],
)
def test_filters_of_windows_that_are_at_fault(api: Api, filter_: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeMaintenanceWindows", Filters=[filter_])
    assert refused.value.code == "ValidationException"


def test_pages_of_windows_miss_none(api: Api) -> None:
    ids = [create(api) for _ in range(25)]
    pages = list(api.pages("DescribeMaintenanceWindows", MaxResults=10))
    lists = [page["WindowIdentities"] for page in pages]
    assert [len(each) for each in lists] == [10, 10, 5]
    assert [window["WindowId"] for page in lists for window in page] == sorted(ids)


def test_a_token_for_other_windows_is_refused(api: Api) -> None:
    for _ in range(11):
        create(api)
    token = api.call("DescribeMaintenanceWindows", MaxResults=10)["NextToken"]
    with pytest.raises(Refused) as refused:
        listed(api, ("Enabled", ["true"]), NextToken=token)
    assert refused.value.code == "ValidationException"
