"""PutComplianceItems."""

from collections.abc import Mapping
from typing import Any

import pytest

from compliance import entry, put
from driver import ACCOUNT, Api, Json, Refused, operation_named
from fakes import NOW, package, report
from patchwarden.operations import OPERATIONS, compliance_uploads
from patchwarden.operations.access import is_allowed
from patchwarden.operations.compliance.compliance_uploads import (
    MAX_CUSTOM_TYPES,
    MAX_NODE_SIZE,
    MAX_UPLOAD_BYTES,
)
from patchwarden.store.credentials import Holder

ASSOCIATION = "Association"
UNKNOWN = "mi-fffffffffffffffff"


def ids(api: Api, instance_id: str) -> list[str | None]:
    """Give the type and id of each item of a node."""
    answer = api.call("ListComplianceItems", ResourceIds=[instance_id])
    return [f"{item['ComplianceType']} {item.get('Id')}" for item in answer["ComplianceItems"]]


def test_an_item_is_given_back_as_it_was_put(api: Api) -> None:
    instance_id = api.register_node()
    details = {"DocumentName": "AWS-RunPatchBaseline", "mine": ""}
    summary = {"ExecutionTime": NOW - 5.5, "ExecutionId": "run-1", "ExecutionType": "Command"}
    sent = entry("é", "NON_COMPLIANT", Severity="HIGH", Title="Ä", Details=details)
    put(api, instance_id, sent, summary=summary)
    assert api.call("ListComplianceItems", ResourceIds=[instance_id]) == {
        "ComplianceItems": [
            {
                "ComplianceType": "Custom:virus",
                "ResourceType": "ManagedInstance",
                "ResourceId": instance_id,
                "Id": "é",
                "Title": "Ä",
                "Status": "NON_COMPLIANT",
                "Severity": "HIGH",
                "ExecutionSummary": summary,
                "Details": details,
            }
        ],
    }


def test_what_was_not_said_is_left_out(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry(None))
    (item,) = api.call("ListComplianceItems", ResourceIds=[instance_id])["ComplianceItems"]
    assert item.keys().isdisjoint({"Id", "Title"})
    assert item["ExecutionSummary"] == {"ExecutionTime": NOW}
    assert item["Details"] == {}


def test_an_upload_replaces_its_type_and_no_other(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), entry("b"), kind="Custom:one")
    put(api, instance_id, entry("c"), kind="Custom:two")
    put(api, instance_id, entry("d"), kind="Custom:one")
    assert ids(api, instance_id) == ["Custom:one d", "Custom:two c"]


def test_no_items_take_back_what_was_said(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"))
    put(api, instance_id)
    assert ids(api, instance_id) == []
    assert api.call("ListComplianceSummaries")["ComplianceSummaryItems"] == []


def test_the_last_item_with_an_id_counts(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a", Title="old"), entry(None), entry("a", Title="new"))
    items = api.call("ListComplianceItems", ResourceIds=[instance_id])["ComplianceItems"]
    assert [item.get("Title") for item in items] == ["new", None]


def test_a_partial_upload_replaces_associations_by_their_ids(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), entry("b"), kind=ASSOCIATION)
    later = {"ExecutionTime": NOW + 60}
    newer = [entry("b", Title="new"), entry("c")]
    put(api, instance_id, *newer, kind=ASSOCIATION, UploadType="PARTIAL", summary=later)
    put(api, instance_id, kind=ASSOCIATION, UploadType="PARTIAL")
    items = api.call("ListComplianceItems", ResourceIds=[instance_id])["ComplianceItems"]
    assert [(item["Id"], item["ExecutionSummary"]["ExecutionTime"]) for item in items] == [
        ("a", NOW),
        ("b", NOW + 60),
        ("c", NOW + 60),
    ]
    put(api, instance_id, entry("d"), kind=ASSOCIATION, UploadType="COMPLETE")
    assert ids(api, instance_id) == ["Association d"]


def test_a_partial_upload_can_be_the_first(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), kind=ASSOCIATION, UploadType="PARTIAL")
    assert ids(api, instance_id) == ["Association a"]


def test_partial_uploads_add_up_to_a_limit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compliance_uploads, "MAX_ITEMS", 3)
    instance_id = api.register_node()
    put(api, instance_id, *map(entry, "abc"), kind=ASSOCIATION)
    put(api, instance_id, entry("b"), kind=ASSOCIATION, UploadType="PARTIAL")
    with pytest.raises(Refused) as refused:
        put(api, instance_id, entry("d"), kind=ASSOCIATION, UploadType="PARTIAL")
    assert refused.value.code == "TotalSizeLimitExceededException"
    assert ids(api, instance_id) == ["Association a", "Association c", "Association b"]


