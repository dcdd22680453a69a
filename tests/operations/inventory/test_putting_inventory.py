"""PutInventory: what is kept, and what is refused."""

from typing import Any

import pytest

from driver import Api, Refused
from fakes import NOW, package, report
from inventory_uploads import hash_of, item, patch_row, rows_item, summary_item
from patchwarden.domain.instants import write_instant
from patchwarden.ingest import inventory_items

APPLICATIONS = [{"Name": "bash", "Version": "5.2"}, {"Name": "zsh", "Version": "5.9"}]
CONTEXT = {"ComplianceType": "Patch"}


def put(api: Api, instance_id: str, *items: dict[str, object]) -> None:
    assert api.call("PutInventory", InstanceId=instance_id, Items=list(items)) == {}


def entries(api: Api, instance_id: str, type_name: str) -> list[dict[str, str]]:
    answer = api.call("ListInventoryEntries", InstanceId=instance_id, TypeName=type_name)
    found: list[dict[str, str]] = answer["Entries"]
    return found


@pytest.fixture
def node(api: Api) -> str:
    return api.register_node()


def test_an_item_is_kept_as_it_came(api: Api, node: str) -> None:
    put(api, node, item("AWS:Application", APPLICATIONS, SchemaVersion="1.1"))
    assert api.call("ListInventoryEntries", InstanceId=node, TypeName="AWS:Application") == {
        "TypeName": "AWS:Application",
        "InstanceId": node,
        "SchemaVersion": "1.1",
        "CaptureTime": write_instant(NOW),
        "Entries": APPLICATIONS,
        "NextToken": "",
    }


def test_an_item_replaces_all_of_its_type(api: Api, node: str) -> None:
    put(api, node, item("AWS:Application", APPLICATIONS))
    put(api, node, item("AWS:Application", APPLICATIONS[:1]), item("AWS:Network", []))
    assert entries(api, node, "AWS:Application") == APPLICATIONS[:1]
    put(api, node, item("AWS:Application", []))
    assert entries(api, node, "AWS:Application") == []


def test_a_hash_alone_keeps_the_content_with_a_new_time(api: Api, node: str) -> None:
    put(api, node, item("AWS:Application", APPLICATIONS, ContentHash="abc"))
    put(api, node, item("AWS:Application", None, ContentHash="abc", at=NOW + 60))
    answer = api.call("ListInventoryEntries", InstanceId=node, TypeName="AWS:Application")
    assert (answer["Entries"], answer["CaptureTime"]) == (APPLICATIONS, write_instant(NOW + 60))


@pytest.mark.parametrize("content_hash", ["abx", "ABC"])
def test_a_hash_alone_that_is_not_the_stored_one_is_a_mismatch(
    api: Api, node: str, content_hash: str
) -> None:
    put(api, node, item("AWS:Application", APPLICATIONS, ContentHash="abc"))
    with pytest.raises(Refused, match=r"^ItemContentMismatchException"):
        put(api, node, item("AWS:Application", None, ContentHash=content_hash))
    with pytest.raises(Refused, match=r"^ItemContentMismatchException"):
        put(api, node, item("AWS:Network", None, ContentHash="abc"))


def test_content_without_a_hash_cannot_be_kept_by_one(api: Api, node: str) -> None:
    put(api, node, item("AWS:Application", APPLICATIONS))
    with pytest.raises(Refused, match=r"^InvalidItemContentException"):
        put(api, node, item("AWS:Application", None, ContentHash=""))


def test_compliance_types_do_not_replace_each_other(api: Api, node: str) -> None:
    other = item(
        "AWS:ComplianceItem",
        [{"Id": "check-1", "Status": "COMPLIANT"}],
        Context={"ComplianceType": "Custom:Checks", "ExecutionTime": write_instant(NOW)},
    )
    put(api, node, rows_item([patch_row("bash")]), other)
    found = entries(api, node, "AWS:ComplianceItem")
    assert [(entry["ComplianceType"], entry["Id"]) for entry in found] == [
        ("Custom:Checks", "check-1"),
        ("Patch", "bash.amd64"),
    ]


