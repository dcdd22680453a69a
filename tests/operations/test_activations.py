"""CreateActivation, DescribeActivations and DeleteActivation."""

import re
from typing import Any

import pytest

from driver import SCOPE, Api, Refused
from fakes import NOW
from patchwarden.store import activations
from patchwarden.store.database import Scope
from patchwarden.store.sqlite import SqliteDatabase

DAY_S = 24 * 3600
UNKNOWN = "00000000-0000-4000-8000-00000000ffff"


def test_an_activation_has_the_published_defaults(api: Api) -> None:
    made = api.call("CreateActivation", IamRole="PatchNode")
    (shown,) = api.call("DescribeActivations")["ActivationList"]
    assert shown == {
        "ActivationId": made["ActivationId"],
        "IamRole": "PatchNode",
        "RegistrationLimit": 1,
        "RegistrationsCount": 0,
        "ExpirationDate": NOW + DAY_S,
        "Expired": False,
        "CreatedDate": NOW,
    }


def test_an_activation_shows_what_it_was_made_with(api: Api) -> None:
    given: dict[str, Any] = {
        "IamRole": "PatchNode",
        "Description": "rack 7",
        "DefaultInstanceName": "web",
        "RegistrationLimit": 20,
        "ExpirationDate": NOW + 3600.25,
        "Tags": [{"Key": "Patch Group", "Value": "prod"}, {"Key": "A", "Value": ""}],
    }
    api.call("CreateActivation", **given)
    (shown,) = api.call("DescribeActivations")["ActivationList"]
    given["Tags"] = [{"Key": "A", "Value": ""}, {"Key": "Patch Group", "Value": "prod"}]
    assert shown.items() >= given.items()


@pytest.mark.sqlite_only
def test_a_code_can_stand_in_a_url_and_is_not_kept(api: Api) -> None:
    made = api.call("CreateActivation", IamRole="PatchNode")
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{19,249}", made["ActivationCode"])
    api.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert isinstance(api.db, SqliteDatabase)
    assert made["ActivationCode"].encode() not in api.db.path.read_bytes()


def test_every_activation_has_its_own_id_and_code(api: Api) -> None:
    made = [api.call("CreateActivation", IamRole="PatchNode") for _ in range(3)]
    assert len({each["ActivationId"] for each in made}) == 3
    assert len({each["ActivationCode"] for each in made}) == 3


@pytest.mark.parametrize("ahead_s", [-1.0, 0.0, 30 * DAY_S + 1.0])
def test_an_expiration_in_the_past_or_far_ahead_is_refused(api: Api, ahead_s: float) -> None:
    with pytest.raises(Refused) as refused:
        api.call("CreateActivation", IamRole="PatchNode", ExpirationDate=NOW + ahead_s)
    assert refused.value.code == "InvalidParameters"


def test_an_activation_can_last_thirty_days(api: Api) -> None:
    api.call("CreateActivation", IamRole="PatchNode", ExpirationDate=NOW + 30 * DAY_S)


def test_more_tags_than_a_resource_can_have_are_refused(api: Api) -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    with pytest.raises(Refused) as refused:
        api.call("CreateActivation", IamRole="PatchNode", Tags=tags)
    assert refused.value.code == "ValidationException"


def test_an_activation_is_shown_as_expired_when_its_time_has_come(api: Api) -> None:
    api.call("CreateActivation", IamRole="PatchNode")
    api.clock.advance(DAY_S)
    (shown,) = api.call("DescribeActivations")["ActivationList"]
    assert shown["Expired"] is True


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([("DefaultInstanceName", ["a"])], ["a"]),
        ([("DefaultInstanceName", ["a", "c"])], ["c", "a"]),
        ([("IamRole", ["Other"])], ["b"]),
        ([("IamRole", ["PatchNode"]), ("DefaultInstanceName", ["b"])], []),
        ([("DefaultInstanceName", ["A"])], []),
    ],
)
def test_filters_narrow_the_activations(
    api: Api, filters: list[tuple[str, list[str]]], names: list[str]
) -> None:
    for name, role in [("a", "PatchNode"), ("b", "Other"), ("c", "PatchNode")]:
        api.clock.advance(1)
        api.call("CreateActivation", IamRole=role, DefaultInstanceName=name)
    shown = api.call(
        "DescribeActivations",
        Filters=[{"FilterKey": key, "FilterValues": values} for key, values in filters],
    )
    assert [each["DefaultInstanceName"] for each in shown["ActivationList"]] == names


def test_an_activation_is_found_by_its_id(api: Api) -> None:
    made = [api.call("CreateActivation", IamRole="PatchNode") for _ in range(3)]
    wanted = made[1]["ActivationId"]
    filters = [{"FilterKey": "ActivationIds", "FilterValues": [wanted, UNKNOWN]}]
    shown = api.call("DescribeActivations", Filters=filters)["ActivationList"]
    assert [each["ActivationId"] for each in shown] == [wanted]


@pytest.mark.parametrize(
    "filter_",
    [
        {},
        {"FilterKey": "IamRole"},
        {"FilterValues": ["a"]},
        {"FilterKey": "IamRole", "FilterValues": []},
    ],
)
def test_half_a_filter_of_activations_is_refused(api: Api, filter_: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeActivations", Filters=[filter_])
    assert refused.value.code == "InvalidFilter"


def test_pages_of_activations_are_newest_first_and_miss_none(api: Api) -> None:
    made = []
    for number in range(7):
        api.clock.advance(number % 3 * 0.5)
        made.append(api.call("CreateActivation", IamRole="PatchNode")["ActivationId"])
    pages = list(api.pages("DescribeActivations", MaxResults=3))
    shown = [each for page in pages for each in page["ActivationList"]]
    assert [len(page["ActivationList"]) for page in pages] == [3, 3, 1]
    assert sorted(each["ActivationId"] for each in shown) == sorted(made)
    created = [each["CreatedDate"] for each in shown]
    assert created == sorted(created, reverse=True)


def test_a_foreign_token_is_refused_by_describe_activations(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeActivations", NextToken="AAAA")
    assert refused.value.code == "InvalidNextToken"


def test_a_deleted_activation_is_gone_and_its_nodes_stay(api: Api) -> None:
    instance_id = api.register_node()
    (activation,) = api.call("DescribeActivations")["ActivationList"]
    assert api.call("DeleteActivation", ActivationId=activation["ActivationId"]) == {}
    assert api.call("DescribeActivations")["ActivationList"] == []
    (node,) = api.call("DescribeInstanceInformation")["InstanceInformationList"]
    assert node["InstanceId"] == instance_id


@pytest.mark.parametrize(
    "scope", [SCOPE, Scope("999999999999", "us-east-1"), Scope("123456789012", "eu-west-1")]
)
def test_an_activation_that_is_not_there_cannot_be_deleted(api: Api, scope: Scope) -> None:
    made = api.call("CreateActivation", IamRole="PatchNode")
    activation_id = UNKNOWN if scope == SCOPE else made["ActivationId"]
    with pytest.raises(Refused) as refused:
        api.call("DeleteActivation", scope=scope, ActivationId=activation_id)
    assert refused.value.code == "InvalidActivation"
    assert activations.find(api.db, made["ActivationId"]) is not None


def test_activations_of_another_account_or_region_are_not_shown(api: Api) -> None:
    api.call("CreateActivation", IamRole="PatchNode")
    for scope in (Scope("999999999999", "us-east-1"), Scope("123456789012", "eu-west-1")):
        assert api.call("DescribeActivations", scope=scope)["ActivationList"] == []
