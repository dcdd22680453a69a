"""DescribeInstanceInformation, UpdateManagedInstanceRole and DeregisterManagedInstance."""

from typing import Any

import pytest

from driver import ACCOUNT, SCOPE, Api, Json, Refused
from fakes import NOW, package, report
from patchwarden import __version__
from patchwarden.operations.paging import MAX_EXAMINED
from patchwarden.store import credentials, nodes
from patchwarden.store.database import Scope
from patchwarden.store.nodes import Registration

UNKNOWN = "mi-fffffffffffffffff"


def shown(api: Api, **members: Json) -> list[Any]:
    """Give the nodes of one page."""
    answer: list[Any] = api.call("DescribeInstanceInformation", **members)[
        "InstanceInformationList"
    ]
    return answer


def names(api: Api, *filters: tuple[str, list[str]]) -> list[str]:
    """Give the names of the nodes that filters match."""
    given = [{"Key": key, "Values": values} for key, values in filters]
    return sorted(each["Name"] for each in shown(api, Filters=given))


def add_nodes(api: Api, count: int, first: int = 0) -> list[str]:
    """Store nodes without a report, quickly; give their ids in order."""
    ids = [f"mi-{number:017x}" for number in range(first, first + count)]
    with api.db.transaction():
        for instance_id in ids:
            registration = Registration(
                instance_id=instance_id,
                activation_id="00000000-0000-4000-8000-000000000001",
                name=instance_id,
                iam_role="PatchNode",
                tags={},
            )
            nodes.add(api.db, SCOPE, registration, NOW)
    return ids


def test_a_node_that_never_reported_is_shown_with_what_is_known(api: Api) -> None:
    instance_id = api.register_node()
    (activation,) = api.call("DescribeActivations")["ActivationList"]
    assert shown(api) == [
        {
            "InstanceId": instance_id,
            "PingStatus": "Online",
            "LastPingDateTime": NOW,
            "ActivationId": activation["ActivationId"],
            "IamRole": "PatchNode",
            "RegistrationDate": NOW,
            "ResourceType": "ManagedInstance",
            "SourceId": instance_id,
            "SourceType": "AWS::SSM::ManagedInstance",
        }
    ]


def test_a_node_that_reported_is_shown_with_its_platform(api: Api) -> None:
    instance_id = api.register_node(DefaultInstanceName="web")
    api.clock.advance(10.1239)
    api.submit(instance_id, report(at=NOW))
    (node,) = shown(api)
    assert (
        node.items()
        >= {
            "LastPingDateTime": NOW + 10.124,
            "RegistrationDate": NOW,
            "AgentVersion": "0.1.0",
            "PlatformType": "Linux",
            "PlatformName": "Debian GNU/Linux",
            "PlatformVersion": "12",
            "IPAddress": "192.0.2.10",
            "ComputerName": "web-1.example.test",
            "Name": "web",
        }.items()
    )


def test_an_ec2_node_has_no_activation(api: Api) -> None:
    registration = Registration(
        instance_id="i-0123456789abcdef0", activation_id="a", name="n", iam_role="r", tags={}
    )
    with api.db.transaction():
        nodes.add(api.db, SCOPE, registration, NOW)
    assert shown(api) == [
        {
            "InstanceId": "i-0123456789abcdef0",
            "PingStatus": "Online",
            "LastPingDateTime": NOW,
            "ResourceType": "EC2Instance",
            "SourceId": "i-0123456789abcdef0",
            "SourceType": "AWS::EC2::Instance",
        }
    ]


SILENCES = [(960, "Online"), (961, "ConnectionLost")]


@pytest.mark.parametrize(("silence_s", "status"), SILENCES)
def test_a_silent_node_loses_its_connection(api: Api, silence_s: int, status: str) -> None:
    api.register_node()
    api.clock.advance(silence_s)
    assert [node["PingStatus"] for node in shown(api)] == [status]


