"""The patches of one node as packed columns: 9 bytes a row, some 3 when compressed.

For each node, as byte planes: a column of u32 codes for record and state, one of u32 install times
in whole seconds; then one of u8 states and compliance levels, and, only if anybody is known to have
installed anything, one of u8 positions in the node's list of installers. A page is a slice of each
column.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from patchwarden.domain.patches import Verdict
from patchwarden.domain.states import STATES_WITHOUT_INSTALL, ComplianceLevel, PatchState
from patchwarden.store import byte_planes

_STATES = tuple(PatchState)
_CODE_OF_STATE = {state: code for code, state in enumerate(_STATES)}
_STATE_BITS = 4
"""The lower bits of a code or byte hold the state, the upper ones the record or the level."""
_STATE_MASK = (1 << _STATE_BITS) - 1
_MAX_RECORD_ID = byte_planes.MAX_NUMBER >> _STATE_BITS
NOT_INSTALLED = byte_planes.MAX_NUMBER
"""Stands for the time of a patch that is not installed."""
_MAX_INSTALLERS = 255
_MARK = 1


@dataclass(frozen=True)
class PackedRows:
    """The columns of one evaluation."""

    data: bytes
    installers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.data) // (10 if self.installers else 9)

    @property
    def kinds(self) -> bytes:
        """Give the column of states and levels, a byte a row; `read_kind` reads one."""
        return self.data[8 * len(self) : 9 * len(self)]

    def positions_in(self, states: frozenset[PatchState], start: int) -> Iterator[int]:
        """Give the rows from `start` on that are in one of `states`, in their order."""
        return self._marked(_marking(states), start)

    def positions_of(self, kinds: Collection[int], start: int) -> Iterator[int]:
        """Give the rows from `start` on that are of one of `kinds`, in their order."""
        return self._marked(bytes(kind in kinds for kind in range(256)), start)

    def pick_codes(self, positions: Sequence[int]) -> Sequence[int]:
        """Give the codes of some rows; `record_id_of` and `state_of` read them."""
        return _picked(self._codes, positions)

    def pick_levels(self, positions: Sequence[int]) -> Sequence[ComplianceLevel]:
        """Give the compliance levels of some rows."""
        return [ComplianceLevel(byte >> _STATE_BITS) for byte in self._u8_column(8, positions)]

    def pick_times(self, positions: Sequence[int]) -> Sequence[int]:
        """Give the install times of some rows, in whole seconds.

        It is 0 where nobody knows it, `NOT_INSTALLED` where there is none.
        """
        return _picked(self._times, positions)

    def pick_installers(self, positions: Sequence[int]) -> Sequence[int]:
        """Give who installed the patches of some rows: 0 unknown, n the n-th of `installers`."""
        return self._u8_column(9, positions)

    def _marked(self, marking: bytes, start: int) -> Iterator[int]:
        marks = self.kinds.translate(marking)
        found = marks.find(_MARK, start)
        while found >= 0:
            yield found
            found = marks.find(_MARK, found + 1)

    @cached_property
    def _codes(self) -> Sequence[int]:
        return byte_planes.read_compactly(self.data, len(self), offset=0)

    @cached_property
    def _times(self) -> Sequence[int]:
        return byte_planes.read_compactly(self.data, len(self), offset=4 * len(self))

    def _u8_column(self, column: int, positions: Sequence[int]) -> Sequence[int]:
        start = column * len(self)
        return _picked(self.data[start : start + len(self)], positions)


def _picked(column: Sequence[int], positions: Sequence[int]) -> Sequence[int]:
    if isinstance(positions, range) and positions.step == 1:
        return column[positions.start : positions.stop]
    return [column[position] for position in positions]


NO_ROWS = PackedRows(b"", ())


def record_id_of(code: int) -> int:
    """Read the id of the record out of a row's code."""
    return code >> _STATE_BITS


def state_code_of(code: int) -> int:
    """Read the number of the state out of a row's code; it never changes for a state."""
    return code & _STATE_MASK


def state_of(code: int) -> PatchState:
    """Read the state out of a row's code."""
    return _STATES[code & _STATE_MASK]


def read_kind(kind: int) -> tuple[PatchState, ComplianceLevel]:
    """Read the state and the compliance level out of a byte of `kinds`."""
    return _STATES[kind & _STATE_MASK], ComplianceLevel(kind >> _STATE_BITS)


def pack(verdicts: Sequence[Verdict], record_ids: Iterable[int]) -> PackedRows:
    """Pack `verdicts`, whose records are stored under `record_ids`, in their order."""
    codes = [
        code_of(record_id, verdict.state)
        for record_id, verdict in zip(record_ids, verdicts, strict=True)
    ]
    return pack_columns(
        codes,
        list(map(_time, verdicts)),
        bytes(kind_of(verdict.state, verdict.compliance_level) for verdict in verdicts),
        [verdict.installed_by for verdict in verdicts],
    )


def pack_columns(
    codes: Sequence[int],
    times: Sequence[int],
    kinds: bytes,
    installed_by: Sequence[str | None] = (),
) -> PackedRows:
    """Pack columns of as many rows; `installed_by` may be empty if nobody is known."""
    columns = [byte_planes.lay_out(codes), byte_planes.lay_out(times), kinds]
    # One byte a row: beyond 255 people on one machine, the rest count as unknown.
    installers = tuple(dict.fromkeys(filter(None, installed_by)))[:_MAX_INSTALLERS]
    if installers:
        numbers = dict.fromkeys(installed_by, 0)
        numbers.update((name, number) for number, name in enumerate(installers, start=1))
        columns.append(bytes(map(numbers.__getitem__, installed_by)))
    return PackedRows(b"".join(columns), installers)


def code_of(record_id: int, state: PatchState) -> int:
    """Give the code of a row."""
    assert record_id <= _MAX_RECORD_ID
    return record_id << _STATE_BITS | _CODE_OF_STATE[state]


def kind_of(state: PatchState, level: ComplianceLevel) -> int:
    """Give the byte of a row in `kinds`."""
    return _CODE_OF_STATE[state] | level << _STATE_BITS


def time_of(installed_at: float) -> int:
    """Give the time of a row that is installed; 0.0 if nobody knows when."""
    return min(int(installed_at), NOT_INSTALLED - 1)


def _time(verdict: Verdict) -> int:
    if verdict.state in STATES_WITHOUT_INSTALL:
        return NOT_INSTALLED
    return time_of(verdict.installed_at)


@lru_cache(maxsize=256)
def _marking(states: frozenset[PatchState]) -> bytes:
    codes = {_CODE_OF_STATE[state] for state in states}
    return bytes(_MARK if packed & _STATE_MASK in codes else 0 for packed in range(256))
