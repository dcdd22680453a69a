"""DescribeInstanceProperties."""

from typing import Any

import pytest

from driver import Api, Json, Refused
from fakes import NOW, report

UNKNOWN = "mi-fffffffffffffffff"
EC2 = "i-0123456789abcdef0"


def shown(api: Api, **members: Json) -> list[Any]:
    """Give the nodes of one page."""
    answer: list[Any] = api.call("DescribeInstanceProperties", **members)["InstanceProperties"]
    return answer


def names(api: Api, *filters: tuple[str, str | None, list[str]]) -> list[str]:
    """Give the names of the nodes that filters match."""
    given: list[dict[str, object]] = [
        {"Key": key, "Values": values, **({} if comparison is None else {"Operator": comparison})}
        for key, comparison, values in filters
    ]
    members = {"FiltersWithOperator": given} if given else {}
    return sorted(each.get("Name", "ec2") for each in shown(api, **members))


def test_a_node_that_reported_is_shown_with_what_is_known(api: Api) -> None:
    instance_id = api.register_node(DefaultInstanceName="web")
    api.clock.advance(10.5)
    api.submit(instance_id, report(at=NOW))
    (activation,) = api.call("DescribeActivations")["ActivationList"]
    assert shown(api) == [
        {
            "Name": "web",
            "InstanceId": instance_id,
            "Architecture": "x86_64",
            "IPAddress": "192.0.2.10",
            "PingStatus": "Online",
            "LastPingDateTime": NOW + 10.5,
            "AgentVersion": "0.1.0",
            "PlatformType": "Linux",
            "PlatformName": "Debian GNU/Linux",
            "PlatformVersion": "12",
            "ActivationId": activation["ActivationId"],
            "IamRole": "PatchNode",
            "RegistrationDate": NOW,
            "ResourceType": "ManagedInstance",
            "ComputerName": "web-1.example.test",
            "SourceId": instance_id,
            "SourceType": "AWS::SSM::ManagedInstance",
        }
    ]


@pytest.mark.parametrize(
    ("reported", "architecture"), [("arm64", "arm64"), ("aarch64", "arm64"), ("i386", "i386")]
)
def test_an_architecture_is_named_as_ec2_does(api: Api, reported: str, architecture: str) -> None:
    api.submit(api.register_node(), report(node={"architecture": reported}))
    (node,) = shown(api)
    assert node["Architecture"] == architecture


def test_a_node_without_a_name_is_named_by_its_tag(api: Api) -> None:
    api.register_node(Tags=[{"Key": "Name", "Value": "db"}])
    assert names(api) == ["db"]


@pytest.fixture
def fleet(api: Api) -> dict[str, str]:
    """Make `old`, long silent, `web` and `db` in production, and one of EC2; name → id."""
    ids = {"old": api.register_node(DefaultInstanceName="old", IamRole="Other")}
    api.clock.advance(961)
    for name, version, agent in (("web", "22.04", "3.3.987.0"), ("db", "9.10", "3.10.1.0")):
        tags = [{"Key": "Stage", "Value": "prod"}, {"Key": "Role", "Value": name}]
        ids[name] = api.register_node(DefaultInstanceName=name, Tags=tags)
        api.call(
            "UpdateInstanceInformation",
            InstanceId=ids[name],
            AgentVersion=agent,
            PlatformType="Linux",
            PlatformName="Ubuntu" if name == "web" else "Rocky Linux",
            PlatformVersion=version,
            ComputerName=f"{name}.example.test",
        )
    api.call("UpdateInstanceInformation", InstanceId=EC2, PlatformType="Windows")
    return ids


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], ["db", "ec2", "old", "web"]),
        ([("PingStatus", None, ["ConnectionLost"])], ["old"]),
        ([("PingStatus", "Equal", ["Online"])], ["db", "ec2", "web"]),
        ([("PingStatus", "NotEqual", ["Online"])], ["old"]),
        ([("PlatformTypes", "NotEqual", ["Linux"])], ["ec2", "old"]),
        ([("PlatformTypes", "BeginWith", ["Lin", "Mac"])], ["db", "web"]),
        ([("PlatformName", "BeginWith", ["Ubu"])], ["web"]),
        ([("PlatformVersion", "LessThan", ["9.9"])], []),
        ([("PlatformVersion", "LessThan", ["10"])], ["db"]),
        ([("PlatformVersion", "LessThan", ["009.010", "0"])], []),
        ([("PlatformVersion", "GreaterThan", ["009.09"])], ["db", "web"]),
        ([("PlatformVersion", "LessThan", ["9" * 5_000])], ["db", "web"]),
        ([("AgentVersion", "GreaterThan", ["3.9"])], ["db"]),
        ([("AgentVersion", "LessThan", ["3.10.1.0"])], ["web"]),
        ([("AgentVersion", "LessThan", ["3.10.1.1", "1"])], ["db", "web"]),
        ([("ComputerName", "BeginWith", ["web."])], ["web"]),
        ([("ResourceType", None, ["EC2Instance"])], ["ec2"]),
        ([("IamRole", "NotEqual", ["PatchNode", "Other"])], ["ec2"]),
        ([("SourceTypes", None, ["AWS::EC2::Instance"])], ["ec2"]),
        ([("ActivationIds", None, ["00000000-0000-4000-8000-00000000ffff"])], []),
        ([("AssociationStatus", None, ["Success"])], []),
        ([("DocumentName", None, ["AWS-RunPatchBaseline"])], []),
        ([("tag:Role", "BeginWith", ["w", "x"])], ["web"]),
        ([("tag:Role", "NotEqual", ["web"])], ["db", "ec2", "old"]),
        ([("tag-key", None, ["Stage"])], ["db", "web"]),
        ([("tag-key", "NotEqual", ["Stage"])], ["ec2", "old"]),
        ([("tag-key", "BeginWith", ["Sta"])], ["db", "web"]),
        ([("tag:Stage", None, ["prod"]), ("PlatformName", None, ["Ubuntu"])], ["web"]),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_filters_compare_as_asked_for(
    api: Api, filters: list[tuple[str, str | None, list[str]]], expected: list[str]
) -> None:
    assert names(api, *filters) == expected