@pytest.mark.parametrize(("silence_s", "status"), SILENCES)
@pytest.mark.parametrize("sign", ["report", "heartbeat"])
def test_a_sign_of_life_brings_a_node_back(
    api: Api, sign: str, silence_s: int, status: str
) -> None:
    instance_id = api.register_node()
    api.clock.advance(10_000)
    if sign == "report":
        api.submit(instance_id, report())
    else:
        api.call("UpdateInstanceInformation", InstanceId=instance_id)
    api.clock.advance(silence_s)
    assert [node["PingStatus"] for node in shown(api)] == [status]


@pytest.mark.parametrize(
    ("version", "is_latest"),
    [
        (__version__, True),
        ("999.0.0", True),
        ("0.0.9", False),
        ("3.3.987.0", None),
        ("0.1.0.dev1", None),
        ("0.1.0rc1", None),
    ],
)
def test_an_agent_of_ours_is_the_latest_if_it_is_as_new_as_the_server(
    api: Api, version: str, is_latest: bool | None
) -> None:
    instance_id = api.register_node()
    api.call("UpdateInstanceInformation", InstanceId=instance_id, AgentVersion=version)
    (node,) = shown(api)
    assert node["AgentVersion"] == version
    assert node.get("IsLatestVersion") is is_latest


def test_nodes_of_another_account_or_region_are_not_shown(api: Api) -> None:
    api.register_node()
    for scope in (Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")):
        assert shown(api, scope=scope) == []


@pytest.fixture
def fleet(api: Api) -> dict[str, str]:
    """Register three nodes: `web` and `db` in production, `old` long silent; name → id."""
    ids = {"old": api.register_node(DefaultInstanceName="old", IamRole="Other")}
    api.clock.advance(961)
    for name in ("web", "db"):
        tags = [{"Key": "Stage", "Value": "prod"}, {"Key": "Role", "Value": name}]
        ids[name] = api.register_node(DefaultInstanceName=name, Tags=tags)
        api.submit(ids[name], report())
    api.call(
        "UpdateInstanceInformation",
        InstanceId=ids["db"],
        SourceId="vm-7",
        SourceType="Microsoft.Compute/virtualMachines",
    )
    return ids


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("PingStatus", ["Online"])], ["db", "web"]),
        ([("PingStatus", ["ConnectionLost"])], ["old"]),
        ([("PingStatus", ["Inactive"])], []),
        ([("PlatformTypes", ["Linux"])], ["db", "web"]),
        ([("PlatformType", ["Linux", "Windows"])], ["db", "web"]),
        ([("PlatformTypes", ["Windows"])], []),
        ([("AgentVersion", ["0.1.0"])], ["db", "web"]),
        ([("AgentVersion", ["0.1"])], []),
        ([("IamRole", ["Other"])], ["old"]),
        ([("ResourceType", ["ManagedInstance"])], ["db", "old", "web"]),
        ([("ResourceType", ["EC2Instance"])], []),
        ([("AssociationStatus", ["Success"])], []),
        ([("SourceTypes", ["AWS::IoT::Thing"])], []),
        ([("SourceTypes", ["Microsoft.Compute/virtualMachines"])], ["db"]),
        ([("SourceTypes", ["AWS::SSM::ManagedInstance"])], ["old", "web"]),
        ([("SourceIds", ["vm-7", "vm-8"])], ["db"]),
        ([("PingStatus", ["Online"]), ("IamRole", ["Other"])], []),
        ([("tag:Stage", ["prod"])], ["db", "web"]),
        ([("tag:Stage", ["prod"]), ("tag:Role", ["db", "cache"])], ["db"]),
        ([("tag:stage", ["prod"])], []),
        ([("tag-key", ["Role"])], ["db", "web"]),
        ([("tag-key", ["Owner", "Role"]), ("tag:Role", ["web"])], ["web"]),
        ([], ["db", "old", "web"]),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_filters_narrow_the_nodes(
    api: Api, filters: list[tuple[str, list[str]]], expected: list[str]
) -> None:
    assert names(api, *filters) == expected


