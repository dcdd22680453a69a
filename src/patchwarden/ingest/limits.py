"""What every text, number and list of a report must keep to, wherever it stands.

The bounds go by type, and msgspec checks them as it decodes: a member that is added to
`domain.facts` is bound too.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

MAX_TEXT = 1024
"""Characters."""
MAX_ITEMS = 50_000
"""In one list."""
MAX_NUMBER = 2**32 - 1
"""Of seconds since 1970, which is a day in 2106. No number in a report is below 0."""

# Characters that control a terminal, end a line or turn the direction of writing.
_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*\Z"
_SHORT_TEXT = Annotated[str, Meta(max_length=MAX_TEXT)]
_PLAIN_TEXT = Annotated[str, Meta(max_length=MAX_TEXT, pattern=_NO_CONTROLS)]
_LIMITED = Meta(max_length=MAX_ITEMS)
_NUMBER = Meta(ge=0, le=MAX_NUMBER)

_T = TypeVar("_T")


class LimitedDecoder(Generic[_T]):
    """Decodes JSON into values that have the members of one of the types of `domain.facts`."""

    def __init__(self, kind: type[_T]) -> None:
        """Take that type."""
        self._decoder = msgspec.json.Decoder(_limited(kind, _PLAIN_TEXT))
        self._faster_decoder = msgspec.json.Decoder(_limited(kind, _SHORT_TEXT))

    def decode(self, encoded: bytes) -> _T:
        """Decode, and check every bound.

        Raises msgspec.DecodeError, UnicodeDecodeError, RecursionError.
        """
        # Most reports can have no control characters: no escapes, and nothing but ASCII.
        is_simple = encoded.isascii() and b"\\" not in encoded and b"\x7f" not in encoded
        decoder = self._faster_decoder if is_simple else self._decoder
        value: _T = decoder.decode(encoded)
        return value


def _limited(kind: Any, text: object) -> Any:  # noqa: ANN401 - types are made here
    """Give `kind` with `text` for every text, and with bounds on numbers and lists."""
    if kind is str:
        return text
    if kind is int or kind is float:
        return Annotated[kind, _NUMBER]
    if is_dataclass(kind):
        return _limited_object(kind, text)
    origin: Any = get_origin(kind)
    parts = tuple(_limited(part, text) for part in get_args(kind))
    if origin in {tuple, Mapping}:
        return Annotated[origin[parts], _LIMITED]
    return Union[parts] if origin in {Union, UnionType} else kind  # noqa: UP007 - made here


def _limited_object(kind: Any, text: object) -> type[msgspec.Struct]:  # noqa: ANN401 - as above
    hints = get_type_hints(kind)
    members = [
        (member.name, _limited(hints[member.name], text), *_default(member))
        for member in fields(kind)
    ]
    # With these, `dataclasses.replace` takes it for one of `kind`.
    namespace = {"__dataclass_fields__": kind.__dataclass_fields__}
    return msgspec.defstruct(kind.__name__, members, namespace=namespace, kw_only=True, frozen=True)


def _default(member: Field[Any]) -> tuple[Any, ...]:
    if member.default_factory is not MISSING:
        return (msgspec.field(default_factory=member.default_factory),)
    return () if member.default is MISSING else (member.default,)
