"""Reads the applications that the original agent inventories on Linux.

As `aws ssm list-inventory-entries --type-name AWS:Application` prints them.
"""

import msgspec

from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import decode, early_members, starts_with
from patchwarden.ingest.formats.package_report import ListedPackages, conversion_of
from patchwarden.ingest.formats.package_rows import Row, deb_architecture
from patchwarden.ingest.formats.times import instant_of

_TYPE = "AWS:Application"
_SOURCE_RPM = ".src.rpm"


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    name: str
    version: str
    architecture: str
    release: str = ""
    epoch: str = ""
    installed_time: str = ""
    package_id: str = ""
    application_type: str = ""


class _Document(msgspec.Struct, frozen=True, rename="pascal"):
    type_name: str
    entries: list[_Entry]
    capture_time: str = ""
    next_token: str | None = None


def _recognizes(content: bytes) -> bool:
    return starts_with(content, "{") and {"TypeName", "Entries"} <= early_members(content)


def _read(content: bytes, given: Given) -> Conversion:
    document = decode(content, _Document)
    if document.type_name != _TYPE:
        raise InvalidReportError(
            f"The file has inventory of another type than {_TYPE}; have that printed by: aws ssm"
            f" list-inventory-entries --type-name {_TYPE}"
        )
    if document.next_token:
        raise InvalidReportError(
            "The file has only the first entries: it ends with a NextToken. Put the Entries of all"
            " answers into one file."
        )
    is_rpm = any(entry.release for entry in document.entries)
    rows = [
        _rpm_row(entry, position) if is_rpm else _deb_row(entry, position)
        for position, entry in enumerate(document.entries)
    ]
    listed = ListedPackages(
        evidence="aws-application",
        kind="rpm" if is_rpm else "deb",
        rows=rows,
        scanned_at=instant_of(document.capture_time),
    )
    return conversion_of(listed, given)


def _rpm_row(entry: _Entry, position: int) -> Row:
    return Row(
        place=f"Entries[{position}]",
        name=entry.name,
        version=entry.version,
        release=entry.release,
        epoch=entry.epoch,
        architecture=entry.architecture,
        source=entry.package_id if entry.package_id.endswith(_SOURCE_RPM) else "",
        installed_at=_seconds(entry),
    )


def _deb_row(entry: _Entry, position: int) -> Row:
    return Row(
        place=f"Entries[{position}]",
        name=entry.name.partition(":")[0],
        version=entry.version,
        # The agent writes x86_64 on every system.
        architecture=deb_architecture(entry.architecture),
        section=entry.application_type,
        installed_at=_seconds(entry),
    )


def _seconds(entry: _Entry) -> str:
    return str(instant_of(entry.installed_time) or "")


SSM_INVENTORY = ReportFormat("aws-application", f"inventory {_TYPE}", _recognizes, _read)
