"""Reads what `rpm -qa` prints, by itself or with the format that tells everything."""

import re
from collections.abc import Sequence

from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.package_report import ListedPackages, conversion_of
from patchwarden.ingest.formats.package_rows import Row, refuse, shown
from patchwarden.ingest.formats.text_lines import all_first_lines, padded, placed_lines

# `openssl-libs-3.0.7-27.el9.x86_64`; keys have no architecture.
_NVRA = re.compile(
    r"(?P<name>[^\s/]+)-(?P<version>[^\s/-]+)-(?P<release>[^\s/-]+)\.(?P<architecture>\w+)"
)
_KEY = re.compile(r"gpg-pubkey-[0-9a-f]+-[0-9a-f]+(?:\.\(none\))?")
_ARCHITECTURES = re.compile(
    r"noarch|x86_64(?:_v\d)?|i[3-6]86|aarch64|ppc64(?:le)?|s390x?|armv\w+|riscv64"
)
_EPOCH = re.compile(r"[0-9]{1,9}|\(none\)")


def _recognizes_list(content: bytes) -> bool:
    return all_first_lines(content, _is_listed)


def _is_listed(line: str) -> bool:
    match = _NVRA.fullmatch(line)
    if match is None or line.startswith("gpg-pubkey-"):
        return _KEY.fullmatch(line) is not None
    return _ARCHITECTURES.fullmatch(match["architecture"]) is not None


def _read_list(content: bytes, given: Given) -> Conversion:
    rows = []
    for place, line in placed_lines(content):
        if _KEY.fullmatch(line):
            continue
        match = _NVRA.fullmatch(line)
        if match is None:
            refuse(place, f"{shown(line)} is not name-version-release.architecture")
        rows.append(_row(place, match))
    return _converted("rpm-list", rows, given, knows_epochs=False)


def _row(place: str, match: re.Match[str]) -> Row:
    return Row(
        place=place,
        name=match["name"],
        version=match["version"],
        release=match["release"],
        architecture=match["architecture"],
    )


def _recognizes_query(content: bytes) -> bool:
    return all_first_lines(content, lambda line: _is_query_line(line.split("\t")))


def _is_query_line(columns: Sequence[str]) -> bool:
    return len(columns) >= 5 and _EPOCH.fullmatch(columns[1]) is not None


def _read_query(content: bytes, given: Given) -> Conversion:
    rows = [_query_row(place, line.split("\t")) for place, line in placed_lines(content)]
    return _converted("rpm-query", rows, given)


def _query_row(place: str, columns: Sequence[str]) -> Row:
    """Read a line of the format that docs/guides/other-inventories.md has.

    Its columns are name, epoch, version, release, architecture, time of installation, vendor,
    source package; from the sixth on they may be missing.
    """
    if len(columns) < 5:
        refuse(place, f"it has {len(columns)} columns")
    name, epoch, version, release, architecture, installed_at, _vendor, source = padded(columns, 8)
    return Row(
        place=place,
        name=name,
        epoch=epoch,
        version=version,
        release=release,
        architecture=architecture,
        installed_at=installed_at,
        source=source,
    )


def _converted(
    evidence: str, rows: Sequence[Row], given: Given, *, knows_epochs: bool = True
) -> Conversion:
    listed = ListedPackages(evidence=evidence, kind="rpm", rows=rows, knows_epochs=knows_epochs)
    return conversion_of(listed, given)


RPM_LIST = ReportFormat("rpm-list", "the output of rpm -qa", _recognizes_list, _read_list)
RPM_QUERY = ReportFormat("rpm-query", "the output of rpm -qa --qf", _recognizes_query, _read_query)
