"""Columns of numbers laid out so that they compress well: first bytes first, then second bytes.

Neighbours in a column are alike in their upper bytes. Laid side by side, those shrink to almost
nothing, and 16 KiB of them are read back within some microseconds.
"""

import struct
from array import array
from collections.abc import Sequence

NUMBER_BYTES = 4
_UNSIGNED = next(code for code in "IL" if array(code).itemsize == NUMBER_BYTES)
MAX_NUMBER = (1 << 8 * NUMBER_BYTES) - 1


def lay_out(numbers: Sequence[int]) -> bytes:
    """Give the planes of a column of unsigned 32-bit numbers, lowest bytes first."""
    packed = struct.pack(f"<{len(numbers)}I", *numbers)
    return b"".join(packed[plane::NUMBER_BYTES] for plane in range(NUMBER_BYTES))


def read(planes: bytes, length: int, *, offset: int = 0) -> Sequence[int]:
    """Give a column of `length` numbers whose planes begin at `offset`."""
    packed = bytearray(NUMBER_BYTES * length)
    for plane in range(NUMBER_BYTES):
        start = offset + plane * length
        packed[plane::NUMBER_BYTES] = planes[start : start + length]
    return struct.unpack(f"<{length}I", packed)


def read_compactly(planes: bytes, length: int, *, offset: int) -> "array[int]":
    """Give a column as `read` does, in the room that its numbers take."""
    return array(_UNSIGNED, read(planes, length, offset=offset))