def test_nodes_are_found_by_id(api: Api, fleet: dict[str, str]) -> None:
    asked = [fleet["web"], fleet["old"], UNKNOWN]
    assert names(api, ("InstanceIds", asked)) == ["old", "web"]
    assert names(api, ("InstanceIds", asked), ("InstanceIds", [fleet["old"]])) == ["old"]
    assert names(api, ("InstanceIds", asked), ("PingStatus", ["Online"])) == ["web"]


def test_nodes_are_found_by_activation(api: Api, fleet: dict[str, str]) -> None:
    wanted = next(node for node in shown(api) if node["InstanceId"] == fleet["db"])
    assert names(api, ("ActivationIds", [wanted["ActivationId"]])) == ["db"]


def test_the_older_kind_of_filter_works_the_same(api: Api, fleet: dict[str, str]) -> None:
    filters = [{"key": "InstanceIds", "valueSet": [fleet["web"]]}]
    found = shown(api, InstanceInformationFilterList=filters)
    assert [each["Name"] for each in found] == ["web"]


def test_an_unknown_id_matches_nothing(api: Api) -> None:
    assert names(api, ("InstanceIds", [UNKNOWN])) == []


ONLINE = {"Key": "PingStatus", "Values": ["Online"]}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Filters": [{"Key": "Colour", "Values": ["red"]}]}, "InvalidFilterKey"),
        (
            {"Filters": [{"Key": "PingStatus", "Values": ["Online", "online"]}]},
            "InvalidInstanceInformationFilterValue",
        ),
        (
            {"Filters": [{"Key": "PlatformTypes", "Values": ["BeOS"]}]},
            "InvalidInstanceInformationFilterValue",
        ),
        (
            {"InstanceInformationFilterList": [{"key": "ResourceType", "valueSet": ["Toaster"]}]},
            "InvalidInstanceInformationFilterValue",
        ),
        ({"Filters": [{"Key": "InstanceIds", "Values": ["mi-1"]}]}, "InvalidInstanceId"),
        (
            {"InstanceInformationFilterList": [{"key": "Colour", "valueSet": ["red"]}]},
            "ValidationException",
        ),
        (
            {
                "Filters": [ONLINE],
                "InstanceInformationFilterList": [{"key": "PingStatus", "valueSet": ["Online"]}],
            },
            "ValidationException",
        ),
        ({"Filters": [ONLINE, {"Key": "tag:A", "Values": ["b"]}]}, "ValidationException"),
        ({"Filters": [{"Key": "tag-key", "Values": ["b"]}, ONLINE]}, "ValidationException"),
        ({"MaxResults": 4}, "ValidationException"),
        ({"MaxResults": 51}, "ValidationException"),
        ({"NextToken": "AAAA"}, "InvalidNextToken"),
    ],
)
def test_requests_for_nodes_that_are_at_fault(api: Api, members: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        shown(api, **members)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [
        (0, 5, [0]),
        (5, 5, [5]),
        (6, 5, [5, 1]),
        (10, 5, [5, 5]),
        (10, None, [10]),
        (11, None, [10, 1]),
    ],
)
def test_pages_of_nodes_are_in_order_and_miss_none(
    api: Api, count: int, size: int | None, expected: list[int]
) -> None:
    ids = add_nodes(api, count)
    members: dict[str, Any] = {} if size is None else {"MaxResults": size}
    pages = list(api.pages("DescribeInstanceInformation", **members))
    lists = [page["InstanceInformationList"] for page in pages]
    assert [len(each) for each in lists] == expected
    assert [node["InstanceId"] for each in lists for node in each] == ids


def test_a_filtered_walk_ends_without_an_empty_page(api: Api) -> None:
    ids = add_nodes(api, 30)
    wanted = ids[0:20:2]
    filters = [{"Key": "InstanceIds", "Values": wanted}]
    pages = list(api.pages("DescribeInstanceInformation", Filters=filters, MaxResults=5))
    lists = [page["InstanceInformationList"] for page in pages]
    assert [len(each) for each in lists] == [5, 5]
    assert [node["InstanceId"] for each in lists for node in each] == wanted


