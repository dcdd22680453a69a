"""Reads OSV, the schema in which most distributions publish their advisories.

```json
{"id": "DSA-5532-1", "modified": "2023-10-24T00:00:00Z", "related": ["CVE-2023-5363"], "affected":
 [{"package": {"ecosystem": "Debian:12", "name": "openssl"}, "ranges":
   [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.11-1~deb12u2"}]}]}]}
```
A CVSS vector is not turned into a severity: vendors rate in words of their own.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated

import msgspec

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.parsing.advisory_kinds import IdKind, kind_of
from patchwarden.catalog.parsing.feed_instants import instant, revised
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.json_feed import Item, Line, Text, Word, decoded, items_of, joined
from patchwarden.catalog.parsing.json_head import key_paths
from patchwarden.catalog.parsing.severities import most_severe
from patchwarden.catalog.parsing.vendor_ids import bugzilla_ids_in, cve_ids_in
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix, FixStatus
from patchwarden.domain.facts import Advisory

_OTHER_SOURCE = IdKind("osv", "security")
_FOREIGN = frozenset({("containers",), ("dataType",), ("bomFormat",), ("document",), ("data",)})
"""Keys of CVE records, CycloneDX, CSAF and others, which share some of its keys."""
_BESIDE_ID = frozenset({("schema_version",), ("modified",), ("details",), ("aliases",)})
"""What a record has beside `id`; the rest may begin far behind."""
_SOURCE_ECOSYSTEMS = frozenset({"Debian", "Ubuntu", "SUSE", "openSUSE", "Rocky Linux"})
"""Their packages are source packages."""

# `Important: nodejs:18 security update`
_RATED = re.compile(r"(Critical|Important|Moderate|Low): ")
_MODULE = re.compile(r"[a-z0-9][\w.+-]*:[\w.+-]+", re.ASCII)
# https://access.redhat.com/security/updates/classification/#important
_RATING = re.compile(r"https://access\.redhat\.com/security/updates/classification/#(\w{1,20})")
_EPOCH = re.compile(r"[?&]epoch=([1-9][0-9]{0,9})(?:&|$)")
_SOURCE_ARCHITECTURE = re.compile(r"[?&]arch=(?:source|src)(?:&|$)")

_Words = Annotated[list[Word], msgspec.Meta(max_length=100_000)]


class _Event(msgspec.Struct, frozen=True):
    fixed: Word | None = None


class _Range(msgspec.Struct, frozen=True):
    type: Word = "ECOSYSTEM"
    events: Annotated[list[_Event], msgspec.Meta(max_length=10_000)] = []


class _Package(msgspec.Struct, frozen=True):
    ecosystem: Line = ""
    name: Word = ""
    purl: Line | None = None


class _Specific(msgspec.Struct, frozen=True):
    """Of all that databases put there."""

    binaries: Annotated[list[dict[Word, Word]], msgspec.Meta(max_length=100_000)] | None = None
    """Ubuntu: objects with `binary_name` and `binary_version`; SUSE: versions by name."""
    ubuntu_priority: Word | None = None
    urgency: Word | None = None
    """Debian."""


class _Rating(msgspec.Struct, frozen=True):
    type: Word = ""
    score: Word | float = ""


class _Affected(msgspec.Struct, frozen=True):
    package: _Package = _Package()
    ranges: Annotated[list[_Range], msgspec.Meta(max_length=10_000)] | None = None
    severity: list[_Rating] | None = None
    ecosystem_specific: _Specific | None = None


class _Reference(msgspec.Struct, frozen=True):
    url: Line = ""


class _Database(msgspec.Struct, frozen=True):
    severity: object = None


class _Record(msgspec.Struct, frozen=True):
    id: Annotated[Word, msgspec.Meta(min_length=1)]
    summary: Line | None = None
    details: Text | None = None
    published: Word | None = None
    modified: Word | None = None
    withdrawn: Word | None = None
    aliases: _Words | None = None
    related: _Words | None = None
    upstream: _Words | None = None
    severity: list[_Rating] | None = None
    affected: Annotated[list[_Affected], msgspec.Meta(max_length=100_000)] | None = None
    references: Annotated[list[_Reference], msgspec.Meta(max_length=100_000)] | None = None
    database_specific: _Database | None = None

    @property
    def is_index(self) -> bool:
        """Whether it only says that the advisory exists, as in SUSE's all.json."""
        return self.affected is None and not (self.published or self.summary or self.details)

    @property
    def is_by_cve(self) -> bool:
        """Whether it tells of one CVE rather than of one update."""
        return self.id.startswith(("UBUNTU-CVE-", "DEBIAN-CVE-"))


_decoder = msgspec.json.Decoder(_Record)


