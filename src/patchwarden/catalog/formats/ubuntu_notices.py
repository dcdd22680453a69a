"""Reads Ubuntu's security notices: the database of all, and pages of the notices API.

```json
{"6473-1": {"title": "…", "timestamp": 1699372800.0, "cves": ["CVE-2023-43804"], "releases":
  {"jammy": {"sources": {"python-urllib3": {"version": "1.26.5-1~exp1ubuntu0.1"}}}}}}
{"notices": [{"id": "USN-6473-1", "cves_ids": ["CVE-2023-43804"], "release_packages":
  {"jammy": [{"name": "python-urllib3", "version": "1.26.5-1~exp1ubuntu0.1", "is_source": true}]}}]}
```
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import msgspec

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.parsing.feed_instants import instant, plausible
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.json_feed import Line, Text, Word, content_of, decoded, joined
from patchwarden.catalog.parsing.json_head import KeyPath, key_paths
from patchwarden.catalog.parsing.vendor_ids import cve_ids_in
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.facts import Advisory

_NUMBER = re.compile(r"(?:USN-|LSN-)?[0-9]{1,5}-[0-9]{1,3}")
_REBOOT = "need to reboot your computer"
_PAGE_KEYS = frozenset({"cves_ids", "release_packages", "notices_ids", "related_notices"})
"""Those that nothing but a notice has."""

_Ids = Annotated[list[Line], msgspec.Meta(max_length=100_000)]


class _Version(msgspec.Struct, frozen=True):
    version: Word | None = None


_Versions = Annotated[dict[Word, _Version], msgspec.Meta(max_length=100_000)]


class _Release(msgspec.Struct, frozen=True):
    sources: _Versions = {}
    binaries: _Versions = {}
    allbinaries: _Versions | None = None


class _Stored(msgspec.Struct, frozen=True):
    """A notice of the database."""

    title: Line = ""
    description: Text = ""
    action: Text | None = None
    timestamp: float | None = None
    cves: _Ids | None = None
    """Among them URLs of bugs."""
    releases: Annotated[dict[Word, _Release], msgspec.Meta(max_length=1_000)] | None = None


class _Package(msgspec.Struct, frozen=True):
    name: Word = ""
    version: Word | None = None
    is_source: bool = False


_Packages = Annotated[list[_Package], msgspec.Meta(max_length=100_000)]


class _Notice(msgspec.Struct, frozen=True):
    """A notice of the API."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,6}-[0-9]{1,6}-[0-9]{1,3}$")]
    title: Line | None = None
    description: Text | None = None
    instructions: Text | None = None
    published: Word | None = None
    cves_ids: _Ids | None = None
    references: _Ids | None = None
    release_packages: dict[Word, _Packages] | None = None


class _Page(msgspec.Struct, frozen=True):
    notices: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=100_000)] | None = None


_database_decoder = msgspec.json.Decoder(dict[Word, msgspec.Raw])
_stored_decoder = msgspec.json.Decoder(_Stored)
_page_decoder = msgspec.json.Decoder(_Page)
_notice_decoder = msgspec.json.Decoder(_Notice)


def recognizes(member: Member) -> bool:
    """Say whether it is the database, a page of notices or one notice."""
    paths = key_paths(member.head)
    return _is_database(paths) or any(
        path[-1] in _PAGE_KEYS and path[:-1] in {(), ("notices",)} for path in paths
    )


def read(member: Member) -> Iterator[Entry]:
    """Give an advisory for each notice."""
    content = content_of(member)
    if _is_database(key_paths(member.head)):
        for number, raw in decoded(member, _database_decoder, content).items():
            yield _from_database(member, number, decoded(member, _stored_decoder, raw, number))
        return
    notices = decoded(member, _page_decoder, content).notices
    if notices is None:
        yield _from_page(member, decoded(member, _notice_decoder, content), "")
        return
    for position, raw in enumerate(notices):
        where = f"notices[{position}]"
        yield _from_page(member, decoded(member, _notice_decoder, raw, where), where)


FORMAT = Format("ubuntu-notices", recognizes, read)


def _is_database(paths: Iterable[KeyPath]) -> bool:
    return any(len(path) == 1 and _NUMBER.fullmatch(path[0]) for path in paths)


def _from_database(member: Member, number: str, notice: _Stored) -> CatalogAdvisory:
    if not _NUMBER.fullmatch(number):
        member.refuse("", f"{number!r} is no number of a notice")
    issued_at = notice.timestamp
    if issued_at is not None:
        plausible(member, issued_at, joined(number, "timestamp"))
    return CatalogAdvisory(
        source="ubuntu",
        advisory=Advisory(
            advisory_id=f"USN-{number}" if number[0].isdigit() else number,
            classification="security",
            title=notice.title,
            issued_at=issued_at,
            cve_ids=cve_ids_in(notice.cves or ()),
            reboot_suggested=_REBOOT in (notice.action or ""),
        ),
        fixes=merged(member, _stored_fixes(notice.releases or {}), number),
        description=notice.description,
        references=tuple(each for each in notice.cves or () if each.startswith("https://")),
    )


def _stored_fixes(releases: Mapping[str, _Release]) -> Iterator[Fix]:
    for codename, release in releases.items():
        binaries = release.binaries if release.allbinaries is None else release.allbinaries
        for packages, is_source in ((release.sources, True), (binaries, False)):
            for name, package in packages.items():
                yield from _fix(codename, name, package.version, is_source=is_source)


def _from_page(member: Member, notice: _Notice, where: str) -> CatalogAdvisory:
    return CatalogAdvisory(
        source="ubuntu",
        advisory=Advisory(
            advisory_id=notice.id,
            classification="security",
            title=notice.title or "",
            issued_at=instant(member, notice.published, joined(where, "published")),
            cve_ids=cve_ids_in(notice.cves_ids or ()),
            reboot_suggested=_REBOOT in (notice.instructions or ""),
        ),
        fixes=merged(member, _page_fixes(notice.release_packages or {}), where),
        description=notice.description or "",
        references=tuple(notice.references or ()),
    )


def _page_fixes(releases: Mapping[str, list[_Package]]) -> Iterator[Fix]:
    for codename, packages in releases.items():
        for package in packages:
            yield from _fix(codename, package.name, package.version, is_source=package.is_source)


def _fix(codename: str, name: str, version: str | None, *, is_source: bool) -> Iterator[Fix]:
    """Give the fix, unless it has no version, as the oldest notices have none."""
    if name and version:
        product = product_named(codename) or codename
        yield Fix(product=product, name=name, version=version, is_source=is_source)
