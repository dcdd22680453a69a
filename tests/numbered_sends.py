"""What nodes send, with a number in every part: it tells which came, and whether all of it did."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from accounts import Account, EnrolledNode
from fakes import NOW, package, report, report_bytes
from inventory_uploads import item

PARTS = 120
_PAGE = 50


class Kind(NamedTuple):
    """One kind of what a node sends."""

    send: Callable[[EnrolledNode, int], object]
    shown: Callable[[Account, EnrolledNode], int]
    """Gives the number of what is shown, all of which must have it."""


def _texts(number: int) -> list[str]:
    # They cannot be made smaller, so that little fills a disk.
    digests = (hashlib.sha256(f"{number} {each}".encode()).hexdigest() for each in range(PARTS))
    return [f"{number}-{digest}" for digest in digests]


def _number(texts: list[str]) -> int:
    number = int(texts[0].partition("-")[0])
    assert texts == _texts(number)
    return number


def _submit_report(node: EnrolledNode, number: int) -> None:
    packages = [package(f"package-{each:03}", text) for each, text in enumerate(_texts(number))]
    content = report_bytes(report(packages, at=NOW + number))
    node.client().submit_report(InstanceId=node.instance_id, Report=content)


def _shown_report(account: Account, node: EnrolledNode) -> int:
    patches = _all_of(account, "DescribeInstancePatches", InstanceId=node.instance_id)
    return _number([patch["Title"].partition(":")[2] for patch in patches])


def _put_inventory(node: EnrolledNode, number: int) -> None:
    content = [{"Name": text} for text in _texts(number)]
    items = [item("AWS:Application", content, at=NOW + number)]
    node.client("ssm").put_inventory(InstanceId=node.instance_id, Items=items)


def _shown_inventory(account: Account, node: EnrolledNode) -> int:
    entries = _all_of(
        account,
        "ListInventoryEntries",
        InstanceId=node.instance_id,
        TypeName="AWS:Application",
    )
    return _number([entry["Name"] for entry in entries])


def _put_compliance(node: EnrolledNode, number: int) -> None:
    level = {"Severity": "LOW", "Status": "COMPLIANT"}
    node.client("ssm").put_compliance_items(
        ResourceId=node.instance_id,
        ResourceType="ManagedInstance",
        ComplianceType="Custom:Numbered",
        ExecutionSummary={"ExecutionTime": NOW + number},
        Items=[{**level, "Title": text} for text in _texts(number)],
    )


def _shown_compliance(account: Account, node: EnrolledNode) -> int:
    wanted = [{"Key": "ComplianceType", "Values": ["Custom:Numbered"]}]
    items = _all_of(account, "ListComplianceItems", ResourceIds=[node.instance_id], Filters=wanted)
    return _number([each["Title"] for each in items])


def _beat(node: EnrolledNode, number: int) -> None:
    node.client("ssm-agent").update_instance_information(
        InstanceId=node.instance_id, AgentVersion=str(number), SourceId=f"vm-{number}"
    )


def _shown_beat(account: Account, node: EnrolledNode) -> int:
    wanted = [{"Key": "InstanceIds", "Values": [node.instance_id]}]
    (shown,) = account.client().describe_instance_information(Filters=wanted)[
        "InstanceInformationList"
    ]
    assert shown["SourceId"] == f"vm-{shown['AgentVersion']}"
    return int(shown["AgentVersion"])


_MEMBERS = {
    "DescribeInstancePatches": ("describe_instance_patches", "Patches"),
    "ListInventoryEntries": ("list_inventory_entries", "Entries"),
    "ListComplianceItems": ("list_compliance_items", "ComplianceItems"),
}


def _all_of(account: Account, operation: str, **request: Any) -> list[Any]:
    """Give what all pages have."""
    method, member = _MEMBERS[operation]
    pages = _pages(getattr(account.client(), method), {**request, "MaxResults": _PAGE})
    return [each for page in pages for each in page[member]]


def _pages(ask: Callable[..., Any], request: dict[str, Any]) -> Iterator[Any]:
    answer = ask(**request)
    yield answer
    while token := answer.get("NextToken"):
        answer = ask(**request, NextToken=token)
        yield answer


KINDS = {
    "reports": Kind(_submit_report, _shown_report),
    "inventory": Kind(_put_inventory, _shown_inventory),
    "compliance": Kind(_put_compliance, _shown_compliance),
    "heartbeats": Kind(_beat, _shown_beat),
}
