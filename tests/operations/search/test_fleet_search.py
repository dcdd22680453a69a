"""SearchNodes and CountNodes: filters, pages, what an answer lacks, who may ask."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from baseline_requests import create
from driver import ACCOUNT, SCOPE, Api, Refused
from fakes import package, report
from patchwarden.choices import Choices
from patchwarden.domain.facts import AvailableVersion, Package
from patchwarden.operations import OPERATIONS
from patchwarden.operations.access import is_allowed
from patchwarden.store.credentials import Holder, Role
from patchwarden.store.database import Scope
from stores import StoreOfTest, without_disk

CVE = "CVE-2026-1234"
FEW, MANY = 25, 26
"""Outdated nodes: a search waits for so many to be judged again, and for no more."""


@pytest.fixture
def api(store_of_test: StoreOfTest) -> Iterator[Api]:
    """Give an empty installation that keeps CVEs on Debian."""
    choices = Choices(cve_ids="known")
    api = Api(store_of_test.directory, choices, store_url=store_of_test.url)
    without_disk(api.db)
    yield api
    api.close()


def vulnerable(name: str, *cve_ids: str) -> Package:
    """Make a package that has a security update for these CVEs."""
    offer = AvailableVersion(version="2.0-1", origins=(1,), cve_ids=cve_ids)
    return package(name, available=[offer])


def node_with(
    api: Api, *packages: Package, group: str = "", scope: Scope = SCOPE, **of_report: Any
) -> str:
    """Register a node that has these packages; give its id."""
    tags = [{"Key": "Patch Group", "Value": group}] if group else []
    node = api.register_node(scope=scope, Tags=tags)
    api.submit(node, report(packages, at=api.clock.now, **of_report), scope=scope)
    return node


def filters(**values: Sequence[str] | str) -> list[dict[str, Any]]:
    return [
        {"Key": key, "Values": [given] if isinstance(given, str) else list(given)}
        for key, given in values.items()
    ]


def found(api: Api, scope: Scope = SCOPE, **values: Sequence[str] | str) -> set[str]:
    """Give the ids of the nodes that a search finds, which is not counted otherwise."""
    asked = filters(**values)
    answer = api.call("SearchNodes", scope=scope, Filters=asked)
    assert api.call("CountNodes", scope=scope, Filters=asked)["NodesCount"] == len(answer["Nodes"])
    return {node["InstanceId"] for node in answer["Nodes"]}


def test_a_node_comes_with_the_patches_that_match(api: Api) -> None:
    node = node_with(
        api, vulnerable("openssl", CVE, "CVE-2025-1"), vulnerable("bash", "CVE-2025-1"), group="web"
    )
    node_with(api, package("openssl"))
    answer = api.call("SearchNodes", Filters=filters(CVEId=CVE))
    assert answer == {
        "Nodes": [
            {
                "InstanceId": node,
                "Name": "web-1.example.test",
                "PlatformName": "Debian GNU/Linux",
                "PlatformVersion": "12",
                "OperatingSystem": "DEBIAN",
                "PatchGroup": "web",
                "OperationEndTime": api.clock.now,
                "Patches": [
                    {
                        "Title": "openssl.amd64:2.0-1",
                        "KBId": "openssl.amd64",
                        "Classification": "Security",
                        "Severity": "optional",
                        "State": "MISSING",
                        "CVEIds": f"CVE-2025-1,{CVE}",
                    }
                ],
            }
        ],
        "NextToken": "",
        "OutdatedNodesCount": 0,
        "UnreportedNodesCount": 0,
        "OperatingSystemsWithoutCVEIds": [],
    }


def test_each_key_narrows_the_answer(api: Api) -> None:
    web = node_with(api, vulnerable("openssl", CVE), vulnerable("bash", CVE), group="web")
    db = node_with(api, vulnerable("openssl", CVE), group="db")
    plain = node_with(api, vulnerable("openssl"))
    rejected = node_with(api, package("telnet"), vulnerable("zsh"), scan={"operation": "Install"})
    baseline = create(
        api,
        ApprovalRules={"PatchRules": [{"PatchFilterGroup": {"PatchFilters": []}}]},
        RejectedPatches=["telnet"],
        RejectedPatchesAction="BLOCK",
    )
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    assert found(api, CVEId=CVE) == {web, db}
    assert found(api, CVEId=CVE.lower()) == {web, db}
    assert found(api, CVEId=[CVE, "CVE-2000-1"], KBId="bash.amd64") == {web}
    assert found(api, KBId="openssl.amd64") == {web, db, plain}
    assert found(api, KBId=["bash.amd64", "zsh.amd64"]) == {web, rejected}
    assert found(api, Title="openssl.amd64:2.0-1") == {web, db, plain}
    assert found(api, CVEId=CVE, PatchGroup="db") == {db}
    assert found(api, CVEId=CVE, PatchGroup=["db", "web"]) == {web, db}
    assert found(api, KBId="openssl.amd64", Severity="required") == set()
    assert found(api, KBId="openssl.amd64", Classification="Security") == {web, db, plain}
    assert found(api, KBId="telnet.amd64") == {rejected}
    for spelling in ("INSTALLED_REJECTED", "InstalledRejected"):
        assert found(api, KBId=["telnet.amd64", "zsh.amd64"], State=spelling) == {rejected}
    assert found(api, KBId="telnet.amd64", State="Missing") == set()


def test_states_are_counted(api: Api) -> None:
    node_with(api, vulnerable("openssl", CVE))
    node_with(api, vulnerable("openssl", CVE), vulnerable("bash", CVE))
    assert api.call("CountNodes", Filters=filters(CVEId=CVE)) == {
        "NodesCount": 2,
        "States": [{"State": "MISSING", "NodesCount": 2}],
        "OutdatedNodesCount": 0,
        "UnreportedNodesCount": 0,
        "OperatingSystemsWithoutCVEIds": [],
    }


def test_a_node_in_two_states_counts_in_both_and_once_in_all(api: Api) -> None:
    node_with(api, vulnerable("openssl"), package("telnet"))
    node_with(api, vulnerable("openssl"))
    baseline = create(
        api,
        ApprovalRules={"PatchRules": [{"PatchFilterGroup": {"PatchFilters": []}}]},
        RejectedPatches=["telnet"],
        RejectedPatchesAction="BLOCK",
    )
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    counted = api.call("CountNodes", Filters=filters(KBId=["openssl.amd64", "telnet.amd64"]))
    assert counted["NodesCount"] == 2
    assert counted["States"] == [
        {"State": "INSTALLED_REJECTED", "NodesCount": 1},
        {"State": "MISSING", "NodesCount": 2},
    ]


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_lose_and_repeat_nothing_while_nodes_are_judged_again(api: Api, size: int) -> None:
    nodes = {node_with(api, vulnerable("openssl", CVE)) for _ in range(7)}
    baseline = create(api, ApprovedPatches=["openssl*"])
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    seen: list[str] = []
    for page in api.pages("SearchNodes", Filters=filters(CVEId=CVE), MaxResults=size):
        assert len(page["Nodes"]) <= size
        seen += [node["InstanceId"] for node in page["Nodes"]]
        approved = ["openssl*", f"other-{len(seen)}"]
        api.call("UpdatePatchBaseline", BaselineId=baseline, ApprovedPatches=approved)
    assert len(seen) == len(nodes)
    assert set(seen) == nodes


def test_pages_go_on_where_few_nodes_are_in_the_patch_group(api: Api) -> None:
    for number in range(12):
        node_with(api, vulnerable("openssl"), group="rare" if number % 6 == 0 else "usual")
    asked = filters(KBId="openssl.amd64", PatchGroup="rare")
    pages = list(api.pages("SearchNodes", Filters=asked, MaxResults=1))
    assert [len(page["Nodes"]) for page in pages] == [1, 1]


def test_other_accounts_and_regions_are_not_searched(api: Api) -> None:
    elsewhere = [Scope("999999999999", "us-east-1"), Scope(ACCOUNT, "eu-west-1")]
    by_scope = {
        scope: {node_with(api, vulnerable("openssl", CVE), scope=scope)}
        for scope in (SCOPE, *elsewhere)
    }
    for scope, nodes in by_scope.items():
        assert found(api, scope, CVEId=CVE) == nodes
    assert found(api, Scope("111111111111", "us-east-1"), CVEId=CVE) == set()


def test_a_token_is_for_its_own_filters(api: Api) -> None:
    for _ in range(2):
        node_with(api, vulnerable("openssl", CVE))
    token = api.call("SearchNodes", Filters=filters(CVEId=CVE), MaxResults=1)["NextToken"]
    assert token
    with pytest.raises(Refused) as refused:
        api.call("SearchNodes", Filters=filters(KBId="openssl.amd64"), NextToken=token)
    assert refused.value.code == "InvalidNextToken"


def test_a_deregistered_node_is_not_found(api: Api) -> None:
    node = node_with(api, vulnerable("openssl", CVE))
    api.call("DeregisterInstance", InstanceId=node)
    assert found(api, CVEId=CVE) == set()


def test_few_outdated_nodes_are_judged_before_they_are_searched(api: Api) -> None:
    nodes = {node_with(api, package("telnet")) for _ in range(FEW)}
    reject_by_default(api, "telnet")
    assert found(api, KBId="telnet.amd64") == nodes


def test_many_outdated_nodes_are_told_of(api: Api) -> None:
    nodes = [node_with(api, package("telnet")) for _ in range(MANY)]
    reject_by_default(api, "telnet")
    asked = filters(KBId="telnet.amd64")
    for operation in ("SearchNodes", "CountNodes"):
        assert api.call(operation, Filters=asked)["OutdatedNodesCount"] == MANY
    assert api.call("SearchNodes", Filters=asked)["Nodes"] == []
    api.call("DescribeInstancePatches", InstanceId=nodes[0])
    assert found(api, KBId="telnet.amd64") == set(nodes)
    assert api.call("SearchNodes", Filters=asked)["OutdatedNodesCount"] == 0


def test_nodes_that_never_reported_are_counted(api: Api) -> None:
    node_with(api, vulnerable("openssl", CVE))
    api.register_node()
    api.register_node(scope=Scope(ACCOUNT, "eu-west-1"))
    answer = api.call("SearchNodes", Filters=filters(CVEId=CVE))
    assert answer["UnreportedNodesCount"] == 1


def test_it_says_where_no_cves_are_kept(store_of_test: StoreOfTest) -> None:
    api = Api(store_of_test.directory, store_url=store_of_test.url)
    node_with(api, vulnerable("openssl", CVE))
    by_cve = api.call("SearchNodes", Filters=filters(CVEId=CVE))
    assert by_cve["Nodes"] == []
    assert by_cve["OperatingSystemsWithoutCVEIds"] == ["DEBIAN", "MACOS", "RASPBIAN", "UBUNTU"]
    by_kb = api.call("SearchNodes", Filters=filters(KBId="openssl.amd64"))
    assert "OperatingSystemsWithoutCVEIds" not in by_kb
    api.close()


def test_states_are_spelled_as_the_choices_have_it(store_of_test: StoreOfTest) -> None:
    choices = Choices(state_spelling="service")
    api = Api(store_of_test.directory, choices, store_url=store_of_test.url)
    node_with(api, vulnerable("openssl"))
    asked = filters(KBId="openssl.amd64")
    [node] = api.call("SearchNodes", Filters=asked)["Nodes"]
    assert node["Patches"][0]["State"] == "Missing"
    assert api.call("CountNodes", Filters=asked)["States"][0]["State"] == "Missing"
    api.close()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (filters(Weather="fine", CVEId=CVE), "Weather"),
        (filters(State="Missing"), "CVEId, KBId, Title"),
        ([], "CVEId, KBId, Title"),
        (filters(CVEId=CVE, State="INSTALLED"), "INSTALLED cannot be searched for"),
        (filters(CVEId=CVE, State="Rusty"), "MISSING"),
        ([{"Key": "CVEId"}], "at least one value"),
    ],
)
@pytest.mark.parametrize("operation", ["SearchNodes", "CountNodes"])
def test_other_filters_are_refused(
    api: Api, operation: str, asked: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        api.call(operation, Filters=asked)
    assert refused.value.code == "InvalidFilter"


@pytest.mark.parametrize("operation", ["SearchNodes", "CountNodes"])
@pytest.mark.parametrize(
    ("role", "may"), [("admin", True), ("operator", True), ("auditor", True), ("node", False)]
)
def test_people_may_search_and_nodes_may_not(operation: str, role: Role, *, may: bool) -> None:
    caller = Holder(account_id=ACCOUNT, role=role, instance_id="mi-0123456789abcdef0")
    served = OPERATIONS[f"Patchwarden.{operation}"]
    assert is_allowed(caller, served, {"Filters": filters(CVEId=CVE)}) is may


def reject_by_default(api: Api, name: str) -> None:
    baseline = create(api, RejectedPatches=[name], RejectedPatchesAction="BLOCK")
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
