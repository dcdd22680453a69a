"""ListComplianceSummaries and ListResourceComplianceSummaries."""

import pytest

from compliance import entry, put, where
from driver import SCOPE, Api, Json, Refused
from fakes import NOW, package, report
from patchwarden.operations.paging import MAX_EXAMINED
from patchwarden.store import nodes
from patchwarden.store.nodes import Registration

CLEAN = report([package("nano", "7.2-1"), package("openssl", "3.0-1", security=True)])
BEHIND = report([package("bash", "5.2-1", update="5.2-2", security=True), package("nano")])
NONE = dict.fromkeys(
    (
        "CriticalCount",
        "HighCount",
        "MediumCount",
        "LowCount",
        "InformationalCount",
        "UnspecifiedCount",
    ),
    0,
)


def counts(element: Json) -> tuple[Json, Json]:
    """Give the counts that are not zero, of what is compliant and of what is not."""
    compliant, non_compliant = element["CompliantSummary"], element["NonCompliantSummary"]
    totals = (compliant["CompliantCount"], non_compliant["NonCompliantCount"])
    by_severity = (compliant["SeveritySummary"], non_compliant["SeveritySummary"])
    assert all(each.keys() == NONE.keys() for each in by_severity)
    assert totals == tuple(sum(each.values()) for each in by_severity)
    shown = [{k.removesuffix("Count"): n for k, n in each.items() if n} for each in by_severity]
    return shown[0], shown[1]


def resources(api: Api, *filters: Json, **members: Json) -> list[Json]:
    """Give the elements that filters match, from all pages."""
    pages = api.pages("ListResourceComplianceSummaries", Filters=where(*filters), **members)
    return [each for page in pages for each in page["ResourceComplianceSummaryItems"]]


def names(api: Api, *filters: Json, **members: Json) -> list[tuple[str, str]]:
    """Give the resource and type of the elements that filters match."""
    found = resources(api, *filters, **members)
    return [(each["ResourceId"], each["ComplianceType"]) for each in found]


def fleet(api: Api, *filters: Json, **members: Json) -> dict[str, tuple[Json, Json]]:
    """Give type → counts of resources that filters match."""
    pages = api.pages("ListComplianceSummaries", Filters=where(*filters), **members)
    return {
        each["ComplianceType"]: counts(each)
        for page in pages
        for each in page["ComplianceSummaryItems"]
    }


@pytest.fixture
def clean(api: Api) -> str:
    """Register a node that misses nothing."""
    instance_id = api.register_node(Tags=[{"Key": "PatchGroup", "Value": "web"}])
    api.submit(instance_id, CLEAN)
    return instance_id


@pytest.fixture
def behind(api: Api, clean: str) -> str:
    """Register one more node, in no patch group, that misses a patch."""
    instance_id = api.register_node()
    api.submit(instance_id, BEHIND)
    assert clean < instance_id
    return instance_id


def test_a_compliant_node_is_shown_as_the_service_shows_it(api: Api, clean: str) -> None:
    (element,) = resources(api)
    execution = element.pop("ExecutionSummary")
    assert element == {
        "ComplianceType": "Patch",
        "ResourceType": "ManagedInstance",
        "ResourceId": clean,
        "Status": "COMPLIANT",
        "OverallSeverity": "UNSPECIFIED",
        "CompliantSummary": {
            "CompliantCount": 2,
            "SeveritySummary": {**NONE, "UnspecifiedCount": 2},
        },
        "NonCompliantSummary": {"NonCompliantCount": 0, "SeveritySummary": NONE},
    }
    (item, *_) = api.call("ListComplianceItems", ResourceIds=[clean])["ComplianceItems"]
    assert execution == item["ExecutionSummary"]


def test_a_node_that_misses_a_patch_is_at_least_informational(api: Api, behind: str) -> None:
    (element,) = resources(api, ("ResourceId", [behind]))
    assert (element["Status"], element["OverallSeverity"]) == ("NON_COMPLIANT", "INFORMATIONAL")
    assert counts(element) == ({"Unspecified": 1}, {"Unspecified": 1})


def test_items_that_were_put_are_counted_by_their_severity(api: Api) -> None:
    instance_id = api.register_node()
    put(
        api,
        instance_id,
        *(entry(f"a{number}", Severity="CRITICAL") for number in range(2)),
        entry("b", "NON_COMPLIANT", Severity="MEDIUM"),
        entry("c", "NON_COMPLIANT", Severity="UNSPECIFIED"),
        summary={"ExecutionTime": NOW, "ExecutionType": "Audit"},
    )
    (element,) = resources(api)
    assert (element["Status"], element["OverallSeverity"]) == ("NON_COMPLIANT", "MEDIUM")
    assert element["ExecutionSummary"] == {"ExecutionTime": NOW, "ExecutionType": "Audit"}
    assert counts(element) == ({"Critical": 2}, {"Medium": 1, "Unspecified": 1})
    assert fleet(api) == {"Custom:virus": ({}, {"Medium": 1})}


