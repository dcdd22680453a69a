"""Columns of numbers laid out so that they compress well: first bytes first, then second bytes.

Neighbours in a column are alike in their upper bytes. Laid side by side, those shrink to almost
nothing, and 16 KiB of them are read back within some microseconds.
"""

import struct
from collections.abc import Sequence

NUMBER_BYTES = 4
MAX_NUMBER = (1 << 8 * NUMBER_BYTES) - 1


def lay_out(numbers: Sequence[int]) -> bytes:
    """Give the planes of a column of unsigned 32-bit numbers, lowest bytes first."""
    packed = struct.pack(f"<{len(numbers)}I", *numbers)
    return b"".join(packed[plane::NUMBER_BYTES] for plane in range(NUMBER_BYTES))


def read(
    planes: bytes, length: int, *, offset: int = 0, rows: range | None = None
) -> Sequence[int]:
    """Give a column of `length` numbers whose planes begin at `offset`, or some rows of it.

    `rows` must have a step of 1.
    """
    first, stop = (0, length) if rows is None else (rows.start, rows.stop)
    packed = bytearray(NUMBER_BYTES * (stop - first))
    for plane in range(NUMBER_BYTES):
        start = offset + plane * length
        packed[plane::NUMBER_BYTES] = planes[start + first : start + stop]
    return struct.unpack(f"<{stop - first}I", packed)
