"""Reads the instants that other people's files have, as seconds since 1970."""

from patchwarden.domain.instants import read_instant
from patchwarden.ingest.limits import MAX_NUMBER

_MAX_TEXT = 64


def instant_of(text: str | None) -> float | None:
    """Read an instant in ISO 8601; None if it is none."""
    if not text or len(text) > _MAX_TEXT:
        return None
    try:
        return read_instant(text) or None
    except (ValueError, OverflowError):
        return None


def seconds_of(text: str | float) -> float | None:
    """Read a number of seconds since 1970; None if it is none, 0, or more than a report takes."""
    try:
        seconds = float(text)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= MAX_NUMBER else None
