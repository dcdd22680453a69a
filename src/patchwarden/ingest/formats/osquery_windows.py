"""Makes a report of osquery's tables of Windows: patches and windows_update_history."""

from collections.abc import Mapping
from dataclasses import replace

from patchwarden.ingest.formats.format import Conversion, Given
from patchwarden.ingest.formats.osquery_tables import Tables
from patchwarden.ingest.formats.text_encoding import plain_text
from patchwarden.ingest.formats.times import seconds_of
from patchwarden.ingest.formats.windows_dates import HOW_TO_DECIDE, DateReader
from patchwarden.ingest.formats.windows_facts import (
    classification_of_hotfix,
    guid_of,
    kb_id_in_title,
    kb_id_of,
)
from patchwarden.ingest.formats.windows_report import WindowsFile, conversion_of
from patchwarden.ingest.formats.windows_updates import (
    HistoryEntry,
    Hotfix,
    WindowsEvidence,
    put_together,
)

_ARCHITECTURES = {"64-bit": "x86_64", "32-bit": "i386"}
"""As Windows names them, in English."""
_SUCCESSES = frozenset({"succeeded", "succeededwitherrors", "2", "3"})
_INSTALLATIONS = frozenset({"", "installation", "1"})
_NOT_TOLD = {
    "available updates": "osquery has what was installed",
    "MSRC severities": "osquery has none",
    "a pending reboot": "osquery has no evidence of one",
}


def is_of_windows(tables: Tables) -> bool:
    """Say whether the tables are those of Windows."""
    return "patches" in tables.rows or "windows_update_history" in tables.rows


def convert_windows(tables: Tables, given: Given) -> Conversion:
    """Make the report.

    Raises InvalidReportError.
    """
    os_version, system_info = tables.row("os_version"), tables.row("system_info")
    hotfixes = [row.columns for row in tables.rows.get("patches", ())]
    dates = DateReader(
        [row.get("installed_on", "") for row in hotfixes], given.date_order, given.scanned_at
    )
    evidence = WindowsEvidence(
        history=[_entry(row.columns) for row in tables.rows.get("windows_update_history", ())],
        hotfixes=[_hotfix(row, dates) for row in hotfixes],
    )
    not_told = dict(_NOT_TOLD)
    if dates.undecided:
        not_told["days of installation"] = f"day or month may come first; {HOW_TO_DECIDE}"
    names = (system_info.get("hostname", ""), *(row.get("csname", "") for row in hotfixes[:1]))
    file = WindowsFile(
        collector="osquery",
        evidence="osquery",
        computer_name=plain_text(next(filter(None, names), tables.host)),
        updates=put_together(evidence),
        knows_available=False,
        not_told=not_told,
    )
    return conversion_of(file, _completed(given, os_version, tables.taken_at))


def _completed(given: Given, os_version: Mapping[str, str], taken_at: float | None) -> Given:
    architecture = os_version.get("arch", "")
    return replace(
        given,
        platform_version=given.platform_version or plain_text(os_version.get("version", "")),
        architecture=given.architecture or _ARCHITECTURES.get(architecture, ""),
        scanned_at=taken_at or given.scanned_at,
    )


def _entry(row: Mapping[str, str]) -> HistoryEntry:
    title = plain_text(row["title"])
    return HistoryEntry(
        kb_id=kb_id_in_title(title),
        update_id=plain_text(guid_of(row.get("update_id", ""))),
        title=title,
        at=seconds_of(row["date"]),
        is_installation=row.get("operation", "").lower() in _INSTALLATIONS,
        succeeded=row.get("result_code", "succeeded").lower() in _SUCCESSES,
    )


def _hotfix(row: Mapping[str, str], dates: DateReader) -> Hotfix:
    return Hotfix(
        kb_id=kb_id_of(row["hotfix_id"]),
        classification=classification_of_hotfix(row.get("description", "")),
        installed_at=dates.read_day(row.get("installed_on", "")),
        installed_by=plain_text(row.get("installed_by", "")) or None,
    )
