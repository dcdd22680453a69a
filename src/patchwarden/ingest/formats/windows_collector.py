"""Reads what `patchwarden-scan.ps1` writes: `patchwarden node collector` prints the script."""

from collections.abc import Mapping, Sequence

from patchwarden.domain.facts import Node, PackageList, Reboot, Report, Scan, WindowsUpdate
from patchwarden.domain.instants import read_instant
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import decode, early_members, starts_with
from patchwarden.ingest.formats.text_encoding import plain_text
from patchwarden.ingest.formats.windows_dates import DateReader
from patchwarden.ingest.formats.windows_document import (
    Document,
    FoundUpdate,
    HistoryItem,
    HotfixItem,
    Problem,
    RebootEvidence,
)
from patchwarden.ingest.formats.windows_errors import in_words
from patchwarden.ingest.formats.windows_facts import (
    FAILED,
    INSTALLATION,
    OPERATING_SYSTEM,
    PLATFORM_NAME,
    PLATFORM_TYPE,
    SUCCEEDED,
    Category,
    architecture_of,
    classification_of,
    classification_of_hotfix,
    guid_of,
    kb_id_in_title,
    kb_id_of,
    msrc_severity_of,
    product_family_of,
    products_of_categories,
)
from patchwarden.ingest.formats.windows_report import (
    UNKNOWN_ARCHITECTURE,
    cannot_tell,
    check_system,
    packages_of,
)
from patchwarden.ingest.formats.windows_updates import (
    HistoryEntry,
    Hotfix,
    WindowsEvidence,
    put_together,
)

_MAX_DETAILS = 50
_MAX_MESSAGE = 400
"""Characters of an error."""
_TOPICS = {
    "update_agent": "what the update agent knows",
    "available": "available updates",
    "installed": "installed updates",
    "history": "history of updates",
}
_NEEDED_FOR_AVAILABLE = frozenset({"update_agent", "available"})


def _recognizes(content: bytes) -> bool:
    return starts_with(content, "{") and "windows_scan" in early_members(content)


def _read(content: bytes, given: Given) -> Conversion:
    check_system(given)
    document = decode(content, Document)
    started_at = _instant(document.scan.started, "scan.started")
    ended_at = _instant(document.scan.ended, "scan.ended")
    # WMI writes days as Americans do; the script leaves it at that where it does not know better.
    dates = DateReader((), "month-first", ended_at)
    updates = put_together(_evidence(document, dates))
    not_told = _not_told(document)
    report = Report(
        schema=1,
        scan=Scan(
            started_at=min(started_at, ended_at),
            ended_at=ended_at,
            collector=plain_text(document.collector),
            evidence="windows-update-agent",
            details=not_told,
        ),
        node=_node(document, dates, updates, given),
        packages=packages_of(updates, knows_available=_has_searched(document)),
    )
    return Conversion(report, cannot_tell(not_told))


def _has_searched(document: Document) -> bool:
    """Say whether the search for what is on offer succeeded."""
    return _NEEDED_FOR_AVAILABLE.isdisjoint(problem.part for problem in document.errors)


def _instant(text: str, place: str) -> float:
    try:
        return read_instant(text)
    except (ValueError, OverflowError) as error:
        raise InvalidReportError(
            f"The file is wrong at {place}: expected a time such as 2025-12-31T23:59:59Z."
        ) from error


def _evidence(document: Document, dates: DateReader) -> WindowsEvidence:
    entries = [_history_entry(item, dates) for item in document.history]
    return WindowsEvidence(
        found=[_update(found, dates) for found in (*document.available, *document.installed)],
        history=[entry for entry in entries if entry is not None],
        hotfixes=[_hotfix(item, dates) for item in document.hotfixes],
    )


def _update(found: FoundUpdate, dates: DateReader) -> WindowsUpdate:
    categories = [Category(each.id, each.type, plain_text(each.name)) for each in found.categories]
    # One that waits for a reboot may not count as installed yet.
    is_there = found.is_installed or found.reboot_required
    kb_ids = [kb_id for text in found.kb_article_ids if (kb_id := kb_id_of(text))]
    return WindowsUpdate(
        presence="installed" if is_there else "available",
        kb_id=kb_ids[0] if kb_ids else kb_id_in_title(found.title),
        update_id=_guid(found.update_id),
        title=plain_text(found.title),
        classification=classification_of(categories),
        products=products_of_categories(categories),
        product_family=product_family_of(categories),
        msrc_severity=msrc_severity_of(found.msrc_severity),
        msrc_number=plain_text(found.bulletin_ids[0]) if found.bulletin_ids else "",
        released_at=dates.read(found.deployment_changed),
        cve_ids=tuple(plain_text(cve_id) for cve_id in found.cve_ids),
        supersedes=tuple(_guid(superseded) for superseded in found.superseded_ids),
        reboot_required=found.reboot_required,
        hidden=found.is_hidden,
    )