def test_a_non_compliant_resource_may_have_no_severity(api: Api) -> None:
    put(api, api.register_node(), entry("c", "NON_COMPLIANT", Severity="UNSPECIFIED"))
    (element,) = resources(api)
    assert (element["Status"], element["OverallSeverity"]) == ("NON_COMPLIANT", "UNSPECIFIED")
    assert fleet(api) == {"Custom:virus": ({}, {"Unspecified": 1})}


def test_partial_uploads_are_counted_with_what_was_there(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), entry("b", "NON_COMPLIANT"), kind="Association")
    put(api, instance_id, entry("b"), kind="Association", UploadType="PARTIAL")
    (element,) = resources(api)
    assert (element["Status"], counts(element)) == ("COMPLIANT", ({"Low": 2}, {}))


def test_a_fleet_is_counted_by_nodes(api: Api, clean: str, behind: str) -> None:
    put(api, clean, entry(), entry("2"))
    assert fleet(api) == {
        "Custom:virus": ({"Unspecified": 1}, {}),
        "Patch": ({"Unspecified": 1}, {"Informational": 1}),
    }


def test_a_node_that_never_reported_counts_nowhere(api: Api) -> None:
    api.register_node()
    assert (resources(api), fleet(api)) == ([], {})


def test_accounts_and_regions_are_apart(api: Api, clean: str) -> None:
    put(api, clean, entry())
    for scope in (SCOPE._replace(account_id="999999999999"), SCOPE._replace(region="eu-west-1")):
        assert api.call("ListComplianceSummaries", scope=scope)["ComplianceSummaryItems"] == []
        answer = api.call("ListResourceComplianceSummaries", scope=scope)
        assert answer["ResourceComplianceSummaryItems"] == []


def test_a_changed_baseline_counts_at_once(api: Api, clean: str, behind: str) -> None:
    baseline = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN")["BaselineId"]
    assert fleet(api)["Patch"] == ({"Unspecified": 1}, {"Informational": 1})
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    assert [each["Status"] for each in resources(api)] == ["COMPLIANT", "COMPLIANT"]
    assert fleet(api)["Patch"] == ({"Unspecified": 2}, {})


def test_a_fleet_that_no_page_has_touched_is_judged_for_its_counts(
    api: Api, clean: str, behind: str
) -> None:
    baseline = api.call("CreatePatchBaseline", Name="mine", OperatingSystem="DEBIAN")["BaselineId"]
    api.call("RegisterDefaultPatchBaseline", BaselineId=baseline)
    assert fleet(api)["Patch"] == ({"Unspecified": 2}, {})


def test_patches_that_were_put_stand_until_the_next_report(api: Api, behind: str) -> None:
    put(api, behind, entry("KB1", Severity="HIGH"), kind="Patch")
    (element,) = resources(api, ("InstanceId", [behind]))
    assert (element["Status"], counts(element)) == ("COMPLIANT", ({"High": 1}, {}))
    assert fleet(api)["Patch"] == ({"Unspecified": 2}, {})
    api.submit(
        behind, report([package("bash", "5.2-1", update="5.2-2", security=True)], at=NOW + 9)
    )
    (element,) = resources(api, ("InstanceId", [behind]))
    assert element["Status"] == "NON_COMPLIANT"
    assert fleet(api)["Patch"] == ({"Unspecified": 1}, {"Informational": 1})


def test_a_node_that_is_forgotten_counts_no_more(api: Api, clean: str) -> None:
    put(api, clean, entry())
    api.call("DeregisterManagedInstance", InstanceId=clean)
    assert (resources(api), fleet(api)) == ([], {})


