"""Reads the facts that Ansible gathers: package_facts, and setup beside it.

As `ansible HOST -m package_facts` prints them, as its JSON callback does, and as `--tree` and the
cache of facts keep them:
```
web-1 | SUCCESS => {
    "ansible_facts": {"packages": {"bash": [{"arch": "amd64", "category": "shells", "name": "bash",
        "origin": "Debian", "source": "apt", "version": "5.2.15-2+b2"}]}},
    "changed": false
}
```
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import documents, early_members, starts_with
from patchwarden.ingest.formats.package_report import ListedPackages, conversion_of, kind_of
from patchwarden.ingest.formats.package_rows import Row, refuse, shown
from patchwarden.ingest.formats.systems import ToldSystem
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text
from patchwarden.ingest.formats.times import seconds_of
from patchwarden.ingest.limits import MAX_ITEMS

# `web-1 | SUCCESS => {`
_HOST = re.compile(r"^(?P<host>[^\s|]+) \| [A-Z]+!? => (?=\{)", re.MULTILINE)
_PREFIX = "ansible_"
_KINDS = {"apt": "deb", "rpm": "rpm"}


def _recognizes(content: bytes) -> bool:
    if _HOST.match(decode_start(content).lstrip()):
        return True
    if not starts_with(content, "{"):
        return False
    members = early_members(content)
    return "ansible_facts" in members or (
        "packages" in members and any(name.startswith(_PREFIX) for name in members)
    )


def _read(content: bytes, given: Given) -> Conversion:
    facts = _facts(decode_text(content))
    rows: dict[str, list[Row]] = {"deb": [], "rpm": []}
    others: Counter[str] = Counter()
    for place, entry in _entries(facts.get("packages")):
        source = _text(entry, "source")
        if source in _KINDS:
            rows[_KINDS[source]].append(_row(place, entry))
        else:
            others[source] += 1
    kind = kind_of(rows["deb"], rows["rpm"])
    listed = ListedPackages(
        evidence="ansible",
        kind=kind,
        rows=rows[kind],
        system=ToldSystem(_text(facts, "distribution"), _text(facts, "distribution_version")),
        computer_name=_text(facts, "hostname") or _text(facts, "nodename"),
        architecture=_text(facts, "architecture"),
        kernel_release=_text(facts, "kernel"),
        ip_address=_text(facts.get("default_ipv4"), "address"),
        scanned_at=seconds_of(_text(facts.get("date_time"), "epoch")),
        not_told=[
            f"anything about packages of {shown(name)} ({count})"
            for name, count in sorted(others.items())[:5]
        ],
    )
    return conversion_of(listed, given)


def _facts(text: str) -> Mapping[str, Any]:
    """Put together all facts of the one host; names without the prefix `ansible_`."""
    hosts = set(_HOST.findall(text))
    found: dict[str, Any] = {}
    for _, value in documents(_HOST.sub("", text)):
        for host, facts in _hosts_and_facts(value):
            hosts.update({host} if host else ())
            found |= {name.removeprefix(_PREFIX): fact for name, fact in facts.items()}
    if len(hosts) > 1:
        first, second, *_ = sorted(hosts)
        raise InvalidReportError(
            f"The file has facts of several hosts, such as {shown(first)} and {shown(second)};"
            " make a file for each."
        )
    return found


def _hosts_and_facts(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    document = _mapping(value)
    for play in _list(document.get("plays")):
        for task in _list(_mapping(play).get("tasks")):
            for host, result in _mapping(_mapping(task).get("hosts")).items():
                yield host, _mapping(_mapping(result).get("ansible_facts"))
    if "plays" not in document:
        yield "", _mapping(document.get("ansible_facts", document))


def _entries(packages: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(packages, dict):
        raise InvalidReportError(
            "The file has no packages among the facts; gather them with the module package_facts."
        )
    if len(packages) > MAX_ITEMS:
        raise InvalidReportError(f"The file has more than {MAX_ITEMS} packages.")
    for name, entries in packages.items():
        for position, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            place = f"packages.{shown(name)[1:-1]}[{position}]"
            if not isinstance(entry, dict):
                refuse(place, "expected an object")
            yield place, entry


def _row(place: str, entry: Mapping[str, Any]) -> Row:
    return Row(
        place=place,
        name=_text(entry, "name"),
        version=_text(entry, "version"),
        release=_text(entry, "release"),
        epoch=_text(entry, "epoch"),
        architecture=_text(entry, "arch"),
        section=_text(entry, "category"),
    )


def _text(facts: object, name: str) -> str:
    value = _mapping(facts).get(name)
    return str(value) if isinstance(value, str | int | float) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


ANSIBLE = ReportFormat("ansible", "facts of Ansible", _recognizes, _read)
