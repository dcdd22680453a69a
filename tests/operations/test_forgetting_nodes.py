"""What is left of a node once it is deregistered: nothing."""

from driver import Api, Json
from fakes import NOW, package, report
from inventory_uploads import item, patch_row, rows_item, summary_item
from patchwarden.store.tables import tables_of


def count_rows(api: Api, node_key: int) -> dict[str, int]:
    """Give table → rows about a node, for every table that can have some."""
    tables = [table.name for table in tables_of(api.db) if table.is_about_nodes]
    return {
        table: len(api.db.all(f"SELECT 1 FROM {table} WHERE node_key = ?", (node_key,)))
        for table in tables
    }


def fill(api: Api, instance_id: str) -> int:
    """Have a node say everything that a node can say; give its key."""
    api.submit(instance_id, report([package("bash")]))
    api.call("UpdateInstanceInformation", InstanceId=instance_id, SourceId="vm-1")
    api.call(
        "PutInventory",
        InstanceId=instance_id,
        Items=[summary_item(at=NOW + 60), rows_item([patch_row("zsh", "Missing")], at=NOW + 60)],
    )
    api.call("PutInventory", InstanceId=instance_id, Items=[item("Custom:Rack", [{"A": "b"}])])
    api.call(
        "PutComplianceItems",
        ResourceId=instance_id,
        ResourceType="ManagedInstance",
        ComplianceType="Custom:virus",
        ExecutionSummary={"ExecutionTime": NOW},
        Items=[{"Id": "1", "Severity": "LOW", "Status": "COMPLIANT"}],
    )
    row = api.db.one("SELECT node_key FROM nodes WHERE instance_id = ?", (instance_id,))
    assert row is not None
    return int(row[0])


def test_a_deregistered_node_leaves_no_row_in_any_table(api: Api) -> None:
    gone, stays = (fill(api, api.register_node()) for _ in range(2))
    before = count_rows(api, stays)
    assert all(before.values()), before
    assert count_rows(api, gone) == before
    row = api.db.one("SELECT instance_id FROM nodes WHERE node_key = ?", (gone,))
    assert row is not None
    api.call("DeregisterManagedInstance", InstanceId=row[0])
    assert not any(count_rows(api, gone).values())
    assert count_rows(api, stays) == before


def test_a_machine_that_registers_again_begins_anew(api: Api) -> None:
    first = api.register_node()
    fill(api, first)
    second = api.register_node()
    assert second != first
    assert api.call("DescribeInstancePatches", InstanceId=second)["Patches"] == []
    api.call("DeregisterManagedInstance", InstanceId=first)
    fill(api, second)
    (node,) = api.call("DescribeInstanceInformation")["InstanceInformationList"]
    assert node["InstanceId"] == second


def test_an_ec2_node_that_appears_again_begins_anew(api: Api) -> None:
    node: dict[str, Json] = {"InstanceId": "i-0123456789abcdef0"}
    api.call("UpdateInstanceInformation", **node)
    fill(api, node["InstanceId"])
    api.call("DeregisterInstance", **node)
    api.call("UpdateInstanceInformation", **node)
    assert api.call("DescribeInstancePatches", **node)["Patches"] == []
    assert api.call(
        "ListTagsForResource", ResourceType="ManagedInstance", ResourceId=node["InstanceId"]
    ) == {"TagList": []}
