"""Reads the JSON of the PowerShell module PSWindowsUpdate: updates, and history.

`Get-WindowsUpdate` gives the update agent's own objects with `KB`, `Size` and `Status` beside
their members; `Get-WUHistory` those of its history with `KB` and `Result`. One file may have both.
"""

from collections.abc import Sequence

from patchwarden.domain.facts import Presence, WindowsUpdate
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import early_members, starts_with
from patchwarden.ingest.formats.powershell_json import (
    JsonObject,
    cut_off_members,
    is_cut_off,
    items_of,
    read_objects,
    text_of,
    texts_of,
)
from patchwarden.ingest.formats.text_encoding import plain_text
from patchwarden.ingest.formats.windows_dates import HOW_TO_DECIDE, DateReader
from patchwarden.ingest.formats.windows_facts import (
    FAILED,
    INSTALLATION,
    SUCCEEDED,
    Category,
    classification_of,
    guid_of,
    kb_id_in_title,
    kb_id_of,
    msrc_severity_of,
    product_family_of,
    products_of_categories,
)
from patchwarden.ingest.formats.windows_report import (
    WindowsFile,
    check_system,
    conversion_of,
    only_computer,
)
from patchwarden.ingest.formats.windows_updates import (
    HistoryEntry,
    WindowsEvidence,
    put_together,
)

_NESTED = (
    "Identity",
    "UpdateIdentity",
    "KBArticleIDs",
    "Categories",
    "SecurityBulletinIDs",
    "CveIDs",
    "SupersededUpdateIDs",
)
"""Members that hold objects or lists: what too small a -Depth cuts off."""
_HISTORY_MEMBERS = frozenset({"Result", "ResultCode", "Operation"})
_UPDATE_MEMBERS = frozenset(
    {"Size", "Status", "Identity", "KBArticleIDs", "MsrcSeverity", "LastDeploymentChangeTime"}
)
_KB_MEMBERS = frozenset({"KB", "KBArticleIDs"})
_SUCCEEDED_WORDS = frozenset({"Succeeded", "SucceededWithErrors"})
_FAILED_WORDS = frozenset({"Failed", "Aborted", "Canceled"})


def _recognizes(content: bytes) -> bool:
    if not starts_with(content, "[{"):
        return False
    members = early_members(content)
    return (
        "Title" in members
        and not members.isdisjoint(_KB_MEMBERS)
        and not members.isdisjoint(_HISTORY_MEMBERS | _UPDATE_MEMBERS)
    )


def _read(content: bytes, given: Given) -> Conversion:
    check_system(given)
    rows = read_objects(content, "update")
    for position, row in enumerate(rows):
        if "Title" not in row:
            raise InvalidReportError(f"The file is wrong at [{position}]: it has no Title.")
    past = [row for row in rows if _HISTORY_MEMBERS & row.keys()]
    found = [row for row in rows if not _HISTORY_MEMBERS & row.keys()]
    dates = DateReader(
        [row.get(name) for row in rows for name in ("Date", "LastDeploymentChangeTime")],
        given.date_order,
        given.scanned_at,
    )
    updates = [_update(row, dates) for row in found]
    history = [entry for row in past if (entry := _history_entry(row, dates)) is not None]
    # Only the installed ones were asked for, or there was nothing else.
    knows_available = any(update.presence == "available" for update in updates)
    not_told = _not_told(rows, found, dates, knows_available=knows_available)
    if not history and all(update.presence == "available" for update in updates):
        not_told["installed updates"] = "none is in the file"
    file = WindowsFile(
        collector="PSWindowsUpdate",
        evidence="windows-update-agent",
        computer_name=only_computer(text_of(row, "ComputerName") for row in rows),
        updates=put_together(WindowsEvidence(found=updates, history=history)),
        knows_available=knows_available,
        not_told=not_told,
    )
    return conversion_of(file, given)


