"""The member `Aggregators` of GetInventory: how many nodes run what (contract 6.3).

Only what the row of a node says can be counted: to count applications, the report of every node
would have to be read.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from patchwarden.data.inventory_types import inventory_types
from patchwarden.operations.context import Context, Request
from patchwarden.operations.errors import InvalidAggregatorError, InvalidInventoryGroupError
from patchwarden.operations.inventory.derived import INSTANCE_INFORMATION
from patchwarden.store import inventory
from patchwarden.store.inventory import PlatformColumn

_COLUMNS: Mapping[str, PlatformColumn] = {
    "PlatformName": "platform_name",
    "PlatformType": "platform_type",
    "PlatformVersion": "platform_version",
}
"""The attributes that nodes can be counted by, and where the store has them."""


def count_nodes(context: Context, request: Request) -> list[dict[str, object]]:
    """Give an entity for each of the request's aggregators: how many nodes have which values.

    Raises InvalidAggregatorError, InvalidInventoryGroupError.
    """
    if "Filters" in request:
        raise InvalidAggregatorError("Aggregators cannot be combined with Filters.")
    entities: list[dict[str, object]] = []
    for aggregator in request["Aggregators"]:
        attributes = _attributes_to_count(aggregator)
        counts = inventory.count_platforms(
            context.db, context.scope, [_COLUMNS[attribute] for attribute in attributes]
        )
        content = [
            {"Count": str(count), **dict(zip(attributes, values, strict=True))}
            for values, count in counts
        ]
        data = {
            INSTANCE_INFORMATION: {
                "TypeName": INSTANCE_INFORMATION,
                "SchemaVersion": inventory_types()[INSTANCE_INFORMATION].version,
                "Content": content,
            }
        }
        entities.append({"Data": data})
    return entities


def _attributes_to_count(aggregator: Mapping[str, Any]) -> Sequence[str]:
    """Give the attributes that an aggregator and those nested in it name, outermost first."""
    attributes: list[str] = []
    nested: Sequence[Mapping[str, Any]] = [aggregator]
    while nested:
        if len(nested) > 1:
            raise InvalidAggregatorError("An aggregator can have one aggregator nested in it.")
        (aggregator,) = nested
        if "Groups" in aggregator:
            raise InvalidInventoryGroupError("Groups are not supported; use Expression.")
        type_name, _, attribute = aggregator.get("Expression", "").rpartition(".")
        if type_name != INSTANCE_INFORMATION or attribute not in _COLUMNS:
            supported = ", ".join(f"{INSTANCE_INFORMATION}.{name}" for name in _COLUMNS)
            raise InvalidAggregatorError(
                f"Expression {aggregator.get('Expression', '')} is not supported. "
                f"Supported expressions are: {supported}."
            )
        attributes.append(attribute)
        nested = aggregator.get("Aggregators", ())
    if len(set(attributes)) < len(attributes):
        raise InvalidAggregatorError("Each expression can come once among nested aggregators.")
    return attributes
