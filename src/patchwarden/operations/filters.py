"""What the filters of several operations have in common: how they are read, and how they compare.

The operators of patch states, inventory and compliance (contract 5.13, 6.3, 6.5) are spelled in
two ways (`Equal`, `EQUAL`); here they are one.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from patchwarden.operations.errors import (
    InvalidFilterError,
    OperationError,
    RequestValidationError,
)

_EQUAL = "EQUAL"
_ORDERED: Mapping[str, Callable[[str | float, str | float], bool]] = {
    "LESSTHAN": operator.lt,
    "GREATERTHAN": operator.gt,
}


def key_and_values(
    filter_: Mapping[str, Any], error: type[OperationError]
) -> tuple[str, tuple[str, ...]]:
    """Give the key and the values of a filter; raise `error` if it lacks them.

    The service model requires neither in most operations.
    """
    key, values = filter_.get("Key"), filter_.get("Values")
    if not key or not values:
        raise error("Each filter needs a Key and at least one value in Values.")
    return key, tuple(values)


def unknown_key(key: str, valid: Iterable[str]) -> RequestValidationError:
    """Make the error of an operation that declares none for a filter's key."""
    return RequestValidationError(f"Invalid Filter Key: {key}, valid keys are: {', '.join(valid)}")


def invalid_filter(key: str, valid: Iterable[str]) -> InvalidFilterError:
    """Make the error of an operation that declares one for a filter's key."""
    return InvalidFilterError(f"Filter {key} is invalid. Valid filters are: {', '.join(valid)}.")


def satisfies(value: str | None, comparison: str | None, wanted: Sequence[str]) -> bool:
    """Say whether `value`, None if there is none, compares to any of `wanted` as asked for.

    `comparison` is `Equal`, `NotEqual`, `BeginWith`, `LessThan`, `GreaterThan` or `Exists` in
    either spelling; none is `Equal`. Numbers are compared as numbers where both sides are some.
    """
    name = (comparison or _EQUAL).upper().replace("_", "")
    if name == "NOTEQUAL":
        return value not in wanted
    if value is None:
        return False
    if name == "EXISTS":
        return True
    if name == "BEGINWITH":
        return value.startswith(tuple(wanted))
    ordered = _ORDERED.get(name)
    if ordered is None:
        return value in wanted
    return any(ordered(*_comparable(value, each)) for each in wanted)


def _comparable(value: str, wanted: str) -> tuple[str, str] | tuple[float, float]:
    try:
        return float(value), float(wanted)
    except ValueError:
        return value, wanted
