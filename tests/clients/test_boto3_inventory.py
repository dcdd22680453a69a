"""The original agent's uploads, by boto3 and with the key of the node."""

import pytest
from botocore.exceptions import ClientError

from accounts import Account
from inventory_uploads import item, patch_row, rows_item, summary_item

MANY = [
    patch_row(f"package-{number}", "Missing", CVEIds=",".join(["CVE-2025-00001"] * 6))
    for number in range(2470)
]
"""About 1 MiB, as much as an item may have."""


def test_a_patch_run_is_shown_by_every_api(account: Account) -> None:
    node = account.new_node()
    agent, client = node.client("ssm"), account.client()
    agent.put_inventory(InstanceId=node.instance_id, Items=[summary_item(), rows_item(MANY)])
    pages = client.get_paginator("describe_instance_patches").paginate(
        InstanceId=node.instance_id, PaginationConfig={"PageSize": 100}
    )
    patches = [patch for page in pages for patch in page["Patches"]]
    assert [patch["KBId"] for patch in patches] == [row["Id"] for row in MANY]
    (state,) = client.describe_instance_patch_states(InstanceIds=[node.instance_id])[
        "InstancePatchStates"
    ]
    assert state["MissingCount"] == len(MANY)
    listed = client.list_inventory_entries(
        InstanceId=node.instance_id, TypeName="AWS:ComplianceItem", MaxResults=50
    )
    assert len(listed["Entries"]) == 50
    pages = client.get_paginator("get_inventory").paginate(
        Filters=[{"Key": "AWS:InstanceInformation.InstanceId", "Values": [node.instance_id]}]
    )
    assert [entity["Id"] for page in pages for entity in page["Entities"]] == [node.instance_id]


def test_the_agent_is_told_to_send_in_full(account: Account) -> None:
    node = account.new_node()
    agent = node.client("ssm")
    with pytest.raises(agent.exceptions.ItemContentMismatchException) as mismatch:
        agent.put_inventory(
            InstanceId=node.instance_id,
            Items=[summary_item(), rows_item(MANY, only_hash=True)],
        )
    assert mismatch.value.response["TypeName"] == "AWS:ComplianceItem"


def test_a_node_puts_inventory_for_itself_alone(account: Account) -> None:
    node, other = account.new_node(), account.new_node()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        node.client("ssm").put_inventory(
            InstanceId=other.instance_id, Items=[item("AWS:Network", [])]
        )


def test_the_schemas_are_paged_through(account: Account) -> None:
    pages = account.client().get_paginator("get_inventory_schema").paginate()
    assert len([schema for page in pages for schema in page["Schemas"]]) > 10
