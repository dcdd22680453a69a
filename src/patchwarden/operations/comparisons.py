"""How filters compare: the operators of patch states, inventory and compliance (contract 5.13,
6.3, 6.5).

Each API spells them its own way (`Equal`, `EQUAL`); here they are one.
"""

import operator
from collections.abc import Callable, Mapping, Sequence

_EQUAL = "EQUAL"
_ORDERED: Mapping[str, Callable[[str | float, str | float], bool]] = {
    "LESSTHAN": operator.lt,
    "GREATERTHAN": operator.gt,
}


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
