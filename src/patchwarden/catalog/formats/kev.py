"""Reads CISA's catalog of known exploited vulnerabilities, as JSON or CSV.

```json
{"vulnerabilities": [{"cveID": "CVE-2014-0160", "dateAdded": "2022-05-04",
  "dueDate": "2022-05-25", "knownRansomwareCampaignUse": "Unknown"}]}
```
"""

import csv
from collections.abc import Iterator
from typing import Annotated

import msgspec

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.parsing.feed_instants import instant
from patchwarden.catalog.parsing.json_feed import (
    Line,
    Word,
    content_of,
    decoded,
    joined,
    refuse_value,
)
from patchwarden.catalog.parsing.json_head import key_paths
from patchwarden.catalog.parsing.text_lines import first_line, lines_of
from patchwarden.catalog.parsing.vendor_ids import CVE_PATTERN
from patchwarden.domain.advisories import KnownExploitation


class _Item(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=CVE_PATTERN)] = msgspec.field(name="cveID")
    added: Annotated[Word, msgspec.Meta(min_length=1)] = msgspec.field(name="dateAdded")
    due: Word | None = msgspec.field(default=None, name="dueDate")
    name: Line | None = msgspec.field(default=None, name="vulnerabilityName")
    ransomware: Word | None = msgspec.field(default=None, name="knownRansomwareCampaignUse")


class _File(msgspec.Struct, frozen=True):
    vulnerabilities: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=200_000)]


_file_decoder = msgspec.json.Decoder(_File)
_item_decoder = msgspec.json.Decoder(_Item)


def recognizes(member: Member) -> bool:
    """Say whether it is the catalog, in JSON or CSV."""
    paths = key_paths(member.head)
    if paths:
        return ("vulnerabilities", "cveID") in paths or ("catalogVersion",) in paths
    return {"cveID", "dateAdded"} <= set(_columns(first_line(member.head)))


def read(member: Member) -> Iterator[Entry]:
    """Give what is known of each CVE."""
    items = _json_items(member) if key_paths(member.head) else _csv_items(member)
    for item, where in items:
        added_at = instant(member, item.added, joined(where, "dateAdded"))
        assert added_at is not None
        yield KnownExploitation(
            cve_id=item.id,
            added_at=added_at,
            due_at=instant(member, item.due, joined(where, "dueDate")),
            name=item.name or "",
            used_by_ransomware=(item.ransomware or "").strip().lower() == "known",
        )


FORMAT = Format("kev", recognizes, read)


def _json_items(member: Member) -> Iterator[tuple[_Item, str]]:
    vulnerabilities = decoded(member, _file_decoder, content_of(member)).vulnerabilities
    for position, raw in enumerate(vulnerabilities):
        where = f"vulnerabilities[{position}]"
        yield decoded(member, _item_decoder, raw, where), where


def _csv_items(member: Member) -> Iterator[tuple[_Item, str]]:
    rows = csv.reader(f"{line}\n" for _, line in lines_of(member))
    try:
        columns = [name.strip() for name in next(rows, [])]
        for row in rows:
            if row:
                where = f"line {rows.line_num}"
                yield _csv_item(member, dict(zip(columns, row, strict=False)), where), where
    except csv.Error as error:
        member.refuse(f"line {rows.line_num}", str(error), error)


def _csv_item(member: Member, row: dict[str, str], where: str) -> _Item:
    try:
        return msgspec.convert(row, _Item)
    except msgspec.ValidationError as error:
        refuse_value(member, where, error)


def _columns(line: str) -> list[str]:
    return [name.strip().strip('"') for name in line.split(",")]
