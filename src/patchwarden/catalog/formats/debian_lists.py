"""Reads the lists that Debian's security tracker is made from.

```
[31 Jul 2025] DSA-5970-1 sope - security update
        {CVE-2025-53603}
        [bookworm] - sope 5.8.0-1+deb12u1
```
The list of CVEs has the same lines below `CVE-2025-53603 (description)`, and `- sope 5.12.1-2` for
what is not in a release yet. A line there that names no release is of `sid`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.parsing.feed_instants import plausible
from patchwarden.catalog.parsing.fix_list import merged
from patchwarden.catalog.parsing.severities import most_severe
from patchwarden.catalog.parsing.text_lines import first_line, lines_of
from patchwarden.catalog.parsing.vendor_ids import cve_ids_in
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import CatalogAdvisory, Fix, FixStatus
from patchwarden.domain.facts import Advisory

_ADVISORY = re.compile(
    r"\[(?P<day>[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4})\]"
    r" (?P<id>(?:DSA|DLA|DTSA)-[0-9]{1,6}(?:-[0-9]{1,3})?) (?P<title>.{1,500})"
)
# `CVE-2023-XXXX` stands for many that have no number yet.
_CVE = re.compile(r"(?P<id>CVE-[0-9]{4}-(?:[0-9]{4,19}|X{4}))(?: (?P<title>[(\[].*))?")
_FIX = re.compile(
    r"(?:\[(?P<release>[a-z]{1,40})\] )?- (?P<name>[A-Za-z0-9][A-Za-z0-9.+-]{0,200})"
    r"(?: (?P<version>[^\s()]{1,200}))?(?: \((?P<remark>.*)\))?(?: .*)?"
)
_URGENCY = re.compile(r"(?:^|[;,] ?)(unimportant|low|medium|high)(?:[;,]|$)")
_BUG = re.compile(r"bug #([0-9]{1,9})")
_UNRELEASED = "sid"
# Of what stands for a version: the rest says that nobody knows, or that it is gone.
_STATUSES: dict[str, FixStatus] = {
    "<not-affected>": "not-affected",
    "<unfixed>": "unfixed",
    "<no-dsa>": "unfixed",
    "<ignored>": "unfixed",
    "<postponed>": "unfixed",
    "<end-of-life>": "unfixed",
}


@dataclass(slots=True)
class _Found:
    """One entry, as far as it has been read."""

    where: str
    id_: str
    title: str
    issued_at: float | None = None
    cve_ids: tuple[str, ...] = ()
    bugs: list[str] = field(default_factory=list)
    urgencies: list[str] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)


def recognizes_advisories(member: Member) -> bool:
    """Say whether it is the list of the DSAs, DLAs or DTSAs."""
    return _ADVISORY.fullmatch(first_line(member.head)) is not None


def recognizes_cves(member: Member) -> bool:
    """Say whether it is the list of the CVEs."""
    return _CVE.fullmatch(first_line(member.head)) is not None


def read_advisories(member: Member) -> Iterator[Entry]:
    """Give an advisory for each DSA, DLA or DTSA."""
    for found in _entries(member, _begin_advisory):
        yield _advisory(member, found)


def read_cves(member: Member) -> Iterator[Entry]:
    """Give an advisory for each CVE that has a number and concerns a package."""
    for found in _entries(member, _begin_cve):
        if found.cve_ids and found.fixes:
            yield _advisory(member, found)


ADVISORIES = Format("debian-advisories", recognizes_advisories, read_advisories)
CVES = Format("debian-cves", recognizes_cves, read_cves)


def _entries(member: Member, begin: Callable[[Member, str, str], _Found]) -> Iterator[_Found]:
    found: _Found | None = None
    for number, line in lines_of(member):
        where = f"line {number}"
        if line[:1] in {" ", "\t", ""}:
            _read_statement(member, found, line.strip(), where)
            continue
        if found is not None:
            yield found
        found = begin(member, line, where)
    if found is not None:
        yield found


def _begin_advisory(member: Member, line: str, where: str) -> _Found:
    header = _ADVISORY.fullmatch(line)
    if header is None:
        member.refuse(where, f"{line!r} is neither an advisory nor about one")
    issued_at = _day(member, header["day"], where)
    return _Found(where, header["id"], header["title"].strip(), issued_at)


def _begin_cve(member: Member, line: str, where: str) -> _Found:
    header = _CVE.fullmatch(line)
    if header is None:
        member.refuse(where, f"{line!r} is neither a CVE nor about one")
    title = (header["title"] or "").strip()[1:-1]
    return _Found(where, header["id"], title, cve_ids=cve_ids_in([header["id"]]))


def _read_statement(member: Member, found: _Found | None, line: str, where: str) -> None:
    """Take what an indented line says; remarks (`NOTE:`, `TODO:`, `NOT-FOR-US:`) say nothing."""
    if not line:
        return
    if found is None:
        member.refuse(where, "it is indented, and there is nothing above that it belongs to")
    if line.startswith("{"):
        # Below a CVE they are the advisories that fix it.
        found.cve_ids = found.cve_ids or cve_ids_in(line.strip("{}").split())
    elif line.startswith(("- ", "[")):
        match = _FIX.fullmatch(line)
        if match is None:
            member.refuse(where, f"{line!r} names no package")
        _add_fix(found, match)


def _add_fix(found: _Found, match: re.Match[str]) -> None:
    remark = match["remark"] or ""
    found.bugs += _BUG.findall(remark)
    found.urgencies += _URGENCY.findall(remark)
    version = match["version"] or ""
    status = _STATUSES.get(version) if version.startswith("<") else "fixed"
    if status is None or not version:
        return
    release = match["release"] or _UNRELEASED
    found.fixes.append(
        Fix(
            product=product_named(release) or release,
            name=match["name"],
            version=version if status == "fixed" else "",
            is_source=True,
            status=status,
        )
    )


def _advisory(member: Member, found: _Found) -> CatalogAdvisory:
    return CatalogAdvisory(
        source="debian",
        advisory=Advisory(
            advisory_id=found.id_,
            classification="security",
            severity=most_severe(found.urgencies),
            title=found.title,
            issued_at=found.issued_at,
            cve_ids=found.cve_ids,
            bugzilla_ids=tuple(dict.fromkeys(found.bugs)),
        ),
        fixes=merged(member, found.fixes, found.where),
    )


def _day(member: Member, text: str, where: str) -> float:
    try:
        day = datetime.strptime(text, "%d %b %Y").replace(tzinfo=UTC)
    except ValueError as error:
        member.refuse(where, f"{text!r} is no day", error)
    return plausible(member, day.timestamp(), where)
