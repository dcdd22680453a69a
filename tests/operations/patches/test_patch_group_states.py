"""DescribeInstancePatchStatesForPatchGroup and DescribePatchGroupState."""

from collections.abc import Sequence
from typing import Any

import pytest

from driver import SCOPE, Api, Json, Refused
from fakes import package, report
from patchwarden.operations.paging import MAX_EXAMINED
from patchwarden.store import nodes
from patchwarden.store.database import Scope
from patchwarden.store.nodes import Registration

COUNTED = (
    "InstalledCount",
    "InstalledOtherCount",
    "InstalledPendingRebootCount",
    "InstalledRejectedCount",
    "MissingCount",
    "FailedCount",
    "UnreportedNotApplicableCount",
    "NotApplicableCount",
)
ELSEWHERE = [Scope("999999999999", "us-east-1"), SCOPE._replace(region="eu-west-1")]
NOBODY = {
    "Instances": 0,
    "InstancesWithInstalledPatches": 0,
    "InstancesWithInstalledOtherPatches": 0,
    "InstancesWithInstalledPendingRebootPatches": 0,
    "InstancesWithInstalledRejectedPatches": 0,
    "InstancesWithMissingPatches": 0,
    "InstancesWithFailedPatches": 0,
    "InstancesWithNotApplicablePatches": 0,
    "InstancesWithUnreportedNotApplicablePatches": 0,
    "InstancesWithCriticalNonCompliantPatches": 0,
    "InstancesWithSecurityNonCompliantPatches": 0,
    "InstancesWithOtherNonCompliantPatches": 0,
    "InstancesWithAvailableSecurityUpdates": 0,
}


def node(api: Api, missing: int | None = 0, patch_group: str = "web") -> str:
    """Register a node; unless `missing` is None, have it report so many missing patches."""
    instance_id = api.register_node(Tags=[{"Key": "Patch Group", "Value": patch_group}])
    if missing is not None:
        submit(api, instance_id, missing)
    return instance_id


def add_silent(api: Api, instance_id: str) -> None:
    """Have a node in the group `web` that has not reported."""
    registration = Registration(
        instance_id=instance_id,
        activation_id="",
        name=None,
        iam_role="role",
        tags={"PatchGroup": "web"},
    )
    nodes.add(api.db, SCOPE, registration, api.clock.now)


def submit(api: Api, instance_id: str, missing: int) -> None:
    """Report so many missing patches and one that is there."""
    packages = [package(f"lib{each}", update="2.0-1", security=True) for each in range(missing)]
    api.submit(instance_id, report([*packages, package("nano")], at=api.clock.now))


def states(
    api: Api, *filters: tuple[str, str, str], patch_group: str = "web", **options: Json
) -> list[Any]:
    """Give the states of a group that filters match."""
    found: list[Any] = api.call(
        "DescribeInstancePatchStatesForPatchGroup",
        PatchGroup=patch_group,
        Filters=[{"Key": key, "Type": type_, "Values": [v]} for key, type_, v in filters],
        **options,
    )["InstancePatchStates"]
    return found


def ids(found: Sequence[Any]) -> list[str]:
    """Give the ids of nodes of which states are given."""
    return [each["InstanceId"] for each in found]


def group_state(api: Api, patch_group: str = "web", **options: Json) -> Json:
    """Give the counts of a group."""
    return api.call("DescribePatchGroupState", PatchGroup=patch_group, **options)


