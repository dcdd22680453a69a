"""The roles of access keys."""

from typing import Any

import pytest

from driver import ACCOUNT
from patchwarden.operations import OPERATIONS
from patchwarden.operations.access import caller_arn, is_allowed
from patchwarden.store.credentials import Holder, Role

OWN = "mi-0000000000000000a"
OTHER = "mi-0000000000000000b"
NODE = Holder(account_id=ACCOUNT, role="node", instance_id=OWN)
NOBODY = Holder(account_id="", role="node")

READ = frozenset(
    {
        "CountNodes",
        "DescribeActivations",
        "DescribeAvailablePatches",
        "DescribeEffectivePatchesForPatchBaseline",
        "DescribeInstanceInformation",
        "DescribeInstancePatchStates",
        "DescribeInstancePatchStatesForPatchGroup",
        "DescribeInstancePatches",
        "DescribeInstanceProperties",
        "DescribeInventoryDeletions",
        "DescribeMaintenanceWindows",
        "DescribePatchBaselines",
        "DescribePatchGroupState",
        "DescribePatchGroups",
        "DescribePatchProperties",
        "DescribeWantedChangelogs",
        "GetDefaultPatchBaseline",
        "GetInventory",
        "GetInventorySchema",
        "GetMaintenanceWindow",
        "GetPatchBaseline",
        "GetPatchBaselineForPatchGroup",
        "ListComplianceItems",
        "ListComplianceSummaries",
        "ListInventoryEntries",
        "ListResourceComplianceSummaries",
        "ListTagsForResource",
        "SearchNodes",
    }
)
OPERATE = frozenset(
    {
        "AddTagsToResource",
        "CreateActivation",
        "DeleteActivation",
        "DeregisterInstance",
        "DeregisterManagedInstance",
        "RemoveTagsFromResource",
        "UpdateManagedInstanceRole",
    }
)
ADMINISTER = frozenset(
    {
        "CreateMaintenanceWindow",
        "CreatePatchBaseline",
        "DeleteInventory",
        "DeleteMaintenanceWindow",
        "DeletePatchBaseline",
        "DeregisterPatchBaselineForPatchGroup",
        "RegisterDefaultPatchBaseline",
        "RegisterPatchBaselineForPatchGroup",
        "UpdateMaintenanceWindow",
        "UpdatePatchBaseline",
    }
)
REPORT = frozenset(
    {
        "GetDeployablePatchSnapshotForInstance",
        "PutChangelogs",
        "PutComplianceItems",
        "PutInventory",
        "SubmitReport",
        "UpdateInstanceInformation",
    }
)
ANYONE = frozenset({"RegisterManagedInstance"})


def allowed(caller: Holder, request: dict[str, Any]) -> set[str]:
    """Give the names of the operations that `caller` may run with `request`."""
    return {
        target.partition(".")[2]
        for target, served in OPERATIONS.items()
        if is_allowed(caller, served, request)
    }


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", READ | OPERATE | ADMINISTER | REPORT | ANYONE),
        ("operator", READ | OPERATE | REPORT | ANYONE),
        ("auditor", READ | ANYONE),
    ],
)
@pytest.mark.parametrize("request_", [{}, {"InstanceId": OTHER}])
def test_what_each_role_of_people_may_do(
    role: Role, expected: frozenset[str], request_: dict[str, Any]
) -> None:
    assert allowed(Holder(account_id=ACCOUNT, role=role), request_) == expected


@pytest.mark.parametrize(
    "request_", [{"InstanceId": OWN}, {"InstanceIds": [OWN]}, {"ResourceId": OWN}]
)
def test_a_node_may_read_and_report_where_it_names_itself(request_: dict[str, Any]) -> None:
    assert allowed(NODE, request_) == READ | REPORT | ANYONE


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"InstanceId": OTHER},
        {"InstanceIds": []},
        {"InstanceIds": [OTHER]},
        {"InstanceIds": [OWN, OTHER]},
        {"ResourceId": OTHER},
        {"InstanceId": OWN, "InstanceIds": [OTHER]},
        {"InstanceId": OTHER, "InstanceIds": [OWN]},
        {"BaselineId": OWN},
        {"Filters": [{"Key": "InstanceIds", "Values": [OWN]}]},
    ],
)
@pytest.mark.parametrize("caller", [NODE, NOBODY])
def test_a_node_may_do_nothing_that_does_not_name_it_alone(
    caller: Holder, request_: dict[str, Any]
) -> None:
    assert allowed(caller, request_) == ANYONE


@pytest.mark.parametrize("request_", [{"InstanceId": OWN}, {"InstanceIds": [OWN]}])
def test_nobody_is_not_a_node(request_: dict[str, Any]) -> None:
    assert allowed(NOBODY, request_) == ANYONE


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        (Holder(account_id=ACCOUNT, role="auditor"), "auditor"),
        (
            Holder(account_id=ACCOUNT, role="admin", description="ada@example.test"),
            "ada@example.test",
        ),
        (Holder(account_id=ACCOUNT, role="admin", description="Ada L.\n"), "Ada-L.-"),
        (NODE, OWN),
    ],
)
def test_a_caller_is_named_by_what_is_known(holder: Holder, name: str) -> None:
    assert caller_arn(holder) == f"arn:aws:iam::{ACCOUNT}:user/{name}"
