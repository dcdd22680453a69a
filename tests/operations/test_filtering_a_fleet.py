"""DescribeInstanceInformation and DescribeInstanceProperties over a fleet: filters and pages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driver import SCOPE, Api, Json
from fakes import NOW
from patchwarden.store import nodes
from patchwarden.store.nodes import Heartbeat, Registration

Node = dict[str, Any]
COUNT = 1000
ACTIVATIONS = [f"{number:08x}-0000-4000-8000-000000000001" for number in range(3)]
PLATFORMS = [("Linux", "Debian GNU/Linux", "12"), ("Windows", "Windows", "10.0"), ("MacOS", "", "")]
LONG_AGO = NOW - 86_400


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give an installation with many nodes that differ in everything."""
    directory: Path = tmp_path_factory.mktemp("fleet")
    api = Api(directory / "data")
    with api.db.transaction():
        for number in range(COUNT):
            add(api, number)
    yield api
    api.close()


def add(api: Api, number: int) -> None:
    is_ec2 = number % 7 == 0
    instance_id = f"{'i' if is_ec2 else 'mi'}-{number * 7919 % COUNT:017x}"
    tags = {"Stage": f"stage {number % 4}"} if number % 3 else {"Owner": "db"}
    registration = Registration(
        instance_id=instance_id,
        activation_id="" if is_ec2 else ACTIVATIONS[number % 3],
        name=None if is_ec2 else f"node {number}",
        iam_role=None if is_ec2 else f"role-{number % 5}",
        tags=tags,
    )
    nodes.add(api.db, SCOPE, registration, LONG_AGO)
    platform_type, name, version = PLATFORMS[number % 3]
    heartbeat = Heartbeat(
        agent_version=f"3.{number % 6}.0.0",
        platform_type=platform_type,
        platform_name=name or None,
        platform_version=version or None,
        source_id=f"vm-{number}" if number % 11 == 0 else None,
        source_type="AWS::IoT::Thing" if number % 11 == 0 else None,
    )
    heard_at = NOW if number % 2 else LONG_AGO
    assert nodes.note_heartbeat(api.db, SCOPE, instance_id, heartbeat, heard_at)


def listed(api: Api, operation: str, members: str, **request: Json) -> list[Node]:
    """Give the nodes of all pages, which are of 50."""
    pages = [page[members] for page in api.pages(operation, MaxResults=50, **request)]
    assert all(len(page) <= 50 for page in pages)
    return [node for page in pages for node in page]


def has(member: str, *values: str) -> Callable[[Node], bool]:
    return lambda node: node.get(member) in values


def number_of(node: Node) -> int:
    """Give the number that a node was made by."""
    return int(node["InstanceId"].rpartition("-")[2], 16) * pow(7919, -1, COUNT) % COUNT


CASES: list[tuple[str, list[str], Callable[[Node], bool]]] = [
    ("AgentVersion", ["3.1.0.0", "3.5.0.0"], has("AgentVersion", "3.1.0.0", "3.5.0.0")),
    ("PingStatus", ["Online"], has("PingStatus", "Online")),
    ("PingStatus", ["ConnectionLost", "Inactive"], has("PingStatus", "ConnectionLost")),
    ("PlatformTypes", ["Windows", "MacOS"], has("PlatformType", "Windows", "MacOS")),
    ("ActivationIds", ACTIVATIONS[:1], has("ActivationId", ACTIVATIONS[0])),
    ("IamRole", ["role-1", "role-4"], has("IamRole", "role-1", "role-4")),
    ("ResourceType", ["EC2Instance"], has("ResourceType", "EC2Instance")),
    ("AssociationStatus", ["Success"], lambda _: False),
    (
        "InstanceIds",
        [f"mi-{number:017x}" for number in range(20)],
        lambda node: node["InstanceId"] in {f"mi-{number:017x}" for number in range(20)},
    ),
]
NEWER_CASES: list[tuple[str, list[str], Callable[[Node], bool]]] = [
    ("PlatformType", ["Linux"], has("PlatformType", "Linux")),
    ("SourceIds", ["vm-11", "vm-990", "vm-1"], has("SourceId", "vm-11", "vm-990")),
    ("SourceTypes", ["AWS::IoT::Thing"], has("SourceType", "AWS::IoT::Thing")),
    ("tag-key", ["Owner"], lambda node: number_of(node) % 3 == 0),
    (
        "tag:Stage",
        ["stage 1", "stage 3"],
        lambda node: number_of(node) % 3 > 0 and number_of(node) % 4 in {1, 3},
    ),
]


def test_all_nodes_are_listed_in_order(fleet: Api) -> None:
    found = listed(fleet, "DescribeInstanceInformation", "InstanceInformationList")
    ids = [node["InstanceId"] for node in found]
    assert (len(ids), ids) == (COUNT, sorted(set(ids)))


@pytest.mark.parametrize(("key", "values", "matches"), [*CASES, *NEWER_CASES])
def test_filters_find_what_they_should(
    fleet: Api, key: str, values: list[str], matches: Callable[[Node], bool]
) -> None:
    every = listed(fleet, "DescribeInstanceInformation", "InstanceInformationList")
    found = listed(
        fleet,
        "DescribeInstanceInformation",
        "InstanceInformationList",
        Filters=[{"Key": key, "Values": values}],
    )
    assert found == list(filter(matches, every))
    assert bool(found) is (key != "AssociationStatus")
    properties = listed(
        fleet,
        "DescribeInstanceProperties",
        "InstanceProperties",
        FiltersWithOperator=[{"Key": key, "Values": values}],
    )
    assert [node["InstanceId"] for node in properties] == [node["InstanceId"] for node in found]


@pytest.mark.parametrize(("key", "values", "matches"), CASES)
def test_older_filters_find_the_same(
    fleet: Api, key: str, values: list[str], matches: Callable[[Node], bool]
) -> None:
    every = listed(fleet, "DescribeInstanceInformation", "InstanceInformationList")
    older = [{"key": key, "valueSet": values}]
    found = listed(
        fleet,
        "DescribeInstanceInformation",
        "InstanceInformationList",
        InstanceInformationFilterList=older,
    )
    assert found == list(filter(matches, every))


def test_several_filters_all_count(fleet: Api) -> None:
    every = listed(fleet, "DescribeInstanceInformation", "InstanceInformationList")
    (first, second) = (CASES[1], CASES[3])
    found = listed(
        fleet,
        "DescribeInstanceInformation",
        "InstanceInformationList",
        Filters=[{"Key": key, "Values": values} for key, values, _ in (first, second)],
    )
    assert found == [node for node in every if first[2](node) and second[2](node)]