class TestStatesOfItsNodes:
    """DescribeInstancePatchStatesForPatchGroup."""

    def test_they_are_those_that_describe_instance_patch_states_gives(self, api: Api) -> None:
        members = sorted(node(api, missing) for missing in (2, 0, 1))
        node(api, 3, "db")
        node(api, None)
        alone = api.call("DescribeInstancePatchStates", InstanceIds=members)["InstancePatchStates"]
        assert states(api) == alone

    def test_a_group_that_nobody_is_in_gives_none(self, api: Api) -> None:
        node(api)
        answer = api.call("DescribeInstancePatchStatesForPatchGroup", PatchGroup="Web")
        assert answer == {"InstancePatchStates": [], "NextToken": ""}

    @pytest.mark.parametrize("scope", ELSEWHERE)
    def test_other_accounts_and_regions_see_none(self, api: Api, scope: Scope) -> None:
        node(api)
        assert states(api, scope=scope) == []

    def test_tags_that_come_later_count(self, api: Api) -> None:
        instance_id = node(api, 1, "db")
        stored = nodes.find(api.db, SCOPE, instance_id)
        assert stored is not None
        with api.db.transaction():
            nodes.set_tags(api.db, stored.node_key, {"PatchGroup": "web"})
        assert states(api, patch_group="db") == []
        (state,) = states(api)
        assert (state["InstanceId"], state["PatchGroup"]) == (instance_id, "web")

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ([("MissingCount", "Equal", "1")], [1]),
            ([("MissingCount", "Equal", "01")], [1]),
            ([("MissingCount", "NotEqual", "1")], [0, 9, 10]),
            ([("MissingCount", "GreaterThan", "0")], [1, 9, 10]),
            ([("MissingCount", "LessThan", "10")], [0, 1, 9]),
            ([("MissingCount", "GreaterThan", "9")], [10]),
            ([("MissingCount", "GreaterThan", "0"), ("MissingCount", "LessThan", "10")], [1, 9]),
            ([("MissingCount", "Equal", "1"), ("InstalledOtherCount", "Equal", "0")], []),
            ([("MissingCount", "LessThan", "9" * 5000)], [0, 1, 9, 10]),
            ([("UnreportedNotApplicableCount", "LessThan", "1")], [0, 1, 9, 10]),
            ([("UnreportedNotApplicableCount", "Equal", "0")], []),
        ],
    )
    def test_filters_choose_nodes(
        self, api: Api, filters: list[tuple[str, str, str]], expected: list[int]
    ) -> None:
        for missing in (0, 1, 9, 10):
            node(api, missing)
        assert [each["MissingCount"] for each in states(api, *filters)] == expected

    @pytest.mark.parametrize("key", COUNTED)
    def test_each_count_can_be_asked_for(self, api: Api, key: str) -> None:
        instance_id = node(api, 1)
        (state,) = states(api)
        is_some = str(max(state[key], 0))
        assert ids(states(api, (key, "GreaterThan", is_some))) == []
        assert ids(states(api, (key, "LessThan", str(state[key] + 2)))) == [instance_id]

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("CriticalNonCompliantCount", "1"),
            ("missingcount", "1"),
            ("State", "Missing"),
            *(("MissingCount", value) for value in ("-1", "1.0", "+1", "", "one", "1\n", "٣")),
        ],
    )
    def test_a_filter_that_cannot_be_is_refused(self, api: Api, key: str, value: str) -> None:
        with pytest.raises(Refused) as refused:
            states(api, (key, "Equal", value))
        assert refused.value.code == "InvalidFilter"

    @pytest.mark.parametrize("values", [[], ["1", "2"]])
    def test_a_filter_takes_one_value(self, api: Api, values: list[str]) -> None:
        filter_ = {"Key": "MissingCount", "Type": "Equal", "Values": values}
        with pytest.raises(Refused) as refused:
            api.call(
                "DescribeInstancePatchStatesForPatchGroup", PatchGroup="web", Filters=[filter_]
            )
        assert refused.value.code == "ValidationException"

    @pytest.mark.parametrize(
        ("count", "expected"), [(9, [9]), (10, [10]), (11, [10, 1]), (20, [10, 10])]
    )
    def test_pages_miss_none(self, api: Api, count: int, expected: list[int]) -> None:
        members = sorted(node(api) for _ in range(count))
        for _ in range(12):
            node(api, None)
        pages = [
            page["InstancePatchStates"]
            for page in api.pages(
                "DescribeInstancePatchStatesForPatchGroup", PatchGroup="web", MaxResults=10
            )
        ]
        assert [len(page) for page in pages] == expected
        assert [each for page in pages for each in ids(page)] == members

    def test_pages_of_what_filters_match_miss_none(self, api: Api) -> None:
        members = [node(api, number % 3) for number in range(40)]
        given = [{"Key": "MissingCount", "Type": "Equal", "Values": ["1"]}]
        pages = api.pages(
            "DescribeInstancePatchStatesForPatchGroup",
            PatchGroup="web",
            MaxResults=10,
            Filters=given,
        )
        shown = [each for page in pages for each in ids(page["InstancePatchStates"])]
        assert shown == members[1::3]

    def test_a_call_looks_at_so_many_nodes_at_most(self, api: Api) -> None:
        last = "mi-fffffffffffffffff"
        with api.db.transaction():
            for instance_id in (*(f"mi-{each:017x}" for each in range(MAX_EXAMINED)), last):
                add_silent(api, instance_id)
        submit(api, last, 0)
        pages = list(api.pages("DescribeInstancePatchStatesForPatchGroup", PatchGroup="web"))
        assert [ids(page["InstancePatchStates"]) for page in pages] == [[], [last]]

    def test_a_walk_goes_on_behind_a_node_that_left(self, api: Api) -> None:
        members = [node(api) for _ in range(12)]
        pages = api.pages(
            "DescribeInstancePatchStatesForPatchGroup", PatchGroup="web", MaxResults=10
        )
        shown = ids(next(pages)["InstancePatchStates"])
        api.call("DeregisterManagedInstance", InstanceId=shown[-1])
        shown += [each for page in pages for each in ids(page["InstancePatchStates"])]
        assert shown == members

    @pytest.mark.parametrize("other", [{"PatchGroup": "db"}, {"NextToken": "AAAA"}])
    def test_a_token_of_another_request_is_refused(self, api: Api, other: Json) -> None:
        for _ in range(11):
            node(api)
        asked: dict[str, Any] = {"PatchGroup": "web", "MaxResults": 10}
        token = api.call("DescribeInstancePatchStatesForPatchGroup", **asked)["NextToken"]
        with pytest.raises(Refused) as refused:
            api.call(
                "DescribeInstancePatchStatesForPatchGroup",
                **{**asked, "NextToken": token, **other},
            )
        assert refused.value.code == "InvalidNextToken"


