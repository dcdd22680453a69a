"""ListComplianceItems."""

import pytest

from compliance import entry, put, where
from driver import Api, Json, Refused
from fakes import NOW, package, report
from patchwarden.operations.paging import MAX_EXAMINED

PATCHED = package("openssl", "3.0-1", security=True, priority="important", installed_at=NOW)
MISSING = package("bash", "5.2-1", update="5.2-2", security=True, installed_at=NOW)
OTHER = package("nano", "7.2-1")
SCANNED_AT = "2025-11-24T15:59:58Z"


def items(api: Api, instance_id: str, *filters: Json, **members: Json) -> list[Json]:
    """Give the items of a node that filters match, from all pages."""
    pages = api.pages(
        "ListComplianceItems", ResourceIds=[instance_id], Filters=where(*filters), **members
    )
    return [item for page in pages for item in page["ComplianceItems"]]


def names(api: Api, instance_id: str, *filters: Json, **members: Json) -> list[str]:
    """Give the ids of the items of a node that filters match, without the architecture."""
    found = items(api, instance_id, *filters, **members)
    return [item["Id"].removesuffix(".amd64") for item in found]


@pytest.fixture
def instance_id(api: Api) -> str:
    """Register a node of a patch group that has reported one patch of each kind."""
    instance_id = api.register_node(Tags=[{"Key": "PatchGroup", "Value": "web"}])
    api.submit(instance_id, report([PATCHED, MISSING, OTHER]))
    return instance_id


def test_a_patch_is_shown_as_an_item(api: Api, instance_id: str) -> None:
    (item,) = items(api, instance_id, ("Id", ["openssl.amd64"]))
    execution = item.pop("ExecutionSummary")
    assert item == {
        "ComplianceType": "Patch",
        "ResourceType": "ManagedInstance",
        "ResourceId": instance_id,
        "Id": "openssl.amd64",
        "Title": "openssl.amd64:3.0-1",
        "Status": "COMPLIANT",
        "Severity": "UNSPECIFIED",
        "Details": {
            "Classification": "Security",
            "PatchBaselineId": "pb-09a5f8eb62bde80b1",
            "PatchGroup": "web",
            "PatchSeverity": "important",
            "PatchState": "Installed",
            "InstalledTime": "2025-11-24T16:00:00Z",
            "DocumentName": "",
            "DocumentVersion": "",
        },
    }
    assert execution.keys() == {"ExecutionTime", "ExecutionId", "ExecutionType"}
    assert (execution["ExecutionTime"], execution["ExecutionType"]) == (NOW - 2, "Command")


def test_the_execution_is_the_same_until_the_node_scans_again(api: Api, instance_id: str) -> None:
    (first,) = {item["ExecutionSummary"]["ExecutionId"] for item in items(api, instance_id)}
    assert {item["ExecutionSummary"]["ExecutionId"] for item in items(api, instance_id)} == {first}
    api.submit(instance_id, report([PATCHED, MISSING, OTHER], at=NOW + 60))
    (second,) = {item["ExecutionSummary"]["ExecutionId"] for item in items(api, instance_id)}
    assert second != first


