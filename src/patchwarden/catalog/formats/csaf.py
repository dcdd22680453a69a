"""Reads CSAF 2.0: advisories and VEX documents, as Red Hat, SUSE and Microsoft publish them.

```json
{"document": {"csaf_version": "2.0", "title": "…", "publisher": {"namespace": "https://…"},
   "tracking": {"id": "RHSA-2024:9371", "initial_release_date": "2024-11-12T09:38:54Z"}},
 "product_tree": {"branches": […], "relationships": […]},
 "vulnerabilities": [{"cve": "CVE-2024-8088", "product_status": {"fixed": ["AppStream:…"]}}]}
```
"""

import re
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.formats.csaf_products import ProductIndex, ProductTree
from patchwarden.catalog.parsing.advisory_kinds import kind_of, source_of_host
from patchwarden.catalog.parsing.feed_instants import instant, revised
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.json_feed import Item, Line, Text, Word, decoded, items_of, joined
from patchwarden.catalog.parsing.json_head import key_paths
from patchwarden.catalog.parsing.severities import most_severe, severity_word
from patchwarden.catalog.parsing.vendor_ids import bugzilla_ids_in, cve_ids_in
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix, FixStatus
from patchwarden.domain.facts import Advisory

_MICROSOFT = "microsoft"
_NO_SOURCE = "csaf"
_ID_PREFIX = "msrc_"
_REBOOTS = frozenset({"machine", "system"})
# https://support.microsoft.com/help/5035849, …/Search.aspx?q=KB5035849
_KB = re.compile(r"(?:[?&]q=(?:KB)?|/help/|/kb/|\bKB ?)([0-9]{6,8})\b", re.IGNORECASE)
# `10.0.17763.5576:Security Update:https://…`
_BUILD = re.compile(r"([0-9][0-9A-Za-z.+~-]{0,100}):")

_ProductIds = Annotated[list[Line], msgspec.Meta(max_length=1_000_000)]


class _Note(msgspec.Struct, frozen=True):
    category: Word = ""
    title: Line | None = None
    text: Text = ""


class _Severity(msgspec.Struct, frozen=True):
    text: Word = ""


class _Publisher(msgspec.Struct, frozen=True):
    namespace: Line = ""
    name: Line = ""


class _Tracking(msgspec.Struct, frozen=True):
    id: Annotated[Word, msgspec.Meta(min_length=1)]
    initial_release_date: Word | None = None
    current_release_date: Word | None = None


class _Reference(msgspec.Struct, frozen=True):
    url: Line = ""


_References = Annotated[list[_Reference], msgspec.Meta(max_length=100_000)]
_Notes = Annotated[list[_Note], msgspec.Meta(max_length=100_000)]


class _Document(msgspec.Struct, frozen=True):
    tracking: _Tracking
    publisher: _Publisher = _Publisher()
    category: Word = ""
    title: Line = ""
    aggregate_severity: _Severity | None = None
    notes: _Notes | None = None
    references: _References | None = None


class _Status(msgspec.Struct, frozen=True):
    fixed: _ProductIds | None = None
    first_fixed: _ProductIds | None = None
    recommended: _ProductIds | None = None
    """SUSE: the versions that fix."""
    known_affected: _ProductIds | None = None
    known_not_affected: _ProductIds | None = None


class _Threat(msgspec.Struct, frozen=True):
    category: Word = ""
    details: Text = ""


class _Restart(msgspec.Struct, frozen=True):
    category: Word = ""


class _Remediation(msgspec.Struct, frozen=True):
    category: Word = ""
    details: Text = ""
    url: Line | None = None
    product_ids: _ProductIds | None = None
    restart_required: _Restart | None = None


class _Id(msgspec.Struct, frozen=True):
    system_name: Line = ""
    text: Word = ""


class _Vulnerability(msgspec.Struct, frozen=True):
    cve: Word | None = None
    ids: Annotated[list[_Id], msgspec.Meta(max_length=10_000)] | None = None
    notes: _Notes | None = None
    references: _References | None = None
    product_status: _Status | None = None
    threats: Annotated[list[_Threat], msgspec.Meta(max_length=100_000)] | None = None
    remediations: Annotated[list[_Remediation], msgspec.Meta(max_length=100_000)] | None = None


class _File(msgspec.Struct, frozen=True):
    document: _Document
    product_tree: ProductTree = ProductTree()
    vulnerabilities: Annotated[list[_Vulnerability], msgspec.Meta(max_length=100_000)] = []


_decoder = msgspec.json.Decoder(_File)


def recognizes(member: Member) -> bool:
    """Say whether it is a CSAF document, or one on each line."""
    paths = key_paths(member.head)
    return any(
        path[:1] == ("document",)
        and path[1:2] in {("csaf_version",), ("tracking",), ("publisher",), ("category",)}
        for path in paths
    ) or not paths.isdisjoint({("product_tree",), ("vulnerabilities", "product_status")})


