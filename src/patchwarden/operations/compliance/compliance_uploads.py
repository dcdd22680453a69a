"""PutComplianceItems: what users and programs say about a node (contract 6.5)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from patchwarden.domain.states import ComplianceLevel
from patchwarden.ingest.errors import (
    InvalidItemContentError,
    ItemSizeLimitExceededError,
    TotalSizeLimitExceededError,
)
from patchwarden.operations.compliance.members import (
    COMPLIANT,
    check_resource_types,
    unknown_resource,
)
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    ComplianceTypeCountLimitExceededError,
    RequestValidationError,
)
from patchwarden.store import compliance, nodes
from patchwarden.store.compliance import (
    PATCH,
    ComplianceItem,
    Execution,
    Heading,
    Upload,
    UploadKey,
)
from patchwarden.store.database import Database

MAX_CUSTOM_TYPES = 10
"""Of one node (model)."""
MAX_ITEMS = 10_000
"""Of one compliance type of a node: as many as one request can have (model)."""
MAX_UPLOAD_BYTES = 1024 * 1024
"""Of the items of one request, as JSON; the service's quota of inventory for a node and call."""
MAX_NODE_SIZE = 5 * 1024 * 1024
"""Of all items of a node, in characters; the service's quota of inventory for a node and day."""
_ASSOCIATION = "Association"
_CUSTOM = "Custom:"
_PARTIAL = "PARTIAL"
_INVENTORY_TYPE = "AWS:ComplianceItem"
"""What errors name: compliance items are kept in this type of inventory (contract 6.3)."""


def put_compliance_items(context: Context, request: Request) -> Answer:
    """Keep what is said of a node, in place of what was said of the same compliance type.

    No items take back what was said. Nothing changes if the content hash is that of the items in
    force. Raises InvalidResourceIdError, InvalidResourceTypeError, InvalidItemContentError,
    RequestValidationError, and errors where it is too much.
    """
    check_resource_types([request["ResourceType"]])
    node = nodes.find(context.db, context.scope, request["ResourceId"])
    if node is None:
        raise unknown_resource(request["ResourceId"])
    _check_type(request)
    execution = _execution(request["ExecutionSummary"])
    items = _items(request, execution)
    key = UploadKey(node.node_key, request["ComplianceType"])
    heading = Heading(node.scan_id, execution, request.get("ItemContentHash") or None)
    uploads = compliance.uploads_of(context.db, node.node_key)
    if not _says_what_is_known(uploads, key, heading):
        _check_count(uploads, key)
        _keep(context.db, key, heading, items, is_partial=request.get("UploadType") == _PARTIAL)
    return {}


def _check_type(request: Request) -> None:
    compliance_type = request["ComplianceType"]
    if compliance_type not in {PATCH, _ASSOCIATION} and not compliance_type.startswith(_CUSTOM):
        raise RequestValidationError(
            f"Compliance type {compliance_type} is invalid; use {PATCH}, {_ASSOCIATION} or a name "
            f"that starts with {_CUSTOM}"
        )
    if request.get("UploadType") == _PARTIAL and compliance_type != _ASSOCIATION:
        raise RequestValidationError(
            f"UploadType {_PARTIAL} is only valid for compliance type {_ASSOCIATION}."
        )


def _execution(summary: Mapping[str, Any]) -> Execution:
    return Execution(
        summary["ExecutionTime"], summary.get("ExecutionId"), summary.get("ExecutionType")
    )


def _items(request: Request, execution: Execution) -> list[ComplianceItem]:
    """Read the items; where an id comes twice, the last one counts."""
    if len(msgspec.json.encode(request["Items"])) > MAX_UPLOAD_BYTES:
        raise ItemSizeLimitExceededError(
            f"The items of one request may have {MAX_UPLOAD_BYTES} bytes; send fewer or shorter.",
            _INVENTORY_TYPE,
        )
    needs_ids = not request["ComplianceType"].startswith(_CUSTOM)
    items: dict[str | int, ComplianceItem] = {}
    for number, entry in enumerate(request["Items"], start=1):
        item_id = entry.get("Id") or None
        if item_id is None and needs_ids:
            raise InvalidItemContentError(
                f"Item {number} has no Id; compliance type {request['ComplianceType']} needs one.",
                _INVENTORY_TYPE,
            )
        items[item_id or number] = ComplianceItem(
            item_id=item_id,
            title=entry.get("Title"),
            severity=ComplianceLevel[entry["Severity"]],
            is_compliant=entry["Status"] == COMPLIANT,
            details=entry.get("Details", {}),
            execution=execution,
        )
    return list(items.values())


def _says_what_is_known(uploads: Sequence[Upload], key: UploadKey, heading: Heading) -> bool:
    return heading.content_hash is not None and any(
        upload.compliance_type == key.compliance_type
        and upload.heading.content_hash == heading.content_hash
        and upload.holds_after(heading.scan_id)
        for upload in uploads
    )


def _check_count(uploads: Sequence[Upload], key: UploadKey) -> None:
    types = {upload.compliance_type for upload in uploads} | {key.compliance_type}
    if sum(each.startswith(_CUSTOM) for each in types) > MAX_CUSTOM_TYPES:
        raise ComplianceTypeCountLimitExceededError(
            f"A node can have {MAX_CUSTOM_TYPES} custom compliance types; take one back by putting "
            "no items of it."
        )


def _keep(
    db: Database,
    key: UploadKey,
    heading: Heading,
    items: Sequence[ComplianceItem],
    *,
    is_partial: bool,
) -> None:
    if is_partial and items:
        compliance.merge(db, key, heading, items)
    elif items:
        compliance.replace(db, key, heading, items)
    elif not is_partial:
        compliance.remove(db, key)
    if compliance.count_items(db, key) > MAX_ITEMS:
        raise TotalSizeLimitExceededError(
            f"A node may have {MAX_ITEMS} compliance items of one type; send all that hold, as"
            " COMPLETE."
        )
    if compliance.size_of_node(db, key.node_key) > MAX_NODE_SIZE:
        raise TotalSizeLimitExceededError(
            f"The compliance items of a node may have {MAX_NODE_SIZE} characters in all; "
            "send fewer or shorter ones."
        )
