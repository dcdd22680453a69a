"""Streams made of chunks: how the layers of a file are read one inside the other, in order."""

import io
from collections.abc import Callable, Iterator
from typing import IO

CHUNK_BYTES = 64 * 1024


def stream_of(chunks: Iterator[bytes]) -> io.BufferedReader:
    """Give a stream of `chunks`. It cannot seek, but tells how much of it has been read.

    At its start, `peek` gives `CHUNK_BYTES` or all. Reading raises what `chunks` raises.
    """
    return io.BufferedReader(_Chunks(chunks), CHUNK_BYTES)


def chunks_of(
    stream: IO[bytes], on_read: Callable[[int], None] = lambda _: None
) -> Iterator[bytes]:
    """Read `stream` to its end; `on_read` hears how many bytes have been read in all."""
    position = 0
    while chunk := stream.read(CHUNK_BYTES):
        position += len(chunk)
        on_read(position)
        yield chunk


def drain(stream: IO[bytes]) -> None:
    """Read what is left: damage may show at the very end, where the checksums are."""
    for _ in chunks_of(stream):
        pass


class _Chunks(io.RawIOBase):
    """The raw stream below `stream_of`."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")
        self._position = 0

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` as far as there is anything."""
        filled = 0
        while filled < len(buffer):
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._rest = memoryview(chunk)
            part = self._rest[: len(buffer) - filled]
            buffer[filled : filled + len(part)] = part
            self._rest = self._rest[len(part) :]
            filled += len(part)
        self._position += filled
        return filled