def _guid(text: str) -> str:
    return guid_of(plain_text(text))


def _history_entry(item: HistoryItem, dates: DateReader) -> HistoryEntry | None:
    """Give an entry; None of one that did not end."""
    if item.result_code not in SUCCEEDED | FAILED:
        return None
    return HistoryEntry(
        kb_id=kb_id_in_title(item.title),
        update_id=_guid(item.update_id),
        title=plain_text(item.title),
        at=dates.read(item.date),
        is_installation=item.operation == INSTALLATION,
        succeeded=item.result_code in SUCCEEDED,
    )


def _hotfix(item: HotfixItem, dates: DateReader) -> Hotfix:
    return Hotfix(
        kb_id=kb_id_of(item.hotfix_id),
        classification=classification_of_hotfix(item.description),
        installed_at=dates.read(item.installed_on),
        installed_by=plain_text(item.installed_by) or None,
    )


def _node(
    document: Document, dates: DateReader, updates: Sequence[WindowsUpdate], given: Given
) -> Node:
    machine = document.node
    name = plain_text(machine.name) or given.name
    version = plain_text(machine.version)
    return Node(
        operating_system=OPERATING_SYSTEM,
        platform_type=PLATFORM_TYPE,
        platform_name=plain_text(machine.os_caption) or PLATFORM_NAME,
        platform_version=version,
        architecture=architecture_of(plain_text(machine.architecture or given.architecture))
        or UNKNOWN_ARCHITECTURE,
        computer_name=plain_text(f"{name}.{machine.domain}" if machine.domain else name),
        ip_address=next((plain_text(ip) for ip in machine.ip_addresses if ":" not in ip), ""),
        kernel_release=version if machine.ubr is None else f"{version}.{machine.ubr}",
        booted_at=dates.read(machine.last_boot),
        reboot=_reboot(document.reboot, updates),
        package_lists=(_last_search(document, dates),),
    )


def _reboot(evidence: RebootEvidence, updates: Sequence[WindowsUpdate]) -> Reboot | None:
    """Give the evidence; None if none could be read.

    Files to be renamed are no reason alone: any installer may leave some behind.
    """
    signs = {
        "the update agent waits for a reboot": evidence.update_agent,
        "Automatic Updates has a pending reboot in the registry": evidence.auto_update,
        "Component Based Servicing has a pending reboot in the registry": (
            evidence.component_based_servicing
        ),
    }
    if all(sign is None for sign in signs.values()):
        return None
    reasons = [reason for reason, sign in signs.items() if sign]
    if evidence.pending_file_renames:
        reasons.append(f"{evidence.pending_file_renames} files to rename at the next start")
    return Reboot(
        required=any(signs.values()),
        packages=tuple(update.kb_id for update in updates if update.reboot_required),
        reasons=tuple(reasons),
    )


def _last_search(document: Document, dates: DateReader) -> PackageList:
    """Give the age of what the update agent knows: this search, or the last that succeeded."""
    is_new = document.scan.online and _has_searched(document)
    searched = document.scan.ended if is_new else document.scan.last_search
    return PackageList(
        name=plain_text(document.scan.update_server) or "Windows Update",
        fetched_at=dates.read(searched),
    )


def _not_told(document: Document) -> Mapping[str, str]:
    not_told = _problems(document.errors)
    if not document.scan.online:
        since = document.scan.last_search
        not_told["updates published since the last search"] = plain_text(
            f"the scan was offline; that search was at {since}" if since else "the scan was offline"
        )
    return not_told


def _problems(errors: Sequence[Problem]) -> dict[str, str]:
    """Give the first problem of each part, in words; how many more there were, with it."""
    by_part: dict[str, list[Problem]] = {}
    for problem in errors:
        by_part.setdefault(_topic(problem.part), []).append(problem)
    if len(by_part) > _MAX_DETAILS:
        raise InvalidReportError(f"The file names more than {_MAX_DETAILS} parts that failed.")
    return {topic: _words(problems) for topic, problems in by_part.items()}


def _topic(part: str) -> str:
    whole, _, some = part.partition("/")
    topic = _TOPICS.get(whole, whole)
    return plain_text(f"{topic}: {some}" if some else topic)


def _words(problems: Sequence[Problem]) -> str:
    first = problems[0]
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    return plain_text(f"{in_words(first.message[:_MAX_MESSAGE], first.hresult)}{more}")


WINDOWS_COLLECTOR = ReportFormat(
    name="windows-collector",
    title="a scan by patchwarden-scan.ps1",
    recognizes=_recognizes,
    read=_read,
)
