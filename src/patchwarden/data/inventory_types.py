"""Gives the types of inventory that AWS defines, read once from the shipped file."""

import functools
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

import msgspec

from patchwarden.data.strict_toml import decode

CUSTOM_PREFIX = "Custom:"
"""What the names of types begin with that AWS does not define."""
_FILE = "inventory_types.toml"


class InventoryType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One type, as GetInventorySchema describes it."""

    version: str
    """The newest schema version, such as `1.1`."""
    display_name: str
    attributes: tuple[str, ...]
    """Those of each entry."""
    numbers: frozenset[str] = frozenset()
    """The attributes that are numbers, though sent as text."""
    context: tuple[str, ...] = ()
    """Those that stand once, in the Context of an item; a type without any takes no Context."""
    counted: tuple[str, ...] = ()
    """Those that nodes can be counted by."""

    @property
    def every_attribute(self) -> tuple[str, ...]:
        """Give the attributes of an entry as it is shown, those of the context first."""
        return self.context + self.attributes

    def __post_init__(self) -> None:
        unknown = (self.numbers | set(self.counted)) - set(self.attributes)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))} are not among `attributes`")


class _TypesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    types: dict[str, InventoryType]


@functools.cache
def inventory_types() -> Mapping[str, InventoryType]:
    """Give every type by its name, such as `AWS:Application`.

    Raises InstallationError if the shipped file is damaged.
    """
    text = (files("patchwarden.data") / _FILE).read_text(encoding="utf-8")
    return MappingProxyType(decode(text, _FILE, _TypesFile).types)
