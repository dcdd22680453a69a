"""Recognises files that tell what is installed on a machine, and makes reports of them."""

from collections.abc import Mapping
from dataclasses import replace

from patchwarden.ingest.decompression import decompressed
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.ansible import ANSIBLE
from patchwarden.ingest.formats.cyclonedx import CYCLONEDX
from patchwarden.ingest.formats.dpkg_lists import DPKG_LIST, DPKG_QUERY, DPKG_STATUS
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.get_hotfix import HOTFIX_CSV, HOTFIX_JSON
from patchwarden.ingest.formats.osquery import OSQUERY
from patchwarden.ingest.formats.own_report import OWN_REPORT
from patchwarden.ingest.formats.ps_windows_update import PS_WINDOWS_UPDATE
from patchwarden.ingest.formats.report_json import encode
from patchwarden.ingest.formats.rpm_lists import RPM_LIST, RPM_QUERY
from patchwarden.ingest.formats.spdx import SPDX, SPDX_TAGS
from patchwarden.ingest.formats.ssm_inventory import SSM_INVENTORY
from patchwarden.ingest.formats.text_encoding import decode_start
from patchwarden.ingest.formats.windows_collector import WINDOWS_COLLECTOR
from patchwarden.ingest.report import read_packages, read_parts

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Of a file, once decompressed."""

_IN_ORDER = (
    OWN_REPORT,
    WINDOWS_COLLECTOR,
    HOTFIX_JSON,
    HOTFIX_CSV,
    PS_WINDOWS_UPDATE,
    OSQUERY,
    CYCLONEDX,
    SPDX,
    SPDX_TAGS,
    ANSIBLE,
    SSM_INVENTORY,
    DPKG_STATUS,
    DPKG_LIST,
    DPKG_QUERY,
    RPM_LIST,
    RPM_QUERY,
)
FORMATS: Mapping[str, ReportFormat] = {each.name: each for each in _IN_ORDER}
"""By name; a file is of the first that recognises it."""


def opened(sent: bytes) -> bytes:
    """Give the content of a file, decompressed if it is gzip.

    Raises InvalidReportError.
    """
    content = decompressed(sent, MAX_FILE_BYTES, "file")
    if len(content) > MAX_FILE_BYTES:
        raise InvalidReportError(
            f"The file is larger than {MAX_FILE_BYTES // 1024**2} MiB, once decompressed; a file"
            " should have the packages of one machine."
        )
    return content


def recognized(content: bytes) -> ReportFormat:
    """Tell which format content is of.

    Raises InvalidReportError if it is none.
    """
    if not decode_start(content).strip():
        raise InvalidReportError(
            "The file is empty: what should have written it found nothing, or failed."
        )
    found = next((each for each in FORMATS.values() if each.recognizes(content)), None)
    if found is None:
        raise InvalidReportError(
            "The file is of no format that is known here: "
            f"{', '.join(f'{each.title} ({each.name})' for each in FORMATS.values())}."
            " A report of a machine is made there by: patchwarden node scan --format report"
        )
    return found


def convert(
    content: bytes, known: ReportFormat, given: Given, *, scanned_at: float | None, now: float
) -> Conversion:
    """Make a report of content, and check it as the server will.

    `scanned_at` is when the user says that the facts were taken, whatever the file says. Raises
    InvalidReportError.
    """
    conversion = known.read(content, given)
    if scanned_at is not None:
        scan = replace(conversion.report.scan, started_at=scanned_at, ended_at=scanned_at)
        conversion = conversion._replace(report=replace(conversion.report, scan=scan))
    read_packages(read_parts(encode(conversion.report), now).sent.packages)
    return conversion
