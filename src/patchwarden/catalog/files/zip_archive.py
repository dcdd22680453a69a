"""Reads a zip archive. Its table of contents is at its end, so the file must be able to seek."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.files.chunks import chunks_of

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""Of an archive, and of an empty one."""
_MAX_CONTENTS_BYTES = 32 * 1024 * 1024
"""Of its table of contents, which is held in memory: far more than 300,000 files."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The standard library gives what others stand for without bounds."""
_ENCRYPTED = 0x1
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
)


def is_zip(head: bytes) -> bool:
    """Tell by the first bytes."""
    return head.startswith(_MAGIC)


class ZipArchive:
    """The files of an archive, in the order in which they lie in it."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Read the table of contents.

        Raises InvalidCatalogFileError about the archive `name`.
        """
        self._name = name
        try:
            self._archive = zipfile.ZipFile(_BoundedReads(file))
        except _DAMAGE as error:
            raise self._damaged("its end", error) from error
        files = [info for info in self._archive.infolist() if _is_file(info)]
        self.files = sorted(files, key=lambda info: info.header_offset)

    def content(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Give the content of a file; its checksum is tested at its end.

        Raises InvalidCatalogFileError, with the position in the archive.
        """
        where = f"byte {info.header_offset}"
        if info.flag_bits & _ENCRYPTED:
            raise InvalidCatalogFileError.at(self._name, where, "this file is encrypted")
        if info.compress_type not in _METHODS:
            problem = f"this file is compressed by method {info.compress_type}, not by deflate"
            raise InvalidCatalogFileError.at(self._name, where, problem)
        try:
            with self._archive.open(info) as stream:
                yield from chunks_of(stream)
        except _DAMAGE as error:
            raise self._damaged(where, error) from error

    def _damaged(self, where: str, error: Exception) -> InvalidCatalogFileError:
        problem = f"it is cut off, damaged, or no zip archive ({error})"
        return InvalidCatalogFileError.at(self._name, where, problem)


def _is_file(info: zipfile.ZipInfo) -> bool:
    """Say whether it is no directory, link or device, as far as it tells."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    return not info.filename.endswith("/") and kind in {0, stat.S_IFREG}


class _BoundedReads:
    """A file of which not too much is read at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_CONTENTS_BYTES:
            raise zipfile.BadZipFile(f"its table of contents has {size} bytes")
        return self._file.read(size)
