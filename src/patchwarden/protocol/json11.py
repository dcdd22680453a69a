"""Bodies of AWS JSON 1.1: bytes to Python values that have the model's types, and back.

What comes out of `decode` holds declared members only, is never None anywhere, and has `str`,
`int`, `bool`, `float` (timestamps in seconds since the epoch, and floating point numbers), `bytes`
(blobs), `list` and `dict`.
"""

import binascii
import functools
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from patchwarden.protocol.errors import ServiceError, serialization_error
from patchwarden.protocol.service_model import Shape

MAX_NESTING = 100
"""The levels of arrays and objects that shapes which contain themselves may have."""

encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
"""Gives the JSON of an answer. Floats keep their point (`0.0`), bytes become base64."""

_Converter = Callable[[Any], Any]
_parse = msgspec.json.Decoder().decode


def decode(body: bytes, shape: Shape) -> dict[str, Any]:
    """Read a request body as the structure `shape`; an empty body is an empty structure.

    Unknown members and members that are null are left out. Raises SerializationException for
    anything that is not JSON or not of the model's types (contract 1.5).
    """
    if not body:
        return {}
    try:
        document = _parse(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None
    converted: dict[str, Any] = _converter(shape)(document)
    return converted


def _malformed(error: Exception) -> ServiceError:
    if isinstance(error, UnicodeDecodeError):
        return serialization_error("Unexpected bytes: the body is not valid UTF-8")
    if isinstance(error, RecursionError):
        return serialization_error("Start of list or structure found too deep in others")
    place = re.search(r"\(byte (\d+)\)", str(error))
    if place:
        return serialization_error(f"Unexpected token at byte {place[1]}")
    if isinstance(error, msgspec.ValidationError):
        return serialization_error("NUMBER_VALUE is out of range")
    return serialization_error("Unexpected end of input")


@functools.cache
def _converter(shape: Shape) -> _Converter:
    convert = _compile(shape, {})
    if not _contains_itself(shape, frozenset()):
        return convert

    def convert_shallow(document: object) -> object:
        if _is_deep(document):
            raise serialization_error("Start of list or structure found too deep in others")
        return convert(document)

    return convert_shallow


def _contains_itself(shape: Shape, above: frozenset[Shape]) -> bool:
    return shape in above or any(
        _contains_itself(part, above | {shape}) for part in shape.members.values()
    )


def _is_deep(document: object) -> bool:
    level = [document]
    for _ in range(MAX_NESTING):
        containers = (each for each in level if isinstance(each, list | dict))
        level = [
            part
            for each in containers
            for part in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _compile(shape: Shape, compiled: dict[Shape, _Converter]) -> _Converter:
    match shape.kind:
        case "structure":
            return _structure(shape, compiled)
        case "list":
            member = shape.members["member"]
            return _list(_compile(member, compiled), _kept_as_is(member))
        case "map":
            return _map(_compile(shape.members["value"], compiled))
        case kind:
            return _SCALARS[kind]


def _kept_as_is(shape: Shape) -> type | None:
    """Give the type whose values need no look at all: this saves most of the calls."""
    return {"string": str, "boolean": bool}.get(shape.kind)


def _structure(shape: Shape, compiled: dict[Shape, _Converter]) -> _Converter:
    if shape in compiled:
        return compiled[shape]
    members: dict[str, tuple[type | None, _Converter]] = {}

    def convert(value: object) -> dict[str, Any]:
        if type(value) is not dict:
            raise _mismatch(value, "a Structure")
        converted = {}
        for name, item in value.items():
            if item is not None and (member := members.get(name)) is not None:
                kept, convert_item = member
                converted[name] = item if type(item) is kept else convert_item(item)
        return converted

    compiled[shape] = convert
    for name, member in shape.members.items():
        members[name] = _kept_as_is(member), _compile(member, compiled)
    return convert


def _list(convert_item: _Converter, kept: type | None) -> _Converter:
    def convert(value: object) -> list[Any]:
        if type(value) is not list:
            raise _mismatch(value, "a List")
        return [item if type(item) is kept else convert_item(item) for item in value]

    return convert


def _map(convert_item: _Converter) -> _Converter:
    def convert(value: object) -> dict[str, Any]:
        if type(value) is not dict:
            raise _mismatch(value, "a Map")
        return {key: convert_item(item) for key, item in value.items() if item is not None}

    return convert


def _mismatch(value: object, wanted: str) -> ServiceError:
    if isinstance(value, list):
        return serialization_error("Start of list found where not expected")
    if isinstance(value, dict):
        return serialization_error("Start of structure or map found where not expected")
    return serialization_error(f"{_token(value)} can not be converted to {wanted}")


def _token(value: object) -> str:
    match value:
        case None:
            return "NULL_VALUE"
        case bool():
            return "TRUE_VALUE" if value else "FALSE_VALUE"
        case str():
            return "STRING_VALUE"
        case _:
            return "NUMBER_VALUE"


def _string(value: object) -> str:
    if type(value) is not str:
        raise _mismatch(value, "a String")
    return value


def _boolean(value: object) -> bool:
    if type(value) is not bool:
        raise _mismatch(value, "a Boolean")
    return value


def _whole_number(bits: int, wanted: str) -> _Converter:
    limit = 1 << (bits - 1)

    def convert(value: object) -> int:
        # Clients whose only number is a double send 10.0 for 10.
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not -limit <= value < limit:
            raise _mismatch(value, wanted)
        return value

    return convert


def _floating_point(wanted: str) -> _Converter:
    def convert(value: object) -> float:
        # A JSON integer may have more digits than a double can hold.
        if type(value) is float:
            return value
        if type(value) is not int or abs(value) > sys.float_info.max:
            raise _mismatch(value, wanted)
        return float(value)

    return convert


_YEAR_1 = -62_135_596_800
_YEAR_10000 = 253_402_300_800


def _timestamp(value: object) -> float:
    number = _seconds(value) if type(value) is str else value
    if type(number) not in {int, float}:
        raise _mismatch(value, "a Timestamp")
    assert isinstance(number, int | float)
    if not _YEAR_1 <= number < _YEAR_10000:
        raise _mismatch(value, "a Timestamp")
    return float(number)


def _seconds(text: str) -> float | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _blob(value: object) -> bytes:
    if type(value) is not str:
        raise _mismatch(value, "a Blob")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise _mismatch(value, "a Blob") from None


_SCALARS: Mapping[str, _Converter] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _whole_number(32, "an Integer"),
    "long": _whole_number(64, "a Long"),
    "float": _floating_point("a Float"),
    "double": _floating_point("a Double"),
    "timestamp": _timestamp,
    "blob": _blob,
}
