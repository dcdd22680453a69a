"""One evaluation, asked for in every way that there is: all answers say the same."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver import Api, Json
from fakes import package, report
from inventory_uploads import item

GROUP = "web"
COUNTS = {
    "INSTALLED": "InstalledCount",
    "INSTALLED_OTHER": "InstalledOtherCount",
    "INSTALLED_REJECTED": "InstalledRejectedCount",
    "INSTALLED_PENDING_REBOOT": "InstalledPendingRebootCount",
    "MISSING": "MissingCount",
    "FAILED": "FailedCount",
}
RULES = [
    {
        "PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": [priority]}]},
        "ComplianceLevel": level,
    }
    for priority, level in [("Important", "CRITICAL"), ("Optional", "LOW")]
]
packages = st.lists(
    st.fixed_dictionaries(
        {
            "update": st.sampled_from([None, "2.0-1"]),
            "security": st.booleans(),
            "priority": st.sampled_from(["important", "optional", "extra"]),
            "installed_at": st.sampled_from([None, 1_546_992_000.0]),
        }
    ),
    min_size=1,
    max_size=15,
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    api = Api(Path(tmp_path_factory.mktemp("agree")) / "data")
    api.db.execute("PRAGMA synchronous = OFF")
    baseline = api.call(
        "CreatePatchBaseline",
        Name="mine",
        OperatingSystem="DEBIAN",
        ApprovalRules={"PatchRules": RULES},
        RejectedPatches=["lib0"],
        RejectedPatchesAction="BLOCK",
    )
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline["BaselineId"])
    yield api
    api.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packages, st.sampled_from(["Scan", "Install"]))
def test_all_answers_about_a_node_agree(
    api: Api, found: list[dict[str, Any]], operation: str
) -> None:
    node = _new_node(api)
    api.submit(node, _report(found, operation))
    try:
        _check(api, node)
    finally:
        api.call("DeregisterManagedInstance", InstanceId=node)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packages)
def test_a_node_that_uploads_its_verdicts_shows_the_same(
    api: Api, found: list[dict[str, Any]]
) -> None:
    judged, uploading = _new_node(api), _new_node(api)
    api.submit(judged, _report(found, "Scan"))
    _upload(api, uploading, summary=_entries(api, judged, "AWS:PatchSummary"), of=judged)
    try:
        _check(api, uploading)
        assert _patches(api, uploading) == _patches(api, judged)
        assert _without_id(_state(api, uploading)) == _without_id(_state(api, judged))
        assert _items(api, uploading) == _items(api, judged)
    finally:
        for node in (judged, uploading):
            api.call("DeregisterManagedInstance", InstanceId=node)


def _new_node(api: Api) -> str:
    return api.register_node(Tags=[{"Key": "Patch Group", "Value": GROUP}])


def _report(found: list[dict[str, Any]], operation: str) -> Any:
    made = [package(f"lib{number}", **members) for number, members in enumerate(found)]
    return report(made, scan={"operation": operation, "reboot_option": "NoReboot"})


def _upload(api: Api, node: str, *, summary: list[dict[str, str]], of: str) -> None:
    rows = _entries(api, of, "AWS:ComplianceItem")
    context_names = ("ComplianceType", "ExecutionId", "ExecutionType", "ExecutionTime")
    context = {name: rows[0][name] for name in context_names}
    content = [
        {name: text for name, text in row.items() if name not in context_names} for row in rows
    ]
    items = [
        item("AWS:PatchSummary", summary),
        item("AWS:ComplianceItem", content, Context=context),
    ]
    api.call("PutInventory", InstanceId=node, Items=items)


def _check(api: Api, node: str) -> None:
    patches, state = _patches(api, node), _state(api, node)
    by_state = Counter(patch["State"] for patch in patches)
    assert {state_: state[count] for state_, count in COUNTS.items()} == {
        state_: by_state[state_] for state_ in COUNTS
    }
    items = _items(api, node)
    assert [each["Id"] for each in items] == [patch["KBId"] for patch in patches]
    refused = [each for each in items if each["Status"] == "NON_COMPLIANT"]
    critical = [each for each in refused if each["Severity"] == "CRITICAL"]
    security = [each for each in refused if each["Details"]["Classification"] == "Security"]
    assert state["CriticalNonCompliantCount"] == len(critical)
    assert state["SecurityNonCompliantCount"] == len(security)
    either = {each["Id"] for each in [*critical, *security]}
    assert state["OtherNonCompliantCount"] == len(refused) - len(either)
    _check_summaries(api, node, items, refused)
    (entry,) = _entries(api, node, "AWS:PatchSummary")
    assert {count: entry[count] for count in COUNTS.values()} == {
        count: str(state[count]) for count in COUNTS.values()
    }


def _check_summaries(api: Api, node: str, items: list[Json], refused: list[Json]) -> None:
    listed = api.call(
        "ListResourceComplianceSummaries",
        Filters=[{"Key": "InstanceId", "Values": [node], "Type": "EQUAL"}],
    )
    (summary,) = listed["ResourceComplianceSummaryItems"]
    assert summary["Status"] == ("NON_COMPLIANT" if refused else "COMPLIANT")
    assert summary["NonCompliantSummary"]["NonCompliantCount"] == len(refused)
    assert summary["CompliantSummary"]["CompliantCount"] == len(items) - len(refused)
    severities = Counter(each["Severity"] for each in refused)
    counted = summary["NonCompliantSummary"]["SeveritySummary"]
    assert counted == {name: severities[name.removesuffix("Count").upper()] for name in counted}
    group = api.call("DescribePatchGroupState", PatchGroup=GROUP)
    states = api.call("DescribeInstancePatchStatesForPatchGroup", PatchGroup=GROUP)
    for name, count in [("Missing", "MissingCount"), ("Installed", "InstalledCount")]:
        having = [each for each in states["InstancePatchStates"] if each[count] > 0]
        assert group[f"InstancesWith{name}Patches"] == len(having)


def _patches(api: Api, node: str) -> list[Json]:
    return [
        patch
        for page in api.pages("DescribeInstancePatches", InstanceId=node, MaxResults=10)
        for patch in page["Patches"]
    ]


def _state(api: Api, node: str) -> Json:
    (state,) = api.call("DescribeInstancePatchStates", InstanceIds=[node])["InstancePatchStates"]
    return state


def _without_id(state: Json) -> Json:
    # Who uploads verdicts names the snapshot that they were made by.
    return {name: state[name] for name in state if name not in {"InstanceId", "SnapshotId"}}


def _items(api: Api, node: str) -> list[Json]:
    return [
        {name: each[name] for name in ("Id", "Title", "Severity", "Status", "Details")}
        for page in api.pages(
            "ListComplianceItems",
            ResourceIds=[node],
            Filters=[{"Key": "ComplianceType", "Values": ["Patch"]}],
        )
        for each in page["ComplianceItems"]
    ]


def _entries(api: Api, node: str, type_name: str) -> list[dict[str, str]]:
    return [
        entry
        for page in api.pages("ListInventoryEntries", InstanceId=node, TypeName=type_name)
        for entry in page["Entries"]
    ]
