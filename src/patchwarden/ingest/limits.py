"""What every text, number and list of a report must keep to, wherever it stands.

The bounds go by type, and msgspec checks them as it decodes: a member that is added to
`domain.facts` is bound too.
"""

from typing import Generic, TypeVar

import msgspec
from msgspec import Meta

from patchwarden.evaluation.struct_types import Bounds, struct_type

MAX_TEXT = 1024
"""Characters."""
MAX_ITEMS = 50_000
"""In one list."""
MAX_NUMBER = 2**32 - 1
"""Of seconds since 1970, which is a day in 2106. No number in a report is below 0."""

# Characters that control a terminal, end a line or turn the direction of writing.
_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*\Z"
_BOUNDS = Bounds(
    text=Meta(max_length=MAX_TEXT, pattern=_NO_CONTROLS),
    number=Meta(ge=0, le=MAX_NUMBER),
    items=Meta(max_length=MAX_ITEMS),
)
_FASTER_BOUNDS = _BOUNDS._replace(text=Meta(max_length=MAX_TEXT))

_T = TypeVar("_T")


class LimitedDecoder(Generic[_T]):
    """Decodes JSON into values that have the members of one of the types of `domain.facts`."""

    def __init__(self, kind: type[_T]) -> None:
        """Take that type."""
        self._decoder = msgspec.json.Decoder(struct_type(kind, _BOUNDS))
        self._faster_decoder = msgspec.json.Decoder(struct_type(kind, _FASTER_BOUNDS))

    def decode(self, encoded: bytes) -> _T:
        """Decode, and check every bound.

        Raises msgspec.DecodeError, UnicodeDecodeError, RecursionError.
        """
        # Most reports can have no control characters: no escapes, and nothing but ASCII.
        is_simple = encoded.isascii() and b"\\" not in encoded and b"\x7f" not in encoded
        decoder = self._faster_decoder if is_simple else self._decoder
        value: _T = decoder.decode(encoded)
        return value