class TestStateOfTheGroup:
    """DescribePatchGroupState."""

    def test_it_counts_the_nodes_that_have_any(self, api: Api) -> None:
        node(api, 2)
        node(api, 1)
        node(api, 0)
        node(api, None)
        node(api, 1, "db")
        assert group_state(api) == NOBODY | {
            "Instances": 4,
            "InstancesWithInstalledOtherPatches": 3,
            "InstancesWithMissingPatches": 2,
            "InstancesWithSecurityNonCompliantPatches": 2,
        }

    def test_a_group_that_nobody_is_in_counts_none(self, api: Api) -> None:
        node(api)
        assert group_state(api, "Web") == NOBODY

    @pytest.mark.parametrize("scope", ELSEWHERE)
    def test_other_accounts_and_regions_count_none(self, api: Api, scope: Scope) -> None:
        node(api)
        assert group_state(api, scope=scope) == NOBODY

    def test_the_newest_report_counts(self, api: Api) -> None:
        instance_id = node(api, 2)
        api.clock.advance(10)
        submit(api, instance_id, 0)
        assert group_state(api)["InstancesWithMissingPatches"] == 0

    @pytest.mark.parametrize(
        ("column", "member"),
        [
            ("installed", "InstancesWithInstalledPatches"),
            ("installed_other", "InstancesWithInstalledOtherPatches"),
            ("installed_pending_reboot", "InstancesWithInstalledPendingRebootPatches"),
            ("installed_rejected", "InstancesWithInstalledRejectedPatches"),
            ("missing", "InstancesWithMissingPatches"),
            ("failed", "InstancesWithFailedPatches"),
            ("not_applicable", "InstancesWithNotApplicablePatches"),
            ("critical_non_compliant", "InstancesWithCriticalNonCompliantPatches"),
            ("security_non_compliant", "InstancesWithSecurityNonCompliantPatches"),
            ("other_non_compliant", "InstancesWithOtherNonCompliantPatches"),
            ("available_security_update", "InstancesWithAvailableSecurityUpdates"),
        ],
    )
    def test_each_number_is_that_of_its_state(self, api: Api, column: str, member: str) -> None:
        instance_id = api.register_node(Tags=[{"Key": "PatchGroup", "Value": "web"}])
        api.submit(instance_id, report())
        with api.db.transaction():
            api.db.execute(f"UPDATE verdicts SET {column} = 2")
        assert group_state(api) == NOBODY | {"Instances": 1, member: 1}

    def test_patches_that_were_not_reported_count(self, api: Api) -> None:
        instance_id = api.register_node(Tags=[{"Key": "PatchGroup", "Value": "web"}])
        api.submit(instance_id, report())
        with api.db.transaction():
            api.db.execute("UPDATE scans SET unreported_not_applicable = 3")
        member = "InstancesWithUnreportedNotApplicablePatches"
        assert group_state(api) == NOBODY | {"Instances": 1, member: 1}


def rejecting(api: Api) -> str:
    """Make a baseline by which nano is rejected and nothing else approved."""
    made = api.call(
        "CreatePatchBaseline",
        Name="mine",
        OperatingSystem="DEBIAN",
        RejectedPatches=["nano"],
        RejectedPatchesAction="BLOCK",
    )
    return str(made["BaselineId"])


def test_a_baseline_of_the_group_is_seen_at_the_next_read(api: Api) -> None:
    members = [node(api, 1) for _ in range(12)]
    node(api, 1, "db")
    baseline_id = rejecting(api)
    api.call("RegisterPatchBaselineForPatchGroup", BaselineId=baseline_id, PatchGroup="web")
    assert group_state(api) == NOBODY | {
        "Instances": 12,
        "InstancesWithInstalledOtherPatches": 12,
        "InstancesWithInstalledRejectedPatches": 12,
        "InstancesWithOtherNonCompliantPatches": 12,
    }
    api.call("DeregisterPatchBaselineForPatchGroup", BaselineId=baseline_id, PatchGroup="web")
    shown = states(api, ("MissingCount", "Equal", "1"))
    assert ids(shown) == members
    assert baseline_id not in {each["BaselineId"] for each in shown}


def test_a_page_judges_no_more_nodes_than_it_needs(api: Api) -> None:
    for _ in range(30):
        node(api)
    baseline_id = rejecting(api)
    api.call("RegisterPatchBaselineForPatchGroup", BaselineId=baseline_id, PatchGroup="web")
    assert len(states(api, MaxResults=10)) == 10
    judged = api.db.one("SELECT count(*) FROM verdicts WHERE baseline_id = ?", (baseline_id,))
    assert judged == (11,)
