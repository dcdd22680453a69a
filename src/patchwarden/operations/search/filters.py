"""The filters of SearchNodes and CountNodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patchwarden.domain.states import PatchState, parse_state
from patchwarden.operations.errors import InvalidFilterError
from patchwarden.operations.filters import invalid_filter, key_and_values
from patchwarden.store.node_search import RecordCondition
from patchwarden.store.open_patches import OPEN_STATES

_CVE_KEY, _STATE_KEY, _GROUP_KEY = "CVEId", "State", "PatchGroup"
_NAMING_KEYS = (_CVE_KEY, "KBId", "Title")
"""Those that few patches match: one of them must be there."""
_NARROWING_KEYS = ("Classification", "Severity")
_KEYS = (*_NAMING_KEYS, *_NARROWING_KEYS, _STATE_KEY, _GROUP_KEY)


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """Filters made ready: all must match, each by any of its values."""

    records: tuple[RecordCondition, ...]
    """What the patches must be."""
    states: frozenset[PatchState]
    """The states that they must be in."""
    patch_groups: frozenset[str] | None
    """The patch groups that nodes must be in; None for any and none."""

    def match_group(self, patch_group: str) -> bool:
        """Say whether a node in this patch group matches; it is empty if it is in none."""
        return self.patch_groups is None or patch_group in self.patch_groups

    @property
    def name_cves(self) -> bool:
        """Whether any filter asks for CVEs."""
        return any(condition.member == _CVE_KEY for condition in self.records)


def parse_search_filters(filters: Sequence[Mapping[str, Any]]) -> SearchFilters:
    """Read the member `Filters` of a request.

    Raises InvalidFilterError.
    """
    records: list[RecordCondition] = []
    states = OPEN_STATES
    groups: frozenset[str] | None = None
    for filter_ in filters:
        key, values = key_and_values(filter_, InvalidFilterError)
        if key == _STATE_KEY:
            states &= _read_states(values)
        elif key == _GROUP_KEY:
            groups = frozenset(values) if groups is None else groups.intersection(values)
        elif key == _CVE_KEY:
            records.append(RecordCondition(key, tuple(value.upper() for value in values)))
        elif key in _KEYS:
            records.append(RecordCondition(key, values))
        else:
            raise invalid_filter(key, sorted(_KEYS))
    if not any(condition.member in _NAMING_KEYS for condition in records):
        raise InvalidFilterError(
            f"A search needs a filter with one of the keys {', '.join(_NAMING_KEYS)}."
        )
    return SearchFilters(tuple(records), states, groups)


def _read_states(values: Sequence[str]) -> frozenset[PatchState]:
    states = {value: parse_state(value) for value in values}
    for value, state in states.items():
        if state not in OPEN_STATES:
            known = ", ".join(state for state in PatchState if state in OPEN_STATES)
            raise InvalidFilterError(f"State {value} cannot be searched for; these can: {known}.")
    return frozenset(state for state in states.values() if state)