def test_inventory_is_a_sign_of_life(api: Api, node: str) -> None:
    api.clock.advance(3 * 3600)
    put(api, node, item("AWS:Network", []))
    (known,) = api.call("DescribeInstanceInformation")["InstanceInformationList"]
    assert (known["PingStatus"], known["LastPingDateTime"]) == ("Online", api.clock.now)


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("InvalidTypeNameException", item("AWS:Kitchen", [])),
        ("InvalidTypeNameException", item("AWS:", [])),
        ("InvalidTypeNameException", item("Custom:", [])),
        ("InvalidItemContentException", item("AWS:Network", None)),
        (
            "InvalidItemContentException",
            item("AWS:Network", [], CaptureTime="2025-02-30T00:00:00Z"),
        ),
        (
            "UnsupportedInventorySchemaVersionException",
            item("AWS:Network", [], SchemaVersion="2.0"),
        ),
        ("UnsupportedInventoryItemContextException", item("AWS:Network", [], Context=CONTEXT)),
        ("UnsupportedInventoryItemContextException", item("Custom:A", [], Context=CONTEXT)),
        ("InvalidInventoryItemContextException", item("AWS:ComplianceItem", [])),
        (
            "InvalidInventoryItemContextException",
            item("AWS:ComplianceItem", [], Context={"ComplianceType": "Weather"}),
        ),
        (
            "InvalidInventoryItemContextException",
            item("AWS:ComplianceItem", [], Context={**CONTEXT, "ExecutionTime": "now"}),
        ),
        ("InvalidItemContentException", item("AWS:Application", APPLICATIONS)),
        ("InvalidItemContentException", item("AWS:PatchSummary", [])),
        ("InvalidItemContentException", item("AWS:PatchSummary", [{"OperationType": "Scan"}])),
        ("InvalidItemContentException", rows_item([patch_row("bash", "Gone")])),
        ("ValidationException", item("Other:Type", [])),
    ],
)
def test_with_a_bad_item_nothing_of_a_call_is_kept(
    api: Api, node: str, code: str, bad: dict[str, object]
) -> None:
    with pytest.raises(Refused) as refused:
        put(api, node, item("AWS:Application", APPLICATIONS), bad)
    assert refused.value.code == code
    assert refused.value.message
    assert entries(api, node, "AWS:Application") == []


def test_a_newer_minor_version_of_a_type_is_taken(api: Api, node: str) -> None:
    put(api, node, item("AWS:Network", [{"Name": "eth0", "Speed": "10"}], SchemaVersion="1.7"))
    assert entries(api, node, "AWS:Network") == [{"Name": "eth0", "Speed": "10"}]


@pytest.mark.parametrize("instance_id", ["mi-fffffffffffffffff", "i-0123456789abcdef0"])
def test_an_unknown_node_is_refused(api: Api, instance_id: str) -> None:
    with pytest.raises(Refused, match=r"^InvalidInstanceId"):
        put(api, instance_id, item("AWS:Network", []))


def test_an_item_may_be_as_large_as_ten_thousand_patches_and_no_larger(api: Api, node: str) -> None:
    entry_bytes = len('{"A":""},') + 4000
    most = inventory_items.MAX_ITEM_BYTES // entry_bytes
    put(api, node, item("AWS:File", [{"A": "x" * 4000}] * most))
    with pytest.raises(Refused, match=r"^ItemSizeLimitExceededException: AWS:File has"):
        put(api, node, item("AWS:File", [{"A": "x" * 4000}] * (most + 1)))


def test_a_node_has_no_more_inventory_than_it_may(api: Api, node: str) -> None:
    content = [{"A": "x" * 4000}] * 1250
    for name in ["AWS:File", "AWS:Network", "AWS:Service", "Custom:A"]:
        put(api, node, item(name, content))
    put(api, node, item("AWS:File", content))
    with pytest.raises(Refused, match=r"^TotalSizeLimitExceededException"):
        put(api, node, item("AWS:WindowsRegistry", content))


