"""The schedules of maintenance windows."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden.domain.schedules import (
    InvalidScheduleError,
    check_schedule,
    is_cron,
    is_date_time,
)

# Most of these are the shapes of examples in AWS's user guide.
VALID = [
    "cron(0 16 ? * TUE *)",
    "cron(0 10 * * ? *)",
    "cron(30 09 ? * * *)",
    "cron(24 30 09 ? * * *)",
    "cron(0 0 22 ? * TUE *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(*/15 0-6/2,22 ? * 1,7 *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 0 ? * FRI-MON *)",
    "cron(0 22-2 ? * SAT,SUN *)",
    "cron(30 23 ? * TUE#3 *)",
    "cron(30 23 ? * 3#5 *)",
    "cron(0 2 L * ? *)",
    "cron(0 2 LW * ? *)",
    "cron(0 2 L-3 * ? *)",
    "cron(0 2 15W * ? *)",
    "cron(15 10 ? * 6L *)",
    "cron(15 10 ? * friL *)",
    "cron(15 10 ? * L *)",
    "cron(0 0 1 JAN,apr-Jun ? 2026-2030)",
    "cron(0 0 1 1/3 ? 1970/2)",
    "cron( 0  2 ? * SUN * )",
    "rate(1 minute)",
    "rate(30 minutes)",
    "rate(1 hour)",
    "rate(5 hours)",
    "rate(1 day)",
    "rate(25 days)",
    "rate(10 days)",
    "at(2026-07-07T15:55:00)",
    "at(2028-02-29T00:00:00)",
]
INVALID = [
    ("", "must have the form"),
    ("0 16 ? * TUE *", "must have the form"),
    ("cron 0 16 ? * TUE *", "must have the form"),
    ("Cron(0 16 ? * TUE *)", "must have the form"),
    ("cron(0 16 ? * TUE *) ", "must have the form"),
    ("cron(0 16 ? * TUE *\n)", "must have the form"),
    ("cron(0 16 ? * \u017fUN *)", "must have the form"),
    ("every(1 day)", "must have the form"),
    ("cron()", "has 0 fields"),
    ("cron(0 16 ? * TUE)", "has 5 fields"),
    ("cron(0 0 0 16 ? * TUE *)", "has 8 fields"),
    ("cron(60 16 ? * TUE *)", "the minutes cannot be 60"),
    ("cron(60 0 16 ? * TUE *)", "the seconds cannot be 60"),
    ("cron(0 24 ? * TUE *)", "the hours cannot be 24"),
    ("cron(0 -1 ? * TUE *)", "the hours cannot be -1"),
    ("cron(0 1- ? * TUE *)", "the hours cannot be 1-"),
    ("cron(0 1,,2 ? * TUE *)", "the hours cannot be 1,,2"),
    ("cron(0 */0 ? * TUE *)", r"the hours cannot be \*/0"),
    ("cron(0 /2 ? * TUE *)", "the hours cannot be /2"),
    ("cron(0 *-2 ? * TUE *)", r"the hours cannot be \*-2"),
    ("cron(0 ? 1 * ? *)", r"the hours cannot be \?"),
    ("cron(0 TUE 1 * ? *)", "the hours cannot be TUE"),
    ("cron(0 0 0 * ? *)", "the day of month cannot be 0"),
    ("cron(0 0 32 * ? *)", "the day of month cannot be 32"),
    ("cron(0 0 32W * ? *)", "the day of month cannot be 32W"),
    ("cron(0 0 L,1 * ? *)", "the day of month cannot be L,1"),
    ("cron(0 0 1 13 ? *)", "the month cannot be 13"),
    ("cron(0 0 1 MON ? *)", "the month cannot be MON"),
    ("cron(0 0 ? * 0 *)", "the day of week cannot be 0"),
    ("cron(0 0 ? * 8 *)", "the day of week cannot be 8"),
    ("cron(0 0 ? * TUE#6 *)", "the day of week cannot be TUE#6"),
    ("cron(0 0 ? * 3#1,6#3 *)", "the day of week cannot be 3#1,6#3"),
    ("cron(0 0 ? * MONDAY *)", "the day of week cannot be MONDAY"),
    ("cron(0 0 1 * ? 1969)", "the year cannot be 1969"),
    ("cron(0 0 1 * ? 2200)", "the year cannot be 2200"),
    ("cron(0 16 * * * *)", r"must be \?"),
    ("cron(0 16 ? * ? *)", r"must be \?"),
    ("cron(0 16 1 * TUE *)", r"must be \?"),
    ("rate()", "rate.. is not valid"),
    ("rate(0 days)", "is not valid"),
    ("rate(1 days)", "is not valid"),
    ("rate(1 hours)", "is not valid"),
    ("rate(5 hour)", "is not valid"),
    ("rate(-5 hours)", "is not valid"),
    ("rate(05 hours)", "is not valid"),
    ("rate(2 weeks)", "is not valid"),
    ("rate(1day)", "is not valid"),
    ("at()", "at.. is not valid"),
    ("at(2026-07-07)", "is not valid"),
    ("at(2026-07-07T15:55)", "is not valid"),
    ("at(2026-07-07T15:55:00Z)", "is not valid"),
    ("at(2026-07-07 15:55:00)", "is not valid"),
    ("at(2026-02-29T15:55:00)", "is not valid"),
    ("at(2026-07-07T25:55:00)", "is not valid"),
]


@pytest.mark.parametrize("expression", VALID)
def test_what_is_a_schedule(expression: str) -> None:
    check_schedule(expression)


@pytest.mark.parametrize(("expression", "reason"), INVALID)
def test_what_is_no_schedule(expression: str, reason: str) -> None:
    with pytest.raises(InvalidScheduleError, match=reason):
        check_schedule(expression)


@given(st.text("0123456789*?,-/LW#SUNJAcronrateath():T ", max_size=30))
def test_whatever_is_written_is_a_schedule_or_is_refused(body: str) -> None:
    for expression in (body, f"cron({body})", f"rate({body})", f"at({body})"):
        with contextlib.suppress(InvalidScheduleError):
            check_schedule(expression)


@given(st.data())
def test_lists_of_values_ranges_and_steps_are_taken_in_every_field(data: st.DataObject) -> None:
    def field(least: int, most: int) -> str:
        value = st.integers(least, most).map(str)
        span = st.tuples(value, value).map("-".join)
        stepped = st.tuples(st.just("*") | value | span, st.integers(1, 9).map(str)).map("/".join)
        items = st.lists(st.just("*") | value | span | stepped, min_size=1, max_size=4)
        return data.draw(items.map(",".join))

    days = data.draw(st.permutations([field(1, 7), "?"]))
    time = f"{field(0, 59)} {field(0, 23)}"
    check_schedule(f"cron({time} {days[0]} {field(1, 12)} {days[1]} {field(1970, 2199)})")


@pytest.mark.parametrize("expression", VALID)
def test_only_cron_is_cron(expression: str) -> None:
    assert is_cron(expression) is bool(re.match("cron", expression))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T02:00:00Z", True),
        ("2026-01-31T02:00:00-08:00", True),
        ("2026-01-31T02:00:00.123Z", True),
        ("2026-01-31T02:00:00", True),
        ("2026-01-31T02:00Z", True),
        ("2026-01-31", False),
        ("2026-01-31 02:00:00", False),
        ("20260131T020000Z", False),
        ("2026-W05-6T02:00:00Z", False),
        ("2026-02-30T02:00:00Z", False),
        ("2026-01-31T02:00:00+24:00", False),
        ("2026-01-31T02:00:00-0800", False),
        ("0000-01-31T02:00:00Z", False),
        ("٢٠٢٦-01-31T02:00:00Z", False),
        ("soon", False),
        ("", False),
    ],
)
def test_what_is_a_date_and_time(text: str, expected: bool) -> None:
    assert is_date_time(text) is expected
