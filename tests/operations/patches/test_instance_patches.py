"""DescribeInstancePatches, by example."""

from pathlib import Path
from typing import Any

import pytest

from driver import ACCOUNT, Api, Refused
from fakes import NOW, package, report
from patchwarden.choices import Choices
from patchwarden.domain.facts import Package
from patchwarden.store.database import Scope

PATCHED = package("openssl", "3.0-1", security=True, priority="important", installed_at=NOW)
MISSING = package("bash", "5.2-1", update="5.2-2", security=True, installed_at=NOW)
OTHER = package("nano", "7.2-1")


def patches(api: Api, instance_id: str, *filters: tuple[str, list[str]]) -> list[Any]:
    """Give the patches of a node that filters match, which must fit a page."""
    given = [{"Key": key, "Values": values} for key, values in filters]
    answer = api.call("DescribeInstancePatches", InstanceId=instance_id, Filters=given)
    assert answer["NextToken"] == ""
    found: list[Any] = answer["Patches"]
    return found


def many(count: int) -> list[Package]:
    """Make packages whose names are in order."""
    return [package(f"lib{number:03}") for number in range(count)]


@pytest.fixture
def instance_id(api: Api) -> str:
    """Register a node that has reported one patch of each kind."""
    instance_id = api.register_node()
    api.submit(instance_id, report([PATCHED, MISSING, OTHER]))
    return instance_id


def test_an_answer_is_written_as_the_service_writes_it(api: Api, instance_id: str) -> None:
    assert api.call_bytes("DescribeInstancePatches", InstanceId=instance_id).decode() == (
        '{"Patches":['
        '{"Title":"openssl.amd64:3.0-1","KBId":"openssl.amd64","Classification":"Security",'
        '"Severity":"important","State":"INSTALLED","InstalledTime":1764000000.0},'
        '{"Title":"nano.amd64:7.2-1","KBId":"nano.amd64","Classification":"","Severity":"",'
        '"State":"INSTALLED_OTHER","InstalledTime":0.0},'
        '{"Title":"bash.amd64:5.2-2","KBId":"bash.amd64","Classification":"Security",'
        '"Severity":"optional","State":"MISSING","InstalledTime":0.0}'
        '],"NextToken":""}'
    )


def test_a_node_that_never_reported_has_no_patches(api: Api) -> None:
    assert api.call("DescribeInstancePatches", InstanceId=api.register_node()) == {
        "Patches": [],
        "NextToken": "",
    }


def test_a_node_with_no_packages_has_no_patches(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report())
    assert patches(api, instance_id) == []


@pytest.mark.parametrize("scope", [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")])
def test_a_node_elsewhere_is_unknown(api: Api, instance_id: str, scope: Scope) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", scope=scope, InstanceId=instance_id)
    assert refused.value.code == "InvalidInstanceId"


def test_an_unknown_node_is_refused(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", InstanceId="mi-fffffffffffffffff")
    assert refused.value.code == "InvalidInstanceId"


@pytest.mark.parametrize(
    "members",
    [{"InstanceId": "web-1"}, {"MaxResults": 9}, {"MaxResults": 101}],
)
def test_a_request_that_breaks_a_constraint_is_refused(
    api: Api, instance_id: str, members: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", **{"InstanceId": instance_id, **members})
    assert refused.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([("State", ["MISSING"])], ["bash"]),
        ([("State", ["Missing"])], ["bash"]),
        ([("State", ["InstalledOther", "INSTALLED"])], ["openssl", "nano"]),
        ([("State", ["missing"])], []),
        ([("State", ["Sleeping"])], []),
        ([("State", ["Sleeping", "Missing"])], ["bash"]),
        ([("State", ["Missing", "Installed"]), ("State", ["Installed"])], ["openssl"]),
        ([("State", ["Missing"]), ("State", ["Installed"])], []),
        ([("KBId", ["bash.amd64", "nano.amd64"])], ["nano", "bash"]),
        ([("KBId", ["bash"])], []),
        ([("KBId", ["BASH.AMD64"])], []),
        ([("Classification", ["Security"])], ["openssl", "bash"]),
        ([("Classification", ["Security"]), ("State", ["Missing"])], ["bash"]),
        ([("Classification", ["Security"]), ("Severity", ["important"])], ["openssl"]),
        ([("Severity", ["Important"])], []),
        ([], ["openssl", "nano", "bash"]),
    ],
)
def test_filters_narrow_the_patches(
    api: Api, instance_id: str, filters: list[tuple[str, list[str]]], names: list[str]
) -> None:
    found = [patch["KBId"].removesuffix(".amd64") for patch in patches(api, instance_id, *filters)]
    assert found == names


@pytest.mark.parametrize(
    "filter_",
    [
        {"Key": "Title", "Values": ["a"]},
        {"Key": "state", "Values": ["Missing"]},
        {"Key": "CLASSIFICATION", "Values": ["Security"]},
        {"Key": "State"},
        {"Key": "State", "Values": []},
        {"Values": ["Missing"]},
        {},
    ],
)
def test_filters_of_patches_that_are_at_fault(
    api: Api, instance_id: str, filter_: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", InstanceId=instance_id, Filters=[filter_])
    assert refused.value.code == "InvalidFilter"


def test_states_can_be_spelled_as_the_live_service_does(tmp_path: Path) -> None:
    api = Api(tmp_path / "data", Choices(state_spelling="service"))
    instance_id = api.register_node()
    api.submit(instance_id, report([PATCHED, MISSING, OTHER]))
    states = [patch["State"] for patch in patches(api, instance_id)]
    api.close()
    assert states == ["Installed", "InstalledOther", "Missing"]


def test_who_installed_a_patch_is_told_where_the_node_knows(api: Api) -> None:
    instance_id = api.register_node()
    packages = [package("a", installed_by='Ada "A"'), package("b"), package("c", installed_by="Bo")]
    api.submit(instance_id, report(packages))
    found = patches(api, instance_id, ("KBId", ["a.amd64", "b.amd64", "c.amd64"]))
    assert [patch.get("InstalledBy") for patch in found] == ['Ada "A"', None, "Bo"]


def test_a_page_has_fifty_patches_unless_said_otherwise(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(51)))
    pages = list(api.pages("DescribeInstancePatches", InstanceId=instance_id))
    assert [len(page["Patches"]) for page in pages] == [50, 1]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [([], [10, 10]), ([{"Key": "State", "Values": ["InstalledOther"]}], [10, 10])],
)
def test_a_walk_that_ends_with_a_full_page_has_no_empty_one(
    api: Api, filters: list[dict[str, Any]], expected: list[int]
) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report([*many(20)]))
    request: dict[str, Any] = {"InstanceId": instance_id, "Filters": filters, "MaxResults": 10}
    pages = list(api.pages("DescribeInstancePatches", **request))
    assert [len(page["Patches"]) for page in pages] == expected