def _not_told(
    rows: Sequence[JsonObject],
    found: Sequence[JsonObject],
    dates: DateReader,
    *,
    knows_available: bool,
) -> dict[str, str]:
    not_told = {}
    if not knows_available:
        not_told["available updates"] = "none is in the file"
    if cut_off := cut_off_members(rows, _NESTED):
        not_told[", ".join(cut_off)] = "cut off; write the file by ConvertTo-Json -Depth 5"
    if any("IsInstalled" not in row and "Status" not in row for row in found):
        not_told["whether the updates are installed"] = (
            "IsInstalled and Status were left out; they are taken as on offer"
        )
    if dates.undecided:
        not_told["some times"] = (
            f"day or month may come first in {', '.join(dates.undecided[:3])}; {HOW_TO_DECIDE}"
        )
    return not_told


def _update(row: JsonObject, dates: DateReader) -> WindowsUpdate:
    categories = [_category(item) for item in items_of(row.get("Categories"))]
    return WindowsUpdate(
        presence=_presence(row),
        kb_id=_kb_id(row),
        update_id=_update_id(row, "Identity"),
        title=text_of(row, "Title"),
        classification=classification_of(categories),
        products=products_of_categories(categories),
        product_family=product_family_of(categories),
        msrc_severity=msrc_severity_of(text_of(row, "MsrcSeverity")),
        msrc_number=next(iter(texts_of(row, "SecurityBulletinIDs")), ""),
        released_at=dates.read(row.get("LastDeploymentChangeTime")),
        cve_ids=tuple(texts_of(row, "CveIDs")),
        supersedes=tuple(guid_of(text) for text in texts_of(row, "SupersededUpdateIDs")),
        reboot_required=row.get("RebootRequired") is True,
        hidden=_is(row, "IsHidden", "H"),
    )


def _history_entry(row: JsonObject, dates: DateReader) -> HistoryEntry | None:
    """Give an entry; None of one that did not end, or whose end nobody knows."""
    result = row.get("ResultCode")
    word = text_of(row, "Result")
    succeeded = word in _SUCCEEDED_WORDS or _is_code(result, SUCCEEDED)
    if not succeeded and not (word in _FAILED_WORDS or _is_code(result, FAILED)):
        return None
    operation = row.get("Operation") or text_of(row, "OperationName", "Operationname")
    return HistoryEntry(
        kb_id=_kb_id(row),
        update_id=_update_id(row, "UpdateIdentity"),
        title=text_of(row, "Title"),
        at=dates.read(row.get("Date")),
        is_installation=operation in (INSTALLATION, "Installation", ""),
        succeeded=succeeded,
    )


def _is_code(value: object, codes: frozenset[int]) -> bool:
    return isinstance(value, int) and value in codes


def _presence(row: JsonObject) -> Presence:
    # One that waits for a reboot may not count as installed yet.
    is_there = _is(row, "IsInstalled", "I") or row.get("RebootRequired") is True
    return "installed" if is_there else "available"


def _is(row: JsonObject, member: str, letter: str) -> bool:
    """Give a member, or what `Status` says in its place, such as `-DI----`."""
    value = row.get(member)
    return value if isinstance(value, bool) else letter in text_of(row, "Status")


def _kb_id(row: JsonObject) -> str:
    for text in (text_of(row, "KB"), *texts_of(row, "KBArticleIDs")):
        if kb_id := kb_id_of(text):
            return kb_id
    return kb_id_in_title(text_of(row, "Title"))


def _update_id(row: JsonObject, member: str) -> str:
    identity = row.get(member)
    return guid_of(text_of(identity, "UpdateID")) if isinstance(identity, dict) else ""


def _category(item: object) -> Category:
    if isinstance(item, str) and not is_cut_off(item):
        return Category("", "", plain_text(item))
    if not isinstance(item, dict):
        return Category("", "", "")
    return Category(text_of(item, "CategoryID"), text_of(item, "Type"), text_of(item, "Name"))


PS_WINDOWS_UPDATE = ReportFormat(
    name="ps-windows-update",
    title="the JSON of PSWindowsUpdate",
    recognizes=_recognizes,
    read=_read,
)
