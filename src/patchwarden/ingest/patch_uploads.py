"""Takes in verdicts that the original agent made and uploads as inventory (contract 2.5, 6.3)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from patchwarden.domain.instants import write_instant
from patchwarden.domain.reported_patches import (
    COMPLIANCE_ITEM,
    PATCH_COMPLIANCE,
    PATCH_SUMMARY,
    InvalidReportedPatchError,
    PatchUpload,
    ReportedOperation,
    read_operation,
    read_patches,
)
from patchwarden.evaluation import run
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.kept_reports import split_upload
from patchwarden.ingest.errors import InvalidItemContentError
from patchwarden.ingest.inventory_items import keep_items, read_items
from patchwarden.store import inventory, nodes, scans
from patchwarden.store.database import Database, Scope
from patchwarden.store.inventory import InventoryItem
from patchwarden.store.nodes import ManagedNode

_PATCHES = "Patch"
"""The compliance type that makes the rows of AWS:ComplianceItem patches."""
_Key: TypeAlias = tuple[str, str]
_SUMMARY: _Key = (PATCH_SUMMARY, "")
_ROWS: tuple[_Key, ...] = ((COMPLIANCE_ITEM, _PATCHES), (PATCH_COMPLIANCE, ""))
"""Where both come, the rows of the first count: they say more."""
_MAX_APART_S = 3600
"""Between the items of one run that come in calls of their own."""


def accept_inventory(
    db: Database,
    engine: Engine,
    scope: Scope,
    instance_id: str,
    items: Sequence[Mapping[str, Any]],
    now: float,
) -> bool:
    """Keep the inventory items of a node, and its patches if they tell any; False if no such node.

    Must run inside a transaction or savepoint, which undoes all of it if this raises. Raises
    InventoryError.
    """
    node = nodes.find(db, scope, instance_id)
    if node is None:
        return False
    kept = keep_items(db, scope, node.node_key, read_items(items))
    nodes.note_sign_of_life(db, node.node_key, now)
    by_key = {(item.type_name, item.sub_type): item for item in kept}
    if any(key in by_key for key in (_SUMMARY, *_ROWS)):
        upload = _upload(db, node.node_key, by_key)
        try:
            _accept_patches(db, engine, scope, node, upload, now)
        except InvalidReportedPatchError as error:
            raise InvalidItemContentError(str(error), error.type_name) from error
    return True


def _accept_patches(
    db: Database, engine: Engine, scope: Scope, node: ManagedNode, upload: PatchUpload, now: float
) -> None:
    operation = read_operation(upload.summary)
    patches = read_patches(upload)
    kept = scans.add(db, node.node_key, split_upload(upload, operation, received_at=now))
    if not kept.is_newest:
        return
    nodes.note_reported_patch_group(db, node, patches.patch_group)
    _note_install_without_reboot(db, node.node_key, operation)
    run.judge(db, engine, scope, node.instance_id, now, report=patches)


def _note_install_without_reboot(db: Database, node_key: int, operation: ReportedOperation) -> None:
    if operation.last_no_reboot_install_at is not None:
        nodes.note_install_without_reboot(db, node_key, operation.last_no_reboot_install_at)


def _upload(db: Database, node_key: int, sent: Mapping[_Key, InventoryItem]) -> PatchUpload:
    """Put the items together that belong to one run.

    The agent sends the summary and the rows in one call. Of what was not sent, the stored one
    counts; where the rows are of a later run than the summary, they tell when it was.
    """
    summary = sent.get(_SUMMARY) or inventory.find(db, node_key, *_SUMMARY)
    sent_rows = next((sent[key] for key in _ROWS if key in sent), None)
    rows = sent_rows or _stored_rows(db, node_key)
    entry: Mapping[str, str] = {} if summary is None else _only_entry(summary)
    if rows is None:
        return PatchUpload(entry, COMPLIANCE_ITEM, None)
    if summary is None:
        entry = _summary_of_rows(rows)
    elif rows.captured_at - summary.captured_at > _MAX_APART_S:
        entry = {**entry, **_times_of_rows(rows)}
    if rows is sent_rows:
        entry = {**entry, **_execution_of_rows(rows)}
    return PatchUpload(entry, rows.type_name, rows.content)


def _stored_rows(db: Database, node_key: int) -> InventoryItem | None:
    stored = [item for key in _ROWS if (item := inventory.find(db, node_key, *key)) is not None]
    return max(stored, key=lambda item: item.captured_at, default=None)


def _only_entry(summary: InventoryItem) -> Mapping[str, str]:
    if len(summary.content) != 1:
        raise InvalidItemContentError(
            f"{PATCH_SUMMARY} has {len(summary.content)} entries; it must have one.",
            PATCH_SUMMARY,
        )
    return summary.content[0]


def _summary_of_rows(rows: InventoryItem) -> Mapping[str, str]:
    first = rows.content[0] if rows.content else {}
    return {
        "BaselineId": first.get("PatchBaselineId", ""),
        "PatchGroup": first.get("PatchGroup", ""),
        "OperationType": "Scan",
        **_times_of_rows(rows),
    }


def _execution_of_rows(rows: InventoryItem) -> Mapping[str, str]:
    named = ("ExecutionId", "ExecutionType")
    return {name: rows.context[name] for name in named if rows.context.get(name)}


def _times_of_rows(rows: InventoryItem) -> Mapping[str, str]:
    captured = write_instant(rows.captured_at)
    return {
        "OperationStartTime": rows.context.get("ExecutionTime") or captured,
        "OperationEndTime": captured,
    }