FILTERS = [
    (("ComplianceType", ["Patch"]), "clean behind"),
    (("ComplianceType", ["Patch"], "NOT_EQUAL"), "put"),
    (("ComplianceType", ["Custom:"], "BEGIN_WITH"), "put"),
    (("ResourceType", ["ManagedInstance"]), "clean put behind"),
    (("Status", ["NON_COMPLIANT"]), "put behind"),
    (("OverallSeverity", ["CRITICAL", "INFORMATIONAL"]), "put behind"),
    (("Severity", ["CRITICAL"]), "put"),
    (("PatchGroup", ["web"]), "clean put"),
    (("PatchGroup", ["web", "db"]), "clean put"),
    (("PatchGroup", ["w"], "BEGIN_WITH"), "clean put"),
    (("PatchGroup", ["web"], "NOT_EQUAL"), "behind"),
    (("PatchBaselineId", ["pb-"], "BEGIN_WITH"), "clean behind"),
    (("ExecutionType", ["Command"]), "clean behind"),
    (("ExecutionType", ["Audit"]), "put"),
    (("ExecutionId", ["run-1"]), "put"),
    (("ExecutionTime", ["2025-11-24T16:00:00Z"]), "put"),
    (("ExecutionTime", ["2025-11-24T16:00:00Z"], "LESS_THAN"), "clean behind"),
    (("AWS:InstanceInformation.PlatformType", ["Linux"]), "clean put behind"),
    (("AWS:InstanceInformation.PlatformType", ["Windows"]), ""),
    (("AWS:InstanceInformation.PlatformName", ["Debian"], "BEGIN_WITH"), "clean put behind"),
    (("AWS:InstanceInformation.PlatformVersion", ["11"], "GREATER_THAN"), "clean put behind"),
    (("AWS:InstanceInformation.ComputerName", ["web-1.example.test"]), "clean put behind"),
    (("AWS:InstanceInformation.IpAddress", ["192.0.2."], "BEGIN_WITH"), "clean put behind"),
    (("AWS:InstanceInformation.AgentVersion", ["0.1.0"]), "clean put behind"),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_filters_narrow_both_summaries(
    api: Api, clean: str, behind: str, condition: Json, expected: str
) -> None:
    bad = entry("1", "NON_COMPLIANT", Severity="CRITICAL")
    summary = {"ExecutionTime": NOW, "ExecutionId": "run-1", "ExecutionType": "Audit"}
    put(api, clean, bad, summary=summary)
    elements = {
        "clean": (clean, "Patch"),
        "put": (clean, "Custom:virus"),
        "behind": (behind, "Patch"),
    }
    wanted = sorted(elements[name] for name in expected.split())
    assert names(api, condition) == wanted
    assert names(api, condition, MaxResults=1) == wanted
    counted = {
        kind: sum([*compliant.values(), *non_compliant.values()])
        for kind, (compliant, non_compliant) in fleet(api, condition).items()
    }
    kinds = [kind for _, kind in wanted]
    assert counted == {kind: kinds.count(kind) for kind in kinds}


@pytest.mark.parametrize("key", ["ResourceId", "InstanceId", "AWS:InstanceInformation.InstanceId"])
def test_single_nodes_can_be_asked_for(api: Api, clean: str, behind: str, key: str) -> None:
    unknown = "mi-fffffffffffffffff"
    assert names(api, (key, [unknown, behind])) == [(behind, "Patch")]
    assert names(api, (key, [clean, behind]), MaxResults=1) == [(clean, "Patch"), (behind, "Patch")]
    assert names(api, (key, [clean]), (key, [behind])) == []
    assert names(api, (key, [clean], "GREATER_THAN")) == [(behind, "Patch")]
    assert fleet(api, (key, [behind])) == {"Patch": ({}, {"Informational": 1})}


def test_the_execution_of_judged_patches_can_be_asked_for(
    api: Api, clean: str, behind: str
) -> None:
    (element,) = resources(api, ("ResourceId", [clean]))
    asked = ("ExecutionId", [element["ExecutionSummary"]["ExecutionId"]])
    assert names(api, asked) == [(clean, "Patch")]
    assert fleet(api, asked) == {"Patch": ({"Unspecified": 1}, {})}


@pytest.mark.parametrize(
    "operation", ["ListComplianceSummaries", "ListResourceComplianceSummaries"]
)
@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Filters": where(("Title", ["a"]))}, "InvalidFilter"),
        ({"Filters": [{"Key": "Status"}]}, "InvalidFilter"),
        ({"NextToken": "AAAA"}, "InvalidNextToken"),
        ({"MaxResults": 51}, "ValidationException"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    api: Api, operation: str, members: dict[str, Json], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        api.call(operation, **members)
    assert refused.value.code == code


def test_pages_end_within_a_node(api: Api, clean: str, behind: str) -> None:
    for kind in ("Custom:one", "Custom:two", "Association"):
        put(api, clean, entry(), kind=kind)
    every = [
        *((clean, kind) for kind in ("Association", "Custom:one", "Custom:two", "Patch")),
        (behind, "Patch"),
    ]
    for size in (1, 2, 3, 4, 5):
        assert names(api, MaxResults=size) == every
    assert list(fleet(api, MaxResults=1)) == ["Association", "Custom:one", "Custom:two", "Patch"]


def test_one_call_looks_at_so_many_nodes(api: Api) -> None:
    with api.db.transaction():
        for number in range(MAX_EXAMINED + 1):
            registration = Registration(
                instance_id=f"mi-{number:017x}",
                activation_id="",
                name=None,
                iam_role="PatchNode",
                tags={},
            )
            nodes.add(api.db, SCOPE, registration, NOW)
    put(api, f"mi-{MAX_EXAMINED:017x}", entry())
    pages = list(api.pages("ListResourceComplianceSummaries"))
    assert [len(page["ResourceComplianceSummaryItems"]) for page in pages] == [0, 1]
