"""ListInventoryEntries, GetInventory and GetInventorySchema: what scanners see."""

from itertools import chain
from typing import Any

import pytest

from driver import SCOPE, Api, Refused
from fakes import NOW, package, report
from inventory_uploads import item, patch_row, rows_item, summary_item
from patchwarden.domain.instants import write_instant

Entry = dict[str, str]
PACKAGES = (
    package("bash", "5.2-1", installed_at=NOW - 86_400, section="shells"),
    package("openssl", "3.0.15-1", update="3.0.17-1", security=True, priority="important"),
)


@pytest.fixture
def node(api: Api) -> str:
    return api.register_node(Tags=[{"Key": "Patch Group", "Value": "web"}])


@pytest.fixture
def reporting_node(api: Api, node: str) -> str:
    api.submit(node, report(PACKAGES))
    return node


def entries(api: Api, instance_id: str, type_name: str, **request: Any) -> list[Entry]:
    answer = api.call("ListInventoryEntries", InstanceId=instance_id, TypeName=type_name, **request)
    found: list[Entry] = answer["Entries"]
    return found


def found_by(api: Api, *filters: dict[str, Any]) -> list[str]:
    """Give the nodes that filters match, on all pages."""
    return [
        entity["Id"]
        for page in api.pages("GetInventory", Filters=list(filters))
        for entity in page["Entities"]
    ]


def filter_(key: str, *values: str, kind: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"Key": key, "Values": list(values)}
    return made if kind is None else {**made, "Type": kind}


class TestWhatFollowsFromFacts:
    """A node that reports facts has an inventory without sending one."""

    def test_the_packages_are_applications(self, api: Api, reporting_node: str) -> None:
        answer = api.call(
            "ListInventoryEntries", InstanceId=reporting_node, TypeName="AWS:Application"
        )
        assert answer["CaptureTime"] == write_instant(NOW)
        assert answer["SchemaVersion"] == "1.1"
        assert answer["Entries"] == [
            {
                "Name": "bash",
                "ApplicationType": "shells",
                "Version": "5.2-1",
                "InstalledTime": "2025-11-23T16:00:00Z",
                "Architecture": "amd64",
            },
            {
                "Name": "openssl",
                "ApplicationType": "libs",
                "Version": "3.0.15-1",
                "Architecture": "amd64",
            },
        ]

    def test_the_machine_is_instance_information(self, api: Api, reporting_node: str) -> None:
        assert entries(api, reporting_node, "AWS:InstanceInformation") == [
            {
                "AgentType": "patchwarden-agent",
                "AgentVersion": "0.1.0",
                "ComputerName": "web-1.example.test",
                "InstanceId": reporting_node,
                "IpAddress": "192.0.2.10",
                "PlatformName": "Debian GNU/Linux",
                "PlatformType": "Linux",
                "PlatformVersion": "12",
                "ResourceType": "ManagedInstance",
                "InstanceStatus": "Active",
            }
        ]
        api.clock.advance(86_400)
        (entry,) = entries(api, reporting_node, "AWS:InstanceInformation")
        assert entry["InstanceStatus"] == "ConnectionLost"

    def test_the_counts_are_a_patch_summary(self, api: Api, reporting_node: str) -> None:
        (entry,) = entries(api, reporting_node, "AWS:PatchSummary")
        (state,) = api.call("DescribeInstancePatchStates", InstanceIds=[reporting_node])[
            "InstancePatchStates"
        ]
        for count in ("InstalledOtherCount", "MissingCount", "SecurityNonCompliantCount"):
            assert entry[count] == str(state[count])
        assert (entry["BaselineId"], entry["PatchGroup"]) == (state["BaselineId"], "web")
        assert (entry["OperationType"], entry["RebootOption"]) == ("Scan", "NoReboot")
        assert entry["OperationEndTime"] == write_instant(NOW)
        assert entry["NonCompliantSeverity"] == "INFORMATIONAL"

    def test_the_patches_are_compliance_items(self, api: Api, reporting_node: str) -> None:
        other, missing = entries(api, reporting_node, "AWS:ComplianceItem")
        assert (other["Id"], other["PatchState"], other["Status"]) == (
            "bash.amd64",
            "InstalledOther",
            "COMPLIANT",
        )
        assert missing == {
            "ComplianceType": "Patch",
            "ExecutionId": missing["ExecutionId"],
            "ExecutionType": "Command",
            "ExecutionTime": write_instant(NOW - 2),
            "Id": "openssl.amd64",
            "Title": "openssl.amd64:3.0.17-1",
            "Status": "NON_COMPLIANT",
            "Severity": "UNSPECIFIED",
            "DocumentName": "",
            "DocumentVersion": "",
            "Classification": "Security",
            "PatchBaselineId": missing["PatchBaselineId"],
            "PatchSeverity": "important",
            "PatchState": "Missing",
            "PatchGroup": "web",
            "InstalledTime": "",
        }

    def test_the_patches_are_patch_compliance_too(self, api: Api, reporting_node: str) -> None:
        assert entries(api, reporting_node, "AWS:PatchCompliance")[0] == {
            "Title": "bash.amd64:5.2-1",
            "KBId": "bash.amd64",
            "Classification": "",
            "Severity": "",
            "State": "InstalledOther",
            "InstalledTime": "2025-11-23T16:00:00Z",
        }

    def test_tags_are_there(self, api: Api, reporting_node: str) -> None:
        assert entries(api, reporting_node, "AWS:Tag") == [{"Key": "Patch Group", "Value": "web"}]

    @pytest.mark.parametrize(
        ("sent_at", "is_shown"), [(NOW - 60, False), (NOW, True), (NOW + 60, True)]
    )
    def test_what_was_sent_counts_unless_the_report_is_newer(
        self, api: Api, reporting_node: str, sent_at: float, is_shown: bool
    ) -> None:
        sent = [{"Name": "vim"}]
        api.call(
            "PutInventory",
            InstanceId=reporting_node,
            Items=[item("AWS:Application", sent, at=sent_at)],
        )
        assert (entries(api, reporting_node, "AWS:Application") == sent) is is_shown


