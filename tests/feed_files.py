"""The small feeds of tests/cases/feeds, as the formats of the catalog get them."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.feed import HEAD_BYTES, Entry, Format, Member
from patchwarden.domain.advisories import CatalogAdvisory, Fix

FEEDS = Path(__file__).parent / "cases" / "feeds"


def member(content: bytes, name: str = "feed") -> Member:
    """Give a member with this content."""
    return Member(name=name, head=content[:HEAD_BYTES], stream=io.BytesIO(content))


def feed(name: str) -> Member:
    """Give a feed of tests/cases/feeds."""
    return member((FEEDS / name).read_bytes(), name)


def entries(format_: Format, name: str) -> list[Entry]:
    """Read a feed of tests/cases/feeds."""
    return list(format_.read(feed(name)))


def advisories(format_: Format, name: str) -> list[CatalogAdvisory]:
    """Read a feed of tests/cases/feeds that has nothing but advisories."""
    return list(_advisories(entries(format_, name)))


def only_advisory(format_: Format, name: str) -> CatalogAdvisory:
    """Read a feed of tests/cases/feeds that has one advisory."""
    (advisory,) = advisories(format_, name)
    return advisory


def refusal(format_: Format, content: bytes) -> str:
    """Read a feed, which must be refused; give what the error says."""
    with pytest.raises(InvalidCatalogFileError) as refused:
        list(format_.read(member(content)))
    return str(refused.value)


def _advisories(every: list[Entry]) -> Iterator[CatalogAdvisory]:
    for entry in every:
        assert isinstance(entry, CatalogAdvisory)
        yield entry


def short(fix: Fix) -> str:
    """Give a fix in one line: what differs from most is shown."""
    name = f"{fix.name}.src" if fix.is_source else fix.name
    name = f"{name}.{fix.architecture}" if fix.architecture else name
    module = f" of {fix.module}" if fix.module else ""
    return f"{fix.product} {name}{module} {fix.version or fix.status}"
