"""What a format of vendors' feeds is to the importer.

A file is opened by `feed_file`: compression and archives are taken off there, and what is inside
comes as members. Each member is read by the first format of `formats.FORMATS` that recognizes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, NoReturn, TypeAlias

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.domain.advisories import CatalogAdvisory, ExploitPrediction, KnownExploitation
from patchwarden.domain.catalog_patch import CatalogPatch

Entry: TypeAlias = CatalogPatch | CatalogAdvisory | KnownExploitation | ExploitPrediction
"""One thing that a feed tells."""

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file, or one file of an archive, decompressed."""

    name: str
    """As errors show it: `all.zip: DSA-5532-1.json`."""
    head: bytes
    """Its first `HEAD_BYTES` at most, by which it is recognized."""
    stream: BinaryIO
    """All of it, from its start. Reading raises InvalidCatalogFileError where it is damaged or
    larger than allowed."""
    product: str | None = None
    """The product that the user says it is about, for feeds that do not tell."""

    def refuse(self, where: str, problem: str, cause: Exception | None = None) -> NoReturn:
        """Raise InvalidCatalogFileError; `where` is a place in it, or empty."""
        raise InvalidCatalogFileError.at(self.name, where, problem) from cause


class Format(NamedTuple):
    """One format of feeds."""

    name: str
    """As `catalog status` shows it, such as `updateinfo`."""
    recognizes: Callable[[Member], bool]
    """Says by `Member.head` and name, without reading the stream."""
    read: Callable[[Member], Iterator[Entry]]
    """Gives what it tells, as it is read; raises InvalidCatalogFileError at the first thing that
    is wrong."""
