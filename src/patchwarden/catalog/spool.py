"""Entries of a feed, set aside until the whole file has proved to be right.

A temporary file holds them, so that memory does not grow with the feed.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from patchwarden.catalog.feed import Entry
from patchwarden.domain.advisories import CatalogAdvisory, ExploitPrediction, KnownExploitation
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.errors import UnavailableError

_KINDS: tuple[type[Any], ...] = (
    CatalogPatch,
    CatalogAdvisory,
    KnownExploitation,
    ExploitPrediction,
)
_HEADER_BYTES = 5
_IN_MEMORY_BYTES = 8 * 1024 * 1024
_encoder = msgspec.msgpack.Encoder()
_decoders = tuple(msgspec.msgpack.Decoder(kind) for kind in _KINDS)


class Spool:
    """What one file has told, in its order."""

    def __init__(self) -> None:
        """Start empty."""
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115
        self._count = 0
        self.formats: Counter[str] = Counter()
        """How many entries came from members of each format; 0 where they were empty."""

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def add(self, entry: Entry, format_name: str) -> None:
        """Set an entry aside; raise UnavailableError if there is no room for it."""
        kind, content = _KINDS.index(type(entry)), _encoder.encode(entry)
        header = bytes((kind,)) + len(content).to_bytes(_HEADER_BYTES - 1)
        try:
            self._file.write(header + content)
        except OSError as error:
            raise UnavailableError(
                f"There is no room for temporary files ({error.strerror}); make some, or set"
                " TMPDIR to another directory."
            ) from error
        self._count += 1
        self.formats[format_name] += 1

    def __iter__(self) -> Iterator[Entry]:
        """Give all entries from the first on."""
        self._file.seek(0)
        while header := self._file.read(_HEADER_BYTES):
            entry: Entry = _decoders[header[0]].decode(self._file.read(int.from_bytes(header[1:])))
            yield entry