def test_the_level_is_that_of_the_rule(api: Api, instance_id: str) -> None:
    everything = {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]}
    rule = {"PatchFilterGroup": everything, "ComplianceLevel": "HIGH", "ApproveAfterDays": 0}
    baseline = api.call(
        "CreatePatchBaseline",
        Name="mine",
        OperatingSystem="DEBIAN",
        ApprovalRules={"PatchRules": [rule]},
    )["BaselineId"]
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    by_name = {item["Id"]: item for item in items(api, instance_id)}
    missing = by_name["bash.amd64"]
    assert (missing["Severity"], missing["Status"]) == ("HIGH", "NON_COMPLIANT")
    assert missing["Details"]["PatchBaselineId"] == baseline
    assert missing["Details"]["InstalledTime"] == ""


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["openssl", "nano", "bash"]),
        ([("Status", ["NON_COMPLIANT"])], ["bash"]),
        ([("Status", ["NON_COMPLIANT"], "NOT_EQUAL")], ["openssl", "nano"]),
        ([("Status", ["COMPLIANT", "NON_COMPLIANT"])], ["openssl", "nano", "bash"]),
        ([("Status", ["COMPLIANT"]), ("PatchState", ["Installed"])], ["openssl"]),
        ([("Status", ["COMPLIANT"]), ("Status", ["NON_COMPLIANT"])], []),
        ([("PatchState", ["MISSING"])], ["bash"]),
        ([("PatchState", ["Installed"], "BEGIN_WITH")], ["openssl", "nano"]),
        ([("PatchState", ["Sleeping"])], []),
        ([("Severity", ["UNSPECIFIED"])], ["openssl", "nano", "bash"]),
        ([("Severity", ["CRITICAL"])], []),
        ([("Id", ["nano.amd64", "bash.amd64"])], ["nano", "bash"]),
        ([("Title", ["nano", "bash"], "BEGIN_WITH")], ["nano", "bash"]),
        ([("Classification", ["Security"])], ["openssl", "bash"]),
        ([("Classification", ["Security"]), ("Status", ["COMPLIANT"])], ["openssl"]),
        ([("PatchSeverity", ["optional"])], ["bash"]),
        ([("PatchGroup", ["web"])], ["openssl", "nano", "bash"]),
        ([("PatchGroup", ["db"])], []),
        ([("PatchBaselineId", ["pb-09a5f8eb62bde80b1"])], ["openssl", "nano", "bash"]),
        ([("InstalledTime", ["2025-11-24"], "BEGIN_WITH")], ["openssl"]),
        ([("ExecutionTime", [SCANNED_AT])], ["openssl", "nano", "bash"]),
        ([("ExecutionTime", [SCANNED_AT], "LESS_THAN")], []),
        (
            [("ExecutionTime", ["2025-01-01T00:00:00Z"], "GREATER_THAN")],
            ["openssl", "nano", "bash"],
        ),
        ([("ExecutionType", ["Command"])], ["openssl", "nano", "bash"]),
        ([("ComplianceType", ["Patch"])], ["openssl", "nano", "bash"]),
        ([("ComplianceType", ["Custom:", "Ass"], "BEGIN_WITH")], []),
        ([("CVEIds", ["CVE-1"])], []),
        ([("CVEIds", ["CVE-1"], "NOT_EQUAL")], ["openssl", "nano", "bash"]),
        ([("DocumentName", [""])], ["openssl", "nano", "bash"]),
    ],
)
def test_filters_narrow_the_items(
    api: Api, instance_id: str, filters: list[Json], found: list[str]
) -> None:
    assert names(api, instance_id, *filters) == found
    assert names(api, instance_id, *filters, MaxResults=1) == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["a", "v", "w"]),
        ([("ComplianceType", ["Custom:virus"])], ["v", "w"]),
        ([("Status", ["NON_COMPLIANT"])], ["w"]),
        ([("DetailedText", ["x"])], ["w"]),
        ([("DetailedText", ["x"], "NOT_EQUAL")], ["a", "v"]),
        ([("Id", ["v"], "GREATER_THAN")], ["w"]),
    ],
)
def test_filters_narrow_what_was_put(api: Api, filters: list[Json], found: list[str]) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), kind="Association")
    put(api, instance_id, entry("v"), entry("w", "NON_COMPLIANT", Details={"DetailedText": "x"}))
    assert names(api, instance_id, *filters) == found
    assert names(api, instance_id, *filters, MaxResults=1) == found


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ResourceIds": ["mi-fffffffffffffffff"]}, "InvalidResourceId"),
        ({"ResourceIds": ["mi-1", "mi-2"]}, "ValidationException"),
        ({"ResourceTypes": ["ManagedInstance", "Database"]}, "InvalidResourceType"),
        ({"Filters": where(("Colour", ["red"]))}, "InvalidFilter"),
        ({"Filters": [{"Key": "Status"}]}, "InvalidFilter"),
        ({"Filters": [{"Values": ["a"]}]}, "InvalidFilter"),
        ({"NextToken": "AAAA"}, "InvalidNextToken"),
        ({"MaxResults": 51}, "ValidationException"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    api: Api, instance_id: str, members: dict[str, Json], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        api.call("ListComplianceItems", **{"ResourceIds": [instance_id], **members})
    assert refused.value.code == code


def test_one_resource_must_be_named(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("ListComplianceItems")
    assert refused.value.code == "ValidationException"


def test_of_a_node_that_never_reported_nothing_is_said(api: Api) -> None:
    assert items(api, api.register_node()) == []


def test_types_come_one_after_the_other_on_pages(api: Api, instance_id: str) -> None:
    put(api, instance_id, *(entry(f"v{number}") for number in range(3)))
    put(api, instance_id, entry("a0"), entry("a1"), kind="Association")
    every = ["a0", "a1", "v0", "v1", "v2", "openssl", "nano", "bash"]
    for size in (1, 2, 3, 50):
        assert names(api, instance_id, MaxResults=size) == every


def test_patches_that_were_put_stand_until_the_next_report(api: Api, instance_id: str) -> None:
    put(api, instance_id, entry("KB1"), kind="Patch")
    assert names(api, instance_id) == ["KB1"]
    states = [
        patch["KBId"]
        for patch in api.call("DescribeInstancePatches", InstanceId=instance_id)["Patches"]
    ]
    assert len(states) == 3
    api.submit(instance_id, report([PATCHED, MISSING, OTHER], at=NOW + 60))
    assert names(api, instance_id) == ["openssl", "nano", "bash"]


def test_patches_that_were_taken_back_are_judged_here_again(api: Api, instance_id: str) -> None:
    put(api, instance_id, entry("KB1"), kind="Patch")
    put(api, instance_id, kind="Patch")
    assert names(api, instance_id) == ["openssl", "nano", "bash"]


def test_a_walk_goes_through_the_evaluation_that_it_began_with(api: Api, instance_id: str) -> None:
    ask: Json = {"ResourceIds": [instance_id], "MaxResults": 1}
    first = api.call("ListComplianceItems", **ask)
    api.clock.advance(60)
    api.submit(instance_id, report([package("zsh")], at=NOW + 60))
    put(api, instance_id, entry("KB1"), kind="Patch")
    second = api.call("ListComplianceItems", **ask, NextToken=first["NextToken"])
    assert [item["Id"] for item in second["ComplianceItems"]] == ["nano.amd64"]


def test_a_walk_ends_where_its_items_were_replaced(api: Api, instance_id: str) -> None:
    ask: Json = {"ResourceIds": [instance_id], "MaxResults": 1}
    put(api, instance_id, entry("a"), entry("b"))
    token = api.call("ListComplianceItems", **ask)["NextToken"]
    put(api, instance_id, entry("c"), entry("d"))
    with pytest.raises(Refused) as refused:
        api.call("ListComplianceItems", **ask, NextToken=token)
    assert refused.value.code == "InvalidNextToken"


def test_a_walk_ends_where_its_evaluation_is_gone(api: Api, instance_id: str) -> None:
    ask: Json = {"ResourceIds": [instance_id], "MaxResults": 1}
    token = api.call("ListComplianceItems", **ask)["NextToken"]
    api.submit(instance_id, report([PATCHED]))
    api.db.execute("DELETE FROM verdicts WHERE superseded_at IS NOT NULL")
    with pytest.raises(Refused) as refused:
        api.call("ListComplianceItems", **ask, NextToken=token)
    assert refused.value.code == "InvalidNextToken"


def test_a_walk_through_associations_outlives_partial_uploads(api: Api) -> None:
    instance_id = api.register_node()
    ask: Json = {"ResourceIds": [instance_id], "MaxResults": 1}
    put(api, instance_id, entry("a"), entry("b"), kind="Association")
    token = api.call("ListComplianceItems", **ask)["NextToken"]
    put(api, instance_id, entry("a"), kind="Association", UploadType="PARTIAL")
    second = api.call("ListComplianceItems", **ask, NextToken=token)
    assert [item["Id"] for item in second["ComplianceItems"]] == ["b"]


def test_one_call_looks_at_so_many_items(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, *(entry(str(number)) for number in range(MAX_EXAMINED + 1)))
    last = ("Id", [str(MAX_EXAMINED)])
    ask: Json = {"ResourceIds": [instance_id], "Filters": where(last)}
    sizes = [len(page["ComplianceItems"]) for page in api.pages("ListComplianceItems", **ask)]
    assert sizes == [0, 1]


def test_states_are_spelled_as_agents_do_and_asked_for_either_way(api: Api) -> None:
    instance_id = api.register_node()
    api.submit(instance_id, report([OTHER]))
    for spelling in ("INSTALLED_OTHER", "InstalledOther"):
        (item,) = items(api, instance_id, ("PatchState", [spelling]))
        assert item["Details"]["PatchState"] == "InstalledOther"