def recognizes(member: Member) -> bool:
    """Say whether it is OSV: one record, an array of records, or one on each line."""
    paths = key_paths(member.head)
    if not paths.isdisjoint(_FOREIGN):
        return False
    return ("affected",) in paths or (("id",) in paths and not paths.isdisjoint(_BESIDE_ID))


def read(member: Member) -> Iterator[Entry]:
    """Give an advisory for each record."""
    for item in items_of(member):
        record = decoded(member, _decoder, item.raw, item.where)
        if not record.is_index:
            yield _advisory(member, record, item)


FORMAT = Format("osv", recognizes, read)


def _advisory(member: Member, record: _Record, item: Item) -> CatalogAdvisory:
    kind = kind_of(record.id) or _OTHER_SOURCE
    references = tuple(each.url for each in record.references or ())
    issued_at = instant(member, record.published, joined(item.where, "published"))
    updated_at = instant(member, record.modified, joined(item.where, "modified"))
    by_cve = cve_ids_in([record.id]) if record.is_by_cve else ()
    return CatalogAdvisory(
        source=kind.source,
        advisory=Advisory(
            advisory_id=by_cve[0] if by_cve else record.id,
            classification=kind.classification,
            severity=_severity(record, references),
            title=record.summary or "",
            issued_at=issued_at,
            updated_at=revised(issued_at, updated_at),
            cve_ids=by_cve or _cve_ids(record),
            bugzilla_ids=bugzilla_ids_in(references),
        ),
        fixes=merged(member, _fixes(record), item.where),
        description=record.details or "",
        references=references,
        withdrawn=bool(record.withdrawn),
    )


def _cve_ids(record: _Record) -> tuple[str, ...]:
    """Give the CVEs that an advisory fixes.

    They were among `related` until OSV had `upstream`, which now leaves to `related` what is
    related only.
    """
    upstream = cve_ids_in(record.upstream or ())
    fixed = upstream or cve_ids_in(record.related or ())
    return tuple(dict.fromkeys((*fixed, *cve_ids_in(record.aliases or ()))))


def _severity(record: _Record, references: Iterable[str]) -> str:
    rated = _RATED.match(record.summary or "")
    if rated:
        return rated[1]
    linked = (_RATING.fullmatch(url) for url in references)
    rating = next((match[1].capitalize() for match in linked if match), "")
    return rating or most_severe(_ratings(record))


def _ratings(record: _Record) -> Iterator[str]:
    """Give the words for its severity, wherever the vendor has them."""
    if record.database_specific and isinstance(record.database_specific.severity, str):
        yield record.database_specific.severity
    affected = record.affected or ()
    for each in chain(record.severity or (), *(one.severity or () for one in affected)):
        if each.type == "Ubuntu":
            yield str(each.score)
    for one in affected:
        specific = one.ecosystem_specific or _Specific()
        yield specific.ubuntu_priority or specific.urgency or ""


def _fixes(record: _Record) -> Iterator[Fix]:
    module = _module(record.summary or "")
    for affected in record.affected or ():
        package = affected.package
        if not (package.name and package.ecosystem):
            continue
        product = product_named(package.ecosystem) or package.ecosystem
        version = _fixed_version(affected)
        yield Fix(
            product=product,
            name=package.name,
            version="" if version == "0" else version,
            is_source=_is_source(package),
            module=module if ".module" in version else "",
            status=_status(version),
        )
        # By CVE there would be many times as many binaries, and each belongs to its source.
        if not record.is_by_cve:
            yield from _binary_fixes(affected, product)


def _status(fixed_version: str) -> FixStatus:
    if fixed_version == "0":
        return "not-affected"
    return "fixed" if fixed_version else "unfixed"


def _fixed_version(affected: _Affected) -> str:
    """Give the version that ends the last range of affected ones; empty if none does.

    `0` if there are none at all.
    """
    versions = [
        event.fixed
        for each in affected.ranges or ()
        if each.type != "GIT"
        for event in each.events
        if event.fixed
    ]
    version = versions[-1].removeprefix("0:") if versions else ""
    epoch = _EPOCH.search(affected.package.purl or "")
    return f"{epoch[1]}:{version}" if epoch and version and ":" not in version else version


def _is_source(package: _Package) -> bool:
    family = package.ecosystem.partition(":")[0]
    return family in _SOURCE_ECOSYSTEMS or bool(_SOURCE_ARCHITECTURE.search(package.purl or ""))


def _binary_fixes(affected: _Affected, product: str) -> Iterator[Fix]:
    specific = affected.ecosystem_specific or _Specific()
    for binaries in specific.binaries or ():
        name = binaries.get("binary_name")
        versions = binaries if name is None else {name: binaries.get("binary_version", "")}
        for each, version in versions.items():
            if each and version:
                yield Fix(product=product, name=each, version=version.removeprefix("0:"))


def _module(title: str) -> str:
    found = _MODULE.search(_RATED.sub("", title, count=1))
    return found[0] if found else ""
