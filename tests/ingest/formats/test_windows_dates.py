"""Dates as the tools of Windows write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW
from patchwarden.ingest.formats.format import DateOrder
from patchwarden.ingest.formats.windows_dates import DateReader
from windows_files import at

JANUARY_9 = at("2019-01-09T00:00:00Z")
SEPTEMBER_1 = at("2019-09-01T00:00:00Z")


def read(date: object, *others: object, order: DateOrder | None = None) -> float | None:
    """Read a date that stands with others in a file."""
    return DateReader([date, *others], order, NOW).read(date)


@pytest.mark.parametrize(
    "date",
    [
        "2019-01-09",
        "2019-01-09T00:00:00Z",
        "2019-01-09T00:00:00.0000000Z",
        "2019-01-09T01:00:00+01:00",
        "2019-01-09 00:00:00",
        "/Date(1546992000000)/",
        "/Date(1546992000000+0100)/",
        {"value": "/Date(1546992000000)/", "DateTime": "mercredi 9 janvier 2019 00:00:00"},
        {"value": "2019-01-09T00:00:00", "DisplayHint": 2},
        "09.01.2019",
        "09.01.2019 00:00:00",
        "9. 1. 2019 0:00:00",
        "2019. 01. 09. 0:00:00",
        "2019/01/09 0:00:00",
        "09.01.19",
    ],
)
def test_these_can_mean_one_day_alone(date: object) -> None:
    assert read(date) == JANUARY_9


@pytest.mark.parametrize(
    ("date", "order", "expected"),
    [
        ("1/9/2019 12:00:00 AM", "month-first", JANUARY_9),
        ("1/9/2019 12:00:00 AM", "day-first", SEPTEMBER_1),
        ("09-01-2019", "day-first", JANUARY_9),
        ("9.1.2019", "month-first", JANUARY_9),
    ],
)
def test_the_user_knows_the_order(date: str, order: DateOrder, expected: float) -> None:
    assert read(date, order=order) == expected


def test_another_date_of_the_file_proves_the_order() -> None:
    assert read("1/9/2019", "8/13/2019") == JANUARY_9
    assert read("1/9/2019", "13/8/2019") == SEPTEMBER_1


def test_a_date_after_the_scan_proves_the_order() -> None:
    assert read("1/9/2019", "1/12/2025") == JANUARY_9


def test_a_date_that_can_be_two_days_is_not_read_but_remembered() -> None:
    dates = DateReader(["1/9/2019", "2/3/2019"], None, NOW)
    assert dates.read("1/9/2019") is None
    assert dates.undecided == ["1/9/2019"]


def test_the_same_day_in_both_orders_needs_no_proof() -> None:
    assert read("3/3/2019") == at("2019-03-03T00:00:00Z")


def test_dates_that_contradict_each_other_prove_nothing() -> None:
    assert read("1/9/2019", "8/13/2019", "13/8/2019") is None


def test_a_date_that_is_none_proves_nothing() -> None:
    assert read("1/9/2019", "13/13/2019", "1/1/2562", "8/13/2019") == JANUARY_9


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "never",
        0,
        [],
        {},
        {"DateTime": "Wednesday, January 9, 2019 12:00:00 AM"},
        "0001-01-01T00:00:00",
        "1899-12-30T00:00:00Z",
        "/Date(-62135596800000)/",
        "/Date(99999999999999999999)/",
        "2019-13-40",
        "2019-01-09T99:99:99",
        "31/02/2019",
        "9/1/2562 0:00:00",
        "9/1/1440",
        "2099-01-01",
        "\u0669/\u0661/2019",
    ],
)
def test_these_are_no_dates(date: object) -> None:
    assert read(date) is None


@pytest.mark.parametrize("offset_h", range(-10, 14))
@pytest.mark.parametrize("day", [JANUARY_9, JANUARY_9 + 86_400])
def test_a_day_of_the_nodes_own_calendar_is_that_day(offset_h: int, day: float) -> None:
    midnight_there_ms = int(day - offset_h * 3600) * 1000
    assert DateReader([], None, NOW).read_day(f"/Date({midnight_there_ms})/") == day


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{1,4}[./-][0-9]{1,3}[./-][0-9]{1,5}")))
def test_anything_is_a_date_or_none(date: str) -> None:
    found = read(date)
    assert found is None or 0 < found <= NOW + 86_400
