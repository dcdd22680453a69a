"""Reads what dpkg keeps and prints: its status file, `dpkg -l`, `dpkg-query -W`."""

import re
from collections.abc import Sequence

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.package_report import ListedPackages, conversion_of
from patchwarden.ingest.formats.package_rows import Row, is_held, is_in_use, refuse, shown
from patchwarden.ingest.formats.text_encoding import decode_start, decode_text
from patchwarden.ingest.formats.text_lines import all_first_lines, first_lines, padded, placed_lines
from patchwarden_agent.apt.dpkg_status import parse_status

_STATUS = re.compile(r"^Status: \w+ \w+ [\w-]+\r?$", re.MULTILINE)
# `ii  bash  5.2.15-2+b2  amd64  GNU Bourne Again SHell`; `hi`: held, `rc`: removed.
_LISTED = re.compile(
    r"(?P<want>[uihrp])(?P<state>[ncHUFWti])[ R#x]? +(?P<name>[^\s:]+)(?::\S+)? +(?P<version>\S+)"
    r" +(?P<architecture>\S+)(?: .*)?"
)
_LISTED_IN_USE = frozenset("iWt")
_ARCHITECTURE = re.compile(r"[a-z][a-z0-9-]{1,30}")
_REMOVED = "which packages are removed but for their configuration"
_DEB_VERSION = re.compile(r"(?:[0-9]+:)?[0-9][A-Za-z0-9.+~:-]*")


def _recognizes_status(content: bytes) -> bool:
    start = decode_start(content).lstrip()
    return start.startswith("Package: ") and _STATUS.search(start) is not None


def _read_status(content: bytes, given: Given) -> Conversion:
    status = parse_status(decode_text(content).replace("\r\n", "\n").encode())
    if status.unreadable_count:
        raise InvalidReportError(
            f"The file has {status.unreadable_count} installed packages that lack a sound name,"
            " version or architecture; take it from the machine again."
        )
    rows = [
        Row(
            place=f"package {package.name}",
            name=package.name,
            version=package.version,
            architecture=package.architecture,
            source=package.source or "",
            source_version=package.source_version or "",
            priority=package.priority or "",
            section=package.section or "",
            is_held=package.is_held,
        )
        for package in status.installed
    ]
    return _converted("dpkg-status", rows, given, _half_done(status.half_done))


def _half_done(names: Sequence[str]) -> Sequence[str]:
    if not names:
        return ()
    some = f"{len(names)}, such as {shown(names[0])}"
    return (f"anything about packages whose installation broke off ({some})",)


def _recognizes_list(content: bytes) -> bool:
    return any(_LISTED.fullmatch(line) for line in first_lines(content))


def _read_list(content: bytes, given: Given) -> Conversion:
    rows = []
    is_in_head = True
    for place, line in placed_lines(content):
        match = _LISTED.fullmatch(line)
        if match is None and not is_in_head:
            refuse(place, f"{shown(line)} is no line of dpkg -l")
        if match is None:
            continue
        is_in_head = False
        if match["state"] in _LISTED_IN_USE:
            rows.append(
                Row(
                    place=place,
                    name=match["name"],
                    version=match["version"],
                    architecture=match["architecture"],
                    is_held=match["want"] == "h",
                )
            )
    return _converted("dpkg-list", rows, given)


def _recognizes_query(content: bytes) -> bool:
    return all_first_lines(content, lambda line: _is_query_line(line.split("\t")))


def _is_query_line(columns: Sequence[str]) -> bool:
    if len(columns) == 2:
        return columns[1] == "" or _DEB_VERSION.fullmatch(columns[1]) is not None
    return (
        len(columns) > 2
        and _ARCHITECTURE.fullmatch(columns[1]) is not None
        and _DEB_VERSION.fullmatch(columns[2]) is not None
    )


def _read_query(content: bytes, given: Given) -> Conversion:
    lines = [(place, line.split("\t")) for place, line in placed_lines(content)]
    if all(len(columns) == 2 for _, columns in lines):
        return _read_default_query(lines, given)
    rows = [_query_row(place, columns) for place, columns in lines]
    return _converted("dpkg-query", [row for row in rows if row is not None], given)


def _read_default_query(lines: Sequence[tuple[str, Sequence[str]]], given: Given) -> Conversion:
    """Read names and versions. Only packages that may be there for several have an architecture."""
    named = [columns[0].partition(":")[2] for _, columns in lines]
    native = given.architecture or max(filter(None, named), key=named.count, default="")
    if not native:
        raise InvalidReportError(
            "The file does not tell the architecture of the machine; give it by --architecture,"
            " such as amd64."
        )
    rows = [
        Row(
            place=place,
            name=columns[0].partition(":")[0],
            version=columns[1],
            architecture=columns[0].partition(":")[2] or native,
        )
        for place, columns in lines
        if columns[1]
    ]
    return _converted("dpkg-query", rows, given, (_REMOVED,))


def _query_row(place: str, columns: Sequence[str]) -> Row | None:
    """Read a line of the format that docs/guides/other-inventories.md has.

    Its columns are name, architecture, version, source, version of the source, status, priority,
    section; from the fourth on they may be missing.
    """
    if len(columns) < 3:
        refuse(place, f"it has {len(columns)} columns")
    name, architecture, version, source, source_version, status, priority, section = padded(
        columns, 8
    )
    if not is_in_use(status):
        return None
    return Row(
        place=place,
        name=name.partition(":")[0],
        version=version,
        architecture=architecture,
        source=source,
        source_version=source_version,
        priority=priority,
        section=section,
        is_held=is_held(status),
    )


def _converted(
    evidence: str, rows: Sequence[Row], given: Given, not_told: Sequence[str] = ()
) -> Conversion:
    listed = ListedPackages(evidence=evidence, kind="deb", rows=rows, not_told=not_told)
    return conversion_of(listed, given)


DPKG_STATUS = ReportFormat(
    "dpkg-status", "the status file of dpkg", _recognizes_status, _read_status
)
DPKG_LIST = ReportFormat("dpkg-list", "the output of dpkg -l", _recognizes_list, _read_list)
DPKG_QUERY = ReportFormat(
    "dpkg-query", "the output of dpkg-query -W", _recognizes_query, _read_query
)
