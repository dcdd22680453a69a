"""The filters of the compliance operations (contract 6.5)."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from patchwarden.domain.states import parse_state, service_spelling
from patchwarden.operations.errors import InvalidFilterError
from patchwarden.operations.filters import invalid_filter, key_and_values, satisfies
from patchwarden.operations.wire_values import wire_time

_STATE_KEY = "PatchState"
_EQUAL = "EQUAL"


@dataclass(frozen=True, slots=True)
class ComplianceFilter:
    """One filter: it matches if the value of its key compares to any of `values`."""

    key: str
    values: tuple[str, ...]
    comparison: str

    @property
    def only_values(self) -> frozenset[str] | None:
        """The only values that can match, if it names them."""
        return frozenset(self.values) if self.comparison == _EQUAL else None

    def match(self, value: str | None) -> bool:
        """Say whether a value, None if there is none, is as asked for."""
        return satisfies(value, self.comparison, self.values)


@dataclass(frozen=True, slots=True)
class ComplianceFilters:
    """Filters made ready: all must match."""

    filters: tuple[ComplianceFilter, ...]

    @property
    def are_empty(self) -> bool:
        """Whether everything matches."""
        return not self.filters

    def match(self, values: Mapping[str, str]) -> bool:
        """Say whether key → value is as asked for; values are compared exactly."""
        return all(each.match(values.get(each.key)) for each in self.filters)

    def on(self, keys: Collection[str]) -> "ComplianceFilters":
        """Give those of the filters that are on one of `keys`."""
        return ComplianceFilters(tuple(each for each in self.filters if each.key in keys))

    def only_values(self, key: str) -> frozenset[str] | None:
        """Give the only values of `key` with which anything can match, if the filters name them."""
        named = [
            each.only_values
            for each in self.filters
            if each.key == key and each.only_values is not None
        ]
        return frozenset.intersection(*named) if named else None


def parse_compliance_filters(
    filters: Sequence[Mapping[str, Any]], keys: Mapping[str, str]
) -> ComplianceFilters:
    """Read the member `Filters` of a request; `keys` has what may be asked for, and its one name.

    Raises InvalidFilterError.
    """
    return ComplianceFilters(tuple(_filter(each, keys) for each in filters))


def filter_time(seconds: float) -> str:
    """Give an instant as filters and details have it: `2025-11-24T16:00:00Z`."""
    sent = math.floor(wire_time(seconds))
    return datetime.fromtimestamp(sent, UTC).replace(tzinfo=None).isoformat() + "Z"


def _filter(given: Mapping[str, Any], keys: Mapping[str, str]) -> ComplianceFilter:
    key, values = key_and_values(given, InvalidFilterError)
    if key not in keys:
        raise invalid_filter(key, sorted(keys))
    if key == _STATE_KEY:
        values = tuple(spelling for value in values for spelling in _spellings(value))
    return ComplianceFilter(keys[key], values, given.get("Type", _EQUAL))


def _spellings(state: str) -> Sequence[str]:
    """Give a state as asked for, and as it may also be spelled (design, decision 9)."""
    parsed = parse_state(state)
    return [state] if parsed is None else [parsed.value, service_spelling(parsed)]
