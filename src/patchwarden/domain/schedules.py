"""When a maintenance window opens: the expressions that Systems Manager takes (contract 6.7).

```
cron(0 16 ? * TUE *)        minutes hours day-of-month month day-of-week year
cron(24 30 9 ? * * *)       the same with seconds in front
rate(7 days)
at(2026-01-31T02:00:00)
```
The grammar is that of the user guide's reference for cron and rate expressions. Names of months
and days may be written in either case, and a range may go round the end of its field.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from patchwarden.errors import CallerError

_ANY_DAY = "?"
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_DAY = f"([1-7]|{'|'.join(_DAYS)})"


class InvalidScheduleError(CallerError):
    """A schedule is no expression that Systems Manager takes."""

    code = "InvalidSchedule"


class _Field(NamedTuple):
    """One field of a cron expression."""

    name: str
    least: int
    most: int
    names: frozenset[str] = frozenset()
    """Words that stand for values."""
    special: str = "(?!)"
    """The pattern of what it may be instead of a list of values, ranges and steps."""


_DAY_OF_MONTH = _Field(
    "day of month",
    1,
    31,
    # The last day, some days before it, the last weekday, the weekday nearest to a day.
    special=r"\?|L|L-([1-9]|[12]\d|30)|LW|([1-9]|[12]\d|3[01])W",
)
_DAY_OF_WEEK = _Field(
    "day of week",
    1,
    7,
    frozenset(_DAYS),
    # The last day of the week, the last such day of a month, the n-th such day of a month.
    special=rf"\?|L|{_DAY}L|{_DAY}#[1-5]",
)
_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _DAY_OF_MONTH,
    _Field("month", 1, 12, frozenset(_MONTHS)),
    _DAY_OF_WEEK,
    _Field("year", 1970, 2199),
)
_LAYOUTS = {len(layout): layout for layout in (_FIELDS, (_Field("seconds", 0, 59), *_FIELDS))}

_EXPRESSION = re.compile(r"(?P<kind>cron|rate|at)\((?P<body>[ -~]*)\)")
_ITEM = re.compile(r"(\*|(?P<first>\w+)(-(?P<last>\w+))?)(/(?P<step>\d{1,4}))?", re.ASCII)
_RATE = re.compile(r"1 (minute|hour|day)|(?!1 )[1-9][0-9]* (minutes|hours|days)")
_AT = re.compile(r"[0-9-]{10}T[0-9:]{8}")
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


def check_schedule(expression: str) -> None:
    """Check the schedule of a maintenance window.

    Raises InvalidScheduleError, which says what is wrong.
    """
    form = _EXPRESSION.fullmatch(expression)
    if form is None:
        raise InvalidScheduleError(
            f"Schedule {expression} must have the form cron(...), rate(...) or at(...)."
        )
    _CHECKS[form["kind"]](form["body"])


def is_cron(expression: str) -> bool:
    """Say whether a valid schedule is a cron expression."""
    return expression.startswith("cron(")


def is_date_time(text: str) -> bool:
    """Say whether `text` is a date and time in the extended form of ISO 8601."""
    if _DATE_TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_cron(body: str) -> None:
    texts = body.upper().split()
    layout = _LAYOUTS.get(len(texts))
    if layout is None:
        raise InvalidScheduleError(
            f"cron({body}) has {len(texts)} fields; it needs minutes, hours, day of month, month,"
            " day of week and year, and may have seconds in front."
        )
    given = dict(zip(layout, texts, strict=True))
    for field, text in given.items():
        if not _is_valid(field, text):
            raise InvalidScheduleError(
                f"cron({body}) is not valid: the {field.name} cannot be {text}."
            )
    if [given[_DAY_OF_MONTH], given[_DAY_OF_WEEK]].count(_ANY_DAY) != 1:
        raise InvalidScheduleError(
            f"cron({body}) is not valid: either the day of month or the day of week must be"
            f" {_ANY_DAY}, and the other one must not."
        )


def _is_valid(field: _Field, text: str) -> bool:
    if re.fullmatch(field.special, text):
        return True
    return all(_is_valid_item(field, item) for item in text.split(","))


def _is_valid_item(field: _Field, item: str) -> bool:
    form = _ITEM.fullmatch(item)
    if form is None or int(form["step"] or 1) == 0:
        return False
    return all(
        text in field.names or (text.isdigit() and field.least <= int(text) <= field.most)
        for text in (form["first"], form["last"])
        if text is not None
    )


def _check_rate(body: str) -> None:
    if not _RATE.fullmatch(body):
        raise InvalidScheduleError(
            f"rate({body}) is not valid; examples of what is: rate(1 hour), rate(30 minutes),"
            " rate(7 days)."
        )


def _check_at(body: str) -> None:
    if not _AT.fullmatch(body) or not is_date_time(body):
        raise InvalidScheduleError(
            f"at({body}) is not valid; it needs an instant in the form yyyy-mm-ddThh:mm:ss."
        )


_CHECKS: Mapping[str, Callable[[str], None]] = {
    "cron": _check_cron,
    "rate": _check_rate,
    "at": _check_at,
}