def test_the_page_size_can_change_on_the_way(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(40)))
    first = api.call("DescribeInstancePatches", InstanceId=instance_id, MaxResults=10)
    rest = api.call(
        "DescribeInstancePatches",
        InstanceId=instance_id,
        MaxResults=100,
        NextToken=first["NextToken"],
    )
    names = [patch["KBId"] for page in (first, rest) for patch in page["Patches"]]
    assert names == [f"lib{number:03}.amd64" for number in range(40)]


def test_tokens_differ_on_every_page_and_every_call(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(40)))
    request: dict[str, Any] = {"InstanceId": instance_id, "MaxResults": 10}
    walks = [list(api.pages("DescribeInstancePatches", **request)) for _ in range(2)]
    tokens = [page["NextToken"] for walk in walks for page in walk if page["NextToken"]]
    assert len(set(tokens)) == len(tokens) == 6


@pytest.mark.parametrize(
    "members",
    [
        {"InstanceId": "mi-fffffffffffffffff"},
        {"Filters": [{"Key": "State", "Values": ["Installed"]}]},
        {"scope": Scope("999999999999", "us-east-1")},
        {"scope": Scope(ACCOUNT, "eu-west-1")},
        {"NextToken": "AAAA"},
    ],
)
def test_a_token_continues_its_own_request_only(api: Api, members: dict[str, Any]) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(40)))
    request: dict[str, Any] = {"InstanceId": instance_id, "MaxResults": 10}
    token = api.call("DescribeInstancePatches", **request)["NextToken"]
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", **{**request, "NextToken": token, **members})
    assert refused.value.code == "InvalidNextToken"


def test_a_token_of_another_operation_is_refused(api: Api) -> None:
    ids = [api.register_node() for _ in range(11)]
    token = api.call("DescribeInstancePatchStates", InstanceIds=ids, MaxResults=10)["NextToken"]
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", InstanceId=ids[0], NextToken=token)
    assert refused.value.code == "InvalidNextToken"


def test_a_token_expires(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(20)))
    request: dict[str, Any] = {"InstanceId": instance_id, "MaxResults": 10}
    token = api.call("DescribeInstancePatches", **request)["NextToken"]
    api.clock.advance(api.choices.token_lifetime_s - 1)
    assert api.call("DescribeInstancePatches", **request, NextToken=token)["Patches"]
    api.clock.advance(1)
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", **request, NextToken=token)
    assert refused.value.code == "InvalidNextToken"


def test_an_evaluation_outlives_its_successor_as_long_as_tokens_do(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(20)))
    request: dict[str, Any] = {"InstanceId": instance_id, "MaxResults": 10}
    token = api.call("DescribeInstancePatches", **request)["NextToken"]
    for minute in range(59):
        api.clock.advance(60)
        api.submit(instance_id, report(many(minute), at=api.clock.now))
    rest = api.call("DescribeInstancePatches", **request, NextToken=token)["Patches"]
    assert [patch["KBId"] for patch in rest] == [f"lib{n:03}.amd64" for n in range(10, 20)]


def test_a_walk_ends_when_its_node_is_deregistered(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report(many(20)))
    request: dict[str, Any] = {"InstanceId": instance_id, "MaxResults": 10}
    token = api.call("DescribeInstancePatches", **request)["NextToken"]
    api.call("DeregisterManagedInstance", InstanceId=instance_id)
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", **request, NextToken=token)
    assert refused.value.code == "InvalidNextToken"


def test_an_evaluation_that_is_outdated_is_made_again_on_reading(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report([MISSING]))
    with api.db.transaction():
        api.db.execute("UPDATE verdicts SET engine = 'an older one'")
    assert [patch["State"] for patch in patches(api, instance_id)] == ["MISSING"]
    assert api.db.all("SELECT DISTINCT engine FROM verdicts WHERE superseded_at IS NULL") == [
        (api.resources.engine.identity,)
    ]
