"""Every operation that counts patches counts the same (contract 3.3), whoever judged them."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver import Api
from fakes import package, report
from inventory_uploads import patch_row, rows_item, summary_item
from patchwarden.domain.facts import Package
from patchwarden.domain.states import PatchState, service_spelling

COUNTS = {
    "INSTALLED": ("InstalledCount", "InstancesWithInstalledPatches"),
    "INSTALLED_OTHER": ("InstalledOtherCount", "InstancesWithInstalledOtherPatches"),
    "INSTALLED_REJECTED": ("InstalledRejectedCount", "InstancesWithInstalledRejectedPatches"),
    "INSTALLED_PENDING_REBOOT": (
        "InstalledPendingRebootCount",
        "InstancesWithInstalledPendingRebootPatches",
    ),
    "MISSING": ("MissingCount", "InstancesWithMissingPatches"),
    "FAILED": ("FailedCount", "InstancesWithFailedPatches"),
    "AVAILABLE_SECURITY_UPDATE": (
        "AvailableSecurityUpdateCount",
        "InstancesWithAvailableSecurityUpdates",
    ),
}
"""State → count of a node, and of the nodes of a group that have any."""
BASELINE: dict[str, Any] = {
    "Name": "overlapping",
    "OperatingSystem": "DEBIAN",
    "ApprovalRules": {
        "PatchRules": [
            {
                "PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": [priority]}]},
                "ComplianceLevel": level,
                "EnableNonSecurity": True,
            }
            for priority, level in (("Important", "CRITICAL"), ("Standard", "LOW"))
        ]
    },
    "RejectedPatches": ["*-bad"],
    "RejectedPatchesAction": "BLOCK",
}

packages = st.lists(
    st.builds(
        package,
        st.sampled_from(["lib", "lib-bad", "tool", "tool-bad", "doc"]),
        update=st.sampled_from([None, "2.0-1"]),
        security=st.booleans(),
        priority=st.sampled_from(["important", "standard", "optional"]),
    ),
    unique_by=lambda each: each.name,
)
rows = st.lists(
    st.builds(
        lambda state, level, classification: {
            "PatchState": service_spelling(state),
            "Severity": level,
            "Classification": classification,
        },
        st.sampled_from(PatchState),
        st.sampled_from(["CRITICAL", "Critical", "HIGH", "UNSPECIFIED"]),
        st.sampled_from(["Security", "security", "SecurityUpdates", "Bugfix", ""]),
    ),
    max_size=8,
)
fast = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def node(api: Api) -> str:
    """Give a node alone in its group, judged by a baseline of many levels."""
    made = api.call("CreatePatchBaseline", **BASELINE)["BaselineId"]
    api.call("RegisterPatchBaselineForPatchGroup", BaselineId=made, PatchGroup="web")
    return api.register_node(Tags=[{"Key": "Patch Group", "Value": "web"}])


@fast
@given(installed=packages, failed=st.sets(st.sampled_from(["lib", "tool"])), waits=st.booleans())
def test_counts_of_what_is_judged_here(
    api: Api, node: str, installed: list[Package], failed: set[str], waits: bool
) -> None:
    api.clock.advance(1)
    now = api.clock.now
    result = {"architecture": "amd64", "version": "2.0-1", "outcome": "failed", "at": now}
    scan = {"operation": "Install", "results": [{"name": name, **result} for name in failed]}
    about = {"reboot": {"required": waits, "packages": ["doc"]}}
    api.submit(node, report(installed, at=now, scan=scan, node=about))
    assert_counts_agree(api, node)


@fast
@given(given=rows, is_open=st.booleans())
def test_counts_of_what_was_judged_on_the_node(
    api: Api, node: str, given: list[dict[str, str]], is_open: bool
) -> None:
    api.clock.advance(1)
    now = api.clock.now
    available = {"Status": "NON_COMPLIANT" if is_open else "COMPLIANT"}
    sent = [
        patch_row(f"lib{number}", **{**available, **row, "state": row["PatchState"]})
        for number, row in enumerate(given)
    ]
    items = [summary_item(at=now, NotApplicableCount="0"), rows_item(sent, at=now)]
    api.call("PutInventory", InstanceId=node, Items=items)
    assert_counts_agree(api, node)


def assert_counts_agree(api: Api, node: str) -> None:
    patches = api.call("DescribeInstancePatches", InstanceId=node)["Patches"]
    items = api.call("ListComplianceItems", ResourceIds=[node])["ComplianceItems"]
    (state,) = api.call("DescribeInstancePatchStates", InstanceIds=[node])["InstancePatchStates"]
    group = api.call("DescribePatchGroupState", PatchGroup="web")
    (resource,) = api.call("ListResourceComplianceSummaries")["ResourceComplianceSummaryItems"]
    shown = Counter(patch["State"] for patch in patches)
    for name, (count, nodes) in COUNTS.items():
        assert state[count] == shown[name], count
        assert group[nodes] == (shown[name] > 0), nodes
    assert state["NotApplicableCount"] == shown["NOT_APPLICABLE"]
    non_compliant = [item for item in items if item["Status"] == "NON_COMPLIANT"]
    critical, security, other = overlapping(non_compliant)
    assert state["CriticalNonCompliantCount"] == critical
    assert state["SecurityNonCompliantCount"] == security
    assert state["OtherNonCompliantCount"] == other
    assert group["InstancesWithCriticalNonCompliantPatches"] == (critical > 0)
    assert group["InstancesWithSecurityNonCompliantPatches"] == (security > 0)
    assert group["InstancesWithOtherNonCompliantPatches"] == (other > 0)
    assert resource["NonCompliantSummary"]["NonCompliantCount"] == len(non_compliant)
    assert resource["Status"] == ("NON_COMPLIANT" if non_compliant else "COMPLIANT")


def overlapping(non_compliant: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Count items that are critical, that are security, and that are neither."""
    kinds = [(item["Severity"] == "CRITICAL", is_security(item)) for item in non_compliant]
    return (
        sum(critical for critical, _ in kinds),
        sum(security for _, security in kinds),
        sum(not any(kind) for kind in kinds),
    )


def is_security(item: dict[str, Any]) -> bool:
    details = item["Details"]
    return (
        details["Classification"].lower() in {"security", "securityupdates"}
        or details["PatchState"] == "AvailableSecurityUpdate"
    )
