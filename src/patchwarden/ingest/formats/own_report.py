"""Reads our own reports, as `patchwarden node scan --format report` prints them."""

import msgspec

from patchwarden.domain.facts import Report
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.formats.json_text import decode

_MEMBERS = ("schema", "scan", "node", "packages")


def _recognizes(content: bytes) -> bool:
    found = _members(content)
    return "schema" in found and not found.isdisjoint({"scan", "node", "packages"})


def _read(content: bytes, _given: Given) -> Conversion:
    found = _members(content)
    lacking = [name for name in _MEMBERS if name not in found]
    if lacking:
        raise InvalidReportError(f"The report lacks {', '.join(lacking)}.")
    return Conversion(decode(content, Report))


def _members(content: bytes) -> frozenset[str]:
    """Give the names at the top of a JSON object; empty if it is something else."""
    try:
        return frozenset(msgspec.json.decode(content, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return frozenset()


OWN_REPORT = ReportFormat("report", "a report of Patchwarden", _recognizes, _read)