def test_an_account_has_no_more_custom_types_than_it_may(api: Api, node: str) -> None:
    for number in range(inventory_items.MAX_CUSTOM_TYPES):
        put(api, node, item(f"Custom:Type{number}", [{"A": "b"}]))
    put(api, node, item("Custom:Type0", [{"C": "d"}]))
    with pytest.raises(Refused, match=r"^CustomSchemaCountLimitExceededException"):
        put(api, node, item("Custom:More", [{"A": "b"}]))


def test_a_custom_type_has_no_more_attributes_than_can_be_shown(api: Api, node: str) -> None:
    put(api, node, item("Custom:Wide", [{f"A{number}": "" for number in range(50)}]))
    with pytest.raises(Refused, match=r"^InvalidItemContentException.* 51 attributes"):
        put(api, node, item("Custom:Wide", [{"B": ""}]))


def test_a_node_has_no_more_compliance_types_of_its_own_than_it_may(api: Api, node: str) -> None:
    def checks(number: int) -> dict[str, object]:
        context = {"ComplianceType": f"Custom:Checks{number}"}
        return item("AWS:ComplianceItem", [], Context=context)

    for number in range(inventory_items.MAX_CUSTOM_COMPLIANCE_TYPES):
        put(api, node, checks(number))
    put(api, node, rows_item([]))
    with pytest.raises(Refused, match=r"^SubTypeCountLimitExceededException"):
        put(api, node, checks(99))


def test_inventory_goes_with_its_node(api: Api, node: str) -> None:
    put(api, node, item("AWS:Network", []), item("Custom:A", []))
    api.call("DeregisterManagedInstance", InstanceId=node)
    row = api.db.one("SELECT count(*) FROM inventory_items")
    assert row == (0,)


