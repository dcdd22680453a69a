"""DescribeInstancePatchStates."""

from typing import Any

import pytest

from driver import Api, Refused
from fakes import NOW, package, report
from patchwarden.domain.facts import OperationResult

UNKNOWN = "mi-fffffffffffffffff"


def states(api: Api, *instance_ids: str) -> list[Any]:
    """Give the states of nodes."""
    answer = api.call("DescribeInstancePatchStates", InstanceIds=list(instance_ids))
    found: list[Any] = answer["InstancePatchStates"]
    return found


def test_the_counts_of_a_node_are_those_of_its_patches(api: Api) -> None:
    instance_id = api.register_node(Tags=[{"Key": "Patch Group", "Value": "prod"}])
    packages = [
        package("openssl", security=True),
        package("bash", update="2.0-1", security=True),
        package("nano"),
        package("vim", update="2.0-1", security=True),
    ]
    failed = OperationResult(
        name="vim", architecture="amd64", version="2.0-1", outcome="failed", at=NOW
    )
    scan: dict[str, Any] = {
        "operation": "Install",
        "reboot_option": "RebootIfNeeded",
        "started_at": NOW - 90.12345,
        "results": [failed],
    }
    api.submit(instance_id, report(packages, scan=scan))
    (state,) = states(api, instance_id)
    assert state == {
        "InstanceId": instance_id,
        "PatchGroup": "prod",
        "BaselineId": "pb-09a5f8eb62bde80b1",
        "OwnerInformation": "",
        "InstalledCount": 1,
        "InstalledOtherCount": 1,
        "InstalledPendingRebootCount": 0,
        "InstalledRejectedCount": 0,
        "MissingCount": 1,
        "FailedCount": 1,
        "UnreportedNotApplicableCount": -1,
        "NotApplicableCount": 0,
        "AvailableSecurityUpdateCount": 0,
        "OperationStartTime": NOW - 90.123,
        "OperationEndTime": NOW,
        "Operation": "Install",
        "RebootOption": "RebootIfNeeded",
        "CriticalNonCompliantCount": 0,
        "SecurityNonCompliantCount": 2,
        "OtherNonCompliantCount": 0,
    }


def test_what_the_operation_used_is_shown(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report([package("bash")]))
    snapshot_id = "6d03d6c5-f79d-41d0-8d0e-00a9a0000000"
    with api.db.transaction():
        api.db.execute(
            "UPDATE scans SET snapshot_id = ?, install_override_list = ?,"
            " unreported_not_applicable = ?",
            (snapshot_id, "s3://bucket/list.yaml", 12),
        )
    (state,) = states(api, instance_id)
    assert state["SnapshotId"] == snapshot_id
    assert state["InstallOverrideList"] == "s3://bucket/list.yaml"
    assert state["UnreportedNotApplicableCount"] == 12


@pytest.mark.parametrize(
    ("operation", "reboot_option", "is_shown"),
    [
        ("Install", "NoReboot", True),
        ("Install", "RebootIfNeeded", False),
        ("Scan", "NoReboot", False),
    ],
)
def test_the_last_install_without_a_reboot_is_shown(
    api: Api, operation: str, reboot_option: str, is_shown: bool
) -> None:
    instance_id = api.register_node()
    scan = {"operation": operation, "reboot_option": reboot_option}
    api.submit(instance_id, report([package("bash")], at=NOW - 60.12345, scan=scan))
    api.submit(instance_id, report([package("bash")]))
    (state,) = states(api, instance_id)
    shown = {"LastNoRebootInstallOperationTime": NOW - 60.123} if is_shown else {}
    assert shown.items() <= state.items()
    assert ("LastNoRebootInstallOperationTime" in state) == is_shown


def test_nodes_without_a_report_are_left_out_and_repeated_ones_shown_once(api: Api) -> None:
    silent, first, second = (api.register_node() for _ in range(3))
    for instance_id in (first, second):
        api.submit(instance_id, report([package("bash")]))
    asked = [second, silent, UNKNOWN, first, second]
    shown = states(api, *asked)
    assert [state["InstanceId"] for state in shown] == [second, first]
    assert [state["PatchGroup"] for state in shown] == ["", ""]


def test_asking_for_no_node_gives_none(api: Api) -> None:
    answer = api.call("DescribeInstancePatchStates", InstanceIds=[])
    assert answer == {"InstancePatchStates": [], "NextToken": ""}


@pytest.mark.parametrize(("count", "expected"), [(10, [10]), (11, [10, 1]), (20, [10, 10])])
def test_pages_of_states_miss_none(api: Api, count: int, expected: list[int]) -> None:
    ids = [api.register_node() for _ in range(count)]
    for instance_id in ids:
        api.submit(instance_id, report([package("bash")]))
    pages = list(api.pages("DescribeInstancePatchStates", InstanceIds=ids, MaxResults=10))
    lists = [page["InstancePatchStates"] for page in pages]
    assert [len(each) for each in lists] == expected
    assert [state["InstanceId"] for each in lists for state in each] == ids


def test_a_foreign_token_is_refused_by_patch_states(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("DescribeInstancePatchStates", InstanceIds=[UNKNOWN], NextToken="AAAA")
    assert refused.value.code == "InvalidNextToken"
