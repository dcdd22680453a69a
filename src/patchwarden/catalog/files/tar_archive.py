"""Reads a tar archive in order, strictly: the standard library's reader takes damage for the end.

Plain, ustar, GNU and pax headers. What is no file, such as a directory or a link, is skipped.
"""

import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.files.chunks import CHUNK_BYTES, drain

_BLOCK_BYTES = tarfile.BLOCKSIZE
_MAGIC_AT = slice(257, 262)
_MAX_EXTENSION_BYTES = 64 * 1024
"""Of a long name or the keywords of pax."""
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_KEYWORDS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_SPARSE = "GNU.sparse."


def is_tar(head: bytes) -> bool:
    """Tell by the first block."""
    return head[_MAGIC_AT] == b"ustar"


def tar_files(source: BinaryIO, name: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give the name and the content of each file in the archive `name`.

    A content is read before the next file is asked for; what was not read of it is skipped.
    Raises InvalidCatalogFileError, with the position in the archive, where it is damaged or cut
    off.
    """
    archive = _Archive(source, name)
    keywords: dict[str, str] = {}
    while (header := archive.header()) is not None:
        if header.type in _KEYWORDS:
            keywords |= archive.keywords(header.size)
        elif header.type == tarfile.GNUTYPE_LONGNAME:
            keywords["path"] = archive.extension(header.size).rstrip(b"\0").decode(errors="replace")
        elif header.type == tarfile.GNUTYPE_LONGLINK:
            archive.extension(header.size)
        else:
            size = archive.size(header, keywords)
            content = archive.content(size)
            if header.type in _FILES:
                yield keywords.get("path", header.name), content
            for _ in content:
                pass
            keywords = {}
    drain(source)


class _Archive:
    def __init__(self, source: BinaryIO, name: str) -> None:
        self._source = source
        self._name = name
        self._position = 0

    def header(self) -> tarfile.TarInfo | None:
        """Read the next header; None at the mark of the end, which every archive has."""
        start = self._position
        block = self._read(_BLOCK_BYTES)
        try:
            return tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except tarfile.HeaderError as error:
            if not block.strip(b"\0"):
                return None
            self._refuse(start, f"this is no header of a tar archive ({error})", error)

    def size(self, header: tarfile.TarInfo, keywords: dict[str, str]) -> int:
        """Give the size of a file's content."""
        is_sparse = any(keyword.startswith(_SPARSE) for keyword in keywords)
        if header.type == tarfile.GNUTYPE_SPARSE or is_sparse:
            self._refuse(self._position, "this file is sparse, which is not supported")
        given = keywords.get("size", "")
        if given and not (given.isascii() and given.isdigit() and len(given) < 20):
            self._refuse(self._position, f"{given!r} is no size")
        size = int(given) if given else header.size
        if size < 0:
            self._refuse(self._position, f"{size} is no size")
        return size

    def keywords(self, size: int) -> dict[str, str]:
        """Read the keywords of pax: `30 mtime=1350244992.023960108`, each with a line end."""
        start = self._position
        rest, keywords = self.extension(size).rstrip(b"\0"), {}
        while rest:
            length, _, _ = rest.partition(b" ")
            end = int(length) if length.isdigit() and len(length) < 10 else 0
            record, rest = rest[:end], rest[end:]
            keyword, equals, value = record[len(length) + 1 : -1].partition(b"=")
            if not equals or not record.endswith(b"\n") or len(record) != end:
                self._refuse(start, "these are no keywords of pax")
            keywords[keyword.decode(errors="replace")] = value.decode(errors="replace")
        return keywords

    def extension(self, size: int) -> bytes:
        """Read what belongs to the header that follows."""
        if not 0 <= size <= _MAX_EXTENSION_BYTES:
            self._refuse(self._position, f"a name or its like of {size} bytes is absurd")
        return b"".join(self.content(size))

    def content(self, size: int) -> Iterator[bytes]:
        """Read a content of `size` bytes, and what fills up its last block."""
        left = size
        while left:
            chunk = self._read(min(left, CHUNK_BYTES))
            left -= len(chunk)
            yield chunk
        self._read(-size % _BLOCK_BYTES)

    def _read(self, size: int) -> bytes:
        data = self._source.read(size)
        self._position += len(data)
        if len(data) < size:
            self._refuse(self._position, "it is cut off")
        return data

    def _refuse(self, position: int, problem: str, cause: Exception | None = None) -> NoReturn:
        where = f"byte {position}"
        raise InvalidCatalogFileError.at(self._name, where, problem) from cause
