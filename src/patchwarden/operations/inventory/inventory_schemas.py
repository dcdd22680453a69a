"""GetInventorySchema: which types of inventory there are (contract 6.3)."""

from collections.abc import Iterable, Iterator

from patchwarden.data.inventory_types import CUSTOM_PREFIX, InventoryType, inventory_types
from patchwarden.domain.reported_patches import COMPLIANCE_ITEM
from patchwarden.ingest.errors import InvalidTypeNameError
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.paging import page_of
from patchwarden.store import inventory
from patchwarden.store.inventory import CustomType

_TYPES_WITH_SUB_TYPES = frozenset({COMPLIANCE_ITEM})
_DEFAULT_LIMIT = 50


def get_inventory_schema(context: Context, request: Request) -> Answer:
    """Give the types of inventory whose names begin as asked for, with their attributes.

    Raises InvalidTypeNameError if there is none, InvalidPageToken.
    """
    prefix = request.get("TypeName", "")
    schemas = [
        *(_schema(name, known) for name, known in sorted(inventory_types().items())),
        *map(_custom_schema, inventory.custom_types(context.db, context.scope)),
    ]
    named = [schema for schema in schemas if str(schema["TypeName"]).startswith(prefix)]
    if not named:
        raise InvalidTypeNameError(f"There is no inventory type whose name begins with {prefix}.")
    if request.get("Aggregator"):
        named = list(_countable(named))
    if request.get("SubType"):
        named = [schema for schema in named if schema["TypeName"] in _TYPES_WITH_SUB_TYPES]
    page, token = page_of(
        context,
        request,
        named,
        key=lambda schema: str(schema["TypeName"]),
        default_limit=_DEFAULT_LIMIT,
    )
    return {"Schemas": page, "NextToken": token}


def _schema(type_name: str, known: InventoryType) -> dict[str, object]:
    return {
        "TypeName": type_name,
        "Version": known.version,
        "Attributes": [
            {"Name": name, "DataType": "number" if name in known.numbers else "string"}
            for name in known.every_attribute
        ],
        "DisplayName": known.display_name,
    }


def _custom_schema(custom_type: CustomType) -> dict[str, object]:
    return {
        "TypeName": custom_type.type_name,
        "Version": custom_type.schema_version,
        "Attributes": [{"Name": name, "DataType": "string"} for name in custom_type.attributes],
        "DisplayName": custom_type.type_name.removeprefix(CUSTOM_PREFIX),
    }


def _countable(schemas: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Give the schemas of types that nodes can be counted by, with those attributes alone."""
    for schema in schemas:
        known = inventory_types().get(str(schema["TypeName"]))
        if known is not None and known.counted:
            attributes = [{"Name": name, "DataType": "string"} for name in known.counted]
            yield {**schema, "Attributes": attributes}
