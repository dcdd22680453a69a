"""Reads the JSON of Debian's security tracker: every CVE, by source package and release.

```json
{"openssl": {"CVE-2023-5363": {"description": "…", "releases": {"bookworm":
  {"status": "resolved", "fixed_version": "3.0.11-1~deb12u2", "urgency": "not yet assigned"}}}}}
```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.json_feed import Text, Word, content_of, decoded, joined
from patchwarden.catalog.parsing.json_head import key_paths
from patchwarden.catalog.parsing.severities import most_severe
from patchwarden.catalog.parsing.vendor_ids import cve_ids_in
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix, FixStatus
from patchwarden.domain.facts import Advisory

# `TEMP-0000000-0CA7E3` is the tracker's own until there is a CVE.
_ID = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}|TEMP-[0-9]{1,10}-[0-9A-F]{6}")
_NEVER_AFFECTED = "0"


class _Release(msgspec.Struct, frozen=True):
    status: Word = ""
    """`resolved`, `open`, `undetermined`."""
    fixed_version: Word = ""
    urgency: Word = ""


class _Issue(msgspec.Struct, frozen=True):
    description: Text = ""
    debianbug: Annotated[int, msgspec.Meta(ge=0, le=10**9)] | None = None
    releases: Annotated[dict[Word, _Release], msgspec.Meta(max_length=1_000)] = {}


_packages_decoder = msgspec.json.Decoder(dict[Word, msgspec.Raw])
_issues_decoder = msgspec.json.Decoder(dict[Word, _Issue])


@dataclass(slots=True)
class _Found:
    """What the packages that have one CVE tell of it."""

    description: str = ""
    bugs: set[int] = field(default_factory=set)
    urgencies: set[str] = field(default_factory=set)
    fixes: list[Fix] = field(default_factory=list)


def recognizes(member: Member) -> bool:
    """Say whether it goes by package, then by CVE."""
    return any(len(path) == 2 and _ID.fullmatch(path[1]) for path in key_paths(member.head))


def read(member: Member) -> Iterator[Entry]:
    """Give an advisory for each CVE, when all of the file has been read."""
    every: dict[str, _Found] = {}
    packages = decoded(member, _packages_decoder, content_of(member))
    for package, raw in packages.items():
        for id_, issue in decoded(member, _issues_decoder, raw, package).items():
            where = joined(package, id_)
            if not _ID.fullmatch(id_):
                member.refuse(where, f"{id_!r} is no id of a CVE")
            _add(every.setdefault(id_, _Found()), package, issue)
    for id_, found in every.items():
        yield _advisory(member, id_, found)


FORMAT = Format("debian-tracker", recognizes, read)


def _add(found: _Found, package: str, issue: _Issue) -> None:
    found.description = found.description or issue.description
    if issue.debianbug is not None:
        found.bugs.add(issue.debianbug)
    for codename, release in issue.releases.items():
        found.urgencies.add(release.urgency)
        status = _status(release)
        if status is not None:
            found.fixes.append(
                Fix(
                    product=product_named(codename) or codename,
                    name=package,
                    version=release.fixed_version if status == "fixed" else "",
                    is_source=True,
                    status=status,
                )
            )


def _status(release: _Release) -> FixStatus | None:
    """Give what is known of a release; None if that is not determined."""
    if release.status == "open":
        return "unfixed"
    if release.status != "resolved" or not release.fixed_version:
        return None
    return "not-affected" if release.fixed_version == _NEVER_AFFECTED else "fixed"


def _advisory(member: Member, id_: str, found: _Found) -> CatalogAdvisory:
    return CatalogAdvisory(
        source="debian",
        advisory=Advisory(
            advisory_id=id_,
            classification="security",
            severity=most_severe(sorted(found.urgencies)),
            cve_ids=cve_ids_in([id_]),
            bugzilla_ids=tuple(map(str, sorted(found.bugs))),
        ),
        fixes=merged(member, found.fixes, id_),
        description=found.description,
    )
