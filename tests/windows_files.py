"""What the tests of Windows formats share: their files, and what becomes of a conversion."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fakes import NOW, report_bytes
from patchwarden.domain.facts import WindowsUpdate
from patchwarden.domain.instants import read_instant
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given, ReportFormat
from patchwarden.ingest.report import read_packages, read_parts

CASES = Path(__file__).parent / "cases" / "reports" / "windows"
GIVEN = Given(scanned_at=NOW)
at = read_instant


def case(name: str) -> bytes:
    """Give a file of the cases."""
    return (CASES / name).read_bytes()


def case_json(name: str) -> Any:
    """Give what a file of the cases says, to be changed."""
    return json.loads(case(name))


def convert(form: ReportFormat, content: bytes, given: Given = GIVEN) -> Conversion:
    """Read content, and check that a server would take the report."""
    conversion = form.read(content, given)
    sent = report_bytes(conversion.report)
    parts = read_parts(sent, NOW)
    read_packages(parts.sent.packages)
    assert parts.scan.ended_at == conversion.report.scan.ended_at
    return conversion


def updates_by_kb(conversion: Conversion) -> Mapping[str, WindowsUpdate]:
    """Give the updates of a report by their KB number, which must differ."""
    updates = conversion.report.packages.updates
    by_kb = {update.kb_id: update for update in updates}
    assert len(by_kb) == len(updates)
    return by_kb


def refusal(form: ReportFormat, content: bytes, given: Given = GIVEN) -> str:
    """Give the sentence with which content is refused."""
    with pytest.raises(InvalidReportError) as raised:
        form.read(content, given)
    return str(raised.value)


def converts_or_refuses(form: ReportFormat, content: bytes) -> None:
    """Check that nothing but a conversion or a refusal comes of content."""
    form.recognizes(content)
    try:
        convert(form, content)
    except InvalidReportError as error:
        told = str(error)
    else:
        told = ""
    assert told.isprintable()
