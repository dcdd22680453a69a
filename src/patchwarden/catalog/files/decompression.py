"""Takes gzip, bzip2, xz and zstd off a stream, in bounded memory, and checks that all is there."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, NoReturn, Protocol

import zstandard

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.files.chunks import CHUNK_BYTES

_MAX_MEMORY_BYTES = 256 * 1024 * 1024
"""What xz may use. The largest preset takes 65 MiB."""
_MAX_WINDOW_BYTES = 128 * 1024 * 1024
"""What zstd may look back; `--long` without a number is that much."""
_ZSTD_INPUT_BYTES = 1024
"""zstd has no limit on what a call gives: a block of 4 bytes may stand for 128 KiB."""
_MAX_MAGIC_BYTES = 6
_DAMAGE = (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError)


class _Decompressor(Protocol):
    """As `bz2.BZ2Decompressor`, of one stream of several."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Compression(NamedTuple):
    """A way of compression."""

    name: str
    magic: re.Pattern[bytes]
    """The first bytes of each of its streams."""
    new: Callable[[], _Decompressor]


def compression_of(head: bytes) -> Compression | None:
    """Tell by its first bytes how a file is compressed; None if it is not."""
    return next((each for each in _COMPRESSIONS if each.magic.match(head)), None)


def decompressed(source: BinaryIO, compression: Compression, name: str) -> Iterator[bytes]:
    """Give what `source` holds compressed, which may be several streams in a row.

    Raises InvalidCatalogFileError about the file `name`, with the position in `source`, if it is
    damaged or cut off, or wants more memory than it may have.
    """
    layer = _Layer(source, compression, name)
    while layer.starts_stream():
        yield from layer.stream()


class _Layer:
    def __init__(self, source: BinaryIO, compression: Compression, name: str) -> None:
        self._source = source
        self._compression = compression
        self._name = name
        self._data = b""
        """Read, and not yet taken by a decompressor."""
        self._position = 0
        """How many bytes of `source` have been read."""
        self._start = 0
        """The position of what was read last."""

    def starts_stream(self) -> bool:
        """Skip padding, and say whether a stream follows."""
        self._data = self._data.lstrip(b"\0")
        while not self._data:
            if not self._read():
                return False
            self._data = self._data.lstrip(b"\0")
        if len(self._data) < _MAX_MAGIC_BYTES:
            self._read()
        if not self._compression.magic.match(self._data):
            start = self._position - len(self._data)
            self._refuse(f"byte {start}", "something else follows its end")
        return True

    def stream(self) -> Iterator[bytes]:
        decompressor = self._compression.new()
        while not decompressor.eof:
            if decompressor.needs_input and not self._data:
                self._read()
            is_at_end = not self._data and decompressor.needs_input
            try:
                chunk = decompressor.decompress(self._data, CHUNK_BYTES)
            except _DAMAGE as error:
                self._refuse(
                    f"bytes {self._start} to {self._position}",
                    f"it is damaged, or no {self._compression.name} ({error})",
                    error,
                )
            self._data = b""
            if chunk:
                yield chunk
            elif is_at_end and not decompressor.eof:
                self._refuse(f"byte {self._position}", "it is cut off")
        self._data = decompressor.unused_data

    def _read(self) -> bool:
        more = self._source.read(CHUNK_BYTES)
        if more:
            self._start = self._position - len(self._data)
            self._position += len(more)
            self._data += more
        return bool(more)

    def _refuse(self, where: str, problem: str, cause: Exception | None = None) -> NoReturn:
        raise InvalidCatalogFileError.at(self._name, where, problem) from cause


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Zstd:
    def __init__(self) -> None:
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
        self._inner = decompressor.decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._waiting

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    def decompress(self, data: bytes, max_length: int) -> bytes:  # noqa: ARG002  bounded by input
        data = self._waiting + data
        self._waiting = data[_ZSTD_INPUT_BYTES:]
        return self._inner.decompress(data[:_ZSTD_INPUT_BYTES])


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MAX_MEMORY_BYTES)


_COMPRESSIONS = (
    Compression("gzip", re.compile(rb"\x1f\x8b\x08"), _Gzip),
    Compression("bzip2", re.compile(rb"BZh[1-9]"), bz2.BZ2Decompressor),
    Compression("xz", re.compile(rb"\xfd7zXZ\x00"), _xz),
    # Frames to be skipped may come first.
    Compression("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), _Zstd),
)
