"""AddTagsToResource, RemoveTagsFromResource and ListTagsForResource."""

from collections.abc import Callable
from typing import Any

import pytest

from driver import ACCOUNT, SCOPE, Api, Json, Refused
from fakes import package, report
from patchwarden.operations.wire_values import MAX_TAGS
from patchwarden.store import nodes, patch_groups
from patchwarden.store.database import Scope
from patchwarden.store.nodes import Registration
from patchwarden.store.patch_groups import PatchGroupBaseline

ELSEWHERE = [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")]
PREDEFINED_ARN = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09a5f8eb62bde80b1"
EC2_NODE = "i-0123456789abcdef0"


def a_node(api: Api) -> str:
    """Register a node."""
    return api.register_node()


def an_ec2_node(api: Api) -> str:
    """Have a node of EC2, which came without an activation."""
    registration = Registration(
        instance_id=EC2_NODE, activation_id="", name=None, iam_role="", tags={}
    )
    nodes.add(api.db, SCOPE, registration, api.clock.now)
    return EC2_NODE


def a_baseline(api: Api) -> str:
    """Make a baseline that approves nothing."""
    made = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN")
    return str(made["BaselineId"])


def a_baseline_by_arn(api: Api) -> str:
    """Make a baseline; give its ARN."""
    return f"arn:aws:ssm:us-east-1:{ACCOUNT}:patchbaseline/{a_baseline(api)}"


def a_window(api: Api) -> str:
    """Define a maintenance window."""
    made = api.call(
        "CreateMaintenanceWindow",
        Name="nightly",
        Schedule="rate(1 day)",
        Duration=2,
        Cutoff=1,
        AllowUnassociatedTargets=False,
    )
    return str(made["WindowId"])


KINDS: list[tuple[str, Callable[[Api], str]]] = [
    ("ManagedInstance", a_node),
    ("ManagedInstance", an_ec2_node),
    ("PatchBaseline", a_baseline),
    ("PatchBaseline", a_baseline_by_arn),
    ("MaintenanceWindow", a_window),
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("AddTagsToResource", {"Tags": [{"Key": "A", "Value": "b"}]}),
    ("RemoveTagsFromResource", {"TagKeys": ["A"]}),
    ("ListTagsForResource", {}),
]
CHANGES = CALLS[:2]


class Resource:
    """Something with tags."""

    def __init__(self, api: Api, resource_type: str, resource_id: str) -> None:
        self.api = api
        self.named: dict[str, Any] = {"ResourceType": resource_type, "ResourceId": resource_id}

    def add(self, **tags: str) -> None:
        """Set tags."""
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        assert self.api.call("AddTagsToResource", Tags=given, **self.named) == {}

    def remove(self, *keys: str) -> None:
        """Remove tags."""
        assert self.api.call("RemoveTagsFromResource", TagKeys=keys, **self.named) == {}

    @property
    def tags(self) -> dict[str, str]:
        """Give all tags, in the order of the answer."""
        answer = self.api.call("ListTagsForResource", **self.named)
        return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}


@pytest.fixture(params=KINDS, ids=lambda kind: kind[1].__name__)
def resource(api: Api, request: pytest.FixtureRequest) -> Resource:
    resource_type, make = request.param
    return Resource(api, resource_type, make(api))


@pytest.fixture
def node(api: Api) -> Resource:
    """Give a node that has nano, which only the patch group web rejects."""
    resource = Resource(api, "ManagedInstance", api.register_node())
    api.submit(resource.named["ResourceId"], report([package("nano")]))
    rejecting = api.call(
        "CreatePatchBaseline",
        Name="web",
        OperatingSystem="DEBIAN",
        RejectedPatches=["nano"],
        RejectedPatchesAction="BLOCK",
    )
    registration = PatchGroupBaseline("web", "DEBIAN", rejecting["BaselineId"])
    patch_groups.register(api.db, SCOPE, registration)
    return resource


def test_a_new_resource_has_no_tags(resource: Resource) -> None:
    assert resource.tags == {}


def test_added_tags_are_listed_by_key(resource: Resource) -> None:
    resource.add(b="2", a="1")
    resource.add(c="")
    assert list(resource.tags.items()) == [("a", "1"), ("b", "2"), ("c", "")]


def test_an_added_tag_replaces_the_value_that_its_key_had(resource: Resource) -> None:
    resource.add(a="1", b="2")
    resource.add(a="3")
    assert resource.tags == {"a": "3", "b": "2"}


def test_keys_are_told_apart_by_case(resource: Resource) -> None:
    resource.add(a="1", A="2")
    resource.remove("a")
    assert resource.tags == {"A": "2"}


def test_removed_tags_are_gone_and_absent_ones_are_no_error(resource: Resource) -> None:
    resource.add(a="1", b="2")
    resource.remove("a", "c")
    resource.remove("a")
    assert resource.tags == {"b": "2"}


def test_a_key_given_twice_has_its_last_value(api: Api) -> None:
    node = Resource(api, "ManagedInstance", api.register_node())
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    api.call("AddTagsToResource", Tags=twice, **node.named)
    assert node.tags == {"a": "2"}