def test_nodes_can_be_named_or_excluded_by_id(api: Api, fleet: dict[str, str]) -> None:
    asked = [fleet["web"], fleet["old"], UNKNOWN]
    assert names(api, ("InstanceIds", None, asked)) == ["old", "web"]
    assert names(api, ("InstanceIds", "NotEqual", asked)) == ["db", "ec2"]
    assert names(api, ("InstanceIds", "BeginWith", ["i-"])) == ["ec2"]


def test_both_kinds_of_filter_count(api: Api, fleet: dict[str, str]) -> None:
    older = [{"key": "InstanceIds", "valueSet": [fleet["web"], fleet["old"]]}]
    newer = [{"Key": "PingStatus", "Values": ["Online"]}]
    found = shown(api, InstancePropertyFilterList=older, FiltersWithOperator=newer)
    assert [each["Name"] for each in found] == ["web"]
    assert len(shown(api, InstancePropertyFilterList=older)) == 2


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"FiltersWithOperator": [{"Key": "Colour", "Values": ["red"]}]}, "InvalidFilterKey"),
        (
            {"FiltersWithOperator": [{"Key": "PingStatus", "Values": ["online"]}]},
            "InvalidInstancePropertyFilterValue",
        ),
        (
            {
                "FiltersWithOperator": [
                    {"Key": "PlatformTypes", "Values": ["BeOS"], "Operator": "NotEqual"}
                ]
            },
            "InvalidInstancePropertyFilterValue",
        ),
        (
            {"InstancePropertyFilterList": [{"key": "ResourceType", "valueSet": ["Toaster"]}]},
            "InvalidInstancePropertyFilterValue",
        ),
        (
            {"InstancePropertyFilterList": [{"key": "InstanceIds", "valueSet": ["web-1"]}]},
            "InvalidInstanceId",
        ),
        (
            {"InstancePropertyFilterList": [{"key": "ActivationIds", "valueSet": ["1"]}]},
            "InvalidActivationId",
        ),
        (
            {"InstancePropertyFilterList": [{"key": "DocumentName", "valueSet": ["a b"]}]},
            "InvalidDocument",
        ),
        (
            {"InstancePropertyFilterList": [{"key": "Colour", "valueSet": ["red"]}]},
            "ValidationException",
        ),
        ({"FiltersWithOperator": []}, "ValidationException"),
        (
            {
                "FiltersWithOperator": [
                    {"Key": "PingStatus", "Values": ["Online"], "Operator": "Like"}
                ]
            },
            "ValidationException",
        ),
        ({"MaxResults": 4}, "ValidationException"),
        ({"MaxResults": 1001}, "ValidationException"),
        ({"NextToken": "AAAA"}, "InvalidNextToken"),
    ],
)
def test_requests_for_properties_that_are_at_fault(
    api: Api, members: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        shown(api, **members)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [(0, 5, [0]), (6, 5, [5, 1]), (12, 6, [6, 6]), (51, None, [50, 1])],
)
def test_pages_of_properties_are_in_order_and_miss_none(
    api: Api, count: int, size: int | None, expected: list[int]
) -> None:
    ids = [f"i-{number:017x}" for number in range(count)]
    for instance_id in reversed(ids):
        api.call("UpdateInstanceInformation", InstanceId=instance_id)
    members: dict[str, Any] = {} if size is None else {"MaxResults": size}
    lists = [
        page["InstanceProperties"] for page in api.pages("DescribeInstanceProperties", **members)
    ]
    assert [len(each) for each in lists] == expected
    assert [node["InstanceId"] for each in lists for node in each] == ids