def test_nodes_that_come_and_go_do_not_disturb_a_walk(api: Api) -> None:
    ids = add_nodes(api, 20, first=100)
    walk = api.pages("DescribeInstanceInformation", MaxResults=10)
    first = next(walk)
    add_nodes(api, 5)
    api.call("DeregisterManagedInstance", InstanceId=ids[9])
    rest = list(walk)
    lists = [page["InstanceInformationList"] for page in (first, *rest)]
    assert [node["InstanceId"] for each in lists for node in each] == ids


def test_one_call_looks_at_a_bounded_part_of_a_large_fleet(api: Api) -> None:
    ids = add_nodes(api, 2 * MAX_EXAMINED + 1)
    with api.db.transaction():
        api.db.execute("UPDATE nodes SET iam_role = 'Rare' WHERE instance_id = ?", (ids[-1],))
    filters = [{"Key": "IamRole", "Values": ["Rare"]}]
    pages = list(api.pages("DescribeInstanceInformation", Filters=filters))
    lists = [page["InstanceInformationList"] for page in pages]
    assert [[node["InstanceId"] for node in each] for each in lists] == [[], [], [ids[-1]]]


def test_a_role_is_replaced(api: Api) -> None:
    instance_id, other = api.register_node(), api.register_node()
    answer = api.call("UpdateManagedInstanceRole", InstanceId=instance_id, IamRole="Backup")
    assert answer == {}
    roles = {node["InstanceId"]: node["IamRole"] for node in shown(api)}
    assert roles == {instance_id: "Backup", other: "PatchNode"}


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DeregisterManagedInstance", {}),
        ("UpdateManagedInstanceRole", {"IamRole": "Backup"}),
    ],
)
@pytest.mark.parametrize(
    ("instance_id", "code"),
    [
        (UNKNOWN, "InvalidInstanceId"),
        ("eks_c:cluster_0123456789abcdef0", "InvalidInstanceId"),
        ("i-0123456789abcdef0", "ValidationException"),
    ],
)
def test_only_nodes_that_have_registered_can_be_changed(
    api: Api, operation: str, members: dict[str, Any], instance_id: str, code: str
) -> None:
    api.call("UpdateInstanceInformation", InstanceId="i-0123456789abcdef0")
    with pytest.raises(Refused) as refused:
        api.call(operation, InstanceId=instance_id, **members)
    assert refused.value.code == code
    assert len(shown(api)) == 1


def test_a_deregistered_node_is_gone_with_all_it_reported(api: Api) -> None:
    instance_id, other = api.register_node(), api.register_node()
    for each in (instance_id, other):
        api.submit(each, report([package("bash")]))
    assert api.call("DeregisterManagedInstance", InstanceId=instance_id) == {}
    assert [node["InstanceId"] for node in shown(api)] == [other]
    kept = nodes.find(api.db, SCOPE, other)
    assert kept is not None
    for table in ("nodes", "verdicts", "scans", "facts"):
        assert {row[0] for row in api.db.all(f"SELECT node_key FROM {table}")} == {kept.node_key}
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatches", InstanceId=instance_id)
    assert refused.value.code == "InvalidInstanceId"


def test_a_deregistered_node_loses_its_key(api: Api) -> None:
    instance_id, other = api.register_node(), api.register_node()
    api.call("DeregisterManagedInstance", InstanceId=instance_id)
    in_force = [key for key in credentials.everything(api.db) if key.revoked_at is None]
    assert [key.holder.instance_id for key in in_force] == [other]


@pytest.mark.parametrize("scope", [SCOPE, Scope("999999999999", "us-east-1")])
def test_a_node_that_is_not_there_cannot_be_deregistered(api: Api, scope: Scope) -> None:
    instance_id = api.register_node()
    asked = UNKNOWN if scope == SCOPE else instance_id
    with pytest.raises(Refused) as refused:
        api.call("DeregisterManagedInstance", scope=scope, InstanceId=asked)
    assert refused.value.code == "InvalidInstanceId"
    assert nodes.find(api.db, SCOPE, instance_id) is not None