def test_a_node_that_sends_inventory_is_shown_as_it_sent_it(api: Api, node: str) -> None:
    rows = [patch_row("bash"), patch_row("zlib", "Missing", Severity="HIGH")]
    api.call("PutInventory", InstanceId=node, Items=[summary_item(), rows_item(rows)])
    shown = entries(api, node, "AWS:ComplianceItem")
    assert [
        {key: entry[key] for key in row} for entry, row in zip(shown, rows, strict=True)
    ] == rows
    assert shown[0]["ComplianceType"] == "Patch"
    assert entries(api, node, "AWS:PatchSummary")[0]["NotApplicableCount"] == "10254"
    states = [entry["State"] for entry in entries(api, node, "AWS:PatchCompliance")]
    assert states == ["Installed", "Missing"]
    assert entries(api, node, "AWS:Application") == []


def test_what_heartbeats_do_not_say_is_as_it_was_sent(api: Api, node: str) -> None:
    sent = {"InstanceId": node, "AgentType": "amazon-ssm-agent", "InstanceStatus": "Stopped"}
    api.call("PutInventory", InstanceId=node, Items=[item("AWS:InstanceInformation", [sent])])
    (entry,) = entries(api, node, "AWS:InstanceInformation")
    assert (entry["AgentType"], entry["InstanceStatus"]) == ("amazon-ssm-agent", "Active")


def test_entries_come_in_pages(api: Api, node: str) -> None:
    content = [{"Name": f"file{number}"} for number in range(7)]
    api.call("PutInventory", InstanceId=node, Items=[item("AWS:File", content)])
    asked = {"InstanceId": node, "TypeName": "AWS:File", "MaxResults": 3}
    pages = [page["Entries"] for page in api.pages("ListInventoryEntries", **asked)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert list(chain.from_iterable(pages)) == content


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([filter_("Name", "bash")], ["bash"]),
        ([filter_("AWS:Application.Name", "bash", "openssl")], ["bash", "openssl"]),
        ([filter_("AWS:Application.Name", "bash", kind="NotEqual")], ["openssl"]),
        ([filter_("Name", "open", kind="BeginWith")], ["openssl"]),
        ([filter_("Name", "b", kind="GreaterThan"), filter_("Version", "5.2-1")], ["bash"]),
        ([filter_("InstalledTime", "", kind="Exists")], ["bash"]),
        ([filter_("Publisher", "nobody")], []),
    ],
)
def test_entries_are_filtered(
    api: Api, reporting_node: str, filters: list[dict[str, Any]], names: list[str]
) -> None:
    found = entries(api, reporting_node, "AWS:Application", Filters=filters)
    assert [entry["Name"] for entry in found] == names


@pytest.mark.parametrize(
    "key",
    ["Kitchen", "AWS:Network.Name", "AWS:Application.Kitchen", "AWS:Kitchen.Name", ".", "TypeName"],
)
def test_a_filter_on_what_the_type_lacks_is_refused(api: Api, node: str, key: str) -> None:
    with pytest.raises(Refused, match=r"^InvalidFilter: "):
        entries(api, node, "AWS:Application", Filters=[filter_(key, "a")])


