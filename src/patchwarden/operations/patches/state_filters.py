"""The filters of DescribeInstancePatchStatesForPatchGroup (contract 5.13)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from patchwarden.operations.errors import InvalidFilterError
from patchwarden.operations.filters import invalid_filter, satisfies

_KEYS = (
    "InstalledCount",
    "InstalledOtherCount",
    "InstalledPendingRebootCount",
    "InstalledRejectedCount",
    "MissingCount",
    "FailedCount",
    "UnreportedNotApplicableCount",
    "NotApplicableCount",
)
_COUNT = re.compile("[0-9]+", re.ASCII)


class _CountFilter(NamedTuple):
    key: str
    comparison: str
    wanted: str


@dataclass(frozen=True, slots=True)
class PatchStateFilters:
    """Filters made ready: all must match."""

    filters: tuple[_CountFilter, ...]

    def match(self, item: Mapping[str, object]) -> bool:
        """Say whether an InstancePatchState matches."""
        return all(
            satisfies(str(item[each.key]), each.comparison, (each.wanted,)) for each in self.filters
        )


def parse_patch_state_filters(filters: Sequence[Mapping[str, Any]]) -> PatchStateFilters:
    """Read the member `Filters` of a request.

    Raises InvalidFilterError.
    """
    return PatchStateFilters(tuple(map(_read_filter, filters)))


def _read_filter(filter_: Mapping[str, Any]) -> _CountFilter:
    key, (value,) = filter_["Key"], filter_["Values"]
    if key not in _KEYS:
        raise invalid_filter(key, _KEYS)
    if not _COUNT.fullmatch(value):
        raise InvalidFilterError(
            f"Filter value {value} is invalid for {key}; it takes a whole number from 0 on."
        )
    return _CountFilter(key, filter_["Type"], value.lstrip("0") or "0")
