"""Inventory as the original agent uploads it, made up: every value is text."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from fakes import NOW
from patchwarden.domain.instants import write_instant

Item = dict[str, object]


def summary_entry(*, at: float = NOW, **attributes: str) -> dict[str, str]:
    """Give the entry of a Scan that ended at `at` and found nothing missing."""
    return {
        "BaselineId": "pb-0c7e89f711c3095f4",
        "PatchGroup": "",
        "SnapshotId": "6d03d6c5-f79d-41d0-8d0e-00a9a0000000",
        "ExecutionId": "6d03d6c5-f79d-41d0-8d0e-00a9a0000000",
        "InstalledCount": "1",
        "InstalledOtherCount": "0",
        "NotApplicableCount": "10254",
        "MissingCount": "0",
        "OperationType": "Scan",
        "OperationStartTime": write_instant(at - 30),
        "OperationEndTime": write_instant(at),
        "RebootOption": "NoReboot",
        **attributes,
    }


def patch_row(name: str, state: str = "Installed", **attributes: str) -> dict[str, str]:
    """Give one row of AWS:ComplianceItem."""
    return {
        "Id": f"{name}.amd64",
        "Title": f"{name}.amd64:1.0-1",
        "Status": "COMPLIANT",
        "Severity": "UNSPECIFIED",
        "Classification": "Security",
        "PatchSeverity": "important",
        "PatchState": state,
        "PatchBaselineId": "pb-0c7e89f711c3095f4",
        "PatchGroup": "",
        "InstalledTime": "2025-11-02T04:15:51Z" if state.startswith("Installed") else "",
        "DocumentName": "",
        "DocumentVersion": "",
        **attributes,
    }


def item(
    type_name: str,
    content: Sequence[Mapping[str, str]] | None,
    *,
    at: float = NOW,
    **members: object,
) -> Item:
    """Give an item of PutInventory; without content, only what `members` say."""
    made: Item = {
        "TypeName": type_name,
        "SchemaVersion": "1.0",
        "CaptureTime": write_instant(at),
        **members,
    }
    if content is not None:
        made["Content"] = list(content)
    return made


def summary_item(*, at: float = NOW, **attributes: str) -> Item:
    """Give AWS:PatchSummary."""
    return item("AWS:PatchSummary", [summary_entry(at=at, **attributes)], at=at)


def rows_item(
    rows: Sequence[Mapping[str, str]], *, at: float = NOW, only_hash: bool = False
) -> Item:
    """Give AWS:ComplianceItem for patches, with its hash as the agent makes it."""
    return item(
        "AWS:ComplianceItem",
        None if only_hash else rows,
        at=at,
        ContentHash=hash_of(rows),
        Context={
            "ComplianceType": "Patch",
            "ExecutionId": "6d03d6c5-f79d-41d0-8d0e-00a9a0000000",
            "ExecutionType": "Command",
            "ExecutionTime": write_instant(at - 30),
        },
    )


def hash_of(content: Sequence[Mapping[str, str]]) -> str:
    """Give the hash that goes with content."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
