"""Reads `apt-cache policy` and `apt-cache show`: candidates, and the lists that offer them.

`apt-cache show` gives one paragraph for each version:
```
Package: bash
Source: bash (5.2.15-2)
Version: 5.2.15-2+b13
Architecture: amd64
Section: shells
Priority: required
Phased-Update-Percentage: 10
```
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from patchwarden_agent.apt.deb822 import paragraphs, source_of
from patchwarden_agent.findings import Origin, Slot

# Package files:
#  100 /var/lib/dpkg/status
#      release a=now
#  500 http://mirror.example.net/debian bookworm/main amd64 Packages
#      release v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64
#      origin mirror.example.net
# Pinned packages:
_FILE = re.compile(r"^ *-?\d+ (?P<file>.+)$")
_RELEASE = re.compile(r"^ {5,}release (?P<parts>.*)$")
_SITE = re.compile(r"^ {5,}origin (?P<site>.*)$")
_PART = re.compile(r"(?:^|,)(?P<key>[a-z])=(?P<value>.*?)(?=,[a-z]=|$)")


def read_package_files(text: str) -> dict[str, Origin]:
    """Give the origin of each package list, by the words in which apt names the list.

    `text` is what `apt-cache policy` writes when it is asked about no package. dpkg's status file,
    which is also listed, is left out.
    """
    origins: dict[str, Origin] = {}
    listed = text.partition("Package files:\n")[2].partition("\nPinned packages:")[0]
    file = ""
    for line in listed.split("\n"):
        release, site = _RELEASE.match(line), _SITE.match(line)
        if release:
            parts = {match["key"]: match["value"] for match in _PART.finditer(release["parts"])}
            if parts.get("a") == "now":
                origins.pop(file, None)
            else:
                origins[file] = _origin(parts)
        elif site and file in origins:
            origins[file] = origins[file]._replace(site=site["site"])
        else:
            match = _FILE.match(line)
            file = match["file"] if match else ""
            origins.setdefault(file, Origin())
    return origins


def _origin(parts: Mapping[str, str]) -> Origin:
    return Origin(
        archive=parts.get("a", ""),
        codename=parts.get("n", ""),
        label=parts.get("l", ""),
        origin=parts.get("o", ""),
        component=parts.get("c", ""),
    )


# libc6:
#   Candidate: (none), or 2.36-9+deb12u14 as here
#   Version table:
#      2.36-9+deb12u14 500 (phased 10%)
#         500 http://mirror.example.net/debian bookworm/main amd64 Packages
#  *** 2.36-9+deb12u10 100
#         100 /var/lib/dpkg/status
_HEADING = re.compile(r"^(?P<name>[^\s:]+)(?::(?P<architecture>[^\s:]+))?:$")
_CANDIDATE = "  Candidate: "
_VERSION = re.compile(r"^ (?:   |\*\*\*) (?P<version>\S+) -?\d+(?: \(phased (?P<phased>\d+)%\))?$")
_OFFER = re.compile(r"^ {7,}-?\d+ (?P<file>.+)$")


@dataclass(frozen=True)
class PolicyCandidate:
    """The candidate of one package, and the lists that offer it, in apt's words."""

    slot: Slot
    version: str
    files: tuple[str, ...]
    phased_percentage: Optional[int]


def read_policies(text: str, native_architecture: str) -> Iterator[PolicyCandidate]:
    """Give the candidates in what `apt-cache policy` writes about packages that it is asked for."""
    heading: Optional[Slot] = None
    lines: list[str] = []
    for line in text.split("\n"):
        match = _HEADING.match(line)
        if match is None:
            lines.append(line)
            continue
        yield from _policy(heading, lines)
        heading = Slot(match["name"], match["architecture"] or native_architecture)
        lines = []
    yield from _policy(heading, lines)


def _policy(slot: Optional[Slot], lines: list[str]) -> Iterator[PolicyCandidate]:
    chosen = [line[len(_CANDIDATE) :] for line in lines if line.startswith(_CANDIDATE)]
    if slot is None or not chosen or chosen[0] == "(none)":
        return
    files: list[str] = []
    phased: Optional[int] = None
    version = ""
    for line in lines:
        heading, offer = _VERSION.match(line), _OFFER.match(line)
        if heading:
            version = heading["version"]
            if version == chosen[0] and heading["phased"]:
                phased = int(heading["phased"])
        elif offer and version == chosen[0]:
            files.append(offer["file"])
    yield PolicyCandidate(slot, chosen[0], tuple(files), phased)


_FIELDS = frozenset(
    {
        "Package",
        "Version",
        "Architecture",
        "Priority",
        "Section",
        "Source",
        "Phased-Update-Percentage",
    }
)


@dataclass(frozen=True)
class Record:
    """What a package list says of one version."""

    priority: Optional[str]
    section: Optional[str]
    source: str
    source_version: str
    phased_percentage: Optional[int]


def read_records(text: str, native_architecture: str) -> dict[tuple[Slot, str], Record]:
    """Give the records in what `apt-cache show` writes, by package and version."""
    records: dict[tuple[Slot, str], Record] = {}
    for fields in paragraphs(text.encode("utf-8", "replace"), _FIELDS):
        name, version = fields.get("Package", ""), fields.get("Version", "")
        architecture = fields.get("Architecture", "all")
        slot = Slot(name, native_architecture if architecture == "all" else architecture)
        source, source_version = source_of(fields.get("Source", ""))
        phased = fields.get("Phased-Update-Percentage", "")
        record = Record(
            priority=fields.get("Priority"),
            section=fields.get("Section"),
            source=source or name,
            source_version=source_version or version,
            phased_percentage=min(int(phased), 100)
            if re.fullmatch(r"[0-9]{1,3}", phased)
            else None,
        )
        records.setdefault((slot, version), record)
    return records
