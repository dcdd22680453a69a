"""PutInventory, ListInventoryEntries and GetInventory (contract 6.3)."""

from functools import lru_cache

from patchwarden.data.inventory_types import CUSTOM_PREFIX, inventory_types
from patchwarden.domain.instants import write_instant
from patchwarden.domain.reported_patches import PATCH_SUMMARY
from patchwarden.ingest.errors import InvalidTypeNameError
from patchwarden.ingest.patch_uploads import accept_inventory
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError, InvalidResultAttributeError
from patchwarden.operations.inventory.counts import count_nodes
from patchwarden.operations.inventory.derived import (
    CHEAP_TYPES,
    INSTANCE_INFORMATION,
    inventory_of,
)
from patchwarden.operations.inventory.filters import InventoryFilters, parse_inventory_filters
from patchwarden.operations.nodes.walk import candidates
from patchwarden.operations.paging import MAX_EXAMINED, open_token, seal_token
from patchwarden.operations.wire_values import without_absent
from patchwarden.store import inventory, nodes
from patchwarden.store.inventory import Entries, InventoryItem
from patchwarden.store.nodes import ManagedNode

_RESULT_TYPES = (INSTANCE_INFORMATION, PATCH_SUMMARY)
_MAX_EXAMINED_CLOSELY = 25
"""Nodes that one call looks at where their reports or evaluations have to be read."""
_DEFAULT_LIMIT = 50


def put_inventory(context: Context, request: Request) -> Answer:
    """Keep what a node says about itself, each type in place of what it said before.

    Raises InvalidInstanceIdError, InventoryError.
    """
    instance_id = request["InstanceId"]
    is_known = accept_inventory(
        context.db,
        context.resources.engine,
        context.scope,
        instance_id,
        request["Items"],
        context.now,
    )
    if not is_known:
        raise InvalidInstanceIdError.unknown(instance_id)
    return {}


def list_inventory_entries(context: Context, request: Request) -> Answer:
    """Give the entries of one type that a node has and that all filters match.

    Raises InvalidInstanceIdError, InvalidTypeNameError, InvalidFilterError, InvalidPageToken.
    """
    type_name, instance_id = request["TypeName"], request["InstanceId"]
    _check_type(context, type_name)
    filters = parse_inventory_filters(request.get("Filters", ()), type_name)
    token = open_token(context, request)
    start = int(token) if token else 0
    node = nodes.find(context.db, context.scope, instance_id)
    if node is None:
        raise InvalidInstanceIdError.unknown(instance_id)
    item = inventory_of(context, node, type_name)
    entries = [] if item is None else list(filter(filters.match_entry, item.content))
    stop = start + request.get("MaxResults", _DEFAULT_LIMIT)
    return without_absent(
        {
            "TypeName": type_name,
            "InstanceId": instance_id,
            "SchemaVersion": None if item is None else item.schema_version,
            "CaptureTime": None if item is None else write_instant(item.captured_at),
            "Entries": entries[start:stop],
            "NextToken": (
                seal_token(context, request, str(stop).encode()) if stop < len(entries) else ""
            ),
        }
    )


def get_inventory(context: Context, request: Request) -> Answer:
    """Give one type of the inventory of each node that all filters match; or count the nodes.

    Raises InvalidFilterError, InvalidResultAttributeError, InvalidAggregatorError,
    InvalidInventoryGroupError, InvalidPageToken.
    """
    if "Aggregators" in request:
        return {"Entities": count_nodes(context, request), "NextToken": ""}
    (wanted,) = request.get("ResultAttributes", [{"TypeName": INSTANCE_INFORMATION}])
    type_name = wanted["TypeName"]
    if type_name not in _RESULT_TYPES:
        raise InvalidResultAttributeError(
            f"Result type name {type_name} is not supported. Supported type names are: "
            f"{', '.join(_RESULT_TYPES)}. Default result type name is {INSTANCE_INFORMATION}."
        )
    filters = parse_inventory_filters(request.get("Filters", ()))
    entities, token = _page_of_entities(context, request, filters, type_name)
    return {"Entities": entities, "NextToken": token}


def _check_type(context: Context, type_name: str) -> None:
    known = type_name in inventory_types() or (
        type_name.startswith(CUSTOM_PREFIX)
        and any(
            each.type_name == type_name
            for each in inventory.custom_types(context.db, context.scope)
        )
    )
    if not known:
        raise InvalidTypeNameError.unknown(type_name)


def _page_of_entities(
    context: Context, request: Request, filters: InventoryFilters, type_name: str
) -> tuple[list[dict[str, object]], str]:
    last = open_token(context, request).decode()
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    is_cheap = filters.types | {type_name} <= CHEAP_TYPES
    examinable = MAX_EXAMINED if is_cheap else _MAX_EXAMINED_CLOSELY
    chunk = max(limit, _MAX_EXAMINED_CLOSELY) + 1
    found: list[dict[str, object]] = []
    for examined, node in enumerate(candidates(context, filters.instance_ids, last, chunk)):
        if examined == examinable or len(found) == limit:
            return found, seal_token(context, request, last.encode())
        entity = _entity(context, node, filters, type_name)
        if entity is not None:
            found.append(entity)
        last = node.instance_id
    return found, ""


def _entity(
    context: Context, node: ManagedNode, filters: InventoryFilters, type_name: str
) -> dict[str, object] | None:
    """Give a node with what it has of a type; None if the filters do not match it."""

    @lru_cache
    def item_of(type_name: str) -> InventoryItem | None:
        return inventory_of(context, node, type_name)

    def entries_of(type_name: str) -> Entries:
        item = item_of(type_name)
        return () if item is None else item.content

    if not filters.match_node(entries_of):
        return None
    item = item_of(type_name)
    data = {} if item is None else {type_name: _result_item(item)}
    return {"Id": node.instance_id, "Data": data}


def _result_item(item: InventoryItem) -> dict[str, object]:
    return without_absent(
        {
            "TypeName": item.type_name,
            "SchemaVersion": item.schema_version,
            "CaptureTime": write_instant(item.captured_at),
            "ContentHash": item.content_hash or None,
            "Content": item.content,
        }
    )
