"""Reads feeds in JSON and says where in a file something is wrong."""

from collections.abc import Iterator
from typing import Annotated, NamedTuple, NoReturn, TypeAlias, TypeVar

import msgspec

from patchwarden.catalog.feed import Member
from patchwarden.catalog.parsing.json_head import BYTE_ORDER_MARK
from patchwarden.data.wrong_values import wrong_value

T = TypeVar("T")

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=1_000_000)]
"""A description: that of a kernel update has a few hundred thousand characters."""
Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=4_000)]
"""A title, URL or the name of a product."""
Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=500)]
"""A name, version, id or date."""

MAX_VALUES = 30_000_000
"""Of one file, at any depth: each takes some 50 bytes of memory. The largest feeds have four
million."""

_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_raw_decoder = msgspec.json.Decoder(msgspec.Raw)


class Item(NamedTuple):
    """One of the objects of a file."""

    raw: bytes | msgspec.Raw
    where: str
    """Its place in the file; empty if it is all of it."""


def content_of(member: Member) -> bytes:
    """Read all of a member, without the mark that some editors put at the start.

    Refuses one that would take absurdly much memory as objects: a compressed file of a megabyte may
    hold hundreds of millions.
    """
    content = member.stream.read().removeprefix(BYTE_ORDER_MARK).strip()
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        member.refuse("", f"it has more than {MAX_VALUES} values")
    return content


def items_of(member: Member) -> Iterator[Item]:
    """Give the objects of a file that has one, an array of them, or one on each line."""
    content = content_of(member)
    if content.startswith(b"["):
        raws = decoded(member, _list_decoder, content)
        for position, raw in enumerate(raws):
            yield Item(raw, f"[{position}]")
    elif _has_lines(content):
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line.strip():
                yield Item(line, f"line {number}")
    else:
        yield Item(content, "")


def decoded(
    member: Member, decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw, where: str = ""
) -> T:
    """Decode a part of a file, which stands at `where`; refuses what is wrong with its place."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        refuse_value(member, where, error)
    except UnicodeDecodeError as error:
        member.refuse(where, "it is not UTF-8", error)
    except (msgspec.DecodeError, RecursionError) as error:
        member.refuse(where, f"it is not valid JSON ({error})", error)


def refuse_value(member: Member, where: str, error: msgspec.ValidationError) -> NoReturn:
    """Refuse a file for a value within what stands at `where`."""
    path, problem = wrong_value(str(error))
    member.refuse(joined(where, path), problem, error)


def joined(where: str, path: str) -> str:
    """Give the place of `path` within what stands at `where`."""
    return where + path if path.startswith("[") or not (where and path) else f"{where}.{path}"


def _has_lines(content: bytes) -> bool:
    """Say whether the first line is a value of its own and others follow."""
    first, newline, _ = content.partition(b"\n")
    if not newline:
        return False
    try:
        _raw_decoder.decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