def read(member: Member) -> Iterator[Entry]:
    """Give an advisory for each document."""
    for item in items_of(member):
        yield _advisory(member, decoded(member, _decoder, item.raw, item.where), item)


FORMAT = Format("csaf", recognizes, read)


def _advisory(member: Member, file: _File, item: Item) -> CatalogAdvisory:
    document = file.document
    source = _source(document.publisher)
    advisory_id = document.tracking.id.removeprefix(_ID_PREFIX)
    kind = kind_of(advisory_id)
    tracking = joined(item.where, "document.tracking")
    issued_at = instant(
        member, document.tracking.initial_release_date, f"{tracking}.initial_release_date"
    )
    updated_at = instant(
        member, document.tracking.current_release_date, f"{tracking}.current_release_date"
    )
    index = ProductIndex(file.product_tree)
    by_update = source == _MICROSOFT and not index.has_relationships
    fixes = _update_fixes(file, index) if by_update else _package_fixes(file, index)
    return CatalogAdvisory(
        source=source,
        advisory=Advisory(
            advisory_id=advisory_id,
            classification=kind.classification if kind else "security",
            severity=severity_word(_severity(file)),
            title=document.title,
            issued_at=issued_at,
            updated_at=revised(issued_at, updated_at),
            cve_ids=cve_ids_in(each.cve for each in file.vulnerabilities if each.cve),
            bugzilla_ids=_bugzilla_ids(file),
            reboot_suggested=_suggests_reboot(file),
        ),
        fixes=merged(member, fixes, item.where),
        description=_description(file),
        references=tuple(dict.fromkeys(each.url for each in document.references or ())),
        withdrawn=document.category == "csaf_withdrawn",
    )


def _source(publisher: _Publisher) -> str:
    try:
        host = urlsplit(publisher.namespace).hostname or ""
    except ValueError:
        host = ""
    return source_of_host(host) or publisher.name or _NO_SOURCE


def _severity(file: _File) -> str:
    """Give the vendor's rating of all, else its worst of a single CVE."""
    overall = file.document.aggregate_severity
    if overall is not None and overall.text:
        return most_severe([overall.text])
    return most_severe(
        threat.details
        for each in file.vulnerabilities
        for threat in each.threats or ()
        if threat.category == "impact"
    )


def _bugzilla_ids(file: _File) -> tuple[str, ...]:
    named = (
        each.text
        for vulnerability in file.vulnerabilities
        for each in vulnerability.ids or ()
        if "bugzilla" in each.system_name.lower() and each.text.isdecimal()
    )
    urls = bugzilla_ids_in(each.url for each in file.document.references or ())
    return tuple(dict.fromkeys((*named, *urls)))


def _suggests_reboot(file: _File) -> bool:
    return any(
        remediation.restart_required is not None
        and remediation.restart_required.category in _REBOOTS
        for each in file.vulnerabilities
        for remediation in each.remediations or ()
    )


def _description(file: _File) -> str:
    """Give the text that describes the update; of a single CVE, else the one that describes it."""
    vulnerabilities = file.vulnerabilities
    described = vulnerabilities[0].notes if len(vulnerabilities) == 1 else None
    for notes in (file.document.notes, described):
        for word in ("description", "Details", "summary"):
            for note in notes or ():
                if word in {note.category, note.title}:
                    return note.text
    return ""


def _package_fixes(file: _File, index: ProductIndex) -> Iterator[Fix]:
    for vulnerability in file.vulnerabilities:
        for product_id, status in _statuses(vulnerability.product_status or _Status()):
            fix = index.fix(product_id, status)
            if fix is not None:
                yield fix


def _statuses(given: _Status) -> Iterator[tuple[str, FixStatus]]:
    """Give what is known; nothing of what is still investigated."""
    for product_ids in (given.fixed, given.first_fixed, given.recommended):
        for product_id in product_ids or ():
            yield product_id, "fixed"
    for product_id in given.known_affected or ():
        yield product_id, "unfixed"
    for product_id in given.known_not_affected or ():
        yield product_id, "not-affected"


def _update_fixes(file: _File, index: ProductIndex) -> Iterator[Fix]:
    """Give Microsoft's updates: a KB number and the build that it makes of each product."""
    for vulnerability in file.vulnerabilities:
        for remediation in vulnerability.remediations or ():
            if remediation.category == "vendor_fix":
                yield from _fixes_of_update(remediation, index)


def _fixes_of_update(remediation: _Remediation, index: ProductIndex) -> Iterator[Fix]:
    kb_number = _KB.search(remediation.url or "") or _KB.search(remediation.details)
    build = _BUILD.match(remediation.details)
    for product_id in remediation.product_ids or ():
        leaf = index.leaf(product_id)
        if leaf is None:
            continue
        words = leaf.family or leaf.product.name
        yield Fix(
            product=product_named(words) or words,
            name=f"KB{kb_number[1]}" if kb_number else words,
            version=build[1] if build else "",
        )