def test_an_upload_with_the_hash_of_the_one_in_force_is_ignored(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), ItemContentHash="1")
    put(api, instance_id, entry("b"), ItemContentHash="1", summary={"ExecutionTime": NOW + 60})
    (item,) = api.call("ListComplianceItems", ResourceIds=[instance_id])["ComplianceItems"]
    assert (item["Id"], item["ExecutionSummary"]["ExecutionTime"]) == ("a", NOW)
    put(api, instance_id, entry("c"), ItemContentHash="2")
    assert ids(api, instance_id) == ["Custom:virus c"]


@pytest.mark.parametrize("content_hash", [{}, {"ItemContentHash": ""}])
def test_without_a_hash_nothing_is_ignored(api: Api, content_hash: Mapping[str, str]) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"), **content_hash)
    put(api, instance_id, entry("b"), **content_hash)
    assert ids(api, instance_id) == ["Custom:virus b"]


def test_patches_with_a_known_hash_count_again_after_a_report(api: Api) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("KB1"), kind="Patch", ItemContentHash="1")
    api.submit(instance_id, report([package("bash")]))
    assert ids(api, instance_id) == ["Patch bash.amd64"]
    put(api, instance_id, entry("KB1"), kind="Patch", ItemContentHash="1")
    assert ids(api, instance_id) == ["Patch KB1"]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ResourceId": UNKNOWN}, "InvalidResourceId"),
        ({"ResourceType": "ManagedThing"}, "InvalidResourceType"),
        ({"ComplianceType": "Virus"}, "ValidationException"),
        ({"ComplianceType": "virus:Custom"}, "ValidationException"),
        ({"ComplianceType": "Custom:x", "UploadType": "PARTIAL"}, "ValidationException"),
        ({"ComplianceType": "Patch", "UploadType": "PARTIAL"}, "ValidationException"),
        ({"ComplianceType": "Patch", "Items": [entry(None)]}, "InvalidItemContentException"),
        ({"ComplianceType": ASSOCIATION, "Items": [entry("")]}, "InvalidItemContentException"),
        ({"Items": [entry("a", "Pending")]}, "ValidationException"),
        (
            {"Items": [entry(str(number), Title="x" * 500) for number in range(2_000)]},
            "ItemSizeLimitExceededException",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(api: Api, members: dict[str, Json], code: str) -> None:
    instance_id = api.register_node()
    put(api, instance_id, entry("a"))
    with pytest.raises(Refused) as refused:
        put(api, instance_id, **members)
    assert refused.value.code == code
    assert ids(api, instance_id) == ["Custom:virus a"]


def test_a_node_has_so_many_custom_types(api: Api) -> None:
    instance_id = api.register_node()
    for number in range(MAX_CUSTOM_TYPES):
        put(api, instance_id, entry(), kind=f"Custom:type{number}")
    put(api, instance_id, entry("again"), kind="Custom:type0")
    put(api, instance_id, entry(), kind=ASSOCIATION)
    with pytest.raises(Refused) as refused:
        put(api, instance_id, entry(), kind="Custom:more")
    assert refused.value.code == "ComplianceTypeCountLimitExceededException"
    put(api, instance_id, kind="Custom:type0")
    put(api, instance_id, entry(), kind="Custom:more")


def test_all_items_of_a_node_have_so_much_room(api: Api) -> None:
    instance_id = api.register_node()
    details = {str(number): "x" * 4096 for number in range(MAX_UPLOAD_BYTES // 4096 - 1)}
    fitting = MAX_NODE_SIZE // MAX_UPLOAD_BYTES
    for number in range(fitting):
        put(api, instance_id, entry(Details=details), kind=f"Custom:type{number}")
    with pytest.raises(Refused) as refused:
        put(api, instance_id, entry(Details=details), kind=f"Custom:type{fitting}")
    assert refused.value.code == "TotalSizeLimitExceededException"
    assert len(ids(api, instance_id)) == fitting


@pytest.mark.parametrize(
    ("caller", "allowed"),
    [
        (Holder(account_id=ACCOUNT, role="node", instance_id="mi-1"), True),
        (Holder(account_id=ACCOUNT, role="node", instance_id="mi-2"), False),
        (Holder(account_id=ACCOUNT, role="operator"), True),
        (Holder(account_id=ACCOUNT, role="auditor"), False),
    ],
)
def test_a_node_speaks_for_itself_alone(caller: Holder, *, allowed: bool) -> None:
    served = OPERATIONS[operation_named("PutComplianceItems").target]
    request: dict[str, Any] = {"ResourceId": "mi-1"}
    assert is_allowed(caller, served, request) is allowed
