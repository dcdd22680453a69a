"""Reads JSON that somebody else wrote: one document, or several in one file."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text
from patchwarden.ingest.report import path_and_problem

_MEMBER = re.compile(r'"(\w{1,60})"\s*:')
_SPACE = re.compile(r"\s*")
_T = TypeVar("_T")
_one_by_one = json.JSONDecoder()


class Document(NamedTuple):
    """One of several values in a file."""

    place: str
    """Such as `line 3`."""
    value: Any


def starts_with(content: bytes, opening: str) -> bool:
    """Say whether the first character that is no space is one of `opening`."""
    return decode_start(content).lstrip()[:1] in {*opening}


def early_members(content: bytes) -> frozenset[str]:
    """Give the names of members in the first 64 KiB, however deep they stand."""
    return frozenset(_MEMBER.findall(decode_start(content)))


def decode(content: bytes, kind: type[_T]) -> _T:
    """Decode the one document of a file.

    Raises InvalidReportError with the path to what is wrong.
    """
    text = decode_text(content)
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        path, problem = path_and_problem(str(error))
        raise InvalidReportError(
            f"The file is wrong at {path or 'top level'}: {problem}."
        ) from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidReportError(f"The file is not valid JSON: {error}.") from error


def documents(text: str) -> Iterator[Document]:
    """Give the values of a text one by one: JSON lines, or documents one after the other.

    Raises InvalidReportError with the line that is wrong.
    """
    position = _next(text, 0)
    line, counted_to = 1, 0
    while position < len(text):
        line, counted_to = line + text.count("\n", counted_to, position), position
        try:
            value, end = _one_by_one.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise InvalidReportError(
                f"The file is wrong at line {error.lineno}, column {error.colno}: it is not valid"
                " JSON there."
            ) from error
        except (ValueError, RecursionError) as error:
            raise InvalidReportError(
                f"The file is wrong at line {line}: it is not valid JSON ({error})."
            ) from error
        yield Document(f"line {line}", value)
        position = _next(text, end)


def _next(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    assert space is not None
    return space.end()
