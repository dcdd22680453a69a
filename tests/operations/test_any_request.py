"""Whatever is asked, the answer is the service model's: an output, or an error that it declares."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_patches import LINUX_PATCH, WINDOWS_PATCH, fill
from driver import Api, Refused, load_model
from fakes import package, report
from patchwarden.operations import OPERATIONS
from patchwarden.protocol.service_model import Shape

FIRST_NODE = "mi-00000000000000030"
FIRST_WINDOW = "mw-00000000000000070"
FIRST_BASELINE = "pb-00000000000000080"
PREDEFINED_BASELINE = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-09a5f8eb62bde80b1"
EXAMPLES: dict[str, list[Any]] = {
    "InstanceId": [FIRST_NODE, "mi-fffffffffffffffff", "i-0123456789abcdef0", "i-1"],
    "ManagedInstanceId": [FIRST_NODE, "mi-fffffffffffffffff", "mi-0"],
    "ActivationId": ["00000000-0000-4000-8000-000000000001", "no"],
    "BaselineId": [
        FIRST_BASELINE,
        "pb-0000000000000ffff",
        PREDEFINED_BASELINE,
        "arn:aws:ssm:us-east-1:123456789012:patchbaseline/pb-0000000000000ffff",
        "arn:aws:ssm:us-east-1:123456789012:document/pb-0000000000000ffff",
    ],
    "BaselineName": ["mine", "My-1"],
    "PatchSourceName": ["mirror"],
    "PatchFilterValue": ["*", "Important", "Debian12", "Security"],
    "PatchStringDateTime": ["2025-12-31", "2025-13-31", "soon"],
    "PatchOrchestratorFilterKey": [
        *("Classification", "KBId", "Severity", "State"),
        *("NAME_PREFIX", "OWNER", "OPERATING_SYSTEM", "Other"),
        *("PRODUCT", "PATCH_SET", "MSRC_SEVERITY", "PATCH_ID", "CVE_ID", "EPOCH"),
    ],
    "PatchOrchestratorFilterValue": [
        *("Missing", "INSTALLED", "Security", "Self", "AWS", "DEBIAN"),
        *("AmazonLinux2", "*", "OS", "Critical", "KB1", "CVE-2025-1", "1"),
    ],
    "InstanceInformationStringFilterKey": [
        *("InstanceIds", "PingStatus", "PlatformTypes", "tag:A", "tag-key", "tag:", "Other"),
    ],
    "InstanceInformationFilterValue": ["Online", "Linux", FIRST_NODE, "A"],
    "InstancePropertyStringFilterKey": [
        *("InstanceIds", "AgentVersion", "PlatformTypes", "DocumentName", "ActivationIds"),
        *("tag:A", "tag-key", "Other"),
    ],
    "InstancePropertyFilterValue": ["Linux", "0.1", FIRST_NODE, "A"],
    "ActivationCode": ["A" * 24],
    "ClientToken": ["once", "twice"],
    "SnapshotId": ["6d03d6c5-f79d-41d0-8d0e-00a9a0000000", "6D03D6C5-f79d-41d0-8d0e-00a9a0000000"],
    "ResourceId": [FIRST_NODE, FIRST_WINDOW, PREDEFINED_BASELINE, "no"],
    "TagKey": ["A", "Patch Group", "aws:a"],
    "MaintenanceWindowId": [FIRST_WINDOW, "mw-fffffffffffffffff"],
    "MaintenanceWindowName": ["nightly", "weekly", "no"],
    "MaintenanceWindowSchedule": ["cron(0 2 ? * SUN *)", "rate(1 day)", "sometimes"],
    "MaintenanceWindowStringDateTime": ["2026-01-31T02:00:00Z", "soon", ""],
    "MaintenanceWindowTimezone": ["UTC", "Mars/Olympus!"],
    "MaintenanceWindowDurationHours": [1, 3, 25],
    "MaintenanceWindowCutoff": [0, 2, -1],
    "MaintenanceWindowOffset": [1, 7],
    "MaintenanceWindowFilterKey": ["Name", "Enabled", "Other"],
    "MaintenanceWindowFilterValue": ["nightly", "true", "False"],
    "PatchGroup": ["web", "db", "é w"],
    "InstancePatchStateFilterKey": ["MissingCount", "InstalledCount", "Other"],
    "InstancePatchStateFilterValue": ["0", "1", "-1", "one"],
    "InventoryItemTypeName": [
        *("AWS:Application", "AWS:ComplianceItem", "AWS:PatchSummary", "AWS:InstanceInformation"),
        *("Custom:Rack", "AWS:Other"),
    ],
    "InventoryItemTypeNameFilter": ["", "AWS:Patch", "Custom:", "Other"],
    "InventoryItemSchemaVersion": ["1.0", "2.0", "one"],
    "InventoryItemCaptureTime": ["2025-11-24T16:00:00Z", "2025-02-30T00:00:00Z", "soon"],
    "InventoryItemContentHash": ["", "a", "b"],
    "InventoryItemEntry": [
        {},
        {"Name": "bash", "Id": "bash.amd64", "PatchState": "Missing"},
        {"Id": "zsh.amd64", "PatchState": "Installed", "InstalledTime": "2025-11-02T04:15:51Z"},
        {
            "OperationType": "Scan",
            "OperationStartTime": "2025-11-24T15:59:00Z",
            "OperationEndTime": "2025-11-24T16:00:00Z",
            "MissingCount": "1",
        },
    ],
    "InventoryItemContentContext": [{}, {"ComplianceType": "Patch"}, {"ComplianceType": "?"}],
    "InventoryFilterKey": [
        *("AWS:InstanceInformation.InstanceId", "AWS:Application.Name", "Name", "Custom:Rack.A"),
        *("AWS:PatchSummary.MissingCount", "AWS:Tag.Key", "AWS:Other.Name", "."),
    ],
    "InventoryFilterValue": [FIRST_NODE, "lib1", "0", "A"],
    "InventoryAggregatorList": [
        [{"Expression": "AWS:InstanceInformation.PlatformType"}],
        [{"Expression": "AWS:Application.Name"}],
        [{"Groups": [{"Name": "a", "Filters": [{"Key": "TypeName", "Values": ["AWS:File"]}]}]}],
        [{}],
    ],
    "ComplianceResourceId": [FIRST_NODE, FIRST_NODE, "mi-fffffffffffffffff"],
    "ComplianceResourceType": ["ManagedInstance", "ManagedInstance", "Other"],
    "ComplianceTypeName": ["Patch", "Association", "Custom:mine", "Other"],
    "ComplianceItemId": ["", "KB1", "KB2"],
    "ComplianceItemDetails": [{}, {"PatchState": "Missing", "Id": "b"}],
    "ComplianceItemContentHash": ["", "a"],
    "ComplianceStringFilterKey": [
        *("ComplianceType", "Status", "Severity", "Title", "PatchState", "ExecutionTime"),
        *("OverallSeverity", "InstanceId", "PatchGroup", "ExecutionId", "Other"),
        "AWS:InstanceInformation.PlatformType",
    ],
    "ComplianceFilterValue": ["Patch", "COMPLIANT", "LOW", FIRST_NODE, "Linux", "2025", ""],
    "NextToken": ["", "", "", "AAAA"],
}
KIND = {
    "string": st.text("ab-1", max_size=25),
    "boolean": st.booleans(),
    "integer": st.integers(10, 50) | st.integers(0, 101),
    "timestamp": st.floats(1.7e9, 1.8e9) | st.floats(1.764e9, 1.766e9),
    "blob": st.sampled_from([b"{}", b"\x1f\x8b", b'{"schema": 1}']),
}


def values(shape: Shape) -> st.SearchStrategy[object]:
    """Give values of a shape, for the most part such as satisfy its constraints."""
    if shape.name in EXAMPLES:
        return st.sampled_from(EXAMPLES[shape.name])
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.kind == "list":
        least = int(shape.minimum or 0)
        return st.lists(values(shape.members["member"]), min_size=least, max_size=3)
    if shape.kind == "structure":
        members = {name: values(member) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required}
        return st.fixed_dictionaries(required, optional=members)
    return KIND[shape.kind]


@pytest.fixture
def filled(api: Api) -> Api:
    """Give the operations of an installation with a node that has reported."""
    instance_id = api.register_node(Tags=[{"Key": "A", "Value": "b"}])
    api.submit(instance_id, report([package(f"lib{number}") for number in range(15)]))
    assert instance_id == FIRST_NODE
    fill(api.db, [WINDOWS_PATCH, LINUX_PATCH])
    window = api.call(
        "CreateMaintenanceWindow",
        Name="nightly",
        Schedule="rate(1 day)",
        Duration=2,
        Cutoff=1,
        AllowUnassociatedTargets=False,
    )
    assert window == {"WindowId": FIRST_WINDOW}
    baseline = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN")
    assert baseline == {"BaselineId": FIRST_BASELINE}
    return api


@pytest.mark.parametrize("target", sorted(OPERATIONS))
def test_any_request_is_answered_as_the_service_model_says(filled: Api, target: str) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(load_model().operations[target].input))
    def ask(members: dict[str, Any]) -> None:
        # The driver checks outputs and codes; any other error is a bug.
        with contextlib.suppress(Refused):
            filled.call(target.partition(".")[2], **members)

    ask()
