"""Reads feeds in JSON and says where in a file something is wrong."""

import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple, NoReturn, TypeAlias, TypeVar

import msgspec

from patchwarden.catalog.feed import Member
from patchwarden.catalog.parsing.json_head import BYTE_ORDER_MARK

T = TypeVar("T")

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=1_000_000)]
"""A description: that of a kernel update has a few hundred thousand characters."""
Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=4_000)]
"""A title, URL or the name of a product."""
Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=500)]
"""A name, version, id or date."""

_PATH = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_raw_decoder = msgspec.json.Decoder(msgspec.Raw)


class Item(NamedTuple):
    """One of the objects of a file."""

    raw: bytes | msgspec.Raw
    where: str
    """Its place in the file; empty if it is all of it."""


class Wrong(NamedTuple):
    """What the decoder found."""

    path: str
    """Within what was decoded; empty if it is all of that."""
    problem: str


def content_of(member: Member) -> bytes:
    """Read all of a member, without the mark that some editors put at the start."""
    return member.stream.read().removeprefix(BYTE_ORDER_MARK).strip()


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
        wrong = described(error)
        member.refuse(joined(where, wrong.path), wrong.problem, error)
    except UnicodeDecodeError as error:
        member.refuse(where, "it is not UTF-8", error)
    except (msgspec.DecodeError, RecursionError) as error:
        _refuse_json(member, where, error)


def described(error: msgspec.ValidationError) -> Wrong:
    """Give what is wrong in a value, and where."""
    message = str(error)
    match = _PATH.search(message)
    return Wrong(match["path"] if match else "", _PATH.sub("", message))


def joined(where: str, path: str) -> str:
    """Give the place of `path` within what stands at `where`."""
    return where + path if path.startswith("[") or not (where and path) else f"{where}.{path}"


def _refuse_json(member: Member, where: str, error: Exception) -> NoReturn:
    member.refuse(where, f"it is not valid JSON ({error})", error)


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
