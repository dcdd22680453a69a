"""Members that all compliance operations read or write (contract 6.5)."""

from collections.abc import Iterable

from patchwarden.operations.errors import InvalidResourceIdError, InvalidResourceTypeError
from patchwarden.operations.wire_values import wire_time, without_absent

RESOURCE_TYPE = "ManagedInstance"
"""The only type of resource that there is."""
COMPLIANT = "COMPLIANT"
NON_COMPLIANT = "NON_COMPLIANT"


def check_resource_types(resource_types: Iterable[str]) -> None:
    """Return if these are types of resources that have compliance.

    Raises InvalidResourceTypeError.
    """
    for resource_type in resource_types:
        if resource_type != RESOURCE_TYPE:
            raise InvalidResourceTypeError(
                f"Resource type {resource_type} has no compliance; use {RESOURCE_TYPE}."
            )


def unknown_resource(instance_id: str) -> InvalidResourceIdError:
    """Say that there is no node with this id."""
    return InvalidResourceIdError(
        f"{instance_id} is not a managed node in this account and region."
    )


def execution_summary(
    executed_at: float, execution_id: str | None, execution_type: str | None
) -> dict[str, object]:
    """Give a ComplianceExecutionSummary."""
    return without_absent(
        {
            "ExecutionTime": wire_time(executed_at),
            "ExecutionId": execution_id,
            "ExecutionType": execution_type,
        }
    )
