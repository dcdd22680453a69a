from datetime import UTC, datetime

import pytest

from patchwarden.domain.approval import ALWAYS, DAY_S, NEVER, approved_after, end_of_day
from patchwarden.domain.baselines import ApprovalRule

RELEASED = datetime(2026, 2, 28, 13, 30, tzinfo=UTC).timestamp()


def rule(*, days: int | None = None, until: str | None = None) -> ApprovalRule:
    return ApprovalRule(filters=(), approve_after_days=days, approve_until_date=until)


@pytest.mark.parametrize("days", [0, 1, 7, 360])
def test_a_delay_counts_from_the_moment_of_release(days: int) -> None:
    assert approved_after(rule(days=days), RELEASED) == RELEASED + days * DAY_S


@pytest.mark.parametrize("given", [rule(), rule(days=7), rule(until="2000-01-01")])
def test_a_release_that_nobody_knows_is_not_delayed(given: ApprovalRule) -> None:
    assert approved_after(given, None) == ALWAYS


def test_a_rule_without_delay_approves_always() -> None:
    assert approved_after(rule(), RELEASED) == ALWAYS


@pytest.mark.parametrize(
    ("until", "expected"),
    [("2026-02-27", NEVER), ("2026-02-28", ALWAYS), ("2026-03-01", ALWAYS)],
)
def test_a_cut_off_date_includes_its_day(until: str, expected: float) -> None:
    assert approved_after(rule(until=until), RELEASED) == expected


def test_what_is_released_as_the_cut_off_day_ends_is_too_late() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    assert approved_after(rule(until="2026-02-28"), midnight) == NEVER
    assert approved_after(rule(until="2026-02-28"), midnight - 0.001) == ALWAYS


@pytest.mark.parametrize(
    ("date", "next_day"),
    [
        ("2026-02-28", (2026, 3, 1)),
        ("2028-02-28", (2028, 2, 29)),
        ("2028-02-29", (2028, 3, 1)),
        ("2000-02-29", (2000, 3, 1)),
        ("2026-12-31", (2027, 1, 1)),
        ("1969-12-31", (1970, 1, 1)),
    ],
)
def test_a_day_ends_as_the_next_begins(date: str, next_day: tuple[int, int, int]) -> None:
    assert end_of_day(date) == datetime(*next_day, tzinfo=UTC).timestamp()


def test_the_last_day_that_can_be_written_has_an_end() -> None:
    assert end_of_day("9999-12-31") - end_of_day("9999-12-30") == DAY_S


NO_DAYS = [
    "",
    "2026-02-29",
    "2026-02-30",
    "2100-02-29",
    "2026-13-01",
    "2026-00-10",
    "0000-01-01",
    "2026-1-5",
    "20260105",
    "2026-W01-1",
    "2026-01-05T",
    " 2026-01-05",
    "2026-01-05\n",
    "\uff12\uff10\uff12\uff16-01-05",
    "01-05-2026",
]


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"year|month|day|form"):
        end_of_day(text)
