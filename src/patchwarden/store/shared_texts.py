"""Takes the packages of a report apart into what nodes share and what is each node's own.

Nodes with the same package in the same version say the same of it, but for when it was installed
and by whom. Without these two, the text on a package is stored once for all nodes; of a node's
report there remain the ids of such texts and the values left out, some three bytes a package.
Putting it together again gives the report byte for byte.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import msgspec

from patchwarden.store import byte_planes
from patchwarden.store.compression import compress_thoroughly, decompress

_MARK = rb'("installed_(?:at|by)":)'
_OWN_VALUE = re.compile(_MARK + rb'([^",{}\[\]\\]+|"[^"\\]*")')
"""A value of one node. In a JSON string the quotes of the mark would be escaped."""
_LEFT_OUT = re.compile(_MARK + b"0(?=[,}])")
AT, BY = b'"installed_at":', b'"installed_by":'
"""What stands before a value that may be left out."""
_SECONDS = rb"(?:0|[1-9][0-9]{0,8}|[1-3][0-9]{9})\.0"
_WHOLE_SECONDS = re.compile(_SECONDS)
_USUAL_TIMES = re.compile(_SECONDS + rb"(?:," + _SECONDS + rb")*")
NO_TIME = byte_planes.MAX_NUMBER
"""Stands for the time of a package that has none, or an unusual one."""
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
    times: Sequence[bytes]
    """When each package was installed, as its text had it; empty where it did not say."""
    people: Sequence[bytes]
    """By whom, likewise."""


class PackedTexts(msgspec.Struct, frozen=True, array_like=True):
    """What is stored of a node's report."""

    before: bytes
    after: bytes
    count: int
    """Of packages."""
    ids: bytes
    """The ids of the texts, as byte planes."""
    seconds: bytes
    """When each was installed, in whole seconds, or `NO_TIME`; as byte planes."""
    unusual_times: dict[int, bytes]
    """By the position of the package, where the time is not in whole seconds."""
    numbers: bytes
    """By whom each was installed: n is the n-th of `people`, 0 nobody knows; empty if always 0."""
    people: tuple[bytes, ...]

    @property
    def text_ids(self) -> Sequence[int]:
        """Give the ids of the texts, in order."""
        return byte_planes.read(self.ids, self.count)

    @property
    def installed_at(self) -> Sequence[int]:
        """Give when each package was installed, in whole seconds, or `NO_TIME`."""
        return byte_planes.read(self.seconds, self.count)

    @property
    def head(self) -> bytes:
        """Give the text without any package."""
        return b"".join((self.before, b"[]", self.after))

    def put_together(self, texts: Sequence[bytes]) -> bytes:
        """Give the text as it came; `texts` are those of `text_ids`."""
        times = [b"" if at == NO_TIME else b"%d.0" % at for at in self.installed_at]
        for position, value in self.unusual_times.items():
            times[position] = value
        names = (b"", *self.people)
        people = [names[number] for number in self.numbers or bytes(self.count)]
        return put_together(SharedTexts(self.before, self.after, texts, times, people))


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
    marks, values = pieces[1::3], pieces[2::3]
    pieces[2::3] = [b"0"] * len(values)
    shared = b"".join(pieces)
    try:
        texts = [bytes(each) for each in _items.decode(shared)]
    except msgspec.DecodeError:
        return None
    times = _of_each(texts, AT, marks, values)
    people = _of_each(texts, BY, marks, values)
    # Between packages nothing but a comma can be put back.
    if not texts or times is None or people is None or shared[1:-1] != b",".join(texts):
        return None
    return SharedTexts(before, after, texts, times, people)


def marks_of(text: bytes) -> Sequence[bytes]:
    """Give what stands before the values that were left out of a text: `AT`, `BY`."""
    return _LEFT_OUT.findall(text)


def filled(text: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Give a text with values in place of those that were left out, by what stands before them."""
    return _LEFT_OUT.sub(lambda mark: mark[1] + values[mark[1]], text)


def _of_each(
    texts: Sequence[bytes], mark: bytes, marks: Sequence[bytes], values: Sequence[bytes]
) -> Sequence[bytes] | None:
    """Give the value behind a mark for each text; None if one of them has two."""
    counts = list(map(bytes.count, texts, repeat(mark + b"0")))
    if max(counts, default=0) > 1:
        return None
    found = [value for each, value in zip(marks, values, strict=True) if each == mark]
    if len(found) == len(texts):
        return found
    left = iter(found)
    return [next(left) if count else b"" for count in counts]


def put_together(shared: SharedTexts) -> bytes:
    """Give the text that was taken apart."""
    pieces = _LEFT_OUT.split(b",".join(shared.texts))
    own = _in_order(pieces[1::2], shared)
    filled = chain.from_iterable(zip(pieces[0::2], pieces[1::2], own, strict=False))
    return b"".join((shared.before, b"[", *filled, pieces[-1], b"]", shared.after))


def _in_order(marks: Sequence[bytes], shared: SharedTexts) -> Iterator[bytes]:
    """Give the values of all packages in the order of their marks."""
    times, people = filter(None, shared.times), filter(None, shared.people)
    return (next(times if mark == AT else people, b"") for mark in marks)


def pack(shared: SharedTexts, text_ids: Sequence[int]) -> bytes | None:
    """Give what to store of `shared`, whose texts are stored under `text_ids`.

    None if more people installed something than have a number.
    """
    names = dict.fromkeys(filter(None, shared.people))
    people = dict.fromkeys(shared.people, 0)
    people.update((name, number) for number, name in enumerate(names, start=1))
    if len(names) > _MAX_OTHERS:
        return None
    seconds, unusual = _read_times(shared.times)
    packed = PackedTexts(
        before=shared.before,
        after=shared.after,
        count=len(text_ids),
        ids=byte_planes.lay_out(text_ids),
        seconds=byte_planes.lay_out(seconds),
        unusual_times=unusual,
        numbers=bytes(map(people.__getitem__, shared.people)) if names else b"",
        people=tuple(names),
    )
    return compress_thoroughly(msgspec.msgpack.encode(packed))


def _read_times(times: Sequence[bytes]) -> tuple[list[int], dict[int, bytes]]:
    """Give times in whole seconds, or `NO_TIME`, and those that are not in whole seconds."""
    every = b",".join(times)
    if _USUAL_TIMES.fullmatch(every):
        return list(map(int, every.replace(b".0", b"").split(b","))), {}
    seconds, unusual = [], {}
    for position, value in enumerate(times):
        is_usual = _WHOLE_SECONDS.fullmatch(value)
        seconds.append(int(value[:-2]) if is_usual else NO_TIME)
        if value and not is_usual:
            unusual[position] = value
    return seconds, unusual


def unpack(content: bytes) -> PackedTexts:
    """Read what `pack` gave."""
    return _decoder.decode(decompress(content))
