"""Writes a report as a node would: what is at its default is left out."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import msgspec

from patchwarden.domain.facts import Report
from patchwarden.ingest.errors import InvalidReportError


def encode(report: Report) -> bytes:
    """Give the JSON of a report.

    Raises InvalidReportError if a text in it has half a character, which JSON can smuggle in.
    """
    try:
        return msgspec.json.encode(_plain(report))
    except UnicodeEncodeError as error:
        raise InvalidReportError("The file has half a character in a text.") from error


def _plain(value: object) -> Any:  # noqa: ANN401 - anything that JSON has
    if is_dataclass(value):
        stated = ((member, getattr(value, member.name)) for member in fields(value))
        return {member.name: _plain(each) for member, each in stated if each != _default(member)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def _default(member: Field[Any]) -> object:
    if member.default_factory is not MISSING:
        return member.default_factory()
    return member.default
