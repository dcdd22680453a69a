"""Takes the tables out of what osquery prints or logs.

`osqueryi --json` prints a list of rows for each query; osqueryd logs snapshots, one a line:
```
{"name":"packages","hostIdentifier":"web-1","unixTime":1764000000,"action":"snapshot",
 "snapshot":[{"name":"bash","version":"5.2.15-2+b2","arch":"amd64"}]}
```
Queries have names of the administrator's choice, so the columns tell which table it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.json_text import Document, documents, early_members, starts_with
from patchwarden.ingest.formats.package_rows import refuse, shown
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text
from patchwarden.ingest.formats.times import seconds_of

# The first whose columns are all there counts.
_COLUMNS: Mapping[str, frozenset[str]] = {
    "os_version": frozenset({"name", "version", "major"}),
    "system_info": frozenset({"computer_name"}),
    "kernel_info": frozenset({"version", "arguments"}),
    "rpm_packages": frozenset({"name", "version", "release", "arch"}),
    "deb_packages": frozenset({"name", "version", "arch"}),
    "patches": frozenset({"hotfix_id"}),
    "windows_update_history": frozenset({"title", "date"}),
}
_DIFFERENTIAL = frozenset({"columns", "diffResults"})


class PlacedRow(NamedTuple):
    """A row and where it stands."""

    place: str
    columns: Mapping[str, str]


@dataclass(slots=True)
class Tables:
    """Every table that is known, as the newest snapshot has it."""

    rows: dict[str, Sequence[PlacedRow]] = field(default_factory=dict)
    host: str = ""
    """As osquery is told to identify it: a name or a UUID."""
    taken_at: float | None = None
    """When the newest snapshot was."""

    def row(self, table: str) -> Mapping[str, str]:
        """Give the only row of a table; empty if there is none."""
        rows = self.rows.get(table, ())
        return rows[0].columns if rows else {}


def looks_like_osquery(content: bytes) -> bool:
    """Say whether content begins as osquery's output does; never raises."""
    if starts_with(content, "{"):
        members = early_members(content)
        return "hostIdentifier" in members and not members.isdisjoint({"snapshot", "action"})
    return starts_with(content, "[") and _table_of(_first_row(decode_start(content))) is not None


def read_tables(content: bytes) -> Tables:
    """Read every table.

    Raises InvalidReportError.
    """
    tables = Tables()
    newest: dict[str, float] = {}
    for document in documents(decode_text(content)):
        place, rows = _rows(document, tables)
        table = _table_of(rows[0]) if rows else None
        at = _time_of(document.value)
        if table is None or at < newest.get(table, 0.0):
            continue
        newest[table] = at
        tables.rows[table] = list(_placed(rows, place, _COLUMNS[table]))
    if not tables.rows:
        raise InvalidReportError(
            "The file has no row of a table that is read here: "
            + "; ".join(f"{table} with {', '.join(sorted(_COLUMNS[table]))}" for table in _COLUMNS)
            + "."
        )
    tables.taken_at = max(newest.values()) or None
    return tables


def _rows(document: Document, tables: Tables) -> tuple[str, Sequence[Any]]:
    """Give the rows of a list or a snapshot, and the place of the list."""
    place, value = document
    if isinstance(value, list):
        return f"{place}, ", value
    if not isinstance(value, dict):
        refuse(place, "expected a list of rows or a snapshot")
    if not _DIFFERENTIAL.isdisjoint(value):
        raise InvalidReportError(
            f"The file has a differential log at {place}, which tells changes alone; have osquery"
            ' log a snapshot ("snapshot": true in its configuration), or take the output of'
            " osqueryi --json."
        )
    _note_host(value.get("hostIdentifier"), tables, place)
    rows = value.get("snapshot")
    return f"{place}, snapshot", rows if isinstance(rows, list) else ()


def _note_host(host: object, tables: Tables, place: str) -> None:
    if not isinstance(host, str):
        return
    if tables.host not in {"", host}:
        refuse(
            place,
            f"it is of the host {shown(host)}, those before of {shown(tables.host)};"
            " make a file for each host",
        )
    tables.host = host


def _time_of(value: object) -> float:
    """Give when a snapshot was taken; 0.0 if it does not tell."""
    at = value.get("unixTime") if isinstance(value, dict) else None
    seconds = seconds_of(at) if isinstance(at, int | float | str) else None
    return seconds or 0.0


def _table_of(row: object) -> str | None:
    if not isinstance(row, dict):
        return None
    return next((table for table, columns in _COLUMNS.items() if columns <= row.keys()), None)


def _placed(rows: Sequence[Any], place: str, columns: frozenset[str]) -> Iterator[PlacedRow]:
    for position, row in enumerate(rows):
        here = f"{place}[{position}]"
        if not isinstance(row, dict):
            refuse(here, "expected a row")
        if lacking := sorted(columns - row.keys()):
            refuse(here, f"it lacks the column {lacking[0]}, which other rows have")
        yield PlacedRow(here, {name: _text(here, name, value) for name, value in row.items()})


def _text(place: str, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        refuse(place, f"{shown(name)} is no text or number")
    return str(value)


def _first_row(start: str) -> object:
    opening = start.find("{")
    if opening < 0:
        return None
    try:
        return json.JSONDecoder().raw_decode(start, opening)[0]
    except (ValueError, RecursionError):
        return None
