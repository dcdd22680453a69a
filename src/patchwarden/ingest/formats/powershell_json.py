"""Reads JSON as PowerShell's ConvertTo-Json writes it, whatever objects it was made of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.json_text import decode
from patchwarden.ingest.formats.text_encoding import plain_text

JsonObject: TypeAlias = Mapping[str, Any]

# ConvertTo-Json writes what lies deeper than -Depth as text: the name of a type, or `@{KB=…}`.
_CUT_OFF = re.compile(r"(?:System|Microsoft)\.[A-Za-z_.]+(?:\[\])?|@\{.*\}", re.DOTALL)


def read_objects(content: bytes, what: str) -> Sequence[JsonObject]:
    """Give the objects of a file: of a list, or the one of which there was no list.

    `what` names them in a refusal, such as `hotfix`. Raises InvalidReportError.
    """
    rows = items_of(decode(content, object))
    for position, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InvalidReportError(
                f"The file is wrong at [{position}]: expected an object for each {what}."
            )
    return rows


def items_of(value: Any) -> Sequence[Any]:  # noqa: ANN401 - as it stands in a file
    """Give what is in a list; a single thing counts as a list of one, null as none.

    PowerShell 5.1 may write a list as `{"value": […], "Count": 2}`.
    """
    if isinstance(value, dict) and isinstance(value.get("value"), list) and "Count" in value:
        value = value["value"]
    if value is None or value == {}:
        return ()
    return value if isinstance(value, list) else (value,)


def text_of(row: JsonObject, *names: str) -> str:
    """Give the first of some members that is a text and not empty, as plain text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and not is_cut_off(value) and (text := plain_text(value)):
            return text
    return ""


def texts_of(row: JsonObject, name: str) -> Sequence[str]:
    """Give the texts of a member that is a list of them, or one."""
    texts = [item for item in items_of(row.get(name)) if isinstance(item, str)]
    plain = [plain_text(text) for text in texts if not is_cut_off(text)]
    return [text for text in plain if text]


def is_cut_off(value: object) -> bool:
    """Say whether ConvertTo-Json wrote this in place of an object that lay too deep."""
    return isinstance(value, str) and _CUT_OFF.fullmatch(value.strip()) is not None


def cut_off_members(rows: Sequence[JsonObject], names: Iterable[str]) -> Sequence[str]:
    """Give those members of which something was cut off in any row, in the order of `names`."""
    return [name for name in names if any(_has_cut_off(row.get(name)) for row in rows)]


def _has_cut_off(value: object) -> bool:
    return any(is_cut_off(item) for item in items_of(value))
