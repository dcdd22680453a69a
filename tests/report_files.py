"""What the tests of other people's formats share: their files, and what becomes of them."""

from pathlib import Path

import pytest

from fakes import NOW
from patchwarden.domain.facts import Package
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.formats.format import Conversion, Given
from patchwarden.ingest.formats.known import FORMATS, convert, opened, recognized

CASES = Path(__file__).parent / "cases" / "reports"
GIVEN = Given(scanned_at=NOW)


def case(name: str) -> bytes:
    """Give a file of the cases."""
    return (CASES / name).read_bytes()


def conversion_of(content: bytes, given: Given = GIVEN, format_name: str = "") -> Conversion:
    """Recognise content, unless a format is named, and make a report of it."""
    content = opened(content)
    known = FORMATS[format_name] if format_name else recognized(content)
    return convert(content, known, given, scanned_at=None, now=NOW)


def packages_of(content: bytes, given: Given = GIVEN) -> dict[str, Package]:
    """Give the packages of a file by their names, which must differ."""
    installed = conversion_of(content, given).report.packages.installed
    by_name = {package.name: package for package in installed}
    assert len(by_name) == len(installed)
    return by_name


def refusal(content: bytes, given: Given = GIVEN, format_name: str = "") -> str:
    """Give the sentence with which content is refused."""
    with pytest.raises(InvalidReportError) as raised:
        conversion_of(content, given, format_name)
    return str(raised.value)
