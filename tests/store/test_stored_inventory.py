import msgspec

from patchwarden.store import inventory, nodes
from patchwarden.store.database import Database, Scope
from patchwarden.store.inventory import CustomType, InventoryItem
from patchwarden.store.nodes import Registration

SCOPE = Scope("123456789012", "us-east-1")
NETWORK = InventoryItem(
    type_name="AWS:Network",
    sub_type="",
    schema_version="1.0",
    captured_at=10.0,
    content_hash="abc",
    context={},
    content=[{"Name": "eth0", "IPV4": "192.0.2.1"}, {"Name": "é"}],
)


def put(db: Database, node_key: int, item: InventoryItem) -> None:
    inventory.put(db, node_key, item, msgspec.json.encode(item.content))


def test_an_item_is_given_back_as_it_was_put(db: Database) -> None:
    item = NETWORK._replace(context={"A": "b"})
    put(db, 1, item)
    assert inventory.find(db, 1, "AWS:Network") == item
    assert inventory.of_type(db, 1, "AWS:Network") == [item]
    assert inventory.find(db, 2, "AWS:Network") is None
    assert inventory.find(db, 1, "AWS:Network", "other") is None


def test_a_newer_item_takes_the_place_of_the_older(db: Database) -> None:
    put(db, 1, NETWORK)
    newer = NETWORK._replace(captured_at=20.0, content=[], content_hash="")
    put(db, 1, newer)
    assert inventory.of_type(db, 1, "AWS:Network") == [newer]


def test_sub_types_stand_beside_each_other(db: Database) -> None:
    for sub_type in ("b", "a"):
        put(db, 1, NETWORK._replace(sub_type=sub_type))
    assert inventory.sub_types(db, 1, "AWS:Network") == ["a", "b"]
    assert [item.sub_type for item in inventory.of_type(db, 1, "AWS:Network")] == ["a", "b"]


def test_content_is_confirmed_by_its_hash(db: Database) -> None:
    put(db, 1, NETWORK)
    later = NETWORK._replace(captured_at=20.0, context={"A": "b"})
    assert inventory.confirm(db, 1, later._replace(content=[]))
    assert inventory.find(db, 1, "AWS:Network") == later
    assert not inventory.confirm(db, 1, later._replace(content_hash="abx", captured_at=30.0))
    assert not inventory.confirm(db, 2, later)
    assert inventory.find(db, 1, "AWS:Network") == later


def test_the_size_is_that_of_all_content(db: Database) -> None:
    assert inventory.size_bytes(db, 1) == 0
    put(db, 1, NETWORK)
    put(db, 1, NETWORK._replace(type_name="AWS:File", content=[]))
    put(db, 2, NETWORK)
    assert inventory.size_bytes(db, 1) == len(msgspec.json.encode(NETWORK.content)) + len("[]")


def test_custom_types_belong_to_an_account_and_region(db: Database) -> None:
    for name in ("Custom:B", "Custom:A", "Custom:B"):
        inventory.put_custom_type(db, SCOPE, CustomType(name, "1.0", ["x"]))
    inventory.put_custom_type(db, SCOPE, CustomType("Custom:A", "1.1", ["x", "y"]))
    assert inventory.custom_types(db, SCOPE) == [
        CustomType("Custom:A", "1.1", ["x", "y"]),
        CustomType("Custom:B", "1.0", ["x"]),
    ]
    assert inventory.custom_types(db, SCOPE._replace(region="eu-west-1")) == []


def test_nodes_are_counted_by_what_they_run(db: Database) -> None:
    for number, platform in enumerate(("Linux", "Windows", "Linux")):
        key = nodes.add(
            db,
            SCOPE,
            Registration(
                instance_id=f"mi-{number}", activation_id="", name=None, iam_role="", tags={}
            ),
            0.0,
        )
        db.execute("UPDATE nodes SET platform_type = ? WHERE node_key = ?", (platform, key))
    counted = inventory.count_platforms(db, SCOPE, ["platform_type", "platform_name"])
    assert counted == [(("Linux", ""), 2), (("Windows", ""), 1)]
