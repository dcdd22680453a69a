import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.store import byte_planes

numbers = st.integers(0, byte_planes.MAX_NUMBER)
columns = st.lists(numbers, max_size=20)


def test_lowest_bytes_come_first() -> None:
    assert byte_planes.lay_out([0x04030201, 0x0D0C0B0A]) == bytes.fromhex("010a020b030c040d")


@given(columns, st.binary(max_size=5), st.binary(max_size=5))
def test_a_column_comes_back_from_wherever_it_stands(
    column: list[int], before: bytes, after: bytes
) -> None:
    planes = before + byte_planes.lay_out(column) + after
    assert list(byte_planes.read(planes, len(column), offset=len(before))) == column


@given(columns, st.binary(max_size=5))
def test_a_column_is_the_same_read_compactly(column: list[int], before: bytes) -> None:
    planes = before + byte_planes.lay_out(column)
    assert list(byte_planes.read_compactly(planes, len(column), offset=len(before))) == column


@pytest.mark.parametrize("number", [-1, byte_planes.MAX_NUMBER + 1])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(struct.error):
        byte_planes.lay_out([number])
