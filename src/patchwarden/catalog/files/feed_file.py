"""Opens a file that someone hands us: takes compression and archives off, within limits.

Everything is read in order and once, so that a pipe will do; only a zip archive is put aside on
disk where it cannot be read in place.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from typing import BinaryIO, NoReturn

from patchwarden.catalog.errors import InvalidCatalogFileError, shown
from patchwarden.catalog.feed import HEAD_BYTES, Member
from patchwarden.catalog.files.chunks import chunks_of, drain, stream_of
from patchwarden.catalog.files.decompression import compression_of, decompressed
from patchwarden.catalog.files.tar_archive import is_tar, tar_files
from patchwarden.catalog.files.zip_archive import ZipArchive, is_zip

_GIB = 1024**3
_MAX_SHOWN_NAME = 200
_MAX_NAME = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may hold. The defaults are several times what any vendor publishes."""

    total_bytes: int = 4 * _GIB
    """Of the file, and of all that comes out of it by decompression."""
    member_bytes: int = _GIB
    """Of one file inside, and of a zip archive that has to be put aside."""
    members: int = 500_000
    depth: int = 3
    """How many layers may lie one inside the other: `.tar.gz` has two."""
    ratio: int = 1_000
    """How many times larger it may become by decompression."""
    unquestioned_bytes: int = 64 * 1024**2
    """What decompression may give before its ratio is looked at."""


LIMITS = Limits()


def open_members(
    file: BinaryIO,
    name: str,
    *,
    product: str | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
    limits: Limits = LIMITS,
) -> Iterator[Member]:
    """Give what is in `file`: itself, or the files of the archive that it is.

    A member is read before the next one is asked for; what was not read of it is read then, so
    that damage at its end is not missed. `name` is how errors call the file; `product` goes into
    each member. `on_progress` hears how many bytes of `file` have been read.

    Raises InvalidCatalogFileError, with name and position, where it is damaged, cut off, too
    large or nested too deep; the streams of the members do so too.
    """
    opening = _Opening(file, product, on_progress, limits)
    yield from opening.outermost(shown(name, _MAX_SHOWN_NAME))


class _Opening:
    """What is known of the file while its members are given."""

    def __init__(
        self,
        file: BinaryIO,
        product: str | None,
        on_progress: Callable[[int], None],
        limits: Limits,
    ) -> None:
        self._file = file
        self._product = product
        self._hear_progress = on_progress
        self._progress_bytes = 0
        self._limits = limits
        self._start = file.tell() if file.seekable() else None
        self._expanded_bytes = 0
        self._members_count = 0

    def outermost(self, name: str) -> Iterator[Member]:
        chunks = chunks_of(self._file, self._on_progress)
        source = stream_of(_limited(chunks, name, self._limits.total_bytes))
        return self._members(source, name, 0)

    def _on_progress(self, position: int) -> None:
        if position > self._progress_bytes:
            self._progress_bytes = position
            self._hear_progress(position)

    def _members(self, source: BufferedReader, name: str, depth: int) -> Iterator[Member]:
        head = source.peek(HEAD_BYTES)[:HEAD_BYTES]
        compression = compression_of(head)
        if compression is None and not is_tar(head) and not is_zip(head):
            yield self._member(source, head, name)
            drain(source)
            return
        if depth == self._limits.depth:
            problem = f"it has more than {depth} layers of compression and archives"
            raise InvalidCatalogFileError.at(name, "", problem)
        if compression is not None:
            content = decompressed(source, compression, name)
            inner = stream_of(self._expanded(content, name, source.tell))
            yield from self._members(inner, name, depth + 1)
        elif is_tar(head):
            for inside, content in tar_files(source, name):
                yield from self._members(stream_of(content), _inside(name, inside), depth + 1)
        else:
            yield from self._zip_members(source, name, depth)

    def _zip_members(self, source: BufferedReader, name: str, depth: int) -> Iterator[Member]:
        if depth == 0 and self._start is not None:
            self._file.seek(self._start)
            yield from self._members_of_zip(self._file, name, depth, self._on_progress)
            return
        with tempfile.TemporaryFile() as aside:
            for chunk in _limited(chunks_of(source), name, self._limits.member_bytes):
                aside.write(chunk)
            yield from self._members_of_zip(aside, name, depth, lambda _: None)

    def _members_of_zip(
        self, file: BinaryIO, name: str, depth: int, on_progress: Callable[[int], None]
    ) -> Iterator[Member]:
        archive = ZipArchive(file, name)
        for info in archive.files:
            inside = _inside(name, info.filename)
            size = partial(int, info.compress_size)
            content = self._expanded(archive.content(info), inside, size)
            yield from self._members(stream_of(content), inside, depth + 1)
            on_progress(info.header_offset + info.compress_size)

    def _member(self, source: BufferedReader, head: bytes, name: str) -> Member:
        self._members_count += 1
        if self._members_count > self._limits.members:
            problem = f"more than {self._limits.members} files are inside"
            raise InvalidCatalogFileError.at(name, "", problem)
        stream = stream_of(_limited(chunks_of(source), name, self._limits.member_bytes))
        return Member(name=name, head=head, stream=stream, product=self._product)

    def _expanded(
        self, chunks: Iterator[bytes], name: str, consumed_bytes: Callable[[], int]
    ) -> Iterator[bytes]:
        """Let decompressed chunks through until they are too many, or too many for their input."""
        size = 0
        limits = self._limits
        for chunk in chunks:
            size += len(chunk)
            self._expanded_bytes += len(chunk)
            if self._expanded_bytes > limits.total_bytes:
                _refuse_size(name, limits.total_bytes, "all that is inside together")
            if size > limits.unquestioned_bytes and size > limits.ratio * consumed_bytes():
                problem = f"it becomes more than {limits.ratio} times larger by decompression"
                raise InvalidCatalogFileError.at(name, f"byte {size}", problem)
            yield chunk


def _limited(chunks: Iterator[bytes], name: str, limit_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit_bytes:
            _refuse_size(name, limit_bytes, "it")
        yield chunk


def _refuse_size(name: str, limit_bytes: int, what: str) -> NoReturn:
    problem = f"{what} is larger than {limit_bytes} bytes"
    raise InvalidCatalogFileError.at(name, f"byte {limit_bytes}", problem)


def _inside(archive: str, name: str) -> str:
    """Give the name of a file inside an archive, as errors show it. It is never a path for us."""
    if not name or len(name) > _MAX_NAME:
        problem = f"a file inside has a name of {len(name)} characters"
        raise InvalidCatalogFileError.at(archive, "", problem)
    return f"{archive}: {shown(name.removeprefix('./'), _MAX_SHOWN_NAME)}"