def test_entries_of_an_unknown_node_or_type_are_refused(api: Api, node: str) -> None:
    with pytest.raises(Refused, match=r"^InvalidInstanceId"):
        entries(api, "mi-fffffffffffffffff", "AWS:Application")
    for type_name in ("AWS:Kitchen", "Custom:Kitchen"):
        with pytest.raises(Refused, match=r"^InvalidTypeNameException"):
            entries(api, node, type_name)


def test_a_type_of_which_nothing_is_known_has_no_entries(api: Api, node: str) -> None:
    assert api.call("ListInventoryEntries", InstanceId=node, TypeName="AWS:Network") == {
        "TypeName": "AWS:Network",
        "InstanceId": node,
        "Entries": [],
        "NextToken": "",
    }


def test_get_inventory_gives_instance_information_of_each_node(api: Api, node: str) -> None:
    (entity,) = api.call("GetInventory")["Entities"]
    assert entity["Id"] == node
    (data,) = entity["Data"].values()
    assert (data["TypeName"], data["SchemaVersion"]) == ("AWS:InstanceInformation", "1.0")
    assert data["CaptureTime"] == write_instant(NOW)
    assert data["Content"][0]["InstanceId"] == node


def test_get_inventory_gives_patch_summaries(api: Api, reporting_node: str) -> None:
    silent = api.register_node()
    wanted = [{"TypeName": "AWS:PatchSummary"}]
    found = api.call("GetInventory", ResultAttributes=wanted)["Entities"]
    by_id = {entity["Id"]: entity["Data"] for entity in found}
    assert by_id[silent] == {}
    assert by_id[reporting_node]["AWS:PatchSummary"]["Content"][0]["MissingCount"] == "1"


