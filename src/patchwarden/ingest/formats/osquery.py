"""Reads results of osquery: deb_packages, rpm_packages, or what Windows has in their place."""

import re
from collections.abc import Mapping

from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.osquery_tables import (
    PlacedRow,
    looks_like_osquery,
    read_tables,
)
from patchwarden.ingest.formats.osquery_windows import convert_windows, is_of_windows
from patchwarden.ingest.formats.package_report import ListedPackages, conversion_of, kind_of
from patchwarden.ingest.formats.package_rows import Row, is_held, is_in_use
from patchwarden.ingest.formats.systems import ToldSystem, first_known_name

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _read(content: bytes, given: Given) -> Conversion:
    tables = read_tables(content)
    if is_of_windows(tables):
        return convert_windows(tables, given)
    deb_rows = [_deb_row(row) for row in tables.rows.get("deb_packages", ()) if _is_in_use(row)]
    rpm_rows_told = tables.rows.get("rpm_packages", ())
    rpm_rows = [_rpm_row(row) for row in rpm_rows_told]
    kind = kind_of(deb_rows, rpm_rows)
    system_info = tables.row("system_info")
    listed = ListedPackages(
        evidence="osquery",
        kind=kind,
        rows=deb_rows or rpm_rows,
        system=_system(tables.row("os_version")),
        computer_name=system_info.get("hostname") or system_info["computer_name"]
        if system_info
        else _name_of(tables.host),
        architecture=tables.row("os_version").get("arch", ""),
        kernel_release=tables.row("kernel_info").get("version", ""),
        scanned_at=tables.taken_at,
        # Whoever wrote the query may not have asked for them.
        knows_epochs=kind == "deb" or all("epoch" in row.columns for row in rpm_rows_told),
    )
    return conversion_of(listed, given)


def _name_of(host: str) -> str:
    """Give what osquery calls the host, unless that is its UUID."""
    return "" if _UUID.fullmatch(host) else host


def _system(os_version: Mapping[str, str]) -> ToldSystem:
    if not os_version:
        return ToldSystem()
    name = first_known_name(os_version["name"], os_version.get("platform", ""))
    return ToldSystem(name, os_version["version"])


def _is_in_use(row: PlacedRow) -> bool:
    return is_in_use(row.columns.get("status", ""))


def _deb_row(row: PlacedRow) -> Row:
    columns = row.columns
    return Row(
        place=row.place,
        name=columns["name"],
        version=columns["version"],
        architecture=columns["arch"],
        source=columns.get("source", ""),
        priority=columns.get("priority", ""),
        section=columns.get("section", ""),
        is_held=is_held(columns.get("status", "")),
    )


def _rpm_row(row: PlacedRow) -> Row:
    columns = row.columns
    return Row(
        place=row.place,
        name=columns["name"],
        version=columns["version"],
        release=columns["release"],
        architecture=columns["arch"],
        epoch=columns.get("epoch", ""),
        source=columns.get("source", ""),
        installed_at=columns.get("install_time", ""),
    )


OSQUERY = ReportFormat("osquery", "an osquery result", looks_like_osquery, _read)
