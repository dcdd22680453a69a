"""A node that uploads verdicts, as the original agent does, shows the same as one of facts."""

from typing import Any

import pytest

from driver import Api, Json
from fakes import NOW, package, report
from inventory_uploads import item

CONTEXT = ("ComplianceType", "ExecutionId", "ExecutionType", "ExecutionTime")
GROUP = [{"Key": "Patch Group", "Value": "web"}]
BASELINE: dict[str, Json] = {
    "OperatingSystem": "DEBIAN",
    "ApprovalRules": {
        "PatchRules": [
            {
                "PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": ["*"]}]},
                "ComplianceLevel": "CRITICAL",
            }
        ]
    },
    "RejectedPatches": ["lib3*"],
    "RejectedPatchesAction": "BLOCK",
}


def joined(api: Api, operation: str, members: str, **request: Json) -> list[Any]:
    """Give what all pages of a walk list."""
    return [each for page in api.pages(operation, **request) for each in page[members]]


def entries(api: Api, node: str, type_name: str) -> list[dict[str, str]]:
    return joined(api, "ListInventoryEntries", "Entries", InstanceId=node, TypeName=type_name)


@pytest.fixture
def nodes(api: Api) -> tuple[str, str]:
    """Give a node of facts, and one that uploaded what the first one shows as inventory."""
    of_facts, of_verdicts = api.register_node(Tags=GROUP), api.register_node()
    baseline = api.call("CreatePatchBaseline", Name="mine", **BASELINE)
    api.call("RegisterPatchBaselineForPatchGroup", **baseline, PatchGroup="web")
    packages = [
        package(
            f"lib{number}",
            update="2.0-1" if number % 3 == 0 else None,
            security=number % 2 == 0,
            listed=number % 5 > 0,
            installed_at=NOW - 1000 - number,
        )
        for number in range(60)
    ]
    operation = {"operation": "Install", "reboot_option": "NoReboot"}
    api.submit(of_facts, report(packages, scan=operation))
    rows = entries(api, of_facts, "AWS:ComplianceItem")
    context = {name: rows[0][name] for name in CONTEXT}
    content = [{name: value for name, value in row.items() if name not in CONTEXT} for row in rows]
    upload = [
        item("AWS:PatchSummary", entries(api, of_facts, "AWS:PatchSummary")),
        item("AWS:ComplianceItem", content, Context=context, ContentHash="hash"),
    ]
    api.call("PutInventory", InstanceId=of_verdicts, Items=upload)
    return of_facts, of_verdicts


def without_name(shown: list[Any], node: str) -> list[Any]:
    """Take the id of the node out of what is shown of it."""
    named = {"InstanceId", "ResourceId", "Id"}
    return [
        {key: value for key, value in each.items() if key not in named or value != node}
        for each in shown
    ]


@pytest.mark.parametrize(
    ("operation", "members", "request_for"),
    [
        ("DescribeInstancePatches", "Patches", lambda node: {"InstanceId": node, "MaxResults": 10}),
        *(
            (
                "DescribeInstancePatches",
                "Patches",
                lambda node, key=key, value=value: {
                    "InstanceId": node,
                    "Filters": [{"Key": key, "Values": [value]}],
                    "MaxResults": 10,
                },
            )
            for key, value in [
                ("State", "Missing"),
                ("State", "INSTALLED_OTHER"),
                ("State", "InstalledRejected"),
                ("Classification", "Security"),
                ("Severity", "optional"),
                ("KBId", "lib7.amd64"),
            ]
        ),
        (
            "DescribeInstancePatchStates",
            "InstancePatchStates",
            lambda node: {"InstanceIds": [node]},
        ),
        ("ListComplianceItems", "ComplianceItems", lambda node: {"ResourceIds": [node]}),
        (
            "ListComplianceItems",
            "ComplianceItems",
            lambda node: {
                "ResourceIds": [node],
                "Filters": [
                    {"Key": "Status", "Values": ["NON_COMPLIANT"]},
                    {"Key": "Severity", "Values": ["CRITICAL"]},
                ],
            },
        ),
        (
            "ListResourceComplianceSummaries",
            "ResourceComplianceSummaryItems",
            lambda node: {"Filters": [{"Key": "InstanceId", "Values": [node]}]},
        ),
        *(
            (
                "ListInventoryEntries",
                "Entries",
                lambda node, name=name: {"InstanceId": node, "TypeName": name},
            )
            for name in ("AWS:PatchSummary", "AWS:ComplianceItem", "AWS:PatchCompliance")
        ),
        (
            "GetInventory",
            "Entities",
            lambda node: {
                "ResultAttributes": [{"TypeName": "AWS:PatchSummary"}],
                "Filters": [{"Key": "AWS:InstanceInformation.InstanceId", "Values": [node]}],
            },
        ),
    ],
)
def test_each_operation_shows_the_same(
    api: Api, nodes: tuple[str, str], operation: str, members: str, request_for: Any
) -> None:
    first, second = (
        without_name(joined(api, operation, members, **request_for(node)), node) for node in nodes
    )
    assert first
    assert first == second


def test_both_count_in_their_patch_group(api: Api, nodes: tuple[str, str]) -> None:
    members = joined(
        api,
        "DescribeInstancePatchStatesForPatchGroup",
        "InstancePatchStates",
        PatchGroup="web",
        Filters=[{"Key": "MissingCount", "Values": ["0"], "Type": "GreaterThan"}],
    )
    assert [state["InstanceId"] for state in members] == sorted(nodes)
    counts = api.call("DescribePatchGroupState", PatchGroup="web")
    assert {name: count for name, count in counts.items() if count} == dict.fromkeys(
        [
            "Instances",
            "InstancesWithInstalledPatches",
            "InstancesWithInstalledOtherPatches",
            "InstancesWithInstalledRejectedPatches",
            "InstancesWithMissingPatches",
            "InstancesWithCriticalNonCompliantPatches",
            "InstancesWithSecurityNonCompliantPatches",
            "InstancesWithOtherNonCompliantPatches",
        ],
        2,
    )
    (patches,) = api.call("ListComplianceSummaries")["ComplianceSummaryItems"]
    assert patches["NonCompliantSummary"]["SeveritySummary"]["CriticalCount"] == 2
