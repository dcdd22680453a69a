"""DeleteInventory and DescribeInventoryDeletions: an account's custom types, undone.

The original deletes in the background. Here all is gone when the request is answered.
"""

from collections.abc import Mapping

from patchwarden.ingest.errors import InvalidTypeNameError
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import (
    IdempotentParameterMismatchError,
    InvalidDeleteInventoryParametersError,
    InvalidDeletionIdError,
)
from patchwarden.operations.idempotency import made_once
from patchwarden.operations.paging import open_token, seal_token
from patchwarden.operations.wire_values import wire_time
from patchwarden.store import inventory, inventory_deletions
from patchwarden.store.inventory import CustomType
from patchwarden.store.inventory_deletions import InventoryDeletion

_DELETE_SCHEMA, _DISABLE_SCHEMA = "DeleteSchema", "DisableSchema"
_DEFAULT_LIMIT = 50


def delete_inventory(context: Context, request: Request) -> Answer:
    """Drop what all nodes sent of a custom type, and with `DeleteSchema` the type itself.

    With `DisableSchema`, what nodes send of its newest version or an earlier one is ignored from
    now on. The same request again with the same ClientToken deletes nothing more. Raises
    InvalidTypeNameError, InvalidDeleteInventoryParametersError.
    """
    if request.get("DryRun", False):
        _, deletion = _type_and_deletion(context, request)
        return _answer(deletion, are_left=True)
    try:
        deletion_id = made_once(context, request, lambda: _delete(context, request))
    except IdempotentParameterMismatchError as error:
        raise InvalidDeleteInventoryParametersError(str(error)) from error
    made = inventory_deletions.find(context.db, context.scope, deletion_id)
    assert made is not None
    return _answer(made, are_left=False)


def describe_inventory_deletions(context: Context, request: Request) -> Answer:
    """Give one deletion, or all in the order of their ids.

    Raises InvalidDeletionIdError, InvalidPageToken.
    """
    deletion_id = request.get("DeletionId")
    if deletion_id is not None:
        deletion = inventory_deletions.find(context.db, context.scope, deletion_id)
        if deletion is None:
            raise InvalidDeletionIdError(f"There is no deletion {deletion_id}.")
        return {"InventoryDeletions": [_status(deletion)], "NextToken": ""}
    last = open_token(context, request).decode()
    limit = request.get("MaxResults", _DEFAULT_LIMIT)
    found = inventory_deletions.after(context.db, context.scope, last, limit + 1)
    page = found[:limit]
    is_last = len(found) == len(page)
    return {
        "InventoryDeletions": list(map(_status, page)),
        "NextToken": (
            "" if is_last else seal_token(context, request, page[-1].deletion_id.encode())
        ),
    }


def _delete(context: Context, request: Request) -> str:
    """Delete, and give the id of the deletion."""
    db, scope, option = context.db, context.scope, request.get("SchemaDeleteOption")
    custom_type, deletion = _type_and_deletion(context, request)
    inventory_deletions.delete_items(db, scope, custom_type.type_name)
    if option == _DELETE_SCHEMA:
        inventory_deletions.delete_custom_type(db, scope, custom_type.type_name)
    elif option == _DISABLE_SCHEMA:
        disabled = custom_type._replace(disabled_version=custom_type.schema_version)
        inventory.put_custom_type(db, scope, disabled)
    inventory_deletions.add(db, scope, deletion)
    return deletion.deletion_id


def _type_and_deletion(context: Context, request: Request) -> tuple[CustomType, InventoryDeletion]:
    """Give the type that the request is about, and what is deleted of it now."""
    type_name = request["TypeName"]
    known = {each.type_name: each for each in inventory.custom_types(context.db, context.scope)}
    if type_name not in known:
        raise InvalidTypeNameError(f"There is no custom inventory type {type_name}.")
    items = inventory_deletions.count_items(context.db, context.scope, type_name)
    deletion = InventoryDeletion(context.new_uuid(), type_name, context.now, items)
    return known[type_name], deletion


def _answer(deletion: InventoryDeletion, *, are_left: bool) -> Answer:
    return {
        "DeletionId": deletion.deletion_id,
        "TypeName": deletion.type_name,
        "DeletionSummary": _summary(deletion.items_by_version, are_left=are_left),
    }


def _status(deletion: InventoryDeletion) -> dict[str, object]:
    return {
        "DeletionId": deletion.deletion_id,
        "TypeName": deletion.type_name,
        "DeletionStartTime": wire_time(deletion.deleted_at),
        "LastStatus": "Complete",
        "LastStatusMessage": "",
        "DeletionSummary": _summary(deletion.items_by_version, are_left=False),
        "LastStatusUpdateTime": wire_time(deletion.deleted_at),
    }


def _summary(items_by_version: Mapping[str, int], *, are_left: bool) -> dict[str, object]:
    return {
        "TotalCount": sum(items_by_version.values()),
        "RemainingCount": sum(items_by_version.values()) if are_left else 0,
        "SummaryItems": [
            {"Version": version, "Count": count, "RemainingCount": count if are_left else 0}
            for version, count in items_by_version.items()
        ],
    }