def test_get_inventory_gives_no_other_type(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.call("GetInventory", ResultAttributes=[{"TypeName": "AWS:Application"}])
    assert refused.value.code == "InvalidResultAttributeException"
    assert refused.value.message == (
        "Result type name AWS:Application is not supported. Supported type names are: "
        "AWS:InstanceInformation, AWS:PatchSummary. Default result type name is "
        "AWS:InstanceInformation."
    )


def test_nodes_come_in_pages(api: Api) -> None:
    made = sorted(api.register_node() for _ in range(7))
    pages = [
        [entity["Id"] for entity in page["Entities"]]
        for page in api.pages("GetInventory", MaxResults=3)
    ]
    assert list(chain.from_iterable(pages)) == made
    assert max(map(len, pages)) == 3


@pytest.mark.parametrize(
    ("filters", "is_found"),
    [
        ([filter_("AWS:InstanceInformation.PlatformType", "Linux")], True),
        ([filter_("AWS:InstanceInformation.PlatformType", "Windows")], False),
        ([filter_("AWS:InstanceInformation.InstanceStatus", "Terminated", kind="NotEqual")], True),
        ([filter_("AWS:Application.Name", "bash")], True),
        ([filter_("AWS:Application.Name", "bash", kind="NotEqual")], False),
        ([filter_("AWS:Application.Name", "vim", kind="NotEqual")], True),
        (
            [filter_("AWS:Application.Name", "bash"), filter_("AWS:Application.Version", "5.2-1")],
            True,
        ),
        (
            [
                filter_("AWS:Application.Name", "bash"),
                filter_("AWS:Application.Version", "3", kind="BeginWith"),
            ],
            False,
        ),
        ([filter_("AWS:PatchSummary.MissingCount", "0", kind="GreaterThan")], True),
        ([filter_("AWS:Tag.Value", "web"), filter_("AWS:Application.Name", "bash")], True),
        ([filter_("AWS:Network.Name", "eth0")], False),
        ([filter_("AWS:Network.Name", "eth0", kind="NotEqual")], True),
        ([filter_("Custom:Rack.Row", "C")], False),
    ],
)
def test_nodes_are_found_by_filters(
    api: Api, reporting_node: str, filters: list[dict[str, Any]], is_found: bool
) -> None:
    assert found_by(api, *filters) == [reporting_node] * is_found


def test_nodes_are_found_by_their_ids(api: Api) -> None:
    first, second, _ = (api.register_node() for _ in range(3))
    key = "AWS:InstanceInformation.InstanceId"
    wanted = filter_(key, second, first, "mi-fffffffffffffffff")
    assert found_by(api, wanted) == sorted([first, second])
    assert found_by(api, wanted, filter_(key, second, kind="Equal")) == [second]
    assert first not in found_by(api, filter_(key, first, kind="NotEqual"))


def test_accounts_and_regions_share_no_inventory(api: Api, reporting_node: str) -> None:
    elsewhere = SCOPE._replace(region="eu-west-1")
    assert api.call("GetInventory", scope=elsewhere)["Entities"] == []


def test_a_walk_by_what_takes_long_looks_at_few_nodes_a_call(api: Api) -> None:
    for _ in range(40):
        api.register_node()
    wanted = [filter_("AWS:Application.Name", "bash")]
    first, last = api.pages("GetInventory", Filters=wanted)
    assert first["Entities"] == last["Entities"] == []


def test_nodes_are_counted_by_what_they_run(api: Api, reporting_node: str) -> None:
    api.submit(api.register_node(), report(node={"platform_version": "13"}))
    kind, version = (
        {"Expression": f"AWS:InstanceInformation.{name}"}
        for name in ("PlatformType", "PlatformVersion")
    )
    by_kind, by_both = api.call(
        "GetInventory", Aggregators=[kind, {**kind, "Aggregators": [version]}]
    )["Entities"]
    assert by_kind["Data"]["AWS:InstanceInformation"]["Content"] == [
        {"Count": "2", "PlatformType": "Linux"}
    ]
    assert by_both["Data"]["AWS:InstanceInformation"]["Content"] == [
        {"Count": "1", "PlatformType": "Linux", "PlatformVersion": "12"},
        {"Count": "1", "PlatformType": "Linux", "PlatformVersion": "13"},
    ]


PLATFORM = {"Expression": "AWS:InstanceInformation.PlatformType"}


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        ("InvalidAggregatorException", {"Aggregators": [{"Expression": "AWS:Application.Name"}]}),
        ("InvalidAggregatorException", {"Aggregators": [{}]}),
        (
            "InvalidAggregatorException",
            {"Aggregators": [{**PLATFORM, "Aggregators": [PLATFORM]}]},
        ),
        (
            "InvalidAggregatorException",
            {"Aggregators": [{**PLATFORM, "Aggregators": [PLATFORM, PLATFORM]}]},
        ),
        (
            "InvalidAggregatorException",
            {"Aggregators": [PLATFORM], "Filters": [filter_("AWS:Tag.Key", "a")]},
        ),
        (
            "InvalidInventoryGroupException",
            {
                "Aggregators": [
                    {"Groups": [{"Name": "a", "Filters": [filter_("TypeName", "AWS:File")]}]}
                ]
            },
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(api: Api, code: str, request_: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        api.call("GetInventory", **request_)
    assert refused.value.code == code


def test_the_types_are_listed_by_name(api: Api, node: str) -> None:
    content = [{"Row": "C"}, {"Bay": "B"}]
    api.call("PutInventory", InstanceId=node, Items=[item("Custom:Rack", content)])
    schemas = api.call("GetInventorySchema")["Schemas"]
    names = [schema["TypeName"] for schema in schemas]
    assert names == sorted(names)
    assert {"AWS:Application", "AWS:ComplianceItem", "AWS:PatchSummary"} < set(names)
    assert schemas[-1] == {
        "TypeName": "Custom:Rack",
        "Version": "1.0",
        "Attributes": [
            {"Name": "Bay", "DataType": "string"},
            {"Name": "Row", "DataType": "string"},
        ],
        "DisplayName": "Rack",
    }


def test_a_schema_says_which_attributes_are_numbers(api: Api) -> None:
    (schema,) = api.call("GetInventorySchema", TypeName="AWS:PatchSummary")["Schemas"]
    kinds = {each["Name"]: each["DataType"] for each in schema["Attributes"]}
    assert (kinds["MissingCount"], kinds["BaselineId"]) == ("number", "string")


def test_types_are_found_by_how_their_names_begin(api: Api) -> None:
    schemas = api.call("GetInventorySchema", TypeName="AWS:Patch")["Schemas"]
    assert [each["TypeName"] for each in schemas] == ["AWS:PatchCompliance", "AWS:PatchSummary"]
    with pytest.raises(Refused, match=r"^InvalidTypeNameException"):
        api.call("GetInventorySchema", TypeName="AWS:Kitchen")


def test_the_types_that_nodes_can_be_counted_by_are_told(api: Api) -> None:
    (schema,) = api.call("GetInventorySchema", Aggregator=True)["Schemas"]
    for attribute in schema["Attributes"]:
        expression = f"{schema['TypeName']}.{attribute['Name']}"
        assert api.call("GetInventory", Aggregators=[{"Expression": expression}])["Entities"]


def test_the_types_with_sub_types_are_told(api: Api) -> None:
    (schema,) = api.call("GetInventorySchema", SubType=True)["Schemas"]
    assert schema["TypeName"] == "AWS:ComplianceItem"
