"""Instants as inventory writes them: `2025-12-31T23:59:59Z`."""

from datetime import UTC, datetime

_LATEST = 2.0**32 - 1
"""A day in 2106: the last instant that can be kept of a patch."""


def read_instant(text: str) -> float:
    """Give the seconds since 1970 of an instant in ISO 8601, which is UTC unless it says.

    One before 1970 is 0.0: .NET writes its first day for none (contract 2.6). One after 2106 is
    taken for that. Raises ValueError.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return min(max(instant.timestamp(), 0.0), _LATEST)


def write_instant(seconds: float) -> str:
    """Give an instant to the second."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
