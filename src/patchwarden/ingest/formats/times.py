"""Reads the instants that other people's files have."""

from patchwarden.domain.instants import read_instant

_MAX_TEXT = 64


def instant_of(text: str | None) -> float | None:
    """Give the seconds since 1970 of an instant in ISO 8601; None if it is none."""
    if not text or len(text) > _MAX_TEXT:
        return None
    try:
        return read_instant(text) or None
    except (ValueError, OverflowError):
        return None