class TestReportedVerdicts:
    """The two items of a patch run make the patches of the node."""

    ROWS = (
        patch_row("zlib", "Missing", CVEIds="CVE-2025-1", Severity="CRITICAL"),
        patch_row("bash"),
        patch_row("acl", "InstalledOther"),
        patch_row("attr"),
    )

    def upload(self, api: Api, node: str, *, at: float = NOW, **summary: str) -> None:
        put(api, node, summary_item(at=at, **summary), rows_item(self.ROWS, at=at))

    def patches(self, api: Api, node: str, **request: Any) -> list[dict[str, object]]:
        """Give what DescribeInstancePatches says."""
        answer = api.call("DescribeInstancePatches", InstanceId=node, **request)
        found: list[dict[str, object]] = answer["Patches"]
        return found

    def ids(self, api: Api, node: str) -> list[object]:
        return [patch["KBId"] for patch in self.patches(api, node)]

    def state(self, api: Api, node: str) -> dict[str, object]:
        """Give what DescribeInstancePatchStates says."""
        (found,) = api.call("DescribeInstancePatchStates", InstanceIds=[node])[
            "InstancePatchStates"
        ]
        state: dict[str, object] = found
        return state

    def test_they_are_shown_as_those_of_a_node_that_reports_facts(
        self, api: Api, node: str
    ) -> None:
        self.upload(api, node)
        assert self.ids(api, node) == ["bash.amd64", "attr.amd64", "acl.amd64", "zlib.amd64"]
        assert self.patches(api, node)[3] == {
            "Title": "zlib.amd64:1.0-1",
            "KBId": "zlib.amd64",
            "Classification": "Security",
            "Severity": "important",
            "State": "MISSING",
            "InstalledTime": 0.0,
            "CVEIds": "CVE-2025-1",
        }
        missing = [{"Key": "State", "Values": ["Missing"]}]
        assert len(self.patches(api, node, Filters=missing)) == 1

    def test_the_state_has_what_the_summary_says(self, api: Api, node: str) -> None:
        self.upload(
            api,
            node,
            OperationType="Install",
            RebootOption="RebootIfNeeded",
            UnreportedNotApplicableCount="4",
            InstallOverrideList="s3://lists/one.yaml",
            LastNoRebootInstallOperationTime=write_instant(NOW - 100),
        )
        assert self.state(api, node) == {
            "InstanceId": node,
            "PatchGroup": "",
            "BaselineId": "pb-0c7e89f711c3095f4",
            "SnapshotId": "6d03d6c5-f79d-41d0-8d0e-00a9a0000000",
            "InstallOverrideList": "s3://lists/one.yaml",
            "OwnerInformation": "",
            "InstalledCount": 2,
            "InstalledOtherCount": 1,
            "InstalledPendingRebootCount": 0,
            "InstalledRejectedCount": 0,
            "MissingCount": 1,
            "FailedCount": 0,
            "UnreportedNotApplicableCount": 4,
            "NotApplicableCount": 10254,
            "AvailableSecurityUpdateCount": 0,
            "OperationStartTime": NOW - 30,
            "OperationEndTime": NOW,
            "Operation": "Install",
            "LastNoRebootInstallOperationTime": NOW - 100,
            "RebootOption": "RebootIfNeeded",
            "CriticalNonCompliantCount": 1,
            "SecurityNonCompliantCount": 1,
            "OtherNonCompliantCount": 0,
        }

    def test_rows_that_come_as_a_hash_are_those_before(self, api: Api, node: str) -> None:
        self.upload(api, node)
        put(
            api,
            node,
            summary_item(at=NOW + 60, SnapshotId="other"),
            rows_item(self.ROWS, at=NOW + 60, only_hash=True),
        )
        assert self.ids(api, node) == ["bash.amd64", "attr.amd64", "acl.amd64", "zlib.amd64"]
        state = self.state(api, node)
        assert (state["OperationEndTime"], state["SnapshotId"]) == (NOW + 60, "other")

    def test_an_unchanged_upload_costs_one_row(self, api: Api, node: str) -> None:
        tables = ("scans", "facts", "node_facts", "verdicts", "inventory_items")

        def rows() -> list[object]:
            return [api.db.one(f"SELECT count(*) FROM {table}") for table in tables]

        self.upload(api, node)
        assert rows() == [(1,), (1,), (1,), (1,), (2,)]
        self.upload(api, node, at=NOW + 60, SnapshotId="s", ExecutionId="e")
        assert rows() == [(2,), (1,), (1,), (1,), (2,)]

    def test_the_order_of_the_items_does_not_matter(self, api: Api, node: str) -> None:
        put(api, node, rows_item(self.ROWS), summary_item())
        assert len(self.patches(api, node)) == 4

    def test_each_upload_replaces_the_one_before(self, api: Api, node: str) -> None:
        self.upload(api, node)
        put(api, node, summary_item(at=NOW + 60), rows_item([patch_row("zsh")], at=NOW + 60))
        assert self.ids(api, node) == ["zsh.amd64"]

    def test_an_older_run_that_comes_later_is_history(self, api: Api, node: str) -> None:
        self.upload(api, node)
        put(api, node, summary_item(at=NOW - 60), rows_item([patch_row("zsh")], at=NOW - 60))
        assert len(self.patches(api, node)) == 4

    def test_rows_alone_are_shown_too(self, api: Api, node: str) -> None:
        rows = [patch_row("bash", PatchGroup="web")]
        put(api, node, rows_item(rows))
        state = self.state(api, node)
        assert self.ids(api, node) == ["bash.amd64"]
        assert (state["BaselineId"], state["PatchGroup"]) == ("pb-0c7e89f711c3095f4", "web")
        assert (state["OperationStartTime"], state["OperationEndTime"]) == (NOW - 30, NOW)
        assert state["Operation"] == "Scan"

    def test_rows_that_follow_their_summary_belong_to_its_run(self, api: Api, node: str) -> None:
        put(api, node, summary_item(OperationType="Install"))
        put(api, node, rows_item(self.ROWS, at=NOW + 5))
        state = self.state(api, node)
        assert (state["Operation"], state["OperationEndTime"]) == ("Install", NOW)
        assert state["MissingCount"] == 1

    def test_rows_that_come_long_after_the_summary_tell_their_time(
        self, api: Api, node: str
    ) -> None:
        self.upload(api, node)
        api.clock.advance(7200)
        put(api, node, rows_item([patch_row("zsh")], at=NOW + 7200))
        assert self.ids(api, node) == ["zsh.amd64"]
        assert self.state(api, node)["OperationEndTime"] == NOW + 7200

    def test_a_summary_alone_counts_what_no_row_lists(self, api: Api, node: str) -> None:
        put(api, node, summary_item(MissingCount="5"))
        assert self.patches(api, node) == []
        assert self.state(api, node)["MissingCount"] == 5

    def test_a_summary_alone_keeps_the_rows(self, api: Api, node: str) -> None:
        self.upload(api, node)
        put(api, node, summary_item(at=NOW + 60, MissingCount="5"))
        assert len(self.patches(api, node)) == 4
        assert self.state(api, node)["MissingCount"] == 1

    def test_legacy_rows_are_shown_too(self, api: Api, node: str) -> None:
        row = {"KBId": "KB1", "Title": "One (KB1)", "State": "Missing", "InstalledTime": ""}
        put(api, node, summary_item(), item("AWS:PatchCompliance", [row]))
        assert self.patches(api, node) == [
            {
                "Title": "One (KB1)",
                "KBId": "KB1",
                "Classification": "",
                "Severity": "",
                "State": "MISSING",
                "InstalledTime": 0.0,
            }
        ]

    def test_what_is_not_of_type_patch_makes_no_patches(self, api: Api, node: str) -> None:
        put(
            api,
            node,
            item("AWS:ComplianceItem", [{"Id": "a"}], Context={"ComplianceType": "Association"}),
        )
        assert self.patches(api, node) == []
        assert not api.call("DescribeInstancePatchStates", InstanceIds=[node])[
            "InstancePatchStates"
        ]

    def test_baselines_and_time_change_nothing(self, api: Api, node: str) -> None:
        self.upload(api, node)
        made = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN")
        api.call("RegisterDefaultPatchBaseline", **made)
        api.clock.advance(365 * 86_400)
        assert len(self.patches(api, node)) == 4
        assert self.state(api, node)["BaselineId"] == "pb-0c7e89f711c3095f4"
        assert api.db.one("SELECT count(*) FROM verdicts") == (1,)

    def test_the_newest_of_facts_and_inventory_counts(self, api: Api, node: str) -> None:
        api.submit(node, report([package("facts")], at=NOW))
        self.upload(api, node, at=NOW + 60)
        assert len(self.patches(api, node)) == 4
        api.submit(node, report([package("facts")], at=NOW + 120))
        assert self.ids(api, node) == ["facts.amd64"]
        api.submit(node, report([package("facts")], at=NOW + 30))
        assert self.ids(api, node) == ["facts.amd64"]

    def members(self, api: Api, group: str) -> list[str]:
        """Give the nodes of a patch group."""
        answer = api.call("DescribeInstancePatchStatesForPatchGroup", PatchGroup=group)
        return [state["InstanceId"] for state in answer["InstancePatchStates"]]

    def test_the_group_of_the_summary_counts_where_tags_name_none(
        self, api: Api, node: str
    ) -> None:
        self.upload(api, node, PatchGroup="web")
        assert self.members(api, "web") == [node]
        tagged: dict[str, Any] = {"ResourceType": "ManagedInstance", "ResourceId": node}
        api.call("AddTagsToResource", **tagged, Tags=[{"Key": "PatchGroup", "Value": "db"}])
        assert (self.members(api, "web"), self.members(api, "db")) == ([], [node])
        assert self.state(api, node)["PatchGroup"] == "db"
        self.upload(api, node, at=NOW + 60, PatchGroup="web")
        assert self.members(api, "db") == [node]
        api.call("RemoveTagsFromResource", **tagged, TagKeys=["PatchGroup"])
        assert (self.members(api, "web"), self.members(api, "db")) == ([node], [])
        assert self.state(api, node)["PatchGroup"] == "web"

    def test_a_report_of_facts_ends_the_reported_group(self, api: Api, node: str) -> None:
        self.upload(api, node, PatchGroup="web")
        api.submit(node, report([package("facts")], at=NOW + 60))
        assert self.members(api, "web") == []
        assert self.state(api, node)["PatchGroup"] == ""

    def test_a_hash_that_is_not_known_has_the_agent_send_all_again(
        self, api: Api, node: str
    ) -> None:
        later = NOW + 60
        with pytest.raises(Refused, match=r"^ItemContentMismatchException"):
            put(api, node, summary_item(at=later), rows_item(self.ROWS, at=later, only_hash=True))
        assert self.patches(api, node) == []
        self.upload(api, node, at=later)
        assert len(self.patches(api, node)) == 4

    def test_too_large_an_item_comes_again_without_cves(self, api: Api, node: str) -> None:
        rows = [
            patch_row(str(number), "Missing", CVEIds="CVE-2025-0001," * 290)
            for number in range(2000)
        ]
        with pytest.raises(Refused, match=r"^ItemSizeLimitExceededException"):
            put(api, node, summary_item(), rows_item(rows))
        for row in rows:
            del row["CVEIds"]
        put(api, node, summary_item(), rows_item(rows))
        assert self.state(api, node)["MissingCount"] == 2000

    def test_as_many_patches_as_an_item_can_have_are_shown(self, api: Api, node: str) -> None:
        rows = [patch_row(f"package-{number:05}") for number in range(10_000)]
        put(api, node, summary_item(), rows_item(rows))
        pages = api.pages("DescribeInstancePatches", InstanceId=node, MaxResults=100)
        shown = [patch["KBId"] for page in pages for patch in page["Patches"]]
        assert shown == [row["Id"] for row in rows]
        assert self.state(api, node)["InstalledCount"] == 10_000

    def test_patches_of_windows_are_shown_too(self, api: Api, node: str) -> None:
        rows = [
            patch_row("", Id="KB1", Title="One (KB1)", Classification="SecurityUpdates"),
            patch_row("", "InstalledOther", Id="KB2", Title="Two (KB2)"),
            patch_row("", "NotApplicable", Id="KB3", Title="Three (KB3)", Status=""),
            patch_row(
                "",
                "AvailableSecurityUpdate",
                Id="KB4",
                Title="Four (KB4)",
                Classification="SecurityUpdates",
                PatchSeverity="Critical",
                Status="NON_COMPLIANT",
            ),
        ]
        put(api, node, summary_item(UnreportedNotApplicableCount="12"), rows_item(rows))
        assert [
            (patch["KBId"], patch["Title"], patch["State"], patch["Severity"])
            for patch in self.patches(api, node)
        ] == [
            ("KB1", "One (KB1)", "INSTALLED", "important"),
            ("KB2", "", "INSTALLED_OTHER", ""),
            ("KB3", "", "NOT_APPLICABLE", ""),
            ("KB4", "Four (KB4)", "AVAILABLE_SECURITY_UPDATE", "Critical"),
        ]
        state = self.state(api, node)
        assert (state["NotApplicableCount"], state["UnreportedNotApplicableCount"]) == (1, 12)
        assert state["AvailableSecurityUpdateCount"] == 1
        assert state["SecurityNonCompliantCount"] == 1
        listed = api.call("ListComplianceItems", ResourceIds=[node])["ComplianceItems"]
        assert [item_["Status"] for item_ in listed] == [
            "COMPLIANT",
            "COMPLIANT",
            "",
            "NON_COMPLIANT",
        ]

    def test_an_install_without_a_reboot_is_remembered(self, api: Api, node: str) -> None:
        def last(at: float, **summary: str) -> object:
            self.upload(api, node, at=at, **summary)
            return self.state(api, node).get("LastNoRebootInstallOperationTime")

        assert last(NOW) is None
        install = {"OperationType": "Install", "RebootOption": "NoReboot"}
        assert last(NOW + 60, **install) == NOW + 60
        told = write_instant(NOW + 55)
        assert last(NOW + 120, LastNoRebootInstallOperationTime=told) == NOW + 55
        assert last(NOW + 180) == NOW + 55

    def test_the_run_is_named_as_the_agent_names_it(self, api: Api, node: str) -> None:
        self.upload(api, node)
        sent = rows_item(self.ROWS, at=NOW + 60, only_hash=True)
        context = {
            "ComplianceType": "Patch",
            "ExecutionId": "policy-run",
            "ExecutionType": "PatchPolicy",
            "ExecutionTime": write_instant(NOW + 50),
        }
        put(api, node, summary_item(at=NOW + 60), {**sent, "Context": context})
        of_run = [{"Key": "ExecutionType", "Values": ["PatchPolicy"]}]
        listed = api.call("ListComplianceItems", ResourceIds=[node], Filters=of_run)
        assert [item_["ExecutionSummary"] for item_ in listed["ComplianceItems"]] == [
            {
                "ExecutionId": "policy-run",
                "ExecutionType": "PatchPolicy",
                "ExecutionTime": NOW + 30,
            }
        ] * 4
        for filters in (of_run, [{"Key": "ExecutionId", "Values": ["policy-run"]}]):
            (whole,) = api.call("ListResourceComplianceSummaries", Filters=filters)[
                "ResourceComplianceSummaryItems"
            ]
            assert whole["ExecutionSummary"]["ExecutionType"] == "PatchPolicy"
        api.submit(node, report([package("facts")], at=NOW + 120))
        listed = api.call("ListComplianceItems", ResourceIds=[node])["ComplianceItems"]
        assert {item_["ExecutionSummary"]["ExecutionType"] for item_ in listed} == {"Command"}

    def test_a_node_may_change_what_it_sends_again_and_again(self, api: Api, node: str) -> None:
        self.upload(api, node)
        api.submit(node, report([package("facts")], at=NOW + 60))
        (summary,) = entries(api, node, "AWS:PatchSummary")
        assert (self.ids(api, node), summary["InstalledOtherCount"]) == (["facts.amd64"], "1")
        later = NOW + 120
        put(api, node, summary_item(at=later), rows_item(self.ROWS, at=later, only_hash=True))
        assert len(self.patches(api, node)) == 4
        assert len(entries(api, node, "AWS:ComplianceItem")) == 4
        api.submit(node, report([package("facts")], at=NOW + 180))
        assert self.ids(api, node) == ["facts.amd64"]
        shown = entries(api, node, "AWS:ComplianceItem")
        assert [entry["Id"] for entry in shown] == ["facts.amd64"]

    def test_a_clock_that_was_ahead_does_not_outlive_its_upload(self, api: Api, node: str) -> None:
        self.upload(api, node, at=NOW + 86_400 * 365)
        api.clock.advance(60)
        api.submit(node, report([package("facts")], at=NOW + 60))
        assert self.ids(api, node) == ["facts.amd64"]
        (summary,) = entries(api, node, "AWS:PatchSummary")
        assert summary["OperationEndTime"] == write_instant(NOW + 60)
        shown = entries(api, node, "AWS:ComplianceItem")
        assert [entry["Id"] for entry in shown] == ["facts.amd64"]

    def test_the_hash_is_not_checked_against_the_content(self, api: Api, node: str) -> None:
        rows = [patch_row("bash")]
        assert hash_of(rows) != "anything"
        put(api, node, rows_item(rows) | {"ContentHash": "anything"})
        assert self.ids(api, node) == ["bash.amd64"]
