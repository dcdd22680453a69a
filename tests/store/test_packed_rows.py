import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.patches import PatchRecord, Verdict
from patchwarden.domain.states import STATES_WITHOUT_INSTALL, ComplianceLevel, PatchState
from patchwarden.store.packed_rows import (
    NO_ROWS,
    NOT_INSTALLED,
    PackedRows,
    pack,
    read_kind,
    record_id_of,
    state_of,
)

RECORD = PatchRecord(title="a:1", kb_id="a", classification="", severity="", cve_ids="")
UINT32 = st.integers(min_value=0, max_value=2**32 - 2)


def possible(verdict: Verdict) -> Verdict:
    """Take away what a patch that is not installed cannot have."""
    if verdict.state in STATES_WITHOUT_INSTALL:
        return verdict._replace(installed_at=0.0)
    return verdict


VERDICTS = st.builds(
    Verdict,
    record=st.just(RECORD),
    state=st.sampled_from(PatchState),
    compliance_level=st.sampled_from(ComplianceLevel),
    installed_at=UINT32.map(float),
    installed_by=st.none() | st.sampled_from(["root", "ann", "ben"]),
).map(possible)
RECORD_IDS = st.integers(min_value=0, max_value=2**28 - 1)
ROWS = st.lists(st.tuples(VERDICTS, RECORD_IDS), max_size=30)


def packed(rows: list[tuple[Verdict, int]]) -> PackedRows:
    return pack([verdict for verdict, _ in rows], [record_id for _, record_id in rows])


def unpacked(rows: PackedRows, positions: range | list[int]) -> list[tuple[Verdict, int]]:
    codes = rows.pick_codes(positions)
    levels = rows.pick_levels(positions)
    times = rows.pick_times(positions)
    installers = rows.pick_installers(positions) if rows.installers else [0] * len(positions)
    names = [None, *rows.installers]
    return [
        (
            Verdict(
                record=RECORD,
                state=state_of(code),
                compliance_level=level,
                installed_at=0.0 if time == NOT_INSTALLED else float(time),
                installed_by=names[installer],
            ),
            record_id_of(code),
        )
        for code, level, time, installer in zip(codes, levels, times, installers, strict=True)
    ]


def verdict(installed_by: str | None = None, state: PatchState = PatchState.INSTALLED) -> Verdict:
    return Verdict(
        record=RECORD,
        state=state,
        compliance_level=ComplianceLevel.UNSPECIFIED,
        installed_at=1.0,
        installed_by=installed_by,
    )


@given(ROWS)
def test_rows_come_back_as_they_were(rows: list[tuple[Verdict, int]]) -> None:
    assert len(packed(rows)) == len(rows)
    assert unpacked(packed(rows), range(len(rows))) == rows


@given(ROWS, st.data())
def test_a_page_is_a_slice(rows: list[tuple[Verdict, int]], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(rows)))
    stop = data.draw(st.integers(start, len(rows)))
    assert unpacked(packed(rows), range(start, stop)) == rows[start:stop]


@given(ROWS.filter(bool), st.data())
def test_any_positions_can_be_picked(rows: list[tuple[Verdict, int]], data: st.DataObject) -> None:
    positions = data.draw(st.lists(st.integers(0, len(rows) - 1), unique=True))
    expected = [rows[position] for position in positions]
    assert unpacked(packed(rows), positions) == expected
    assert unpacked(packed(rows), range(0, len(rows), 2)) == rows[::2]


@given(ROWS, st.sets(st.sampled_from(PatchState)), st.data())
def test_rows_are_found_by_their_states(
    rows: list[tuple[Verdict, int]], states: set[PatchState], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(rows)))
    expected = [
        position
        for position, (verdict, _) in enumerate(rows)
        if position >= start and verdict.state in states
    ]
    assert list(packed(rows).positions_in(frozenset(states), start)) == expected


@given(ROWS, st.integers(min_value=0, max_value=40))
def test_rows_are_found_by_their_kind(rows: list[tuple[Verdict, int]], start: int) -> None:
    kinds = packed(rows).kinds
    assert [read_kind(kind) for kind in kinds] == [
        (verdict.state, verdict.compliance_level) for verdict, _ in rows
    ]
    wanted = set(kinds[::2])
    expected = [position for position in range(start, len(rows)) if kinds[position] in wanted]
    assert list(packed(rows).positions_of(wanted, start)) == expected


def test_a_row_has_nine_bytes() -> None:
    assert len(pack([verdict()] * 100, range(100)).data) == 900


def test_a_row_has_ten_bytes_where_installers_are_known() -> None:
    assert len(pack([verdict(), verdict("ann")], range(2)).data) == 20


@pytest.mark.parametrize("count", [1, 255, 256, 1000])
def test_only_255_installers_are_told_apart(count: int) -> None:
    rows = pack([verdict(f"user{number}") for number in range(count)], range(count))
    names = [None, *rows.installers]
    told = [names[code] for code in rows.pick_installers(range(count))]
    assert told == [f"user{number}" if number < 255 else None for number in range(count)]


def test_a_patch_that_is_not_installed_has_no_time() -> None:
    rows = pack([verdict(state=state) for state in PatchState], range(8))
    without = {
        state
        for state, time in zip(PatchState, rows.pick_times(range(8)), strict=True)
        if time == NOT_INSTALLED
    }
    assert without == STATES_WITHOUT_INSTALL


def test_the_last_instant_that_fits_is_one_before_the_mark() -> None:
    rows = pack([verdict()._replace(installed_at=float(NOT_INSTALLED))], [1])
    assert list(rows.pick_times(range(1))) == [NOT_INSTALLED - 1]


def test_parts_of_seconds_are_dropped() -> None:
    rows = pack([verdict()._replace(installed_at=12.9)], [1])
    assert list(rows.pick_times(range(1))) == [12]


def test_no_rows_are_no_bytes() -> None:
    assert pack([], []) == NO_ROWS
    assert (len(NO_ROWS), NO_ROWS.data, list(NO_ROWS.pick_codes(range(0)))) == (0, b"", [])
