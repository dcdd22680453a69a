"""Reads what the commands of dnf and yum print, for lack of a better form."""

import re
from collections.abc import Iterator, Mapping

from patchwarden_agent.dnf.updateinfo import moment
from patchwarden_agent.dnf.view import NamedVersion, Offer
from patchwarden_agent.findings import Advisory, Slot
from patchwarden_agent.rpm.database import version_of, without_zero_epoch

_QUERIED = ("name", "epoch", "version", "release", "arch", "repoid", "buildtime", "sourcerpm")
QUERY_FORMAT = "\t".join(f"%{{{name}}}" for name in _QUERIED)
"""For `dnf repoquery --qf`."""
# i ALAS-2018-939 important/Sec. kernel-4.14.19-24.x86_64; without the i if it is not installed
_NAMED = re.compile(r"\s*(?:i\s+)?(?P<id>\S+)\s+(?P<kind>\S+)\s+(?P<package>\S+)\s*")
# dnf has the epoch after the name, yum in front of it.
_PACKAGE = re.compile(
    r"(?:(?P<first>\d+):)?(?P<name>.+)-(?:(?P<epoch>\d+):)?(?P<version>[^-:]+)-(?P<release>[^-]+)"
    r"\.(?P<architecture>[^.-]+)"
)
_FIELD = re.compile(r"\s*(?P<name>[A-Z][A-Za-z ]*?)?\s*: ?(?P<value>.*)")
_RULE = re.compile(r"={20,}")
_BUG = re.compile(r"\d+")
_HEADINGS = frozenset({"Available Packages", "Installed Packages", "Updated Packages"})


def read_queried_packages(printed: str) -> list[Offer]:
    """Read `dnf repoquery` with QUERY_FORMAT."""
    found = []
    for line in printed.splitlines():
        fields = line.split("\t")
        if len(fields) == len(_QUERIED):
            name, epoch, version, release, architecture, repository, built_at, source = fields
            evr = version_of(epoch, version, release)
            offer = Offer(Slot(name, architecture), evr, repository, moment(built_at), source)
            found.append(offer)
    return found


def read_listed_packages(printed: str) -> list[Offer]:
    """Read `yum list`: name.architecture, version and repository, broken into lines of 80."""
    lines = (line for line in printed.splitlines() if line.strip() not in _HEADINGS)
    words = [word for line in lines for word in line.split()]
    found = []
    for package, version, repository in zip(words[::3], words[1::3], words[2::3]):
        name, _, architecture = package.rpartition(".")
        if name:
            slot = Slot(name, architecture)
            found.append(Offer(slot, without_zero_epoch(version), repository))
    return found


def read_repository_ids(printed: str) -> list[str]:
    """Read `dnf repolist` or `yum repolist`: a heading, then an id at the start of each line."""
    lines = printed.splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("repo id")]
    if not starts:
        return []
    words = [line.split() for line in lines[starts[0] + 1 :] if not line.startswith("repolist:")]
    # yum: !updates/7/x86_64, where the mark says that it has expired.
    return [each[0].lstrip("!*").partition("/")[0] for each in words if each]


def read_named_versions(printed: str) -> tuple[NamedVersion, ...]:
    """Read `updateinfo list`: an advisory, its kind and a package on each line."""
    found = []
    for line in printed.splitlines():
        match = _NAMED.fullmatch(line)
        package = _PACKAGE.fullmatch(match["package"]) if match else None
        if match is not None and package is not None:
            epoch = package["first"] or package["epoch"] or ""
            version = version_of(epoch, package["version"], package["release"])
            slot = Slot(package["name"], package["architecture"])
            found.append(NamedVersion(match["id"], slot, version))
    return tuple(found)


def read_advisories(printed: str) -> dict[str, Advisory]:
    """Read `updateinfo info`: blocks of fields under a title between two rules."""
    found = {}
    for title, fields in _blocks(printed):
        advisory_id = " ".join(fields.get("Update ID", [])).strip()
        if advisory_id:
            found[advisory_id] = _advisory(advisory_id, title, fields)
    return found


def _advisory(advisory_id: str, title: str, fields: Mapping[str, list[str]]) -> Advisory:
    def first(name: str) -> str:
        return fields.get(name, [""])[0].strip()

    numbers = (_BUG.match(bug.strip()) for bug in fields.get("Bugs", []))
    kind = first("Type").lower()
    return Advisory(
        advisory_id=advisory_id,
        classification="" if kind == "unknown" else kind,
        severity=first("Severity"),
        title=title,
        issued_at=moment(first("Issued")),
        updated_at=moment(first("Updated")),
        cve_ids=tuple(sorted({each for line in fields.get("CVEs", []) for each in line.split()})),
        bugzilla_ids=tuple(sorted({number[0] for number in numbers if number})),
    )


def _blocks(printed: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    lines = printed.splitlines()
    rules = [place for place, line in enumerate(lines) if _RULE.fullmatch(line.strip())]
    # A title stands between two rules; a block ends before the next title's first rule.
    for position in range(0, len(rules) - 1, 2):
        start, end = rules[position], rules[position + 1]
        last = rules[position + 2] if position + 2 < len(rules) else len(lines)
        title = " ".join(line.strip() for line in lines[start + 1 : end])
        yield title, _fields(lines[end + 1 : last])


def _fields(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is not None:
            name = match["name"] or name
            found.setdefault(name, []).append(match["value"])
    return found
