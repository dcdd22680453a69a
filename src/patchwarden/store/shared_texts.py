"""Takes the packages of a report apart into what nodes share and what is each node's own.

Nodes with the same package in the same version say the same of it, but for when it was installed
and by whom. Without these two, the text on a package is stored once for all nodes; of a node's
report there remain the ids of such texts and the values left out, some three bytes a package.
Putting it together again gives the report byte for byte.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from patchwarden.store import byte_planes
from patchwarden.store.compression import compress, decompress

_MARK = rb'("installed_(?:at|by)":)'
_OWN_VALUE = re.compile(_MARK + rb'([^",{}\[\]\\]+|"[^"\\]*")')
"""A value of one node. In a JSON string the quotes of the mark would be escaped."""
_LEFT_OUT = re.compile(_MARK + b"0(?=[,}])")
_WHOLE_SECONDS = re.compile(rb"(0|[1-9][0-9]{0,8}|[1-3][0-9]{9})\.0")
_MAX_OTHERS = 255
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


class SharedTexts(NamedTuple):
    """The text on packages, taken apart."""

    before: bytes
    """What stands before the list of installed packages."""
    after: bytes
    texts: Sequence[bytes]
    """What is said of each package, 0 standing where a value was left out."""
    own_values: Sequence[bytes]
    """The values left out, in order."""


class PackedTexts(msgspec.Struct, frozen=True, array_like=True):
    """What is stored of a node's report."""

    before: bytes
    after: bytes
    ids_count: int
    ids: bytes
    """The ids of the texts, as byte planes."""
    selectors: bytes
    """For each value left out 0 if it is the next of `seconds`, n if it is the n-th of `others`."""
    seconds_count: int
    seconds: bytes
    """Instants in whole seconds, as byte planes."""
    others: tuple[bytes, ...]

    @property
    def text_ids(self) -> Sequence[int]:
        """Give the ids of the texts, in order."""
        return byte_planes.read(self.ids, self.ids_count)

    def own_values(self) -> Iterator[bytes]:
        """Give the values that were left out, in order."""
        seconds = iter(byte_planes.read(self.seconds, self.seconds_count))
        for selector in self.selectors:
            yield self.others[selector - 1] if selector else b"%d.0" % next(seconds)


_decoder = msgspec.msgpack.Decoder(PackedTexts)


def take_apart(text: bytes) -> SharedTexts | None:
    """Take the JSON of `Packages` apart; None if it has nothing to share, or is unusually written.

    Raises msgspec.DecodeError if it is no JSON object.
    """
    installed = _members.decode(text).get("installed")
    if installed is None:
        return None
    listed = bytes(installed)
    before, _, after = text.partition(listed)
    pieces = _OWN_VALUE.split(listed)
    own_values = pieces[2::3]
    pieces[2::3] = [b"0"] * len(own_values)
    try:
        texts = [bytes(each) for each in _items.decode(b"".join(pieces))]
    except msgspec.DecodeError:
        return None
    shared = SharedTexts(before, after, texts, own_values)
    return shared if texts and put_together(shared) == text else None


def put_together(shared: SharedTexts) -> bytes:
    """Give the text that was taken apart."""
    pieces = _LEFT_OUT.split(b",".join(shared.texts))
    if len(pieces) != 2 * len(shared.own_values) + 1:
        return b""
    whole = [shared.before, b"["]
    for text, mark, value in zip(pieces[0::2], pieces[1::2], shared.own_values, strict=False):
        whole += (text, mark, value)
    return b"".join((*whole, pieces[-1], b"]", shared.after))


def pack(shared: SharedTexts, text_ids: Sequence[int]) -> bytes | None:
    """Give what to store of `shared`, whose texts are stored under `text_ids`.

    None if its values are too many kinds of things.
    """
    matches = [_WHOLE_SECONDS.fullmatch(value) for value in shared.own_values]
    seconds = [int(match[1]) for match in matches if match]
    unusual = [value for value, match in zip(shared.own_values, matches, strict=True) if not match]
    others = {value: number for number, value in enumerate(dict.fromkeys(unusual), start=1)}
    if len(others) > _MAX_OTHERS:
        return None
    packed = PackedTexts(
        before=shared.before,
        after=shared.after,
        ids_count=len(text_ids),
        ids=byte_planes.lay_out(text_ids),
        selectors=bytes(others.get(value, 0) for value in shared.own_values),
        seconds_count=len(seconds),
        seconds=byte_planes.lay_out(seconds),
        others=tuple(others),
    )
    return compress(msgspec.msgpack.encode(packed))


def unpack(content: bytes) -> PackedTexts:
    """Read what `pack` gave."""
    return _decoder.decode(decompress(content))
