"""The filters of GetInventory and ListInventoryEntries (contract 6.3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from patchwarden.data.inventory_types import CUSTOM_PREFIX, inventory_types
from patchwarden.operations.errors import InvalidFilterError
from patchwarden.operations.filters import satisfies
from patchwarden.operations.inventory.derived import INSTANCE_INFORMATION
from patchwarden.store.inventory import Entries

_EQUAL = "Equal"
_NOT_EQUAL = "NotEqual"


class InventoryFilter(NamedTuple):
    """One filter: how an attribute of a type must compare to any of some values."""

    type_name: str
    attribute: str
    comparison: str
    wanted: tuple[str, ...]

    def satisfied_by(self, entry: Mapping[str, str]) -> bool:
        """Say whether an entry of the type compares as asked for."""
        return satisfies(entry.get(self.attribute), self.comparison, self.wanted)


@dataclass(frozen=True, slots=True)
class InventoryFilters:
    """Filters made ready: all must match."""

    filters: tuple[InventoryFilter, ...]

    @property
    def types(self) -> frozenset[str]:
        """Give the types that the filters look at."""
        return frozenset(each.type_name for each in self.filters)

    @property
    def instance_ids(self) -> frozenset[str] | None:
        """The only nodes that can match, if the filters name some."""
        named = [
            frozenset(each.wanted)
            for each in self.filters
            if (each.type_name, each.attribute) == (INSTANCE_INFORMATION, "InstanceId")
            and each.comparison == _EQUAL
        ]
        return frozenset.intersection(*named) if named else None

    def match_entry(self, entry: Mapping[str, str]) -> bool:
        """Say whether an entry, which is of the type of all filters, matches."""
        return all(each.satisfied_by(entry) for each in self.filters)

    def match_node(self, entries_of: Callable[[str], Entries]) -> bool:
        """Say whether a node matches; `entries_of` gives its entries of a type.

        One entry must satisfy all filters on its type, so that name and version are of one
        application. `NotEqual` is against all entries: no application may have the name.
        """
        return all(
            _match_type(
                [each for each in self.filters if each.type_name == type_name],
                entries_of(type_name),
            )
            for type_name in sorted(self.types)
        )


def parse_inventory_filters(
    filters: Sequence[Mapping[str, Any]], only_type: str | None = None
) -> InventoryFilters:
    """Read the member `Filters` of a request, whose keys are such as `AWS:Application.Name`.

    Where `only_type` is given, all must be about it, and it may be left out. Raises
    InvalidFilterError.
    """
    return InventoryFilters(tuple(_read_filter(filter_, only_type) for filter_ in filters))


def _match_type(filters: Sequence[InventoryFilter], entries: Entries) -> bool:
    unequal = [each for each in filters if each.comparison == _NOT_EQUAL]
    positive = [each for each in filters if each.comparison != _NOT_EQUAL]
    return all(each.satisfied_by(entry) for each in unequal for entry in entries) and (
        not positive or any(all(each.satisfied_by(entry) for each in positive) for entry in entries)
    )


def _read_filter(filter_: Mapping[str, Any], only_type: str | None) -> InventoryFilter:
    key: str = filter_["Key"]
    type_name, _, attribute = key.rpartition(".")
    type_name = type_name or only_type or ""
    if not _is_attribute(type_name, attribute) or only_type not in {None, type_name}:
        raise InvalidFilterError(
            f"Filter {key} is invalid. A filter names a type of inventory and one of its"
            " attributes, such as AWS:InstanceInformation.InstanceId."
        )
    return InventoryFilter(
        type_name, attribute, filter_.get("Type", _EQUAL), tuple(filter_["Values"])
    )


def _is_attribute(type_name: str, attribute: str) -> bool:
    if type_name.startswith(CUSTOM_PREFIX):
        return bool(attribute)
    known = inventory_types().get(type_name)
    return known is not None and attribute in known.every_attribute
