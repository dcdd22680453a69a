"""The filters of DescribeInstancePatches (contract 2.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import and_, attrgetter
from typing import Any

from patchwarden.domain.patches import PatchRecord
from patchwarden.domain.states import PatchState, parse_state
from patchwarden.operations.errors import InvalidFilterError
from patchwarden.operations.filters import invalid_filter, key_and_values

_RECORD_FIELDS = {"Classification": "classification", "KBId": "kb_id", "Severity": "severity"}
_STATE_KEY = "State"
_ALSO_MATCHES = {"Medium": "Moderate"}
"""Asking for this severity finds that one too."""


@dataclass(frozen=True, slots=True)
class PatchFilters:
    """Filters made ready: all must match, each by any of its values."""

    states: frozenset[PatchState] | None
    """The states asked for; None for all."""
    fields: tuple[tuple[str, frozenset[str]], ...]
    """Field of `PatchRecord` and the values asked for."""

    @property
    def are_empty(self) -> bool:
        """Whether everything matches."""
        return self.states is None and not self.fields

    def match_records(self, records: Sequence[PatchRecord]) -> Sequence[bool]:
        """Say of each record whether the filters on fields match; values are compared exactly."""
        matches = [True] * len(records)
        for field, values in self.fields:
            found = [value in values for value in map(attrgetter(field), records)]
            matches = list(map(and_, matches, found))
        return matches


NO_FILTERS = PatchFilters(None, ())
"""Match everything."""


def parse_filters(filters: Sequence[Mapping[str, Any]]) -> PatchFilters:
    """Read the member `Filters` of a request.

    Raises InvalidFilterError. A state that does not exist matches nothing.
    """
    states: frozenset[PatchState] | None = None
    fields: list[tuple[str, frozenset[str]]] = []
    for filter_ in filters:
        key, values = key_and_values(filter_, InvalidFilterError)
        if key == _STATE_KEY:
            asked = frozenset(state for state in map(parse_state, values) if state)
            states = asked if states is None else states & asked
        elif key in _RECORD_FIELDS:
            wanted = frozenset(values).union(
                _ALSO_MATCHES[value] for value in values if value in _ALSO_MATCHES
            )
            fields.append((_RECORD_FIELDS[key], wanted))
        else:
            raise invalid_filter(key, sorted({*_RECORD_FIELDS, _STATE_KEY}))
    return PatchFilters(states, tuple(fields))
