"""Compliance items as clients put them."""

from driver import Api, Json
from fakes import NOW


def entry(item_id: str | None = "1", status: str = "COMPLIANT", **members: Json) -> Json:
    """Make an item, of severity LOW unless told."""
    named = {} if item_id is None else {"Id": item_id}
    return {**named, "Severity": "LOW", "Status": status, **members}


def put(
    api: Api,
    instance_id: str,
    *items: Json,
    kind: str = "Custom:virus",
    summary: Json = None,
    **members: Json,
) -> None:
    """Put items in place of what is known of a node and compliance type."""
    answer = api.call(
        "PutComplianceItems",
        **{
            "ResourceId": instance_id,
            "ResourceType": "ManagedInstance",
            "ComplianceType": kind,
            "ExecutionSummary": summary or {"ExecutionTime": NOW},
            "Items": list(items),
            **members,
        },
    )
    assert answer == {}


def where(*filters: tuple[str, list[str]] | tuple[str, list[str], str]) -> Json:
    """Make filters of a key, values and perhaps an operator each."""
    return [
        dict(zip(("Key", "Values", "Type"), each, strict=False))  # the operator may be left out
        for each in filters
    ]
