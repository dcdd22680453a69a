"""DeleteInventory and DescribeInventoryDeletions."""

import pytest

from driver import SCOPE, Api, Json, Refused

RACK = "Custom:Rack"


def put(api: Api, node: str, type_name: str = RACK, version: str = "1.0") -> None:
    item = {
        "TypeName": type_name,
        "SchemaVersion": version,
        "CaptureTime": "2025-11-24T15:00:00Z",
        "Content": [{"Place": "Bay A"}],
    }
    api.call("PutInventory", InstanceId=node, Items=[item])


def entries(api: Api, node: str, type_name: str = RACK) -> Json:
    return api.call("ListInventoryEntries", InstanceId=node, TypeName=type_name)["Entries"]


def schemas(api: Api) -> list[str]:
    return [each["TypeName"] for each in api.call("GetInventorySchema", TypeName="C")["Schemas"]]


@pytest.fixture
def nodes(api: Api) -> list[str]:
    made = [api.register_node() for _ in range(3)]
    put(api, made[0])
    put(api, made[1], version="1.1")
    put(api, made[1], "Custom:Other")
    return made


def test_the_data_goes_and_the_type_stays(api: Api, nodes: list[str]) -> None:
    answer = api.call("DeleteInventory", TypeName=RACK)
    assert answer["DeletionSummary"] == {
        "TotalCount": 2,
        "RemainingCount": 0,
        "SummaryItems": [
            {"Version": "1.0", "Count": 1, "RemainingCount": 0},
            {"Version": "1.1", "Count": 1, "RemainingCount": 0},
        ],
    }
    assert [entries(api, node) for node in nodes] == [[], [], []]
    assert entries(api, nodes[1], "Custom:Other") == [{"Place": "Bay A"}]
    assert schemas(api) == ["Custom:Other", RACK]


def test_the_type_goes_too_and_makes_room_for_another(api: Api, nodes: list[str]) -> None:
    for number in range(18):
        put(api, nodes[2], f"Custom:Type{number}")
    with pytest.raises(Refused, match="CustomSchemaCountLimitExceededException"):
        put(api, nodes[2], "Custom:OneMore")
    api.call("DeleteInventory", TypeName=RACK, SchemaDeleteOption="DeleteSchema")
    assert RACK not in schemas(api)
    put(api, nodes[2], "Custom:OneMore")
    with pytest.raises(Refused, match="InvalidTypeNameException"):
        entries(api, nodes[0])


def test_a_disabled_version_is_ignored_until_a_newer_one_comes(api: Api, nodes: list[str]) -> None:
    api.call("DeleteInventory", TypeName=RACK, SchemaDeleteOption="DisableSchema")
    put(api, nodes[0], version="1.0")
    put(api, nodes[0], version="1.1")
    assert entries(api, nodes[0]) == []
    put(api, nodes[0], version="1.10")
    assert entries(api, nodes[0]) == [{"Place": "Bay A"}]
    put(api, nodes[1], version="1.0")
    assert entries(api, nodes[1]) == [{"Place": "Bay A"}]


def test_a_dry_run_deletes_nothing(api: Api, nodes: list[str]) -> None:
    answer = api.call(
        "DeleteInventory", TypeName=RACK, SchemaDeleteOption="DeleteSchema", DryRun=True
    )
    assert answer["DeletionSummary"]["TotalCount"] == 2
    assert answer["DeletionSummary"]["RemainingCount"] == 2
    assert entries(api, nodes[0]) == [{"Place": "Bay A"}]
    assert api.call("DescribeInventoryDeletions")["InventoryDeletions"] == []


def test_a_deletion_that_is_asked_for_again_is_the_same_one(api: Api, nodes: list[str]) -> None:
    request: dict[str, Json] = {
        "TypeName": RACK,
        "SchemaDeleteOption": "DeleteSchema",
        "ClientToken": "11111111-2222-4333-8444-555555555555",
    }
    first = api.call("DeleteInventory", **request)
    put(api, nodes[2])
    assert api.call("DeleteInventory", **request) == first
    assert entries(api, nodes[2]) == [{"Place": "Bay A"}]


def test_other_regions_keep_theirs(api: Api, nodes: list[str]) -> None:
    elsewhere = SCOPE._replace(region="eu-west-1")
    with pytest.raises(Refused, match="InvalidTypeNameException"):
        api.call("DeleteInventory", scope=elsewhere, TypeName=RACK)
    assert entries(api, nodes[0]) == [{"Place": "Bay A"}]


@pytest.mark.parametrize("type_name", ["AWS:Application", "Custom:Unknown"])
def test_only_custom_types_can_be_deleted(api: Api, type_name: str) -> None:
    with pytest.raises(Refused, match="InvalidTypeNameException"):
        api.call("DeleteInventory", TypeName=type_name)


def test_deletions_are_listed_page_by_page(api: Api, nodes: list[str]) -> None:
    made = []
    for _ in range(3):
        put(api, nodes[0])
        made.append(api.call("DeleteInventory", TypeName=RACK)["DeletionId"])
    pages = list(api.pages("DescribeInventoryDeletions", MaxResults=2))
    listed = [each["DeletionId"] for page in pages for each in page["InventoryDeletions"]]
    assert [len(page["InventoryDeletions"]) for page in pages] == [2, 1]
    assert sorted(listed) == sorted(made)
    (one,) = api.call("DescribeInventoryDeletions", DeletionId=made[0])["InventoryDeletions"]
    assert (one["TypeName"], one["LastStatus"]) == (RACK, "Complete")
