"""Reads lists of hotfixes: Get-HotFix by ConvertTo-Json or Export-Csv, wmic's qfe as CSV.

```
#TYPE System.Management.ManagementObject#root\\cimv2\\Win32_QuickFixEngineering
"PSComputerName","InstalledOn","Description","HotFixID","InstalledBy"
"WEB-1","1/9/2019 12:00:00 AM","Security Update","KB4480056","NT AUTHORITY\\SYSTEM"
```
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import early_members, starts_with
from patchwarden.ingest.formats.powershell_json import (
    JsonObject,
    read_objects,
    text_of,
)
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text
from patchwarden.ingest.formats.windows_dates import HOW_TO_DECIDE, DateReader
from patchwarden.ingest.formats.windows_facts import classification_of_hotfix, kb_id_of
from patchwarden.ingest.formats.windows_report import (
    WindowsFile,
    check_system,
    conversion_of,
    only_computer,
)
from patchwarden.ingest.formats.windows_updates import Hotfix, WindowsEvidence, put_together

_NAMED = 5
"""Of things that are counted, how many are named."""
# As PowerShell and WMI spell them.
_COMPUTER_COLUMNS = ("CSName", "PSComputerName", "Source", "Node")
_COLUMNS = ("HotFixID", "Description", "InstalledOn", "InstalledBy", *_COMPUTER_COLUMNS)
_DELIMITERS = (",", ";", "\t")


def convert_hotfixes(
    rows: Sequence[JsonObject], given: Given, *, collector: str, evidence: str
) -> Conversion:
    """Make a report of rows with the members of Win32_QuickFixEngineering, in its spelling.

    For whoever reads such rows out of another format. Raises InvalidReportError.
    """
    check_system(given)
    dates = DateReader([row.get("InstalledOn") for row in rows], given.date_order, given.scanned_at)
    hotfixes = [_hotfix(row, dates) for row in rows]
    not_told = {
        "available updates": "hotfixes are what is installed",
        "updates of Office, .NET and other products": "they are no hotfixes",
    }
    if dates.undecided:
        not_told["days of installation"] = (
            f"day or month may come first in {_some(dates.undecided)}; {HOW_TO_DECIDE}"
        )
    others = [text_of(row, "HotFixID") for row in rows if not kb_id_of(text_of(row, "HotFixID"))]
    if others:
        not_told["hotfixes without a KB number"] = _some(others)
    file = WindowsFile(
        collector=collector,
        evidence=evidence,
        computer_name=only_computer(text_of(row, *_COMPUTER_COLUMNS) for row in rows),
        updates=put_together(WindowsEvidence(hotfixes=hotfixes)),
        knows_available=False,
        not_told=not_told,
    )
    return conversion_of(file, given)


def _hotfix(row: JsonObject, dates: DateReader) -> Hotfix:
    return Hotfix(
        kb_id=kb_id_of(text_of(row, "HotFixID")),
        classification=classification_of_hotfix(text_of(row, "Description")),
        installed_at=dates.read_day(row.get("InstalledOn")),
        installed_by=text_of(row, "InstalledBy") or None,
    )


def _some(texts: Sequence[str]) -> str:
    named = ", ".join(text[:40] or "(empty)" for text in texts[:_NAMED])
    return named if len(texts) <= _NAMED else f"{named} and {len(texts) - _NAMED} more"


def _recognizes_json(content: bytes) -> bool:
    return starts_with(content, "[{") and "HotFixID" in early_members(content)


def _read_json(content: bytes, given: Given) -> Conversion:
    rows = read_objects(content, "hotfix")
    for position, row in enumerate(rows):
        if "HotFixID" not in row:
            raise InvalidReportError(f"The file is wrong at [{position}]: it has no HotFixID.")
    return convert_hotfixes(rows, given, collector="Get-HotFix", evidence="hotfixes")


def _recognizes_csv(content: bytes) -> bool:
    header = next(_lines(decode_start(content)), "")
    return "hotfixid" in {name.strip('" ').lower() for name in header.split(_delimiter(header))}


def _read_csv(content: bytes, given: Given) -> Conversion:
    rows = _csv_rows(decode_text(content))
    return convert_hotfixes(rows, given, collector="Get-HotFix", evidence="hotfixes")


def _csv_rows(text: str) -> Sequence[dict[str, Any]]:
    header = next(_lines(text), "")
    reader = csv.reader(_lines(text), delimiter=_delimiter(header), strict=True)
    rows: list[dict[str, Any]] = []
    try:
        names = [_column(name) for name in next(reader, [])]
        if "HotFixID" not in names:
            raise InvalidReportError("The file has no column HotFixID.")
        for values in reader:
            if len(values) != len(names):
                raise _refusal(rows, f"it has {len(values)} values for {len(names)} columns")
            rows.append(dict(zip(names, values, strict=True)))
    except csv.Error as error:
        raise _refusal(rows, str(error)) from error
    return rows


def _refusal(rows_before: Sequence[object], problem: str) -> InvalidReportError:
    return InvalidReportError(f"The file is wrong at row {len(rows_before) + 1}: {problem}.")


def _column(name: str) -> str:
    known = {column.lower(): column for column in _COLUMNS}
    return known.get(name.strip().lower(), name)


def _lines(text: str) -> Iterator[str]:
    """Give the lines that hold something, without Export-Csv's first, which names a type."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#TYPE "):
            yield line


def _delimiter(header: str) -> str:
    """Give the list separator of the culture, which `-UseCulture` takes."""
    return max(_DELIMITERS, key=header.count)


HOTFIX_JSON = ReportFormat(
    name="get-hotfix-json",
    title="the JSON of Get-HotFix",
    recognizes=_recognizes_json,
    read=_read_json,
)
HOTFIX_CSV = ReportFormat(
    name="get-hotfix-csv",
    title="the CSV of Get-HotFix",
    recognizes=_recognizes_csv,
    read=_read_csv,
)
