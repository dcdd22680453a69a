"""Reads the dates of feeds."""

from datetime import UTC, datetime

from patchwarden.catalog.feed import Member

_LATEST = 2.0**32 - 1
"""A day in 2106; feeds tell of what is published."""


def instant(member: Member, text: str | None, where: str) -> float | None:
    """Give the seconds since 1970 of a day or time in ISO 8601, in UTC unless it says otherwise.

    None if there is none. A time that is none, or not within the years 1970 to 2105, is refused.
    """
    if not text:
        return None
    try:
        seconds = seconds_of(text)
    except (ValueError, OverflowError) as error:
        member.refuse(where, f"{text!r} is no date in ISO 8601", error)
    return _within_years(member, seconds, repr(text), where)


def seconds_of(text: str) -> float:
    """Give the seconds since 1970 of a day or time in ISO 8601, in UTC unless it says otherwise.

    Raises ValueError or OverflowError if it is none.
    """
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def plausible(member: Member, seconds: float, where: str) -> float:
    """Give an instant back; refuse it if it is not within the years 1970 to 2105."""
    return _within_years(member, seconds, f"{seconds} seconds", where)


def revised(issued_at: float | None, updated_at: float | None) -> float | None:
    """Give when it was last revised: None if that is when it was issued."""
    return None if updated_at == issued_at else updated_at


def _within_years(member: Member, seconds: float, shown: str, where: str) -> float:
    if not 0 <= seconds <= _LATEST:
        member.refuse(where, f"{shown} is not within the years 1970 to 2105")
    return seconds
