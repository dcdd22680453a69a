"""Reads zypper's patches: what they are about, and which package versions they bring.

`zypper info --type patch` tells of each patch:
```
Information for patch SUSE-SLE-2026-7:
--------------------------------------
Name        : SUSE-SLE-2026-7
Description :
    Fixes alpha.
Conflicts   : [2]
    alpha.x86_64 < 1.0-2
    alpha.noarch < 1.0-2
```
or `Conflicts   : alpha < 1.0-2` where there is one alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional
from xml.etree.ElementTree import Element

from patchwarden_agent.findings import Advisory
from patchwarden_agent.instants import digits_instant
from patchwarden_agent.rpm.xml_answers import read_each

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,9}")
LOCKED = "unwanted"
"""The status of a patch that is locked."""


@dataclass(frozen=True)
class Patch:
    """A patch, and how it is on this node."""

    advisory: Advisory
    status: str
    """`needed`, `applied`, `not-needed` or `unwanted`."""


# <update kind="patch" name="SUSE-SLE-2026-7" edition="1" arch="noarch" status="needed"
#  category="security" severity="important" pkgmanager="false" restart="true" interactive="true">
#  <summary>Security update for alpha</summary>
#  <issue-date time_t="1768176000" text="2026-01-12T00:00:00Z"/>
#  <issue-list><issue type="cve" id="CVE-2026-0001"><title/><href/></issue></issue-list></update>
def read_patches(content: bytes) -> dict[str, Patch]:
    """Give the patches in what `zypper --xmlout list-patches --all` writes, by name.

    Of one that several repositories have it is the newest. Raises CommandError if that is no XML.
    """
    patches: dict[str, Patch] = {}
    for patch in read_each("zypper list-patches", content, "update", _patch):
        name = patch.advisory.advisory_id
        known = patches.get(name)
        if name and (known is None or _issued_at(known) < _issued_at(patch)):
            patches[name] = patch
    return patches


def _issued_at(patch: Patch) -> float:
    return patch.advisory.issued_at or 0.0


def _patch(update: Element) -> Patch:
    return Patch(
        advisory=Advisory(
            advisory_id=update.get("name", ""),
            classification=update.get("category", ""),
            severity=update.get("severity", ""),
            title=" ".join((update.findtext("summary") or "").split()),
            issued_at=_seconds(update.find("issue-date")),
            cve_ids=tuple(each for each in _issues(update, "cve") if _CVE.fullmatch(each)),
            bugzilla_ids=_issues(update, "bugzilla"),
            # zypper's word for what an updateinfo calls reboot_suggested.
            reboot_suggested=update.get("restart") == "true",
        ),
        status=update.get("status", ""),
    )


def _seconds(issue_date: Optional[Element]) -> Optional[float]:
    # zypper writes 0 if there is no date.
    return None if issue_date is None else digits_instant(issue_date.get("time_t", "")) or None


def _issues(update: Element, kind: str) -> tuple[str, ...]:
    issues = update.iterfind("issue-list/issue")
    ids = [each.get("id", "") for each in issues if each.get("type") == kind]
    return tuple(dict.fromkeys(each for each in ids if each))


_HEADING = re.compile(r"^Information for patch .+:$", re.M)
_FIELD = re.compile(r"^(?P<name>\w[\w ]*?) *: ?(?P<value>.*)$")
_CONFLICT = re.compile(r"(?P<package>[^\s:]+) < (?P<version>\S+)")


def read_contents(text: str) -> dict[str, list[tuple[str, str]]]:
    """Give what each patch brings, by its name, out of what `zypper info --type patch` writes.

    A package has its architecture, as in `alpha.x86_64`, unless it is for any. A patch excludes
    what is older than the versions that it brings: so they are found.
    """
    contents: dict[str, list[tuple[str, str]]] = {}
    for block in _HEADING.split(text)[1:]:
        fields = dict(_fields(block))
        name = fields.get("Name", [""])[0]
        matches = [_CONFLICT.fullmatch(line) for line in fields.get("Conflicts", [])]
        contents[name] = [(match["package"], match["version"]) for match in matches if match]
    return contents


def _fields(block: str) -> Iterator[tuple[str, list[str]]]:
    """Give each field with its lines; what continues a field is indented."""
    name = ""
    lines: list[str] = []
    for line in block.split("\n"):
        match = _FIELD.match(line)
        if match:
            yield name, lines
            name, lines = match["name"], [match["value"].strip()]
        elif line.startswith(" "):
            lines.append(line.strip())
    yield name, lines


class Advisories:
    """Which patches brought which version of a package."""

    def __init__(
        self,
        patches: Mapping[str, Patch],
        contents: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        found: defaultdict[str, defaultdict[str, list[Advisory]]]
        found = defaultdict(lambda: defaultdict(list))
        for name in sorted(patches.keys() & contents.keys()):
            for package, version in contents[name]:
                found[package][version].append(patches[name].advisory)
        self._by_package = {package: dict(versions) for package, versions in found.items()}

    def of(self, name: str, architecture: str, version: str) -> tuple[Advisory, ...]:
        """Give those that this very version came with."""
        found = [
            advisory
            for versions in self._versions(name, architecture)
            for advisory in versions.get(version, ())
        ]
        return tuple(dict.fromkeys(found))

    def versions(self, name: str, architecture: str) -> set[str]:
        """Give every version that some patch brings."""
        return {version for each in self._versions(name, architecture) for version in each}

    def _versions(self, name: str, architecture: str) -> Iterable[Mapping[str, list[Advisory]]]:
        keys = (f"{name}.{architecture}", name)
        return [self._by_package[key] for key in keys if key in self._by_package]
