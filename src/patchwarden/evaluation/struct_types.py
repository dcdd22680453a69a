"""Types with the members of those of `domain.facts`, which take msgspec a fifth of the time.

The types of the domain are dataclasses, because it knows the standard library alone. msgspec
fills those member by member; its own structs it fills at once.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta


class Bounds(NamedTuple):
    """What values must keep to wherever they stand; nothing, unless it is given."""

    text: Meta = Meta()
    number: Meta = Meta()
    items: Meta = Meta()
    """Of each list."""


def struct_type(kind: Any, bounds: Bounds) -> Any:  # noqa: ANN401 - types are made here
    """Give `kind`, and all that it is made of, with structs for dataclasses, and within bounds."""
    if kind is str:
        return Annotated[str, bounds.text]
    if kind is int or kind is float:
        return Annotated[kind, bounds.number]
    if is_dataclass(kind):
        return _struct(kind, bounds)
    origin: Any = get_origin(kind)
    parts = tuple(struct_type(part, bounds) for part in get_args(kind))
    if origin in {tuple, Mapping}:
        return Annotated[origin[parts], bounds.items]
    return Union[parts] if origin in {Union, UnionType} else kind  # noqa: UP007 - made here


def _struct(kind: Any, bounds: Bounds) -> type[msgspec.Struct]:  # noqa: ANN401 - as above
    hints = get_type_hints(kind)
    members = [
        (member.name, struct_type(hints[member.name], bounds), *_default(member))
        for member in fields(kind)
    ]
    # With these, `dataclasses.replace` takes it for one of `kind`.
    namespace = {"__dataclass_fields__": kind.__dataclass_fields__}
    return msgspec.defstruct(kind.__name__, members, namespace=namespace, kw_only=True, frozen=True)


def _default(member: Field[Any]) -> tuple[Any, ...]:
    if member.default_factory is not MISSING:
        return (msgspec.field(default_factory=member.default_factory),)
    return () if member.default is MISSING else (member.default,)