def test_an_activation_s_tags_are_its_nodes_tags(api: Api) -> None:
    instance_id = api.register_node(Tags=[{"Key": "Stage", "Value": "prod"}])
    node = Resource(api, "ManagedInstance", instance_id)
    node.add(Owner="ada")
    assert node.tags == {"Owner": "ada", "Stage": "prod"}


def test_a_resource_has_a_limited_number_of_tags(resource: Resource) -> None:
    resource.add(**{f"k{number:02}": "" for number in range(MAX_TAGS)})
    resource.add(k00="new")
    with pytest.raises(Refused) as refused:
        resource.add(k00="newer", one_more="")
    assert refused.value.code == "TooManyTagsError"
    assert len(resource.tags) == MAX_TAGS
    assert resource.tags["k00"] == "new"


@pytest.mark.parametrize("key", ["aws:owner", "AWS:owner", "aws:"])
def test_reserved_keys_are_neither_set_nor_removed(resource: Resource, key: str) -> None:
    with pytest.raises(Refused, match="reserved") as refused_to_set:
        resource.add(**{key: "x"})
    with pytest.raises(Refused, match="reserved") as refused_to_remove:
        resource.remove(key)
    assert refused_to_set.value.code == "ValidationException"
    assert refused_to_remove.value.code == "ValidationException"


def test_a_key_that_only_begins_alike_is_not_reserved(resource: Resource) -> None:
    resource.add(awsx="yes")
    assert resource.tags == {"awsx": "yes"}


@pytest.mark.parametrize(("name", "members"), CALLS)
@pytest.mark.parametrize(
    ("resource_type", "resource_id"),
    [
        ("ManagedInstance", "mi-fffffffffffffffff"),
        ("ManagedInstance", "i-0123456789abcdef0"),
        ("ManagedInstance", ""),
        ("ManagedInstance", "pb-0000000000000ffff"),
        ("PatchBaseline", "pb-0000000000000ffff"),
        ("PatchBaseline", "mine"),
        ("PatchBaseline", PREDEFINED_ARN.rpartition("/")[2]),
        ("MaintenanceWindow", "mw-fffffffffffffffff"),
        ("MaintenanceWindow", "mw-1"),
    ],
)
def test_an_id_that_names_nothing(
    api: Api, name: str, members: Json, resource_type: str, resource_id: str
) -> None:
    with pytest.raises(Refused) as refused:
        api.call(name, ResourceType=resource_type, ResourceId=resource_id, **members)
    assert refused.value.code == "InvalidResourceId"


@pytest.mark.parametrize(("name", "members"), CALLS)
@pytest.mark.parametrize("resource_type", ["Document", "Parameter", "OpsItem", "Association"])
def test_a_type_that_is_not_served(api: Api, name: str, members: Json, resource_type: str) -> None:
    with pytest.raises(Refused, match=f"no resources of type {resource_type}") as refused:
        api.call(name, ResourceType=resource_type, ResourceId="mine", **members)
    assert refused.value.code == "InvalidResourceType"


@pytest.mark.parametrize(("name", "members"), CALLS)
@pytest.mark.parametrize("scope", ELSEWHERE)
def test_a_resource_of_another_account_or_region_is_not_there(
    resource: Resource, name: str, members: Json, scope: Scope
) -> None:
    with pytest.raises(Refused) as refused:
        resource.api.call(name, scope=scope, **resource.named, **members)
    assert refused.value.code == "InvalidResourceId"
    assert resource.tags == {}


@pytest.mark.parametrize(("name", "members"), CHANGES)
def test_a_predefined_baseline_has_no_tags_and_gets_none(
    api: Api, name: str, members: Json
) -> None:
    predefined = Resource(api, "PatchBaseline", PREDEFINED_ARN)
    with pytest.raises(Refused) as refused:
        api.call(name, **predefined.named, **members)
    assert refused.value.code == "InvalidResourceId"
    assert predefined.tags == {}


@pytest.mark.parametrize("key", ["Patch Group", "PatchGroup"])
def test_the_tag_of_a_patch_group_decides_by_which_baseline_a_node_is_judged(
    node: Resource, key: str
) -> None:
    assert not _is_nano_rejected(node)
    node.add(**{key: "web"})
    assert _is_nano_rejected(node)
    node.add(**{key: "db"})
    assert not _is_nano_rejected(node)
    node.add(**{key: "web"})
    assert _is_nano_rejected(node)
    node.remove(key)
    assert not _is_nano_rejected(node)


def test_other_tags_leave_a_node_in_its_patch_group(node: Resource) -> None:
    node.add(PatchGroup="web", Owner="ada")
    node.remove("Owner")
    node.add(Stage="prod", patchgroup="db")
    assert _is_nano_rejected(node)


def test_tags_that_stay_as_they_are_judge_no_node_again(api: Api, node: Resource) -> None:
    node.add(Owner="ada")
    _is_nano_rejected(node)
    before = api.db.all("SELECT verdict_id, generation FROM verdicts")
    node.add(Owner="ada")
    node.remove("Stage")
    assert api.db.all("SELECT verdict_id, generation FROM verdicts") == before


def _is_nano_rejected(node: Resource) -> bool:
    answer = node.api.call("DescribeInstancePatches", InstanceId=node.named["ResourceId"])
    (patch,) = answer["Patches"]
    return bool(patch["State"] == "INSTALLED_REJECTED")
