"""Reads the dates of Windows tools: ISO 8601, ConvertTo-Json's, and those of one country's people.

Every date that is not known, is no date, or cannot be is None; never an error.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from patchwarden.ingest.formats.format import DateOrder

_DAY_S = 86_400.0
_FARTHEST_EAST_S = 13.5 * 3600
"""Between the zones of New Zealand in summer and of Hawaii, which are 23 hours apart."""
_EARLIEST = 631_152_000.0
"""1990: no Windows has updates older than that."""
_LATEST_DIGITS = 16
# `/Date(1546992000000)/`, `/Date(1546992000000+0100)/`
_JAVASCRIPT = re.compile(r"/Date\((-?[0-9]+)(?:[+-][0-9]{4})?\)/")
# `2019-01-09`, `2019-01-09T00:00:00`, `2019-01-09T00:00:00.0000000+01:00`
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{5,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
# `1/9/2019 12:00:00 AM`, `09.01.2019`, `9. 1. 2019 0:00:00`, `2019/01/09 0:00:00`
_NUMBERS = re.compile(r"([0-9]{1,4})([./-]) ?([0-9]{1,2})\2 ?([0-9]{4}|[0-9]{2})\.?(?: .*)?")
_ORDERS: tuple[DateOrder, ...] = ("month-first", "day-first")


HOW_TO_DECIDE = "say which by --date-order day-first or month-first"


class DateReader:
    """Reads the dates of one file, of which all local ones are in the same order."""

    def __init__(self, dates: Iterable[object], order: DateOrder | None, latest: float) -> None:
        """Take every date of the file, the order if the user knows it, and when it was made.

        No date can be more than a day after that: this, too, tells month from day.
        """
        self._latest = latest + _DAY_S
        self._order = order or self._proven(dates)
        self.undecided: list[str] = []
        """Dates that were not read, since they can be two days."""

    def read(self, date: object) -> float | None:
        """Give the seconds since 1970 of a date or time; of a bare date, its midnight in UTC."""
        text = _text_of(date)
        if match := _JAVASCRIPT.fullmatch(text):
            return self._possible(_milliseconds(match[1]))
        if _ISO.fullmatch(text):
            return self._possible(_iso_instant(text))
        match = _NUMBERS.fullmatch(text)
        return None if match is None else self._local_day(match)

    def read_day(self, date: object) -> float | None:
        """Give the midnight in UTC of what is known to be a midnight somewhere.

        ConvertTo-Json turns a day of the node's calendar into the instant when it began there:
        up to 13 hours before it begins in UTC (New Zealand), or 10 hours after (Hawaii).
        """
        instant = self.read(date)
        return None if instant is None else (instant + _FARTHEST_EAST_S) // _DAY_S * _DAY_S

    def _local_day(self, match: re.Match[str]) -> float | None:
        days = {order: self._possible(_day(match, order)) for order in _ORDERS}
        if self._order is not None:
            return days[self._order]
        known = {day for day in days.values() if day is not None}
        if len(known) > 1:
            self.undecided.append(match[0])
        return known.pop() if len(known) == 1 else None

    def _proven(self, dates: Iterable[object]) -> DateOrder | None:
        """Give the only order in which every date of the file can be one."""
        found = [_NUMBERS.fullmatch(_text_of(date)) for date in dates]
        possible = [self._possible_orders(match) for match in found if match is not None]
        common = set(_ORDERS).intersection(*(orders for orders in possible if orders))
        return common.pop() if len(common) == 1 else None

    def _possible_orders(self, match: re.Match[str]) -> set[DateOrder]:
        return {order for order in _ORDERS if self._possible(_day(match, order)) is not None}

    def _possible(self, instant: float | None) -> float | None:
        if instant is None or not _EARLIEST <= instant <= self._latest:
            return None
        return instant


def _text_of(date: Any) -> str:  # noqa: ANN401 - as it stands in somebody's file
    """Give the text of a date; PowerShell may wrap one that had members added to it."""
    if isinstance(date, dict):
        date = date.get("value", date.get("DateTime"))
    return date.strip() if isinstance(date, str) else ""


def _milliseconds(digits: str) -> float | None:
    return int(digits) / 1000 if len(digits) <= _LATEST_DIGITS else None


def _iso_instant(text: str) -> float | None:
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _day(match: re.Match[str], order: DateOrder) -> float | None:
    first, separator, second, third = match.groups()
    if len(first) > 2:
        year, month, day = first, second, third
    elif order == "day-first" or separator == ".":
        # Nobody who writes dots puts the month first.
        year, month, day = third, second, first
    else:
        year, month, day = third, first, second
    century = 2000 if len(year) == 2 else 0
    try:
        return datetime(century + int(year), int(month), int(day), tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
