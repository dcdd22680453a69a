"""Takes inventory in, as the original agent uploads it (contract 6.3). All of it, or nothing.

What is about patches becomes a report of the node too: `ingest.patch_uploads`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from patchwarden.data.inventory_types import CUSTOM_PREFIX, InventoryType, inventory_types
from patchwarden.domain.instants import read_instant
from patchwarden.domain.reported_patches import COMPLIANCE_ITEM
from patchwarden.ingest.errors import (
    CustomSchemaCountLimitExceededError,
    InvalidItemContentError,
    InvalidItemContextError,
    InvalidTypeNameError,
    ItemContentMismatchError,
    ItemSizeLimitExceededError,
    SubTypeCountLimitExceededError,
    TotalSizeLimitExceededError,
    UnsupportedItemContextError,
    UnsupportedSchemaVersionError,
)
from patchwarden.store import inventory
from patchwarden.store.database import Database, Scope
from patchwarden.store.inventory import CustomType, InventoryItem

MAX_ITEM_BYTES = 5000 * 1024
"""Of the content of one item, as JSON: room for 10,000 patches. AWS publishes 1 MiB, and 5,000 KiB
of a node in a day."""
MAX_NODE_BYTES = 4 * MAX_ITEM_BYTES
"""Of all that is kept of one node."""
MAX_CUSTOM_TYPES = 20
"""Of an account in a region, as AWS publishes."""
MAX_CUSTOM_COMPLIANCE_TYPES = 10
"""Of one node, as AWS publishes."""
MAX_ATTRIBUTES = 50
"""Of a custom type: GetInventorySchema can show no more."""
_COMPLIANCE_TYPE = re.compile(r"Patch|Association|Custom:[A-Za-z0-9_-]\w+", re.ASCII)


class SentItem(NamedTuple):
    """One item of an upload, read and checked as far as it can be without the store."""

    item: InventoryItem
    encoded_content: bytes | None
    """The JSON of its content; None if only the hash of it was sent."""


def read_items(items: Sequence[Mapping[str, Any]]) -> list[SentItem]:
    """Read the member `Items` of PutInventory.

    Raises InventoryError if anything is wrong that can be told without the store.
    """
    read = [_read_item(item) for item in items]
    counts = Counter((sent.item.type_name, sent.item.sub_type) for sent in read)
    for (type_name, _), count in counts.items():
        if count > 1:
            raise InvalidItemContentError(
                f"{type_name} comes {count} times; send all of a type in one item.", type_name
            )
    return read


def keep_items(
    db: Database, scope: Scope, node_key: int, sent_items: Sequence[SentItem]
) -> list[InventoryItem]:
    """Keep items, each in place of what the node had of its type; give them with their content.

    Must run inside a transaction or savepoint, which undoes all of it if this raises. Raises
    InventoryError.
    """
    known = {each.type_name: each for each in inventory.custom_types(db, scope)}
    kept = [
        sent for sent in sent_items if not _is_disabled(known.get(sent.item.type_name), sent.item)
    ]
    for sent in kept:
        type_name = sent.item.type_name
        if type_name.startswith(CUSTOM_PREFIX):
            known[type_name] = _custom_type(sent.item, known)
            inventory.put_custom_type(db, scope, known[type_name])
        _keep_item(db, node_key, sent)
    _check_node(db, node_key)
    return [
        sent.item if sent.encoded_content is not None else _kept(db, node_key, sent.item)
        for sent in kept
    ]


def _read_item(item: Mapping[str, Any]) -> SentItem:
    type_name: str = item["TypeName"]
    inventory_type = _find_type(type_name)
    content: list[dict[str, str]] | None = item.get("Content")
    content_hash: str = item.get("ContentHash", "")
    if content is None and not content_hash:
        raise InvalidItemContentError(
            f"{type_name} has neither Content nor ContentHash.", type_name
        )
    _check_version(type_name, item["SchemaVersion"], inventory_type)
    context = item.get("Context", {})
    encoded = None if content is None else msgspec.json.encode(content)
    if encoded is not None and len(encoded) > MAX_ITEM_BYTES:
        raise ItemSizeLimitExceededError(
            f"{type_name} has {len(encoded)} bytes; an item can have {MAX_ITEM_BYTES}.", type_name
        )
    read = InventoryItem(
        type_name=type_name,
        sub_type=_read_sub_type(type_name, context, inventory_type),
        schema_version=item["SchemaVersion"],
        captured_at=_read_capture_time(type_name, item["CaptureTime"]),
        content_hash=content_hash,
        context=context,
        content=content or [],
    )
    return SentItem(read, encoded)


def _find_type(type_name: str) -> InventoryType | None:
    """Give the type of this name; None if it is a custom one."""
    if type_name.startswith(CUSTOM_PREFIX) and type_name != CUSTOM_PREFIX:
        return None
    known = inventory_types().get(type_name)
    if known is None:
        raise InvalidTypeNameError.unknown(type_name)
    return known


def _check_version(type_name: str, version: str, known: InventoryType | None) -> None:
    # A newer agent may say more: what has the same first number can still be read.
    if known is not None and version.partition(".")[0] != known.version.partition(".")[0]:
        raise UnsupportedSchemaVersionError(
            f"{type_name} has no schema version {version}; the newest is {known.version}."
        )


def _read_capture_time(type_name: str, text: str) -> float:
    try:
        return read_instant(text)
    except ValueError:
        raise InvalidItemContentError(
            f"CaptureTime of {type_name} is {text}, which is no date.", type_name
        ) from None


def _read_sub_type(type_name: str, context: Mapping[str, str], known: InventoryType | None) -> str:
    if known is None or not known.context:
        if context:
            raise UnsupportedItemContextError(f"{type_name} takes no Context.", type_name)
        return ""
    compliance_type = context.get("ComplianceType", "")
    if not _COMPLIANCE_TYPE.fullmatch(compliance_type):
        raise InvalidItemContextError(
            f"ComplianceType in the Context of {type_name} is {compliance_type!r}; "
            "it must be Patch, Association or Custom: and a name."
        )
    executed = context.get("ExecutionTime")
    if executed:
        try:
            read_instant(executed)
        except ValueError:
            raise InvalidItemContextError(
                f"ExecutionTime in the Context of {type_name} is {executed!r}; "
                "it must have the form 2025-12-31T23:59:59Z."
            ) from None
    return compliance_type


def _keep_item(db: Database, node_key: int, sent: SentItem) -> None:
    if sent.encoded_content is not None:
        inventory.put(db, node_key, sent.item, sent.encoded_content)
    elif not inventory.confirm(db, node_key, sent.item):
        type_name = sent.item.type_name
        raise ItemContentMismatchError(
            f"The stored content of {type_name} does not have this hash; send it in full.",
            type_name,
        )


def _is_disabled(known: CustomType | None, item: InventoryItem) -> bool:
    return (
        known is not None
        and known.disabled_version != ""
        and _numbers(item.schema_version) <= _numbers(known.disabled_version)
    )


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def _custom_type(item: InventoryItem, known: Mapping[str, CustomType]) -> CustomType:
    """Give the type of an item as it is known once the item is kept."""
    type_name = item.type_name
    if type_name not in known and len(known) >= MAX_CUSTOM_TYPES:
        raise CustomSchemaCountLimitExceededError(
            f"The account has {MAX_CUSTOM_TYPES} custom inventory types; it can have no more."
        )
    seen = known[type_name].attributes if type_name in known else ()
    attributes = sorted({*seen, *(name for entry in item.content for name in entry)})
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidItemContentError(
            f"{type_name} has {len(attributes)} attributes; a type can have {MAX_ATTRIBUTES}.",
            type_name,
        )
    return CustomType(type_name, item.schema_version, attributes)


def _check_node(db: Database, node_key: int) -> None:
    compliance_types = inventory.sub_types(db, node_key, COMPLIANCE_ITEM)
    if (
        sum(name.startswith(CUSTOM_PREFIX) for name in compliance_types)
        > MAX_CUSTOM_COMPLIANCE_TYPES
    ):
        raise SubTypeCountLimitExceededError(
            f"A node can have {MAX_CUSTOM_COMPLIANCE_TYPES} custom compliance types."
        )
    size_bytes = inventory.size_bytes(db, node_key)
    if size_bytes > MAX_NODE_BYTES:
        raise TotalSizeLimitExceededError(
            f"The inventory of the node has {size_bytes} bytes; it can have {MAX_NODE_BYTES}."
        )


def _kept(db: Database, node_key: int, item: InventoryItem) -> InventoryItem:
    kept = inventory.find(db, node_key, item.type_name, item.sub_type)
    assert kept is not None
    return kept
